/** Answers to questions about the routes held now (messages.ts, RibQuery). */

import { type Family, familyNamed, formatFamily, isHeld } from '../bgp/family.ts';
import type { Negotiated } from '../bgp/negotiate.ts';
import type { Quarantine } from '../bgp/quarantine.ts';
import type { SessionStatus } from '../bgp/session.ts';
import type { BgpPeerConfig } from '../config/tree.ts';
import { parsePrefix } from '../net/prefix.ts';
import { type Rib, routeOf, routesOf } from '../rib/adj-rib-in.ts';
import { walkAdjacency } from '../rib/adjacency.ts';
import { type AsGraph, beginAsGraph, buildAsGraph, type KnownRelation } from '../rib/as-graph.ts';
import { type NextHops, walkNextHops } from '../rib/next-hops.ts';
import type { OtherRoutes } from '../rib/other-routes.ts';
import { type KnownPrefix, prefixesFor } from '../rib/query.ts';
import type { Contradictions } from './contradictions.ts';
import { heldDrift } from './drift.ts';
import { frontierRow } from './frontier-row.ts';
import { type BuiltGraph, graphRow } from './graph-row.ts';
import type { IngestCounts } from './ingest-peer.ts';
import { countLeaks } from './leaks.ts';
import { quarantineRows } from './malformed.ts';
import { memoryReport } from './memory.ts';
import type {
  AgreementRow,
  AnswerEnd,
  CountRow,
  FamilyRouteRow,
  MonitoringRow,
  NeighborRow,
  ProtectionRow,
  RestartRow,
  RibQuery,
  RibSize,
  RouteRow,
  SummaryRow,
} from './messages.ts';
import type { Quality } from './quality.ts';
import { type RouteQuery, routeFilter } from './route-filter.ts';
import { familyRow, type RowPeer, routeRow, shownSets } from './rows.ts';
import { type SafetyRow, safetyReport } from './safety.ts';
import { traceHints } from './trace-hints.ts';
import type { VerdictMemo } from './verdict-memo.ts';

