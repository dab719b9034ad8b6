/**
 * The PDUs of the RPKI to Router protocol: RFC 6810 (version 0), RFC 8210 (version 1) and draft-ietf-sidrops-8210bis-25
 * (version 2), decoder beside encoder. Section numbers are those of RFC 8210 where nothing else is said.
 */
import type { Afi } from '../../net/address.ts';
import { Cursor } from '../../net/cursor.ts';
import { MAX_PROVIDERS } from './aspa.ts';

export type RtrVersion = 0 | 1 | 2;
export const NEWEST_VERSION: RtrVersion = 2;

/** Octets of version, type, a field of the type's own, and length (section 5.1). */
export const HEADER = 8;
/** Longest PDU that is read. The RFCs set no bound; an ASPA with all the providers that are taken is below. */
export const MAX_PDU = 65_536;
/** Octets of a faulty PDU that an Error Report sends back: enough to find it. */
const MAX_ENCLOSED = 256;

/** PDU types (section 5.15 with 8210bis section 5.12). */
export const SERIAL_NOTIFY = 0;
export const SERIAL_QUERY = 1;
export const RESET_QUERY = 2;
export const CACHE_RESPONSE = 3;
export const IPV4_PREFIX = 4;
export const IPV6_PREFIX = 6;
export const END_OF_DATA = 7;
export const CACHE_RESET = 8;
export const ROUTER_KEY = 9;
export const ERROR_REPORT = 10;
export const ASPA = 11;

/** Octets of a prefix PDU (sections 5.6 and 5.7). */
export const IPV4_PREFIX_LENGTH = 20;
export const IPV6_PREFIX_LENGTH = 32;

/** Error codes (section 12 with 8210bis), by their names; the number is the place. */
export const ERRORS = [
  'Corrupt Data',
  'Internal Error',
  'No Data Available',
  'Invalid Request',
  'Unsupported Protocol Version',
  'Unsupported PDU Type',
  'Withdrawal of Unknown Record',
  'Duplicate Announcement Received',
  'Unexpected Protocol Version',
  'ASPA Provider List Error',
  'Transport Failed',
  'Ordering Error',
] as const;
export const CORRUPT_DATA = 0;
export const NO_DATA_AVAILABLE = 2;
export const UNSUPPORTED_VERSION = 4;
export const UNSUPPORTED_TYPE = 5;
export const WITHDRAWAL_OF_UNKNOWN = 6;
export const DUPLICATE_ANNOUNCEMENT = 7;
export const UNEXPECTED_VERSION = 8;
export const PROVIDER_LIST_ERROR = 9;

/** `No Data Available (2)`. */
export const errorName = (code: number): string => `${ERRORS[code] ?? 'error'} (${code})`;

/** Seconds (section 6). */
export interface Intervals {
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
}

type Body =
  | { readonly type: 'serial-notify'; readonly session: number; readonly serial: number }
  | { readonly type: 'serial-query'; readonly session: number; readonly serial: number }
  | { readonly type: 'reset-query' | 'cache-reset' }
  | { readonly type: 'cache-response'; readonly session: number }
  | {
      readonly type: 'prefix';
      readonly announce: boolean;
      readonly afi: Afi;
      /** Signed, most significant first; IPv4 stands in the first. */
      readonly words: readonly [number, number, number, number];
      readonly length: number;
      readonly maxLength: number;
      readonly asn: number;
    }
  | {
      readonly type: 'end-of-data';
      readonly session: number;
      readonly serial: number;
      /** Null in version 0, which has none. */
      readonly intervals: Intervals | null;
    }
  | {
      readonly type: 'router-key';
      readonly announce: boolean;
      readonly ski: Uint8Array;
      readonly asn: number;
      readonly key: Uint8Array;
    }
  | {
      readonly type: 'aspa';
      readonly announce: boolean;
      readonly customer: number;
      readonly providers: readonly number[];
      /** The address family, in the form of 8210bis up to -10, which Debian's StayRTR speaks; null in today's. */
      readonly afi: Afi | null;
    }
  | {
      readonly type: 'error-report';
      readonly code: number;
      /** The PDU that it is about, or the beginning of it. */
      readonly enclosed: Uint8Array;
      readonly text: string;
    };

export type RtrPdu = Body & { readonly version: RtrVersion };

/** What is wrong with a PDU: the code to report it by, where in the PDU, and in words. */
export interface RtrFault {
  readonly code: number;
  readonly offset: number;
  readonly reason: string;
}

export type RtrReading =
  | { readonly how: 'pdu'; readonly pdu: RtrPdu; readonly size: number }
  /** `size` octets are needed: those of the header, or of the PDU. */
  | { readonly how: 'more'; readonly size: number }
  | { readonly how: 'fault'; readonly fault: RtrFault };

const fault = (code: number, offset: number, reason: string): RtrReading => ({
  how: 'fault',
  fault: { code, offset, reason },
});

