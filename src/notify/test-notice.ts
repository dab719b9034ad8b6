import { channelName } from '../config/notify.ts';
import type { Config, MailConfig, NotifyConfig } from '../config/tree.ts';
import { openChannel } from './channel.ts';
import { wordingsOf } from './compose.ts';
import type { Outcome } from './delivery.ts';
import { ascii, hang, LINE, printable } from './layout.ts';
import { createMailer } from './mail.ts';
import { blankNotice, type Notice } from './notice.ts';
import type { StoredMail } from './notices.ts';
import { messageIdOf } from './thread.ts';

/** How a test notice to one recipient or channel ended. */
export interface TestResult {
  readonly channel: NotifyConfig['kind'];
  /** A mail address, or the name of the channel. */
  readonly recipient: string;
  /** What came of the notice. */
  readonly result: Outcome['result'];
  /** Why it did not arrive; empty when it did. */
  readonly error: string;
  /** Milliseconds. */
  readonly took: number;
}

/** Where a test goes: whole blocks, mail to each address of the operator's own people. */
export interface TestTarget {
  readonly block: NotifyConfig;
  readonly recipient: string;
}

/** Every attempt ends after so long, ms. */
export const TEST_PATIENCE = 60_000;

/**
 * Where a test notice goes: through every block, or those of one kind. Mail goes to the groups of the configuration, and to
 * its own sender where a block tells no group: never to those whom the registry names, who did not ask for tests.
 */
export function testTargets(
  { notify, groups }: Pick<Config, 'notify' | 'groups'>,
  kind: NotifyConfig['kind'] | null,
): readonly TestTarget[] {
  return notify
    .filter(block => kind === null || block.kind === kind)
    .flatMap((block): TestTarget[] => {
      if (block.kind !== 'mail') return [{ block, recipient: channelName(block) }];
      const people = block.to.includes('group') ? groups.flatMap(({ mail }) => mail) : [];
      const addresses = people.length > 0 ? [...new Set(people)] : [block.from];
      return addresses.map(recipient => ({ block, recipient }));
    });
}

/** Sends one marked test notice, once; nothing of it is stored. Never rejects. `number` tells the targets apart. */
export async function sendTest(
  { block, recipient }: TestTarget,
  number: number,
  names: { readonly hostname: string; readonly routerName: string },
  signal: AbortSignal,
  patience = TEST_PATIENCE,
): Promise<TestResult> {
  const began = Date.now();
  const cut = new AbortController();
  const timer = setTimeout(() => cut.abort(new Error(`not done within ${patience / 1000} s`)), patience);
  const stop = () => cut.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const id = `test-${began}.${number}`;
  const { subject, text } = composeTest('languages' in block ? block.languages : ['en'], names);
  try {
    const outcome =
      block.kind === 'mail'
        ? await mailed(block, recipient, { id, subject, text, date: began, ...names }, cut.signal)
        : await openChannel(block, names.hostname).send(noticeOfTest(id, subject, text, began, names), cut.signal);
    const error = outcome.result === 'sent' ? '' : outcome.error;
    return { channel: block.kind, recipient, result: outcome.result, error, took: Date.now() - began };
  } catch (error) {
    return { channel: block.kind, recipient, result: 'deferred', error: String(error), took: Date.now() - began };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function mailed(
  block: MailConfig,
  recipient: string,
  test: { id: string; subject: string; text: string; date: number; hostname: string },
  signal: AbortSignal,
): Promise<Outcome> {
  const { id, subject, text, date, hostname } = test;
  const mail: StoredMail = {
    because: 'test',
    subject,
    text,
    messageId: messageIdOf(id, { hostname }),
    references: null,
    date,
  };
  return createMailer(block, hostname).send(recipient, mail, signal);
}

function composeTest(
  languages: readonly ('ja' | 'en')[],
  { hostname, routerName }: { readonly hostname: string; readonly routerName: string },
): { readonly subject: string; readonly text: string } {
  const bodies = wordingsOf(languages).map(say =>
    [...hang('', say.test), '', ...hang('', say.sentBy(printable(hostname), printable(routerName), null))].join('\n'),
  );
  return {
    subject: ascii(`[InterTrack] [test] test notice from ${hostname}`, 200),
    text: `${bodies.join(`\n\n${'-'.repeat(LINE)}\n\n`)}\n`,
  };
}

function noticeOfTest(
  id: string,
  subject: string,
  text: string,
  now: number,
  names: { readonly hostname: string; readonly routerName: string },
): Notice {
  return {
    ...blankNotice(id, 'test', subject, text, now),
    host: names.hostname,
    router: names.routerName,
  };
}
