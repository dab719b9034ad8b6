/**
 * The Merkle tree of a sealed window, in which few octets show what the window says of one digest: the rows of a shard in
 * pieces, over them the shards of a table, the tables of a filter, the filters of the window. At each step what is needed
 * to find the next one is hashed too, the count of branches among it, so that a digest has one place in the tree and no
 * other: man/itprobe.8, WINDOW FILES.
 */
import { createHash, hash } from 'node:crypto';
import type { RibbonTable } from '../filters/ribbon-table.ts';
import type { SealedFilter } from '../filters/sealed-filter.ts';
import { keyOctets, type StorageKey } from '../filters/storage-key.ts';
import { boundHash, HASH, leafHash, merkleRoot, nodeHash } from './merkle.ts';

/** Blocks of 32 rows in a piece: what is shown is one piece, or two beside each other. */
export const PIECE_BLOCKS = 8;
/** Shards that are hashed in one go. */
const STEP_SHARDS = 32;
/** Octets of the longest piece: 33 columns. */
const LONGEST_PIECE = PIECE_BLOCKS * 33 * 4;

/** A shard of a table: what its hash is bound to, and where its rows are. */
export interface Shard {
  readonly blocks: number;
  readonly seed: number;
  /** Columns. */
  readonly width: number;
  /** Word of the table's words at which the rows begin. */
  readonly at: number;
}

export function shardAt(table: RibbonTable, shard: number): Shard {
  const entry = table.words[table.directory + shard * 2 + 1]!;
  return {
    blocks: entry >>> 8,
    seed: entry & 0xff,
    width: shard < table.wide ? table.width + 1 : table.width,
    at: table.base + table.words[table.directory + shard * 2]!,
  };
}

const piece = new Uint8Array(1 + LONGEST_PIECE);

/** Hash of a piece of rows, 1056 octets at most. */
export function pieceHash(rows: Uint8Array): Buffer {
  piece.set(rows, 1);
  return hash('sha256', piece.subarray(0, 1 + rows.length), 'buffer');
}

/** Hashes of a shard's pieces, in their order. */
export function piecesOf({ words }: RibbonTable, { blocks, width, at }: Shard): Buffer[] {
  const hashes: Buffer[] = [];
  for (let block = 0; block < blocks; block += PIECE_BLOCKS) {
    const length = Math.min(PIECE_BLOCKS, blocks - block) * width;
    hashes.push(pieceHash(octetsOf(words.subarray(at + block * width, at + block * width + length))));
  }
  return hashes;
}

export const shardHash = (blocks: number, seed: number, pieces: Uint8Array): Buffer =>
  boundHash([blocks, seed], pieces);

export const tableHash = (
  { values, shardBits, width, wide }: Pick<RibbonTable, 'values' | 'shardBits' | 'width' | 'wide'>,
  shards: Uint8Array,
): Buffer => boundHash([values, shardBits, width, wide], shards);

export const filterHash = (kind: SealedFilter['kind'], tables: number, root: Uint8Array): Buffer =>
  boundHash([kind === 'each' ? 0 : 1, tables], root);

export interface WindowName {
  readonly number: number;
  readonly part: number;
}

export const windowHash = ({ number, part }: WindowName, filters: number, key: Uint8Array, root: Uint8Array): Buffer =>
  boundHash([number, part, filters], root, key);

/** What tells nobody the key of a window, and that it is this one once it is told: 32 octets. */
export function hiddenKey(key: StorageKey): Buffer {
  return createHash('sha256').update('itw2 window key').update(keyOctets(key)).digest();
}

/** Hashes of all shards of a filter, table by table, one behind the other; in steps of a few milliseconds. */
export function* hashShards({ tables }: Pick<SealedFilter, 'tables'>): Generator<void, Uint8Array> {
  const hashes = new Uint8Array(HASH * tables.reduce((sum, { shardBits }) => sum + 2 ** shardBits, 0));
  let at = 0;
  for (const table of tables)
    for (let number = 0; number < 2 ** table.shardBits; number++) {
      const shard = shardAt(table, number);
      hashes.set(shardHash(shard.blocks, shard.seed, merkleRoot(piecesOf(table, shard))), at);
      at += HASH;
      if (number % STEP_SHARDS === STEP_SHARDS - 1) yield;
    }
  return hashes;
}

/**
 * What is in the tree: the filters, the hashes of their shards one behind the other and that beside the tree, and what hides
 * the window's key.
 */
export interface HashedWindow extends WindowName {
  readonly filters: readonly SealedFilter[];
  readonly hashes: Uint8Array;
  readonly hiddenKey: Uint8Array;
}

/** The hashes of the tables of each filter, of the filters, and of the shards of each table. */
export interface WindowTree {
  /** By filter and table. */
  readonly shards: readonly (readonly Uint8Array[])[][];
  readonly tables: readonly Buffer[][];
  readonly filters: readonly Buffer[];
  /** Hash of all of it. */
  readonly top: Buffer;
}

export function treeOf({ number, part, filters, hashes, hiddenKey: key }: HashedWindow): WindowTree {
  let at = 0;
  const shards = filters.map(({ tables }) =>
    tables.map(({ shardBits }) =>
      Array.from({ length: 2 ** shardBits }, () => {
        at += HASH;
        return hashes.subarray(at - HASH, at);
      }),
    ),
  );
  const tables = filters.map((filter, f) =>
    filter.tables.map((table, t) => tableHash(table, merkleRoot(shards[f]![t]!))),
  );
  const tops = filters.map(({ kind }, f) => filterHash(kind, tables[f]!.length, merkleRoot(tables[f]!)));
  return {
    ...{ shards, tables, filters: tops },
    top: windowHash({ number, part }, filters.length, key, merkleRoot(tops)),
  };
}

/**
 * Beside the tree: hash over the header and over all octets of the filters. It is told and not shown. With it a window is
 * found whole in one pass, without its pieces being hashed again.
 */
export function besideHash(header: Uint8Array, filters: readonly SealedFilter[]): Buffer {
  return nodeHash(leafHash(header), leafHash(...filters.map(({ octets }) => octets)));
}

/** The same of a window that has it already: the last of its hashes. */
export function besideOf({ hashes }: Pick<HashedWindow, 'hashes'>): Uint8Array {
  return hashes.subarray(hashes.length - HASH);
}

/** Root of a window: what commits to it. */
export function rootOfWindow(beside: Uint8Array, top: Uint8Array): Buffer {
  return nodeHash(beside, top);
}

const octetsOf = (words: Uint32Array) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
