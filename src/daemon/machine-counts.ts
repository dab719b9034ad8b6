/** What this machine counts of its work with others, and what of it `show status` tells. */
import type { Bus } from '../bus/connection.ts';
import type { MachineCounts } from '../bus/presence.ts';
import type { Publisher } from '../bus/publisher.ts';
import type { MachineRow, SharedStatus } from '../control/machine-rows.ts';
import type { Database } from '../store/postgresql/database.ts';
import type { CasePartition } from './case-partition.ts';

export interface CountedParts {
  readonly bus: Pick<Bus, 'lost' | 'refused'>;
  readonly publisher: Pick<Publisher, 'report'>;
  readonly database: Pick<Database, 'pace'>;
  readonly running: ReadonlyMap<number, Pick<CasePartition, 'counts'>>;
  /** Partitions that were taken; collectors that were asked for all they hold; times that the one here told it. */
  readonly taken: number;
  readonly asked: number;
  readonly told: number;
}

export function countsOf({ bus, publisher, database, running, ...rest }: CountedParts): MachineCounts {
  const { again, room } = publisher.report();
  const { waiting: requests, ...pace } = database.pace.report();
  const each = [...running.values()].map(one => one.counts());
  return {
    ...{ room, again, lost: bus.lost, ...rest, requests, ...pace },
    gaps: each.reduce((sum, { gaps }) => sum + gaps, 0),
    twice: each.reduce((sum, { twice }) => sum + twice, 0),
    refused: bus.refused.rows().reduce((sum, { times }) => sum + times, 0),
  };
}

/** How far behind each of these partitions is, in their order. */
export function behindOf(
  partitions: readonly number[],
  running: ReadonlyMap<number, Pick<CasePartition, 'backlog'>>,
): { readonly behind: readonly (number | null)[]; readonly oldest: readonly number[] } {
  const backlogs = partitions.map(one => running.get(one)?.backlog() ?? null);
  return { behind: backlogs.map(one => one?.waiting ?? null), oldest: backlogs.map(one => one?.oldest ?? 0) };
}

/** For `show status`; what this machine says of itself is a second old at most. */
export function sharedOf(machines: readonly MachineRow[]): SharedStatus {
  const self = machines.find(one => one.self);
  return {
    known: machines.length,
    missed: machines.filter(one => one.missed).map(({ machine }) => machine),
    partitions: self?.partitions ?? [],
    behind: (self?.behind ?? []).reduce<number>((sum, one) => sum + (one ?? 0), 0),
    waiting: self?.waiting ?? 0,
    room: self?.counts?.room ?? 0,
  };
}
