/** Answers to questions about the routes held now (messages.ts, RibQuery). */

import type { Negotiated } from '../bgp/open.ts';
import type { Quarantine } from '../bgp/quarantine.ts';
import type { SessionStatus } from '../bgp/session.ts';
import type { BgpPeerConfig } from '../config/tree.ts';
import { parsePrefix } from '../net/prefix.ts';
import { type Rib, routeOf } from '../rib/adj-rib-in.ts';
import { type AsGraph, beginAsGraph, buildAsGraph } from '../rib/as-graph.ts';
import { type KnownPrefix, prefixesFor } from '../rib/query.ts';
import type { Contradictions } from './contradictions.ts';
import type { IngestCounts } from './ingest-peer.ts';
import { quarantineRows } from './malformed.ts';
import type {
  CountRow,
  MonitoringRow,
  NeighborRow,
  ProtectionRow,
  RibQuery,
  RibSize,
  RouteRow,
  SummaryRow,
} from './messages.ts';
import { type RouteQuery, routeFilter } from './route-filter.ts';
import { type RowPeer, routeRow } from './rows.ts';
import { type SafetyRow, safetyReport } from './safety.ts';
import type { VerdictMemo } from './verdict-memo.ts';

/** State of a session as questions see it: what is not known of one that a router monitors is null. */
export interface ShownStatus extends Pick<SessionStatus, 'since' | 'received' | 'sent' | 'lastError' | 'lastDown'> {
  readonly state: string;
  readonly negotiated:
    | (Pick<Negotiated, 'peerId' | 'ipv4' | 'ipv6' | 'localAddress'> & {
        readonly holdTime: number | null;
        readonly as4: boolean | null;
      })
    | null;
}

/** A peer as questions see it. */
export interface AskablePeer {
  readonly row: RowPeer;
  readonly config: Pick<BgpPeerConfig, 'description' | 'passive'>;
  readonly session: { status(): ShownStatus };
  /** Null unless Established. */
  readonly counts: IngestCounts | null;
  readonly quarantine: Quarantine;
  /** Of a session of our own. */
  readonly protection?: () => ProtectionRow;
  readonly safety?: () => SafetyRow;
  /** Of a peer that a router monitors. */
  readonly monitoring?: MonitoringRow;
}

export interface Answerer {
  /**
   * Returns the answer; yields wherever sessions may be served first. Throws an Error in words when the question itself
   * is wrong.
   */
  answer(query: RibQuery): Generator<undefined, { readonly rows: readonly unknown[]; readonly more: boolean }>;
}

/** Attribute sets below which the AS graph is built while its asker waits: some ten milliseconds. */
const SMALL = 16384;

/** Prefixes a question passes through before it yields: about a millisecond. */
const SLICE = 2048;

const total = (counts: object): number => Object.values(counts).reduce((sum: number, n) => sum + Number(n), 0);

