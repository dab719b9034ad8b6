/** How the session of a peer has gone: ups and downs, and how many routes it had, minute by minute of the last hour. */

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Falls that are remembered with their reasons. */
const MOST_FALLS = 20;

export interface Fall {
  readonly time: number;
  readonly reason: string;
}

/** Times are milliseconds since the epoch. */
export interface HistoryReport {
  /** Since when this peer is watched: since it was configured, or the daemon started. */
  readonly since: number;
  /** For how long of that its session was Established, milliseconds. */
  readonly up: number;
  /** How often it fell, in all and in the last hour, and the last falls, the latest first. */
  readonly falls: number;
  /** How often it fell in the last hour. */
  readonly fallsLastHour: number;
  /** The last times that it fell, the latest first. */
  readonly lastFalls: readonly Fall[];
  /** Most routes of this session, and when; of its last hour, minute by minute. */
  readonly most: { readonly routes: number; readonly time: number };
  /** Most routes of the last hour. */
  readonly mostLastHour: number;
}

export interface PeerHistory {
  /** Families whose End-of-RIB came in this session. */
  readonly ended: Set<1 | 2>;
  up(now: number): void;
  down(reason: string, now: number): void;
  /** To be told each minute while the session is up. */
  routes(count: number, now: number): void;
  report(now: number): HistoryReport;
}

export function createHistory(now: number): PeerHistory {
  const since = now;
  let upBefore = 0;
  let upSince: number | null = null;
  let falls = 0;
  let lastFalls: readonly Fall[] = [];
  let most = { routes: 0, time: now };
  let minutes: readonly { readonly routes: number; readonly time: number }[] = [];

  const ended = new Set<1 | 2>();

  return {
    ended,
    up(time) {
      ended.clear();
      upSince ??= time;
      most = { routes: 0, time };
      minutes = [];
    },
    down(reason, time) {
      if (upSince === null) return;
      upBefore += time - upSince;
      upSince = null;
      falls++;
      lastFalls = [{ time, reason }, ...lastFalls].slice(0, MOST_FALLS);
    },
    routes(count, time) {
      if (upSince === null) return;
      if (count > most.routes) most = { routes: count, time };
      minutes = [...minutes.filter(one => one.time > time - HOUR), { routes: count, time }].slice(-HOUR / MINUTE);
    },
    report: time => ({
      since,
      up: upBefore + (upSince === null ? 0 : time - upSince),
      falls,
      fallsLastHour: lastFalls.filter(fall => fall.time > time - HOUR).length,
      lastFalls,
      most,
      mostLastHour: minutes.reduce((high, one) => (one.time > time - HOUR ? Math.max(high, one.routes) : high), 0),
    }),
  };
}
