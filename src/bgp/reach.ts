import type { Cursor } from '../net/cursor.ts';
import type { Damage } from './errors.ts';
import type { Family } from './family.ts';
import { type NextHop, readNextHop } from './next-hop.ts';

/** MP_REACH_NLRI (RFC 4760 section 3), its NLRI left in place: octets `start` to `end` of the buffer it was read from. */
export interface Reach extends Family, NextHop {
  /** Octets of the next hop field, and where its length stands. */
  readonly hopLength: number;
  readonly hopAt: number;
  readonly start: number;
  readonly end: number;
}

/** MP_UNREACH_NLRI (RFC 4760 section 4), its withdrawn routes left in place. */
export interface Unreach extends Family {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the value of MP_REACH_NLRI but for its NLRI. The answer is the attribute, or what is wrong, with the cursor at the
 * place: its fixed part does not fit (RFC 7606 section 7.11).
 */
export function decodeReach(value: Cursor): Reach | Damage {
  const octets = value.left;
  const family = { afi: value.u16(), safi: value.u8() };
  if (value.failed) return { what: `${octets} octets, at least 5` };
  if (octets < 5) return { what: `${octets} octets, at least 5`, family };
  const hopAt = value.offset;
  const hopLength = value.u8();
  const bytes = value.view(hopLength);
  value.skip(1); // Reserved: once the count of SNPAs, now ignored
  if (value.failed) {
    value.offset = hopAt;
    return { what: `next hop of ${hopLength} octets overruns the attribute`, family };
  }
  const hop = readNextHop(family, bytes);
  return { ...family, ...hop, hopLength, hopAt, start: value.offset, end: value.end };
}

/** The same for MP_UNREACH_NLRI: RFC 7606 section 7.12. */
export function decodeUnreach(value: Cursor): Unreach | Damage {
  if (value.left < 3) return { what: `${value.left} octets, at least 3` };
  return { afi: value.u16(), safi: value.u8(), start: value.offset, end: value.end };
}
