/** The fields of a line of `bgpdump -m` that come from the path attributes: AS path to aggregator. */
import { AS_TRANS } from '../bgp/as-path.ts';
import {
  AGGREGATOR,
  AS_PATH,
  AS4_AGGREGATOR,
  AS4_PATH,
  ATOMIC_AGGREGATE,
  type AttributePlaces,
  COMMUNITIES,
  LOCAL_PREF,
  MULTI_EXIT_DISC,
  NEXT_HOP,
  ORIGIN,
} from './attribute-places.ts';
import { MOST_TEXT, mergePathOctets, writePath } from './path-text.ts';
import { ascii, writeIPv4, writeIPv6, writeNumber, writeText } from './text-octets.ts';

const BAR = 0x7c;
const COLON = 0x3a;
const SPACE = 0x20;
const MINUS = 0x2d;
const ZERO = 0x30;
const LF = 0x0a;
const ORIGINS = [ascii('|IGP|'), ascii('|EGP|'), ascii('|INCOMPLETE|')] as const;
const AGGREGATED = ascii('AG|');
const NOT_AGGREGATED = ascii('NAG|');
const NO_NEXT_HOP = Uint8Array.of(255, 255, 255, 255);
/** The three communities that bgpdump names. */
const NO_EXPORT = 0xffffff01;
const WELL_KNOWN = [ascii('no-export'), ascii('no-advertise'), ascii('local-AS')] as const;
/** The list of communities is cut at this many characters. */
const LONGEST_COMMUNITIES = 8190;

/** Room that suffices for the attributes of a list of so many octets: no list's text but a path's is four times as long. */
export const attributeTextRoom = (octets: number) => 512 + MOST_TEXT + 4 * octets;

/** A number of 4 octets; what the value lacks of them is taken as zeros. */
export function paddedU32(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) value = value * 256 + (i < end ? bytes[i]! : 0);
  return value;
}

/** What of a line depends on more than the attributes. */
export interface LineStyle {
  /** AS numbers in AS_PATH and AGGREGATOR take 4 octets; else AS4_PATH and AS4_AGGREGATOR are merged in. */
  readonly as4: boolean;
  /** Type BGP: no bar stands before the communities. */
  readonly old: boolean;
}

/** Where a next hop stands; an empty place stands for NEXT_HOP. */
export interface NextHopPlace {
  readonly start: number;
  readonly octets: number;
  /** From MP_REACH_NLRI for IPv4: LOCAL_PREF and MED are then printed as signed numbers. */
  readonly signed: boolean;
}

function writeAsPath(out: DataView, at: number, bytes: Uint8Array, places: AttributePlaces, as4: boolean): number {
  const start = places.starts[AS_PATH]!;
  if (start < 0) return at;
  const end = places.ends[AS_PATH]!;
  const start4 = places.starts[AS4_PATH]!;
  if (!as4 && start4 >= 0 && !hasStaleAs4(bytes, places)) {
    const merged = mergePathOctets({ bytes, start, end }, { bytes, start: start4, end: places.ends[AS4_PATH]! });
    if (merged !== null) return writePath(out, at, merged, 0, merged.length, 4);
  }
  return writePath(out, at, bytes, start, end, as4 ? 4 : 2);
}

/** An AGGREGATOR other than AS_TRANS beside an AS4_AGGREGATOR: both AS4 attributes are stale (RFC 6793 section 4.2.3). */
function hasStaleAs4(bytes: Uint8Array, { starts }: AttributePlaces): boolean {
  const at = starts[AGGREGATOR]!;
  return at >= 0 && starts[AS4_AGGREGATOR]! >= 0 && ((bytes[at]! << 8) | bytes[at + 1]!) !== AS_TRANS;
}

function writeAggregator(out: DataView, at: number, bytes: Uint8Array, places: AttributePlaces, as4: boolean): number {
  let code = AGGREGATOR;
  let width = as4 ? 4 : 2;
  if (places.starts[code]! < 0) return at;
  if (!as4 && places.starts[AS4_AGGREGATOR]! >= 0 && !hasStaleAs4(bytes, places)) {
    code = AS4_AGGREGATOR;
    width = 4;
  }
  const start = places.starts[code]!;
  const end = places.ends[code]!;
  const address = paddedU32(bytes, start + width, end);
  if (address === 0xffffffff) return at;
  const as = width === 4 ? paddedU32(bytes, start, end) : paddedU32(bytes, start, end) >>> 16;
  const next = writeNumber(out, at, as);
  out.setUint8(next, SPACE);
  return writeIPv4(out, next + 1, Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address), 0);
}

