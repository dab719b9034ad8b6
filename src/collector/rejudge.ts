/**
 * Judging again what is held, after the registry has changed: prefix by prefix in slices, so that sessions and questions
 * are served between them. Routes that arrive meanwhile are judged by the new registry at once; a slice that comes to
 * them later finds nothing to change.
 */
import type { Rib } from '../rib/adj-rib-in.ts';
import { afiOf, type Contradictions, placeOf } from './contradictions.ts';
import { contradicts, type VerdictMemo } from './verdict-memo.ts';

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
        const column = afi === 1 ? table.ipv4 : table.ipv6;
        for (let id = next; id < end && id < column.length; id++) {
          const attribute = column[id]!;
          if (attribute === 0) continue;
          routes++;
          const origin = rib.attributes.originOf(attribute);
          const verdict = afi === 1 ? memo.verdict4Of(id, origin) : memo.verdict6Of(id, origin);
          if (contradicts(verdict)) book.hold(placeOf(afi, id), peer, origin, attribute, 'registry');
          else if (memo.marked(afi, id)) book.leave(placeOf(afi, id), peer, 'registry');
        }
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
