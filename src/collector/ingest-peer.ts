/** Between the route path (ingest.ts) and the peers whose UPDATEs it takes. */
import type { UpdateContext } from '../bgp/context.ts';
import type { PeerTable } from '../rib/adj-rib-in.ts';
import { MOST_OTHER_ROUTES, type OtherRoutes } from '../rib/other-routes.ts';
import { MOST_PATHS } from '../rib/paths.ts';

/** What the route path knows of a peer while its session is Established: what was agreed on, and where its routes go. */
export interface IngestPeer extends UpdateContext {
  /** Peer number: index of its table in the RIB. */
  readonly number: number;
  readonly table: PeerTable;
  readonly localAs: number;
  /** Routes of the families besides IPv4 and IPv6 unicast, where any was negotiated. */
  readonly otherRoutes?: OtherRoutes;
  /**
   * A router shows what it holds: of its next hop nothing is asked. Routes of its own have 0.0.0.0, and some routers
   * leave NEXT_HOP away.
   */
  readonly anyNextHop?: true;
  readonly counts: IngestCounts;
}

/** What happened to UPDATEs beyond plain acceptance (RFC 7606), counted for `show bgp neighbor`. */
export interface IngestCounts {
  treatAsWithdraw: number;
  attributeDiscard: number;
  /** NLRI of a family that was not negotiated (RFC 4760 section 7): ignored. */
  ignored: number;
  /** Fields of routes that look as if they had path identifiers, on which nothing was agreed (RFC 7911): not held. */
  unagreedPathIds: number;
  /** Paths beyond those that a prefix may have (rib/paths.ts, MOST_PATHS): not held. */
  excessPaths: number;
  /** Routes of the other families beyond those that a peer may have (rib/other-routes.ts): not held. */
  excessOthers: number;
}

/** Routes that are not held although they are sound, in words. */
export const PASSED_OVER = {
  unagreedPathIds: 'routes look as if they had path identifiers, on which nothing was agreed (RFC 7911): not held',
  excessPaths: `a prefix has more than ${MOST_PATHS} paths: the others are not held`,
  excessOthers: `more than ${MOST_OTHER_ROUTES} routes of other families, or too long ones: the rest is not held`,
} as const;

export const noCounts = (): IngestCounts => ({
  treatAsWithdraw: 0,
  attributeDiscard: 0,
  ignored: 0,
  unagreedPathIds: 0,
  excessPaths: 0,
  excessOthers: 0,
});

export interface IngestEvents {
  /** End-of-RIB of a family (RFC 4724 section 2). */
  endOfRib(peer: IngestPeer, afi: 1 | 2): void;
  /** An UPDATE body with a fault in it, whatever was done about it (RFC 7606 section 6); valid until the call returns. */
  malformed(peer: IngestPeer, body: Uint8Array): void;
  /** Routes were not held that were sound: one of the last three of IngestCounts grew to `times`. */
  passedOver(peer: IngestPeer, what: keyof typeof PASSED_OVER, times: number): void;
}