const utf8 = new TextDecoder('utf-8');

/** Octets that a PDU of the type has: exactly, or at least. Null: no such type in this version. */
function sizeOf(type: number, version: RtrVersion): { readonly least: number; readonly exact: boolean } | null {
  switch (type) {
    case SERIAL_NOTIFY:
    case SERIAL_QUERY:
      return { least: 12, exact: true };
    case RESET_QUERY:
    case CACHE_RESPONSE:
    case CACHE_RESET:
      return { least: HEADER, exact: true };
    case IPV4_PREFIX:
      return { least: IPV4_PREFIX_LENGTH, exact: true };
    case IPV6_PREFIX:
      return { least: IPV6_PREFIX_LENGTH, exact: true };
    case END_OF_DATA:
      return { least: version === 0 ? 12 : 24, exact: true };
    case ROUTER_KEY:
      return version === 0 ? null : { least: 32, exact: false };
    case ASPA:
      return version < 2 ? null : { least: 12, exact: false };
    case ERROR_REPORT:
      return { least: 16, exact: false };
    default:
      return null;
  }
}

/** Reads the PDU that begins at `offset`; nothing at or behind `end` is looked at. Octet strings are copied. */
export function readPdu(bytes: Uint8Array, offset = 0, end: number = bytes.length): RtrReading {
  if (end - offset < HEADER) return { how: 'more', size: HEADER };
  const cursor = new Cursor(bytes, offset, end);
  const version = cursor.u8();
  const type = cursor.u8();
  const field = cursor.u16();
  const size = cursor.u32();
  if (version > NEWEST_VERSION) return fault(UNSUPPORTED_VERSION, 0, `version ${version}`);
  const expected = sizeOf(type, version as RtrVersion);
  if (expected === null) return fault(UNSUPPORTED_TYPE, 1, `PDU type ${type} in version ${version}`);
  if (expected.exact ? size !== expected.least : size < expected.least || size > MAX_PDU)
    return fault(CORRUPT_DATA, 4, `PDU type ${type} of ${size} octets`);
  if (end - offset < size) return { how: 'more', size };
  const body = readBody(new Cursor(bytes, offset + HEADER, offset + size), type, version as RtrVersion, field);
  if ('code' in body && !('type' in body)) return { how: 'fault', fault: body };
  return { how: 'pdu', pdu: { ...body, version: version as RtrVersion }, size };
}

function readBody(cursor: Cursor, type: number, version: RtrVersion, field: number): Body | RtrFault {
  switch (type) {
    case SERIAL_NOTIFY:
      return { type: 'serial-notify', session: field, serial: cursor.u32() };
    case SERIAL_QUERY:
      return { type: 'serial-query', session: field, serial: cursor.u32() };
    case RESET_QUERY:
      return { type: 'reset-query' };
    case CACHE_RESPONSE:
      return { type: 'cache-response', session: field };
    case CACHE_RESET:
      return { type: 'cache-reset' };
    case END_OF_DATA: {
      const serial = cursor.u32();
      const intervals = version === 0 ? null : { refresh: cursor.u32(), retry: cursor.u32(), expire: cursor.u32() };
      return { type: 'end-of-data', session: field, serial, intervals };
    }
    case ROUTER_KEY: {
      // Section 5.10: the Subject Key Identifier has 20 octets, the key the rest of the PDU.
      const ski = cursor.view(20).slice();
      const asn = cursor.u32();
      return { type: 'router-key', announce: (field & 0x100) !== 0, ski, asn, key: cursor.view(cursor.left).slice() };
    }
    case ASPA:
      return readAspa(cursor, field);
    case ERROR_REPORT:
      return readErrorReport(cursor, field);
    default:
      return readPrefix(cursor, type === IPV4_PREFIX ? 1 : 2);
  }
}

/** Sections 5.6 and 5.7. */
function readPrefix(cursor: Cursor, afi: Afi): Body | RtrFault {
  const announce = (cursor.u8() & 1) !== 0;
  const length = cursor.u8();
  const maxLength = cursor.u8();
  cursor.u8();
  const w0 = cursor.u32() | 0;
  const words =
    afi === 1 ? ([w0, 0, 0, 0] as const) : ([w0, cursor.u32() | 0, cursor.u32() | 0, cursor.u32() | 0] as const);
  const reason = prefixFault(afi, ...words, length, maxLength);
  if (reason !== null) return { code: CORRUPT_DATA, offset: HEADER + 1, reason };
  return { type: 'prefix', announce, afi, words, length, maxLength, asn: cursor.u32() };
}

