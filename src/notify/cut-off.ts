import { channelName } from '../config/notify.ts';
import type { Case } from '../hijack/case.ts';
import type { OutboxRecord } from '../store/records.ts';
import { wordingsOf } from './compose.ts';
import { ascii, hang, LINE, printable } from './layout.ts';
import { blankNotice, type Notice } from './notice.ts';
import { blockFor, channelKey, channelsFor, isMailAddress, type NoticeSettings, type StoredMail } from './notices.ts';
import type { CutOff } from './reach.ts';
import { noticeId, threadOf } from './thread.ts';

/**
 * The rows that tell the operator's own people, by mail to the groups and through the other channels, that mail to some
 * recipients of a case may not arrive. Pure. Ids `CASE.cut-off.N`: such a warning is given once.
 */
export function cutOffRecords(
  of: Case,
  cut: readonly CutOff[],
  settings: NoticeSettings,
  now: number,
): readonly OutboxRecord[] {
  const records: OutboxRecord[] = [];
  const stem = noticeId(of.id, { event: 'begin' }, '').replace(/begin\.$/, 'cut-off');
  const add = (
    key: number | string,
    channel: OutboxRecord['channel'],
    recipient: string,
    bodyOf: (id: string) => unknown,
  ) =>
    records.push({
      id: `${stem}.${key}`,
      channel,
      recipient,
      caseId: of.id,
      event: 'cut-off',
      body: JSON.stringify(bodyOf(`${stem}.${key}`)),
      state: 'pending',
      attempts: 0,
      due: now,
      created: now,
      lastError: '',
      doubt: null,
    });
  const subject = ascii(
    `[InterTrack] [cut off] mail servers of ${cut.length} recipient(s) lie inside ${of.prefix} (${of.id})`,
    200,
  );
  const textFor = (languages: readonly ('ja' | 'en')[], from: string | null) => {
    const bodies = wordingsOf(languages).map(say =>
      [
        ...hang('', say.cutOff(printable(of.prefix))),
        '',
        ...cut.flatMap(({ address, hosts }) => hang('  ', printable(`${address} (${hosts.join(', ')})`))),
        '',
        ...hang('', say.sentBy(printable(settings.hostname), printable(settings.routerName), from)),
      ].join('\n'),
    );
    return `${bodies.join(`\n\n${'-'.repeat(LINE)}\n\n`)}\n`;
  };
  const lost = new Set(cut.map(({ address }) => address.toLowerCase()));
  for (const [i, { address, because }] of of.recipients.entries()) {
    const block = blockFor(because, settings.notify);
    const own = because.startsWith('group ') && !lost.has(address.toLowerCase());
    if (!own || block === undefined || !isMailAddress(address)) continue;
    const text = textFor(block.languages, printable(block.from));
    add(i + 1, 'mail', address, (id): StoredMail => {
      return { because, subject, text, ...threadOf(of, id, 'cut-off', i + 1, settings), date: now };
    });
  }
  for (const block of channelsFor(of, settings)) {
    const text = textFor('languages' in block ? block.languages : ['en'], null);
    add(
      channelKey(block),
      block.kind,
      channelName(block),
      (id): Notice => ({
        ...blankNotice(id, 'cut-off', subject, text, now),
        prefix: of.prefix,
        case: of.id,
        cases: [of.id],
        host: settings.hostname,
        router: settings.routerName,
      }),
    );
  }
  return records;
}
