/**
 * Where cases, database and outbox meet: what the case book changes is written together with the notices it causes, in
 * one transaction, and only then sent. A database that cannot write (disk full) loses nothing: the changes wait, in order.
 */
import { hostname } from 'node:os';
import type { Config } from '../config/tree.ts';
import type { Case } from '../hijack/case.ts';
import { type CaseChange, createCaseBook } from '../hijack/case-book.ts';
import type { Judged, RegistryView } from '../hijack/judged.ts';
import { outboxRecords } from '../notify/notices.ts';
import type { Outbox } from '../notify/outbox.ts';
import type { OutboxRecord, Store, StoreWrite } from '../store/records.ts';
import type { Log } from './log.ts';

export interface Cases {
  /** Resolves when the changes are on disk. */
  judged(changes: readonly Judged[]): Promise<void>;
  session(peer: string): void;
  endOfRib(peer: string, time: number): void;
  /**
   * These peers are configured now, and no other: what another one held will never be known, and counts as gone. But those
   * that `mayBe` there come and go: peers of ranges, and those that routers report, which are forgotten one by one.
   */
  peersAre(names: readonly string[], mayBe?: (name: string) => boolean): void;
  /** A peer that a router reported is known no more: as one that is no longer configured. */
  peerForgotten(peer: string): void;
  registryChanged(): void;
  /** Every case ever stored, as it is now. */
  all(): readonly Case[];
  openCount(): number;
  /** What is wrong, in words. */
  problems(): readonly string[];
  /** Writes what waits. */
  close(): Promise<void>;
}

/** The case book looks at its timers so often. */
const TICK = 500;
const WRITE_RETRY = 1_000;
/** Changes in one transaction: their mails take some milliseconds to write. */
const AT_ONCE = 16;

export async function openCases(
  store: Store,
  outbox: Outbox,
  registry: RegistryView,
  settings: () => Config,
  log: Log,
): Promise<Cases> {
  const stored = (await store.read('case.all', {})).map(record => JSON.parse(record.body) as Case);
  const cases = new Map(stored.map(one => [one.id, one]));
  const book = createCaseBook({ clock: Date.now, registry, settings, stored });
  let writing: Promise<void> = Promise.resolve();
  let trouble = '';
  let closing = false;

  function describe({ case: of, notice, why }: CaseChange): void {
    const offender = of.offender === null ? 'an AS_SET' : `AS${of.offender}`;
    const level = notice === 'begin' ? 'warn' : 'info';
    log(level, `case ${of.id} ${of.state}: ${of.prefix} announced by ${offender}: ${why}`, { notice });
  }

  async function write(batch: readonly StoreWrite[]): Promise<void> {
    for (;;) {
      try {
        await store.write(batch);
        trouble = '';
        return;
      } catch (e) {
        const words = `cases cannot be written: ${(e as Error).message}`;
        if (words !== trouble) log('error', `${words}; trying again every ${WRITE_RETRY / 1000} s`);
        trouble = words;
        if (closing) throw e;
        await new Promise(resolve => setTimeout(resolve, WRITE_RETRY));
      }
    }
  }

  /** Puts changes and their notices into the queue of transactions, some at a time: a storm must not hold up the rest. */
  function keep(changes: readonly CaseChange[]): Promise<void> {
    for (const change of changes) {
      describe(change);
      cases.set(change.case.id, change.case);
    }
    for (let i = 0; i < changes.length; i += AT_ONCE) {
      const some = changes.slice(i, i + AT_ONCE);
      writing = writing
        .then(() => transact(some))
        .catch((e: Error) => log('error', `${some.length} changes of cases are lost: ${e.message}`));
    }
    return writing;
  }

  /** Changes with their notices, in one transaction; once they are on disk the notices are sent. */
  async function transact(changes: readonly CaseChange[]): Promise<void> {
    const batch: StoreWrite[] = [];
    const mails: OutboxRecord[] = [];
    for (const { case: of, notice } of changes) {
      const { id, state, prefix, opened, changed } = of;
      batch.push({ op: 'case.put', record: { id, state, prefix, opened, changed, body: JSON.stringify(of) } });
      if (notice === null) continue;
      const { notify, watches } = settings();
      const names = { hostname: hostname(), routerName: settings().routerId };
      const { records, refused } = outboxRecords(
        { case: of, event: notice },
        { notify, watches, ...names },
        Date.now(),
      );
      for (const { address, why } of refused) log('warn', `case ${id}: ${address} is not told: ${why}`);
      if (records.length === 0) log('warn', `case ${id}: nobody is told of its ${notice}: no recipient`);
      mails.push(...records);
      batch.push(...records.map(record => ({ op: 'outbox.add', record }) as const));
    }
    await write(batch);
    outbox.added(mails);
  }

  const timer = setInterval(() => void keep(book.tick(Date.now())), TICK);
  return {
    judged: changes => keep(book.judged(changes)),
    session: book.session,
    endOfRib: (peer, time) => void keep(book.endOfRib(peer, time)),
    peersAre(names, mayBe = () => false) {
      const witnesses = new Set(book.open().flatMap(one => one.witnesses.map(({ peer }) => peer)));
      for (const name of names) witnesses.delete(name);
      for (const peer of witnesses) if (!mayBe(peer)) void keep(book.peerRemoved(peer, Date.now()));
    },
    peerForgotten: peer => void keep(book.peerRemoved(peer, Date.now())),
    registryChanged: () => void keep(book.registryChanged()),
    all: () => [...cases.values()],
    openCount: () => book.open().length,
    problems: () => [
      ...(trouble === '' ? [] : [trouble]),
      ...(book.refused === 0 ? [] : [`${book.refused} contradicting routes opened no case: too many are open`]),
    ],
    async close() {
      closing = true;
      clearInterval(timer);
      await writing;
    },
  };
}
