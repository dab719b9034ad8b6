/** Proofs of sight: what is made of those of others, and what this AS commits to. */
import type { SightRow } from '../../control/traceback-rows.ts';
import { facts } from './text.ts';
import { duration, instant } from './time.ts';

const ASKED = {
  none: 'proofs are not looked at',
  prefer: 'the rest is answered at a rate',
  require: 'the rest only of the last seconds, at a rate',
} as const;

/** `show traceback sight`. */
export function renderSight({ time, proof, rate, held, vouched, unproved, refused, committed }: SightRow): string[] {
  return facts([
    ['Asked of others', `${proof}: ${ASKED[proof]}`],
    ['Without proof', `${rate} queries a second of each AS`],
    ['Proved', `${held} by commitments held here, ${vouched} by the word of who asked`],
    ['Answered without', String(unproved)],
    ['Refused', String(refused)],
    [
      'Committed to',
      committed === null
        ? 'nothing yet'
        : `${committed.root.slice(0, 16)} for ${instant(committed.from)}, ${duration(time - committed.from)} ago`,
    ],
  ]);
}
