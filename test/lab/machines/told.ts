/** What is found of hijacks behind machines that share the work: how often each was told, and cases that are there twice. */
import type { Case } from '../../../src/hijack/case.ts';
import { DOUBT_HEADER } from '../../../src/notify/delivery.ts';
import { about } from '../../interop/machines.ts';
import type { Relay } from '../../notify/smtp.ts';

export type Told = 'begin' | 'end';

const ENDED = /RESOLVED|over|ended/i;

/** Mails that told of the begin or of the end of what befell a prefix. */
export const mailsOf = (relay: Pick<Relay, 'received'>, prefix: string, what: Told): number =>
  idsOf(relay, prefix, what).length;

/** The same without those that came again under the same Message-ID. */
export const noticesOf = (relay: Pick<Relay, 'received'>, prefix: string, what: Told): number =>
  new Set(idsOf(relay, prefix, what)).size;

const idsOf = ({ received }: Pick<Relay, 'received'>, prefix: string, what: Told): (string | undefined)[] =>
  about(received, prefix).flatMap(({ mail: { subject, messageId } }) =>
    ENDED.test(subject!) === (what === 'end') ? [messageId] : [],
  );

/** Mails that have the Message-ID of another one. */
export const mailsTwice = ({ received }: Pick<Relay, 'received'>): number =>
  received.length - new Set(received.map(({ mail }) => mail.messageId)).size;

/**
 * Mails that came once more under their Message-ID and did not say in a header that they may have: a machine that dies between
 * the server's 250 and the record of it cannot know. All that came more than once are printed.
 */
export function mailsTwiceUnsaid({ received }: Pick<Relay, 'received'>): number {
  let unsaid = 0;
  for (const [id, of] of Map.groupBy(received, ({ mail }) => mail.messageId))
    for (const { mail } of of.slice(1)) {
      const since = mail.headers.get(DOUBT_HEADER.toLowerCase());
      if (since === undefined) unsaid++;
      console.log(
        `    ${id} came again, ${since === undefined ? 'without a word' : `in doubt since ${since}`}: ${mail.subject}`,
      );
    }
  return unsaid;
}

/** Prefixes with several cases; what befell each is printed. */
export function casesTwice(cases: readonly Case[]): number {
  const twice = [...Map.groupBy(cases, ({ prefix }) => prefix)].filter(([, of]) => of.length > 1);
  for (const [prefix, of] of twice) tellCases(prefix, of);
  return twice.length;
}

/** Prints what befell the cases of a prefix. */
export function tellCases(prefix: string, cases: readonly Case[]): void {
  const of = cases.filter(one => one.prefix === prefix);
  if (of.length === 0) console.log(`${prefix} has no case`);
  for (const { id, timeline } of of) {
    console.log(`${prefix}: case ${id}`);
    for (const { time, what, state } of timeline) console.log(`    ${new Date(time).toISOString()} ${state} ${what}`);
  }
}
