/** One book of several that share the cases. */
export interface BookPlace {
  readonly place: number;
  readonly books: number;
}
const ALONE: BookPlace = { place: 0, books: 1 };

/** The number of an id within its day, from 1 on. */
const numberOf = (id: string): number => Number(id.slice(11));
/** The place of the book that gave a case its id, where so many share the cases. */
export const placeOf = (id: string, books: number): number => (numberOf(id) - 1) % books;

/**
 * Hands out case ids `YYYY-MM-DD-NN`, counted within the UTC day of opening from 01 on. Ids in `used` (of all cases ever
 * stored) are never handed out again, whatever the clock does. Where several books share the cases, each hands out every
 * `books`th number, the one of this `place` (from 0 on): no two give the same id, and none asks another.
 */
export function caseIds(used: Iterable<string>, { place, books }: BookPlace = ALONE): (time: number) => string {
  const last = new Map<string, number>();
  for (const id of used) {
    const day = id.slice(0, 10);
    const number = numberOf(id);
    if (Number.isSafeInteger(number)) last.set(day, Math.max(number, last.get(day) ?? 0));
  }
  return time => {
    const day = new Date(time).toISOString().slice(0, 10);
    const before = last.get(day) ?? 0;
    const number = before + 1 + ((((place - before) % books) + books) % books);
    last.set(day, number);
    return `${day}-${String(number).padStart(2, '0')}`;
  };
}
