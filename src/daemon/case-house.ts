/** Where the cases of a daemon live: in its own database, or shared with other machines (machines.ts). */

import { machineName } from '../bus/subjects.ts';
import type { Retelling } from '../collector/retell.ts';
import type { Config } from '../config/tree.ts';
import type { CaseElsewhere } from '../control/case-rows.ts';
import type {
  MachineAnswer,
  MachineAnswers,
  MachineRow,
  PartitionRow,
  RefusedRow,
  SharedStatus,
} from '../control/machine-rows.ts';
import type { GroundOf } from '../hijack/assessment.ts';
import type { Case } from '../hijack/case.ts';
import type { RegistryView } from '../hijack/judged.ts';
import { createOutbox, type Outbox } from '../notify/outbox.ts';
import type { OutboxRecord, Store } from '../store/records.ts';
import type { CaseCompany } from './case-company.ts';
import { type Cases, openCases } from './cases.ts';
import type { Log } from './log.ts';
import { askAllMachines, type Look } from './machine-looks.ts';
import { noteAgain } from './sent-again.ts';

/** What the rest of the daemon asks of an outbox. */
export type OutboxFace = Pick<Outbox, 'configure' | 'status' | 'start'>;

/** What a book of cases is opened with. */
export interface CaseParts {
  readonly registry: RegistryView;
  readonly config: () => Config;
  readonly ground: GroundOf;
  readonly company: CaseCompany;
  /** Is told of each notice that is stored, and of what came of each attempt. */
  readonly told: (record: OutboxRecord) => void;
}

export interface CaseHouse {
  /** What all parts of the daemon store in. */
  readonly store: Store;
  /** What all machines have stored, to be read. */
  readonly everywhere: Pick<Store, 'read'>;
  /** Resolves once it can be read and written; never, when it is closed before. */
  readonly there: Promise<void>;
  openCases(parts: CaseParts): Promise<{
    readonly cases: Cases;
    readonly outbox: OutboxFace;
    /** Writes what waits, lets conversations finish. */
    close(): Promise<void>;
  }>;
  /** What is shared may be judged now: the registry is in force. Without it a case would know neither objects nor recipients. */
  begin(): Promise<void>;
  /** The collector tells once more all that is wrong with what peers hold. */
  retold(message: Retelling): void;
  /** Of all machines: cases that are not over, notices that wait, and those of a case. */
  openEverywhere(): Promise<readonly Case[]>;
  pendingEverywhere(): Promise<readonly OutboxRecord[]>;
  outboxOf(caseId: string): Promise<readonly OutboxRecord[]>;
  /** As `caseElsewhere` of the Daemon (control/daemon.ts). */
  elsewhere(id: string): CaseElsewhere | null;
  /** The machines on the bus, this one among them; without a bus none. */
  machines(): readonly MachineRow[];
  /** How this machine stands with the others; null: it is on no bus. */
  shared(): SharedStatus | null;
  /** As `partitions` of the Daemon (control/machine-rows.ts). */
  partitions(): Promise<readonly PartitionRow[]>;
  /** What came over the bus and was not believed. */
  refused(): readonly RefusedRow[];
  /** Has every machine carry out a command that only looks. */
  askAll(words: readonly string[], signal: AbortSignal): Promise<readonly MachineAnswer[]>;
  /** A machine was removed for good (removed-machine.ts). */
  readonly forgetMachine: MachineAnswers['forgetMachine'];
  problems(): readonly string[];
  /** Closes what is shared, once nothing is stored any more. */
  close(): Promise<void>;
}

/** The daemon is alone, its database is its own. */
export function ownCaseHouse(
  store: Store,
  { notify, routerId }: Pick<Config, 'notify' | 'routerId'>,
  log: Log,
  look: Look,
): CaseHouse {
  let cases: Cases | null = null;
  return {
    store,
    everywhere: store,
    there: Promise.resolve(),
    async openCases({ registry, config, ground, company, told }) {
      const outbox = createOutbox({ store, notify, log, told, again: record => noteAgain(mine, record) });
      const mine: Cases = await openCases(store, outbox, registry, config, log, ground, company);
      cases = mine;
      return {
        ...{ cases: mine, outbox },
        async close() {
          await mine.close();
          await outbox.close();
        },
      };
    },
    async begin() {},
    retold() {},
    openEverywhere: async () => cases!.open(),
    pendingEverywhere: () => store.read('outbox.pending', {}),
    elsewhere: () => null,
    outboxOf: caseId => store.read('outbox.of-case', { caseId }),
    askAll: (words, signal) =>
      askAllMachines({ bus: null, machine: machineName(routerId), others: [], look }, words, signal),
    machines: () => [],
    forgetMachine: async () => {
      throw new Error('this machine is alone: no `bus nats` is configured');
    },
    partitions: async () => [],
    refused: () => [],
    shared: () => null,
    problems: () => [],
    async close() {},
  };
}
