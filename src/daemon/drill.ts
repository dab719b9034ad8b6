/**
 * `itctl drill PREFIX AS`: a route that nobody announces goes into the book of cases, and from there the way of any other:
 * judged by the registry, explained, told to whoever would be told. What is measured is how long that takes, at both ends.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { DrillNotice, DrillReport } from '../control/case-rows.ts';
import type { Case } from '../hijack/case.ts';
import { DRILL_PEER } from '../hijack/case-book.ts';
import type { Judged, RegistryView } from '../hijack/judged.ts';
import { formatPrefix, parsePrefix } from '../net/prefix.ts';
import type { FoundKind } from '../registry/judged-change.ts';
import type { IrrState } from '../registry/verdict.ts';
import type { OutboxRecord } from '../store/records.ts';

export interface DrillParts {
  readonly localAs: () => number;
  readonly registry: Pick<RegistryView, 'decide'>;
  readonly cases: {
    judged(changes: readonly Judged[]): Promise<void>;
    open(): readonly Case[];
  };
  readonly outboxOf: (caseId: string) => Promise<readonly OutboxRecord[]>;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

/** What a collector would find wrong with it. */
const KINDS: Readonly<Partial<Record<IrrState, FoundKind>>> = {
  mismatch: 'origin',
  'mismatch-covering': 'more-specific',
};

/** How often the outbox is looked at, and for how long notices of one end are awaited, milliseconds. */
const LOOK = 10;
export const PATIENCE = 60_000;

/**
 * Runs a drill to its end: resolves when the notices of both ends have been delivered or given up, or `patience` has passed
 * for those that were not. Rejects in words when such a route would open no case. An abort ends the case at once.
 */
export async function drill(
  { prefix: text, as, by }: { readonly prefix: string; readonly as: number; readonly by: string },
  { localAs, registry, cases, outboxOf, log }: DrillParts,
  signal: AbortSignal,
  patience = PATIENCE,
): Promise<DrillReport> {
  const prefix = parsePrefix(text);
  if (prefix === null) throw new Error(`${text} is no prefix`);
  const { state, rov, decidedBy, watched } = registry.decide(prefix, as);
  const name = formatPrefix(prefix);
  if (!watched) throw new Error(`${name} falls under no watch: a route of it would open no case`);
  const kind = KINDS[state] ?? (rov === 'invalid' ? 'rpki-invalid' : undefined);
  if (kind === undefined)
    throw new Error(`${name} by AS${as} is ${state} by the IRR and ${rov} by the RPKI: it would open no case`);
  const running = () => cases.open().find(one => one.drill && one.prefix === name && one.offender === as);
  if (running() !== undefined) throw new Error(`a drill of ${name} by AS${as} is under way: case ${running()!.id}`);

  const route = (what: Judged['what']): Judged => ({
    peer: DRILL_PEER,
    peerAs: localAs(),
    peerAddress: '',
    prefix: name,
    origin: as,
    kind,
    offender: as,
    ground: '',
    what,
    why: what === 'held' ? 'update' : 'withdraw',
    time: Date.now(),
    path: what === 'held' ? [localAs(), as] : [],
    state,
    decidedBy: formatPrefix(decidedBy ?? prefix),
  });

  /** How long after `since` each notice of the event was delivered. */
  async function delivered(id: string, event: string, since: number): Promise<readonly DrillNotice[]> {
    const after = new Map<string, number>();
    for (;;) {
      const rows = (await outboxOf(id)).filter(row => row.event === event);
      const now = Date.now();
      for (const row of rows) if (row.state === 'sent' && !after.has(row.id)) after.set(row.id, now - since);
      const pending = rows.some(row => row.state === 'pending');
      if (!pending || signal.aborted || now - since >= patience)
        return rows.map(row => ({
          channel: row.channel,
          recipient: row.recipient,
          state: row.state,
          after: after.get(row.id) ?? null,
          attempts: row.attempts,
          lastError: row.lastError,
        }));
      await wait(LOOK);
    }
  }

  log('info', `drill of ${name} by AS${as}, asked for by ${by}`);
  const began = Date.now();
  await cases.judged([route('held')]);
  const opened = running();
  if (opened === undefined) throw new Error('no case was opened: too many are open');
  const { id, severity = null } = opened;
  let begin: readonly DrillNotice[] = [];
  let ended = began;
  try {
    begin = await delivered(id, 'begin', began);
  } finally {
    ended = Date.now();
    await cases.judged([route('gone')]);
  }
  const end = await delivered(id, 'end', ended);
  return { case: id, prefix: name, as, watches: opened.watches, severity, begin, end };
}
