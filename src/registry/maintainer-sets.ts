/**
 * The sets of maintainers that the objects of a source have, each once and by number: registries repeat them by the
 * thousand. A set that no object has any more is forgotten, and its number is another's: objects come and go for months.
 */
import { listOf } from './rpsl.ts';

export interface MaintainerSets {
  /**
   * Names by number, upper case (RFC 2622 section 2: names are case-insensitive). The array of a set is never changed; one
   * under its number later is another.
   */
  readonly sets: readonly (readonly string[])[];
  /** The number of a set, which is held until it is released; -1 when there are too many names. */
  hold(mntBy: readonly string[]): number;
  /** The same of a set as it stands in the object, parted by commas and blanks. */
  holdWritten(mntBy: string): number;
  release(number: number): void;
}

/** Letters of all sets: they stand in the JavaScript heap. The largest registry has some 50,000 sets of two million letters. */
const MOST_LETTERS = 128 * 2 ** 20;
/** Spellings that are remembered, and letters of one. */
const MOST_WRITTEN = 200_000;
const LONGEST_WRITTEN = 256;

const NOBODY: readonly string[] = [];

/** No sets yet; of all that come the letters are at most `most`. */
export function maintainerSets(most = MOST_LETTERS): MaintainerSets {
  const sets: (readonly string[])[] = [];
  const holders: number[] = [];
  const free: number[] = [];
  const numbers = new Map<string, number>();
  let letters = 0;
  const written = new Map<string, { readonly number: number; readonly set: readonly string[] }>();

  function hold(mntBy: readonly string[]): number {
    const key = mntBy.join(' ').toUpperCase();
    let number = numbers.get(key);
    if (number === undefined) {
      if (letters + key.length > most) return -1;
      letters += key.length;
      number = free.pop() ?? sets.length;
      sets[number] = key === '' ? [] : key.split(' ');
      holders[number] = 0;
      numbers.set(key, number);
    }
    holders[number]!++;
    return number;
  }

  return {
    sets,
    hold,
    holdWritten(mntBy) {
      const known = written.get(mntBy);
      if (known !== undefined && sets[known.number] === known.set) {
        holders[known.number]!++;
        return known.number;
      }
      const number = hold(listOf(mntBy));
      if (number < 0 || mntBy.length > LONGEST_WRITTEN) return number;
      if (written.size >= MOST_WRITTEN) written.clear();
      written.set(mntBy, { number, set: sets[number]! });
      return number;
    },
    release(number) {
      if (--holders[number]! > 0) return;
      const key = sets[number]!.join(' ');
      numbers.delete(key);
      letters -= key.length;
      sets[number] = NOBODY;
      free.push(number);
    },
  };
}
