import { Cursor } from '../net/cursor.ts';
import { type SessionError, sessionErrorAt } from './errors.ts';
import type { Family } from './family.ts';
import { encodeMessage, HEADER_LENGTH, ROUTE_REFRESH } from './message.ts';

/** Message subtypes (RFC 7313 section 3.2): what RFC 2918 calls reserved and writes as 0. */
export const REFRESH_REQUEST = 0;
export const REFRESH_BEGIN = 1;
export const REFRESH_END = 2;

/** A ROUTE-REFRESH message (RFC 2918 section 3). */
export interface RouteRefresh extends Family {
  /** A value that is none of the three above is to be ignored (RFC 7313 section 5). */
  readonly subtype: number;
  /** Outbound route filters of RFC 5291, as they came: what follows the four octets. */
  readonly filters: Uint8Array;
}

/**
 * Reads the body of a ROUTE-REFRESH (at least 4 octets, as the header check has seen to). 7/1 with the whole message when a
 * demarcation has another length than 4 (RFC 7313 section 5).
 */
export function decodeRouteRefresh(buffer: Uint8Array, start: number, end: number): RouteRefresh | SessionError {
  const c = new Cursor(buffer, start, end);
  const afi = c.u16();
  const subtype = c.u8();
  const safi = c.u8();
  if ((subtype === REFRESH_BEGIN || subtype === REFRESH_END) && c.left > 0) {
    const message = new Uint8Array(buffer.slice(start - HEADER_LENGTH, end));
    return sessionErrorAt(
      c.offset,
      7,
      1,
      `ROUTE-REFRESH subtype ${subtype} of ${end - start} octets, must be 4`,
      message,
    );
  }
  return { afi, safi, subtype, filters: new Uint8Array(c.view(c.left)) };
}

/** A whole ROUTE-REFRESH message without filters: a request, or the beginning or end of one's answer. */
export function encodeRouteRefresh({ afi, safi }: Family, subtype: number = REFRESH_REQUEST): Uint8Array {
  return encodeMessage(ROUTE_REFRESH, Uint8Array.of(afi >> 8, afi & 0xff, subtype, safi));
}

/** `request`, `begin`, `end`, or the number of a subtype that is to be ignored. */
export function refreshName(subtype: number): string {
  return ['request', 'begin', 'end'][subtype] ?? String(subtype);
}
