/** What this machine counts of its work with others, and what of it `show status` tells. */
import type { Bus } from '../bus/connection.ts';
import type { Machine, MachineCounts } from '../bus/presence.ts';
import type { Publisher } from '../bus/publisher.ts';
import { routerIdOf } from '../bus/subjects.ts';
import type { SharedStatus } from '../control/machine-rows.ts';
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

export function countsOf({ bus, publisher, database, running, taken, asked, told }: CountedParts): MachineCounts {
  const { again, room } = publisher.report();
  const { waiting: requests, ...pace } = database.pace.report();
  const each = [...running.values()].map(one => one.counts());
  return {
    ...{ room, again, lost: bus.lost, taken, asked, told, requests, ...pace },
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

export interface SharedParts extends Omit<CountedParts, 'bus' | 'running'> {
  readonly bus: Pick<Bus, 'lost' | 'refused' | 'up' | 'since'>;
  readonly running: ReadonlyMap<number, Pick<CasePartition, 'counts' | 'backlog'>>;
  readonly machines: readonly Machine[];
}

/** For `show status` and metrics. */
export function sharedOf({ machines, ...parts }: SharedParts): SharedStatus {
  const { bus, publisher, running } = parts;
  const { published, waiting, dropped } = publisher.report();
  const partitions = [...running.keys()].sort((a, b) => a - b);
  return {
    ...{ up: bus.up, since: bus.since, known: machines.length, partitions, published, waiting, dropped },
    missed: machines.filter(one => one.missed).map(({ machine }) => routerIdOf(machine)),
    behind: behindOf(partitions, running).behind.reduce<number>((sum, one) => sum + (one ?? 0), 0),
    counts: countsOf(parts),
  };
}
