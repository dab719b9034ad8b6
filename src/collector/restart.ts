/**
 * Keeps the routes of a peer over its restarts: the table of bgp/graceful-restart.ts, one state for each family, with the
 * timers, the marks (rib/stale.ts) and the sweeps. Whether routes are kept or not, their peer is no witness of them while
 * its session is lost.
 */
import type { Clock } from '../bgp/clock.ts';
import { type Family, includesFamily, sameFamily, UNICAST } from '../bgp/family.ts';
import {
  isKept,
  type RestartAction,
  type RestartEvent,
  type RestartState,
  type SessionEnd,
  step,
} from '../bgp/graceful-restart.ts';
import type { Negotiated } from '../bgp/negotiate.ts';
import { REFRESH_BEGIN, REFRESH_END, type RouteRefresh } from '../bgp/route-refresh.ts';
import type { RestartConfig } from '../config/tree.ts';
import type { Afi } from '../net/address.ts';
import {
  beginFamilyDrop,
  countOf,
  newPeerTable,
  type PeerTable,
  pathsOf,
  type Rib,
  staleOf,
} from '../rib/adj-rib-in.ts';
import { beginSweep, countStale, markAll, type Sweep, unmark } from '../rib/stale.ts';
import { longLivedFilter } from './long-lived.ts';
import type { RestartRow } from './messages.ts';

/** Work in slices, done when sessions and questions have been served. */
export interface Slices {
  /** True when all is done. */
  step(): boolean;
}

export interface RestartSurroundings {
  readonly rib: Rib;
  readonly number: number;
  readonly clock: Clock;
  readonly config: () => RestartConfig;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** True while nothing is read from peers. */
  readonly held: () => boolean;
  readonly say: (words: string) => void;
  readonly later: (work: Slices) => void;
  /** The peer is no witness of anything it held. */
  readonly lose: () => void;
  /** A route of the prefix was taken out. */
  readonly left: (table: PeerTable, afi: Afi, id: number) => void;
  /** The table of a family is as whole as it will be. */
  readonly whole: (afi: Afi) => void;
  /** What was kept of a session that is down is dropped: nothing is held any more. */
  readonly emptied: () => void;
}

export interface Restart {
  /** The session is Established: the table that its routes go to, with what is kept of the one before. */
  up(negotiated: Negotiated): PeerTable;
  down(end: SessionEnd): void;
  endOfRib(afi: Afi): void;
  /** Where the answer to a route refresh begins and ends; `early`: End-of-RIB of the family is still to come. */
  refresh(message: RouteRefresh, early: (afi: Afi) => boolean): void;
  /** Nothing is kept any longer: the peer is no more. */
  forget(): void;
  /** Routes are kept of a session that is lost. */
  readonly keeping: boolean;
  rows(): readonly RestartRow[];
}

interface FamilyRestart {
  readonly afi: Afi;
  state: RestartState;
  /** Of the monotonic clock: when the timers that run are over; null where none runs. */
  until: number | null;
  longUntil: number | null;
  cancel: () => void;
  cancelLong: () => void;
  sweep: Sweep | null;
}

