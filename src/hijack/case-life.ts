/** What a case does next: who holds its route now, and for how long, turned into the events of life-cycle.ts. */
import type { WatchConfig } from '../config/tree.ts';
import type { Case, Dismissal } from './case.ts';
import { exceptionFor, exceptionsAt, exceptionWords, type FoundException } from './exceptions.ts';
import { isOfRoa } from './kinds.ts';
import { type LifeEvent, type Notice, step } from './life-cycle.ts';
import { note, type OpenCase } from './open-case.ts';
import { isFollowed } from './quiet-cases.ts';

/** A case held without change for so long is dormant. */
export const QUIET = 24 * 3_600_000;
const HOLD_DOWN = 5 * 60_000;
/** More comebacks than so many within so long are flapping. */
const FLAPS = 3;
export const FLAP_WINDOW = 3_600_000;
/** A flapping route must stand, or be away, for so long before its case goes on, or ends. */
export const STEADY = 30 * 60_000;
/** A case is fading when at most this share of so many peers still holds its route. */
const FADED = 0.2;
const MANY = 5;

/**
 * A case that lies in what peers do not have is told when it has been so for so long: while routes move about, it is so
 * everywhere for a while.
 */
export const CONVERGENCE = 60_000;

/**
 * For how long hold-ups and hold-downs run, milliseconds: each begins with a change that the book was told of, or tells, of a
 * case that is `isTimed`.
 */
export const timersOf = ({ watches }: { readonly watches: readonly WatchConfig[] }): readonly number[] =>
  [
    ...new Set([HOLD_DOWN, STEADY, CONVERGENCE, ...watches.flatMap(({ holdUp, holdDown }) => [holdUp, holdDown])]),
  ].filter(length => length > 0);

/** True when such a time may run: nobody was told yet, nobody holds the route, or it comes and goes. */
export const isTimed = ({ state, witnesses }: Pick<Case, 'state' | 'witnesses'>): boolean =>
  state === 'suspected' || state === 'flapping' || !witnesses.some(one => one.state === 'holds');

export interface LifeParts {
  readonly watches: () => readonly WatchConfig[];
  /** True when nobody can say what the registry would. */
  readonly blind: (open: OpenCase) => boolean;
  /** The case is over: it is believed now that nobody holds it. */
  readonly leave: (open: OpenCase, time: number) => void;
  /** Judges the case anew where that is due, in its new state. */
  readonly assess: (open: OpenCase, time: number) => void;
  /** The case took a step; `notice` is due and was never told before. */
  readonly stepped: (open: OpenCase, notice: Notice, why: string) => void;
}

export interface CaseLife {
  /** Judges the case by who holds the route at `now`; `news` says that this has changed, and by whose doing last. */
  settle(open: OpenCase, now: number, news: 'peer' | 'registry' | null): void;
  /** Takes one step of the life cycle and does what it says. */
  live(open: OpenCase, event: LifeEvent, time: number, why: string, by?: string): void;
  dismiss(open: OpenCase, as: Dismissal): void;
  /** False of what is only followed, and told of to nobody, as it stands. */
  tells(open: OpenCase): boolean;
  /** Ends the dismissal. */
  takeUp(open: OpenCase, time: number, why: string, by?: string): void;
}

/** Comebacks that still count at `now`. */
export const recent = (times: readonly number[], now: number): readonly number[] =>
  times.filter(time => now - time < FLAP_WINDOW).slice(-(FLAPS + 1));

