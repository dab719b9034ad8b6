/** How good a feed a peer is, for `show peer PEER quality`: what is counted beside the route path, and what cannot be known. */
import { formatPrefix } from '../net/prefix.ts';
import type { Rib } from '../rib/adj-rib-in.ts';
import { prefixById } from '../rib/query.ts';
import type { AskablePeer } from './answers.ts';
import type { IngestCounts } from './ingest-peer.ts';
import { createHistory, type HistoryReport, type PeerHistory } from './peer-history.ts';
import { createStuckWatch, LEAST_TABLES } from './stuck-routes.ts';

const MINUTE = 60_000;
/** How often the tables of all peers are compared. */
const COMPARE = 10 * MINUTE;
/** How long a route must be left alone to be called stuck. */
const STUCK = 10 * MINUTE;
/** End-of-RIB is late once the session is so old. */
const LATE = 10 * MINUTE;
/** Stuck routes that are named. */
const NAMED = 20;
/** What is left of a table that has shrunk, of the most of the last hour. */
const SHRUNK = 0.9;

/** Milliseconds, and times since the epoch; what is null does not apply or cannot be known. */
export interface QualityRow {
  readonly peer: string;
  readonly address: string;
  readonly as: number;
  /** State of the session (RFC 4271 section 8.2.2), or of the peer of a router that is monitored. */
  readonly state: string;
  readonly since: number;
  readonly history: HistoryReport;
  readonly routes: number;
  /** Of the last hour's most, so much is left; null while there is none to compare with. */
  readonly left: number | null;
  /** Families whose End-of-RIB has not come. `owed`: the peer said that it sends one (RFC 4724). */
  readonly endOfRib: {
    /** Families whose End-of-RIB has not come. */
    readonly missing: readonly string[];
    /** The peer said that it sends one (RFC 4724). */
    readonly owed: boolean;
  };
  /** Silences of more than two thirds of the hold time. */
  readonly nearMisses: number | null;
  /** UPDATEs that change nothing, of those that are looked at: one of 1024; null: they are not looked for. */
  readonly duplicates: {
    /** UPDATEs with routes that were looked at. */
    readonly seen: number;
    /** Those of them that changed nothing. */
    readonly unchanged: number;
  } | null;
  /** What was done about malformed UPDATEs (RFC 7606); null: it is not known. */
  readonly malformed: IngestCounts | null;
  /** Malformed messages that are kept (`show quarantine`). */
  readonly quarantined: number;
  /** How far the router's clock was behind ours when its last report came, the time of the way included. */
  readonly clock: number | null;
  /** Prefixes that it still has and most others have withdrawn; or why nothing can be said of them. */
  readonly stuck:
    | {
        /** Whole tables of like size that were compared. */
        readonly compared: number;
        /** Prefixes that it still has long after most others have withdrawn them. */
        readonly count: number;
        /** Prefixes that it still has and others have withdrawn not so long ago. */
        readonly young: number;
        readonly prefixes: readonly StuckRow[];
      }
    | { readonly why: string };
  /** What cannot be known of this peer, and why, in words. */
  readonly unknown: readonly string[];
  /** What is not as it should be, in words. */
  readonly remarks: readonly string[];
}

export interface StuckRow {
  readonly prefix: string;
  readonly since: number;
}

export interface Quality {
  /** A peer's session has come to this state. */
  changed(name: string, state: string, reason: string): void;
  /** The peer has marked the end of a table. */
  endOfRib(name: string, afi: 1 | 2): void;
  forget(name: string): void;
  /** Looks at the tables' sizes, and now and then compares them, in slices; to be called each minute. */
  minute(): void;
  /** Compares, and tells. */
  report(peer: AskablePeer): Generator<undefined, QualityRow>;
}

