/**
 * Length-prefixed frames of CBOR (RFC 8949): a length of 4 octets, big-endian, then exactly one data item of that many
 * octets. Both ends of every InterTrack socket but the control socket speak them; man/intertrack-protocol.7 is the text.
 *
 * Every octet is hostile until `checkItem` has walked it. The library decodes only what the walk let pass, and the walk
 * admits a small part of CBOR: definite lengths, integers of up to 53 bits, finite floats, octet strings, UTF-8 text,
 * arrays, maps with text keys, false, true, null. No tags, so no dates, references, records or shared structures.
 */
// Not the package's main entry, which would load a native decoder where it finds one.
import { Encoder } from 'cbor-x/encode';
import { Cursor } from './cursor.ts';

/** Octets of the length field. */
export const FRAME_HEADER = 4;
/** Items one inside another, the outermost counted as one. */
const MAX_DEPTH = 16;
/** Data items in one frame, keys counted. */
const MAX_ITEMS = 65536;
/** Octets of a map key. */
const MAX_KEY = 64;

/** Why a stream of frames ended, and where. */
export interface FrameError {
  /** Frames read well before this one. */
  readonly frame: number;
  /** Offset in the frame's data item; the length field stands at -4. */
  readonly offset: number;
  readonly reason: string;
}

// The option is the library's own, but its type declaration has no name for it.
const options = { useRecords: false, mapsAsObjects: true, variableMapSize: true, tagUint8Array: false };
const cbor = new Encoder(Object.assign(options, { copyBuffers: true, int64AsNumber: true }));
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * One message as a frame. The message consists of null, booleans, finite numbers, well-formed strings, `Uint8Array`,
 * arrays and plain objects; anything else makes a frame that the other end refuses. Integers beyond 32 bits go as
 * 64-bit floats. Octet strings are copied.
 */
export function encodeFrame(message: unknown): Uint8Array {
  const item = encodeItem(message);
  const frame = new Uint8Array(FRAME_HEADER + item.length);
  new DataView(frame.buffer).setUint32(0, item.length);
  frame.set(item, FRAME_HEADER);
  return frame;
}

/** One data item without a frame; the same message always gives the same octets: keys stand as the object has them. */
export function encodeItem(message: unknown): Uint8Array {
  return Uint8Array.from(cbor.encode(message));
}

/**
 * A reader for the octets of one connection: call what it returns with each chunk as it comes. `onMessage` gets each
 * decoded item in order, and of how many octets it was; `onError` is called at most once, for a frame longer than `limit` octets or an item outside the
 * subset above, and after it nothing more is delivered. Octets are kept as they arrive, never as the length field claims.
 * `isWithin` tells that a frame has begun and not ended.
 */
export function frameReader(
  limit: number,
  onMessage: (message: unknown, octets: number) => void,
  onError: (error: FrameError) => void,
): ((chunk: Uint8Array) => void) & { isWithin(): boolean } {
  let held = new Uint8Array(0);
  let length = 0;
  let frames = 0;
  let dead = false;

  const fail = (offset: number, reason: string) => {
    dead = true;
    held = new Uint8Array(0);
    onError({ frame: frames, offset, reason });
  };

  /** Delivers the whole frames of `bytes`; returns how many octets they took. */
  const take = (bytes: Uint8Array): number => {
    let at = 0;
    while (!dead && bytes.length - at >= FRAME_HEADER) {
      const size = new Cursor(bytes, at).u32();
      if (size === 0) fail(-FRAME_HEADER, 'frame is empty');
      else if (size > limit) fail(-FRAME_HEADER, `frame of ${size} octets, at most ${limit} are read`);
      else if (bytes.length - at - FRAME_HEADER < size) return at;
      else {
        const item = bytes.subarray(at + FRAME_HEADER, at + FRAME_HEADER + size);
        at += FRAME_HEADER + size;
        const read = decodeItem(item);
        if ('reason' in read) fail(read.offset, read.reason);
        else {
          frames++;
          onMessage(read.message, size);
        }
      }
    }
    return at;
  };

  const read = (chunk: Uint8Array) => {
    if (dead) return;
    let bytes = chunk;
    if (length > 0) {
      // Doubling keeps a peer that sends octet by octet from making us copy the frame each time.
      if (held.length < length + chunk.length) {
        const grown = new Uint8Array(Math.max(length * 2, length + chunk.length));
        grown.set(held.subarray(0, length));
        held = grown;
      }
      held.set(chunk, length);
      length += chunk.length;
      bytes = held.subarray(0, length);
    }
    const used = take(bytes);
    if (dead || (used === 0 && length > 0)) return;
    held = bytes.slice(used);
    length = held.length;
  };
  return Object.assign(read, { isWithin: () => !dead && length > 0 });
}

/**
 * Decodes one data item of the subset; the item must fill `bytes` exactly. Octet strings in the message are copies.
 */
