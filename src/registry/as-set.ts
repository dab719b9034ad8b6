import { keyIn, type Reading, type Registration, registrationOf } from './registration.ts';
import { parseAsNumber } from './route-object.ts';
import { listOf, namesIn, quote, type RpslObject, type RpslProblem } from './rpsl.ts';
import { setName } from './set-name.ts';

/** A member of an as-set: an AS, or another as-set by its name in upper case. */
export type AsMember = { readonly as: number } | { readonly set: string };

/** An as-set (RFC 2622 section 5.1). */
export interface AsSet extends Registration {
  readonly name: string;
  readonly members: readonly AsMember[];
  /** Maintainers whose aut-nums may join by `member-of`, upper case; `ANY` for all. */
  readonly mbrsByRef: readonly string[];
}

/** Reads an as-set. Members that are neither AS nor as-set are left out and told in `problems`. */
export function readAsSet(rpsl: RpslObject): Reading<AsSet> {
  const key = keyIn(rpsl, 'as-set');
  if ('why' in key) return { ok: false, problem: key };
  const name = setName(key.value, 'as-set');
  if (name === null)
    return { ok: false, problem: { line: key.line, why: `as-set: ${quote(key.value)} is no as-set name` } };
  const problems: RpslProblem[] = [];
  const members: AsMember[] = [];
  for (const { name: attribute, value, line } of rpsl.attributes)
    if (attribute === 'members')
      for (const word of listOf(value)) {
        const member = asMember(word);
        if (member === null) problems.push({ line, why: `members: ${quote(word)} is neither AS nor as-set: left out` });
        else members.push(member);
      }
  const mbrsByRef = namesIn(rpsl, 'mbrs-by-ref');
  return { ok: true, object: { ...registrationOf(rpsl, problems), name, members, mbrsByRef }, problems };
}

/** An AS or an as-set; null when the word is neither. */
export function asMember(word: string): AsMember | null {
  const as = parseAsNumber(word);
  if (as >= 0) return { as };
  const set = setName(word, 'as-set');
  return set === null ? null : { set };
}
