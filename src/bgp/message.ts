import { type SessionError, sessionErrorAt } from './errors.ts';

/** Message types: RFC 4271 section 4.1, ROUTE-REFRESH RFC 2918. */
export const OPEN = 1;
export const UPDATE = 2;
export const NOTIFICATION = 3;
export const KEEPALIVE = 4;
export const ROUTE_REFRESH = 5;

/** Octets of marker, length and type. */
export const HEADER_LENGTH = 19;
/** Largest message without, and with, RFC 8654. */
export const MAX_LENGTH = 4096;
export const MAX_EXTENDED_LENGTH = 65535;

interface MessageType {
  readonly name: string;
  /** Least and greatest total length, header included; an UPDATE or NOTIFICATION may use what was negotiated. */
  readonly least: number;
  readonly most: number;
}

// RFC 4271 section 6.1 (least lengths), RFC 8654 section 4 (OPEN and KEEPALIVE are never extended).
const TYPES: readonly (MessageType | undefined)[] = [
  undefined,
  { name: 'OPEN', least: 29, most: MAX_LENGTH },
  { name: 'UPDATE', least: 23, most: MAX_EXTENDED_LENGTH },
  { name: 'NOTIFICATION', least: 21, most: MAX_EXTENDED_LENGTH },
  { name: 'KEEPALIVE', least: HEADER_LENGTH, most: HEADER_LENGTH },
  { name: 'ROUTE-REFRESH', least: 23, most: MAX_EXTENDED_LENGTH },
];

/** Name of a message type, or its number in words. */
export function messageName(type: number): string {
  return TYPES[type]?.name ?? `type ${type}`;
}

/** Type of a whole message. */
export function typeOf(message: Uint8Array): number {
  return message[HEADER_LENGTH - 1]!;
}

/**
 * Puts the 19-octet header (RFC 4271 section 4.1) before a body. The body must leave the message within what was
 * negotiated: the callers that build long bodies split them.
 */
export function encodeMessage(type: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const length = HEADER_LENGTH + body.length;
  const message = new Uint8Array(length);
  message.fill(0xff, 0, 16);
  message[16] = length >> 8;
  message[17] = length & 0xff;
  message[18] = type;
  message.set(body, HEADER_LENGTH);
  return message;
}

// The same bounds as columns, for the hot path; a type that is not in the table has bounds that nothing meets.
const LEAST = Uint16Array.from({ length: 256 }, (_, type) => TYPES[type]?.least ?? MAX_EXTENDED_LENGTH);
const MOST = Uint16Array.from({ length: 256 }, (_, type) => TYPES[type]?.most ?? 0);

/** Length of the message whose header stands at `at` (19 octets must be there); 0 when the header is bad. */
function soundLength(bytes: Uint8Array, at: number, maxLength: number): number {
  let ones = 0xff;
  for (let i = at; i < at + 16; i++) ones &= bytes[i]!;
  const length = (bytes[at + 16]! << 8) | bytes[at + 17]!;
  const type = bytes[at + 18]!;
  return ones === 0xff && length >= LEAST[type]! && length <= MOST[type]! && length <= maxLength ? length : 0;
}

/** What is wrong with a header that is not sound, by RFC 4271 section 6.1: 1/1 marker, 1/2 with the length, 1/3 with the type. */
function headerError(bytes: Uint8Array, at: number, maxLength: number): SessionError {
  const marker = bytes.subarray(at, at + 16).findIndex(octet => octet !== 0xff);
  if (marker >= 0) return sessionErrorAt(at + marker, 1, 1, `octet ${marker} of the marker is not all ones`);
  const length = (bytes[at + 16]! << 8) | bytes[at + 17]!;
  const type = bytes[at + 18]!;
  if (TYPES[type] === undefined && length >= HEADER_LENGTH && length <= maxLength)
    return sessionErrorAt(at + 18, 1, 3, `message type ${type}`, Uint8Array.of(type));
  const octets = Uint8Array.of(length >> 8, length & 0xff);
  return sessionErrorAt(at + 16, 1, 2, `${messageName(type)} of ${length} octets`, octets);
}

/**
 * Checks the header at `at` (19 octets must be there) of a message of at most `maxLength` octets. Null when it is sound;
 * else the error of RFC 4271 section 6.1 with the offset of its octet.
 */
export function checkHeader(bytes: Uint8Array, at: number, maxLength: number): SessionError | null {
  return soundLength(bytes, at, maxLength) === 0 ? headerError(bytes, at, maxLength) : null;
}

