/** What was committed to, hour by hour: the story that `itctl retention prove` tells. */
import type { Commitment } from './commitments.ts';
import { merkleRoot } from './merkle.ts';

export interface EpochRecord {
  readonly epoch: number;
  /** Names the storage key; null when nothing is known of one. */
  readonly key: string | null;
  /** When the key was made and destroyed, ms since the epoch; null where it was not. */
  readonly created: number | null;
  /** When the key was destroyed, milliseconds since the epoch; null: it was not. */
  readonly destroyed: number | null;
  /** Windows that were sealed. */
  readonly windows: number;
  /** Number of the first window; null without any, and when it was destroyed before this was read. */
  readonly first: number | null;
  /** That of the last. */
  readonly last: number | null;
  /** Root over the roots of the windows, in the order in which they were sealed, hex. */
  readonly root: string;
  /** Hash of the chain's latest line about it. */
  readonly chain: string;
}

export interface EpochRecords {
  /** Takes the next line of the chain. */
  take(entry: Commitment, hash: string): void;
  /** Roots of an hour's windows, by `number-part`; null when it was destroyed, or never heard of. */
  rootsOf(epoch: number): ReadonlyMap<string, string> | null;
  /** One hour; null when it was never heard of. Its root is made of those of all its windows. */
  recordOf(epoch: number): EpochRecord | null;
  /** In the order of time; those destroyed long ago are left out. */
  list(): EpochRecord[];
}

/** Destroyed hours that are remembered: about six weeks. */
export const MOST_DESTROYED = 1000;

interface Growing {
  key: string | null;
  created: number | null;
  destroyed: number | null;
  windows: number;
  first: number | null;
  last: number | null;
  root: string | null;
  chain: string;
  readonly roots: Map<string, string>;
}

export function epochRecords(): EpochRecords {
  const epochs = new Map<number, Growing>();
  const destroyed: number[] = [];

  const of = (epoch: number): Growing => {
    let growing = epochs.get(epoch);
    if (growing === undefined) {
      const nothing = { key: null, created: null, destroyed: null, windows: 0, first: null, last: null, root: null };
      growing = { ...nothing, chain: '', roots: new Map() };
      epochs.set(epoch, growing);
    }
    return growing;
  };

  return {
    take(entry, hash) {
      if (entry.what === 'begun') return;
      const growing = of(entry.epoch);
      growing.chain = hash;
      if (entry.what === 'key') {
        // An hour whose key was destroyed and that comes again, as in another capture of it, begins anew.
        Object.assign(growing, { key: entry.key, created: entry.at, destroyed: null, root: null });
      } else if (entry.what === 'window') {
        growing.roots.set(`${entry.number}-${entry.part}`, entry.root);
        growing.windows = growing.roots.size;
        growing.first = Math.min(growing.first ?? entry.number, entry.number);
        growing.last = Math.max(growing.last ?? entry.number, entry.number);
      } else {
        Object.assign(growing, { key: entry.key, destroyed: entry.at, windows: entry.windows, root: entry.root });
        growing.roots.clear();
        destroyed.push(entry.epoch);
        if (destroyed.length > MOST_DESTROYED) {
          const oldest = destroyed.shift()!;
          if (epochs.get(oldest)?.destroyed !== null) epochs.delete(oldest);
        }
      }
    },
    rootsOf(epoch) {
      const growing = epochs.get(epoch);
      return growing === undefined || growing.destroyed !== null ? null : growing.roots;
    },
    recordOf(epoch) {
      const growing = epochs.get(epoch);
      return growing === undefined ? null : recordOf(epoch, growing);
    },
    list: () => [...epochs].sort(([a], [b]) => a - b).map(([epoch, growing]) => recordOf(epoch, growing)),
  };
}

function recordOf(epoch: number, { roots, root, ...record }: Growing): EpochRecord {
  return { epoch, ...record, root: root ?? rootOver(roots.values()) };
}

/** Root over roots of windows, hex. */
function rootOver(roots: Iterable<string>): string {
  return merkleRoot([...roots].map(root => Buffer.from(root, 'hex'))).toString('hex');
}
