/** The partitions of the cases as they are shown: by the database whose they are, by the bus how far behind each is. */
import type { Machine } from '../bus/presence.ts';
import { routerIdOf } from '../bus/subjects.ts';
import type { PartitionRow } from '../control/machine-rows.ts';
import type { StoredPartition } from '../store/postgresql/partition-rows.ts';

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
