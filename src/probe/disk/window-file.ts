/**
 * A sealed window as octets, as itprobe(8) describes it under WINDOW FILES: "itw2", the length of the header as 4 octets
 * (least significant first), the root of the Merkle tree, the header in JSON, the filters, and hashes of them;
 * all begin at multiples of 64.
 *
 * The root checks all of it, and is what commits to the window: few octets of it can be shown to belong to the root without
 * the rest (proof/window-tree.ts, proof/sight-proof.ts).
 *
 * Decoding never throws, and takes no memory but what the header's text takes: filters are views of the octets.
 */
import type { KeptWindow } from '../filters/kept-window.ts';
import { decodeFilter, type SealedFilter } from '../filters/sealed-filter.ts';
import { HASH } from '../proof/merkle.ts';
import { besideHash, besideOf, type HashedWindow, rootOfWindow, treeOf } from '../proof/window-tree.ts';
import { readHeader, type WindowHeader } from './window-header.ts';

const MAGIC = Buffer.from('itw2');
/** Octets before the header. */
const FIXED = 64;
const ROOT = HASH;
const ALIGNMENT = 64;
/** A header of a window with 65,536 vantages stays below this. */
const LONGEST_HEADER = 16 * 1024 * 1024;

const aligned = (offset: number) => Math.ceil(offset / ALIGNMENT) * ALIGNMENT;

/** The header of a window in JSON, as its file has it: it belongs to what the root is made of. */
export function headerText(window: Omit<KeptWindow, 'hashes'>): Buffer {
  const { number, part, sealed, covered, sampling, digestKey, storageKey, hiddenKey, bits, vantages } = window;
  const header: WindowHeader = {
    ...{ number, part, sealed, covered, sampling, digestKey, storageKey },
    hiddenKey: Buffer.from(hiddenKey).toString('hex'),
    ...{ bits, vantages, filters: window.filters.map(({ octets }) => octets.byteLength) },
  };
  return Buffer.from(JSON.stringify(header));
}

/** The root as the hashes have it. */
function rootOf(window: HashedWindow): Buffer {
  return rootOfWindow(besideOf(window), treeOf(window).top);
}

/** The file of a window, in pieces that follow each other, and its root in hex. */
export function encodeWindow(window: KeptWindow): { readonly pieces: Uint8Array[]; readonly root: string } {
  const text = headerText(window);
  const root = rootOf(window);
  const start = Buffer.alloc(FIXED + aligned(text.length));
  start.set(MAGIC);
  start.writeUInt32LE(text.length, 4);
  start.set(root, FIXED - ROOT);
  start.set(text, FIXED);
  const pieces: Uint8Array[] = [start];
  const filters = window.filters.map(({ octets }) => octets);
  for (const octets of [...filters, window.hashes])
    pieces.push(octets, new Uint8Array(aligned(octets.length) - octets.length));
  return { pieces, root: root.toString('hex') };
}

export interface DecodedWindow {
  readonly window: KeptWindow;
  /** The root that the file names, hex. */
  readonly root: string;
  /** False when not all of it is what was sealed. It reads all of the file. */
  verify(): boolean;
}

/** A window whose filters are views of `octets`; or what is wrong, in words. */
export function decodeWindow(octets: Uint8Array): DecodedWindow | string {
  const file = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (file.length < FIXED || !file.subarray(0, 4).equals(MAGIC)) return 'it is no window file';
  const length = file.readUInt32LE(4);
  if (file.subarray(8, FIXED - ROOT).some(octet => octet !== 0)) return 'its first octets are damaged';
  if (length > LONGEST_HEADER || FIXED + aligned(length) > file.length) return 'its header is cut off';
  const root = file.subarray(FIXED - ROOT, FIXED);
  const text = file.subarray(FIXED, FIXED + length);
  const header = readHeader(text.toString());
  if (typeof header === 'string') return header;

  let at = FIXED + aligned(length);
  let padding = file.subarray(FIXED + length, at).every(octet => octet === 0);
  const filters: SealedFilter[] = [];
  for (const size of header.filters) {
    if (at + aligned(size) > file.length) return 'its filters are cut off';
    const filter = decodeFilter(file.subarray(at, at + size));
    if ('wrong' in filter) return `filter ${filters.length}, at octet ${at + filter.offset}: ${filter.wrong}`;
    if (filter.vantages.some(position => position >= header.vantages.length)) return 'a filter is of no vantage';
    padding &&= file.subarray(at + size, at + aligned(size)).every(octet => octet === 0);
    filters.push(filter);
    at += aligned(size);
  }
  const shards = filters.reduce(
    (sum, { tables }) => tables.reduce((all, { shardBits }) => all + 2 ** shardBits, sum),
    0,
  );
  if (at + aligned((shards + 1) * HASH) > file.length) return 'its hashes are cut off';
  const hashes = file.subarray(at, at + (shards + 1) * HASH);
  padding &&= file.subarray(at + hashes.length, at + aligned(hashes.length)).every(octet => octet === 0);
  at += aligned(hashes.length);
  if (at !== file.length) return `it has ${file.length - at} octets too many`;
  if (!padding) return 'octets that are always 0 are not';
  const window = { ...header, hiddenKey: Uint8Array.from(Buffer.from(header.hiddenKey, 'hex')), filters, hashes };
  return {
    window,
    root: root.toString('hex'),
    verify: () => besideHash(text, filters).equals(besideOf(window)) && rootOf(window).equals(root),
  };
}
