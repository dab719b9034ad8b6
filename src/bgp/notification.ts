import { Cursor } from '../net/cursor.ts';
import { type Capability, decodeCapabilities, formatCapability } from './capabilities.ts';
import type { SessionError } from './errors.ts';
import { type Family, formatFamily } from './family.ts';
import { encodeMessage, NOTIFICATION } from './message.ts';

/** Codes and subcodes: RFC 4271 section 4.5, 4486 (Cease), 6608 (FSM), 5492, 7313, 8538, 9234, 9384, 9687. */
const NAMES: Readonly<Record<number, { readonly name: string; readonly sub: Readonly<Record<number, string>> }>> = {
  1: {
    name: 'Message Header Error',
    sub: { 1: 'Connection Not Synchronized', 2: 'Bad Message Length', 3: 'Bad Message Type' },
  },
  2: {
    name: 'OPEN Message Error',
    sub: {
      1: 'Unsupported Version Number',
      2: 'Bad Peer AS',
      3: 'Bad BGP Identifier',
      4: 'Unsupported Optional Parameter',
      6: 'Unacceptable Hold Time',
      7: 'Unsupported Capability',
      11: 'Role Mismatch',
    },
  },
  3: {
    name: 'UPDATE Message Error',
    sub: {
      1: 'Malformed Attribute List',
      2: 'Unrecognized Well-known Attribute',
      3: 'Missing Well-known Attribute',
      4: 'Attribute Flags Error',
      5: 'Attribute Length Error',
      6: 'Invalid ORIGIN Attribute',
      8: 'Invalid NEXT_HOP Attribute',
      9: 'Optional Attribute Error',
      10: 'Invalid Network Field',
      11: 'Malformed AS_PATH',
    },
  },
  4: { name: 'Hold Timer Expired', sub: {} },
  5: {
    name: 'Finite State Machine Error',
    sub: {
      1: 'Unexpected Message in OpenSent State',
      2: 'Unexpected Message in OpenConfirm State',
      3: 'Unexpected Message in Established State',
    },
  },
  6: {
    name: 'Cease',
    sub: {
      1: 'Maximum Number of Prefixes Reached',
      2: 'Administrative Shutdown',
      3: 'Peer De-configured',
      4: 'Administrative Reset',
      5: 'Connection Rejected',
      6: 'Other Configuration Change',
      7: 'Connection Collision Resolution',
      8: 'Out of Resources',
      9: 'Hard Reset',
      10: 'BFD Down',
    },
  },
  7: { name: 'ROUTE-REFRESH Message Error', sub: { 1: 'Invalid Message Length' } },
  8: { name: 'Send Hold Timer Expired', sub: {} },
};

export const OPEN_ERROR = 2;
export const UNSUPPORTED_PARAMETER = 4;
export const UNSUPPORTED_CAPABILITY = 7;
export const CEASE = 6;
export const MAXIMUM_PREFIXES = 1;
export const ADMINISTRATIVE_SHUTDOWN = 2;
export const PEER_DECONFIGURED = 3;
export const ADMINISTRATIVE_RESET = 4;
export const CONNECTION_REJECTED = 5;
export const COLLISION_RESOLUTION = 7;
export const HARD_RESET = 9;

/** Longest shutdown communication, octets of UTF-8 (RFC 9003 section 2). */
const MAX_COMMUNICATION = 255;

/** The capabilities that an Unsupported Capability names (RFC 5492 section 5); none where it is another, or names none. */
export function unsupportedCapabilities({ code, subcode, data }: SessionError): readonly Capability[] {
  return code === OPEN_ERROR && subcode === UNSUPPORTED_CAPABILITY ? (decodeCapabilities(new Cursor(data)) ?? []) : [];
}

/** So many capabilities are named; more are no list of what one misses. */
const MOST_NAMED = 32;

/** A whole NOTIFICATION message (RFC 4271 section 4.5). */
export function encodeNotification(error: SessionError): Uint8Array {
  const body = new Uint8Array(2 + error.data.length);
  body[0] = error.code;
  body[1] = error.subcode;
  body.set(error.data, 2);
  return encodeMessage(NOTIFICATION, body);
}

/**
 * Reads the body of a NOTIFICATION (at least 2 octets, as the header check has seen to). Unknown codes stay numbers.
 * The data is copied.
 */
