/**
 * A machine that was removed for good is forgotten, by order of a person and never by itself: as long as nobody says that it
 * comes back no more, what its peers held is out of sight and its cases go on. Each machine with cases takes what those peers
 * hold for gone, in the partitions that it has.
 */
import { askMachine, type Question } from '../bus/asking.ts';
import type { Bus } from '../bus/connection.ts';
import { isCount } from '../bus/json-values.ts';
import type { Machine } from '../bus/presence.ts';
import { isMachine, machineName, routerIdOf } from '../bus/subjects.ts';
import type { ForgottenRow } from '../control/machine-rows.ts';
import type { CasePartition } from './case-partition.ts';
import type { Log } from './log.ts';
import { ANSWER } from './machine-looks.ts';

/** What one machine had to forget. */
type Forgotten = Pick<ForgottenRow, 'partitions' | 'cases' | 'witnesses'>;

export interface RemovedParts {
  /** Null: this machine is on no bus. */
  readonly bus: Bus | null;
  /** This machine, all that are heard or missed, and how many partitions they share. */
  readonly machine: string;
  readonly machines: () => readonly Machine[];
  readonly count: Promise<number>;
  /** The partitions that run here. */
  readonly running: () => ReadonlyMap<number, CasePartition>;
  /** It is not listed any more, until it is heard again. */
  readonly unlist: (machine: string) => void;
  readonly log: Log;
}

export interface RemovedMachines {
  /** Has all machines forget one; rejects in words when it must not be, or nobody knows of it. */
  forget(routerId: string, by: string): Promise<{ readonly rows: readonly ForgottenRow[]; readonly notes: string[] }>;
  /** Does here what another machine asks for. */
  asked(question: Question): Promise<Forgotten>;
}

/** Characters of who orders it. */
const MOST_BY = 256;
const MOST_PARTITIONS = 256;

export function removedMachines(parts: RemovedParts): RemovedMachines {
  const { bus, machine, machines, count, running, unlist, log } = parts;
  const isHeard = (name: string) => machines().some(one => one.machine === name && !one.missed);

  async function here(removed: string, by: string): Promise<Forgotten> {
    if (removed === machine || isHeard(removed)) throw new Error('that machine is heard here: end it first');
    const partitions: number[] = [];
    let [cases, witnesses] = [0, 0];
    for (const [number, partition] of running()) {
      const found = await partition.forget(removed);
      partitions.push(number);
      cases += found.cases;
      witnesses += found.witnesses;
    }
    unlist(removed);
    log('warn', `machine ${routerIdOf(removed)} is forgotten by order of ${by}: ${witnesses} witnesses are gone`);
    return { partitions: partitions.sort((a, b) => a - b), cases, witnesses };
  }

  return {
    async forget(routerId, by) {
      if (bus === null) throw new Error('this machine is alone: no `bus nats` is configured');
      const removed = machineName(routerId);
      if (removed === machine) throw new Error(`${routerId} is the machine that is asked`);
      if (!bus.up) throw new Error(`the bus is not there, so nobody is heard: ${bus.trouble}`);
      if (isHeard(removed)) throw new Error(`machine ${routerId} is heard: end it first`);
      const listed = machines().some(one => one.machine === removed);
      const others = machines().filter(one => one.machine !== machine && !one.missed);
      const rows = await Promise.all([
        here(removed, by).then(
          found => rowOf(machine, found),
          (error: Error) => rowOf(machine, error.message),
        ),
        ...others.map(({ machine: name }) =>
          askMachine(bus, name, { ask: 'forget', machine: removed, by }, ANSWER).then(
            answer => rowOf(name, readForgotten(answer) ?? 'what it answered cannot be read'),
            (error: Error) => rowOf(name, error.message),
          ),
        ),
      ]);
      const reached = new Set(rows.flatMap(({ partitions }) => partitions));
      const missing = Array.from({ length: await count }, (_, partition) => partition).filter(one => !reached.has(one));
      const known = listed || rows.some(({ witnesses, silent }) => witnesses > 0 || silent !== '');
      return {
        rows,
        notes: [
          ...(missing.length === 0
            ? []
            : [`not done in partitions ${missing.join(', ')}: give the command again once a machine has them`]),
          ...(known ? [] : [`nothing was known of a machine ${routerId}`]),
        ],
      };
    },
    async asked({ machine: removed, by }) {
      if (typeof removed !== 'string' || !isMachine(removed)) throw new Error('it is no machine');
      if (typeof by !== 'string' || by.length > MOST_BY) throw new Error('nobody orders it');
      return here(removed, by);
    },
  };
}

const rowOf = (machine: string, found: Forgotten | string): ForgottenRow => ({
  machine: routerIdOf(machine),
  ...(typeof found === 'string' ? { partitions: [], cases: 0, witnesses: 0 } : found),
  silent: typeof found === 'string' ? found : '',
});

/** What another machine answered; null: it is none. */
export function readForgotten(answer: unknown): Forgotten | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const { partitions, cases, witnesses } = answer as Readonly<Record<string, unknown>>;
  if (!Array.isArray(partitions) || partitions.length > MOST_PARTITIONS || !partitions.every(isCount)) return null;
  return isCount(cases) && isCount(witnesses) ? { partitions, cases, witnesses } : null;
}
