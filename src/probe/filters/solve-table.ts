/** Ribbon tables (probe/filters/ribbon-table.ts) of sorted digests: shard by shard the equations are solved. */
import { blocksFor, HEADER_WORDS, shardBitsFor, widthFor } from './ribbon-table.ts';
import type { SealingKernel } from './sealing-kernel.ts';
import { type Layout, type Sorted, STEP_KEYS, type Steps } from './sort-digests.ts';

/** The directory has an octet for a shard's seed. */
const SEEDS = 256;

interface Shard {
  readonly blocks: number;
  readonly seed: number;
  readonly rows: Uint32Array;
}

/**
 * The words of a table of the sorted digests, each with its tag as its number, which is below `values`; a digest that is
 * not there gets a number with the chance 2^-bits.
 */
export function* solveTable(
  kernel: SealingKernel,
  layout: Layout,
  { count, buckets }: Sorted,
  values: number,
  bits: number,
): Steps<Uint32Array> {
  const shardBits = shardBitsFor(count);
  const shards = 2 ** shardBits;
  const { width, wideShare } = widthFor(values, bits);
  const wide = Math.ceil(wideShare * shards);
  const directory = new Uint32Array(shards * 2);
  const solved: Shard[] = [];
  // There are never fewer buckets than shards, and both are powers of two.
  const perShard = buckets.length / shards;
  let from = 0;
  let rows = 0;
  for (let shard = 0; shard < shards; shard++) {
    const keys = buckets.subarray(shard * perShard, (shard + 1) * perShard).reduce((sum, there) => sum + there, 0);
    const one = solveShard(kernel, layout, from, keys, values > 1, shard < wide ? width + 1 : width);
    if (one === null) return null;
    directory[shard * 2] = rows;
    directory[shard * 2 + 1] = one.blocks * 256 + one.seed;
    solved.push(one);
    rows += one.rows.length;
    from += keys;
    if (shard % (STEP_KEYS >> 14) === 0) yield;
  }
  const words = new Uint32Array(HEADER_WORDS + directory.length + rows);
  words.set([words.length, count, values, shardBits | (width << 8), wide]);
  words.set(directory, HEADER_WORDS);
  let at = HEADER_WORDS + directory.length;
  for (const one of solved) {
    words.set(one.rows, at);
    at += one.rows.length;
  }
  return words;
}

/** The shard of the digests from number `from` on, by the first seed whose equations don't contradict each other. */
function solveShard(
  kernel: SealingKernel,
  layout: Layout,
  from: number,
  keys: number,
  tagged: boolean,
  width: number,
): Shard | null {
  const keysAt = layout.sortedKeys + from * 8;
  const tagsAt = tagged ? layout.sortedTags + from * 4 : 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const blocks = blocksFor(keys, seed);
    const sides = layout.work + blocks * 32 * 8;
    const output = sides + blocks * 32 * 4;
    if (!kernel.reserve(output + blocks * width * 4)) return null;
    if (kernel.call.solve(keysAt, tagsAt, keys, seed, blocks, width, layout.work, sides) === 0) continue;
    kernel.call.substitute(blocks, width, layout.work, sides, output);
    return { blocks, seed, rows: new Uint32Array(kernel.buffer, output, blocks * width).slice() };
  }
  // Equal digests were taken out before, and 256 tries in a row, each with more room, don't fail for others.
  throw new Error(`${keys} different digests do not fit into a shard`);
}
