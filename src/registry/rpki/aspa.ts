/** Who attests which providers: validated ASPA payloads (draft-ietf-sidrops-aspa-profile), one for each customer AS. */

/** Customer AS -> its provider ASes, ascending, each once. AS 0 alone: it has none. */
export type AspaTable = ReadonlyMap<number, readonly number[]>;

/** Providers of one customer AS; the draft lets a cache form the union of several objects, real ones have a few. */
export const MAX_PROVIDERS = 10_000;

/** Provider ASes in the order of the table. */
export function providersOf(asns: Iterable<number>): readonly number[] {
  return [...new Set(asns)].sort((a, b) => a - b);
}

/** True when both name the same providers; both are in the order of the table. */
export function sameProviders(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((asn, i) => asn === b[i]);
}
