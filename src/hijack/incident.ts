/**
 * Incidents: cases that belong together. A case joins the incident of one with the same offender that is not over, or of one
 * that was opened at most some minutes ago with the same offender, the same AS one up the path, or the same victim.
 */
import type { Case } from './case.ts';
import { commonUpstream } from './upstream.ts';

/** Cases opened within so long of each other may be of one incident. */
export const WINDOW = 10 * 60_000;

type Grouped = Pick<Case, 'id' | 'opened' | 'offender' | 'expected' | 'witnesses'>;

export interface Incidents {
  /** The incident of a case that is about to be opened. */
  place(one: Grouped): string;
  /** A case that is not over was read from the store. */
  restore(one: Grouped & Pick<Case, 'incident'>): void;
  /** The case is over. */
  leave(incident: string | undefined, offender: number | null, time: number): void;
}

interface Latest {
  readonly incident: string;
  time: number;
}

/** The incident of a case; one stored before there were incidents is one of its own. */
export const incidentOf = ({ id, incident }: Pick<Case, 'id' | 'incident'>): string => incident ?? `I${id}`;

/** No incidents yet. */
export function createIncidents(): Incidents {
  /** The latest incident of an offender (`o64666`), an upstream (`u64510`), a victim (`v64496`). */
  const latest = new Map<string, Latest>();
  /** How many cases of an offender are not over, by incident. */
  const running = new Map<string, number>();

  let forgot = 0;

  const runningKey = (incident: string, offender: number | null) => `${incident} ${offender}`;

  function keysOf({ offender, expected, witnesses }: Grouped): string[] {
    const upstream = commonUpstream(
      witnesses.map(({ path }) => path),
      offender,
    );
    return [
      ...(offender === null ? [] : [`o${offender}`]),
      ...(upstream === null ? [] : [`u${upstream}`]),
      ...expected.map(as => `v${as}`),
    ];
  }

  function found(one: Grouped): string | null {
    for (const key of keysOf(one)) {
      const before = latest.get(key);
      if (before === undefined) continue;
      const goesOn = key.startsWith('o') && (running.get(runningKey(before.incident, one.offender)) ?? 0) > 0;
      if (goesOn || Math.abs(one.opened - before.time) <= WINDOW) return before.incident;
    }
    return null;
  }

  function enter(one: Grouped, incident: string): void {
    for (const key of keysOf(one)) latest.set(key, { incident, time: one.opened });
    const key = runningKey(incident, one.offender);
    running.set(key, (running.get(key) ?? 0) + 1);
  }

  /** What can be joined by nobody any more goes. */
  function forget(now: number): void {
    for (const [key, { time }] of latest) if (now - time > WINDOW && !key.startsWith('o')) latest.delete(key);
    for (const [key, { incident, time }] of latest)
      if (now - time > WINDOW && !running.has(runningKey(incident, Number(key.slice(1))))) latest.delete(key);
  }

  return {
    place(one) {
      const incident = found(one) ?? `I${one.id}`;
      enter(one, incident);
      return incident;
    },
    restore: one => enter(one, incidentOf(one)),
    leave(incident = '', offender, time) {
      const key = runningKey(incident, offender);
      const left = (running.get(key) ?? 0) - 1;
      if (left > 0) running.set(key, left);
      else running.delete(key);
      if (latest.size <= MOST || time - forgot < FORGET) return;
      forgot = time;
      forget(time);
    },
  };
}

/** Keys that are kept before those that are of no use any more are looked for, and how often they are. */
const MOST = 1000;
const FORGET = 60_000;
