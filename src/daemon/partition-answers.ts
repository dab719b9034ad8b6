/**
 * The partitions of the cases as they are shown: by the database whose they are, by the bus how far behind each is. While the
 * database is away, what this machine knew of them last.
 */
import type { Machine } from '../bus/presence.ts';
import { routerIdOf } from '../bus/subjects.ts';
import type { PartitionRow } from '../control/machine-rows.ts';
import type { Away } from '../store/postgresql/contact.ts';
import type { Database } from '../store/postgresql/database.ts';
import { readPartitions, type StoredPartition } from '../store/postgresql/partition-rows.ts';
import type { AgreedPartitions } from './agreed-partitions.ts';
import type { CasePartition } from './case-partition.ts';
import type { Partitions } from './partitions.ts';
import type { SharedDatabase } from './shared-database.ts';

/** How long who asks waits for a database that says nothing. Milliseconds. */
const PATIENCE = 3_000;

/** A holder as openMachines names it: `ROUTER-ID at HOST`. */
export function namesOf(holder: string): { readonly holder: string; readonly host: string } {
  const [, router = '', host = ''] = /^(\S+) at (.*)$/.exec(holder) ?? [];
  return { holder: router, host };
}

/** `count`: how many there are, whether they were ever taken or not; `self`: router id of this machine. */
export function partitionRows(
  stored: readonly StoredPartition[],
  count: number,
  machines: readonly Machine[],
  self: string,
): PartitionRow[] {
  const known = new Map(stored.map(one => [one.partition, one]));
  const heard = new Map(machines.filter(one => !one.missed).map(one => [routerIdOf(one.machine), one]));
  return Array.from({ length: count }, (_, partition): PartitionRow => {
    const one = known.get(partition);
    const named = namesOf(one?.holder ?? '');
    const left = Math.max(0, one?.left ?? 0);
    // What is said of a partition counts where it is by whoever the database says that it has it.
    const has = left > 0 ? heard.get(named.holder) : undefined;
    const at = has?.partitions.indexOf(partition) ?? -1;
    const behind = has?.behind?.[at] ?? null;
    return {
      ...{ partition, ...named, self: left > 0 && named.holder === self, left, fence: one?.fence ?? 0 },
      ...{ behind, oldest: behind === null ? null : (has?.oldest?.[at] ?? null) },
      ...{ openCases: one?.openCases ?? 0, pending: one?.pending ?? 0, oldestPending: one?.oldestPending ?? null },
      cursors: (one?.cursors ?? []).map(({ collector, ...rest }) => ({ collector: routerIdOf(collector), ...rest })),
    };
  });
}

/** What is known of them without the database: those that are held here, and those that machines on the bus say they have. */
export function rowsWithout(
  away: Away,
  last: readonly PartitionRow[],
  held: ReadonlyMap<number, { readonly taken: number; readonly openCases: number | null }>,
  machines: readonly Machine[],
  self: { readonly holder: string; readonly host: string },
): PartitionRow[] {
  const heard = machines.filter(one => !one.missed);
  return last.map((row): PartitionRow => {
    const { partition } = row;
    const mine = held.get(partition);
    // Of a machine that says that it has what is held here only this one is believed.
    const has = heard.find(({ machine, partitions }) => {
      return (mine === undefined || routerIdOf(machine) === self.holder) && partitions.includes(partition);
    });
    const says = has && { holder: routerIdOf(has.machine), host: '' };
    const named = mine !== undefined ? self : says?.holder === row.holder ? undefined : says;
    const at = has?.partitions.indexOf(partition) ?? -1;
    return {
      ...{ ...row, ...named, self: mine !== undefined, left: 0 },
      ...{ behind: has?.behind?.[at] ?? null, oldest: has?.oldest?.[at] ?? null },
      openCases: mine?.openCases ?? row.openCases,
      away: { ...away, taken: mine?.taken ?? null },
    };
  });
}

export interface PartitionLookParts {
  readonly shared: SharedDatabase;
  readonly agreed: AgreedPartitions;
  /** Null until this machine takes any. */
  readonly mine: () => Partitions<CasePartition> | null;
  readonly machines: () => readonly Machine[];
}

/** What `show partition` shows; it rejects in words where nothing is known, or this user of the database may not look. */
export function partitionLook({ shared, agreed, mine, machines }: PartitionLookParts): () => Promise<PartitionRow[]> {
  const { database } = shared;
  const self = namesOf(database.holder);
  let last: readonly StoredPartition[] = [];
  return async () => {
    const count = agreed.now();
    try {
      if (shared.away() !== null) throw new Error(shared.away()!);
      last = await inTime(readPartitions(database), database);
      return partitionRows(last, await agreed.known, machines(), self.holder);
    } catch (error) {
      const away = database.contact.away();
      if (away === null) throw error;
      if (count === null) throw new Error(`no partitions are known here, and the database is away: ${away.why}`);
      const books = mine()?.running();
      const held = [...(mine()?.held() ?? [])].map(([partition, taken]) => {
        return [partition, { taken, openCases: books?.get(partition)?.cases.openCount() ?? null }] as const;
      });
      const rows = partitionRows(last, count, [], self.holder);
      return rowsWithout(away, rows, new Map(held), machines(), self);
    }
  };
}

/** A database that is frozen is away too. */
async function inTime<T>(answer: Promise<T>, { contact, place }: Pick<Database, 'contact' | 'place'>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const words = `${place}: it has not answered for ${PATIENCE / 1000} s`;
      contact.failed(words);
      reject(new Error(words));
    }, PATIENCE);
  });
  answer.catch(() => {});
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
