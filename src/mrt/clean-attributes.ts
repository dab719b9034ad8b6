/**
 * The attributes of nearly all routes of a dump as JSON, straight from their octets: eight attributes, each right and there
 * once. Of every other list null is the answer, and `attributesOf` (element-attributes.ts) says what it holds; of these both
 * say the same, which a property of the tests holds.
 */
import { AS_CONFED_SET, AS_SEQUENCE, AS_SET } from '../bgp/as-path.ts';
import { EXTENDED_LENGTH, OPTIONAL, TRANSITIVE } from '../bgp/attribute-table.ts';
import { formatCommunity } from '../net/community.ts';
import {
  AGGREGATOR,
  AS_PATH,
  ATOMIC_AGGREGATE,
  COMMUNITIES,
  LOCAL_PREF,
  MP_REACH_NLRI,
  MP_UNREACH_NLRI,
  MULTI_EXIT_DISC,
  NEXT_HOP,
  ORIGIN,
} from './attribute-places.ts';

const ORIGINS = [',"originCode":"IGP"', ',"originCode":"EGP"', ',"originCode":"incomplete"'] as const;
/** OPTIONAL and TRANSITIVE as they must be, by code (RFC 4271 section 5, RFC 1997). */
const FLAGS = [0, 0x40, 0x40, 0x40, 0x80, 0x40, 0x40, 0xc0, 0xc0] as const;

const u16 = (bytes: Uint8Array, at: number) => (bytes[at]! << 8) | bytes[at + 1]!;
const u32 = (bytes: Uint8Array, at: number) => u16(bytes, at) * 65536 + u16(bytes, at + 2);
const ipv4 = (bytes: Uint8Array, at: number) => `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;

/** The ASes of a path, a set in brackets; null when it has a fault. */
function pathText(bytes: Uint8Array, start: number, end: number, width: 2 | 4): string | null {
  let text = '';
  for (let at = start; at < end; ) {
    const type = bytes[at]!;
    const next = at + 2 + width * bytes[at + 1]!;
    if (type < AS_SET || type > AS_CONFED_SET || at + 2 > end || bytes[at + 1] === 0 || next > end) return null;
    let ases = '';
    for (at += 2; at < next; at += width) {
      const as = width === 4 ? u32(bytes, at) : u16(bytes, at);
      if (as === 0) return null;
      ases += ases === '' ? as : `,${as}`;
    }
    if (type > AS_SEQUENCE) continue;
    if (text !== '') text += ',';
    text += type === AS_SET ? `[${ases}]` : ases;
  }
  return text;
}

function communitiesText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += 4) text += `${text === '' ? '' : ','}"${formatCommunity(u32(bytes, at))}"`;
  return text;
}

/** One attribute as a field, a comma before it; null when it has a fault. */
function fieldOf(bytes: Uint8Array, code: number, start: number, end: number, as4: boolean): string | null {
  const length = end - start;
  switch (code) {
    case ORIGIN:
      return length === 1 ? (ORIGINS[bytes[start]!] ?? null) : null;
    case AS_PATH: {
      const path = pathText(bytes, start, end, as4 ? 4 : 2);
      return path === null ? null : `,"path":[${path}]`;
    }
    case NEXT_HOP:
      return length === 4 ? `,"nextHop":"${ipv4(bytes, start)}"` : null;
    case MULTI_EXIT_DISC:
      return length === 4 ? `,"med":${u32(bytes, start)}` : null;
    case LOCAL_PREF:
      return length === 4 ? `,"localPref":${u32(bytes, start)}` : null;
    case ATOMIC_AGGREGATE:
      return length === 0 ? ',"atomicAggregate":true' : null;
    case AGGREGATOR: {
      const as = as4 ? u32(bytes, start) : u16(bytes, start);
      if (length !== (as4 ? 8 : 6) || as === 0) return null;
      return `,"aggregator":{"as":${as},"address":"${ipv4(bytes, end - 4)}"}`;
    }
    default:
      return length > 0 && length % 4 === 0 ? `,"communities":[${communitiesText(bytes, start, end)}]` : null;
  }
}

/**
 * The attributes at `start` to `end` as the fields of an object, each with a comma before it: path first, then by code. What
 * belongs to MP_REACH_NLRI and MP_UNREACH_NLRI is not among them. Null when anything is rare or wrong.
 */
export function cleanAttributes(bytes: Uint8Array, start: number, end: number, as4: boolean): string | null {
  let path = '';
  let rest = '';
  let last = 0;
  for (let at = start; at < end; ) {
    const flags = bytes[at]!;
    const code = bytes[at + 1]!;
    const value = at + ((flags & EXTENDED_LENGTH) === 0 ? 3 : 4);
    const next = value + ((flags & EXTENDED_LENGTH) === 0 ? bytes[at + 2]! : u16(bytes, at + 2));
    if (value > end || next > end) return null;
    at = next;
    if (code === MP_REACH_NLRI || code === MP_UNREACH_NLRI) continue;
    // In the order of the codes, which nearly all keep to, none can be there twice.
    if (code <= last || code > COMMUNITIES || (flags & (OPTIONAL | TRANSITIVE)) !== FLAGS[code]) return null;
    last = code;
    const field = fieldOf(bytes, code, value, next, as4);
    if (field === null) return null;
    if (code === AS_PATH) path = field;
    else rest += field;
  }
  return path + rest;
}
