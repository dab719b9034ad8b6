/** What `show probe NAME vantages` tells: every address and interface with its AS, and what contradicts or was left out. */
import { formatMac } from '../../packet/mac.ts';
import type { Binding } from './bindings.ts';
import { ANY_VLAN, type LearnedSource } from './learned.ts';

export interface VantageRow {
  /** Link address; null: the row is about an interface. */
  readonly mac: string | null;
  /** Null: in any, or none. */
  readonly vlan: number | null;
  /** Interface that it was seen at; null: any. */
  readonly interface: string | null;
  /** Which way packets go there. */
  readonly direction: 'in' | 'out' | 'both' | 'inside';
  /** Null: of nobody, or of several. */
  readonly as: number | null;
  /** In words. */
  readonly from: string;
  /** Why it is of no AS, in words; empty: nothing contradicts. */
  readonly conflict: string;
  readonly packets: number;
  /** ms since the epoch; null: never. */
  readonly lastSeen: number | null;
}

/** Rows of one answer: it has to fit into a frame. */
export const MOST_ROWS = 2048;
export const MOST_NOTES = 256;
/** Characters of one text. */
export const LINE = 200;

interface Known {
  readonly configured: readonly Binding[];
  readonly members: ReadonlyMap<number, Binding>;
  readonly learned: LearnedSource;
  /** What was counted of what was learned, by link address, VLAN and AS. */
  readonly counts: ReadonlyMap<string, Binding>;
  /** Interfaces on which own routers send, or are sent to, against the direction that is stated. */
  readonly swapped: ReadonlySet<string>;
  readonly forged: number;
  readonly flooded: number;
}

export interface VantageReport {
  readonly rows: readonly VantageRow[];
  /** What contradicts or was left out, in words. */
  readonly notes: readonly string[];
}

export function vantageRows(known: Known): VantageReport {
  const { configured, members, learned, counts } = known;
  const stated = new Map<number, number | null>();
  for (const { mac, as } of configured) if (mac !== null) stated.set(mac, as);
  for (const [mac, { as }] of members) if (!stated.has(mac)) stated.set(mac, as);

  const rows = [...configured, ...members.values()].map(rowOf);
  for (const { mac, learned: found } of learned.all()) {
    const { vlan } = found;
    const count = counts.get(`${mac} ${vlan} ${found.as}`);
    // A VLAN that it never spoke in, and nothing was sent in.
    if (vlan === ANY_VLAN && count === undefined) continue;
    const over = stated.get(mac);
    const overruled =
      over === undefined ? '' : over === found.as ? 'stated already' : `overruled by what is stated: ${asText(over)}`;
    rows.push({
      ...{ mac: formatMac(mac), vlan: vlan < 0 ? null : vlan, interface: null, direction: 'both', as: found.as },
      ...{ from: cut(found.from), conflict: cut([found.conflict, overruled].filter(text => text !== '').join('; ')) },
      ...{ packets: count?.packets ?? 0, lastSeen: lastSeen(count) },
    });
  }
  const left = rows.length - MOST_ROWS;
  const contested = learned.contested();
  const notes = [
    ...contested.slice(0, MOST_NOTES - 16),
    ...more(contested.length - (MOST_NOTES - 16), 'more addresses are claimed by several'),
    ...[...known.swapped].slice(0, 4).map(words => `packets of own routers go the other way on ${words}`),
    ...more(left, 'more are known that are not shown'),
    ...more(known.forged, 'claims were not believed: their sender was not who it said'),
    ...more(known.flooded, 'claims were not read: there were too many in a second'),
  ];
  return { rows: rows.slice(0, MOST_ROWS), notes: notes.map(cut) };
}

const more = (count: number, words: string): string[] => (count > 0 ? [`${count} ${words}`] : []);
const cut = (line: string): string => (line.length > LINE ? `${line.slice(0, LINE - 1)}…` : line);
const asText = (as: number | null): string => (as === null ? 'own' : `AS ${as}`);
const lastSeen = (one: Binding | undefined): number | null =>
  one === undefined || one.lastSeen < 0 ? null : one.lastSeen * 1000;

function rowOf(one: Binding): VantageRow {
  const { mac, vlan, interface: name, direction, as, from, conflict, packets } = one;
  const shown = { vlan, interface: name, direction, as, from, conflict, packets };
  return { mac: mac === null ? null : formatMac(mac), ...shown, lastSeen: lastSeen(one) };
}
