/**
 * Lists of the members of an exchange point: the IX-F Member Export (JSON, schema 0.6 to 1.0; github.com/euro-ix/json-schemas).
 * What is read of it: the AS, the addresses and the MAC addresses of each connection to a VLAN.
 *
 *     member_list[] .asnum
 *       .connection_list[] .state
 *         .vlan_list[] .ipv4 { address, mac_addresses[] } .ipv6 { … }
 *
 * Software of exchange points differs in where it puts MAC addresses and how it writes them, so they are taken wherever
 * they stand in a connection, in any spelling. What is no address or no AS is counted and passed over.
 */
import { type Address, formatAddress, parseAddress } from '../../net/address.ts';
import { covers, type Prefix, prefixOf } from '../../net/prefix.ts';
import { formatMac, isGroupMac, parseMac } from '../../packet/mac.ts';

/** A connection of a member to a VLAN of the exchange point. */
export interface MemberPort {
  readonly as: number;
  /** Canonical text. */
  readonly addresses: readonly string[];
  readonly macs: readonly string[];
}

export interface MemberList {
  /** Schema version, as it says. */
  readonly version: string;
  readonly ports: readonly MemberPort[];
  /** ASes with a port. */
  readonly members: number;
  /** Things that could not be read, of those that were looked at. */
  readonly unreadable: number;
  /** True when it holds more than is taken. */
  readonly cut: boolean;
}

/** Octets of a list; the largest exchange points have some 5 MB. */
export const LARGEST_LIST = 32 * 1024 * 1024;
/** Ports, and addresses of one port, that are taken. */
const MOST_PORTS = 16_384;
const MOST_ADDRESSES = 64;
/** Entries of any list in it that are looked at. */
const MOST_ENTRIES = 16_384;

type Fields = Readonly<Record<string, unknown>>;

/** Reads a list; a text says why it is none. `lan`: ports with an address in it only. Never throws. */
export function readMemberList(octets: Uint8Array, lan: Prefix | null): MemberList | string {
  if (octets.length > LARGEST_LIST) return `it has more than ${LARGEST_LIST} octets`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets));
  } catch {
    return 'it is no JSON';
  }
  const top = fieldsOf(parsed);
  if (!Array.isArray(top.member_list)) return 'it is no IX-F member export: it has no member_list';
  const ports: MemberPort[] = [];
  let unreadable = 0;
  let cut = false;
  const each = (value: unknown): readonly unknown[] => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      unreadable++;
      return [];
    }
    cut ||= value.length > MOST_ENTRIES;
    return value.slice(0, MOST_ENTRIES);
  };
  /** Keeps what `read` makes of the items; what it makes nothing of is counted. */
  const kept = <T>(items: readonly unknown[], read: (item: unknown) => T | null): T[] => {
    cut ||= items.length > MOST_ADDRESSES;
    const all = items.slice(0, MOST_ADDRESSES).map(read);
    const good = all.filter(one => one !== null);
    unreadable += all.length - good.length;
    return [...new Set(good)];
  };

  for (const member of each(top.member_list)) {
    const { asnum, connection_list: connections } = fieldsOf(member);
    const as = asOf(asnum);
    if (as === null) {
      unreadable++;
      continue;
    }
    for (const connection of each(connections)) {
      const { state, vlan_list: vlans, ...rest } = fieldsOf(connection);
      if (state === 'inactive' || state === 'disabled') continue;
      for (const vlan of each(vlans)) {
        const families = ['ipv4', 'ipv6'].map(name => fieldsOf(fieldsOf(vlan)[name]));
        const addresses = kept(
          families.flatMap(({ address }) =>
            address === undefined || address === null || address === '' ? [] : [address],
          ),
          addressOf,
        );
        if (lan !== null && !addresses.some(text => covers(lan, hostPrefix(parseAddress(text)!)))) continue;
        const macs = kept([rest, fieldsOf(vlan), ...families].flatMap(macsOf), macOf);
        if (addresses.length + macs.length === 0) continue;
        if (ports.length < MOST_PORTS) ports.push({ as, addresses, macs });
        else cut = true;
      }
    }
  }
  const version = typeof top.version === 'string' ? top.version.slice(0, 16) : 'unknown';
  return { version, ports, members: new Set(ports.map(({ as }) => as)).size, unreadable, cut };
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** Where MAC addresses stand: a list, or one text. */
function macsOf({ mac_addresses: many, mac_address: one, mac }: Fields): unknown[] {
  return [many, one, mac].flatMap(value => {
    if (Array.isArray(value)) return value.slice(0, MOST_ADDRESSES + 1);
    return value === undefined || value === null || value === '' ? [] : [value];
  });
}

function asOf(value: unknown): number | null {
  const as = typeof value === 'string' && /^(as)?\d{1,10}$/i.test(value) ? Number(value.replace(/^as/i, '')) : value;
  return typeof as === 'number' && Number.isInteger(as) && as > 0 && as <= 0xffffffff ? as : null;
}

/** An address as canonical text; some lists have the length of its prefix behind it. */
function addressOf(value: unknown): string | null {
  const address = typeof value === 'string' && value.length < 64 ? parseAddress(value.replace(/\/\d{1,3}$/, '')) : null;
  return address === null ? null : formatAddress(address);
}

function macOf(value: unknown): string | null {
  const mac = typeof value === 'string' ? parseMac(value.trim()) : null;
  return mac === null || mac === 0 || isGroupMac(mac) ? null : formatMac(mac);
}

const hostPrefix = (address: Address): Prefix => prefixOf(address, address.afi === 1 ? 32 : 128);
