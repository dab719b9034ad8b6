import type { Approval } from '../../traceback/approval.ts';
import { fold, table } from './text.ts';
import { duration, instant } from './time.ts';

/** `show traceback pending`: a line each, and what a person has said of it. */
export function renderApprovals(rows: readonly Approval[], now: number): string[] {
  if (rows.length === 0) return ['no question waits for approval'];
  return table(
    [
      { head: 'Question' },
      { head: 'AS', right: true },
      { head: 'Via', right: true },
      { head: 'Class' },
      { head: 'Purpose' },
      { head: 'Reference', free: true },
      { head: 'Packets', right: true },
      { head: 'Of' },
      { head: 'Asked', right: true },
      { head: 'Ago' },
      { head: 'State' },
    ],
    rows.map(row => [
      row.id,
      row.origin,
      row.peer === row.origin ? '' : row.peer,
      row.entropy,
      row.purpose,
      row.reference,
      row.packets,
      instant(row.from),
      row.asked,
      duration(now - row.last),
      stateOf(row, now),
    ]),
  );
}

function stateOf({ state, by, reason, until }: Approval, now: number): string {
  const left = duration(until - now);
  if (state === 'pending') return `waits, ${left} more`;
  return state === 'approved' ? `approved for ${left} by ${by}` : `denied for ${left} by ${by}: ${reason}`;
}

/** `trace approve` and `trace deny`. */
export function renderDecided({ id, origin, state, until, reason }: Approval): string[] {
  const when = instant(until);
  if (state === 'approved')
    return fold(`${id}: AS${origin} is answered when it asks again, until ${when}; tell it to do so`, 2);
  return fold(`${id}: AS${origin} is refused until ${when}: ${reason}`, 2);
}
