/**
 * What capabilities offer for each address family, encoder beside decoder: extended next hop, ADD-PATH, graceful restart
 * and its long-lived kind; and the role, which holds for the whole session. A capability that is malformed is not
 * understood, and so ignored (RFC 5492 section 4).
 */
import { AFI_IPV6 } from '../net/address.ts';
import { Cursor } from '../net/cursor.ts';
import type { Capability } from './capabilities.ts';
import type { Family } from './family.ts';
import { ROLES, type Role } from './role.ts';

export const EXTENDED_NEXT_HOP = 5;
export const EXTENDED_MESSAGE = 6;
export const ROLE = 9;
export const GRACEFUL_RESTART = 64;
export const ADD_PATH = 69;
export const ENHANCED_ROUTE_REFRESH = 70;
export const LONG_LIVED = 71;

/** A family whose forwarding state the peer says it preserved over its restart. */
export type Preserved = Family & { readonly preserved: boolean };

/** The graceful restart capability (RFC 4724 section 3) as one side said it. */
export interface Restart {
  /** How long the side may take to come back; 0 to 4095. */
  readonly seconds: number;
  /** It has just restarted, and is not to be waited for. */
  readonly restarting: boolean;
  /** A NOTIFICATION too is followed by a graceful restart (RFC 8538 section 2). */
  readonly notification: boolean;
  readonly families: readonly Preserved[];
}

/** A family of the long-lived graceful restart capability, and how long its stale routes may be kept. */
export type LongLived = Preserved & { readonly seconds: number };

const u16 = (value: number) => [value >> 8, value & 0xff];
const capability = (code: number, value: readonly number[]): Capability => ({ code, value: Uint8Array.from(value) });
const has = (capabilities: readonly Capability[], code: number) => capabilities.some(one => one.code === code);

/** Where several stand, the last one counts (RFC 4724 section 3; RFC 9494 section 3.1 by it). */
const lastValue = (capabilities: readonly Capability[], code: number): Uint8Array | undefined =>
  capabilities.findLast(one => one.code === code)?.value;

/** Reads a list of items of `octets` each; none when the value is not made of such. */
function items<T>(value: Uint8Array, octets: number, read: (c: Cursor) => T): T[] {
  if (value.length % octets !== 0) return [];
  const c = new Cursor(value);
  return Array.from({ length: value.length / octets }, () => read(c));
}

const readFamily = (c: Cursor): Family => ({ afi: c.u16(), safi: c.u8() });

/** True when messages of up to 65535 octets may be sent to whoever says this (RFC 8654 section 3). */
export const takesExtendedMessages = (capabilities: readonly Capability[]) => has(capabilities, EXTENDED_MESSAGE);

/** True when the side marks beginning and end of a route refresh (RFC 7313 section 3.1). */
export const marksRefresh = (capabilities: readonly Capability[]) => has(capabilities, ENHANCED_ROUTE_REFRESH);

/** Families whose next hop may be an IPv6 address, those of AFI 1 (RFC 8950 section 4): AFI, SAFI of 2 octets, next hop AFI. */
export function extendedNextHopOf(capabilities: readonly Capability[]): Family[] {
  return capabilities
    .filter(({ code }) => code === EXTENDED_NEXT_HOP)
    .flatMap(({ value }) => items(value, 6, c => ({ afi: c.u16(), safi: c.u16(), hop: c.u16() })))
    .filter(({ hop }) => hop === AFI_IPV6)
    .map(({ afi, safi }) => ({ afi, safi }));
}

export function extendedNextHop(families: readonly Family[]): Capability {
  return capability(
    EXTENDED_NEXT_HOP,
    families.flatMap(({ afi, safi }) => [...u16(afi), ...u16(safi), ...u16(AFI_IPV6)]),
  );
}

/** Directions of ADD-PATH (RFC 7911 section 4). */
export const RECEIVES = 1;
export const SENDS = 2;

/**
 * Families that a side can send or receive with path identifiers: those whose direction has the bit. Another direction than
 * 1 to 3 is not understood, and of several entries for one family the last one counts.
 */
export function addPathOf(capabilities: readonly Capability[], direction: typeof RECEIVES | typeof SENDS): Family[] {
  const entries = capabilities
    .filter(({ code }) => code === ADD_PATH)
    .flatMap(({ value }) => items(value, 4, c => ({ ...readFamily(c), direction: c.u8() })))
    .filter(entry => entry.direction >= 1 && entry.direction <= 3);
  const last = new Map(entries.map(entry => [`${entry.afi}/${entry.safi}`, entry]));
  return [...last.values()].filter(entry => entry.direction & direction).map(({ afi, safi }) => ({ afi, safi }));
}

/** The capability of a side that receives path identifiers and sends none. */
export function addPathReceived(families: readonly Family[]): Capability {
  return capability(
    ADD_PATH,
    families.flatMap(({ afi, safi }) => [...u16(afi), safi, RECEIVES]),
  );
}

/** Null when the side does not restart gracefully, nor helps others to. */
export function restartOf(capabilities: readonly Capability[]): Restart | null {
  const value = lastValue(capabilities, GRACEFUL_RESTART);
  if (value === undefined || value.length < 2 || (value.length - 2) % 4 !== 0) return null;
  const flags = new Cursor(value).u16();
  return {
    seconds: flags & 0xfff,
    restarting: (flags & 0x8000) !== 0,
    notification: (flags & 0x4000) !== 0,
    families: items(value.subarray(2), 4, c => ({ ...readFamily(c), preserved: (c.u8() & 0x80) !== 0 })),
  };
}

export function gracefulRestart({ seconds, restarting, notification, families }: Restart): Capability {
  const flags = (restarting ? 0x8000 : 0) | (notification ? 0x4000 : 0) | seconds;
  const list = families.flatMap(({ afi, safi, preserved }) => [...u16(afi), safi, preserved ? 0x80 : 0]);
  return capability(GRACEFUL_RESTART, [...u16(flags), ...list]);
}

/** Families whose stale routes may be kept for long (RFC 9494 section 3.1); none without graceful restart besides. */
export function longLivedOf(capabilities: readonly Capability[]): LongLived[] {
  const value = lastValue(capabilities, LONG_LIVED);
  if (value === undefined || restartOf(capabilities) === null) return [];
  return items(value, 7, c => ({ ...readFamily(c), preserved: (c.u8() & 0x80) !== 0, seconds: c.u24() }));
}

export function longLived(families: readonly LongLived[]): Capability {
  return capability(
    LONG_LIVED,
    families.flatMap(({ afi, safi, preserved, seconds }) => [
      ...[...u16(afi), safi, preserved ? 0x80 : 0],
      ...[seconds >> 16, ...u16(seconds & 0xffff)],
    ]),
  );
}

/**
 * The role that a side says it has: null when it says none, 'contradicting' when it says two (RFC 9234 section 4.2), and
 * the number of one that is not known.
 */
export function roleOf(capabilities: readonly Capability[]): Role | number | 'contradicting' | null {
  const said = new Set(
    capabilities.filter(({ code, value }) => code === ROLE && value.length === 1).map(one => one.value[0]),
  );
  const [number] = said;
  if (number === undefined) return null;
  return said.size > 1 ? 'contradicting' : (ROLES[number] ?? number);
}

export function roleCapability(role: Role): Capability {
  return capability(ROLE, [ROLES.indexOf(role)]);
}