/** What is wrong with the prefix of a PDU, in words; null when it is sound. */
export function prefixFault(
  afi: Afi,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
  maxLength: number,
): string | null {
  const bits = afi === 1 ? 32 : 128;
  if (length > maxLength || maxLength > bits) return `prefix length ${length} with maximum length ${maxLength}`;
  if (afi === 1) return (w0 & hostBits(length)) === 0 ? null : `host bits in a prefix of length ${length}`;
  const host =
    (w0 & hostBits(length)) |
    (w1 & hostBits(length - 32)) |
    (w2 & hostBits(length - 64)) |
    (w3 & hostBits(length - 96));
  return host === 0 ? null : `host bits in a prefix of length ${length}`;
}

/** The bits of a word that a prefix which has `length` bits from its beginning on does not use. */
const hostBits = (length: number): number => (length <= 0 ? -1 : length >= 32 ? 0 : -1 >>> length);

/**
 * 8210bis-25 section 5.12: the flags stand in the header, the providers fill the PDU; an announcement has one at least, a
 * withdrawal none. Up to -10 the flags stood in the body with the address family and a count: there the header has zeros
 * and the length tells it from a withdrawal.
 */
function readAspa(cursor: Cursor, field: number): Body | RtrFault {
  const refuse = (reason: string): RtrFault => ({ code: PROVIDER_LIST_ERROR, offset: HEADER, reason });
  let announce = (field & 0x100) !== 0;
  let afi: Afi | null = null;
  if (!announce && cursor.left > 4) {
    announce = (cursor.u8() & 1) !== 0;
    afi = (cursor.u8() & 1) === 0 ? 1 : 2;
    const count = cursor.u16();
    if (cursor.left !== 4 + count * 4) return refuse(`${cursor.left} octets for ${count} providers`);
  }
  const customer = cursor.u32();
  if (cursor.left % 4 !== 0) return refuse(`${cursor.left} octets of providers`);
  const count = cursor.left / 4;
  if (announce && count === 0) return refuse('no provider is announced');
  if (count > MAX_PROVIDERS) return refuse(`${count} providers, at most ${MAX_PROVIDERS} are taken`);
  const providers = Array.from({ length: count }, () => cursor.u32());
  return { type: 'aspa', announce, customer, providers, afi };
}

/** Section 5.11. */
function readErrorReport(cursor: Cursor, code: number): Body | RtrFault {
  const enclosed = cursor.view(cursor.u32()).slice();
  const text = utf8.decode(cursor.view(cursor.u32()));
  if (cursor.failed || cursor.left > 0)
    return { code: CORRUPT_DATA, offset: HEADER, reason: 'lengths of an Error Report that do not fit it' };
  return { type: 'error-report', code, enclosed, text };
}

/** The octets of a PDU; what stands in it is believed to be in its bounds. An enclosed PDU is cut to the beginning. */
export function writePdu(pdu: RtrPdu): Uint8Array {
  const { version } = pdu;
  switch (pdu.type) {
    case 'serial-notify':
      return frame(version, SERIAL_NOTIFY, pdu.session, words(pdu.serial));
    case 'serial-query':
      return frame(version, SERIAL_QUERY, pdu.session, words(pdu.serial));
    case 'reset-query':
      return frame(version, RESET_QUERY, 0);
    case 'cache-reset':
      return frame(version, CACHE_RESET, 0);
    case 'cache-response':
      return frame(version, CACHE_RESPONSE, pdu.session);
    case 'prefix': {
      const head = Uint8Array.of(Number(pdu.announce), pdu.length, pdu.maxLength, 0);
      const address = words(...(pdu.afi === 1 ? pdu.words.slice(0, 1) : pdu.words));
      return frame(version, pdu.afi === 1 ? IPV4_PREFIX : IPV6_PREFIX, 0, head, address, words(pdu.asn));
    }
    case 'end-of-data': {
      const times = pdu.intervals === null ? [] : [pdu.intervals.refresh, pdu.intervals.retry, pdu.intervals.expire];
      return frame(version, END_OF_DATA, pdu.session, words(pdu.serial, ...times));
    }
    case 'router-key':
      return frame(version, ROUTER_KEY, Number(pdu.announce) << 8, pdu.ski, words(pdu.asn), pdu.key);
    case 'aspa': {
      const body = words(pdu.customer, ...pdu.providers);
      if (pdu.afi === null) return frame(version, ASPA, Number(pdu.announce) << 8, body);
      const { length } = pdu.providers;
      return frame(version, ASPA, 0, Uint8Array.of(Number(pdu.announce), pdu.afi - 1, length >> 8, length), body);
    }
    case 'error-report': {
      const enclosed = pdu.enclosed.subarray(0, MAX_ENCLOSED);
      const text = new TextEncoder().encode(pdu.text);
      return frame(version, ERROR_REPORT, pdu.code, words(enclosed.length), enclosed, words(text.length), text);
    }
  }
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value);
  return bytes;
}

function frame(version: RtrVersion, type: number, field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, HEADER);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint8(1, type);
  view.setUint16(2, field);
  view.setUint32(4, size);
  let at = HEADER;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
