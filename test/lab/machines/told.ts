/** What is found of hijacks behind machines that share the work: how often each was told, and cases that are there twice. */
import type { Case } from '../../../src/hijack/case.ts';
import type { Relay } from '../../notify/smtp.ts';

export type Told = 'begin' | 'end';

const ENDED = /RESOLVED|over|ended/i;

/** Mails that told of the begin or of the end of what befell a prefix. */
export const mailsOf = ({ received }: Pick<Relay, 'received'>, prefix: string, what: Told): number =>
  received.filter(({ mail }) => {
    const subject = mail.subject ?? '';
    return subject.includes(`${prefix} `) && ENDED.test(subject) === (what === 'end');
  }).length;

/** Mails that have the Message-ID of another one. */
export const mailsTwice = ({ received }: Pick<Relay, 'received'>): number =>
  received.length - new Set(received.map(({ mail }) => mail.messageId)).size;

/** Prefixes with several cases; what befell each is printed. */
export function casesTwice(cases: readonly Case[]): number {
  const twice = [...Map.groupBy(cases, ({ prefix }) => prefix).values()].filter(of => of.length > 1);
  for (const of of twice)
    for (const { id, prefix, timeline } of of) {
      console.log(`${prefix} twice: ${id}`);
      for (const { time, what, state } of timeline) console.log(`    ${new Date(time).toISOString()} ${state} ${what}`);
    }
  return twice.length;
}

/** A number that is given as `NAME=NUMBER` on the command line. */
export const numberOption = (name: string, otherwise: number): number => Number(textOption(name) ?? otherwise);
export const textOption = (name: string): string | undefined =>
  process.argv.find(word => word.startsWith(`${name}=`))?.slice(name.length + 1);
