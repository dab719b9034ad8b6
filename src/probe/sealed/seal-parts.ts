/**
 * From parts that intakes have handed over to a window in filters, in pieces of work of some ten milliseconds, between
 * which others have their turn.
 */
import type { Span } from '../covered-time.ts';
import { headerText } from '../disk/window-file.ts';
import type { KeptWindow, SealedVantage } from '../filters/kept-window.ts';
import { windowKey } from '../filters/mixed-digest.ts';
import type { FingerprintBits, SealedFilter } from '../filters/sealed-filter.ts';
import type { Sealer } from '../filters/sealer.ts';
import type { Steps } from '../filters/sort-digests.ts';
import type { StorageKey } from '../filters/storage-key.ts';
import { besideHash, hashShards, hiddenKey } from '../proof/window-tree.ts';
import type { Vantage } from '../question.ts';
import type { WindowPart } from '../window-messages.ts';

/** Digests of one filter, about: sealing takes 24 octets for each, and more is taken only when there are more. */
const RANGE_DIGESTS = 1 << 21;
/** Filters of one window: what is beyond makes them larger. */
const MOST_RANGES = 1024;

export interface SealOptions {
  readonly number: number;
  readonly part: number;
  /** Seconds of the window that can be spoken for once it is sealed. */
  readonly covered: readonly Span[];
  readonly bits: FingerprintBits;
  /** The storage key of its hour, of which its own is made. */
  readonly key: StorageKey;
  readonly keyName: string;
  /** Vantages by their number. */
  readonly vantages: readonly Vantage[];
  readonly now: number;
}

/** What one vantage saw, all intakes together. */
interface Seen {
  readonly vantage: SealedVantage;
  readonly digests: BigUint64Array[];
}

/**
 * A window of parts with the same number. It stops after each piece of work. Null when there is no memory to seal it:
 * then nothing is known of what it saw.
 */
export function* sealParts(sealer: Sealer, parts: readonly WindowPart[], options: SealOptions): Steps<KeptWindow> {
  const seen = [...mergeVantages(parts, options.vantages).values()];
  const total = parts.reduce((sum, { digests }) => sum + digests.length, 0);
  const ranges = total === 0 ? 0 : 2 ** Math.ceil(Math.log2(Math.min(MOST_RANGES, Math.ceil(total / RANGE_DIGESTS))));
  const ranged: BigUint64Array[][] = [];
  for (const { digests } of seen) {
    ranged.push(inRanges(digests, ranges));
    yield;
  }
  const key = windowKey(options.key, options.number, options.part);
  const filters: SealedFilter[] = [];
  const hashes: Uint8Array[] = [];
  for (let range = 0; range < ranges; range++) {
    const own = ranged.map((of, vantage) => ({ vantage, keys: of[range]! }));
    const sealed = yield* sealer.sealing(own, options.bits, key);
    if (sealed === null) return null;
    filters.push(sealed.filter);
    yield;
    hashes.push(yield* hashShards(sealed.filter));
  }
  const window = {
    number: options.number,
    part: options.part,
    sealed: options.now,
    covered: options.covered,
    sampling: Math.min(1, ...parts.map(({ sampling }) => sampling)),
    digestKey: parts.find(({ digestKey }) => digestKey !== null)?.digestKey ?? null,
    storageKey: options.keyName,
    hiddenKey: Uint8Array.from(hiddenKey(key)),
    bits: options.bits,
    vantages: seen.map(({ vantage }) => vantage),
    filters,
  };
  hashes.push(besideHash(headerText(window), filters));
  return { ...window, hashes: Uint8Array.from(Buffer.concat(hashes)) };
}

function mergeVantages(parts: readonly WindowPart[], list: readonly Vantage[]): Map<number, Seen> {
  const seen = new Map<number, Seen>();
  for (const { vantages, digests } of parts) {
    let at = 0;
    for (const { vantage, first, last, packets, lost, digests: count } of vantages) {
      const own = digests.subarray(at, at + count);
      at += count;
      const there = seen.get(vantage);
      const lists = there?.digests ?? [];
      lists.push(own);
      seen.set(vantage, {
        vantage: {
          // A number that nobody knows: nothing is claimed of where it was.
          vantage: list[vantage] ?? { direction: 'unknown', neighbor: null },
          first: Math.min(first, there?.vantage.first ?? first),
          last: Math.max(last, there?.vantage.last ?? last),
          packets: packets + (there?.vantage.packets ?? 0),
          lost: lost + (there?.vantage.lost ?? 0),
        },
        digests: lists,
      });
    }
  }
  return seen;
}

/** The digests of all lists by their upper bits, in as many lists as there are ranges, which are 1 or another power of two. */
function inRanges(lists: readonly BigUint64Array[], ranges: number): BigUint64Array[] {
  const [only] = lists;
  if (ranges <= 1 && lists.length === 1 && only !== undefined) return [only];
  // As rangeOf has it: a shift by 32 would be none.
  const shift = 31 - Math.log2(Math.max(1, ranges));
  const counts = new Uint32Array(Math.max(1, ranges));
  for (const list of lists) {
    const halves = halvesOf(list);
    for (let i = 1; i < halves.length; i += 2) counts[(halves[i]! >>> 1) >>> shift]!++;
  }
  const ends = counts.slice();
  for (let range = 1; range < ends.length; range++) ends[range]! += ends[range - 1]!;
  const all = new Uint32Array(ends.at(-1)! * 2);
  const places = ends.map((end, range) => (end - counts[range]!) * 2);
  for (const list of lists) {
    const halves = halvesOf(list);
    for (let i = 0; i < halves.length; i += 2) {
      const range = (halves[i + 1]! >>> 1) >>> shift;
      const place = places[range]!;
      all[place] = halves[i]!;
      all[place + 1] = halves[i + 1]!;
      places[range] = place + 2;
    }
  }
  return Array.from(counts, (count, range) => new BigUint64Array(all.buffer, (ends[range]! - count) * 8, count));
}

const halvesOf = (list: BigUint64Array) => new Uint32Array(list.buffer, list.byteOffset, list.length * 2);
