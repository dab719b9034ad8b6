/**
 * Puts the fragments of a capture together again (RFC 791 section 3.2, RFC 8200 section 4.5). A victim may hold the
 * fragments of a packet that others saw whole, or the reverse; who asks asks both. Not for a probe: it digests what it
 * sees.
 */
import { isFragment } from './fragments.ts';
import type { Layers } from './layers.ts';
import { copyOf, u16 } from './octets.ts';

/** Why fragments make no packet. */
export type ReassemblyRefusal =
  /** Two fragments have octets of the same place: nobody can tell which of them the receiver took (RFC 5722). */
  | 'overlap'
  /**
   * A fragment that is empty, ends between two units of 8 octets, or goes beyond the packet's end or what IP can hold.
   */
  | 'length';

/** A packet that is whole again, or why it never will be; and the numbers of the records its fragments came in. */
export type Reassembled =
  | {
      /** The IP packet up to the first octet that the capture cut, and its length if it had not. */
      readonly bytes: Uint8Array;
      readonly wire: number;
      readonly parts: readonly number[];
    }
  | { readonly reason: ReassemblyRefusal; readonly parts: readonly number[] };

export interface Incomplete {
  readonly parts: readonly number[];
}

export interface Reassembler {
  /**
   * Takes layer `i` of a frame, when it is a fragment, by its copy. `seconds`: time of the packet; `number`: of its
   * record. The answer is a packet that it completed, or why its fragments make none (told once); null while some are
   * missing.
   */
  take(bytes: Uint8Array, layers: Layers, i: number, seconds: number, number: number): Reassembled | null;
  /** Forgets everything; returns what was never complete and is still remembered. */
  end(): readonly Incomplete[];
  /** Packets that were given up because of their age or for want of room. */
  readonly givenUp: number;
}

/** Packets in pieces that are remembered, and octets of them. */
const MOST_PACKETS = 4096;
const MOST_OCTETS = 16 * 1024 * 1024;
/** Seconds that a packet is waited for: Linux waits 30 for IPv4, RFC 8200 has 60. */
const LIFETIMES = { 4: 30, 6: 60 } as const;
const LONGEST_PACKET = 65535;

interface Part {
  readonly offset: number;
  /** Octets that it has, of which so many were captured. */
  readonly length: number;
  readonly data: Uint8Array;
}

interface Pieces {
  readonly since: number;
  readonly lifetime: number;
  /** In the order of their offsets. */
  readonly parts: Part[];
  readonly numbers: number[];
  /** Octets before the fragments' own: the header of the first. */
  header: Uint8Array | null;
  /** Octets in memory. */
  held: number;
  /** Octets in all parts, and in all once the last is known. */
  octets: number;
  total: number;
  /** Nothing becomes of it; its later fragments are passed over. */
  refused: boolean;
}

/** An empty reassembler. */
export function createReassembler(): Reassembler {
  const waiting = new Map<string, Pieces>();
  let held = 0;
  let givenUp = 0;

  const forget = (key: string, pieces: Pieces) => {
    waiting.delete(key);
    held -= pieces.held;
  };
  const room = (octets: number) => {
    for (const [key, pieces] of waiting) {
      if (waiting.size < MOST_PACKETS && held + octets <= MOST_OCTETS) return;
      if (!pieces.refused) givenUp++;
      forget(key, pieces);
    }
  };

  return {
    take(bytes, layers, i, seconds, number) {
      if (layers.fault[i] !== null || !isFragment(bytes, layers, i)) return null;
      const fragment = fragmentOf(bytes, layers, i);
      let pieces = waiting.get(fragment.key);
      // Time may go backwards in a capture; what is far away in either direction is another packet.
      if (pieces !== undefined && Math.abs(seconds - pieces.since) > pieces.lifetime) {
        if (!pieces.refused) givenUp++;
        forget(fragment.key, pieces);
        pieces = undefined;
      }
      room(fragment.part.data.length + (fragment.header?.length ?? 0));
      // Making room may have taken this one, the oldest of all.
      pieces = waiting.get(fragment.key);
      if (pieces === undefined) {
        const lifetime = LIFETIMES[layers.family[i] as 4 | 6];
        pieces = {
          since: seconds,
          lifetime,
          parts: [],
          numbers: [],
          header: null,
          held: 0,
          octets: 0,
          total: -1,
          refused: false,
        };
        waiting.set(fragment.key, pieces);
      }
      if (pieces.refused) return null;
      const before = pieces.held;
      const reason = add(pieces, fragment);
      pieces.numbers.push(number);
      if (reason !== null) {
        const { numbers } = pieces;
        // Remembered without its octets, so that what is left of it makes no packet.
        pieces.parts.length = 0;
        pieces.header = null;
        pieces.held = 0;
        pieces.refused = true;
        held -= before;
        return { reason, parts: [...numbers] };
      }
      held += pieces.held - before;
      if (pieces.header === null || pieces.octets !== pieces.total) return null;
      forget(fragment.key, pieces);
      return whole(pieces, pieces.header);
    },
    end() {
      const left = [...waiting.values()].filter(({ refused }) => !refused).map(({ numbers }) => ({ parts: numbers }));
      waiting.clear();
      held = 0;
      return left;
    },
    get givenUp() {
      return givenUp;
    },
  };
}

