/** What is shown of the machines that share the work. */

/** Row of `show collector`. */
export interface MachineRow {
  /** Router id of the machine. */
  readonly machine: string;
  /** This one is asked. */
  readonly self: boolean;
  /** Nothing is heard of it. */
  readonly missed: boolean;
  /** When it was heard last, ms since the epoch. */
  readonly heard: number;
  readonly version: string;
  readonly roles: readonly string[];
  /** When it started, ms since the epoch. */
  readonly started: number;
  readonly peers: number;
  readonly established: number;
  readonly routes: number;
  /** Messages published; changes that wait, and that were dropped since the start. */
  readonly published: number;
  readonly waiting: number;
  readonly dropped: number;
  /** Partitions of the cases that it has. */
  readonly partitions: readonly number[];
  /** What is wrong there, in words. */
  readonly problems: readonly string[];
}

/** What a machine answered that was asked with all others. */
export interface MachineAnswer {
  readonly machine: string;
  readonly rows: readonly unknown[];
  /** Why it did not answer; '': it did. */
  readonly silent: string;
}

export interface MachineAnswers {
  /** The machines on the bus, this one among them; without a bus none. */
  machines(): Promise<readonly MachineRow[]>;
  /** Has every machine carry out a command that only looks. */
  askAll(words: readonly string[], signal: AbortSignal): Promise<readonly MachineAnswer[]>;
}
