/**
 * The life of a case (research: hijack 3.5) as one table. Peers that hold the route are counted now, not once seen:
 * nothing in this table leads from `held` to an end, and nothing leads from `out-of-sight` to one.
 */
import type { CaseState } from './case.ts';

/** What the case book finds when it looks at a case. */
export type LifeEvent =
  /** At least one peer holds the route, but not yet for the hold-up. */
  | 'held'
  /** At least one peer has held it without a break for the hold-up. */
  | 'held-up'
  /** Nobody is known to hold it, but a session that carried it is down. */
  | 'out-of-sight'
  /** Everybody who held it has withdrawn or replaced it; the hold-down runs. */
  | 'let-go'
  /** Nobody has held it for the hold-down. */
  | 'stayed-away'
  /** The registry, or the watches, changed so that the route is right or no longer of concern. */
  | 'cleared'
  /** Held, and nothing has changed for a day. */
  | 'quiet';

export type Notice = 'begin' | 'end' | null;

export interface Step {
  readonly state: CaseState;
  readonly notice: Notice;
}

/** A case that is not there yet is `suspected`: it has no earlier state. */
const stay = (state: CaseState): Step => ({ state, notice: null });
const begin: Step = { state: 'ongoing', notice: 'begin' };
const end: Step = { state: 'resolved', notice: 'end' };
const over: Step = { state: 'resolved', notice: null };
const [suspected, ongoing, dormant, unseen, resolved, dismissed] = (
  ['suspected', 'ongoing', 'dormant', 'unseen', 'resolved', 'dismissed'] as const
).map(stay) as [Step, Step, Step, Step, Step, Step];

// A blip (suspected, then gone for good) gets one notice, its end, which tells when it began.
// Dismissed by the operator, a case is followed in silence until it is over.
// biome-ignore format: a table is read by its columns
const LIFE: Readonly<Record<CaseState, Readonly<Record<LifeEvent, Step>>>> = {
  //             held       held-up    out-of-sight let-go     stayed-away cleared   quiet
  suspected: row(suspected, begin,     suspected,   suspected, end,        over,     suspected),
  ongoing:   row(ongoing,   ongoing,   unseen,      ongoing,   end,        end,      dormant),
  dormant:   row(ongoing,   ongoing,   unseen,      ongoing,   end,        end,      dormant),
  unseen:    row(ongoing,   ongoing,   unseen,      ongoing,   end,        end,      unseen),
  resolved:  row(resolved,  resolved,  resolved,    resolved,  resolved,   resolved, resolved),
  dismissed: row(dismissed, dismissed, dismissed,   dismissed, over,       over,     dismissed),
};

function row(...steps: [Step, Step, Step, Step, Step, Step, Step]): Readonly<Record<LifeEvent, Step>> {
  const [held, heldUp, outOfSight, letGo, stayedAway, cleared, quiet] = steps;
  return {
    held,
    'held-up': heldUp,
    'out-of-sight': outOfSight,
    'let-go': letGo,
    'stayed-away': stayedAway,
    cleared,
    quiet,
  };
}

/** What becomes of a case in `state` at `event`, and who is to be told what. */
export function step(state: CaseState, event: LifeEvent): Step {
  return LIFE[state][event];
}
