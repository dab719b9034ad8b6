/**
 * The route objects of one source, a million and more, outside the JavaScript heap: what is asked of all of them stands
 * in columns (40 octets an object), the object's octets in an arena, to be read again when somebody wants to see one.
 */
import type { Afi } from '../net/address.ts';
import { wordsOf } from '../net/prefix.ts';
import type { RouteObject } from './objects.ts';
import { readRouteObject } from './route-object.ts';
import { rpslReader } from './rpsl.ts';

/** Objects and octets of text of one source; a source with more is refused. */
export const MAX_OBJECTS = 8_000_000;
export const MAX_TEXT = 4_000_000_000;

/** Rows of a block and octets of an arena chunk: the store grows by blocks, never by copying what it has. */
const BLOCK_BITS = 13;
const BLOCK = 1 << BLOCK_BITS;
const CHUNK = 1 << 20;

/** Column numbers within a row. */
const COLUMNS = 10;
const [META, W0, W1, W2, W3, ORIGIN, MAINTAINERS, CHUNK_AT, OFFSET, OCTETS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
const KEIRO = 0x100;
const IPV6 = 0x200;

/** The columns of one object. Address words are signed; IPv4 stands in `w0`. */
export interface ObjectRow {
  readonly afi: Afi;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly length: number;
  readonly origin: number;
  /** Index into `maintainerSets`. */
  readonly maintainers: number;
  readonly hasKeiro: boolean;
}

export interface ObjectStore {
  /** Copies what it keeps. False when the store is full: the object is not in it. */
  add(object: RouteObject, bytes: Uint8Array): boolean;
  readonly count: number;
  /** Distinct sets of maintainers, names in upper case (RFC 2622 section 2: names are case-insensitive). */
  readonly maintainerSets: readonly (readonly string[])[];
  row(index: number): ObjectRow;
  /** The object as it was added. */
  object(index: number): RouteObject;
}

/** An empty store for the source of this (configured) name. */
export function objectStore(source: string): ObjectStore {
  const blocks: Int32Array[] = [];
  const chunks: Uint8Array[] = [];
  let used = CHUNK;
  let count = 0;
  const maintainerSets: (readonly string[])[] = [];
  const setNumbers = new Map<string, number>();

  function numberOf(mntBy: readonly string[]): number {
    const key = mntBy.join(' ').toUpperCase();
    let number = setNumbers.get(key);
    if (number === undefined) {
      number = maintainerSets.push(key === '' ? [] : key.split(' ')) - 1;
      setNumbers.set(key, number);
    }
    return number;
  }

  function add(object: RouteObject, bytes: Uint8Array): boolean {
    if (count >= MAX_OBJECTS || chunks.length * CHUNK + bytes.length > MAX_TEXT) return false;
    if (used + bytes.length > CHUNK) {
      chunks.push(new Uint8Array(Math.max(CHUNK, bytes.length)));
      used = 0;
    }
    chunks.at(-1)!.set(bytes, used);
    if ((count & (BLOCK - 1)) === 0) blocks.push(new Int32Array(BLOCK * COLUMNS));
    const block = blocks.at(-1)!;
    const at = (count & (BLOCK - 1)) * COLUMNS;
    const { prefix } = object;
    const [w0, w1, w2, w3] = wordsOf(prefix);
    block[at + META] = prefix.length | (object.keiro.length > 0 ? KEIRO : 0) | (prefix.afi === 2 ? IPV6 : 0);
    block[at + W0] = w0;
    block[at + W1] = w1;
    block[at + W2] = w2;
    block[at + W3] = w3;
    block[at + ORIGIN] = object.origin;
    block[at + MAINTAINERS] = numberOf(object.mntBy);
    block[at + CHUNK_AT] = chunks.length - 1;
    block[at + OFFSET] = used;
    block[at + OCTETS] = bytes.length;
    used += bytes.length;
    count++;
    return true;
  }

  function row(index: number): ObjectRow {
    const block = blocks[index >> BLOCK_BITS]!;
    const at = (index & (BLOCK - 1)) * COLUMNS;
    const meta = block[at + META]!;
    return {
      afi: (meta & IPV6) === 0 ? 1 : 2,
      w0: block[at + W0]!,
      w1: block[at + W1]!,
      w2: block[at + W2]!,
      w3: block[at + W3]!,
      length: meta & 0xff,
      origin: block[at + ORIGIN]! >>> 0,
      maintainers: block[at + MAINTAINERS]!,
      hasKeiro: (meta & KEIRO) !== 0,
    };
  }

  function object(index: number): RouteObject {
    const block = blocks[index >> BLOCK_BITS]!;
    const at = (index & (BLOCK - 1)) * COLUMNS;
    const offset = block[at + OFFSET]!;
    const bytes = chunks[block[at + CHUNK_AT]!]!.subarray(offset, offset + block[at + OCTETS]!);
    let found: RouteObject | null = null;
    const reader = rpslReader(
      rpsl => {
        const reading = readRouteObject(rpsl, source);
        if (reading.ok) found = reading.object;
      },
      // What was wrong with some of its lines was said when the source was loaded.
      () => {},
    );
    reader.push(bytes);
    reader.end();
    if (found === null) throw new Error(`object ${index} of ${source} does not read back as it was added`);
    return found;
  }

  return {
    add,
    get count() {
      return count;
    },
    maintainerSets,
    row,
    object,
  };
}
