/**
 * Summaries of what began, or ended, in a storm, of all partitions at once: whichever machine holds this scope sends them.
 * The partitions owe them to it, each in the transaction of its cases, so that none is lost and none is in two.
 */
import { readCase } from '../hijack/stored-case.ts';
import type { Outbox } from '../notify/outbox.ts';
import { isSummaryDue } from '../notify/storm.ts';
import { openTelling, type TellingOptions } from '../notify/telling.ts';
import type { Store } from '../store/records.ts';
import type { CaseCompany } from './case-company.ts';
import type { CaseParts } from './case-house.ts';
import { inTurn } from './in-turn.ts';
import { type LeasedOutboxParts, leasedOutbox } from './leased-outbox.ts';
import type { Log } from './log.ts';
import { noticeSettingsOf } from './notice-settings.ts';
import type { Tenant } from './partitions.ts';

export interface SummariesParts
  extends Pick<CaseParts, 'config' | 'told'>,
    Omit<LeasedOutboxParts, 'notify' | 'store'> {
  readonly store: Store;
  readonly company: Pick<CaseCompany, 'contacts' | 'mailDomain'>;
  readonly log: Log;
}

export interface Summaries extends Tenant {
  readonly outbox: Outbox;
}

/** How often what is owed is looked at. Milliseconds. */
const LOOK = 5_000;

/** Sends what is due at a time. Rejects when it could not be read, or written; then nothing was sent. */
export async function sumUp(
  { store, company, log, config }: Pick<SummariesParts, 'store' | 'company' | 'config'> & Pick<TellingOptions, 'log'>,
  outbox: Pick<Outbox, 'added'>,
  now: number,
): Promise<void> {
  // Nearly always nothing is due; cases are many and long in a storm, what is owed of them is not.
  const owed = await store.read('owed.all', {});
  if (!isSummaryDue(owed, now)) return;
  const cases = new Map((await store.read('owed.cases', {})).map(({ id, body }) => [id, readCase(body)]));
  if (cases.size === 0) return;
  const settings = () => noticeSettingsOf(config(), company);
  // What comes to be owed meanwhile is another time's: its case is not among these.
  const telling = await openTelling({ store, settings, caseOf: async id => cases.get(id) ?? null, log, owed }, []);
  const { writes, records } = await telling.due([], now);
  if (writes.length === 0) return;
  await store.write(writes);
  outbox.added(records);
}

export async function openSummaries(parts: SummariesParts): Promise<Summaries> {
  const { tenure, log, config } = parts;
  const outbox = leasedOutbox({ ...parts, notify: config().notify });
  await outbox.start();
  const look = inTurn(async () => {
    if (!tenure.sure()) return;
    await sumUp(parts, outbox, Date.now()).catch((e: Error) => log('warn', `summaries are late: ${e.message}`));
  });
  const timer = setInterval(() => void look(), LOOK);
  return {
    outbox,
    async close() {
      clearInterval(timer);
      await look().catch(() => {});
      await outbox.close();
    },
  };
}