/** How soon it is asked again whether peers are read, milliseconds. */
const HELD_LOOK = 10_000;
const nothing = () => {};
const nameOf = (afi: Afi): string => (afi === 1 ? 'IPv4' : 'IPv6');
const family = (afi: Afi): Family => ({ afi, safi: UNICAST });
const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`;

export function createRestart(about: RestartSurroundings): Restart {
  const { rib, number, clock, config, now, held, say, later, lose, left, whole, emptied } = about;
  const families = ([1, 2] as const).map(afi => ({
    ...{ afi, state: 'fresh', until: null, longUntil: null, cancel: nothing, cancelLong: nothing, sweep: null },
  })) as readonly FamilyRestart[];
  /** What the last session agreed on; `isUp`: it is there. */
  let agreed: Negotiated | null = null;
  let isUp = false;
  const table: PeerTable = newPeerTable();

  const keeps = () => families.some(({ state }) => state !== 'fresh');
  const restartTime = () => (agreed?.restart?.seconds ?? 0) * 1000;
  /** How long stale routes of a family may live on. */
  function longTime(afi: Afi): number {
    const { longLived, longLivedStaleTime } = config();
    const said = agreed?.longLived.find(one => sameFamily(one, family(afi)))?.seconds ?? 0;
    return longLived ? Math.min(said * 1000, longLivedStaleTime) : 0;
  }

  function happen(one: FamilyRestart, event: RestartEvent): void {
    const next = step(one.state, event);
    one.state = next.state;
    for (const action of next.actions) perform(one, action, event);
  }

  /** Says what happens to a family, where it has routes. */
  function tell(afi: Afi, words: string): void {
    if (countOf(table, afi) > 0) say(words);
  }

  function perform(one: FamilyRestart, action: RestartAction, event: RestartEvent): void {
    const { afi } = one;
    const routes = `${nameOf(afi)} routes`;
    switch (action) {
      case 'mark':
        mark(one, 'stale');
        tell(afi, `is awaited for ${seconds(restartTime())}: its ${countOf(table, afi)} ${routes} are stale`);
        break;
      case 'mark-long-lived':
        mark(one, 'llgr-stale');
        tell(
          afi,
          `is awaited for ${seconds(longTime(afi))}: its ${countOf(table, afi)} ${routes} are long-lived stale`,
        );
        break;
      case 'mark-refresh':
        mark(one, 'refreshing');
        say(`is sending its ${routes} anew`);
        break;
      case 'age': {
        const stale = staleOf(table, afi);
        if (stale !== null) Object.assign(stale, { kind: 'llgr-stale', since: now() });
        tell(afi, `is awaited for ${seconds(longTime(afi))} more: its ${routes} are long-lived stale`);
        break;
      }
      case 'sweep-older':
        sweep(one, mark => mark > 1, 'stale before its last restart');
        break;
      case 'sweep':
        sweep(one, () => true, WHY[event] ?? event);
        break;
      case 'sweep-no-llgr':
        sweep(one, longLivedFilter(rib), 'marked no-llgr');
        break;
      case 'drop':
        if (event !== 'loss') tell(afi, `loses its ${countOf(table, afi)} stale ${routes}: ${WHY[event]}`);
        later(beginFamilyDrop(rib, table, afi, pathsOf(table, afi) !== null));
        break;
      case 'start-restart-time':
        start(one, restartTime(), () => (longTime(afi) > 0 ? 'restart-time-long-lived' : 'restart-time'));
        break;
      case 'start-stale-path-time':
        start(one, config().stalePathTime, () => 'stale-path-time');
        break;
      case 'start-long-lived-time':
        one.longUntil = clock.now() + longTime(afi);
        one.cancelLong = clock.after(longTime(afi), () => expire(one, 'long-lived-time'));
        break;
      case 'stop-timer':
        one.cancel();
        one.until = null;
        break;
      case 'stop-long-lived-time':
        one.cancelLong();
        one.longUntil = null;
    }
  }

  function start(one: FamilyRestart, time: number, event: () => RestartEvent): void {
    one.cancel();
    one.until = clock.now() + time;
    one.cancel = clock.after(time, () => expire(one, event()));
  }

  function expire(one: FamilyRestart, event: RestartEvent): void {
    // Time in which nothing is read from peers does not count.
    if (event === 'stale-path-time' && held()) {
      start(one, HELD_LOOK, () => event);
      return;
    }
    const waits = one.state === 'returned' || one.state === 'returned-long-lived';
    if (event === 'long-lived-time') one.longUntil = null;
    else one.until = null;
    happen(one, event);
    if (waits && one.state === 'fresh') whole(one.afi);
    if (settle()) emptied();
  }

  /** A session that is down and of which nothing is kept has no table. */
  function settle(): boolean {
    const empty = !isUp && !keeps();
    if (empty) rib.tables[number] = null;
    return empty;
  }

  function mark(one: FamilyRestart, kind: 'stale' | 'llgr-stale' | 'refreshing'): void {
    // What a sweep has not reached yet is not to be marked anew.
    while (one.sweep !== null && !one.sweep.step());
    one.sweep = null;
    markAll(table, one.afi, kind, now());
  }

  function sweep(one: FamilyRestart, goes: (mark: number, attribute: number) => boolean, why: string): void {
    const { afi } = one;
    const swept = table;
    const stale = staleOf(swept, afi);
    const mine = beginSweep(rib, swept, afi, goes, id => left(swept, afi, id));
    one.sweep = mine;
    later({
      step() {
        if (!mine.step()) return false;
        if (one.sweep === mine) one.sweep = null;
        if (one.state === 'fresh' && staleOf(swept, afi) === stale) unmark(swept, afi);
        if (mine.swept > 0) say(`${mine.swept} stale ${nameOf(afi)} routes are removed: ${why}`);
        return true;
      },
    });
  }

  return {
    get keeping() {
      return keeps() && !isUp;
    },
    up(negotiated) {
      const { restart, longLived, addPath } = negotiated;
      isUp = true;
      agreed = negotiated;
      for (const one of families) {
        const mine = family(one.afi);
        const paths = includesFamily(addPath, mine);
        const said = one.state === 'long-lived' ? longLived : (restart?.families ?? []);
        const preserved = said.some(entry => entry.preserved && sameFamily(entry, mine));
        const same = (pathsOf(table, one.afi) !== null) === paths;
        const spoken = one.afi === 1 ? negotiated.ipv4 : negotiated.ipv6;
        if (one.state !== 'fresh') happen(one, preserved && same && spoken ? 'return' : 'return-empty');
        if (one.state === 'fresh') later(beginFamilyDrop(rib, table, one.afi, paths));
        else tell(one.afi, `is back: its ${nameOf(one.afi)} routes are stale until they come again or the table ends`);
      }
      rib.tables[number] = table;
      return table;
    },
    down(end) {
      isUp = false;
      lose();
      const kept = config().graceful && isKept(end, agreed?.restart?.notification ?? false);
      for (const one of families) {
        const restarts = includesFamily(agreed?.restart?.families, family(one.afi)) && restartTime() > 0;
        if (kept && restarts) happen(one, 'fall');
        else if (kept && longTime(one.afi) > 0) happen(one, 'fall-long-lived');
        else happen(one, 'loss');
      }
      settle();
    },
    endOfRib(afi) {
      happen(families[afi - 1]!, 'end-of-rib');
    },
    refresh({ afi, safi, subtype }, early) {
      if (agreed?.enhancedRefresh !== true || safi !== UNICAST || (afi !== 1 && afi !== 2)) return;
      const one = families[afi - 1]!;
      // RFC 7313 section 4: not before the table is whole, where its end is told.
      if (subtype === REFRESH_BEGIN && !(agreed.restart !== null && early(afi))) happen(one, 'begin-refresh');
      if (subtype === REFRESH_END) happen(one, 'end-refresh');
    },
    forget() {
      isUp = false;
      for (const one of families) happen(one, 'loss');
      rib.tables[number] = null;
    },
    rows: () =>
      families
        .filter(({ state }) => state !== 'fresh')
        .map(({ afi, state, until, longUntil }) => ({
          family: `${nameOf(afi)} unicast`,
          state,
          since: staleOf(table, afi)?.since ?? null,
          stale: countStale(table, afi),
          left: until === null ? null : Math.max(0, until - clock.now()),
          longLivedLeft: longUntil === null ? null : Math.max(0, longUntil - clock.now()),
        })),
  };
}

/** Why routes went, in words. */
const WHY: Partial<Readonly<Record<RestartEvent, string>>> = {
  'return-empty': 'it is back and has not preserved them',
  'restart-time': 'its Restart Time is over',
  'long-lived-time': 'the Long-lived Stale Time is over',
  'end-of-rib': 'not announced again before End-of-RIB',
  'stale-path-time': `not announced again within the stale path time`,
  'end-refresh': 'not announced again by the route refresh',
};
