/** The peers of RID, and what came of what they and we sent. */
import type { Bucket } from '../net/rate.ts';

export interface RidPeer {
  readonly name: string;
  /** Where it listens; null: nothing can be sent to it. */
  readonly url: string | null;
  readonly in: 'allow' | 'ask' | 'deny';
  /** It is of our own organisation and may give packets as they are. */
  readonly packets: boolean;
  /** Requests a second. */
  readonly rate: number;
}

/** Row of `show rid`. */
export interface RidPeerRow extends RidPeer {
  readonly received: number;
  readonly traced: number;
  /** Requests of it that were not carried out. */
  readonly denied: number;
  readonly sent: number;
  readonly failed: number;
  readonly lastError: string;
}

/** What is counted of a peer; what is not shown stands apart. */
type Counts = Omit<RidPeerRow, keyof RidPeer> & {
  /** How many messages it may send at once now. */
  readonly bucket: Bucket | null;
  /** Requests of it that are worked on. */
  readonly working: number;
};

export interface RidCounts {
  of(peer: string): Counts;
  change(peer: string, change: Partial<Counts>): void;
  rowOf(peer: RidPeer): RidPeerRow;
}

const NONE: Counts = {
  ...{ received: 0, traced: 0, denied: 0, sent: 0, failed: 0, lastError: '', bucket: null, working: 0 },
};

/** Nothing was sent yet. */
export function createRidCounts(): RidCounts {
  const counts = new Map<string, Counts>();
  const of = (peer: string) => counts.get(peer) ?? NONE;
  return {
    of,
    change: (peer, change) => void counts.set(peer, { ...of(peer), ...change }),
    rowOf(peer) {
      const { bucket: _, working: __, ...told } = of(peer.name);
      return { ...peer, ...told };
    },
  };
}
