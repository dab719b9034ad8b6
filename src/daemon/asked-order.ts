/** What another machine asks to be done with a case: read before it is believed. */
import type { Question } from '../bus/asking.ts';
import { isTime } from '../bus/json-values.ts';
import type { CaseOrder } from '../control/daemon.ts';

const WHAT: readonly CaseOrder['what'][] = ['ack', 'dismiss', 'note', 'reopen'];
/** Characters of a name and of a reason. */
const MOST_BY = 256;
const MOST_REASON = 4_096;

/** Null when it is none. */
export function readAskedOrder({ id, order }: Question): { readonly id: string; readonly order: CaseOrder } | null {
  if (typeof id !== 'string' || !/^\d{4}-\d\d-\d\d-\d{1,9}$/.test(id)) return null;
  if (typeof order !== 'object' || order === null) return null;
  const { what, by, reason, until } = order as Readonly<Record<string, unknown>>;
  const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most;
  if (!isText(by, MOST_BY) || !isText(reason, MOST_REASON)) return null;
  if (until !== null && !isTime(until)) return null;
  const known = WHAT.find(one => one === what);
  return known === undefined ? null : { id, order: { what: known, by, reason, until } };
}