export function decodeNotification(buffer: Uint8Array, start: number, end: number): SessionError {
  return {
    code: buffer[start] ?? 0,
    subcode: buffer[start + 1] ?? 0,
    data: new Uint8Array(buffer.subarray(start + 2, end)),
  };
}

/** Administrative Shutdown or Reset with words for the peer's operator, cut at 255 octets of UTF-8 (RFC 9003). */
export function ceaseWith(subcode: number, communication: string): SessionError {
  let characters = [...communication].slice(0, MAX_COMMUNICATION);
  let bytes = new TextEncoder().encode(characters.join(''));
  while (bytes.length > MAX_COMMUNICATION) {
    characters = characters.slice(0, -1);
    bytes = new TextEncoder().encode(characters.join(''));
  }
  const data = new Uint8Array(bytes.length === 0 ? 0 : 1 + bytes.length);
  if (bytes.length > 0) {
    data[0] = bytes.length;
    data.set(bytes, 1);
  }
  return { code: CEASE, subcode, data };
}

/**
 * The shutdown communication of RFC 9003 section 2: the words, or null when there are none, or when the length octet
 * overruns or the octets are no UTF-8 (the caller then shows hex, section 4). Control characters become spaces.
 */
export function shutdownCommunication(error: SessionError): string | null {
  const carries =
    error.code === CEASE && (error.subcode === ADMINISTRATIVE_SHUTDOWN || error.subcode === ADMINISTRATIVE_RESET);
  const length = error.data[0] ?? 0;
  if (!carries || length === 0 || length > error.data.length - 1) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(error.data.subarray(1, 1 + length));
    return text.replace(/\p{Cc}/gu, ' ');
  } catch {
    return null;
  }
}

/** What is wrong with the shutdown communication that a NOTIFICATION carries (RFC 9003 section 4), in words; null when nothing is. */
export function communicationFault(error: SessionError): string | null {
  const { code, subcode, data } = error;
  const carries = code === CEASE && (subcode === ADMINISTRATIVE_SHUTDOWN || subcode === ADMINISTRATIVE_RESET);
  const length = data[0] ?? 0;
  if (!carries || length === 0) return null;
  if (length > data.length - 1) return `shutdown communication of ${length} octets, ${data.length - 1} are there`;
  return shutdownCommunication(error) === null ? 'the shutdown communication is no UTF-8' : null;
}

/** The family and the bound that a Maximum Number of Prefixes Reached may name (RFC 4486 section 4); null when it names none. */
function prefixBound({ code, subcode, data }: SessionError): (Family & { readonly most: number }) | null {
  if (code !== CEASE || subcode !== MAXIMUM_PREFIXES || data.length !== 7) return null;
  const c = new Cursor(data);
  return { afi: c.u16(), safi: c.u8(), most: c.u32() };
}

/** The NOTIFICATION that a Hard Reset carries (RFC 8538 section 3.1); null when this is none, or carries none. */
export function hardResetReason({ code, subcode, data }: SessionError): SessionError | null {
  if (code !== CEASE || subcode !== HARD_RESET || data.length < 2) return null;
  return { code: data[0]!, subcode: data[1]!, data: data.subarray(2) };
}

/**
 * `Cease/Administrative Shutdown "maintenance"`, behind `Cease/Hard Reset: ` where one carries it; data that is no text in hex;
 * the capabilities that the sender misses by their names; unknown codes as numbers.
 */
export function formatNotification(error: SessionError): string {
  const carried = hardResetReason(error);
  return carried === null ? format(error) : `Cease/Hard Reset: ${format(carried)}`;
}

function format(error: SessionError): string {
  const known = NAMES[error.code];
  const name = known?.name ?? `code ${error.code}`;
  const sub = known?.sub[error.subcode] ?? (error.subcode === 0 ? '' : `subcode ${error.subcode}`);
  const title = sub === '' ? name : `${name}/${sub}`;
  const words = shutdownCommunication(error);
  if (words !== null) return `${title} "${words}"`;
  if (error.what !== undefined) return `${title}: ${error.what}`;
  const missing = unsupportedCapabilities(error);
  if (missing.length > 0 && missing.length <= MOST_NAMED)
    return `${title}: ${missing.map(formatCapability).join(', ')}`;
  const bound = prefixBound(error);
  if (bound !== null) return `${title}: ${formatFamily(bound)}, at most ${bound.most}`;
  return error.data.length === 0 ? title : `${title}, data ${Buffer.from(error.data).toString('hex')}`;
}
