/** What ASes have committed to, kept for as long as windows are: others' as they told it, and one's own with what is under it. */
import { forgetFirst } from './memory.ts';

/** A commitment of another AS for ten seconds, 64 hex digits, and when it came; ms. */
export interface HeldCommitment {
  readonly commitment: string;
  readonly received: number;
}

/** One of this AS: the roots of the windows that it is over. */
export interface OwnCommitment {
  readonly commitment: string;
  readonly roots: readonly string[];
}

export interface CommittedTo {
  /** Tens of seconds since 1970. */
  readonly window: number;
  readonly commitment: string;
}

export interface KeptCommitments {
  /** Keeps what an AS told; what it told first counts. */
  hold(as: number, told: readonly CommittedTo[], received: number): void;
  /** What an AS has told for a window, in the order in which it came. */
  held(as: number, window: number): Promise<readonly HeldCommitment[]>;
  keepOwn(window: number, own: OwnCommitment): void;
  own(window: number): Promise<readonly OwnCommitment[]>;
}

/** Windows of which they are kept in memory: an hour. */
const WINDOWS = 360;
/** ASes of which they are. */
const ASES = 4096;

/** Kept in memory alone, the latest hour of each AS: for who has no database. */
export function commitmentsInMemory(): KeptCommitments {
  const others = new Map<number, Map<number, HeldCommitment[]>>();
  const mine = new Map<number, OwnCommitment[]>();
  return {
    hold(as, told, received) {
      const windows = others.get(as) ?? new Map<number, HeldCommitment[]>();
      others.set(as, windows);
      forgetFirst(others, ASES);
      for (const { window, commitment } of told) {
        const there = windows.get(window) ?? [];
        if (!there.some(one => one.commitment === commitment)) there.push({ commitment, received });
        windows.set(window, there);
        forgetFirst(windows, WINDOWS);
      }
    },
    held: (as, window) => Promise.resolve(others.get(as)?.get(window) ?? []),
    keepOwn(window, own) {
      mine.set(window, [...(mine.get(window) ?? []), own]);
      forgetFirst(mine, WINDOWS);
    },
    own: window => Promise.resolve(mine.get(window) ?? []),
  };
}
