/** Attribute sets with a large community that hints at a traceback manager of the routes' origin (net/trace-hint.ts). */
import type { AttributeStore } from './attribute-store.ts';

/** LARGE_COMMUNITY, RFC 8092 section 3. */
const LARGE_COMMUNITY = 32;
/** Attribute sets a slice looks at: some milliseconds. */
const SLICE = 8192;
/** Sets that are told: an AS needs one. */
const MOST = 4096;

export type LargeCommunity = readonly [number, number, number];

/** One walk over the attribute sets, in slices. */
export interface HintWalk {
  /** Looks at some thousands of sets; true when none is left. */
  step(): boolean;
  /** By the id of the set, its communities of that marker whose administrator is the origin. */
  finish(): ReadonlyMap<number, readonly LargeCommunity[]>;
}

export function walkTraceHints(attributes: AttributeStore, marker: number): HintWalk {
  const found = new Map<number, LargeCommunity[]>();
  let next = 0;
  return {
    step() {
      next = attributes.walk(next, SLICE, id => {
        const marked = hintsIn(attributes.read(id).attributes, attributes.originOf(id), marker);
        if (marked.length > 0 && found.size < MOST) found.set(id, marked);
      });
      return next === 0;
    },
    finish: () => found,
  };
}

/** The communities `origin:marker:…` of path attributes that were found to be well-formed; those of any other are not looked at. */
export function hintsIn(bytes: Uint8Array, origin: number, marker: number): LargeCommunity[] {
  const found: LargeCommunity[] = [];
  for (let at = 0; bytes.length - at >= 3; ) {
    const long = (bytes[at]! & 0x10) !== 0;
    const value = at + (long ? 4 : 3);
    if (value > bytes.length) break;
    const end = value + (long ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!);
    if (end > bytes.length) break;
    if (bytes[at + 1] === LARGE_COMMUNITY)
      for (let one = value; one + 12 <= end; one += 12)
        if (u32(bytes, one + 4) === marker && u32(bytes, one) === origin)
          found.push([origin, marker, u32(bytes, one + 8)]);
    at = end;
  }
  return found;
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
