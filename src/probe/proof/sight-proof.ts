/**
 * Proof of sight: that a sealed window, to which a root commits, says yes to a digest. It shows a piece or two of one
 * table's rows, what a digest's place in them is found by, and hashes; it is checked without anything else of the window.
 * Nothing in it names a vantage, a neighbour or a packet.
 */
import type { KeptWindow } from '../filters/kept-window.ts';
import { rangeOf } from '../filters/kept-window.ts';
import { mixedDigest } from '../filters/mixed-digest.ts';
import { blocksAsked, MOST_SHARD_BITS, numberOf, type RibbonTable, shardOf } from '../filters/ribbon-table.ts';
import { keyOctets, type StorageKey, storageKey } from '../filters/storage-key.ts';
import { HASH, merkleProof, proofPath, provenRoot } from './merkle.ts';
import {
  besideOf,
  filterHash,
  hiddenKey,
  PIECE_BLOCKS,
  pieceHash,
  piecesOf,
  rootOfWindow,
  shardAt,
  shardHash,
  tableHash,
  treeOf,
  windowHash,
} from './window-tree.ts';

export interface SightProof {
  /** The window: tens of seconds since 1970, and part. */
  readonly number: number;
  readonly part: number;
  /** Its key, 16 octets: what its digests are stored under. */
  readonly key: Uint8Array;
  /** Filters of the window; the digest's upper bits say which is meant. */
  readonly filters: number;
  readonly kind: 'each' | 'one';
  /** Tables of the filter, and the place of the one that says yes. */
  readonly tables: number;
  readonly table: number;
  /** As in the table. */
  readonly values: number;
  readonly shardBits: number;
  readonly width: number;
  readonly wide: number;
  /** Of the shard that the digest belongs to. */
  readonly blocks: number;
  readonly seed: number;
  /** The pieces of its rows that the digest picks from, as they lie in the filter. */
  readonly rows: Uint8Array;
  /** Hashes up to the root, 32 octets each: of pieces, shards, tables and filters, and the one beside the tree. */
  readonly path: Uint8Array;
}

export interface CheckedProof {
  /** The root that the proof leads to. */
  readonly root: Uint8Array;
  /** The chance that a digest nobody has seen passes with this window: that of one table, times the tables. */
  readonly chance: number;
}

/** Most filters of a window, and tables of a filter. */
export const MOST_FILTERS = 1024;
export const MOST_TABLES = 65_536;
const MOST_WIDTH = 32;
const MOST_BLOCKS = 0xffffff;

const halvesOf = (digest: string) => {
  const octets = Buffer.from(digest, 'hex');
  return { low: octets.readUInt32LE(0), high: octets.readUInt32LE(4) };
};

/** The table of a filter that has a digest, which is mixed already; -1 when none has. */
function tableWith({ kind, tables }: KeptWindow['filters'][number], low: number, high: number): number {
  // Of the tables of kind `one` the first has every digest.
  const asked = kind === 'each' ? tables : tables.slice(0, 1);
  return asked.findIndex(table => numberOf(table, low, high) >= 0);
}

/**
 * The proof that a window holds a digest, 16 hex digits; null when it does not. `key` is the window's.
 */
export function proveSight(window: KeptWindow, key: StorageKey, digest: string): SightProof | null {
  const { high } = halvesOf(digest);
  const place = rangeOf(high, window.filters.length);
  const filter = window.filters[place];
  if (filter === undefined) return null;
  const mixed = mixedDigest(key, halvesOf(digest).low, high);
  const at = tableWith(filter, mixed.low, mixed.high);
  if (at < 0) return null;
  const table = filter.tables[at]!;
  const number = shardOf(mixed.low, mixed.high, table.shardBits);
  const shard = shardAt(table, number);
  const { first, last } = piecesAsked(mixed.low, mixed.high, shard.seed, shard.blocks);
  const words = table.words.subarray(
    shard.at + first * PIECE_BLOCKS * shard.width,
    shard.at + Math.min(shard.blocks, (last + 1) * PIECE_BLOCKS) * shard.width,
  );
  const tree = treeOf(window);
  const path = [
    ...merkleProof(piecesOf(table, shard), placesOf(first, last)),
    ...merkleProof(tree.shards[place]![at]!, [number]),
    ...merkleProof(tree.tables[place]!, [at]),
    ...merkleProof(tree.filters, [place]),
    besideOf(window),
  ];
  return {
    ...{ number: window.number, part: window.part, key: keyOctets(key), filters: window.filters.length },
    ...{ kind: filter.kind, tables: filter.tables.length, table: at },
    ...{ values: table.values, shardBits: table.shardBits, width: table.width, wide: table.wide },
    ...{ blocks: shard.blocks, seed: shard.seed },
    rows: Uint8Array.from(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)),
    path: Uint8Array.from(Buffer.concat(path)),
  };
}

