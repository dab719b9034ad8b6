/** Rows that answer questions about held routes: from attribute ids back to words. */
import { flattenPath } from '../bgp/as-path.ts';
import type { AttributeSet } from '../bgp/attribute-set.ts';
import { decodeAttributes, showAttributes } from '../bgp/attributes.ts';
import { formatFamily } from '../bgp/family.ts';
import { readNextHop } from '../bgp/next-hop.ts';
import { formatRoute, type Nlri } from '../bgp/nlri.ts';
import { leakSign, type Relation } from '../bgp/role.ts';
import { formatCommunity, formatLargeCommunity } from '../net/community.ts';
import { formatPrefix } from '../net/prefix.ts';
import { type HeldRoute, type Rib, staleOf } from '../rib/adj-rib-in.ts';
import { CONTEXT_AS4, CONTEXT_EBGP, ORIGIN_NONE } from '../rib/attribute-store.ts';
import { formatNextHop, type KnownPrefix, prefixById } from '../rib/query.ts';
import { isUnseen } from '../rib/stale.ts';
import type { AsPath, FamilyRouteRow, RouteRow } from './messages.ts';
import type { VerdictMemo } from './verdict-memo.ts';

const ORIGIN_CODES = ['IGP', 'EGP', 'incomplete'] as const;

/** Attributes that a row shows in columns of its own. */
const IN_COLUMNS = [1, 2, 3];

/** The peer a row names. */
export interface RowPeer {
  readonly number: number;
  readonly name: string;
  readonly as: number;
  readonly address: string;
  /** Our role towards it, where one is configured (RFC 9234). */
  readonly role?: Relation;
}

/** An attribute set decoded, and the octets of the next hop that came in MP_REACH_NLRI. */
export function decodeSet(rib: Rib, attribute: number): { readonly set: AttributeSet; readonly nextHop: Uint8Array } {
  const { attributes, nextHop, context } = rib.attributes.read(attribute);
  const session = { as4: (context & CONTEXT_AS4) !== 0, ebgp: (context & CONTEXT_EBGP) !== 0 };
  return { set: decodeAttributes(attributes, 0, attributes.length, session).set, nextHop };
}

/** AS_PATH of an attribute set. */
export function pathOf(rib: Rib, attribute: number): AsPath {
  return flattenPath(decodeSet(rib, attribute).set.path);
}

/** Members of the AS_SET that a path ends in; none when it does not. */
export function membersOf(path: AsPath): readonly number[] {
  const last = path.at(-1);
  return typeof last === 'object' ? last : [];
}

/** An attribute set as rows show it. */
interface ShownSet extends Pick<RouteRow, 'path' | 'originCode' | 'origin' | 'communities'> {
  readonly set: AttributeSet;
  readonly nextHop: string;
}

/** Sets that are remembered while an answer is worked on. */
const MOST_SHOWN = 4096;

/** Reads attribute sets for rows, each once as long as none comes or goes: an id may stand for another set after that. */
export function shownSets(rib: Rib): (attribute: number) => ShownSet {
  const known = new Map<number, ShownSet>();
  let { generation } = rib.attributes;
  return attribute => {
    if (generation !== rib.attributes.generation || known.size >= MOST_SHOWN) known.clear();
    generation = rib.attributes.generation;
    const before = known.get(attribute);
    if (before !== undefined) return before;
    const { set, nextHop } = decodeSet(rib, attribute);
    const origin = rib.attributes.originOf(attribute);
    const shown = {
      set,
      nextHop: nextHop.length > 0 ? formatNextHop(nextHop) : (set.nextHop ?? ''),
      path: flattenPath(set.path),
      originCode: ORIGIN_CODES[set.originCode ?? 2],
      origin: origin === ORIGIN_NONE ? null : origin,
      communities: [...set.communities.map(formatCommunity), ...set.largeCommunities.map(formatLargeCommunity)],
    };
    known.set(attribute, shown);
    return shown;
  };
}

/** The row of a route that a peer holds for a prefix; `shown` reads its attribute set. */
export function routeRow(
  rib: Rib,
  shown: ReturnType<typeof shownSets>,
  memo: VerdictMemo,
  known: KnownPrefix,
  peer: RowPeer,
  { attribute, pathId, stale }: HeldRoute,
  detail = false,
): RouteRow {
  const table = rib.tables[peer.number];
  const marked = stale && table ? staleOf(table, known.afi) : null;
  const { set, nextHop, path, originCode, origin, communities } = shown(attribute);
  const leak = peer.role === undefined ? null : leakSign(set, peer.role);
  return {
    prefix: formatPrefix(prefixById(rib, known.afi, known.id)),
    peer: peer.name,
    peerAs: peer.as,
    peerAddress: peer.address,
    nextHop,
    path,
    originCode,
    origin,
    communities,
    state: memo.stateOf(known.afi, known.id, origin ?? ORIGIN_NONE, membersOf(path)),
    rov: memo.rovOf(known.afi, known.id, origin ?? ORIGIN_NONE),
    ...(pathId !== null && { pathId }),
    ...(marked !== null && isUnseen(marked) && { stale: { kind: marked.kind, since: marked.since } }),
    ...(leak !== null && { leak }),
    ...(detail && { attributes: showAttributes(set, IN_COLUMNS) }),
  };
}

/** The row of a route of another family. */
export function familyRow(rib: Rib, route: Nlri, attribute: number, peer: RowPeer): FamilyRouteRow {
  const { set, nextHop } = decodeSet(rib, attribute);
  const hop = readNextHop(route, nextHop);
  return {
    family: formatFamily(route),
    route: formatRoute(route),
    peer: peer.name,
    peerAs: peer.as,
    peerAddress: peer.address,
    nextHop: hop.linkLocal === null ? hop.nextHop : `${hop.nextHop} ${hop.linkLocal}`,
    path: flattenPath(set.path),
    originCode: ORIGIN_CODES[set.originCode ?? 2],
    attributes: showAttributes(set, IN_COLUMNS),
  };
}
