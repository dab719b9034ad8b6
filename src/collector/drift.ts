/** What the peers hold, against what is registered: for the drift report (`show drift`). A walk that yields now and then. */
import { formatPrefix, parsePrefix } from '../net/prefix.ts';
import { type PeerTable, type Rib, routeOf, routesOf } from '../rib/adj-rib-in.ts';
import { prefixById, prefixesFor } from '../rib/query.ts';
import type { RibQuery } from './messages.ts';
import type { VerdictMemo } from './verdict-memo.ts';

export type DriftQuery = Extract<RibQuery, { readonly about: 'drift' }>;

/** The one row of the answer. */
export interface HeldDrift {
  /** For each pair that was asked about, in their order: how many peers hold the prefix with this origin. */
  readonly held: readonly number[];
  /** Routes of the origins that were asked about, for which nothing is registered, nor for what covers them. */
  readonly unregistered: readonly { readonly prefix: string; readonly origin: number; readonly peers: number }[];
  /** Such routes beyond the first. */
  readonly more: number;
}

/** Routes without an object that are told. */
const MOST = 10_000;
/** Prefixes that are passed before it yields. */
const SLICE = 2048;

export function* heldDrift(
  rib: Rib,
  memo: VerdictMemo,
  tables: readonly PeerTable[],
  { registered, origins }: DriftQuery,
): Generator<undefined, HeldDrift> {
  const held: number[] = [];
  for (const { prefix: text, origin } of registered) {
    if (held.length % SLICE === SLICE - 1) yield;
    const prefix = parsePrefix(text);
    let count = 0;
    for (const known of prefix === null ? [] : prefixesFor(rib, prefix, 'exact', () => true)) {
      if (known === null) continue;
      for (const table of tables)
        if (routesOf(table, known.afi, known.id).some(({ attribute }) => rib.attributes.originOf(attribute) === origin))
          count++;
    }
    held.push(count);
  }

  const wanted = new Set(origins);
  const unregistered: { prefix: string; origin: number; peers: number }[] = [];
  let more = 0;
  for (const afi of [1, 2] as const) {
    const size = (afi === 1 ? rib.ids4 : rib.ids6).size;
    for (let id = 0; id < size; id++) {
      if (id % SLICE === SLICE - 1) yield;
      const peers = new Map<number, number>();
      for (const table of tables) {
        const attribute = routeOf(table, afi, id);
        const origin = attribute === 0 ? 0 : rib.attributes.originOf(attribute);
        if (wanted.has(origin)) peers.set(origin, (peers.get(origin) ?? 0) + 1);
      }
      for (const [origin, count] of peers) {
        if (memo.stateOf(afi, id, origin) !== 'unknown') continue;
        if (unregistered.length >= MOST) more++;
        else unregistered.push({ prefix: formatPrefix(prefixById(rib, afi, id)), origin, peers: count });
      }
    }
  }
  return { held, unregistered, more };
}
