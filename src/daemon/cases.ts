/**
 * Where cases, database and outbox meet: what the case book changes is written together with the notices it causes, in
 * one transaction, and only then sent. A database that cannot write (disk full) loses nothing: the changes wait, in order.
 */
import type { Config } from '../config/tree.ts';
import type { CaseOrder } from '../control/daemon.ts';
import type { GroundOf } from '../hijack/assessment.ts';
import type { Case, Mark } from '../hijack/case.ts';
import { type CaseBook, createCaseBook } from '../hijack/case-book.ts';
import { caseIds } from '../hijack/case-id.ts';
import type { CaseChange } from '../hijack/case-reports.ts';
import type { SealedEvidence } from '../hijack/evidence-chain.ts';
import { exceptionEnds, exceptionWords } from '../hijack/exceptions.ts';
import { incidentOf } from '../hijack/incident.ts';
import type { Judged, RegistryView } from '../hijack/judged.ts';
import { isOfRoa } from '../hijack/kinds.ts';
import { readCase, storedCase } from '../hijack/stored-case.ts';
import { MOST_WITNESSES } from '../hijack/witness-room.ts';
import { RPKI_PEER } from '../hijack/witness-words.ts';
import { cutOffRecords } from '../notify/cut-off.ts';
import type { Outbox } from '../notify/outbox.ts';
import { createReach } from '../notify/reach.ts';
import { openTelling, type Said } from '../notify/telling.ts';
import type { CaseRecord, IncidentAsk, OutboxRecord, Store, StoreWrite } from '../store/records.ts';
import type { CaseCompany } from './case-company.ts';
import { type CaseWatchers, caseWatchers } from './case-watchers.ts';
import { frozenEvidence } from './frozen-evidence.ts';
import { createIncidentLinks, idsOf } from './incident-links.ts';
import type { Log } from './log.ts';
import { noticeSettingsOf } from './notice-settings.ts';

export interface Cases {
  /**
   * Resolves when the changes are on disk, but for those that may wait (hijack/case-reports.ts): who holds a route is told anew
   * after a crash, by the collectors or the peers themselves.
   */
  judged(changes: readonly Judged[]): Promise<void>;
  session(peer: string): void;
  endOfRib(peer: string, time: number): void;
  /**
   * These peers are configured now, and no other: what another one held will never be known, and counts as gone. But those
   * that `mayBe` there come and go: peers of ranges, and those that routers report, which are forgotten one by one.
   * `machine`: of these peers alone.
   */
  peersAre(names: readonly string[], mayBe?: (name: string) => boolean, machine?: string): void;
  /** A peer that a router reported is known no more: as one that is no longer configured. */
  peerForgotten(peer: string): void;
  registryChanged(): void;
  /** Cases that are not over, as was told of them last. */
  open(): readonly Case[];
  openCount(): number;
  /** One case, over or not; null: there is none of this id. */
  get(id: string): Promise<Case | null>;
  /** About `limit` cases that were opened before this one, the latest first; null: from the latest on. */
  before(one: Pick<Case, 'opened' | 'id'> | null, limit: number): Promise<readonly Case[]>;
  /** Has `take` told of each change of a case from now on; returns what ends it. */
  readonly watch: CaseWatchers['add'];
  /** The chain of evidence of a case. */
  evidence(id: string): Promise<readonly SealedEvidence[]>;
  /** As `incident` of the Daemon. */
  ofIncident(incident: string): Promise<readonly Case[]>;
  /** As `markCase` of the Daemon (control/daemon.ts). */
  mark(id: string, order: CaseOrder): Promise<Case>;
  /** What is wrong, in words. */
  problems(): readonly string[];
  /** Writes what waits. */
  close(): Promise<void>;
}

/** The cases of one store. */
export interface CasesOfStore extends Cases {
  /** All witnesses of cases that are not over, as they are known now. */
  readonly witnesses: CaseBook['witnesses'];
  /** True once where witnesses found no room and there is some again: all that is held is to be told anew. */
  readonly roomAgain: () => boolean;
  /**
   * What the calls of `events` change is written in one transaction, together with `writes`. Rejects when it was not: then
   * this book is no more that of its store, and is to be closed.
   */
  together(events: () => void, writes: readonly StoreWrite[]): Promise<void>;
}