/** First and last piece of a shard that a digest picks from: one, or two beside each other. */
function piecesAsked(low: number, high: number, seed: number, blocks: number) {
  const asked = blocksAsked(low, high, seed, blocks);
  return { first: Math.floor(asked.first / PIECE_BLOCKS), last: Math.floor((asked.end - 1) / PIECE_BLOCKS) };
}

const placesOf = (first: number, last: number) => (first === last ? [first] : [first, last]);

/**
 * Checks that a proof is of a window that says yes to a digest, 16 hex digits; a text says why not. Whether the root is one
 * that somebody has committed to is another question. It never throws, whatever the fields hold, and costs some dozen hashes.
 */
export function checkSight(proof: SightProof, digest: string): CheckedProof | string {
  const { kind, tables, table, values, shardBits, width, wide, blocks, seed, rows, filters } = proof;
  const within = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!/^[0-9a-f]{16}$/.test(digest)) return 'the digest is none';
  if (!within(proof.number, 0, 0xffffffff) || !within(proof.part, 0, 0xffff)) return 'the window is none';
  if (proof.key.length !== 16) return 'the key is not of 16 octets';
  if (!within(filters, 1, MOST_FILTERS) || (filters & (filters - 1)) !== 0) return 'filters are no power of two';
  if (!within(tables, 1, kind === 'each' ? MOST_TABLES : 3)) return 'so many tables are in no filter';
  if (!within(table, 0, kind === 'each' ? tables - 1 : 0)) return 'the table is none that is asked';
  if (kind === 'each' ? values !== 1 : !within(values, 1, MOST_TABLES)) return 'the table has other numbers';
  if (!within(shardBits, 0, MOST_SHARD_BITS) || !within(wide, 0, 2 ** shardBits)) return 'the shards are none';
  if (!within(width, 1, MOST_WIDTH - (wide > 0 ? 1 : 0))) return 'the columns are none';
  if (!within(blocks, 1, MOST_BLOCKS) || !within(seed, 0, 255)) return 'the shard is none';

  const mixed = mixedDigest(storageKey(proof.key), halvesOf(digest).low, halvesOf(digest).high);
  const number = shardOf(mixed.low, mixed.high, shardBits);
  const columns = number < wide ? width + 1 : width;
  const { first, last } = piecesAsked(mixed.low, mixed.high, seed, blocks);
  const from = first * PIECE_BLOCKS;
  const shown = Math.min(blocks, (last + 1) * PIECE_BLOCKS) - from;
  if (rows.length !== shown * columns * 4) return 'these are not the rows that the digest picks from';
  const pieceOctets = PIECE_BLOCKS * columns * 4;

  const view = tableOf(proof, number, from, columns);
  if (numberOf(view, mixed.low, mixed.high) < 0) return 'the rows do not say yes to the digest';

  const pieces = placesOf(first, last).map((_, i) => pieceHash(rows.subarray(i * pieceOctets, (i + 1) * pieceOctets)));
  const path = proofPath(proof.path);
  const up = (count: number, place: number, hash: Uint8Array | null) =>
    hash && provenRoot(count, [place], [hash], path);
  const shardRoot = provenRoot(Math.ceil(blocks / PIECE_BLOCKS), placesOf(first, last), pieces, path);
  const shardsRoot = up(2 ** shardBits, number, shardRoot && shardHash(blocks, seed, shardRoot));
  const tablesRoot = up(tables, table, shardsRoot && tableHash(proof, shardsRoot));
  const filtersRoot = up(
    filters,
    rangeOf(halvesOf(digest).high, filters),
    tablesRoot && filterHash(kind, tables, tablesRoot),
  );
  const beside = path.next();
  if (filtersRoot === null || beside === null || !path.used) return 'the path has another length';
  const top = windowHash(proof, filters, hiddenKey(storageKey(proof.key)), filtersRoot);
  const asked = kind === 'each' ? tables : 1;
  return { root: rootOfWindow(beside, top), chance: Math.min(1, (asked * values) / 2 ** width) };
}

/** The rows that are shown as a table that is asked as any other: of one shard, and of it from the block `from` on. */
function tableOf(proof: SightProof, shard: number, from: number, columns: number): RibbonTable {
  const { blocks, seed, rows, values, shardBits, width, wide } = proof;
  const words = new Uint32Array(2 + rows.length / 4);
  words.set([0, blocks * 256 + seed]);
  new Uint8Array(words.buffer, 8).set(rows);
  const places = { directory: -shard * 2, base: 2 - from * columns, end: words.length };
  return { words, keys: 0, values, shardBits, width, wide, ...places };
}

/** Octets of hashes that a path has at most, and of rows: two pieces of 33 columns. */
export const LONGEST_PATH = HASH * 64;
export const LONGEST_ROWS = 2 * PIECE_BLOCKS * 33 * 4;
