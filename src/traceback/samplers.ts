/**
 * Which ASes keep a share of the packets only, as their records and their answers have told: while there are such, more
 * packets of an attack are asked for (evidence.ts).
 */
import { forgetFirst } from './memory.ts';
import type { Participation } from './participation.ts';
import type { TraceNode } from './trace.ts';

/** How long an answer is remembered, ms, and of how many ASes. */
const REMEMBERED = 86_400_000;
const MAX_SAMPLERS = 4096;

export interface Samplers {
  /** Notes what the ASes of a tree have said of the share that they keep. */
  note(tree: TraceNode, now: number): void;
  /** True when some AS is known that keeps a share only. `records` are those of all that take part. */
  known(records: readonly Participation[], now: number): boolean;
}

export function createSamplers(): Samplers {
  /** When each said so the last time. */
  const said = new Map<number, number>();
  const forget = (before: number) => {
    for (const [as, at] of said) if (at < before) said.delete(as);
  };
  const note = (node: TraceNode, now: number): void => {
    if (node.sampling !== null) {
      said.delete(node.as);
      if (node.sampling < 1) said.set(node.as, now);
      forgetFirst(said, MAX_SAMPLERS);
    }
    for (const child of node.children) note(child, now);
  };
  return {
    note,
    known(records, now) {
      forget(now - REMEMBERED);
      return (
        said.size > 0 ||
        records.some(({ withdrawn, methods }) => !withdrawn && methods.includes('sflow') && !methods.includes('digest'))
      );
    },
  };
}