/** The order of `case.before`. */
const isBefore = (a: Pick<Case, 'opened' | 'id'>, b: Pick<Case, 'opened' | 'id'>): boolean =>
  a.opened < b.opened || (a.opened === b.opened && a.id < b.id);

const isOpen = ({ state }: Case): boolean => state !== 'resolved';

/** The case book looks at its timers so often; with what is told at most so often, for that is a look at every open case. */
const TICK = { alone: 500, with: 250 };
/** What is due by the clock, reminders and summaries, is looked for so often. */
const REMIND_TICK = 5_000;
const WRITE_RETRY = 1_000;
/** Changes in one transaction: their mails take some milliseconds to write. */
const AT_ONCE = 16;
const SHARED_AT_ONCE = 64; // each costs the server of the database, and the way there
/** Numbers of cases are counted within a day: what has named an incident longer ago cannot be given again. */
const NAMED = 2 * 24 * 3_600_000;

export async function openCases(
  store: Store,
  outbox: Outbox,
  registry: RegistryView,
  settings: () => Config,
  log: Log,
  ground: GroundOf | null = null,
  {
    changed = () => {},
    contacts,
    reach = createReach(),
    place,
    link,
    mailDomain,
    summaries,
    lost: isLost = () => false,
  }: CaseCompany = {},
): Promise<CasesOfStore> {
  const caseOf = (record: CaseRecord) => readCase(record.body);
  const stored = (await store.read('case.open', {})).map(caseOf);
  const usedIds = (await store.read('case.last-ids', {})).map(({ id }) => id);
  /** Cases that are not over, and those whose end is not on disk. */
  const cases = new Map(stored.map(one => [one.id, one]));
  if (place !== undefined) {
    const names = await store.read('incident.names', { since: Date.now() - NAMED });
    usedIds.push(...idsOf(names, place));
  }
  const newId = caseIds([...usedIds, ...stored.map(({ id }) => id)], place);
  const shared = link !== undefined;
  const book = createCaseBook({
    clock: Date.now,
    registry,
    settings,
    stored,
    ...{ newId, shared, skewed: shared },
    ...(ground && { ground }),
  });
  const ask = (asks: readonly IncidentAsk[]) => insist(() => link!(asks));
  const links = createIncidentLinks({ book, cases, ask, log });
  const evidence = frozenEvidence(await store.read('evidence.heads', {}), () => settings().archive);
  const open = () => [...cases.values()].filter(isOpen);
  const noticeSettings = () => noticeSettingsOf(settings(), { contacts, mailDomain });
  const told = { store, settings: noticeSettings, caseOf: get, log };
  const apart = summaries === undefined || place === undefined ? {} : { summaries: { scope: summaries, ...place } };
  const telling = await openTelling({ ...told, ...apart }, stored);
  const watchers = caseWatchers();
  let writing: Promise<void> = Promise.resolve();
  let trouble = '';
  let closing = false;
  let lost = 0;
  const atOnce = place === undefined ? AT_ONCE : SHARED_AT_ONCE;
  /** What is to be written together (`together`), and when what was due went with it last; monotonic ms. */
  let gathered: CaseChange[] | null = null;
  let tickedWith = Number.NEGATIVE_INFINITY;

  function describe({ case: of, notice, why }: CaseChange): void {
    const offender = of.offender === null ? 'an AS_SET' : `AS${of.offender}`;
    const level = notice === 'begin' ? 'warn' : 'info';
    const what = isOfRoa(of.kind) ? `${of.kind} of ${offender}: ${of.ground}` : `announced by ${offender}`;
    log(level, `case ${of.id} ${of.state}: ${of.prefix} ${what}: ${why}`, { notice });
  }

  const write = (batch: readonly StoreWrite[]) => insist(() => store.write(batch));

  async function insist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const done = await work();
        trouble = '';
        return done;
      } catch (e) {
        const words = `cases cannot be written: ${(e as Error).message}`;
        if (words !== trouble) log('error', `${words}; trying again every ${WRITE_RETRY / 1000} s`);
        trouble = words;
        if (closing || isLost()) throw e;
        await new Promise(resolve => setTimeout(resolve, WRITE_RETRY));
      }
    }
  }

  /** Puts changes and their notices into the queue of transactions, some at a time: a storm must not hold up the rest. */
  function keep(changes: readonly CaseChange[], frozen = true): Promise<void> {
    for (const change of changes) {
      describe(change);
      watchers.tell(change);
      cases.set(change.case.id, change.case);
      changed(change.case);
    }
    if (gathered !== null) {
      gathered.push(...changes);
      return writing;
    }
    for (let i = 0; i < changes.length; i += atOnce) {
      const some = changes.slice(i, i + atOnce);
      writing = writing
        .then(() => transact(some, frozen))
        .catch((e: Error) => {
          lost += some.length;
          log('error', `${some.length} changes of cases are lost: ${e.message}`);
        });
    }
    return writing;
  }

  function together(events: () => void, writes: readonly StoreWrite[]): Promise<void> {
    const changes: CaseChange[] = [];
    gathered = changes;
    try {
      events();
      // What is due by now goes into the same transaction, so that it needs none of its own a moment later.
      if (performance.now() - tickedWith >= TICK.with) {
        tickedWith = performance.now();
        tick();
        if (!closing) timer.refresh();
      }
    } finally {
      gathered = null;
    }
    const written = writing.then(() => transact(changes, true, writes));
    writing = written.catch(() => {});
    return written;
  }

  /** Changes with their notices, in one transaction; once they are on disk the notices are sent. */
  async function transact(
    changes: readonly CaseChange[],
    frozen: boolean,
    also: readonly StoreWrite[] = [],
  ): Promise<void> {
    const batch: StoreWrite[] = [...also];
    const mails: OutboxRecord[] = [];
    await links.settle();
    // A case that changes several times in one transaction is written once.
    const last = new Map(changes.map(({ case: of }) => [of.id, of]));
    for (const { case: heard, notice, why } of changes) {
      const of = links.named(heard);
      const final = last.get(of.id);
      last.delete(of.id);
      if (final !== undefined) batch.push(storedCase(links.named(final), shared));
      const record = frozen ? evidence.freeze(of, why) : null;
      if (record !== null) batch.push({ op: 'evidence.add', record });
      const said = telling.of({ case: of, notice }, Date.now());
      mails.push(...said.records);
      batch.push(...said.writes);
    }
    await write(batch);
    for (const { case: of } of changes)
      if (of.state === 'resolved') {
        cases.delete(of.id);
        evidence.isOver(of.id);
      }
    outbox.added(mails);
    for (const { case: of, notice } of changes)
      if (notice === 'begin' && mails.some(({ caseId }) => caseId === of.id)) void warnOfReach(of);
  }

  /** Whom mail may not reach while the case lasts: told to the operator's own people, in the log and in the timeline. */
  async function warnOfReach(of: Case): Promise<void> {
    const addresses = of.recipients.map(({ address }) => address);
    const cut = await reach.cutOff(addresses, of.prefix);
    if (cut.length === 0 || closing) return;
    const reason = `all mail servers of ${cut.map(({ address }) => address).join(', ')} lie inside ${of.prefix}`;
    log('warn', `case ${of.id}: ${reason}`);
    const records = cutOffRecords(of, cut, noticeSettings(), Date.now());
    keepSaid(async () => ({ writes: records.map(record => ({ op: 'outbox.add', record }) as const), records }));
    if (cases.has(of.id)) void keep(book.remark(of.id, { time: Date.now(), by: 'intertrackd', reason }) ?? [], false);
  }

  /** Writes what is to be said in its turn, and then has it sent. */
  function keepSaid(say: () => Promise<Said>): void {
    writing = writing
      .then(async () => {
        const { writes, records } = await say();
        if (writes.length > 0) await write(writes);
        outbox.added(records);
      })
      .catch((e: Error) => log('error', `notices are late: ${e.message}`));
  }

  async function get(id: string): Promise<Case | null> {
    const known = cases.get(id);
    if (known !== undefined) return known;
    const [record] = await store.read('case.get', { id });
    return record === undefined ? null : caseOf(record);
  }

  async function mark(id: string, { what, by, reason, until }: CaseOrder): Promise<Case> {
    const as = { time: Date.now(), by, reason };
    const done = {
      ack: () => book.acknowledge(id, as),
      dismiss: () => book.dismiss(id, { ...as, until }),
      note: () => book.remark(id, as),
      reopen: () => book.takeUp(id, as),
    }[what]();
    // The evidence of what is over has its end.
    const of = await (done === null ? durably([await remarked(id, what, as)], false) : durably(done, true));
    log('info', `case ${id}: ${what} by ${by}${reason === '' ? '' : `: ${reason}`}`);
    return of;
  }

  /** A case that is over, with a person's note; nothing else can be done with it. */
  async function remarked(id: string, what: CaseOrder['what'], { time, by, reason }: Mark): Promise<CaseChange> {
    const found = await get(id);
    if (found === null) throw new Error(`there is no case ${id}`);
    if (isOpen(found)) throw new Error(`case ${id} is not dismissed, but ${found.state}`);
    if (what !== 'note') throw new Error(`case ${id} is over: only a note can be written`);
    const line = { time, what: `note: ${reason}`, state: found.state, by };
    return { case: { ...found, changed: time, timeline: [...found.timeline, line] }, notice: null, why: line.what };
  }

  /** Resolves with the case as the changes leave it when they are on disk. */
  async function durably(changes: readonly CaseChange[], frozen: boolean): Promise<Case> {
    const before = lost;
    await keep(changes, frozen);
    if (lost !== before) throw new Error('it could not be written: the daemon ends');
    return links.named(changes.at(-1)!.case);
  }

  const endsOf = exceptionEnds();
  const timer = setInterval(() => tick(), TICK.alone);
  function tick(now = Date.now()): void {
    for (const one of endsOf(settings().watches, now)) log('warn', `exception ${exceptionWords(one)} is over`);
    void keep(book.tick(now));
  }
  const reminding = setInterval(() => keepSaid(() => telling.due(open(), Date.now())), REMIND_TICK);
  return {
    judged: changes => keep(book.judged(changes)),
    witnesses: book.witnesses,
    roomAgain: book.room.owed,
    together,
    session: book.session,
    endOfRib: (peer, time) => void keep(book.endOfRib(peer, time)),
    peersAre(names, mayBe = () => false, machine) {
      const witnesses = new Set<string>();
      for (const [, { peer }] of book.witnesses(machine)) witnesses.add(peer);
      // The RPKI is no peer of any configuration, and stays.
      for (const name of [...names, RPKI_PEER]) witnesses.delete(name);
      for (const peer of witnesses) if (!mayBe(peer)) void keep(book.peerRemoved(peer, Date.now()));
    },
    peerForgotten: peer => void keep(book.peerRemoved(peer, Date.now())),
    registryChanged: () => void keep(book.registryChanged()),
    open,
    openCount: () => open().length,
    get,
    async before(one, limit) {
      const from = one ?? { opened: Number.MAX_SAFE_INTEGER, id: '' };
      const read = (await store.read('case.before', { opened: from.opened, id: from.id, limit })).map(caseOf);
      const last = read.length < limit ? null : read.at(-1)!;
      // What is known here is newer than what is on disk, or not there yet.
      const known = [...cases.values()].filter(at => isBefore(at, from) && (last === null || !isBefore(at, last)));
      const page = new Map([...read, ...known].map(at => [at.id, at]));
      return [...page.values()].sort((a, b) => (isBefore(a, b) ? 1 : -1));
    },
    watch: watchers.add,
    evidence: caseId => store.read('evidence.of-case', { caseId }),
    async ofIncident(incident) {
      const read = (await store.read('case.of-incident', { incident })).map(caseOf);
      const known = [...cases.values()].filter(one => incidentOf(one) === incident);
      const all = [...new Map([...read, ...known].map(one => [one.id, one])).values()];
      // A case of an older version is an incident of its own, which is not written down.
      const alone = all.length > 0 ? null : await get(incident.slice(1));
      if (alone !== null && incidentOf(alone) === incident) return [alone];
      return all.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    },
    mark,
    problems: () => [
      ...(trouble === '' ? [] : [trouble]),
      ...links.problems(),
      ...(book.room.leftOut === 0 ? [] : [`${book.room.leftOut} witnesses were left out: ${MOST_WITNESSES} are known`]),
      ...(book.refused === 0 ? [] : [`${book.refused} contradicting routes opened no case: too many are open`]),
    ],
    async close() {
      closing = true;
      clearInterval(timer);
      clearInterval(reminding);
      reach.close();
      await keep(book.flush());
    },
  };
}