interface Fragment {
  readonly key: string;
  readonly part: Part;
  readonly more: boolean;
  /** What goes before the octets of the first fragment, in a packet that is none; null of the others. */
  readonly header: Uint8Array | null;
}

/**
 * What a fragment says: RFC 791 tells packets apart by addresses, protocol and identification, RFC 8200 without the
 * protocol.
 */
function fragmentOf(bytes: Uint8Array, layers: Layers, i: number): Fragment {
  const start = layers.start[i]!;
  const upper = layers.upper[i]!;
  const four = layers.family[i] === 4;
  const extension = layers.fragment[i]!;
  const place = u16(bytes, four ? start + 6 : extension + 2);
  const offset = four ? (place & 0x1fff) * 8 : place & 0xfff8;
  const more = (place & (four ? 0x2000 : 1)) !== 0;
  // Of IPv6 all behind the Fragment header is in pieces, further extension headers too.
  const from = four ? upper : extension + 8;
  const length = upper + layers.length[i]! - from;
  const data = copyOf(bytes, from, Math.max(from, Math.min(layers.end[i]!, from + length)));
  const addresses = four
    ? text(bytes, start + 12, 4) + text(bytes, layers.destination[i]!, 4)
    : text(bytes, start + 8, 16) + text(bytes, layers.destination[i]!, 16);
  const name = four ? `${text(bytes, start + 4, 2)}${bytes[start + 9]}` : text(bytes, extension + 4, 4);
  const header = offset > 0 ? null : four ? copyOf(bytes, start, upper) : headerBefore(bytes, start, extension);
  return { key: `${addresses} ${name}`, part: { offset, length, data }, more, header };
}

const text = (bytes: Uint8Array, at: number, count: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + at, count).toString('latin1');

/** The headers in front of a Fragment header, the last of which names what stands behind it instead. */
function headerBefore(bytes: Uint8Array, start: number, extension: number): Uint8Array {
  const header = copyOf(bytes, start, extension);
  let named = 6;
  // readIpv6 has been this way: every header is whole, and leads to the next.
  for (let at = 40; at < header.length; ) {
    const authentication = header[named] === 51;
    named = at;
    at += authentication ? (header[at + 1]! + 2) * 4 : (header[at + 1]! + 1) * 8;
  }
  header[named] = bytes[extension]!;
  return header;
}

/** Adds a fragment to its packet; why it can't be, or null. The same fragment twice is one. */
function add(pieces: Pieces, { part, more, header }: Fragment): ReassemblyRefusal | null {
  const { offset, length, data } = part;
  const end = offset + length;
  if (length === 0 || end > LONGEST_PACKET || (more && length % 8 !== 0)) return 'length';
  // A last fragment tells the end of all: there is one end, and nothing beyond.
  const { parts } = pieces;
  const last = parts.at(-1);
  if (more ? pieces.total >= 0 && end > pieces.total : pieces.total >= 0 && end !== pieces.total) return 'length';
  if (!more && last !== undefined && last.offset + last.length > end) return 'length';

  let low = 0;
  for (let high = parts.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (parts[middle]!.offset < offset) low = middle + 1;
    else high = middle;
  }
  const at = parts[low];
  if (at !== undefined && at.offset === offset && at.length === length) {
    const captured = Math.min(at.data.length, data.length);
    return Buffer.compare(at.data.subarray(0, captured), data.subarray(0, captured)) === 0 ? null : 'overlap';
  }
  const before = parts[low - 1];
  if ((at !== undefined && at.offset < end) || (before !== undefined && before.offset + before.length > offset))
    return 'overlap';
  parts.splice(low, 0, part);
  pieces.octets += length;
  pieces.held += data.length + (header?.length ?? 0);
  if (!more) pieces.total = end;
  if (header !== null) pieces.header = header;
  return null;
}

/** The packet, as it would have been without fragments. */
function whole({ parts, numbers, total }: Pieces, header: Uint8Array): Reassembled {
  const six = header[0]! >> 4 === 6;
  const wire = header.length + total;
  if (wire - (six ? 40 : 0) > LONGEST_PACKET) return { reason: 'length', parts: numbers };
  const cut = parts.findIndex(({ length, data }) => data.length < length);
  const captured = cut < 0 ? parts : parts.slice(0, cut + 1);
  const size = captured.reduce((sum, { data }) => sum + data.length, header.length);
  const bytes = new Uint8Array(size);
  bytes.set(header);
  let at = header.length;
  for (const { data } of captured) {
    bytes.set(data, at);
    at += data.length;
  }
  const view = new DataView(bytes.buffer);
  if (six) view.setUint16(4, wire - 40);
  else {
    view.setUint16(2, wire);
    view.setUint16(6, view.getUint16(6) & 0xc000);
  }
  return { bytes, wire, parts: numbers };
}
