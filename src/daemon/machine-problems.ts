/** What is to be said of the machines on the bus, as one of them hears them. */
import type { Machine } from '../bus/presence.ts';
import { type Backlog, copiesWords, heldWords } from '../bus/stream.ts';
import { routerIdOf } from '../bus/subjects.ts';

/** A clock that differs by more is a problem: times of cases are those of the collector, and are believed. Milliseconds. */
const CLOCKS = 5_000;

/** Lines for `show status`. */
export function machineProblems(machines: readonly Machine[]): string[] {
  return machines.flatMap(one => {
    const machine = `machine ${routerIdOf(one.machine)}`;
    if (one.missed)
      return [`${machine} is not heard; if it was removed for good: clear collector ${routerIdOf(one.machine)}`];
    return [
      ...(one.twice ? [`two daemons say that they are ${machine}: each needs a router id of its own`] : []),
      ...(one.ahead !== null && Math.abs(one.ahead) > CLOCKS
        ? [`the clock of ${machine} is ${clockWords(one.ahead)}`]
        : []),
    ];
  });
}

/** What partitions here leave in the stream, for it is of a version that is not known here. */
export const heldProblems = (
  partitions: ReadonlyMap<number, { readonly backlog: () => Pick<Backlog, 'held'> | null }>,
): string[] =>
  [...partitions].flatMap(([partition, one]) =>
    [...(one.backlog()?.held ?? [])].map(([collector, version]) => heldWords(partition, collector, version)),
  );

/** Partitions that cannot be read, and what is wrong with the stream; that of several is said once. */
export function readProblems(
  partitions: ReadonlyMap<number, { readonly backlog: () => Pick<Backlog, 'trouble'> | null }>,
): string[] {
  const troubled = [...partitions].map(([partition, one]) => [partition, one.backlog()?.trouble ?? ''] as const);
  const why = Map.groupBy(troubled, ([, trouble]) => trouble);
  return [...why].flatMap(([trouble, of]) => {
    const numbers = of.map(([partition]) => partition).sort((a, b) => a - b);
    return trouble === ''
      ? []
      : [`partition${of.length === 1 ? '' : 's'} ${numbers.join(', ')} on the bus: ${trouble}`];
  });
}

/** Where the stream has another number of copies than is configured; said once, for all partitions are in one stream. */
export function copiesProblems(
  partitions: ReadonlyMap<number, { readonly backlog: () => Pick<Backlog, 'copies'> | null }>,
  wanted: number,
): string[] {
  const copies = new Set([...partitions.values()].map(one => one.backlog()?.copies ?? wanted));
  return [...copies].filter(one => one !== wanted).map(one => copiesWords(one, wanted));
}

/** `12 s ahead of ours`; `ahead` in ms. */
const clockWords = (ahead: number): string =>
  `${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} ours`;
