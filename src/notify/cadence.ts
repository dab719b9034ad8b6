/** When a case is told again while it goes on: reminders, further and further apart, and what has changed meanwhile. */
import type { Case, CaseState } from '../hijack/case.ts';
import type { Change } from './wording.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The first reminder comes after a day, each further one after twice the time. */
export const FIRST_REMINDER = 24 * HOUR;
/**
 * That a case is graver, or less grave, is told no sooner after another notice of it, and twice as late after each time it was
 * told; that it is seen more widely, no sooner.
 */
export const GRAVE_WAIT = MINUTE;
export const WIDE_WAIT = 10 * MINUTE;
/** A flapping case is summed up so often. */
export const FLAP_SUMMARY = 30 * MINUTE;

/** How a case stood when it was last told. */
export interface Standing {
  readonly critical: boolean;
  readonly severity: string | null;
  /** Peers that held the route, the most at one time. */
  readonly seen: number;
}

/** How a case stands. */
export function standingOf({ critical, severity, peakWitnesses }: Case): Standing {
  return { critical, severity: severity ?? null, seen: peakWitnesses };
}

/** What has been told of a case so far. */
export interface Told {
  /** When its begin was told. */
  readonly begun: number;
  /** When anything was told of it last. */
  readonly last: number;
  readonly reminders: number;
  readonly changes: number;
  readonly flappings: number;
  readonly standing: Standing;
}

/** A notice that is due, and what is told when it is. */
export interface DueNotice {
  readonly event: 'reminder' | 'change' | 'flapping';
  readonly ordinal: number;
  readonly changes: readonly Change[];
  readonly told: Told;
}

/** States in which a case goes on and people are to be kept informed. */
const GOES_ON: ReadonlySet<CaseState> = new Set(['ongoing', 'dormant', 'fading', 'flapping', 'unseen']);

/** How many reminders are due of a case that was told at `begun`: after 24 h, 72 h, 168 h, 360 h... */
export function remindersDue(begun: number, now: number): number {
  const times = (now - begun) / FIRST_REMINDER;
  // The k-th comes after 1 + 2 + 4 + ... = 2^k - 1 times the first wait.
  return times < 1 ? 0 : Math.floor(Math.log2(times + 1));
}

/**
 * What has changed so much since it was told that it is worth another notice: how grave it is; or that it was seen by four
 * times as many peers, five more at least. That it is seen by fewer is told with its end.
 */
export function changesSince(told: Standing, now: Standing): { readonly grave: Change[]; readonly wide: Change[] } {
  const grave: Change[] = [];
  if (told.critical !== now.critical) grave.push({ what: 'critical', now: now.critical });
  if (told.severity !== null && now.severity !== null && told.severity !== now.severity)
    grave.push({ what: 'severity', from: told.severity, to: now.severity });
  const wide: Change[] =
    now.seen >= 4 * told.seen && now.seen - told.seen >= 5 ? [{ what: 'seen', from: told.seen, to: now.seen }] : [];
  return { grave, wide };
}

/**
 * What is due of a case now, if anything: that it flaps, then what has changed, then a reminder. A case that somebody has
 * acknowledged gets no reminders; one whose begin was not told, or that is set aside, nothing. Pure.
 */
export function dueOf(of: Case, told: Told, now: number): DueNotice | null {
  if (!GOES_ON.has(of.state)) return null;
  const standing = standingOf(of);
  const since = now - told.last;
  const due = (event: DueNotice['event'], ordinal: number, changes: readonly Change[], more: Partial<Told>) => ({
    event,
    ordinal,
    changes,
    told: { ...told, standing, last: now, ...more },
  });
  if (of.state === 'flapping') {
    if (told.flappings > 0 && since < FLAP_SUMMARY) return null;
    const flappings = told.flappings + 1;
    return due('flapping', flappings, [{ what: 'flaps', times: of.flaps ?? 0 }], { flappings });
  }
  const { grave, wide } = changesSince(told.standing, standing);
  // What is grave now and not in the next minute is told less and less often.
  const patience = GRAVE_WAIT * 2 ** Math.min(told.changes, 10);
  const worth = [...(since >= patience ? grave : []), ...(since >= WIDE_WAIT ? wide : [])];
  if (worth.length > 0) return due('change', told.changes + 1, worth, { changes: told.changes + 1 });
  const reminders = of.acknowledged === undefined ? remindersDue(told.begun, now) : 0;
  return reminders > told.reminders ? due('reminder', reminders, [], { reminders }) : null;
}
