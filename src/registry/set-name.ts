import { parseAsNumber } from './route-object.ts';

/** Kinds of sets that are kept, by what their names begin with (RFC 2622 section 5). */
const KINDS = { 'as-set': 'AS-', 'route-set': 'RS-' } as const;
export type SetKind = keyof typeof KINDS;

/** Components of a hierarchical name; those in use have two or three. */
const MAX_COMPONENTS = 16;
const COMPONENT = /^[A-Z][A-Z0-9_-]*$/;

/**
 * A set's name in upper case, or null when it is none of the kind. A hierarchical name is set names and AS numbers parted by
 * colons, at least one of them a set name (RFC 2622 section 5). `AS-ANY` and `RS-ANY` are reserved words, not sets.
 */
export function setName(text: string, kind: SetKind): string | null {
  const name = text.toUpperCase();
  const components = name.split(':');
  if (components.length > MAX_COMPONENTS) return null;
  let sets = 0;
  for (const component of components) {
    if (component.startsWith(KINDS[kind]) && component.length > 3 && COMPONENT.test(component)) sets++;
    else if (parseAsNumber(component) < 0) return null;
  }
  return sets === 0 || name === `${KINDS[kind]}ANY` ? null : name;
}
