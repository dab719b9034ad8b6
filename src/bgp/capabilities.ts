import { Cursor } from '../net/cursor.ts';

/** One capability (RFC 5492 section 4): code and value octets, kept whether or not we know the code. */
export interface Capability {
  readonly code: number;
  readonly value: Uint8Array;
}

/** An address family: AFI and SAFI (RFC 4760). Not limited to those we store. */
export interface Family {
  readonly afi: number;
  readonly safi: number;
}

export const MULTIPROTOCOL = 1;
export const ROUTE_REFRESH_CAPABILITY = 2;
export const GRACEFUL_RESTART = 64;
export const FOUR_OCTET_AS = 65;

export const UNICAST = 1;

interface KnownCapability {
  readonly name: string;
  /** Length that the value must have; without it any. */
  readonly length?: number;
  readonly show?: (value: Cursor) => string;
}

const FAMILY_NAMES: Readonly<Record<string, string>> = {
  '1/1': 'ipv4 unicast',
  '2/1': 'ipv6 unicast',
  '1/2': 'ipv4 multicast',
  '2/2': 'ipv6 multicast',
  '1/4': 'ipv4 labelled',
  '2/4': 'ipv6 labelled',
  '1/128': 'ipv4 vpn',
  '2/128': 'ipv6 vpn',
  '1/133': 'ipv4 flowspec',
  '2/133': 'ipv6 flowspec',
  '25/70': 'l2vpn evpn',
};

/** `ipv4 unicast`, or `afi 5 safi 9`. */
export function formatFamily(family: Family): string {
  return FAMILY_NAMES[`${family.afi}/${family.safi}`] ?? `afi ${family.afi} safi ${family.safi}`;
}

const family = (value: Cursor) => {
  const afi = value.u16();
  value.skip(1);
  return formatFamily({ afi, safi: value.u8() });
};

const KNOWN: Readonly<Record<number, KnownCapability>> = {
  1: { name: 'multiprotocol', length: 4, show: family }, //                  RFC 4760 section 8
  2: { name: 'route refresh', length: 0 }, //                                RFC 2918 section 2
  5: { name: 'extended next hop' }, //                                       RFC 8950 section 4
  6: { name: 'extended message', length: 0 }, //                             RFC 8654 section 3
  9: { name: 'role', length: 1, show: value => String(value.u8()) }, //      RFC 9234 section 4.1
  64: { name: 'graceful restart', show: value => `time ${value.u16() & 0xfff}` }, // RFC 4724 section 3
  65: { name: '4-octet AS', length: 4, show: value => String(value.u32()) }, // RFC 6793 section 3
  69: { name: 'add-path' }, //                                               RFC 7911 section 4
  70: { name: 'enhanced route refresh', length: 0 }, //                      RFC 7313 section 3.1
  71: { name: 'long-lived graceful restart' }, //                            RFC 9494 section 3
  73: { name: 'host name' },
  75: { name: 'software version' },
};

/** For `show`: `multiprotocol ipv4 unicast`, `capability 131 0a0b`. A value of the wrong length is shown in hex. */
export function formatCapability(capability: Capability): string {
  const known = KNOWN[capability.code];
  const name = known?.name ?? `capability ${capability.code}`;
  const { value } = capability;
  if (known?.show !== undefined && (known.length === undefined || known.length === value.length)) {
    const cursor = new Cursor(value);
    const text = known.show(cursor);
    if (!cursor.failed) return `${name} ${text}`;
  }
  return value.length === 0 ? name : `${name} ${Buffer.from(value).toString('hex')}`;
}

/** Families of the multiprotocol capabilities; one of the wrong length is not believed (RFC 4760 section 8). */
export function familiesOf(capabilities: readonly Capability[]): Family[] {
  const families: Family[] = [];
  for (const { code, value } of capabilities)
    if (code === MULTIPROTOCOL && value.length === 4)
      families.push({ afi: (value[0]! << 8) | value[1]!, safi: value[3]! });
  return families;
}

/** AS of the 4-octet AS capability (RFC 6793 section 3); null when absent, -1 when its length is not 4. */
export function fourOctetAsOf(capabilities: readonly Capability[]): number | null {
  const found = capabilities.find(capability => capability.code === FOUR_OCTET_AS);
  if (found === undefined) return null;
  return found.value.length === 4 ? new Cursor(found.value).u32() : -1;
}

/** Multiprotocol capability of a family (RFC 4760 section 8). */
export function multiprotocol({ afi, safi }: Family): Capability {
  return { code: MULTIPROTOCOL, value: Uint8Array.of(afi >> 8, afi & 0xff, 0, safi) };
}

/** 4-octet AS capability (RFC 6793 section 3). */
export function fourOctetAs(as: number): Capability {
  return { code: FOUR_OCTET_AS, value: Uint8Array.of(as >>> 24, (as >> 16) & 0xff, (as >> 8) & 0xff, as & 0xff) };
}