/** State of a session as questions see it: what is not known of one that a router monitors is null. */
export interface ShownStatus
  extends Pick<SessionStatus, 'since' | 'received' | 'sent' | 'lastError' | 'lastDown'>,
    Partial<Pick<SessionStatus, 'nearMisses'>> {
  readonly state: string;
  readonly negotiated:
    | (Pick<Negotiated, 'peerId' | 'ipv4' | 'ipv6' | 'localAddress'> & {
        readonly others?: readonly Family[];
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
  /** Families whose End-of-RIB is still to come. */
  readonly awaiting: ReadonlySet<1 | 2>;
  /** The peer said that it marks the end of its table (RFC 4724 section 3). */
  readonly owesEndOfRib?: () => boolean;
  /** UPDATEs that were looked at, and those of them that changed nothing. */
  readonly duplicates?: () => { readonly seen: number; readonly unchanged: number };
  /** How far the clock of a router that monitors it was behind ours, milliseconds; null when it has told no time. */
  readonly clockBehind?: () => number | null;
  /** Routes of the other families; null unless Established. */
  readonly otherRoutes?: OtherRoutes | null;
  /** Of a session of our own; null unless Established. */
  readonly agreement?: () => AgreementRow | null;
  /** Of a session of our own. */
  readonly protection?: () => ProtectionRow;
  /** Of a session of our own: families that have stale routes. */
  readonly restart?: () => readonly RestartRow[];
  readonly safety?: () => SafetyRow;
  /** Of a peer that a router monitors. */
  readonly monitoring?: MonitoringRow;
}

/** Between two pieces of work on an answer: nothing, or a batch of rows that may go on. */
export type Turn = readonly unknown[] | undefined;

export interface Answerer {
  /**
   * Returns the end of the answer; yields wherever sessions may be served first, with rows when there are enough of them. Throws an Error in words when the question itself
   * is wrong.
   */
  answer(query: RibQuery): Generator<Turn, AnswerEnd>;
}

/** Attribute sets below which the AS graph is built while its asker waits: some ten milliseconds. */
const SMALL = 16384;

type FamilyQuery = Extract<RibQuery, { readonly about: 'family' }>;

/** Prefixes a question passes through before it yields: about a millisecond. */
const SLICE = 2048;
/** Rows that go on together: some milliseconds of work. */
const BATCH = 256;
/** Turns after which the asker hears that the search goes on, although nothing was found. */
const SIGN_OF_LIFE = 256;

const total = (counts: object): number => Object.values(counts).reduce((sum: number, n) => sum + Number(n), 0);

export function createAnswerer(
  rib: Rib,
  memo: VerdictMemo,
  book: Contradictions,
  peers: () => readonly AskablePeer[],
  localAs: () => number,
  problems: () => readonly string[],
  quality: Quality,
  known: () => KnownRelation,
): Answerer {
  let graph: BuiltGraph | null = null;
  let building = false;
  /**
   * The graph of the paths held. A small table's is built anew when its paths have changed; of a large one the last
   * graph answers at once, and a new one is built behind it, so that no trace waits for it.
   */
  function asGraph(): AsGraph {
    const { generation, live } = rib.attributes;
    if (graph?.generation === generation) return graph.graph;
    if (graph === null || live < SMALL) {
      graph = { generation, graph: buildAsGraph(rib.attributes, localAs(), known()), built: Date.now() };
      return graph.graph;
    }
    if (!building) {
      building = true;
      const next = beginAsGraph(rib.attributes, localAs(), known());
      const slice = () => {
        if (!next.step()) {
          setImmediate(slice);
          return;
        }
        building = false;
        graph = { generation, graph: next.finish(), built: Date.now() };
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

  function countOf({ row, otherRoutes }: AskablePeer): CountRow {
    const table = rib.tables[row.number];
    const others = (otherRoutes?.counts() ?? []).map(one => ({ family: formatFamily(one), routes: one.routes }));
    const more = others.length > 0 ? { others } : {};
    return { peer: row.name, ipv4: table?.count4 ?? 0, ipv6: table?.count6 ?? 0, ...more };
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
      ...(state === 'Established' && peer.awaiting.size > 0 && { loading: true }),
    };
  }

  function neighbor(peer: AskablePeer, leaks: number | null): NeighborRow {
    const { received, sent, lastDown, negotiated } = peer.session.status();
    const { ipv4, ipv6 } = countOf(peer);
    const others = (negotiated?.others ?? []).map(family => formatFamily(family).replace('ip', 'IP'));
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
      families: [...families, ...others],
      ...(peer.row.role && { leaks }),
      ...(peer.otherRoutes && {
        otherRoutes: peer.otherRoutes.counts().map(one => ({
          ...{ family: formatFamily(one), routes: one.routes, refused: one.refused },
          ...{ ended: one.ended, disabled: one.disabled },
        })),
      }),
      malformed: peer.counts ? { ...peer.counts } : null,
      ...((peer.restart?.().length ?? 0) > 0 && { restart: peer.restart!() }),
      ...(peer.agreement && { agreement: peer.agreement() }),
      ...(peer.protection && { protection: peer.protection() }),
      ...(peer.monitoring && { monitoring: peer.monitoring }),
    };
  }

  function* neighbors(of: readonly AskablePeer[]): Generator<Turn, AnswerEnd> {
    const rows: NeighborRow[] = [];
    for (const peer of of) {
      const { role, number } = peer.row;
      const table = rib.tables[number];
      const leaks = role && table ? yield* countLeaks(rib, table, role) : null;
      rows.push(neighbor(peer, leaks));
    }
    return { rows };
  }

  function* routes(query: RouteQuery): Generator<Turn, AnswerEnd> {
    const prefix = parsePrefix(query.prefix);
    if (!prefix) throw new Error(`${query.prefix} is no prefix`);
    const asked = mustBeNamed(query.peer);
    const wanted = routeFilter(rib, memo, query);
    const shown = shownSets(rib);
    const routeAt = ({ row }: AskablePeer, { afi, id }: KnownPrefix) => {
      const table = rib.tables[row.number];
      return table ? routeOf(table, afi, id) : 0;
    };
    let rows: RouteRow[] = [];
    let passed = 0;
    let turns = 0;
    const updates = () => asked.reduce((sum, { session }) => sum + session.status().received.update, 0);
    const before = updates();
    for (const known of prefixesFor(rib, prefix, query.scope, known =>
      asked.some(peer => routeAt(peer, known) !== 0),
    )) {
      if (known === null || ++passed % SLICE === 0) yield ++turns % SIGN_OF_LIFE === 0 ? [] : undefined;
      if (known === null) continue;
      for (const peer of asked) {
        const table = rib.tables[peer.row.number];
        if (!table || routeOf(table, known.afi, known.id) === 0) continue;
        for (const route of routesOf(table, known.afi, known.id)) {
          if (!wanted(known, route.attribute)) continue;
          rows.push(routeRow(rib, shown, memo, known, peer.row, route, query.detail));
        }
      }
      if (rows.length < BATCH) continue;
      yield rows;
      rows = [];
    }
    return { rows, changed: updates() - before };
  }

  function* familyRoutes(query: FamilyQuery): Generator<Turn, AnswerEnd> {
    const family = familyNamed(query.family);
    if (family === null || isHeld(family)) throw new Error(`${query.family} is no family that is held apart`);
    let rows: FamilyRouteRow[] = [];
    for (const { row, otherRoutes } of mustBeNamed(query.peer))
      for (const { route, attribute } of otherRoutes?.routes(family) ?? []) {
        rows.push(familyRow(rib, route, attribute, row));
        if (rows.length < BATCH) continue;
        yield rows;
        rows = [];
      }
    return { rows };
  }

  let walked: { readonly generation: number; readonly own: string; readonly row: NextHops } | null = null;
  /** Walks only when attribute sets have changed. */
  function* nextHops(): Generator<Turn, NextHops> {
    const { generation } = rib.attributes;
    // What a router of our own AS has set to itself is no neighbour's address, and its neighbours are many.
    const addresses = named(undefined).flatMap(({ row, session }) => [
      ...(row.as === localAs() ? [row.address] : []),
      session.status().negotiated?.localAddress ?? '',
    ]);
    const own = addresses.join(' ');
    if (walked?.generation === generation && walked.own === own) return walked.row;
    const walk = walkNextHops(rib.attributes, new Set(addresses));
    while (!walk.step()) yield undefined;
    walked = { generation, own, row: walk.finish() };
    return walked.row;
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
          return { rows: named(undefined).map(summary) };
        case 'neighbor':
          return yield* neighbors(named(query.peer));
        case 'route':
          return yield* routes(query);
        case 'family':
          return yield* familyRoutes(query);
        case 'count':
          return { rows: named(undefined).map(countOf) };
        case 'quarantine':
          return {
            rows: mustBeNamed(query.peer).flatMap(peer => quarantineRows(peer.row.name, peer.quarantine)),
          };
        case 'safety':
          return { rows: [safetyReport(named(undefined).flatMap(peer => peer.safety?.() ?? []))] };
        case 'quality': {
          const [peer] = mustBeNamed(query.peer);
          return { rows: [yield* quality.report(peer!)] };
        }
        case 'memory': {
          const nameOf = (number: number) => peers().find(({ row }) => row.number === number)?.row.name ?? `${number}`;
          return { rows: [memoryReport(rib, memo, book.size, nameOf)] };
        }
        case 'size':
          return { rows: [size()] };
        case 'verdicts':
          return { rows: yield* memo.tally() };
        case 'drift': {
          const tables = named(undefined).flatMap(({ row }) => rib.tables[row.number] ?? []);
          return { rows: [yield* heldDrift(rib, memo, tables, query)] };
        }
        case 'next-hops':
          return { rows: [yield* nextHops()] };
        case 'adjacency': {
          const walk = walkAdjacency(rib.attributes, query.among);
          while (!walk.step()) yield undefined;
          return { rows: walk.finish() };
        }
        case 'trace-hints':
          return { rows: yield* traceHints(rib, memo, query.marker) };
        case 'frontier':
          return { rows: [frontierRow(asGraph(), localAs(), query)] };
        case 'topology':
          return { rows: [asGraph().topology] };
        case 'as-graph': {
          asGraph();
          const roles = named(undefined).flatMap(({ row }) => (row.role ? [row.as] : []));
          return { rows: [graphRow(graph!, rib.attributes.generation, localAs(), roles, query.among)] };
        }
      }
    },
  };
}
