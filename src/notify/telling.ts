/**
 * What is told of cases, and when: each begin and end by itself; in a storm all of a minute in one summary; reminders and
 * changes while a case goes on. Everything becomes rows of the outbox, to be written with the case that causes them.
 */
import type { Case } from '../hijack/case.ts';
import { refusedContacts } from '../hijack/refused-contacts.ts';
import type { OutboxRecord, OwedRecord, Store, StoreWrite } from '../store/records.ts';
import { dueOf, standingOf, type Told } from './cadence.ts';
import type { NoticeCause } from './compose.ts';
import { type NoticeSettings, outboxRecords, readMail } from './notices.ts';
import { beginsOf, createStormGauge, isSummaryDue } from './storm.ts';
import { summaryRecords } from './summary.ts';

/** What is to be written in one transaction, and the rows among it that are then to be sent. */
export interface Said {
  readonly writes: readonly StoreWrite[];
  readonly records: readonly OutboxRecord[];
}

export interface Telling {
  /** What a change of a case has to say; it belongs into the transaction of the change. */
  of(change: { readonly case: Case; readonly notice: 'begin' | 'end' | null }, now: number): Said;
  /** What is due by the clock: reminders, changes, summaries. Rejects when the store cannot be read. */
  due(open: readonly Case[], now: number): Promise<Said>;
}

export interface TellingOptions {
  readonly store: Pick<Store, 'read'>;
  /** Asked anew each time. */
  readonly settings: () => NoticeSettings;
  /** A case that may be over. */
  readonly caseOf: (id: string) => Promise<Case | null>;
  readonly log: (level: 'info' | 'warn', text: string) => void;
  /** Where several books share the cases: how many, and the scope that sends the summaries of all. Left out: this one does. */
  readonly summaries?: { readonly books: number; readonly scope: string };
  /** What is owed, where it has just been read; left out: it is read. */
  readonly owed?: readonly OwedRecord[];
}

interface Summary extends Said {
  /** It is about to be written. */
  taken(): void;
}

const NOTHING: Summary = { writes: [], records: [], taken() {} };

