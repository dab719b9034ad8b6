/** The tables of `watch`: what they are read from, and what of a row is no reason to tell it. */
import type { AskRib } from '../collector/thread.ts';
import type { IrrStatusRow, ProbeStatusRow, StatusReport, TracePeerRow } from '../control/daemon.ts';
import type { MachineRow } from '../control/machine-rows.ts';
import type { LiveTable } from './live-tables.ts';

export interface TableSources {
  readonly query: AskRib;
  status(): Promise<StatusReport>;
  sources(): readonly IrrStatusRow[];
  probes(): readonly ProbeStatusRow[];
  tracePeers(): readonly TracePeerRow[];
  machines(): readonly MachineRow[];
}

/** What always changes of a machine that is as it was. */
const NUMBERS: readonly string[] = [
  ...['heard', 'time', 'ahead', 'peers', 'routes', 'published', 'waiting', 'counts', 'behind', 'oldest'],
];

/** Each tells the rows of a command that shows the same (`show bgp summary`, `show irr` and the like). */
export function watchedTables({ query, status, sources, probes, tracePeers, machines }: TableSources): LiveTable[] {
  return [
    { about: 'machines', named: ['machine'], restless: NUMBERS, read: async () => machines() },
    { about: 'probes', named: ['probe'], restless: [], read: async () => probes() },
    {
      ...{ about: 'sessions', named: ['peer'], restless: ['received', 'sent'] },
      read: async () => (await query({ about: 'summary' })).rows as readonly object[],
    },
    { about: 'sources', named: ['source'], restless: ['age'], read: async () => sources() },
    { about: 'status', named: [], restless: ['time', 'memory', 'oldest'], read: async () => [await status()] },
    { about: 'traceback', named: ['as'], restless: [], read: async () => tracePeers() },
  ];
}
