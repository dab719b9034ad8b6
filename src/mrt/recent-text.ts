/**
 * Where the last text of each peer stands in the output: in a table every second route of a peer carries the attributes of
 * the one before it. Nothing is copied to be kept, for text that was just written is slow to read again, and comparing two
 * lists is cheaper than any table of all of them. What stands in a chunk or a page that is gone is made anew.
 */
import type { LineOutput } from './line-output.ts';
import type { MrtRecord } from './records.ts';
import { writeCopy } from './text-octets.ts';

/** Places, a power of two: the lowest bits count. Peers may share one, which costs them only time. */
const PLACES = 512;
/** Of each place: the chunk and octets of the attributes, the page and octets of their text. */
const FIELDS = 6;

export interface RecentText {
  /**
   * Writes the text of a place at `at` when it was made of the same octets. Returns the offset behind it, or -1 when the
   * caller has to make the text and to tell by `made` where it stands.
   */
  write(at: number, place: number, record: MrtRecord, start: number, end: number): number;
  /** The text asked for last stands at `from` to `to` of the output. */
  made(from: number, to: number): void;
}

/** The recent texts of an output. */
export function recentText(output: LineOutput): RecentText {
  const places = new Int32Array(PLACES * FIELDS);
  let asked = 0;
  return {
    write(at, place, { bytes, chunk }, start, end) {
      const p = (place & (PLACES - 1)) * FIELDS;
      asked = p;
      const length = end - start;
      const key = places[p + 1]!;
      if (places[p] === chunk && places[p + 2]! - key === length && places[p + 3] === output.page) {
        let same = 0;
        while (same < length && bytes[key + same] === bytes[start + same]) same++;
        if (same === length) {
          const text = places[p + 4]!;
          return writeCopy(output.view, at, output.view, text, places[p + 5]! - text);
        }
      }
      places[p] = chunk;
      places[p + 1] = start;
      places[p + 2] = end;
      return -1;
    },
    made(from, to) {
      places[asked + 3] = output.page;
      places[asked + 4] = from;
      places[asked + 5] = to;
    },
  };
}