export function createQuality(rib: Rib, peers: () => readonly AskablePeer[], now: () => number): Quality {
  const histories = new Map<string, PeerHistory>();
  const stuck = createStuckWatch(rib);
  let compared = 0;
  const tables: Record<1 | 2, readonly number[]> = { 1: [], 2: [] };

  function historyOf(name: string): PeerHistory {
    const known = histories.get(name) ?? createHistory(now());
    histories.set(name, known);
    return known;
  }
  const routesOf = (number: number): number => {
    const table = rib.tables[number];
    return table ? table.count4 + table.count6 : 0;
  };

  /** Peers whose tables can be held against each other: whole, and at least half as large as the largest. */
  function comparable(afi: 1 | 2): number[] {
    const count = (number: number) => {
      const table = rib.tables[number];
      return (afi === 1 ? table?.count4 : table?.count6) ?? 0;
    };
    const whole = peers().filter(
      ({ row, session, awaiting }) =>
        session.status().state === 'Established' && !awaiting.has(afi) && count(row.number) > 0,
    );
    const largest = Math.max(0, ...whole.map(({ row }) => count(row.number)));
    return whole.map(({ row }) => row.number).filter(number => count(number) * 2 >= largest);
  }

  function* compare(): Generator<undefined> {
    compared = now();
    for (const afi of [1, 2] as const) {
      tables[afi] = comparable(afi);
      if (tables[afi].length >= LEAST_TABLES) yield* stuck.compare(afi, tables[afi], now());
    }
  }

  function stuckOf(number: number): QualityRow['stuck'] {
    const most = Math.max(tables[1].length, tables[2].length);
    const tablesThere = most === 1 ? '1 whole table of like size is' : `${most} whole tables of like size are`;
    if (most < LEAST_TABLES) return { why: `${tablesThere} there, ${LEAST_TABLES} are needed` };
    if (!tables[1].includes(number) && !tables[2].includes(number))
      return { why: 'its table is not whole, or much smaller than the largest' };
    const suspects = stuck.suspects(number).toSorted((a, b) => a.since - b.since);
    const old = suspects.filter(({ since }) => now() - since >= STUCK);
    const prefixes = old
      .slice(0, NAMED)
      .map(({ afi, id, since }) => ({ prefix: formatPrefix(prefixById(rib, afi, id)), since }));
    return { compared: most, count: old.length, young: suspects.length - old.length, prefixes };
  }

  return {
    changed(name, state, reason) {
      const history = historyOf(name);
      if (state === 'Established') history.up(now());
      else history.down(reason, now());
    },
    endOfRib: (name, afi) => void historyOf(name).ended.add(afi),
    forget: name => void histories.delete(name),
    minute() {
      for (const { row } of peers()) historyOf(row.name).routes(routesOf(row.number), now());
      if (now() - compared < COMPARE) return;
      const comparing = compare();
      const slice = () => void (comparing.next().done || setImmediate(slice));
      slice();
    },
    *report(peer) {
      yield* compare();
      const { row, session } = peer;
      const status = session.status();
      const { ended, report, routes: note } = historyOf(row.name);
      note(routesOf(row.number), now());
      const history = report(now());
      const { ipv4 = false, ipv6 = false } = status.negotiated ?? {};
      const routes = routesOf(row.number);
      const up = status.state === 'Established';
      const fact: Omit<QualityRow, 'unknown' | 'remarks'> = {
        peer: row.name,
        address: row.address,
        as: row.as,
        state: status.state,
        since: status.since,
        history,
        routes,
        left: up && history.mostLastHour > 0 ? Math.min(1, routes / history.mostLastHour) : null,
        endOfRib: {
          missing: [...(ipv4 && !ended.has(1) ? ['IPv4'] : []), ...(ipv6 && !ended.has(2) ? ['IPv6'] : [])],
          owed: peer.owesEndOfRib?.() ?? true,
        },
        nearMisses: status.nearMisses ?? null,
        duplicates: peer.duplicates?.() ?? null,
        malformed: peer.counts === null ? null : { ...peer.counts },
        quarantined: peer.quarantine.entries().length,
        clock: peer.clockBehind?.() ?? null,
        stuck: stuckOf(row.number),
      };
      return { ...fact, unknown: unknowns(fact, peer), remarks: remarksOn(fact, now()) };
    },
  };
}

function unknowns({ stuck, clock, duplicates }: Omit<QualityRow, 'unknown' | 'remarks'>, peer: AskablePeer): string[] {
  return [
    ...(clock !== null
      ? []
      : peer.monitoring === undefined
        ? ['clock: BGP messages bear no time']
        : ['clock: no report with a time has come from the router']),
    ...(duplicates !== null ? [] : ['UPDATEs that change nothing: not looked for in what a router monitors']),
    ...(peer.monitoring === undefined ? [] : ['hold time: the session is between the router and its peer']),
    ...('why' in stuck ? [`stuck routes: ${stuck.why}`] : []),
  ];
}

function remarksOn(fact: Omit<QualityRow, 'unknown' | 'remarks'>, now: number): string[] {
  const { state, since, endOfRib, left, nearMisses, history, malformed, stuck, clock } = fact;
  const up = state === 'Established';
  const late = up && endOfRib.missing.length > 0 && now - since > LATE;
  return [
    ...(up ? [] : [`the session is ${state}`]),
    ...(late && endOfRib.owed ? [`End-of-RIB of ${endOfRib.missing.join(' and ')} has not come`] : []),
    ...(left !== null && left < SHRUNK
      ? [`the table has shrunk to ${Math.floor(left * 100)}% of the last hour's most`]
      : []),
    ...(history.fallsLastHour > 1 ? [`the session fell ${history.fallsLastHour} times in the last hour`] : []),
    ...((nearMisses ?? 0) > 0 ? [`the hold time nearly ran out ${nearMisses} times`] : []),
    ...((malformed?.unagreedPathIds ?? 0) > 0
      ? ['routes look as if they had path identifiers (RFC 7911), which were not agreed on']
      : []),
    ...('count' in stuck && stuck.count > 0
      ? [stuck.count === 1 ? '1 route seems stuck' : `${stuck.count} routes seem stuck`]
      : []),
    ...(clock !== null && Math.abs(clock) > MINUTE
      ? [`the router's clock is off by ${Math.round(clock / 1000)} s`]
      : []),
  ];
}
