import { Cursor } from '../net/cursor.ts';
import { type Family, formatFamily } from './family.ts';
import { ROLES } from './role.ts';

/** One capability (RFC 5492 section 4): code and value octets, kept whether or not we know the code. */
export interface Capability {
  readonly code: number;
  readonly value: Uint8Array;
}

/** Reads capabilities up to the end of the field; null when one overruns it, with the cursor at the place. */
export function decodeCapabilities(field: Cursor): Capability[] | null {
  const capabilities: Capability[] = [];
  while (field.left > 0) {
    const at = field.offset;
    const code = field.u8();
    const value = field.view(field.u8());
    if (field.failed) {
      field.offset = at;
      return null;
    }
    capabilities.push({ code, value: new Uint8Array(value) });
  }
  return capabilities;
}

/** The same in octets. */
export function encodeCapabilities(capabilities: readonly Capability[]): number[] {
  return capabilities.flatMap(({ code, value }) => [code, value.length, ...value]);
}

export const MULTIPROTOCOL = 1;
export const ROUTE_REFRESH_CAPABILITY = 2;
export const FOUR_OCTET_AS = 65;

/** What a capability says, in a form that JSON can hold; null when it says nothing but its name. */
export type CapabilityValue =
  | null
  | number
  | string
  | readonly string[]
  | { readonly [name: string]: number | boolean | readonly string[] };

interface KnownCapability {
  readonly name: string;
  /** Length that the value must have; without it any. */
  readonly length?: number;
  readonly read?: (value: Cursor) => CapabilityValue;
}

const readFamily = (value: Cursor): string => formatFamily({ afi: value.u16(), safi: value.u8() });
const readText = (value: Cursor, octets: number): string => Buffer.from(value.view(octets)).toString('utf8');

/** A list of items up to the end of the value. */
const many =
  (read: (value: Cursor) => string) =>
  (value: Cursor): readonly string[] => {
    const items: string[] = [];
    while (value.left > 0) items.push(read(value));
    return items;
  };

const multiprotocolFamily = (value: Cursor) => {
  const afi = value.u16();
  value.skip(1);
  return formatFamily({ afi, safi: value.u8() });
};
const extendedNextHop = many(value => {
  const family = { afi: value.u16(), safi: value.u16() };
  const hop = value.u16();
  return `${formatFamily(family)} via ${hop === 1 ? 'ipv4' : hop === 2 ? 'ipv6' : `afi ${hop}`}`;
});
const gracefulRestart = (value: Cursor) => {
  const flags = value.u16();
  const restarting = (flags & 0x8000) !== 0;
  const notification = (flags & 0x4000) !== 0; // RFC 8538 section 2
  const families = many(c => `${readFamily(c)}${(c.u8() & 0x80) !== 0 ? ' preserved' : ''}`)(value);
  return { time: flags & 0xfff, restarting, notification, families };
};
const longLived = many(value => {
  const family = readFamily(value);
  const preserved = (value.u8() & 0x80) !== 0;
  return `${family} time ${value.u24()}${preserved ? ' preserved' : ''}`;
});
const DIRECTIONS = ['nothing', 'receive', 'send', 'send and receive'] as const;
const addPath = many(value => {
  const family = readFamily(value);
  const direction = value.u8();
  return `${family} ${DIRECTIONS[direction] ?? direction}`;
});
const multipleLabels = many(value => `${readFamily(value)} ${value.u8()}`);
const hostName = (value: Cursor) => {
  const host = readText(value, value.u8());
  const domain = readText(value, value.u8());
  return domain === '' ? host : `${host}.${domain}`;
};
const role = (value: Cursor) => {
  const number = value.u8();
  return ROLES[number] ?? number;
};

