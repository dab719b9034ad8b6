/** What is configured, or listed by an exchange point, of the addresses and interfaces of a tap: what names its neighbours. */
import type { ProbeConfig } from '../../config/tree.ts';
import { formatMac, parseMac } from '../../packet/mac.ts';

/** One line of what is known. */
export interface Binding {
  /** Null: it is about an interface. */
  readonly mac: number | null;
  /** Null: in any. */
  readonly vlan: number | null;
  readonly interface: string | null;
  readonly direction: 'in' | 'out' | 'both' | 'inside';
  /** Null: not one, or nobody's. */
  readonly as: number | null;
  readonly from: string;
  /** What contradicts it, in words; '' when nothing does. */
  readonly conflict: string;
  /** Packets whose place it told. */
  packets: number;
  /** Second of the last one; -1 before the first. */
  lastSeen: number;
}

export type BindingFields = Pick<Binding, 'mac' | 'from'> &
  Partial<Pick<Binding, 'vlan' | 'interface' | 'direction' | 'as' | 'conflict'>>;

export function binding(fields: BindingFields): Binding {
  return {
    ...{ vlan: null, interface: null, direction: 'both', as: null, conflict: '', packets: 0, lastSeen: -1 },
    ...fields,
  };
}

/** All bindings of one kind, found by what a frame bears. */
export interface Bindings {
  /** The one that is stated most closely of an address in a VLAN (-1: none) on an interface; null: none is. */
  neighbor(mac: number, vlan: number, name: string): Binding | null;
  interface(vlan: number, name: string): Binding | null;
  inside(mac: number): Binding | null;
  readonly all: readonly Binding[];
  /** Addresses that are none. */
  readonly refused: readonly string[];
}

/** Reads a `probe` block. */
export function configuredBindings(probe: ProbeConfig): Bindings {
  const refused: string[] = [];
  const read = (text: string): number[] => {
    const mac = parseMac(text);
    if (mac === null) refused.push(text);
    return mac === null ? [] : [mac];
  };
  const from = 'configured';
  const own = probe.inside.flatMap(read).map(mac => binding({ mac, from, direction: 'inside' }));
  const neighbors = probe.neighbors.flatMap(({ as, macs, vlan = null, interface: name = null }) =>
    macs.flatMap(read).map(mac => binding({ mac, vlan, interface: name, as, from })),
  );
  const interfaces = probe.interfaces.map(({ interface: name, vlan = null, direction, as = null }) =>
    binding({ mac: null, vlan, interface: name, direction, as, from }),
  );

  const inside = new Map(own.map(one => [one.mac, one]));
  const byMac = new Map<number, Binding[]>();
  for (const one of neighbors) {
    const there = byMac.get(one.mac!);
    if (there === undefined) byMac.set(one.mac!, [one]);
    else there.push(one);
  }
  for (const list of byMac.values()) list.sort((a, b) => closeness(b) - closeness(a));
  const byName = new Map<string, Binding[]>();
  for (const one of interfaces) byName.set(one.interface!, [...(byName.get(one.interface!) ?? []), one]);
  for (const list of byName.values()) list.sort((a, b) => closeness(b) - closeness(a));
  const fits = (one: Binding, vlan: number, name: string) =>
    (one.vlan === null || one.vlan === vlan) && (one.interface === null || one.interface === name);

  return {
    neighbor: (mac, vlan, name) => byMac.get(mac)?.find(one => fits(one, vlan, name)) ?? null,
    interface: (vlan, name) => byName.get(name)?.find(one => fits(one, vlan, name)) ?? null,
    inside: mac => inside.get(mac) ?? null,
    all: [...own, ...neighbors, ...interfaces],
    refused,
  };
}

/** VLAN and interface over VLAN over interface over neither. */
const closeness = ({ vlan, interface: name }: Binding): number => (vlan === null ? 0 : 2) + (name === null ? 0 : 1);

/** Members of exchange points by the addresses in their lists; one that stands there for several ASes names none. */
export function memberBindings(macs: readonly { readonly mac: string; readonly as: number }[]): Map<number, Binding> {
  const ases = new Map<number, Set<number>>();
  for (const { mac: text, as } of macs) {
    const mac = parseMac(text);
    if (mac === null) continue;
    const there = ases.get(mac);
    if (there === undefined) ases.set(mac, new Set([as]));
    else there.add(as);
  }
  return new Map(
    [...ases].map(([mac, of]) => {
      const [as = null] = of;
      if (of.size === 1) return [mac, binding({ mac, as, from: 'ix-f' })];
      const conflict = `${formatMac(mac)} is listed for AS ${[...of].slice(0, 4).join(', ')}`;
      return [mac, binding({ mac, from: 'ix-f', conflict })];
    }),
  );
}

/** What was counted goes on where the same is stated again. */
export function keepCounts(now: readonly Binding[], before: readonly Binding[]): void {
  const keyOf = (one: Binding) => `${one.mac} ${one.vlan} ${one.interface} ${one.direction} ${one.as}`;
  const counted = new Map(before.map(one => [keyOf(one), one]));
  for (const one of now) {
    const same = counted.get(keyOf(one));
    if (same !== undefined) Object.assign(one, { packets: same.packets, lastSeen: same.lastSeen });
  }
}
