/** What another machine asks to be done with a case: read before it is believed. */
import type { Question } from '../bus/asking.ts';
import type { CaseOrder } from '../control/daemon.ts';

const WHAT: readonly CaseOrder['what'][] = ['ack', 'dismiss', 'note', 'reopen'];
/** Characters of a name and of a reason. */
const MOST_BY = 256;
const MOST_REASON = 4_096;
/** The end of the year 9999, ms since the epoch: later than that nothing can be written as a date. */
const LAST_TIME = 253_402_300_799_999;

/** Null when it is none. */
export function readAskedOrder({ id, order }: Question): { readonly id: string; readonly order: CaseOrder } | null {
  if (typeof id !== 'string' || !/^\d{4}-\d\d-\d\d-\d{1,9}$/.test(id)) return null;
  if (typeof order !== 'object' || order === null) return null;
  const { what, by, reason, until } = order as Readonly<Record<string, unknown>>;
  const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most;
  if (!isText(by, MOST_BY) || !isText(reason, MOST_REASON)) return null;
  const isTime = Number.isSafeInteger(until) && (until as number) >= 0 && (until as number) <= LAST_TIME;
  if (until !== null && !isTime) return null;
  const known = WHAT.find(one => one === what);
  return known === undefined ? null : { id, order: { what: known, by, reason, until: until as number | null } };
}