export function createCaseLife({ watches, blind, leave, assess, stepped }: LifeParts): CaseLife {
  let seen: { watches: readonly WatchConfig[]; now: number; exceptions: readonly FoundException[] } = {
    watches: [],
    now: 0,
    exceptions: [],
  };

  function live(open: OpenCase, event: LifeEvent, time: number, why: string, by?: string): void {
    const { state, notice, ifBegun } = step(open.state, event);
    if (state === open.state && notice === null) return;
    open.state = state;
    if (state === 'resolved') {
      open.ended = open.goneAt ?? time;
      leave(open, time);
    }
    note(open, time, why, by);
    const due = notice !== null && !open.told.includes(notice) && (!ifBegun || open.told.includes('begin'));
    assess(open, time);
    if (due) open.told.push(notice);
    stepped(open, due ? notice : null, why);
  }

  /** True when somebody is told of the case, or would be once its hold-up is over. */
  const tells = (open: OpenCase): boolean =>
    !isFollowed(open.kind) || open.told.includes('begin') || open.graveSince !== null;

  /**
   * A stranger's route that covers watched space is to be told where it draws traffic: where a peer that has it has none for
   * what it covers and others have. Aggregates of providers are of this kind. What peers have lost is to be told when it is as
   * many of them as a watch wants to be told of.
   */
  function isGrave(open: OpenCase, holds: number): boolean {
    if (open.kind === 'super-prefix') return open.witnesses.drawing > 0;
    const own = watches().filter(({ name }) => open.watches.includes(name));
    const share = Math.max(0, ...own.map(({ visibility }) => visibility ?? 0));
    const hadBy = open.hadBy ?? 0;
    return hadBy - holds < share * hadBy;
  }

  /** Since when it has been so without a break that people are told, after the hold-up. */
  function graveSince(open: OpenCase, holds: number, now: number): number | null {
    if (!isFollowed(open.kind)) return open.heldSince;
    open.graveSince = isGrave(open, holds) ? (open.graveSince ?? now) : null;
    return open.graveSince;
  }

  function holdOf(open: OpenCase): { up: number; down: number } {
    if (open.drill) return { up: 0, down: 0 };
    const own = watches().filter(({ name }) => open.watches.includes(name));
    const longest = open.state === 'flapping' ? STEADY : 0;
    if (own.length === 0) return { up: isFollowed(open.kind) ? CONVERGENCE : 0, down: Math.max(HOLD_DOWN, longest) };
    return {
      up: Math.max(isFollowed(open.kind) ? CONVERGENCE : 0, Math.min(...own.map(({ holdUp }) => holdUp))),
      down: Math.max(longest, ...own.map(({ holdDown }) => holdDown)),
    };
  }

  /** They are looked for in every case at every tick. */
  function exceptionsNow(now: number): readonly FoundException[] {
    const configured = watches();
    if (seen.watches !== configured || seen.now !== now)
      seen = { watches: configured, now, exceptions: exceptionsAt(configured, now) };
    return seen.exceptions;
  }

  /** An exception sets the case aside as long as it is in force; a person does as long as was said. */
  function lookAside(open: OpenCase, now: number): void {
    const { dismissed } = open;
    if (dismissed !== undefined && dismissed.until !== null && now >= dismissed.until)
      takeUp(open, now, dismissed.exception ? 'the exception is over' : 'the dismissal is over');
    const found = open.drill ? null : exceptionFor(exceptionsNow(now), open.prefix, open.origin);
    if (open.dismissed?.exception && found === null) takeUp(open, now, 'the exception is no longer configured');
    if (found === null || open.dismissed !== undefined) return;
    const { watch, until } = found;
    dismiss(open, {
      time: now,
      by: `watch ${watch}`,
      reason: `exception ${exceptionWords(found)}`,
      until,
      exception: true,
    });
  }

  function dismiss(open: OpenCase, as: Dismissal): void {
    open.dismissed = as;
    const till = as.until === null ? '' : ` until ${new Date(as.until).toISOString().slice(0, 19)}Z`;
    const why = `dismissed${till}: ${as.reason}`;
    if (open.state !== 'dismissed') live(open, 'set-aside', as.time, why, as.by);
    else {
      note(open, as.time, why, as.by);
      stepped(open, null, why);
    }
  }

  function takeUp(open: OpenCase, time: number, why: string, by?: string): void {
    open.dismissed = undefined;
    live(open, 'taken-up', time, `taken up again: ${why}`, by);
  }

  function comeBack(open: OpenCase, now: number): void {
    open.flaps++;
    open.comebacks = recent([...open.comebacks, now], now);
  }

  function settle(open: OpenCase, now: number, news: 'peer' | 'registry' | null): void {
    if (open.state === 'resolved') return;
    lookAside(open, now);
    const { holds, unseen } = open.witnesses.counts;
    if (holds > 0) {
      open.heldSince ??= now;
      if (open.goneAt !== null) comeBack(open, now);
      open.goneAt = null;
      if (news !== null) {
        open.peakWitnesses = Math.max(open.peakWitnesses, holds);
        open.upstream = open.witnesses.upstream();
        const left = holds + unseen + open.roomless.size;
        if (open.peakWitnesses >= MANY && left <= FADED * open.peakWitnesses)
          live(open, 'faded', now, `fading: ${left} of ${open.peakWitnesses} left`);
        else live(open, 'held', now, 'seen again');
      }
      if (recent(open.comebacks, now).length > FLAPS)
        live(open, 'flaps', now, `flapping: it came back more than ${FLAPS} times within an hour`);
      else if (now - open.heldSince >= STEADY) live(open, 'settled', now, 'no longer flapping');
      const since = graveSince(open, holds, now);
      if (open.state === 'suspected' && since !== null && now - since >= holdOf(open).up)
        live(open, 'held-up', now, holdOf(open).up > 0 ? 'it has stood for the hold-up' : 'at once, without a hold-up');
      if (now - open.changed >= QUIET) live(open, 'quiet', now, 'unchanged for a day');
      return;
    }
    open.heldSince = null;
    open.graveSince = null;
    const { size, nameless } = open.roomless;
    const cleared = news === 'registry' && size === 0;
    if (unseen > 0 || size > 0 || (nameless && !cleared)) {
      open.goneAt = null;
      const why = unseen > 0 ? 'no session that carried it is up' : 'peers that found no room as witnesses may hold it';
      if (news !== null) live(open, 'out-of-sight', now, `out of sight: ${why}`);
      return;
    }
    open.goneAt ??= now;
    if (news === 'registry') live(open, 'cleared', now, 'the registry or the watches no longer object');
    else if (news !== null)
      live(open, 'let-go', now, isOfRoa(open.kind) ? 'over by the RPKI' : 'no peer holds it any more');
    const sure = !blind(open) && (open.awaited.size === 0 || now >= open.awaitUntil);
    if (sure && now - open.goneAt >= holdOf(open).down)
      live(
        open,
        tells(open) ? 'stayed-away' : 'cleared',
        now,
        `${isOfRoa(open.kind) ? 'it has been over' : 'no peer has held it'} for the hold-down`,
      );
  }

  return { settle, live, dismiss, tells, takeUp };
}