export function createAnswerer(
  rib: Rib,
  memo: VerdictMemo,
  book: Contradictions,
  peers: () => readonly AskablePeer[],
  localAs: () => number,
  problems: () => readonly string[],
): Answerer {
  let graph: { readonly generation: number; readonly graph: AsGraph } | null = null;
  let building = false;
  /**
   * The graph of the paths held. A small table's is built anew when its paths have changed; of a large one the last
   * graph answers at once, and a new one is built behind it, so that no trace waits for it.
   */
  function asGraph(): AsGraph {
    const { generation, live } = rib.attributes;
    if (graph?.generation === generation) return graph.graph;
    if (graph === null || live < SMALL) {
      graph = { generation, graph: buildAsGraph(rib.attributes, localAs()) };
      return graph.graph;
    }
    if (!building) {
      building = true;
      const next = beginAsGraph(rib.attributes, localAs());
      const slice = () => {
        if (!next.step()) {
          setImmediate(slice);
          return;
        }
        building = false;
        graph = { generation, graph: next.finish() };
      };
      setImmediate(slice);
    }
    return graph.graph;
  }

  const named = (name: string | undefined) =>
    peers().filter(({ row }) => name === undefined || row.name === name || row.address === name);

  function mustBeNamed(name: string | undefined): readonly AskablePeer[] {
    const found = named(name);
    if (name !== undefined && found.length === 0) throw new Error(`no peer is called ${name}`);
    return found;
  }

  function countOf({ row }: AskablePeer): CountRow {
    const table = rib.tables[row.number];
    return { peer: row.name, ipv4: table?.count4 ?? 0, ipv6: table?.count6 ?? 0 };
  }

  function summary(peer: AskablePeer): SummaryRow {
    const { state, since, received, sent, lastError } = peer.session.status();
    const { ipv4, ipv6 } = countOf(peer);
    return {
      peer: peer.row.name,
      address: peer.row.address,
      as: peer.row.as,
      received: total(received),
      sent: total(sent),
      state,
      since,
      prefixes: ipv4 + ipv6,
      description: peer.config.description,
      lastError,
    };
  }

  function neighbor(peer: AskablePeer): NeighborRow {
    const { received, sent, lastDown, negotiated } = peer.session.status();
    const { ipv4, ipv6 } = countOf(peer);
    const families = [...(negotiated?.ipv4 ? ['IPv4 unicast'] : []), ...(negotiated?.ipv6 ? ['IPv6 unicast'] : [])];
    return {
      ...summary(peer),
      lastDown,
      messagesReceived: { ...received },
      messagesSent: { ...sent },
      prefixes4: ipv4,
      prefixes6: ipv6,
      passive: peer.config.passive,
      holdTime: negotiated?.holdTime ?? null,
      peerId: negotiated?.peerId ?? null,
      localAddress: negotiated?.localAddress ?? null,
      as4: negotiated?.as4 ?? null,
      families,
      malformed: peer.counts ? { ...peer.counts } : null,
      ...(peer.protection && { protection: peer.protection() }),
      ...(peer.monitoring && { monitoring: peer.monitoring }),
    };
  }

  function* routes(query: RouteQuery): Generator<undefined, { rows: RouteRow[]; more: boolean }> {
    const prefix = parsePrefix(query.prefix);
    if (!prefix) throw new Error(`${query.prefix} is no prefix`);
    const asked = mustBeNamed(query.peer);
    const wanted = routeFilter(rib, memo, query);
    const routeAt = ({ row }: AskablePeer, { afi, id }: KnownPrefix) => {
      const table = rib.tables[row.number];
      return table ? routeOf(table, afi, id) : 0;
    };
    const rows: RouteRow[] = [];
    let passed = 0;
    rib.pins++;
    try {
      for (const known of prefixesFor(rib, prefix, query.scope, known =>
        asked.some(peer => routeAt(peer, known) !== 0),
      )) {
        if (++passed % SLICE === 0) yield;
        for (const peer of asked) {
          const attribute = routeAt(peer, known);
          if (attribute === 0 || !wanted(known, attribute)) continue;
          if (rows.length >= query.limit) return { rows, more: true };
          const row = routeRow(rib, memo, known, peer.row);
          if (row) rows.push(row);
        }
      }
    } finally {
      rib.pins--;
    }
    return { rows, more: false };
  }

  function size(): RibSize {
    const routes = rib.tables.reduce((sum, table) => sum + (table ? table.count4 + table.count6 : 0), 0);
    return {
      routes,
      prefixes4: rib.ids4.live,
      prefixes6: rib.ids6.live,
      attributeSets: rib.attributes.live,
      attributeOctets: rib.attributes.arenaOctets,
      contradictions: book.size,
      problems: problems(),
    };
  }

  return {
    *answer(query) {
      switch (query.about) {
        case 'summary':
          return { rows: named(undefined).map(summary), more: false };
        case 'neighbor':
          return { rows: named(query.peer).map(neighbor), more: false };
        case 'route':
          return yield* routes(query);
        case 'count':
          return { rows: named(undefined).map(countOf), more: false };
        case 'quarantine':
          return {
            rows: mustBeNamed(query.peer).flatMap(peer => quarantineRows(peer.row.name, peer.quarantine)),
            more: false,
          };
        case 'safety':
          return { rows: [safetyReport(named(undefined).flatMap(peer => peer.safety?.() ?? []))], more: false };
        case 'size':
          return { rows: [size()], more: false };
        case 'frontier':
          return { rows: [asGraph().frontier(query.from, query.avoid, query.among)], more: false };
      }
    },
  };
}
