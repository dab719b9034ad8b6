/** What a peer is a witness of: from its routes of one prefix to the book of contradictions. */
import { RULES_SHIFT } from '../registry/snapshot.ts';
import type { Rib } from '../rib/adj-rib-in.ts';
import { type PeerTable, pathsOf, staleOf, walkRoutes } from '../rib/adj-rib-in.ts';
import { ORIGIN_NONE } from '../rib/attribute-store.ts';
import { isUnseen } from '../rib/stale.ts';
import { type Contradictions, type GoneWhy, type Held, placeOf } from './contradictions.ts';
import { type Finding, foundBy, isConcerned, kindOf } from './finding.ts';
import type { PathCheck } from './path-check.ts';
import { membersOf, pathOf } from './rows.ts';
import type { VerdictMemo } from './verdict-memo.ts';

/** A peer and its table. */
interface TableOf {
  readonly number: number;
  readonly table: PeerTable;
}

export interface Witnesses {
  /**
   * What is wrong with a route (`origin` 0 for NONE) that the peer of this number holds; null when nothing. Where its path
   * had to be looked at, the prefix is marked, so that it is again when only the attributes are others.
   */
  find(afi: 1 | 2, id: number, origin: number, attribute: number, peer: number): Finding | null;
  /** A route of the prefix was taken away. */
  left(peer: TableOf, afi: 1 | 2, id: number, why: GoneWhy): void;
  /** Enters all that a peer with several paths holds of the prefix. */
  judgePaths(peer: TableOf, afi: 1 | 2, id: number, why: 'update' | 'registry', gone: GoneWhy): void;
}

export function createWitnesses(rib: Rib, memo: VerdictMemo, book: Contradictions, paths: PathCheck): Witnesses {
  function find(afi: 1 | 2, id: number, origin: number, attribute: number, peer: number): Finding | null {
    const alone = afi === 1 ? memo.verdict4Of(id, origin) : memo.verdict6Of(id, origin);
    if (!isConcerned(alone)) return null;
    const verdict = origin === ORIGIN_NONE ? memo.verdictOfSet(afi, id, membersOf(pathOf(rib, attribute))) : alone;
    const kind = kindOf(verdict);
    if (kind !== null) return foundBy(kind, origin);
    const byPath = paths.concerns(verdict, peer);
    // Another set of members is NONE all the same.
    if (byPath || verdict !== alone) memo.mark(afi, id, true);
    return byPath ? paths.check(verdict >>> RULES_SHIFT, attribute, peer) : null;
  }

  function judgePaths(
    { number, table }: TableOf,
    afi: 1 | 2,
    id: number,
    why: 'update' | 'registry',
    gone: GoneWhy,
  ): void {
    const stale = staleOf(table, afi);
    const unseen = isUnseen(stale);
    const found: Held[] = [];
    walkRoutes(table, afi, id, id + 1, (_id, _pathId, attribute, row) => {
      const origin = rib.attributes.originOf(attribute);
      // Of a stale route nobody knows whether the peer still holds it.
      if (unseen && (stale!.marks[row] ?? 0) !== 0) return;
      const finding = find(afi, id, origin, attribute, number);
      if (finding !== null) found.push({ origin, finding, attribute });
    });
    book.holdPaths(placeOf(afi, id), number, found, why, gone);
  }

  return {
    find,
    judgePaths,
    left(peer, afi, id, why) {
      if (!memo.marked(afi, id)) return;
      if (pathsOf(peer.table, afi) === null) book.leave(placeOf(afi, id), peer.number, why);
      else judgePaths(peer, afi, id, 'update', why);
    },
  };
}
