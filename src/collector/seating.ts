/** What the monitored peers need of the collector that they live in. */
import type { Rib } from '../rib/adj-rib-in.ts';
import type { AskablePeer } from './answers.ts';
import type { ArchivedSession, ArchiveFeed } from './archive-feed.ts';
import type { createIngest } from './ingest.ts';
import type { Slices } from './restart.ts';
import type { RowPeer } from './rows.ts';

/** A peer with a number, which is the index of its table in the RIB: that of a session, or a monitored one. */
export interface SeatedPeer extends AskablePeer {
  readonly row: RowPeer;
  /** Families whose End-of-RIB is still to come. */
  readonly awaiting: Set<1 | 2>;
  readonly archived: ArchivedSession;
  /** The table of a family is whole. */
  ended?(afi: 1 | 2): void;
}

export interface Seating {
  readonly rib: Rib;
  readonly ingest: ReturnType<typeof createIngest>;
  readonly archive: Pick<ArchiveFeed, 'session'>;
  /** Gives a peer a number. */
  seat<P extends SeatedPeer>(make: (number: number) => P): P;
  /** Takes the number back; the peer holds no routes any more. */
  unseat(peer: SeatedPeer): void;
  /** Drops the routes of a peer: they are out of sight. */
  drop(number: number): void;
  /** The peer is no witness of its routes any more. */
  lose(number: number): void;
  /** Works in slices, between which sessions and questions are served. */
  later(work: Slices): void;
  /** The table of a family is as whole as it will be. */
  whole(number: number, afi: 1 | 2): void;
  /** Tells that a peer's session came up or went down. */
  changed(row: RowPeer, state: string, reason?: string): void;
  /** Tells that a peer is known no more: what it held counts as gone. */
  forgotten(row: RowPeer): void;
  log(level: 'debug' | 'info' | 'warn' | 'error', text: string, fields?: Record<string, unknown>): void;
  /** True when nothing may be read from peers now. */
  held(): boolean;
  /** The AS of this daemon. */
  localAs(): number;
  /** Milliseconds since the epoch. */
  now(): number;
}
