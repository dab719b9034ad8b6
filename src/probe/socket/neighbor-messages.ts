/** The parts of messages on the probe socket that are about neighbours: configured ones, found out ones, counted ones. */
import type { InterfaceConfig, NeighborConfig, ProbeConfig } from '../../config/tree.ts';
import { exporterConfig } from '../flows/flow-messages.ts';
import { type Fields, type Finding, fail, fields, integer, list, text } from '../message-fields.ts';
import type { AddressSource } from '../neighbors/learned.ts';
import type { KnownNeighbors } from '../neighbors/vantage.ts';
import { LINE, MOST_NOTES, MOST_ROWS, type VantageReport, type VantageRow } from '../neighbors/vantage-rows.ts';
import { translatorConfig } from '../translators/translator-messages.ts';

/** Statements of one kind in a `probe` block. */
const MOST_STATED = 4096;
/** Addresses of neighbours, and members of exchange points, that a probe is told of. */
export const MOST_OWNERS = 8192;
const MOST_MEMBERS = 4096;
/** Characters: of an address, of a name of an interface, of a line. */
const MAC = 17;
const ADDRESS = 45;
const INTERFACE = 256;

export function probeConfig(f: Finding, value: unknown): ProbeConfig {
  const from = fields(f, value, 'probe');
  const each = <T>(name: string, read: (one: Fields) => T): T[] =>
    list(f, from, name, MOST_STATED).map(one => read(fields(f, one, name)));
  const { vlan, place, texts } = readers(f);
  return {
    name: text(f, from, 'name', 64),
    neighbors: each(
      'neighbors',
      (one): NeighborConfig => ({
        as: integer(f, one, 'as', 0xffffffff),
        macs: texts(one, 'macs', MAC),
        ...vlan(one),
        ...place(one),
      }),
    ),
    interfaces: each(
      'interfaces',
      (one): InterfaceConfig => ({
        interface: text(f, one, 'interface', INTERFACE),
        ...vlan(one),
        direction: choice(f, one, 'direction', ['in', 'out', 'both']),
        ...(one.as === undefined ? {} : { as: integer(f, one, 'as', 0xffffffff) }),
      }),
    ),
    ...(from.certificate === undefined ? {} : { certificate: text(f, from, 'certificate', 1024) }),
    inside: texts(from, 'inside', MAC),
    learn: list(f, from, 'learn', 2).map(one => choice(f, { learn: one }, 'learn', ['arp', 'bgp'])),
    members: each('members', one => ({
      location: text(f, one, 'location', 1024),
      ...(one.lan === undefined ? {} : { lan: text(f, one, 'lan', 64) }),
    })),
    ...(from.exporters === undefined
      ? {}
      : { exporters: list(f, from, 'exporters', MOST_STATED).map(one => exporterConfig(f, one)) }),
    ...(from.profiles === undefined
      ? {}
      : {
          profiles: list(f, from, 'profiles', 4).map(one =>
            choice(f, { profile: one }, 'profile', ['nat', 'clamp', 'payload', 'quoted8', 'packter']),
          ),
        }),
    ...(from.translator === undefined ? {} : { translator: translatorConfig(f, from.translator) }),
    retention: integer(f, from, 'retention'),
    memory: integer(f, from, 'memory'),
    ...(from.disk === undefined ? {} : { disk: integer(f, from, 'disk') }),
    ...(from.precision === 8 ? { precision: 8 as const } : {}),
  };
}

function readers(f: Finding) {
  return {
    vlan: (one: Fields) => (one.vlan === undefined ? {} : { vlan: integer(f, one, 'vlan', 4094) }),
    place: (one: Fields) => (one.interface === undefined ? {} : { interface: text(f, one, 'interface', INTERFACE) }),
    texts: (one: Fields, name: string, most: number) =>
      list(f, one, name, MOST_STATED).map(item => text(f, { [name]: item }, name, most)),
  };
}

function choice<T extends string>(f: Finding, from: Fields, name: string, choices: readonly T[]): T {
  return choices.find(one => one === from[name]) ?? fail(f, `${name} is none of ${choices.join(', ')}`, choices[0]!);
}

const SOURCES: readonly AddressSource[] = ['session', 'ix-f', 'bgp'];

/** As `encodeNeighbors` writes it. */
export function knownNeighbors(f: Finding, value: unknown): KnownNeighbors {
  const from = fields(f, value, 'neighbors');
  const tuple = (one: unknown, size: number): readonly unknown[] =>
    Array.isArray(one) && one.length === size ? one : fail(f, `a neighbor is not ${size} values`, Array(size).fill(0));
  return {
    owners: list(f, from, 'owners', MOST_OWNERS).map(one => {
      const [address, as, source] = tuple(one, 3);
      const read = { address, as, source };
      return {
        address: text(f, read, 'address', ADDRESS),
        as: integer(f, read, 'as', 0xffffffff),
        from: choice(f, read, 'source', SOURCES),
      };
    }),
    members: list(f, from, 'members', MOST_MEMBERS).map(one => {
      const [mac, as] = tuple(one, 2);
      return { mac: text(f, { mac }, 'mac', MAC), as: integer(f, { as }, 'as', 0xffffffff) };
    }),
  };
}

/** Lists of values instead of maps: there are thousands of them in one frame. */
export function encodeNeighbors({ owners, members }: KnownNeighbors): unknown {
  return {
    owners: owners.slice(0, MOST_OWNERS).map(({ address, as, from }) => [address, as, from]),
    members: members.slice(0, MOST_MEMBERS).map(({ mac, as }) => [mac, as]),
  };
}

export function vantageReport(f: Finding, value: unknown): VantageReport {
  const from = fields(f, value, 'report');
  return {
    rows: list(f, from, 'rows', MOST_ROWS).map(one => vantageRow(f, fields(f, one, 'row'))),
    notes: list(f, from, 'notes', MOST_NOTES).map(note => text(f, { note }, 'note', LINE)),
  };
}

function vantageRow(f: Finding, from: Fields): VantageRow {
  const orNull = <T>(name: string, read: () => T): T | null => (from[name] === null ? null : read());
  return {
    mac: orNull('mac', () => text(f, from, 'mac', MAC)),
    vlan: orNull('vlan', () => integer(f, from, 'vlan', 4094)),
    interface: orNull('interface', () => text(f, from, 'interface', INTERFACE)),
    direction: choice(f, from, 'direction', ['in', 'out', 'both', 'inside']),
    as: orNull('as', () => integer(f, from, 'as', 0xffffffff)),
    from: text(f, from, 'from', LINE),
    conflict: text(f, from, 'conflict', LINE),
    packets: integer(f, from, 'packets'),
    lastSeen: orNull('lastSeen', () => integer(f, from, 'lastSeen')),
  };
}
