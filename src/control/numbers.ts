/** Lists of numbers such as `3,7,9-12`. */

/** Highest number: what an index of 32 bits can hold. */
export const MAX_NUMBER = 4_294_967_295;
/** Numbers and ranges in one list. */
const MOST_RANGES = 256;

/** The ranges of a list, both ends included; null when it is none: numbers are 1 to MAX_NUMBER, and no range is backward. */
export function readNumbers(text: string): readonly (readonly [number, number])[] | null {
  const parts = text.split(',');
  if (parts.length > MOST_RANGES) return null;
  const ranges: [number, number][] = [];
  for (const part of parts) {
    const found = /^([1-9]\d{0,9})(?:-([1-9]\d{0,9}))?$/.exec(part);
    if (found === null) return null;
    const from = Number(found[1]);
    const to = Number(found[2] ?? found[1]);
    if (to < from || to > MAX_NUMBER) return null;
    ranges.push([from, to]);
  }
  return ranges;
}