/**
 * Receives one message in place: it stands in `buffer`, header included, from `start` to `end`, and is valid until the
 * call returns. A false answer stops the framer for good.
 */
export type OnMessage = (type: number, buffer: Uint8Array, start: number, end: number) => boolean;

/** Is shown messages before they come, some at a time: a header stands at `start`, and the last of them begins before `end`. */
export type OnAhead = (buffer: Uint8Array, start: number, end: number) => void;

/** Octets that are shown at a time: what is known of their messages then stays in the processor's cache until they come. */
const SHOWN = 8192;

export interface Framer {
  /** Takes the next octets of the stream, in chunks cut anywhere. Returns the header error that ends it, if any. */
  push(chunk: Uint8Array): SessionError | null;
  /** Raises the limit once RFC 8654 is negotiated. */
  setMaxLength(octets: number): void;
  /** Behind a header error: the message it was of, from its marker on, as much of it as came; at most 4096 octets, a copy. */
  readonly refused: () => Uint8Array;
}

/** Cuts a byte stream into messages. Only a message that straddles chunks is copied. */
export function createFramer(onMessage: OnMessage, onAhead: OnAhead = () => {}): Framer {
  let maxLength = MAX_LENGTH;
  let stopped = false;
  // The start of a message whose rest has not come yet.
  // A Buffer as what sockets give: messages in it are of the same kind to the compiler.
  let held = Buffer.alloc(MAX_LENGTH);
  let heldLength = 0;

  let refused = new Uint8Array(0);

  const stop = (error: SessionError) => {
    stopped = true;
    return error;
  };

  /** Keeps the message whose header, the octets `begin`, is bad; `rest` is what came behind it. */
  function refuse(begin: Uint8Array, rest: Uint8Array): void {
    const length = (begin[16]! << 8) | begin[17]!;
    const all = Buffer.concat([begin, rest.subarray(0, MAX_LENGTH)]);
    refused = Uint8Array.from(all.subarray(0, Math.min(Math.max(length, HEADER_LENGTH), MAX_LENGTH)));
  }

  /** Completes the held message from `chunk`. Returns how many octets it took, or the error. */
  function complete(chunk: Uint8Array): number | SessionError {
    let taken = 0;
    const fill = (length: number) => {
      const count = Math.min(length - heldLength, chunk.length - taken);
      held.set(chunk.subarray(taken, taken + count), heldLength);
      heldLength += count;
      taken += count;
      return heldLength === length;
    };
    if (heldLength < HEADER_LENGTH) {
      if (!fill(HEADER_LENGTH)) return taken;
      if (soundLength(held, 0, maxLength) === 0) {
        refuse(held.subarray(0, HEADER_LENGTH), chunk.subarray(taken));
        return headerError(held, 0, maxLength);
      }
    }
    const length = (held[16]! << 8) | held[17]!;
    if (length > held.length) {
      const larger = Buffer.alloc(MAX_EXTENDED_LENGTH);
      larger.set(held);
      held = larger;
    }
    if (!fill(length)) return taken;
    heldLength = 0;
    if (!onMessage(held[18]!, held, 0, length)) stopped = true;
    return taken;
  }

  return {
    refused: () => refused,
    setMaxLength(octets) {
      maxLength = octets;
    },
    push(chunk) {
      if (stopped) return null;
      let at = 0;
      if (heldLength > 0) {
        const taken = complete(chunk);
        if (typeof taken !== 'number') return stop(taken);
        at = taken;
      }
      let shown = at;
      while (!stopped && chunk.length - at >= HEADER_LENGTH) {
        if (at >= shown) {
          shown = Math.min(at + SHOWN, chunk.length);
          onAhead(chunk, at, shown);
        }
        const length = soundLength(chunk, at, maxLength);
        if (length === 0) {
          refuse(chunk.subarray(at, at + HEADER_LENGTH), chunk.subarray(at + HEADER_LENGTH));
          return stop(headerError(chunk, at, maxLength));
        }
        const end = at + length;
        if (end > chunk.length) break;
        if (!onMessage(chunk[at + 18]!, chunk, at, end)) stopped = true;
        at = end;
      }
      if (!stopped && at < chunk.length) {
        const rest = chunk.subarray(at);
        if (rest.length > held.length) held = Buffer.alloc(MAX_EXTENDED_LENGTH);
        held.set(rest);
        heldLength = rest.length;
      }
      return null;
    },
  };
}
