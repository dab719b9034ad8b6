/**
 * What is wrong with a route, if anything: from its verdict, and where watches or the registry have a say about its path, from
 * that. One finding for a route, the gravest first; who holds it is the book's matter (contradictions.ts).
 */
import { COVERS_FLAG, IRR_MASK, ROV_MASK, ROV_SHIFT, RULES_SHIFT, WATCHED_FLAG } from '../registry/snapshot.ts';
import { IRR_STATES, ROV_STATES } from '../registry/verdict.ts';
import type { PathCheck } from './path-check.ts';

/**
 * `origin`: the registered prefix itself has another origin. `more-specific`: one inside it has. `rpki-invalid`: the IRR does
 * not object, the RPKI does. `super-prefix`: a stranger's route covers watched prefixes. `new-prefix`: a watched AS announces
 * what nobody has registered. `upstream`: an AS stands next to the origin that is none of its upstreams. `leak`: the path
 * goes down and up again, or its sender was to keep it. `path`: it is not as a watch demands. `visibility`: a peer had a
 * watched prefix, and has it no longer (visibility.ts).
 */
export type FindingKind =
  | 'origin'
  | 'more-specific'
  | 'rpki-invalid'
  | 'super-prefix'
  | 'new-prefix'
  | 'upstream'
  | 'leak'
  | 'path'
  | 'visibility';

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

/** The finding about a route that a peer sent: `verdict` as remembered, `origin` 0 for NONE. Null: nothing is wrong. */
export function findingOf(
  verdict: number,
  origin: number,
  attribute: number,
  peer: number,
  paths: PathCheck,
): Finding | null {
  if ((verdict & CONCERNED) === 0) return null;
  const kind = kindOf(verdict);
  if (kind === null)
    return paths.concerns(verdict, peer) ? paths.check(verdict >>> RULES_SHIFT, attribute, peer) : null;
  const offender = origin >>> 0;
  if (last.kind !== kind || last.offender !== offender) last = { kind, offender, ground: '' };
  return last;
}
