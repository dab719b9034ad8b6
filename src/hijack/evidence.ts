import { formatPrefix } from '../net/prefix.ts';
import type { RouteObject } from '../registry/objects.ts';
import type { ObjectEvidence } from './case.ts';

/** Objects kept with a case, and characters of each. */
export const MAX_EVIDENCE = 16;
export const MAX_TEXT = 8192;

/** The objects as they stand now, to be frozen with the case; what is cut off is said in the text. */
export function evidenceOf(objects: readonly RouteObject[]): readonly ObjectEvidence[] {
  return objects.slice(0, MAX_EVIDENCE).map(({ source, prefix, origin, mntBy, text }) => ({
    source,
    prefix: formatPrefix(prefix),
    origin,
    maintainers: mntBy,
    text: shortened(text),
  }));
}

/** The text of an object as it is kept. */
export const shortened = (text: string): string =>
  text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}\n(${text.length - MAX_TEXT} characters cut off)` : text;