// biome-ignore format: a table, one capability a line
const KNOWN: Readonly<Record<number, KnownCapability>> = {
  1:   { name: 'multiprotocol', length: 4, read: multiprotocolFamily }, //         RFC 4760 section 8
  2:   { name: 'route refresh', length: 0 }, //                                    RFC 2918 section 2
  3:   { name: 'outbound route filtering' }, //                                    RFC 5291 section 5
  5:   { name: 'extended next hop', read: extendedNextHop }, //                    RFC 8950 section 4
  6:   { name: 'extended message', length: 0 }, //                                 RFC 8654 section 3
  8:   { name: 'multiple labels', read: multipleLabels }, //                       RFC 8277 section 2.1
  9:   { name: 'role', length: 1, read: role }, //                                 RFC 9234 section 4.1
  64:  { name: 'graceful restart', read: gracefulRestart }, //                     RFC 4724 section 3
  65:  { name: '4-octet AS', length: 4, read: value => value.u32() }, //           RFC 6793 section 3
  69:  { name: 'add-path', read: addPath }, //                                     RFC 7911 section 4
  70:  { name: 'enhanced route refresh', length: 0 }, //                           RFC 7313 section 3.1
  71:  { name: 'long-lived graceful restart', read: longLived }, //                RFC 9494 section 3
  73:  { name: 'host name', read: hostName },
  75:  { name: 'software version', read: value => readText(value, value.u8()) },
  128: { name: 'route refresh (old)' },
};

/** Name of a capability, `capability 131` for one that is not known. */
export function capabilityName(code: number): string {
  return KNOWN[code]?.name ?? `capability ${code}`;
}

/** The length of a capability that must have another, in words; null for those that may have it, and for unknown ones. */
export function lengthFault({ code, value }: Capability): string | null {
  const length = KNOWN[code]?.length;
  if (length === undefined || length === value.length) return null;
  return `${capabilityName(code)} of ${value.length} octets, must be ${length}`;
}

/** What a capability says; hex when it is not known, or of a length that it must not have. */
export function readCapability({ code, value }: Capability): CapabilityValue {
  const known = KNOWN[code];
  if (known?.read !== undefined && (known.length === undefined || known.length === value.length)) {
    const cursor = new Cursor(value);
    const read = known.read(cursor);
    if (!cursor.failed) return read;
  }
  return value.length === 0 ? null : Buffer.from(value).toString('hex');
}

/** For `show`: `multiprotocol ipv4 unicast`, `capability 131 0a0b`. */
export function formatCapability(capability: Capability): string {
  const text = formatValue(readCapability(capability));
  return text === '' ? capabilityName(capability.code) : `${capabilityName(capability.code)} ${text}`;
}

/** One line of a value: lists with commas, flags by their names, facts as name and value. */
function formatValue(value: CapabilityValue): string {
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return value.join(', ');
  return Object.entries(value)
    .map(([name, fact]) => {
      if (typeof fact === 'boolean') return fact ? name : '';
      return typeof fact === 'number' ? `${name} ${fact}` : fact.join(', ');
    })
    .filter(text => text !== '')
    .join(', ');
}

const isList = (value: object): value is readonly string[] => Array.isArray(value);

/** Families of the multiprotocol capabilities; one of the wrong length is not believed (RFC 4760 section 8). */
export function familiesOf(capabilities: readonly Capability[]): Family[] {
  const families: Family[] = [];
  for (const { code, value } of capabilities)
    if (code === MULTIPROTOCOL && value.length === 4)
      families.push({ afi: (value[0]! << 8) | value[1]!, safi: value[3]! });
  return families;
}

/** AS of the 4-octet AS capability (RFC 6793 section 3), whose length is right (`lengthFault`); null when absent. */
export function fourOctetAsOf(capabilities: readonly Capability[]): number | null {
  const found = capabilities.find(capability => capability.code === FOUR_OCTET_AS);
  if (found === undefined) return null;
  return new Cursor(found.value).u32();
}

/** Multiprotocol capability of a family (RFC 4760 section 8). */
export function multiprotocol({ afi, safi }: Family): Capability {
  return { code: MULTIPROTOCOL, value: Uint8Array.of(afi >> 8, afi & 0xff, 0, safi) };
}

/** 4-octet AS capability (RFC 6793 section 3). */
export function fourOctetAs(as: number): Capability {
  return { code: FOUR_OCTET_AS, value: Uint8Array.of(as >>> 24, (as >> 16) & 0xff, (as >> 8) & 0xff, as & 0xff) };
}
