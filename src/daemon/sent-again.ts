/** What becomes of a notice that may have been taken before, in its case. */
import type { OutboxRecord } from '../store/records.ts';
import type { Cases } from './cases.ts';

/** Writes into a case that one of its notices goes again, for nobody knows whether it was taken before. */
export function noteAgain(
  cases: Pick<Cases, 'mark'>,
  { caseId, channel, event, recipient, doubt }: OutboxRecord,
): void {
  const reason = `${channel} of its ${event} to ${recipient} goes again: whether it was taken at ${new Date(doubt ?? 0).toISOString()} is not known`;
  void cases.mark(caseId, { what: 'note', by: 'intertrackd', reason, until: null }).catch(() => {}); // it is in the log
}
