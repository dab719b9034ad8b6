/** Seals windows: digests go in, in any order and with repetitions, for floods of one packet are common; a filter comes out. */
import { chooseFilter, eachBitsFor, FEW_VANTAGES, type FilterKind } from './choose-filter.ts';
import { decodeFilter, encodeFilter, type FingerprintBits, pairOf, type SealedFilter } from './sealed-filter.ts';
import { FIRST_ADDRESS, loadSealingKernel, type SealingKernel } from './sealing-kernel.ts';
import { solveTable } from './solve-table.ts';
import { type Layout, layoutFor, STEP_KEYS, type Steps, sortDigests } from './sort-digests.ts';
import type { StorageKey } from './storage-key.ts';

/** What one vantage saw, or a part of it. As 32-bit halves the lower comes first. */
export interface SeenKeys {
  readonly vantage: number;
  readonly keys: BigUint64Array | Uint32Array;
}

export interface Sealed {
  readonly filter: SealedFilter;
  /** Why the filter is of its kind, in a line. */
  readonly reason: string;
}

export interface Sealer {
  /**
   * A filter of what the vantages saw, 65,536 at most, in as many parts as there are; the same digests give the same
   * octets. With a storage key it holds the digests as `mixed` makes them. Null when there is no memory for it: 24 octets
   * a digest are needed, and some MiB.
   */
  seal(seen: readonly SeenKeys[], bits: FingerprintBits, key?: StorageKey | null): Sealed | null;
  /**
   * The same in steps of a few milliseconds, so that whoever does it can answer in between; it returns what `seal` does.
   * The digests must stay as they are until then, and no other sealing may be begun.
   */
  sealing(seen: readonly SeenKeys[], bits: FingerprintBits, key?: StorageKey | null): Steps<Sealed>;
  /** A digest under a storage key: SipHash-2-4 of its 8 octets. May be asked between the steps of a sealing. */
  mixed(key: StorageKey, low: number, high: number): { low: number; high: number };
  /** Octets of working memory that are kept for the next window. */
  readonly octets: number;
}

/** Tables of a filter, and how many different digests each vantage has in them. */
interface Built {
  readonly tables: readonly Uint32Array[];
  readonly counts: readonly number[];
}

/** A sealer over a kernel of its own. */
export function openSealer(kernel: SealingKernel = loadSealingKernel()): Sealer {
  function* sealing(given: readonly SeenKeys[], bits: FingerprintBits, key: StorageKey | null = null): Steps<Sealed> {
    const seen = byVantage(given);
    const build = (kind: FilterKind) =>
      kind === 'each' ? buildEach(kernel, seen, bits, key) : buildOne(kernel, seen, bits, key);
    // What is most likely the smaller first: how many digests differ is known afterwards.
    let kind: FilterKind = seen.length > FEW_VANTAGES ? 'one' : 'each';
    let built = yield* build(kind);
    const choice = chooseFilter(built?.counts ?? [], bits);
    if (built !== null && choice.kind !== kind) {
      kind = choice.kind;
      built = yield* build(kind);
    }
    kernel.release();
    if (built === null) return null;
    const vantages = seen.map(({ vantage }) => vantage);
    const filter = decodeFilter(encodeFilter(kind, bits, vantages, built.tables));
    if ('wrong' in filter) throw new Error(`sealed what is no filter: ${filter.wrong} at octet ${filter.offset}`);
    return { filter, reason: choice.reason };
  }

  return {
    seal(seen, bits, key) {
      const steps = sealing(seen, bits, key);
      let step = steps.next();
      while (!step.done) step = steps.next();
      return step.value;
    },
    sealing,
    mixed({ k0, k1 }, low, high) {
      const halves = new Uint32Array(kernel.buffer, FIRST_ADDRESS, 2);
      halves[0] = low;
      halves[1] = high;
      kernel.call.mixKeys(k0, k1, FIRST_ADDRESS, 1);
      return { low: halves[0], high: halves[1] };
    },
    get octets() {
      return kernel.octets;
    },
  };
}

/** All that one vantage saw, as halves. */
interface Seen {
  readonly vantage: number;
  readonly parts: readonly Uint32Array[];
}

