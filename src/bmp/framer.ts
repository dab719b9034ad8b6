import type { BmpError } from './errors.ts';

export const VERSION = 3;
/** Octets of version, length and type (RFC 7854 section 4.1). */
export const HEADER_LENGTH = 6;
/**
 * Longest message that is read. The RFC sets no bound; the longest that makes sense, a Peer Up of two OPENs or a mirrored
 * message of 65535 octets with its headers, is well below.
 */
export const MAX_LENGTH = 262_144;

/** Message types: RFC 7854 section 4.1 (10.1). */
export const ROUTE_MONITORING = 0;
export const STATISTICS_REPORT = 1;
export const PEER_DOWN = 2;
export const PEER_UP = 3;
export const INITIATION = 4;
export const TERMINATION = 5;
export const ROUTE_MIRRORING = 6;

/** Puts the common header (RFC 7854 section 4.1) before a body. */
export function encodeMessage(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, HEADER_LENGTH);
  const message = new Uint8Array(length);
  const view = new DataView(message.buffer);
  message[0] = VERSION;
  view.setUint32(1, length);
  message[5] = type;
  let at = HEADER_LENGTH;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

/**
 * Receives one message in place: it stands in `buffer`, header included, from `start` to `end`, and is valid until the
 * call returns. A false answer stops the framer for good.
 */
export type OnMessage = (type: number, buffer: Uint8Array, start: number, end: number) => boolean;

export interface Framer {
  /** Takes the next octets of the stream, in chunks cut anywhere. Returns the error that ends it, if any. */
  push(chunk: Uint8Array): BmpError | null;
}

/** What is wrong with the header at `at` (`HEADER_LENGTH` octets must be there); null when it is sound. */
function headerError(bytes: Uint8Array, at: number): BmpError | null {
  const clause = 'RFC 7854 4.1';
  if (bytes[at] !== VERSION) return { offset: 0, clause, what: `BMP version ${bytes[at]}, 3 is expected` };
  const length = lengthAt(bytes, at);
  if (length < HEADER_LENGTH)
    return { offset: 1, clause, what: `message of ${length} octets, at least ${HEADER_LENGTH}` };
  return length > MAX_LENGTH ? { offset: 1, clause, what: `message of ${length} octets, at most ${MAX_LENGTH}` } : null;
}

const lengthAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!) >>> 0;

/** Cuts a byte stream into messages. Only a message that straddles chunks is copied, as its octets arrive. */
export function createFramer(onMessage: OnMessage): Framer {
  let stopped = false;
  // The start of a message whose rest has not come yet.
  let held = new Uint8Array(4096);
  let heldLength = 0;

  function keep(octets: Uint8Array): void {
    if (heldLength + octets.length > held.length) {
      const larger = new Uint8Array(Math.max(held.length * 2, heldLength + octets.length));
      larger.set(held.subarray(0, heldLength));
      held = larger;
    }
    held.set(octets, heldLength);
    heldLength += octets.length;
  }

  /** Takes octets of `chunk` until `length` are held. Returns the place behind them. */
  function fill(chunk: Uint8Array, at: number, length: number): number {
    const end = Math.min(chunk.length, at + length - heldLength);
    keep(chunk.subarray(at, end));
    return end;
  }

  const stop = (error: BmpError | null) => {
    stopped = true;
    held = new Uint8Array(0);
    return error;
  };

  return {
    push(chunk) {
      if (stopped) return null;
      let at = 0;
      if (heldLength > 0) {
        if (heldLength < HEADER_LENGTH) at = fill(chunk, at, HEADER_LENGTH);
        if (heldLength < HEADER_LENGTH) return null;
        const error = headerError(held, 0);
        if (error !== null) return stop(error);
        const length = lengthAt(held, 0);
        at = fill(chunk, at, length);
        if (heldLength < length) return null;
        heldLength = 0;
        if (!onMessage(held[5]!, held, 0, length)) return stop(null);
      }
      while (chunk.length - at >= HEADER_LENGTH) {
        const error = headerError(chunk, at);
        if (error !== null) return stop(error);
        const end = at + lengthAt(chunk, at);
        if (end > chunk.length) break;
        if (!onMessage(chunk[at + 5]!, chunk, at, end)) return stop(null);
        at = end;
      }
      if (at < chunk.length) keep(chunk.subarray(at));
      return null;
    },
  };
}
