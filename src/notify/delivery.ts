import type { OutboxRecord } from '../store/records.ts';

/**
 * How an attempt ended. `sent`: the other end took it (mail: 250 after DATA, web: 2xx, program: exit status 0). `refused`:
 * it said that it does not want this message (mail: 5xx to recipient or mail, RFC 5321 section 4.2.1; web: 4xx).
 * `deferred`: anything else. `error`: in words. `wait`: how long the other end asks to be left alone, ms. `doubt`: the other
 * end may have it all the same, for it had the whole and no answer came (RFC 1047).
 */
export type Outcome =
  | { readonly result: 'sent' }
  | {
      readonly result: 'refused' | 'deferred';
      readonly error: string;
      readonly wait?: number;
      readonly doubt?: boolean;
    };

/** What an attempt is told, and what it asks before the other end can have the whole of a message. */
export interface Handing {
  /** Written down that from now on nobody knows whether it was taken; false: it must not be sent from here. */
  begin(): Promise<boolean>;
  /** When an earlier attempt may have reached the other end, ms since the epoch; null: none has. */
  readonly doubt: number | null;
}

/** Header of a mail or web request that comes again: when it may have been taken before, an instant of RFC 3339. */
export const DOUBT_HEADER = 'X-InterTrack-Doubt';

/** Of a message that is nobody else's to send, for the first time. */
export const FREELY: Handing = { begin: async () => true, doubt: null };

const HOUR = 3600 * 1000;

/** Longest wait between attempts that were deferred. */
export const DEFERRED_MOST = HOUR;
/**
 * Wait after a 5xx. It is final by the letter of RFC 5321, but a mailbox over its quota or a wrongly set filter is common
 * and mended within days, and a hijack notice is worth asking again; just not every hour.
 */
export const REFUSED_WAIT = 4 * HOUR;
/** Given up after so long (RFC 5321 section 4.5.4.1: at least 4 to 5 days). */
export const LIFETIME = 5 * 24 * HOUR;

/**
 * The row after an attempt. `retry` is the first wait, doubled at each attempt up to an hour. The last attempt falls on
 * the end of the lifetime; what fails then is `failed`.
 */
export function afterAttempt(record: OutboxRecord, outcome: Outcome, now: number, retry: number): OutboxRecord {
  const attempts = record.attempts + 1;
  if (outcome.result === 'sent') return { ...record, state: 'sent', attempts, due: now, lastError: '' };
  const end = record.created + LIFETIME;
  const state = now >= end ? 'failed' : 'pending';
  const deferred = Math.min(DEFERRED_MOST, Math.max(1, retry) * 2 ** Math.min(attempts - 1, 40));
  // Who asks to be left alone for longer than that is asked again all the same.
  const asked = Math.min(REFUSED_WAIT, outcome.wait ?? 0);
  const wait = Math.max(outcome.result === 'refused' ? REFUSED_WAIT : deferred, asked);
  return {
    ...record,
    state,
    attempts,
    doubt: outcome.doubt ? now : record.doubt,
    due: state === 'failed' ? now : Math.min(now + wait, end),
    lastError: outcome.error,
  };
}

/**
 * The instant a stored row is tried: never further off than the longest wait, should the clock have been set back; and at once
 * where it was never tried, for the machine that wrote it may go by another clock.
 */
export function dueAt({ attempts, due }: Pick<OutboxRecord, 'attempts' | 'due'>, now: number): number {
  return Math.min(due, attempts === 0 ? now : now + REFUSED_WAIT);
}