function writeCommunities(out: DataView, at: number, bytes: Uint8Array, start: number, end: number): number {
  let next = at;
  for (let i = start; i + 4 <= end; i += 4) {
    if (i > start) out.setUint8(next++, SPACE);
    const high = (bytes[i]! << 8) | bytes[i + 1]!;
    const low = (bytes[i + 2]! << 8) | bytes[i + 3]!;
    const named = high === 0xffff ? WELL_KNOWN[high * 65536 + low - NO_EXPORT] : undefined;
    if (named !== undefined) next = writeText(out, next, named);
    else {
      next = writeNumber(out, next, high);
      out.setUint8(next, COLON);
      next = writeNumber(out, next + 1, low);
    }
  }
  return Math.min(next, at + LONGEST_COMMUNITIES);
}

function writeMetric(
  out: DataView,
  at: number,
  bytes: Uint8Array,
  { starts, ends }: AttributePlaces,
  code: number,
  signed: boolean,
): number {
  const start = starts[code]!;
  if (start < 0) {
    out.setUint8(at, ZERO);
    out.setUint8(at + 1, BAR);
    return at + 2;
  }
  let value = paddedU32(bytes, start, ends[code]!);
  let next = at;
  if (signed && value > 0x7fffffff) {
    out.setUint8(next++, MINUS);
    value = 2 ** 32 - value;
  }
  next = writeNumber(out, next, value);
  out.setUint8(next, BAR);
  return next + 1;
}

function writeNextHop(
  out: DataView,
  at: number,
  bytes: Uint8Array,
  { starts, ends }: AttributePlaces,
  hop: NextHopPlace,
): number {
  if (hop.octets >= 16) return writeIPv6(out, at, bytes, hop.start);
  if (hop.octets === 4) return writeIPv4(out, at, bytes, hop.start);
  const start = starts[NEXT_HOP]!;
  if (start < 0) return writeIPv4(out, at, NO_NEXT_HOP, 0);
  if (ends[NEXT_HOP]! - start >= 4) return writeIPv4(out, at, bytes, start);
  const padded = paddedU32(bytes, start, ends[NEXT_HOP]!);
  return writeIPv4(out, at, Uint8Array.of(padded >>> 24, padded >>> 16, padded >>> 8, padded), 0);
}

/** Writes from the AS path to the end of the line; `attributeTextRoom` says how much room that takes at most. */
export function writeAttributes(
  out: DataView,
  at: number,
  bytes: Uint8Array,
  places: AttributePlaces,
  hop: NextHopPlace,
  { as4, old }: LineStyle,
): number {
  const { starts, ends } = places;
  let next = writeAsPath(out, at, bytes, places, as4);
  const origin = starts[ORIGIN]! < 0 || ends[ORIGIN] === starts[ORIGIN] ? 2 : bytes[starts[ORIGIN]!]!;
  next = writeText(out, next, ORIGINS[origin] ?? ORIGINS[2]);
  next = writeNextHop(out, next, bytes, places, hop);
  out.setUint8(next, BAR);
  next = writeMetric(out, next + 1, bytes, places, LOCAL_PREF, hop.signed);
  next = writeMetric(out, next, bytes, places, MULTI_EXIT_DISC, hop.signed);
  if (starts[COMMUNITIES]! >= 0) {
    if (old) next--;
    next = writeCommunities(out, next, bytes, starts[COMMUNITIES]!, ends[COMMUNITIES]!);
    out.setUint8(next++, BAR);
  } else if (!old) out.setUint8(next++, BAR);
  next = writeText(out, next, starts[ATOMIC_AGGREGATE]! >= 0 ? AGGREGATED : NOT_AGGREGATED);
  next = writeAggregator(out, next, bytes, places, as4);
  out.setUint8(next, BAR);
  out.setUint8(next + 1, LF);
  return next + 2;
}
