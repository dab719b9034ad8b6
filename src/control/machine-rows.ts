/** What is shown of the machines that share the work. */
import type { Alive } from '../bus/presence.ts';
import type { RouteRow, SummaryRow } from '../collector/messages.ts';

/** Row of `show collector`. */
export interface MachineRow extends Alive {
  /** Router id of the machine. */
  readonly machine: string;
  /** This one is asked. */
  readonly self: boolean;
  /** Nothing is heard of it. */
  readonly missed: boolean;
  /** When it was heard last, ms since the epoch. */
  readonly heard: number;
  /** Its clock against that of the machine asked, ms: above 0 it is ahead; null: it did not say. */
  readonly ahead: number | null;
  /** Two daemons bear its name. */
  readonly twice: boolean;
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

export interface MachineAnswers {
  /** The machines on the bus, this one among them; without a bus none. */
  machines(): Promise<readonly MachineRow[]>;
  /** Has every machine carry out a command that only looks, this one too, also where it is alone. */
  askAll(words: readonly string[], signal: AbortSignal): Promise<readonly MachineAnswer[]>;
}
