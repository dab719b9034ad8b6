/** A window that has ended: the digests one vantage saw in ten seconds, in filters that don't change any more. */
import { buildFuseFilter, type FingerprintBits, type FuseFilter, fuseMayHold, MOST_KEYS } from './fuse-filter.ts';

export interface SealedWindow {
  /** Number of the vantage. */
  readonly vantage: number;
  /** First and last second in which something was seen, both included. */
  readonly first: number;
  readonly last: number;
  readonly packets: number;
  readonly lost: number;
  /** One for each range of digests; empty when all that was seen was lost. */
  readonly filters: readonly FuseFilter[];
  /** Memory it takes. */
  readonly octets: number;
}

/** What a window weighs besides its filters, roughly. */
const WINDOW_OCTETS = 256;

/**
 * Filters of a list of digests, in any order and with repetitions: floods of one packet are common. The digests are
 * sorted in place.
 */
export function sealDigests(digests: BigUint64Array<ArrayBuffer>, bits: FingerprintBits): FuseFilter[] {
  digests.sort();
  let kept = 0;
  for (let i = 0; i < digests.length; i++)
    if (i === 0 || digests[i] !== digests[kept - 1]) digests[kept++] = digests[i]!;
  if (kept === 0) return [];
  const halves = new Uint32Array(digests.buffer, digests.byteOffset, kept * 2);
  const shards = Math.ceil(kept / (MOST_KEYS / 2));
  const filters: FuseFilter[] = [];
  let from = 0;
  for (let shard = 0; shard < shards; shard++) {
    let to = from;
    while (to < kept && shardOf(halves[to * 2 + 1]!, shards) === shard) to++;
    const filter = buildFuseFilter(halves.subarray(from * 2, to * 2), bits);
    // Equal digests were taken out above, and a hundred seeds in a row don't fail for others.
    if (filter === null) throw new Error(`${to - from} different digests do not fit into a filter`);
    filters.push(filter);
    from = to;
  }
  return filters;
}

/** Digests are spread evenly by their upper half, so sorted ones fall into shards in order. */
function shardOf(high: number, shards: number): number {
  return Math.floor((high / 4294967296) * shards);
}

/** Octets of memory of a window with these filters. */
export function windowOctets(filters: readonly FuseFilter[]): number {
  return filters.reduce((sum, filter) => sum + filter.fingerprints.byteLength, WINDOW_OCTETS);
}

/** False when the window certainly did not see the digest. */
export function windowMayHold(window: SealedWindow, low: number, high: number): boolean {
  const filter = window.filters[shardOf(high, window.filters.length)];
  return filter !== undefined && fuseMayHold(filter, low, high);
}
