/** When a case is told again while it goes on: reminders, further and further apart, and what has changed meanwhile. */
import type { Case } from '../hijack/case.ts';
import type { Change } from './wording.ts';

const HOUR = 3_600_000;

/** The first reminder comes after a day, each further one after twice the time. */
export const FIRST_REMINDER = 24 * HOUR;
/** No two notices of one case, that it has changed, within so long. */
export const CHANGE_WAIT = 600_000;
/** A flapping case is summed up so often. */
export const FLAP_SUMMARY = 1_800_000;

/** How a case stood when it was last told. */
export interface Standing {
  readonly critical: boolean;
  /** Where cases have one. */
  readonly severity: string | null;
  /** Peers that held the route. */
  readonly seen: number;
}

/** How a case stands. */
export function standingOf(of: Case): Standing {
  const { severity } = of as { readonly severity?: unknown };
  return {
    critical: of.critical,
    severity: typeof severity === 'string' ? severity : null,
    seen: of.witnesses.filter(({ state }) => state === 'holds').length,
  };
}

/** How many reminders are due of a case that was told at `begun`: after 24 h, 72 h, 168 h, 360 h… */
export function remindersDue(begun: number, now: number): number {
  const times = (now - begun) / FIRST_REMINDER;
  // The k-th comes after 1 + 2 + 4 + ... = 2^k - 1 times the first wait.
  return times < 1 ? 0 : Math.floor(Math.log2(times + 1));
}

/**
 * What has changed so much since it was told that it is worth another notice: how grave it is; or that it is seen by four times
 * as many peers, five at least. That it is seen by fewer is told with its end.
 */
export function changesSince(told: Standing, now: Standing): readonly Change[] {
  const changes: Change[] = [];
  if (told.critical !== now.critical) changes.push({ what: 'critical', now: now.critical });
  if (told.severity !== null && now.severity !== null && told.severity !== now.severity)
    changes.push({ what: 'severity', from: told.severity, to: now.severity });
  if (now.seen >= 4 * told.seen && now.seen - told.seen >= 5)
    changes.push({ what: 'seen', from: told.seen, to: now.seen });
  return changes;
}
