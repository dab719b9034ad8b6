/**
 * Incidents: cases that belong together. A case joins the incident of one with the same offender that is not over, or of one
 * that was opened at most some minutes ago with the same offender, the same AS one up the path, or the same victim.
 *
 * Where several books share the cases, none knows all of them: a case is put together with what is known here, and before
 * it is written down or told all books agree on it (`IncidentAsk`). A book asks only of a case with something about it that
 * it has not asked about just now: of fifty prefixes of one offender the first asks for all.
 */
import type { IncidentAsk } from '../store/records.ts';
import type { Case } from './case.ts';
import { commonUpstream } from './upstream.ts';

/** Cases opened within so long of each other may be of one incident. */
export const WINDOW = 10 * 60_000;
/** What all books have agreed on is good for so long, measured as `WINDOW` is. */
export const AGREED = 30_000;

type Grouped = Pick<Case, 'id' | 'opened' | 'offender' | 'expected' | 'witnesses'>;

export interface Incidents {
  /** The incident of a case that is about to be opened; where it is asked for, its name until then. */
  place(one: Grouped): string;
  /** A case that is not over was read from the store. */
  restore(one: Grouped & Pick<Case, 'incident'>): void;
  /** The case is over. */
  leave(incident: string | undefined, offender: number | null, time: number): void;
  /** What is to be asked since this was called last. */
  asks(): readonly IncidentAsk[];
  /** What the answers were: the name until then, and the incident's. */
  agreed(names: ReadonlyMap<string, string>): void;
}

interface Latest {
  incident: string;
  readonly time: number;
  /** The opening of the last case of this incident and with this key that was asked for. */
  readonly asked: number | null;
}

/** The incident of a case; one stored before there were incidents is one of its own. */
export const incidentOf = ({ id, incident }: Pick<Case, 'id' | 'incident'>): string => incident ?? `I${id}`;

/** No incidents yet. `shared`: other books have cases too, and are asked. */
export function createIncidents(shared = false): Incidents {
  /** The latest incident of an offender (`o64666`), an upstream (`u64510`), a victim (`v64496`). */
  const latest = new Map<string, Latest>();
  /** How many cases of each offender are not over, by incident. */
  const running = new Map<string, Map<number | null, number>>();
  let asks: IncidentAsk[] = [];
  /** Names that no answer has come for. */
  const unanswered = new Set<string>();
  let forgot = 0;

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

  const runs = (incident: string, offender: number | null) => running.get(incident)?.has(offender) ?? false;

  function found(keys: readonly string[], { offender, opened }: Grouped): string | null {
    for (const key of keys) {
      const before = latest.get(key);
      if (before === undefined) continue;
      const goesOn = key.startsWith('o') && runs(before.incident, offender);
      if (goesOn || Math.abs(opened - before.time) <= WINDOW) return before.incident;
    }
    return null;
  }

  /** True when all that links the case was asked about just now, and was of this incident. */
  const isAgreed = (keys: readonly string[], incident: string | null, opened: number): boolean =>
    keys.every(key => {
      const before = latest.get(key);
      if (before === undefined || before.incident !== incident || before.asked === null) return false;
      return Math.abs(opened - before.asked) <= AGREED;
    });

  function enter(keys: readonly string[], { opened, offender }: Grouped, incident: string, asked: boolean): void {
    for (const key of keys) {
      const before = latest.get(key);
      const since = before?.incident === incident ? before.asked : null;
      latest.set(key, { incident, time: opened, asked: asked ? opened : since });
    }
    count(incident, offender, 1);
  }

  function count(incident: string, offender: number | null, more: number): void {
    const offenders = running.get(incident) ?? new Map<number | null, number>();
    const now = (offenders.get(offender) ?? 0) + more;
    if (now > 0) offenders.set(offender, now);
    else offenders.delete(offender);
    if (offenders.size > 0) running.set(incident, offenders);
    else running.delete(incident);
  }

  /** What can be joined by nobody any more goes. */
  function forget(now: number): void {
    for (const [key, { incident, time }] of latest)
      if (now - time > WINDOW && !(key.startsWith('o') && runs(incident, Number(key.slice(1))))) latest.delete(key);
  }

  return {
    place(one) {
      const keys = keysOf(one);
      const before = found(keys, one);
      const own = `I${one.id}`;
      if (!shared || keys.length === 0 || isAgreed(keys, before, one.opened)) {
        const incident = before ?? own;
        enter(keys, one, incident, false);
        return incident;
      }
      const { offender, opened } = one;
      // What is still asked for is no answer: all of that is among what is asked.
      const otherwise = before === null || unanswered.has(before) ? own : before;
      const goesOn = keys[0]!.startsWith('o') && runs(latest.get(keys[0]!)?.incident ?? '', offender);
      asks.push({ incident: own, otherwise, keys, offender, opened, runs: goesOn });
      unanswered.add(own);
      enter(keys, one, own, true);
      return own;
    },
    restore: one => enter(keysOf(one), one, incidentOf(one), false),
    leave(incident = '', offender, time) {
      count(incident, offender, -1);
      if (latest.size <= MOST || time - forgot < FORGET) return;
      forgot = time;
      forget(time);
    },
    asks() {
      const all = asks;
      asks = [];
      return all;
    },
    agreed(names) {
      for (const [from, to] of names) {
        unanswered.delete(from);
        if (from === to) continue;
        for (const [offender, cases] of running.get(from) ?? []) count(to, offender, cases);
        running.delete(from);
      }
      for (const one of latest.values()) one.incident = names.get(one.incident) ?? one.incident;
    },
  };
}

/** Keys that are kept before those that are of no use any more are looked for, and how often they are. */
const MOST = 1000;
const FORGET = 60_000;