/** Vantages that saw something, ascending. */
function byVantage(given: readonly SeenKeys[]): Seen[] {
  const seen = new Map<number, Uint32Array[]>();
  for (const { vantage, keys } of given) {
    if (keys.length === 0) continue;
    const halves = new Uint32Array(keys.buffer, keys.byteOffset, keys.byteLength / 4);
    const parts = seen.get(vantage);
    if (parts === undefined) seen.set(vantage, [halves]);
    else parts.push(halves);
  }
  return [...seen].map(([vantage, parts]) => ({ vantage, parts })).sort((a, b) => a.vantage - b.vantage);
}

const countOf = (seen: readonly Seen[]) =>
  seen.reduce((sum, { parts }) => parts.reduce((count, { length }) => count + length / 2, sum), 0);

function* buildEach(kernel: SealingKernel, seen: readonly Seen[], bits: number, key: StorageKey | null): Steps<Built> {
  const tables: Uint32Array[] = [];
  for (const one of seen) {
    const layout = layoutFor(countOf([one]));
    if (!kernel.reserve(layout.work)) return null;
    yield* stage(kernel, layout, [one], false, key);
    const sorted = yield* sortDigests(kernel, layout, countOf([one]), false);
    if (sorted === null) return null;
    const table = yield* solveTable(kernel, layout, sorted, 1, eachBitsFor(seen.length, bits));
    if (table === null) return null;
    tables.push(table);
  }
  return { tables, counts: tables.map(table => table[1]!) };
}

function* buildOne(kernel: SealingKernel, seen: readonly Seen[], bits: number, key: StorageKey | null): Steps<Built> {
  const layout = layoutFor(countOf(seen));
  if (!kernel.reserve(layout.work)) return null;
  const tables: Uint32Array[] = [];
  const counts = seen.map(() => 0);
  yield* stage(kernel, layout, seen, true, key);
  let left = countOf(seen);
  // What a table has no room for, as another vantage has the digest in it, lies where digests come from.
  for (let layer = 0; layer < 3 && left > 0; layer++) {
    const last = layer === 2;
    if (last) toPairs(kernel, layout, left);
    const sorted = yield* sortDigests(kernel, layout, left, true);
    if (sorted === null) return null;
    const places = new Uint32Array(kernel.buffer, layout.sortedTags, sorted.count);
    for (let i = 0; i < places.length; i++) counts[places[i]!]!++;
    // Each vantage is asked for in the last one.
    const certainty = last ? bits + Math.ceil(Math.log2(seen.length)) : bits;
    const table = yield* solveTable(kernel, layout, sorted, last ? 1 : seen.length, certainty);
    if (table === null) return null;
    tables.push(table);
    left = sorted.over;
  }
  return { tables, counts };
}

/** Copies digests in, and the places of their vantages when they are tagged. */
function* stage(
  kernel: SealingKernel,
  layout: Layout,
  seen: readonly Seen[],
  tagged: boolean,
  key: StorageKey | null,
): Generator<void, void> {
  let at = 0;
  for (let place = 0; place < seen.length; place++)
    for (const halves of seen[place]!.parts)
      for (let from = 0; from < halves.length; from += STEP_KEYS * 2) {
        const some = halves.subarray(from, from + STEP_KEYS * 2);
        const address = layout.keys + at * 8;
        new Uint32Array(kernel.buffer, address, some.length).set(some);
        const count = some.length / 2;
        if (tagged) new Uint32Array(kernel.buffer, layout.tags + at * 4, count).fill(place);
        if (key !== null) kernel.call.mixKeys(key.k0, key.k1, address, count);
        at += count;
        if (count === STEP_KEYS) yield;
      }
}

/** Mixes digests that are left over with the places of their vantages: pairs, which differ where either differs. */
function toPairs(kernel: SealingKernel, layout: Layout, count: number): void {
  const halves = new Uint32Array(kernel.buffer, layout.keys, count * 2);
  const places = new Uint32Array(kernel.buffer, layout.tags, count);
  for (let i = 0; i < count; i++) {
    const pair = pairOf(halves[i * 2]!, halves[i * 2 + 1]!, places[i]!);
    halves[i * 2] = pair.low;
    halves[i * 2 + 1] = pair.high;
  }
}
