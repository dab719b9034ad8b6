/** Tells all that is wrong with what peers hold once more, in slices: for a book of cases that has lost sight of it. */
import type { AskablePeer } from './answers.ts';
import type { Contradictions, Place } from './contradictions.ts';
import type { Slices } from './restart.ts';

/** Routes that a slice tells. */
const SLICE = 512;

export type Retelling =
  | { readonly type: 'retelling' }
  /** Peers whose session is up, and those of them whose table is whole. */
  | { readonly type: 'retold'; readonly up: readonly string[]; readonly whole: readonly string[] };

/**
 * Tells it between `retelling` and `retold`; `flush` sends what was told so far. What changes meanwhile is told as it
 * changes, and may be told twice.
 */
export function beginRetelling(
  book: Contradictions,
  peers: () => readonly AskablePeer[],
  flush: () => void,
  post: (message: Retelling) => void,
): Slices {
  let rest: (readonly [place: Place, peer: number])[] | null = null;
  return {
    step() {
      if (rest === null) {
        flush();
        post({ type: 'retelling' });
        rest = [...book.holders()];
      }
      for (const [place, peer] of rest.splice(0, SLICE))
        for (const held of book.heldBy(place, peer)) book.retell(place, peer, held);
      if (rest.length > 0) return false;
      flush();
      const up = peers().filter(({ session }) => session.status().state === 'Established');
      const whole = up.filter(({ awaiting }) => awaiting.size === 0);
      post({ type: 'retold', up: up.map(({ row }) => row.name), whole: whole.map(({ row }) => row.name) });
      return true;
    },
  };
}
