/**
 * What is wrong with a route by its verdict, the gravest first. What is wrong with its path is path-check.ts's matter, and who
 * holds it the book's (contradictions.ts).
 */
import type { FindingKind } from '../registry/judged-change.ts';
import { COVERS_FLAG, IRR_MASK, ROV_MASK, ROV_SHIFT, WATCHED_FLAG } from '../registry/snapshot.ts';
import { IRR_STATES, ROV_STATES } from '../registry/verdict.ts';

export interface Finding {
  readonly kind: FindingKind;
  /** The AS that is to be asked about it: for what is wrong with the origin that, 0 for NONE. */
  readonly offender: number;
  /** What a path is blamed for, in words; '' for what the registry says. */
  readonly ground: string;
}

/** Bit of a remembered verdict: the origin is a watched AS, and neither registry knows the route. */
export const NEW_FLAG = 0x100_0000;

/** Without one of these nothing can be found. */
const CONCERNED = WATCHED_FLAG | COVERS_FLAG | NEW_FLAG;

const UNKNOWN = IRR_STATES.indexOf('unknown');
const MISMATCH = IRR_STATES.indexOf('mismatch');
const MISMATCH_COVERING = IRR_STATES.indexOf('mismatch-covering');
const INVALID = ROV_STATES.indexOf('invalid');
const NOT_FOUND = ROV_STATES.indexOf('not-found');

/** False when nothing can be wrong with a route, whatever its path. */
export const isConcerned = (verdict: number): boolean => (verdict & CONCERNED) !== 0;

/** What the registry alone finds; null when nothing. */
export function kindOf(verdict: number): FindingKind | null {
  if ((verdict & CONCERNED) === 0) return null;
  if ((verdict & WATCHED_FLAG) !== 0) {
    const irr = verdict & IRR_MASK;
    if (irr === MISMATCH) return 'origin';
    if (irr === MISMATCH_COVERING) return 'more-specific';
    if (((verdict >> ROV_SHIFT) & ROV_MASK) === INVALID) return 'rpki-invalid';
  }
  if ((verdict & COVERS_FLAG) !== 0) return 'super-prefix';
  return (verdict & NEW_FLAG) !== 0 ? 'new-prefix' : null;
}

/** True when nobody has registered the route: with an origin that is watched, it is told. */
export function isUnregistered(verdict: number): boolean {
  return (verdict & IRR_MASK) === UNKNOWN && ((verdict >> ROV_SHIFT) & ROV_MASK) === NOT_FOUND;
}

/** Findings without words, one object for each kind and origin that is asked for in a row. */
let last: Finding = { kind: 'origin', offender: -1, ground: '' };

/** The finding that the registry alone gives about a route of this origin, 0 for NONE. */
export function foundBy(kind: FindingKind, origin: number): Finding {
  const offender = origin >>> 0;
  if (last.kind !== kind || last.offender !== offender) last = { kind, offender, ground: '' };
  return last;
}
