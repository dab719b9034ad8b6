/** The book of one partition of the cases, with what tells people of them, while its lease is held here. */
import type { Bus } from '../bus/connection.ts';
import { type Backlog, readPartition } from '../bus/stream.ts';
import { partitionOf } from '../bus/subjects.ts';
import { comesAndGoes } from '../collector/peers.ts';
import type { Outbox } from '../notify/outbox.ts';
import type { Deliveries } from '../store/postgresql/deliveries.ts';
import type { ScopeStore } from '../store/postgresql/scope.ts';
import type { CursorRecord } from '../store/records.ts';
import { type CaseFeed, createCaseFeed } from './case-feed.ts';
import type { CaseParts } from './case-house.ts';
import { type CasesOfStore, openCases } from './cases.ts';
import { leasedOutbox } from './leased-outbox.ts';
import type { Log } from './log.ts';
import type { Tenant, Tenure } from './partitions.ts';
import { noteAgain } from './sent-again.ts';

export interface CasePartition extends Tenant {
  readonly cases: CasesOfStore;
  readonly outbox: Outbox;
  /** A machine is not heard any more; it is there, again or for the first time (case-feed.ts). */
  missed(collector: string): void;
  back(collector: string, collects: boolean): void;
  /** A collector was removed for good (case-feed.ts). */
  forget(collector: string): ReturnType<CaseFeed['forget']>;
  /** Messages that came twice, and gaps. */
  counts(): { readonly twice: number; readonly gaps: number };
  /** How far behind it is; null: collectors are on no bus. */
  backlog(): Backlog | null;
}

export interface CasePartitionParts extends CaseParts {
  /** Null: collectors are on no bus; the one here tells the book itself. */
  readonly bus: Bus | null;
  readonly replicas: number;
  /** This partition, and how many there are. */
  readonly partition: number;
  readonly partitions: number;
  readonly store: ScopeStore;
  readonly deliveries: Deliveries;
  readonly tenure: Tenure;
  readonly askResync: (collector: string) => Promise<boolean>;
  /** When the daemon started that bears a machine's name now (presence.ts). */
  readonly lifeOf: (collector: string) => number | null;
  /** How long messages took through the stream (stream.ts). */
  readonly took?: (milliseconds: number) => void;
  readonly log: Log;
}

/** A collector that was asked for all that it holds and has not begun to tell it is asked again. Milliseconds. */
const ASK_AGAIN = 3_000;

export async function openCasePartition(parts: CasePartitionParts): Promise<CasePartition> {
  const { bus, replicas, partition, partitions, store, deliveries, tenure, askResync, lifeOf, log } = parts;
  const { registry, config, ground, company, told } = parts;
  const outbox = leasedOutbox({
    ...{ store, notify: config().notify, log, told, deliveries, tenure },
    again: record => noteAgain(cases, record),
  });
  const place = { place: partition, books: partitions };
  const more = { ...company, place, link: store.link, lost: () => store.lost };
  const cases: CasesOfStore = await openCases(store, outbox, registry, config, log, ground, more);
  const cursors = await openRest().catch(async error => {
    // Else its clocks would go on beside those of the next try.
    await outbox.close();
    await cases.close().catch(() => {});
    throw error;
  });
  async function openRest(): Promise<readonly CursorRecord[]> {
    const all = await store.read('cursor.all', {});
    await outbox.start();
    return all;
  }
  const feed = createCaseFeed({
    ...{ cases, cursors, mayBe: name => comesAndGoes(config(), name), askResync, lifeOf, log },
    isHere: prefix => partitionOf(prefix, partitions) === partition,
    refuse: (collector, why) => bus?.refused.count('judged', collector, why),
  });
  const reader =
    bus &&
    readPartition({
      ...{ bus, partition, replicas, take: feed.take, mayRead: tenure.sure, onLost: feed.lost, log },
      ...(parts.took !== undefined && { took: parts.took }),
    });
  // What is held now is not known here: the tables of witnesses may be others than when the last holder wrote them down.
  feed.askAgain();
  const asking = setInterval(feed.askAgain, ASK_AGAIN);
  return {
    cases,
    outbox,
    missed: feed.missed,
    back: feed.back,
    forget: feed.forget,
    counts: feed.counts,
    backlog: () => reader?.backlog() ?? null,
    async close() {
      clearInterval(asking);
      await reader?.close();
      await outbox.close();
      await cases.close().catch(() => {}); // what could not be written is the next holder's to find out
    },
  };
}
