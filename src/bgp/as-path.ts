import type { Cursor } from '../net/cursor.ts';

/** Stands in 2-octet fields for an AS number that does not fit (RFC 6793 section 9). */
export const AS_TRANS = 23456;

/** Segment types of AS_PATH: RFC 4271 section 4.3 and, inside a confederation, RFC 5065 section 3. */
export const AS_SET = 1;
export const AS_SEQUENCE = 2;
export const AS_CONFED_SEQUENCE = 3;
export const AS_CONFED_SET = 4;

export interface PathSegment {
  readonly type: number;
  readonly asns: readonly number[];
}

/** An AS_PATH, neighbour first. */
export type AsPath = readonly PathSegment[];

/** True for the segments that a confederation uses inside itself. */
export function isConfederation(segment: PathSegment): boolean {
  return segment.type === AS_CONFED_SEQUENCE || segment.type === AS_CONFED_SET;
}

/** What is said of AS 0, which has a clause of its own (RFC 7607 section 2). */
export const AS_ZERO = 'AS 0';

/**
 * Reads the value of an AS_PATH or AS4_PATH (RFC 4271 section 4.3 b) with AS numbers of `width` octets. The answer is the
 * path, or what is wrong in words; the cursor then stands at the bad segment or AS number. Faults are those of RFC 7606
 * section 7.2 (type, empty segment, overrun, an octet left over) and AS 0 (RFC 7607).
 */
export function decodePath(value: Cursor, width: 2 | 4): PathSegment[] | string {
  const path: PathSegment[] = [];
  while (value.left > 0) {
    const at = value.offset;
    const wrong = (what: string) => {
      value.offset = at;
      return what;
    };
    const type = value.u8();
    const count = value.u8();
    if (value.failed) return wrong('one octet is left after the last segment');
    if (type < AS_SET || type > AS_CONFED_SET) return wrong(`segment type ${type}`);
    if (count === 0) return wrong('empty segment');
    if (count * width > value.left) return wrong(`segment of ${count} ASes overruns the attribute`);
    const asns: number[] = [];
    for (let i = 0; i < count; i++) {
      const as = width === 4 ? value.u32() : value.u16();
      if (as === 0) {
        value.offset -= width;
        return AS_ZERO;
      }
      asns.push(as);
    }
    path.push({ type, asns });
  }
  return path;
}

/** Length as route selection counts it: a set is one, confederation segments nothing (RFC 4271 9.1.2.2, RFC 5065 5.3). */
export function pathLength(path: AsPath): number {
  let length = 0;
  for (const segment of path) {
    if (segment.type === AS_SET) length += 1;
    else if (segment.type === AS_SEQUENCE) length += segment.asns.length;
  }
  return length;
}

/**
 * The exact path, from the AS_PATH of a peer that speaks 2-octet AS numbers and its AS4_PATH (RFC 6793 section 4.2.3): the
 * leading ASes that AS4_PATH lacks are taken from AS_PATH. An AS4_PATH longer than the AS_PATH is ignored.
 */
export function mergePaths(path: AsPath, path4: AsPath): AsPath {
  let missing = pathLength(path) - pathLength(path4);
  if (missing < 0) return path;
  const merged: PathSegment[] = [];
  for (const segment of path) {
    if (isConfederation(segment)) {
      merged.push(segment);
      continue;
    }
    if (missing === 0) break;
    const asns = segment.type === AS_SET ? segment.asns : segment.asns.slice(0, missing);
    missing -= segment.type === AS_SET ? 1 : asns.length;
    merged.push({ type: segment.type, asns });
    // What follows a segment that was cut stands beside nothing that was taken.
    if (asns.length < segment.asns.length) break;
  }
  for (const segment of path4) {
    const last = merged.at(-1);
    // One sequence again where the cut went through a sequence; a segment holds at most 255 ASes.
    if (last?.type === AS_SEQUENCE && segment.type === AS_SEQUENCE && last.asns.length + segment.asns.length <= 255)
      merged[merged.length - 1] = { type: AS_SEQUENCE, asns: [...last.asns, ...segment.asns] };
    else merged.push(segment);
  }
  return merged;
}

