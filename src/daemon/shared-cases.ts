/**
 * The cases of all machines, as one of them sees them: those of the partitions that run here as they are in memory, the
 * others as they are in the database. What a collector here tells goes to where the cases are.
 */
import type { CaseEvent } from '../bus/case-event.ts';
import type { CaseOrder } from '../control/daemon.ts';
import type { Case } from '../hijack/case.ts';
import { incidentOf } from '../hijack/incident.ts';
import { readCase } from '../hijack/stored-case.ts';
import { RPKI_PEER } from '../hijack/witness-words.ts';
import type { Store } from '../store/records.ts';
import type { CasePartition } from './case-partition.ts';
import { type LineWatchers, lineWatchers } from './case-watchers.ts';
import type { Cases } from './cases.ts';

export interface SharedCasesParts {
  /** The partitions that run here, by number. */
  readonly running: () => ReadonlyMap<number, CasePartition>;
  /** All scopes of the database. */
  readonly everywhere: Pick<Store, 'read'>;
  /** Has the machine that has the case do something to it. */
  readonly elsewhere: (id: string, order: CaseOrder) => Promise<void>;
  /** Puts an event on its way to the partitions. */
  readonly tell: (event: CaseEvent) => Promise<void>;
  /** Every machine sees the ROAs; one of them tells of them. */
  readonly tellsOfRoas: () => boolean;
  readonly problems: () => readonly string[];
}

export interface SharedCases extends Cases {
  /** Those who watch the cases of this machine. */
  readonly watchers: LineWatchers;
  /** Cases of all machines that are not over. */
  everywhere(): Promise<readonly Case[]>;
}

export function createSharedCases({
  running,
  everywhere,
  elsewhere,
  tell,
  tellsOfRoas,
  problems,
}: SharedCasesParts): SharedCases {
  const watchers = lineWatchers();
  const books = (): Cases[] => [...running().values()].map(({ cases }) => cases);
  const open = () => books().flatMap(cases => cases.open());
  const read = async (what: 'case.open' | 'case.before' | 'case.of-incident' | 'case.get', args: object) => {
    const rows = (await everywhere.read(what, args as never)) as readonly { readonly body: string }[];
    // What is known here is newer than what is on disk.
    const known = new Map(open().map(one => [one.id, one]));
    return rows.map(({ body }) => readCase(body)).map(one => known.get(one.id) ?? one);
  };
  const get = async (id: string): Promise<Case | null> =>
    open().find(one => one.id === id) ?? (await read('case.get', { id }))[0] ?? null;
  return {
    watchers,
    judged(changes) {
      return tell({
        what: 'judged',
        changes: tellsOfRoas() ? changes : changes.filter(({ peer }) => peer !== RPKI_PEER),
      });
    },
    session: peer => void tell({ what: 'session', peer }),
    endOfRib: (peer, time) => void tell({ what: 'end-of-rib', peer, time }),
    peersAre: names => void tell({ what: 'peers', names }),
    peerForgotten: peer => void tell({ what: 'forgotten', peer }),
    registryChanged() {
      void tell({ what: 'registry' });
      for (const cases of books()) cases.registryChanged();
    },
    open,
    openCount: () => open().length,
    everywhere: () => read('case.open', {}),
    get,
    before: (one, limit) =>
      read('case.before', { opened: one?.opened ?? Number.MAX_SAFE_INTEGER, id: one?.id ?? '', limit }),
    watch: watchers.add,
    evidence: caseId => everywhere.read('evidence.of-case', { caseId }),
    async ofIncident(incident) {
      const stored = await read('case.of-incident', { incident });
      // One that was opened here in this moment is not on disk; one of an older version is an incident of its own.
      const all = new Map([...stored, ...open().filter(one => incidentOf(one) === incident)].map(one => [one.id, one]));
      const alone = all.size > 0 ? null : await get(incident.slice(1));
      const found = alone !== null && incidentOf(alone) === incident ? [alone] : [...all.values()];
      return found.sort((a, b) => a.opened - b.opened || (a.id < b.id ? -1 : 1));
    },
    async mark(id, order) {
      const mine = books().find(cases => cases.open().some(one => one.id === id));
      if (mine !== undefined) return mine.mark(id, order);
      if ((await get(id)) === null) throw new Error(`there is no case ${id}`);
      await elsewhere(id, order);
      return (await get(id))!;
    },
    // What is wrong with the database is wrong with each of them.
    problems: () => [...problems(), ...new Set(books().flatMap(cases => cases.problems()))],
    async close() {},
  };
}