export function decodeItem(bytes: Uint8Array): { message: unknown } | { offset: number; reason: string } {
  const cursor = new Cursor(bytes);
  const budget = { items: MAX_ITEMS };
  const wrong = checkItem(cursor, 1, budget);
  if (wrong !== null) return { offset: Math.min(cursor.offset, bytes.length), reason: wrong };
  if (cursor.left > 0) return { offset: cursor.offset, reason: `${cursor.left} octets after the data item` };
  try {
    return { message: cbor.decode(bytes) };
  } catch (error) {
    return { offset: 0, reason: error instanceof Error ? error.message : 'undecodable' };
  }
}

/** RFC 8949 section 3: walks one item without building it. Returns what is wrong at the cursor, or null. */
function checkItem(cursor: Cursor, depth: number, budget: { items: number }): string | null {
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
  if (--budget.items < 0) return `more than ${MAX_ITEMS} data items`;
  const head = cursor.u8();
  if (cursor.failed) return 'data item is cut off';
  const major = head >> 5;
  const info = head & 31;
  if (major === 7) return checkSimple(cursor, info);

  const argument = readArgument(cursor, info);
  if (cursor.failed) return 'data item is cut off';
  if (argument < 0) return info === 31 ? 'indefinite length' : `reserved additional information ${info}`;
  switch (major) {
    case 0:
    case 1: {
      const largest = major === 0 ? Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER - 1;
      return argument > largest ? 'integer beyond 53 bits' : null;
    }
    case 2:
      cursor.view(argument);
      return cursor.failed ? 'octet string is cut off' : null;
    case 3:
      return readText(cursor, argument) === null
        ? cursor.failed
          ? 'text string is cut off'
          : 'text is not UTF-8'
        : null;
    case 4:
      // Each element takes an octet at least: a count that cannot be true is refused before anything is done for it.
      if (argument > cursor.left) return `array of ${argument} elements in ${cursor.left} octets`;
      for (let i = 0; i < argument; i++) {
        const wrong = checkItem(cursor, depth + 1, budget);
        if (wrong !== null) return wrong;
      }
      return null;
    case 5:
      if (argument * 2 > cursor.left) return `map of ${argument} pairs in ${cursor.left} octets`;
      return checkMap(cursor, argument, depth, budget);
    default:
      return 'tag';
  }
}

/** Major type 5: text keys, none of them twice (RFC 8949 section 5.6). */
function checkMap(cursor: Cursor, pairs: number, depth: number, budget: { items: number }): string | null {
  const keys = new Set<string>();
  for (let i = 0; i < pairs; i++) {
    if (--budget.items < 0) return `more than ${MAX_ITEMS} data items`;
    const head = cursor.u8();
    if (cursor.failed) return 'data item is cut off';
    if (head >> 5 !== 3) return 'map key is not text';
    const size = readArgument(cursor, head & 31);
    if (!cursor.failed && (size < 0 || size > MAX_KEY)) return `map key is longer than ${MAX_KEY} octets`;
    const key = readText(cursor, size);
    if (key === null) return cursor.failed ? 'data item is cut off' : 'text is not UTF-8';
    if (key === '__proto__') return 'map key __proto__';
    if (keys.has(key)) return `map key ${JSON.stringify(key)} stands twice`;
    keys.add(key);
    const wrong = checkItem(cursor, depth + 1, budget);
    if (wrong !== null) return wrong;
  }
  return null;
}

/** Major type 7 (RFC 8949 section 3.3): false, true, null and finite floats. */
function checkSimple(cursor: Cursor, info: number): string | null {
  if (info === 20 || info === 21 || info === 22) return null;
  if (info < 25 || info > 27) return info === 31 ? 'break outside of a data item' : `simple value ${info}`;
  const size = 1 << (info - 24);
  const octets = cursor.view(size);
  if (cursor.failed) return 'data item is cut off';
  // An exponent of all ones is an infinity or not a number.
  const first = octets[0]!;
  const second = octets[1]!;
  const special =
    size === 2
      ? (first & 0x7c) === 0x7c
      : (first & 0x7f) === 0x7f && (size === 4 ? second >> 7 === 1 : second >> 4 === 15);
  return special ? 'float is not finite' : null;
}

/** The argument of RFC 8949 section 3; negative for indefinite length and the reserved values. */
function readArgument(cursor: Cursor, info: number): number {
  if (info < 24) return info;
  if (info === 24) return cursor.u8();
  if (info === 25) return cursor.u16();
  if (info === 26) return cursor.u32();
  return info === 27 ? cursor.u32() * 2 ** 32 + cursor.u32() : -1;
}

function readText(cursor: Cursor, size: number): string | null {
  const octets = cursor.view(size);
  if (cursor.failed) return null;
  try {
    return utf8.decode(octets);
  } catch {
    return null;
  }
}
