/**
 * VRPs that came and went, in their order and in whole words: six for each, so that a response of half a million is undone,
 * passed on, or sent from thread to thread without an object for any of them.
 */
import type { Afi } from '../../net/address.ts';
import { extend } from '../../net/prefix-ids.ts';

/** Told of a VRP as EachVrp is, and whether it came or went. */
export type EachChange = (
  announce: boolean,
  afi: Afi,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
  maxLength: number,
  asn: number,
) => void;

export interface VrpLog {
  readonly count: number;
  readonly add: EachChange;
  /** The changes from number `from` to before `to`, in their order; all when they are not given. */
  forEach(each: EachChange, from?: number, to?: number): void;
  /** All of them, the last one first. */
  backwards(each: EachChange): void;
  /** The words themselves; `vrpLog` makes a log of them again. */
  readonly words: Int32Array;
}

const [META, W0, W1, W2, W3, ASN, COLUMNS] = [0, 1, 2, 3, 4, 5, 6] as const;

export function vrpLog(filled: Int32Array = new Int32Array(0)): VrpLog {
  let words = filled;
  let count = filled.length / COLUMNS;

  function tell(i: number, each: EachChange): void {
    const at = i * COLUMNS;
    const meta = words[at + META]!;
    each(
      meta < 0,
      ((meta >> 16) & 3) as Afi,
      words[at + W0]!,
      words[at + W1]!,
      words[at + W2]!,
      words[at + W3]!,
      (meta >> 8) & 0xff,
      meta & 0xff,
      words[at + ASN]! >>> 0,
    );
  }

  return {
    get count() {
      return count;
    },
    get words() {
      return words.subarray(0, count * COLUMNS);
    },
    add(announce, afi, w0, w1, w2, w3, length, maxLength, asn) {
      const at = count * COLUMNS;
      if (at === words.length) words = extend(words, Math.max(64 * COLUMNS, at * 2));
      words[at + META] = (announce ? 0x80000000 : 0) | (afi << 16) | (length << 8) | maxLength;
      words[at + W0] = w0;
      words[at + W1] = w1;
      words[at + W2] = w2;
      words[at + W3] = w3;
      words[at + ASN] = asn;
      count++;
    },
    forEach(each, from = 0, to = count) {
      for (let i = from; i < Math.min(to, count); i++) tell(i, each);
    },
    backwards(each) {
      for (let i = count - 1; i >= 0; i--) tell(i, each);
    },
  };
}
