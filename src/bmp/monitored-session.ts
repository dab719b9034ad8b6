import { familiesOf } from '../bgp/capabilities.ts';
import { isSessionError } from '../bgp/errors.ts';
import { includesFamily, UNICAST } from '../bgp/family.ts';
import { addPathOf, RECEIVES, SENDS } from '../bgp/offers.ts';
import type { Open } from '../bgp/open.ts';
import { LOC_RIB, type PeerHeader } from './peer-header.ts';
import type { PeerUp } from './peer-up.ts';

/** What is known of the session between a router and its peer. */
export interface MonitoredSession {
  /** AS and identifier of the peer; of Loc-RIB, the router's own. */
  readonly peerAs: number;
  readonly peerId: string;
  /** AS of the router in this session; null when neither OPEN nor header tells. */
  readonly routerAs: number | null;
  readonly ebgp: boolean;
  /** The router's end; '' when it is not told. */
  readonly localAddress: string;
  /** Seconds; null when it is not told. */
  readonly holdTime: number | null;
  /** Both ends speak it, as far as is known: its End-of-RIB is waited for. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Unicast families whose routes come with path identifiers (RFC 7911): 1, 2 or both. */
  readonly pathIds: readonly number[];
}

/**
 * What a Peer Up says of a session; without one, or with an OPEN that is none, what the per-peer header says. Whether the
 * peer is external is then guessed from `likelyAs`, the AS that the router is known or supposed to have.
 */
export function monitoredSession(peer: PeerHeader, up: PeerUp | null, likelyAs: number): MonitoredSession {
  const sent = opened(up?.sent);
  const received = opened(up?.received);
  const peerAs = received?.as ?? peer.as;
  const known = sent?.as ?? (peer.type === LOC_RIB ? peer.as : null);
  const both = (afi: number) => speaks(sent, afi) && speaks(received, afi);
  return {
    peerAs,
    peerId: received?.id ?? peer.id,
    routerAs: known,
    // The routes of a Loc-RIB are those of all peers: LOCAL_PREF belongs to them.
    ebgp: peer.type !== LOC_RIB && peerAs !== (known ?? likelyAs),
    localAddress: up === null || peer.type === LOC_RIB ? '' : up.localAddress,
    holdTime: sent && received ? Math.min(sent.holdTime, received.holdTime) : null,
    ipv4: both(1),
    ipv6: both(2),
    pathIds: [1, 2].filter(afi => agreesOnPathIds(sent, received, afi)),
  };
}

function opened(open: PeerUp['sent'] | undefined): Open | null {
  return open === undefined || isSessionError(open) ? null : open;
}

/** True when an OPEN offers the unicast family; one that lists no family means IPv4 (RFC 4760 section 8); none may mean any. */
function speaks(open: Open | null, afi: number): boolean {
  if (open === null) return true;
  const families = familiesOf(open.capabilities);
  return families.length === 0 ? afi === 1 : families.some(family => family.afi === afi && family.safi === 1);
}

/** RFC 7911 section 4: the peer can send path identifiers and the router can receive them. */
function agreesOnPathIds(sent: Open | null, received: Open | null, afi: number): boolean {
  const family = { afi, safi: UNICAST };
  const able = (open: Open | null, direction: typeof RECEIVES | typeof SENDS) =>
    open !== null && includesFamily(addPathOf(open.capabilities, direction), family);
  return able(sent, RECEIVES) && able(received, SENDS);
}
