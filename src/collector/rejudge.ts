/**
 * Judging again what is held, after the registry has changed: prefix by prefix in slices, so that sessions and questions
 * are served between them. Routes that arrive meanwhile are judged by the new registry at once; a slice that comes to
 * them later finds nothing to change.
 */
import { pathsOf, type Rib, staleOf, walkRoutes } from '../rib/adj-rib-in.ts';
import { isUnseen } from '../rib/stale.ts';
import { afiOf, type Contradictions, placeOf } from './contradictions.ts';
import { contradicts, type VerdictMemo } from './verdict-memo.ts';
import { createWitnesses } from './witness.ts';

/** Prefix ids a slice passes through: about a millisecond of work a peer. */
const SLICE = 16384;

export interface Rejudging {
  /** Routes judged so far. */
  readonly routes: number;
  /** Does one slice; true when all is done. */
  step(): boolean;
}

/** Begins to judge every held route by `memo.snapshot`; the memo must have forgotten the old verdicts. */
export function beginRejudging(rib: Rib, memo: VerdictMemo, book: Contradictions): Rejudging {
  const witnesses = createWitnesses(rib, memo, book);
  let afi: 1 | 2 = afiOf(0);
  let next = 0;
  let routes = 0;
  return {
    get routes() {
      return routes;
    },
    step() {
      const size = afi === 1 ? rib.ids4.size : rib.ids6.size;
      const end = Math.min(next + SLICE, size);
      rib.tables.forEach((table, peer) => {
        if (!table) return;
        const paths = pathsOf(table, afi) !== null;
        const stale = staleOf(table, afi);
        const unseen = isUnseen(stale);
        let last = -1;
        walkRoutes(table, afi, next, end, (id, _pathId, attribute, place) => {
          routes++;
          // Whether a stale route still holds is not known: its announcement, if it comes, is judged.
          if (unseen && (stale!.marks[place] ?? 0) !== 0) return;
          const origin = rib.attributes.originOf(attribute);
          const verdict = witnesses.verdict(afi, id, origin);
          if (!contradicts(verdict) && !memo.marked(afi, id)) return;
          if (paths) {
            if (id !== last) witnesses.judgePaths({ number: peer, table }, afi, id, 'registry', 'registry');
            last = id;
          } else if (contradicts(verdict)) book.hold(placeOf(afi, id), peer, origin, attribute, 'registry');
          else book.leave(placeOf(afi, id), peer, 'registry');
        });
      });
      next = end;
      if (next < size) return false;
      if (afi === 2) return true;
      afi = 2;
      next = 0;
      return false;
    },
  };
}
