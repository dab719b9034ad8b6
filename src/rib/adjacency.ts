/**
 * Over which of their neighbours this AS reaches other participants (research: traceback 5.1, learned adjacency): on each
 * path held, the first participant and the AS before it, where that one takes no part. It discloses one routing choice to
 * the participant that it is about, and neither destination nor customer.
 */
import { eachSequenceAs } from './as-sequence.ts';
import { type AttributeStore, CONTEXT_AS4 } from './attribute-store.ts';

export interface Adjacency {
  readonly as: number;
  /** Neighbours of the participant, in ascending order. */
  readonly through: readonly number[];
}

/** One walk over the attribute sets, in slices. */
export interface AdjacencyWalk {
  /** Looks at some thousands of sets; true when none is left. */
  step(): boolean;
  finish(): Adjacency[];
}

/** Attribute sets a slice looks at: some milliseconds. */
const SLICE = 8192;
/** Neighbours told of one participant. */
const MOST_THROUGH = 4096;

/** Begins a walk; `among` are the participants. */
export function walkAdjacency(attributes: AttributeStore, among: readonly number[]): AdjacencyWalk {
  const wanted = new Map(among.map(as => [as, new Set<number>()]));
  let next = 0;
  let before = 0;
  let done = false;
  const visit = (as: number) => {
    if (done || as === before) return;
    const through = as === 0 ? undefined : wanted.get(as);
    if (through !== undefined) {
      // A participant right behind this AS is its neighbour: nothing to be told.
      if (before !== 0 && through.size < MOST_THROUGH) through.add(before);
      done = true;
    }
    before = as;
  };
  return {
    step() {
      next = attributes.walk(next, SLICE, id => {
        const { attributes: bytes, context } = attributes.read(id);
        before = 0;
        done = false;
        eachSequenceAs(bytes, (context & CONTEXT_AS4) !== 0, visit);
      });
      return next === 0;
    },
    finish: () =>
      [...wanted]
        .filter(([, through]) => through.size > 0)
        .map(([as, through]) => ({ as, through: [...through].sort((a, b) => a - b) })),
  };
}
