/**
 * Cases that are over, as far as it matters for what comes after: how often the same came back; and news of them that come
 * late, for a collector on another machine was cut off meanwhile.
 */
import { recent } from './case-life.ts';
import type { Judged } from './judged.ts';

/** Cases whose ends are remembered. */
const MOST_ENDS = 10_000;
/** Late news that are kept back at a time; more are believed at once. */
const MOST_KEPT = 10_000;
/**
 * How long it is waited for news that the route is gone again, where these are late too: a collector whose message was not
 * acknowledged sends it once more after five seconds, and what follows only then. Milliseconds.
 */
export const KEPT = 8_000;

export interface PastCases {
  /** `time`: when nobody held it any more; `closed`: when that was believed. */
  over(key: string, comebacks: readonly number[], time: number, closed: number): void;
  forget(key: string): void;
  /** When cases of the key ended within the hour before a time. */
  comebacks(key: string, time: number): readonly number[];
  /** True when a peer held a route before its case ended, and this is news of now: it is kept back for a while. */
  keeps(key: string, change: Judged, now: number): boolean;
  /** A peer holds it no more, or is out of sight: what was kept back of it and is no part of the case that is over. */
  took(key: string, change: Judged): Judged | null;
  /** What was kept back for long enough: the route is still held. */
  due(now: number): readonly Judged[];
}

export function pastCases(): PastCases {
  const ends = new Map<string, { readonly times: readonly number[]; readonly closed: number }>();
  const kept = new Map<string, { readonly change: Judged; readonly until: number }>();
  const nameOf = (key: string, { peer }: Judged) => `${key} ${peer}`;
  const endOf = (key: string) => ends.get(key)?.closed ?? Number.NEGATIVE_INFINITY;
  let looked = Number.NEGATIVE_INFINITY;
  /** A clock that was set back: nothing is late by what it showed before. */
  function setBack(now: number): void {
    for (const [key, one] of ends) ends.set(key, { ...one, closed: Math.min(one.closed, now) });
    for (const [name, one] of kept) kept.set(name, { ...one, until: Math.min(one.until, now + KEPT) });
  }
  return {
    over(key, comebacks, time, closed) {
      // The latest stand last: where there are too many the first one goes.
      ends.delete(key);
      ends.set(key, { times: recent([...comebacks, time], time), closed });
      if (ends.size > MOST_ENDS) ends.delete(ends.keys().next().value!);
    },
    forget: key => void ends.delete(key),
    comebacks: (key, time) => recent(ends.get(key)?.times ?? [], time),
    keeps(key, change, now) {
      if (change.why !== 'update' || change.time >= endOf(key) || kept.size >= MOST_KEPT) return false;
      const name = nameOf(key, change);
      kept.set(name, { change, until: kept.get(name)?.until ?? now + KEPT });
      return true;
    },
    took(key, change) {
      const name = nameOf(key, change);
      const one = kept.get(name);
      kept.delete(name);
      return one === undefined || change.what === 'unseen' || change.time <= endOf(key) ? null : one.change;
    },
    due(now) {
      if (now < looked) setBack(now);
      looked = now;
      const all = [...kept].filter(([, { until }]) => until <= now);
      for (const [name] of all) kept.delete(name);
      return all.map(([, { change }]) => change);
    },
  };
}