/**
 * Origin AS of a route as RFC 6811 section 2 defines it: the rightmost AS of a final AS_SEQUENCE; null (NONE) when the path
 * ends in an AS_SET; `empty` when nothing is left after the confederation segments: the route is of the local AS.
 */
export function originOf(path: AsPath): number | null | 'empty' {
  const last = path.findLast(segment => !isConfederation(segment));
  if (last === undefined) return 'empty';
  return last.type === AS_SET ? null : (last.asns.at(-1) ?? null);
}

/** The path as a list, neighbour first, prepends kept, a set as an array; confederation segments are left out. */
export function flattenPath(path: AsPath): (number | number[])[] {
  const flat: (number | number[])[] = [];
  for (const segment of path) {
    if (segment.type === AS_SEQUENCE) for (const as of segment.asns) flat.push(as);
    else if (segment.type === AS_SET) flat.push([...segment.asns]);
  }
  return flat;
}

/** What `flattenPath` made, as routers show it: neighbour first, a set in braces. */
export function formatFlatPath(path: readonly (number | readonly number[])[]): string {
  return path.map(one => (typeof one === 'number' ? one : `{${one.join(',')}}`)).join(' ');
}

/** `64496 64497 {64500,64501}`; confederation segments as `(65001 65002)` and `[65003,65004]`. */
export function formatPath(path: AsPath): string {
  return path
    .map(({ type, asns }) => {
      if (type === AS_SET) return `{${asns.join(',')}}`;
      if (type === AS_CONFED_SEQUENCE) return `(${asns.join(' ')})`;
      return type === AS_CONFED_SET ? `[${asns.join(',')}]` : asns.join(' ');
    })
    .join(' ');
}

const SEGMENTS: Readonly<Record<string, number>> = { '{': AS_SET, '(': AS_CONFED_SEQUENCE, '[': AS_CONFED_SET };
const PATH_TOKEN = /\{[^}]*\}|\([^)]*\)|\[[^\]]*\]|[{([]|[^\s{([]+/g;

/**
 * Reads a path as `formatPath` writes it, with `AS64496` and asdot for an AS number too. Returns what is wrong, in words,
 * when it is none. AS 0 is refused (RFC 7607).
 */
export function parsePath(text: string): AsPath | string {
  const path: PathSegment[] = [];
  for (const token of text.match(PATH_TOKEN) ?? []) {
    const type = SEGMENTS[token[0]!] ?? AS_SEQUENCE;
    if (type !== AS_SEQUENCE && token.length === 1) return `"${token}" is not closed`;
    const words = type === AS_SEQUENCE ? [token] : token.slice(1, -1).split(/[\s,]+/);
    const asns: number[] = [];
    for (const word of words.filter(one => one !== '')) {
      const as = parseAsn(word);
      if (as === null) return `"${word}" is no AS number`;
      if (as === 0) return AS_ZERO;
      asns.push(as);
    }
    if (asns.length === 0) return `empty segment "${token}"`;
    const last = path.at(-1);
    if (type === AS_SEQUENCE && last?.type === AS_SEQUENCE)
      path[path.length - 1] = { type, asns: [...last.asns, ...asns] };
    else path.push({ type, asns });
  }
  return path;
}

/** `64496`, `AS64496` or asdot `1.10` (RFC 5396); null when it is none. */
export function parseAsn(text: string): number | null {
  const match = /^(?:as)?(\d{1,10})(?:\.(\d{1,5}))?$/i.exec(text);
  if (match === null) return null;
  const [high, low] = [Number(match[1]), match[2] === undefined ? null : Number(match[2])];
  if (low === null) return high <= 0xffffffff ? high : null;
  return high <= 0xffff && low <= 0xffff ? high * 0x10000 + low : null;
}
