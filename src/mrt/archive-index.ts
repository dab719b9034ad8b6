/**
 * The index beside a file of an archive: which records are about a prefix, or change the state of a session, and in which
 * block they are. It is made of the file as it was read again, can be made anew at any time, and is believed only for the
 * file it was made of; a record that it names is read and looked at like any other.
 */
import { crc32 } from 'node:zlib';
import { UPDATE } from '../bgp/message.ts';
import type { Block } from './archive-blocks.ts';
import { prefixesOf } from './message-prefixes.ts';
import type { MrtRecord } from './records.ts';
import type { MrtVisitor } from './walk.ts';

/** Stands behind the name of the file. */
export const INDEX = '.index';

const MAGIC = Buffer.from('ITMRTIX1');
/** Magic, size of the file, CRC-32 of what follows the head, number of blocks, number of entries. */
const HEAD = 32;
/** Offset and start as 64-bit floats, length and octets. */
const BLOCK_OCTETS = 24;
/** Offset of the record, key. */
const ENTRY_OCTETS = 8;

/** The key of records that change the state of a session. */
export const SESSIONS = 0;

/** The key of a prefix whose octets stand at `at`; what lies behind its length does not count. Different ones may share one. */
export function prefixKey(afi: number, bytes: Uint8Array, at: number, length: number): number {
  let hash = Math.imul((afi << 8) | length, 0x9e3779b1);
  const octets = (length + 7) >> 3;
  for (let i = 0; i < octets; i++) {
    const keep = i === octets - 1 && (length & 7) !== 0 ? (0xff00 >> (length & 7)) & 0xff : 0xff;
    hash = Math.imul(hash ^ (bytes[at + i]! & keep), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) | 1) >>> 0;
}

export interface IndexBuilder {
  /** To be shown every record. */
  readonly visitor: MrtVisitor;
  /** The index of a file of `size` octets with these blocks; null when the file is too long for one. */
  encode(blocks: readonly Block[], size: number): Uint8Array | null;
}

/** Makes an index. */
export function indexBuilder(): IndexBuilder {
  /** Offset, then key: as 64-bit numbers of a little-endian machine they are in the order of their keys. */
  let words = new Uint32Array(1 << 12);
  let filled = 0;
  let tooLong = false;

  function add(key: number, { offset }: MrtRecord): void {
    if (filled >= 2 && words[filled - 2] === offset && words[filled - 1] === key) return;
    if (offset > 0xffffffff) tooLong = true;
    if (filled === words.length) {
      const larger = new Uint32Array(2 * words.length);
      larger.set(words);
      words = larger;
    }
    words[filled] = offset;
    words[filled + 1] = key;
    filled += 2;
  }

  return {
    visitor: {
      route(record, { afi, prefix, prefixLength }) {
        add(prefixKey(afi, record.bytes, prefix, prefixLength), record);
      },
      message(record, message) {
        if (message.type !== UPDATE) return;
        prefixesOf(record.bytes, message, (afi, at, length) => add(prefixKey(afi, record.bytes, at, length), record));
      },
      state(record) {
        add(SESSIONS, record);
      },
      other() {},
    },
    encode(blocks, size) {
      if (tooLong) return null;
      const body = new Uint8Array(blocks.length * BLOCK_OCTETS + filled * 4);
      const fields = new DataView(body.buffer);
      blocks.forEach(({ offset, start, length, octets }, i) => {
        fields.setFloat64(i * BLOCK_OCTETS, offset, true);
        fields.setFloat64(i * BLOCK_OCTETS + 8, start, true);
        fields.setUint32(i * BLOCK_OCTETS + 16, length, true);
        fields.setUint32(i * BLOCK_OCTETS + 20, octets, true);
      });
      const entries = words.slice(0, filled);
      new BigUint64Array(entries.buffer).sort();
      body.set(new Uint8Array(entries.buffer), blocks.length * BLOCK_OCTETS);
      const head = Buffer.alloc(HEAD);
      head.set(MAGIC);
      head.writeDoubleLE(size, 8);
      head.writeUInt32LE(crc32(body), 16);
      head.writeUInt32LE(blocks.length, 20);
      head.writeUInt32LE(filled / 2, 24);
      return Buffer.concat([head, body]);
    },
  };
}

export interface ArchiveIndex {
  /** Offsets of the records with this key, rising. */
  offsetsOf(key: number): number[];
  /** The block that an offset of the unpacked file lies in; undefined behind its end. */
  blockAt(offset: number): Block | undefined;
}

/** Reads an index; null when it is damaged, or not that of a file of `size` octets. */
export function decodeIndex(bytes: Uint8Array, size: number): ArchiveIndex | null {
  if (bytes.length < HEAD || Buffer.compare(bytes.subarray(0, MAGIC.length), MAGIC) !== 0) return null;
  const fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks = fields.getUint32(20, true);
  const entries = fields.getUint32(24, true);
  const body = bytes.subarray(HEAD);
  if (fields.getFloat64(8, true) !== size || body.length !== blocks * BLOCK_OCTETS + entries * ENTRY_OCTETS)
    return null;
  if (crc32(body) !== fields.getUint32(16, true)) return null;
  const entriesAt = HEAD + blocks * BLOCK_OCTETS;
  const offsetAt = (i: number) => fields.getUint32(entriesAt + i * ENTRY_OCTETS, true);
  const keyAt = (i: number) => fields.getUint32(entriesAt + i * ENTRY_OCTETS + 4, true);
  const startAt = (i: number) => fields.getFloat64(HEAD + i * BLOCK_OCTETS + 8, true);

  /** The first of `count` for which `behind` is true; `count` when there is none. */
  function first(count: number, behind: (i: number) => boolean): number {
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (behind(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  return {
    offsetsOf(key) {
      const offsets: number[] = [];
      for (let i = first(entries, one => keyAt(one) >= key); i < entries && keyAt(i) === key; i++)
        offsets.push(offsetAt(i));
      return offsets;
    },
    blockAt(offset) {
      const i = first(blocks, one => startAt(one) > offset) - 1;
      if (i < 0) return undefined;
      const at = HEAD + i * BLOCK_OCTETS;
      const block = {
        offset: fields.getFloat64(at, true),
        start: startAt(i),
        length: fields.getUint32(at + 16, true),
        octets: fields.getUint32(at + 20, true),
      };
      return offset < block.start + block.octets ? block : undefined;
    },
  };
}
