/**
 * Alerts of one flow and signature become one trace: a state machine without clock or timers. Each alert that a rule named
 * goes in; out come the groups whose packets are to be traced now. A group is then remembered until its minute is over, so
 * that what else is told of it is counted and no more.
 */
import { type BestPackets, bestPackets, type Guessing } from '../../packet/best-packets.ts';
import { PACKETS } from '../../traceback/evidence.ts';

/** How long more packets are waited for after the first, and how long a group lasts; ms. */
export const GATHER = 1_000;
export const GROUP = 60_000;
/** Groups at a time; more are left out, and counted. */
export const MOST_GROUPS = 4096;

/** Something that may be traced: a packet `of` a group, and how hard it is to guess. */
export interface Candidate<T> {
  readonly guessing: Guessing;
  readonly of: T;
}

export interface Gathered<T> {
  /** Those to ask for, in the order in which they came. */
  readonly best: readonly T[];
  /** Packets that were looked at. */
  readonly packets: number;
}

interface Group<T> {
  readonly since: number;
  /** Null when it is traced already. */
  best: BestPackets<T> | null;
  packets: number;
}

export interface Gathering<T> {
  /**
   * Takes a candidate of the group `key` at `now` (ms, monotonic). What is gathered is to be traced at once; `waits`: when
   * `due` says so; `duplicate`: its group is traced already; `full`: there are too many groups.
   */
  take(key: string, candidate: Candidate<T>, now: number): 'waits' | 'duplicate' | 'full' | Gathered<T>;
  /** The groups that have waited long enough, each of them once. */
  due(now: number): Gathered<T>[];
  /** When `due` has the next one; null when nothing waits. */
  next(): number | null;
  /** Groups that are remembered. */
  readonly size: number;
}

/** Looks at `most` packets of a group at most. */
export function gathering<T>(most: number, limit: number = MOST_GROUPS): Gathering<T> {
  // In the order of their beginning, which is that of their end.
  const groups = new Map<string, Group<T>>();
  const waiting = new Map<string, Group<T>>();

  const forget = (now: number) => {
    for (const [key, { since, best }] of groups) {
      if (now - since < GROUP) return;
      if (best === null) groups.delete(key);
    }
  };
  const release = (key: string, group: Group<T>): Gathered<T> => {
    const best = group.best!.best().map(({ packet }) => packet);
    group.best = null; // the packets are not kept
    waiting.delete(key);
    return { best, packets: group.packets };
  };

  return {
    take(key, candidate, now) {
      forget(now);
      let group = groups.get(key);
      if (group === undefined) {
        if (groups.size >= limit) return 'full';
        group = { since: now, best: bestPackets(PACKETS), packets: 0 };
        groups.set(key, group);
        waiting.set(key, group);
      }
      if (group.best === null) return 'duplicate';
      group.packets++;
      group.best.take(candidate.guessing, () => candidate.of);
      const good = group.best.best().filter(({ guessing }) => guessing.entropy === 'high').length;
      return good >= PACKETS || group.packets >= most ? release(key, group) : 'waits';
    },
    due(now) {
      const ready: ReturnType<typeof release>[] = [];
      // They wait in the order in which they began: the first that is not due is followed by none that is.
      for (const [key, group] of waiting) {
        if (now - group.since < GATHER) break;
        ready.push(release(key, group));
      }
      return ready;
    },
    next() {
      const first = waiting.values().next();
      return first.done ? null : first.value.since + GATHER;
    },
    get size() {
      return groups.size;
    },
  };
}
