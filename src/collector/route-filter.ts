/** Which routes `show route` wants, beyond their prefix: looked at by attribute set, and each set only once. */
import { formatPath } from '../bgp/as-path.ts';
import { formatCommunity, formatLargeCommunity } from '../net/community.ts';
import { compilePath } from '../net/path-pattern.ts';
import type { Rib } from '../rib/adj-rib-in.ts';
import { ORIGIN_NONE } from '../rib/attribute-store.ts';
import type { KnownPrefix } from '../rib/query.ts';
import type { RibQuery } from './messages.ts';
import { decodeSet, membersOf, pathOf } from './rows.ts';
import type { VerdictMemo } from './verdict-memo.ts';

export type RouteQuery = Extract<RibQuery, { readonly about: 'route' }>;

/** The test that a route must pass, by its prefix and attribute id. Throws an Error in words when the pattern is wrong. */
export function routeFilter(
  rib: Rib,
  memo: VerdictMemo,
  query: RouteQuery,
): (known: KnownPrefix, attribute: number) => boolean {
  const { originAs, path, community, validity } = query;
  const pattern = path === undefined ? null : compilePath(path);
  if (pattern !== null && 'error' in pattern)
    throw new Error(`the path expression is wrong at character ${pattern.at + 1}: ${pattern.error}`);
  const matches = pattern?.matches;

  const verdicts = new Map<number, boolean>();
  let { generation } = rib.attributes;
  /** What concerns the attributes alone; a set is shared by many routes. */
  function wantedSet(attribute: number): boolean {
    if (originAs !== undefined && rib.attributes.originOf(attribute) !== originAs) return false;
    if (matches === undefined && community === undefined) return true;
    // An id may stand for another set once sets have come and gone: the answer may take its asker's time.
    if (generation !== rib.attributes.generation) verdicts.clear();
    generation = rib.attributes.generation;
    const known = verdicts.get(attribute);
    if (known !== undefined) return known;
    const { set } = decodeSet(rib, attribute);
    const wanted =
      (matches === undefined || matches(formatPath(set.path))) &&
      (community === undefined ||
        set.communities.some(one => formatCommunity(one) === community) ||
        set.largeCommunities.some(one => formatLargeCommunity(one) === community));
    verdicts.set(attribute, wanted);
    return wanted;
  }

  return ({ afi, id }, attribute) => {
    if (!wantedSet(attribute)) return false;
    if (validity === undefined) return true;
    const origin = rib.attributes.originOf(attribute);
    const members = origin === ORIGIN_NONE ? membersOf(pathOf(rib, attribute)) : [];
    return memo.stateOf(afi, id, origin, members) === validity || memo.rovOf(afi, id, origin) === validity;
  };
}
