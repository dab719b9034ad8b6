/**
 * Which AS routes with a next hop were heard from: the first AS of their AS_PATH. A route server leaves its own AS out
 * of the path and the next hop as it was (RFC 7947 sections 2.2.1 and 2.2.2), so that at an exchange point this is the
 * member whose router has the next hop's address.
 */
import { type Address, formatAddress } from '../net/address.ts';
import { type AttributeStore, CONTEXT_AS4 } from './attribute-store.ts';

/** A next hop, canonical text, and the first ASes of the paths of its routes; not more than MOST_ASES are told. */
export interface NextHop {
  readonly address: string;
  readonly ases: readonly number[];
}

/** What was found, and how many times a next hop found no room. */
export interface NextHops {
  readonly nextHops: readonly NextHop[];
  readonly more: number;
}

/** One walk over the attribute sets, in slices so that sessions and questions are served between them. */
export interface NextHopWalk {
  /** Looks at some thousands of sets; true when none is left. */
  step(): boolean;
  /** Sets that came or went meanwhile may be in it or not. */
  finish(): NextHops;
}

/** First ASes that are told of one next hop: two make it ambiguous. */
export const MOST_ASES = 4;
/** Next hops that are told. */
const MOST = 8192;
/** Attribute sets a slice looks at: some milliseconds. */
const SLICE = 4096;

/** Begins a walk. `own`: addresses that are no neighbour's, canonical text. */
export function walkNextHops(attributes: AttributeStore, own: ReadonlySet<string>): NextHopWalk {
  /** By the address as a key that costs no text: most sets repeat a few addresses. */
  const found = new Map<string | number, { readonly address: Address; readonly ases: Set<number> }>();
  let more = 0;
  let next = 0;

  const take = (bytes: Uint8Array, at: number, length: number, as: number) => {
    const key = length === 4 ? u32(bytes, at) : String.fromCharCode(...bytes.subarray(at, at + 16));
    const known = found.get(key);
    if (known !== undefined) {
      if (known.ases.size < MOST_ASES) known.ases.add(as);
      return;
    }
    if (found.size >= MOST) {
      more++;
      return;
    }
    const address: Address = { afi: length === 4 ? 1 : 2, bytes: bytes.slice(at, at + length) };
    found.set(key, { address, ases: new Set([as]) });
  };

  return {
    step() {
      next = attributes.walk(next, SLICE, id => {
        const { attributes: bytes, nextHop, context } = attributes.read(id);
        const as = firstAs(bytes, (context & CONTEXT_AS4) !== 0);
        if (as === 0) return;
        // RFC 2545 section 3: a link-local address may follow the global one.
        if (nextHop.length === 4) take(nextHop, 0, 4, as);
        else if (nextHop.length === 16 || nextHop.length === 32) take(nextHop, 0, 16, as);
        else if (nextHop.length === 0) {
          const at = attributeAt(bytes, NEXT_HOP, 4);
          if (at >= 0) take(bytes, at, 4, as);
        }
      });
      return next === 0;
    },
    finish: () => ({
      nextHops: [...found.values()]
        .map(({ address, ases }) => ({ address: formatAddress(address), ases: [...ases] }))
        .filter(({ address }) => !own.has(address)),
      more,
    }),
  };
}

const AS_PATH = 2;
const NEXT_HOP = 3;
const AS_SEQUENCE = 2;

/** Offset of the value of an attribute that has `least` octets or more; -1 when there is none among path attributes. */
function attributeAt(bytes: Uint8Array, code: number, least: number): number {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const long = (bytes[at]! & 0x10) !== 0;
    const value = at + (long ? 4 : 3);
    const length = long ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!;
    if (bytes[at + 1] === code) return length >= least && value + least <= bytes.length ? value : -1;
    at = value + length;
  }
  return -1;
}

/** First AS of the AS_PATH; 0 when the path is empty or does not begin with an AS_SEQUENCE. */
function firstAs(bytes: Uint8Array, as4: boolean): number {
  const at = attributeAt(bytes, AS_PATH, as4 ? 6 : 4);
  if (at < 0 || bytes[at] !== AS_SEQUENCE || bytes[at + 1] === 0) return 0;
  return as4 ? u32(bytes, at + 2) : (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