/** Takes up what an earlier life has told of the cases that are not over, and what it still owed. */
export async function openTelling(
  { store, settings, caseOf, log, summaries, owed: known }: TellingOptions,
  open: readonly Case[],
): Promise<Telling> {
  const gauge = createStormGauge(beginsOf(summaries?.books ?? 1));
  const told = new Map<string, Told>();
  const owed = new Map((known ?? (await store.read('owed.all', {}))).map(one => [keyOf(one), one]));
  /** Cases that are not over and whose begin is told in a summary. */
  const gathered = new Set([
    ...(await store.read('told.open', {})).map(({ caseId }) => caseId),
    ...[...owed.values()].filter(({ event }) => event === 'begin').map(({ caseId }) => caseId),
  ]);
  const history = Map.groupBy(await store.read('outbox.told', {}), ({ caseId }) => caseId);
  for (const of of open) {
    const events = history.get(of.id) ?? [];
    const begin = events.find(({ event }) => event === 'begin');
    if (begin === undefined || gathered.has(of.id)) continue;
    const ordinal = (which: string) => events.find(({ event }) => event === which)?.ordinal ?? 0;
    told.set(of.id, {
      begun: begin.first,
      last: Math.max(...events.map(({ last }) => last)),
      reminders: ordinal('reminder'),
      changes: ordinal('change'),
      flappings: ordinal('flapping'),
      standing: standingOf(of),
    });
  }

  /** The rows of one notice, and in the log who gets none. */
  function say(of: Case, cause: NoticeCause, now: number): Said {
    const { records, refused } = outboxRecords({ case: of, ...cause }, settings(), now);
    if (cause.event === 'begin')
      for (const words of refusedContacts(of)) log('warn', `case ${of.id}: nobody is told by ${words}`);
    for (const { address, why } of refused) log('warn', `case ${of.id}: ${address} is not told: ${why}`);
    if (records.length === 0) log('warn', `case ${of.id}: nobody is told of its ${cause.event}: no recipient`);
    return { writes: records.map(record => ({ op: 'outbox.add', record })), records };
  }

  function owe(of: Case, event: OwedRecord['event'], time: number): Said {
    const one = { caseId: of.id, event, time };
    if (summaries !== undefined) return { writes: [{ op: 'owed.add', ...one, owner: summaries.scope }], records: [] };
    owed.set(keyOf(one), one);
    return { writes: [{ op: 'owed.add', ...one }], records: [] };
  }

  /** Which mail told an address of a case's begin, by what is stored and what is about to be. */
  async function beginOf(caseId: string, { writes, records }: Said): Promise<NonNullable<NoticeCause['begunIn']>> {
    const summed = writes.flatMap(write => (write.op === 'told.add' && write.caseId === caseId ? [write.notice] : []));
    const coming = records.filter(record => record.caseId === caseId || summed.includes(record.id));
    const told = [...(await store.read('outbox.of-case', { caseId })), ...coming].filter(
      ({ channel, event }) => channel === 'mail' && (event === 'begin' || event === 'storm'),
    );
    return address => {
      const mail = told.find(({ recipient }) => recipient.toLowerCase() === address.toLowerCase());
      return (mail && readMail(mail)?.messageId) ?? null;
    };
  }

  /**
   * One summary of all that is owed of an event, when the oldest has waited long enough. `before`: what is said before it. It is
   * owed until `taken` is called: what else is read for what goes with it may fail.
   */
  async function summary(event: OwedRecord['event'], now: number, before: Said = NOTHING): Promise<Summary> {
    const waiting = [...owed.values()].filter(one => one.event === event);
    if (!isSummaryDue(waiting, now)) return NOTHING;
    const cases = (await Promise.all(waiting.map(({ caseId }) => caseOf(caseId)))).filter(of => of !== null);
    const alone = cases.length === 1 ? cases[0]! : null;
    const begunIn = alone !== null && event === 'end' ? await beginOf(alone.id, before) : undefined;
    const taken = () => {
      for (const one of waiting) owed.delete(keyOf(one));
      if (alone === null || event === 'end') return;
      gathered.delete(alone.id);
      begun(alone, now);
    };
    const done = waiting.map(({ caseId }) => ({ op: 'owed.done', caseId, event }) as const);
    if (alone !== null) {
      // One alone is told as any other.
      const said = say(alone, { event, ...(begunIn && { begunIn }) }, now);
      return { writes: [...done, ...said.writes], records: said.records, taken };
    }
    const summaries = summaryRecords(cases, event === 'begin' ? 'storm' : 'storm-end', settings(), now);
    log('warn', `${cases.length} cases are told of their ${event} in one summary, to ${summaries.length} recipients`);
    return {
      taken,
      records: summaries.map(({ record }) => record),
      writes: [
        ...done,
        ...summaries.map(({ record }) => ({ op: 'outbox.add', record }) as const),
        ...summaries.flatMap(({ record, cases: of }) =>
          of.map(({ id }) => ({ op: 'told.add', caseId: id, notice: record.id }) as const),
        ),
      ],
    };
  }

  function begun(of: Case, now: number): void {
    // One that flaps already is told so by its begin.
    const flappings = of.state === 'flapping' ? 1 : 0;
    told.set(of.id, { begun: now, last: now, reminders: 0, changes: 0, flappings, standing: standingOf(of) });
  }

  return {
    of({ case: of, notice }, now) {
      if (notice === null) return NOTHING;
      if (notice === 'begin') {
        // A drill measures what is told of one case by itself.
        if (!of.drill && gauge.exceeds(now)) {
          gathered.add(of.id);
          return owe(of, 'begin', now);
        }
        begun(of, now);
        return say(of, { event: 'begin' }, now);
      }
      const inStorm = gathered.delete(of.id) || (!of.drill && !told.has(of.id) && gauge.exceeds(now));
      told.delete(of.id);
      return inStorm ? owe(of, 'end', now) : say(of, { event: 'end' }, now);
    },
    async due(open, now) {
      // All that is read is read first: where that fails nothing counts as told.
      const begins = await summary('begin', now);
      const ends = await summary('end', now, begins);
      const all: Said[] = [];
      for (const of of open) {
        const before = told.get(of.id);
        const due = before && dueOf(of, before, now);
        if (!due) continue;
        told.set(of.id, due.told);
        all.push(say(of, { event: due.event, ordinal: due.ordinal, changes: due.changes }, now));
      }
      for (const one of [begins, ends]) {
        one.taken();
        all.push(one);
      }
      return { writes: all.flatMap(({ writes }) => writes), records: all.flatMap(({ records }) => records) };
    },
  };
}

const keyOf = ({ caseId, event }: OwedRecord): string => `${caseId} ${event}`;
