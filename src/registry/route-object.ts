import { parseAsn } from '../bgp/as-path.ts';
import type { Afi } from '../net/address.ts';
import { covers, type Prefix, parsePrefix } from '../net/prefix.ts';
import { addAddresses, addKeiro } from './keiro.ts';
import type { RouteObject } from './objects.ts';
import { listOf, quote, type RpslObject, type RpslProblem } from './rpsl.ts';

/** A route object, or why it is none, with the line that spoils it. */
export type RouteReading =
  | {
      readonly ok: true;
      readonly object: RouteObject;
      /** X-Keiro and notify values that are no safe address, holes that are none, and what is too many. */
      readonly refused: readonly RpslProblem[];
    }
  | { readonly ok: false; readonly problem: RpslProblem };

/**
 * Reads a route (RFC 2622 section 4) or route6 object (RFC 4012 section 3). `source` is the configured name of the IRR.
 * Attributes that are not known are ignored.
 */
export function readRouteObject(rpsl: RpslObject, source: string): RouteReading {
  const bad = (line: number, why: string): RouteReading => ({ ok: false, problem: { line, why } });
  const key = rpsl.attributes[0];
  if (key === undefined || key.name !== rpsl.class) return bad(rpsl.line, 'object without its class attribute');
  const prefix = parseRpslPrefix(key.value.trim(), rpsl.class === 'route6' ? 2 : 1);
  if (typeof prefix === 'string') return bad(key.line, `${rpsl.class}: ${prefix}`);

  let origin = -1;
  const mntBy: string[] = [];
  const holes: Prefix[] = [];
  const memberOf: string[] = [];
  const keiro: string[] = [];
  const notify: string[] = [];
  const descr: string[] = [];
  const refused: RpslProblem[] = [];
  for (const attribute of rpsl.attributes) {
    const { name, value, line } = attribute;
    if (name === 'origin') {
      if (origin >= 0) return bad(line, 'origin: given twice');
      origin = parseAsNumber(value.trim());
      if (origin < 0) return bad(line, `origin: ${quote(value)} is no AS number (AS64496, AS1.10)`);
    } else if (name === 'mnt-by') mntBy.push(...listOf(value));
    else if (name === 'member-of') memberOf.push(...listOf(value.toUpperCase()));
    else if (name === 'holes') addHoles(holes, value, prefix, line, refused);
    else if (name === 'notify') addAddresses(notify, value, name, line, refused);
    else {
      if (name === 'descr') descr.push(value);
      addKeiro(keiro, attribute, refused);
    }
  }
  if (origin < 0) return bad(rpsl.line, `${rpsl.class} object without origin`);
  const words = { descr: descr.join('\n'), text: rpsl.text };
  const object = { source, prefix, origin, mntBy, holes, memberOf: [...new Set(memberOf)], keiro, notify, ...words };
  return { ok: true, object, refused };
}

/** Holes of one object; what is beyond is refused. */
const MAX_HOLES = 256;

/** Holes lie inside the object's prefix; one that does not takes nothing away. */
function addHoles(to: Prefix[], value: string, within: Prefix, line: number, refused: RpslProblem[]): void {
  for (const word of listOf(value)) {
    const hole = parseRpslPrefix(word, within.afi);
    if (typeof hole === 'string') refused.push({ line, why: `holes: ${hole}` });
    else if (!covers(within, hole) || hole.length === within.length)
      refused.push({ line, why: `holes: ${quote(word)} is not inside of the object's prefix` });
    else if (to.length >= MAX_HOLES) {
      refused.push({ line, why: `holes: more than ${MAX_HOLES}, the rest is refused` });
      return;
    } else to.push(hole);
  }
}

/**
 * A prefix as registries write it: IPv4 octets may be padded with zeros and are decimal all the same (`192.0.02.0`).
 * Returns what is wrong, in words, when it is none of the family, has host bits, or is the default route, which nobody
 * can register.
 */
export function parseRpslPrefix(text: string, afi: Afi): Prefix | string {
  const slash = text.indexOf('/');
  if (slash < 0) return `${quote(text)} has no prefix length`;
  const prefix = afi === 1 ? parsePaddedIPv4(text, slash) : parsePrefix(text);
  if (prefix === null) return `${quote(text)} is no prefix, or has bits set behind its length`;
  if (prefix.afi !== afi) return `${quote(text)} is not of the class's address family`;
  if (prefix.length === 0) return `${quote(text)} is the default route: refused`;
  return prefix;
}

/** By hand, not by split and pattern: nine in ten objects of a registry pass here. */
function parsePaddedIPv4(text: string, slash: number): Prefix | null {
  const bytes = new Uint8Array(4);
  let octet = 0;
  let value = 0;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) - 0x30 : -1;
    if (c >= 0 && c <= 9 && digits < 3) {
      value = value * 10 + c;
      digits++;
    } else if (digits === 0 || value > 255) return null;
    else if (octet < 4 && (octet === 3 ? i === slash : text[i] === '.')) {
      bytes[octet++] = value;
      value = digits = 0;
    } else if (octet !== 4 || i < text.length || value > 32) return null;
  }
  const word = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
  const host = value === 0 ? -1 : value === 32 ? 0 : -1 >>> value;
  return (word & host) === 0 ? { afi: 1, bytes, length: value } : null;
}

/** `AS64496`, `as64496` or asdot `AS1.10` (RFC 5396) as a number; -1 when it is none. */
export function parseAsNumber(text: string): number {
  // A bare number is none here: RPSL writes the two letters.
  return (text.charCodeAt(0) | 0x20) === 0x61 ? (parseAsn(text) ?? -1) : -1;
}
