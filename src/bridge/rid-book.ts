/** What was asked and told by RID, both ways: for the shell, and so that a late answer finds its question. */

export interface RidEntry {
  readonly number: number;
  readonly at: number;
  /** `in`: the peer asked; `out`: we did. */
  readonly way: 'in' | 'out';
  readonly peer: string;
  /** The kind of its RID message (RFC 6545 section 5.2). */
  readonly type: string;
  /** The incident, by its name and who gave it; empty: none. */
  readonly incident: string;
  readonly trace: string | null;
  /** `pending`: a person has to decide, or it is under way; `waits`: the peer answers later. */
  readonly state: 'pending' | 'answered' | 'denied' | 'waits' | 'failed';
  /** What came of it. */
  readonly words: string;
}

/** Entries that are remembered; the oldest go first, those that wait for a person last. */
const MOST = 256;
/** How long an answer is waited for, and a request for a person; ms. */
export const RID_LIFE = 24 * 3_600_000;

export interface RidBook {
  /** Takes entries of before a restart, by their numbers: none is given twice. */
  restore(entries: readonly RidEntry[]): void;
  add(entry: Omit<RidEntry, 'number'>): RidEntry;
  change(number: number, change: Partial<Pick<RidEntry, 'state' | 'words' | 'trace'>>): RidEntry | null;
  /** The latest first. */
  list(): readonly RidEntry[];
}

export function createRidBook(clock: () => number): RidBook {
  const entries = new Map<number, RidEntry>();
  let number = 0;
  const forget = () => {
    const old = clock() - RID_LIFE;
    for (const one of entries.values())
      if (one.at < old && (one.state === 'pending' || one.state === 'waits'))
        entries.set(one.number, { ...one, state: 'failed', words: 'nothing came of it within a day' });
  };
  return {
    restore(before) {
      for (const one of before) {
        entries.set(one.number, one);
        number = Math.max(number, one.number);
      }
    },
    add(entry) {
      const one = { ...entry, number: ++number };
      entries.set(one.number, one);
      if (entries.size > MOST) {
        // By its number a person decides about a request: it has to be found as long as it waits.
        forget();
        const [oldest] = [...entries.values()].filter(({ state, way }) => state !== 'pending' || way !== 'in');
        if (oldest !== undefined) entries.delete(oldest.number);
      }
      return one;
    },
    change(which, change) {
      const one = entries.get(which);
      if (one === undefined) return null;
      const next = { ...one, ...change };
      entries.set(which, next);
      return next;
    },
    list() {
      forget();
      return [...entries.values()].reverse();
    },
  };
}
