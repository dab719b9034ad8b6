/** What is shown of the machines that share the work. */
import { channel } from 'node:diagnostics_channel';
import type { Alive, MachineCounts } from '../bus/presence.ts';
import type { RefusedRow } from '../bus/refused.ts';
import type { RouteRow, SummaryRow } from '../collector/messages.ts';

export type { RefusedRow } from '../bus/refused.ts';

/** How long one hop took of the way from an UPDATE to its case. */
export interface Hop {
  /**
   * `publish`: from what is judged to its being in the stream. `stream`: from there to its being on disk, by the clock of the
   * server of the bus. `transaction`: one of the database, which is part of that. No clocks of two machines are compared.
   */
  readonly hop: 'publish' | 'stream' | 'transaction';
  readonly milliseconds: number;
}
/** Where they are published, for whoever counts them. */
export const HOPS = channel('intertrack:hop');

/** Row of `show collector`. */
export interface MachineRow extends Alive {
  /** Router id of the machine. */
  readonly machine: string;
  /** This one is asked. */
  readonly self: boolean;
  /** Nothing is heard of it. */
  readonly missed: boolean;
  /** The bus is not there at the machine that is asked: what is told of this one is what it said when it was heard last. */
  readonly unheard: boolean;
  /** When it was heard last, ms since the epoch. */
  readonly heard: number;
  /** Its clock against that of the machine asked, ms: above 0 it is ahead; null: it did not say. */
  readonly ahead: number | null;
  /** Two daemons bear its name. */
  readonly twice: boolean;
}

/** What `show status` tells of the machines that share the work. */
export interface SharedStatus {
  /** The connection to the bus is up; since when it is, or is not, ms since the epoch. */
  readonly up: boolean;
  readonly since: number;
  /** Machines that are known, this one included. */
  readonly known: number;
  /** Router ids of those that are not heard. */
  readonly missed: readonly string[];
  /** Partitions of the cases that this machine has; messages that wait for them in the stream. */
  readonly partitions: readonly number[];
  /** Messages that wait for its partitions in the stream. */
  readonly behind: number;
  /** Messages of its own that are in the stream; changes that wait for the bus, and that were dropped. */
  readonly published: number;
  /** Changes of its collector that wait for the bus. */
  readonly waiting: number;
  /** Changes of its collector that were dropped, for the bus took none for too long. */
  readonly dropped: number;
  /** What befell it since it began. */
  readonly counts: MachineCounts;
}

/** `show collector MACHINE`. */
export interface MachineDetail extends MachineRow {
  /** What the machine that is asked did not believe of it. */
  readonly refused: readonly RefusedRow[];
}

/** Row of `show partition`. */
export interface PartitionRow {
  /** Number of the partition, from 0. */
  readonly partition: number;
  /** Router id of the machine that has it, or had it last; '': none ever had. */
  readonly holder: string;
  /** Name of its host. */
  readonly host: string;
  /** It is the one that is asked. */
  readonly self: boolean;
  /** Milliseconds that its lease lasts on, by the database's clock; 0: nobody has it now. */
  readonly left: number;
  /** How many have had it: grows with each. */
  readonly fence: number;
  /** Messages that wait for it in the stream, and how long the oldest does, ms; null: its machine does not say. */
  readonly behind: number | null;
  /** How long the oldest message has waited, milliseconds; null: its machine does not say. */
  readonly oldest: number | null;
  /** Cases that are not over; notices that wait, and when the oldest of them was written. */
  readonly openCases: number;
  readonly pending: number;
  /** When the oldest of the notices that wait was written; null: none waits. */
  readonly oldestPending: number | null;
  /** How far it has taken in what each collector tells. */
  readonly cursors: readonly PartitionCursor[];
  /** There while the database is away: then all else of the row is what the machine asked knew last, and `left` is 0. */
  readonly away?: PartitionAway;
}

export interface PartitionAway {
  /** Since when the machine asked does not reach the database, ms since the epoch. */
  readonly since: number;
  /** When it had an answer of it last, ms since the epoch; null: never since its start. */
  readonly answered: number | null;
  /** One line. */
  readonly why: string;
  /** When it took the partition, ms since the epoch; null: it did not have it when the database was there last. */
  readonly taken: number | null;
}

export interface PartitionCursor {
  /** Router id. */
  readonly collector: string;
  /** When it started, ms since the epoch by its own clock; and the number of its last message that is taken in. */
  readonly life: number;
  /** Number of the last message of it that was taken in. */
  readonly sequence: number;
}

/** Rows of `show bgp summary all` and `show route PREFIX all`: those of the same command without `all`, with their machine. */
export interface MachineSummaryRow extends SummaryRow {
  /** Router id of the machine that has the peer. */
  readonly machine: string;
}
export interface MachineRouteRow extends RouteRow {
  /** Router id of the machine that holds the route. */
  readonly machine: string;
}

/** A machine that did not answer, behind the rows of those that did. */
export interface SilentRow {
  /** Router id; '': no other machine is known. */
  readonly machine: string;
  /** Why, in words. */
  readonly silent: string;
}

/** What a machine answered that was asked with all others. */
export interface MachineAnswer {
  readonly machine: string;
  readonly rows: readonly unknown[];
  /** Why it did not answer; '': it did. Of no machine (`machine` is ''): why others are not known. */
  readonly silent: string;
}

/** Row of `clear collector MACHINE`: what a machine had to forget. */
export interface ForgottenRow {
  /** Router id of the machine that did it, or was asked to. */
  readonly machine: string;
  /** Partitions of the cases in which it did it. */
  readonly partitions: readonly number[];
  /** Cases, and peers that were held for witnesses of them, that the removed machine had told of. */
  readonly cases: number;
  /** Peers that were held for witnesses, and are no more. */
  readonly witnesses: number;
  /** Why it was not done there, in words; '': it was. */
  readonly silent: string;
}

export interface MachineAnswers {
  /** A machine was removed for good; rejects in words when it is heard, or the machines share nothing. */
  forgetMachine(
    routerId: string,
    by: string,
  ): Promise<{ readonly rows: readonly ForgottenRow[]; readonly notes: readonly string[] }>;
  /** The machines on the bus, this one among them; without a bus none. */
  machines(): Promise<readonly MachineRow[]>;
  /** How this one stands with the others; null: it is on no bus. */
  shared(): Promise<SharedStatus | null>;
  /**
   * The partitions of the cases; alone none. While the database is away, what is known here of them; rejects in words where
   * that is nothing.
   */
  partitions(): Promise<readonly PartitionRow[]>;
  /** What came over the bus and was not believed here. */
  refused(): Promise<readonly RefusedRow[]>;
  /** Has every machine carry out a command that only looks, this one too, also where it is alone. */
  askAll(words: readonly string[], signal: AbortSignal): Promise<readonly MachineAnswer[]>;
}
