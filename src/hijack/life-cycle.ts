/**
 * The life of a case (research: hijack 3.5) as one table. Peers that hold the route are counted now, not once seen:
 * nothing in this table leads from `held` to an end, and nothing leads from `out-of-sight` to one.
 */
import type { Case, CaseState } from './case.ts';

/** True when nothing is done about a case any more. */
export const isOver = ({ state }: Pick<Case, 'state'>): boolean => state === 'resolved' || state === 'dismissed';

/** What the case book finds when it looks at a case, and what a person or the clock says to it. */
export type LifeEvent =
  /** At least one peer holds the route, but not yet for the hold-up. */
  | 'held'
  /** At least one peer has held it without a break for the hold-up. */
  | 'held-up'
  /** A few still hold it, of many. */
  | 'faded'
  /** Nobody is known to hold it, but a session that carried it is down. */
  | 'out-of-sight'
  /** Everybody who held it has withdrawn or replaced it; the hold-down runs. */
  | 'let-go'
  /** Nobody has held it for the hold-down. */
  | 'stayed-away'
  /** The registry, or the watches, changed so that the route is right or no longer of concern. */
  | 'cleared'
  /** Held, and nothing has changed for a day. */
  | 'quiet'
  /** It has come back more than three times within an hour. */
  | 'flaps'
  /** It flapped, and has been held without a break for a while. */
  | 'settled'
  /** A person, or an exception of the configuration, has set it aside. */
  | 'set-aside'
  /** That is over. */
  | 'taken-up';

export type Notice = 'begin' | 'end' | null;

export interface Step {
  readonly state: CaseState;
  readonly notice: Notice;
  /** The notice is for those who were told of the begin: for nobody, if nobody was. */
  readonly ifBegun?: true;
}

const stay = (state: CaseState): Step => ({ state, notice: null });
const begin: Step = { state: 'ongoing', notice: 'begin' };
const flaps: Step = { state: 'flapping', notice: 'begin' };
const end: Step = { state: 'resolved', notice: 'end' };
/** Over without a word, but to those who were promised one. */
const over: Step = { state: 'resolved', notice: 'end', ifBegun: true };

/** Short names for the columns of the table, a row of which has to fit a line. */
const [susp, ongo, dorm, fade, flap, unsn, gone, dism] = (
  ['suspected', 'ongoing', 'dormant', 'fading', 'flapping', 'unseen', 'resolved', 'dismissed'] as const
).map(stay) as [Step, Step, Step, Step, Step, Step, Step, Step];

// A case that is not there yet is `suspected`: it has no earlier state. A blip (suspected, then gone for good) gets one
// notice, its end, which tells when it began. A case that is dismissed is followed in silence; taken up again it is
// suspected anew, and told of as any other, but never twice.
// biome-ignore format: a table is read by its columns
const LIFE: Readonly<Record<CaseState, Readonly<Record<LifeEvent, Step>>>> = {
  //             held  held-up faded out-of-sight let-go stayed-away cleared quiet flaps settled set-aside taken-up
  suspected: row(susp, begin,  susp, susp,        susp,  end,        over,   susp, flaps, susp,  dism,     susp),
  ongoing:   row(ongo, ongo,   fade, unsn,        ongo,  end,        end,    dorm, flap,  ongo,  dism,     ongo),
  dormant:   row(ongo, ongo,   fade, unsn,        ongo,  end,        end,    dorm, flap,  dorm,  dism,     dorm),
  fading:    row(ongo, fade,   fade, unsn,        fade,  end,        end,    fade, flap,  fade,  dism,     fade),
  flapping:  row(flap, flap,   flap, unsn,        flap,  end,        end,    flap, flap,  ongo,  dism,     flap),
  unseen:    row(ongo, ongo,   fade, unsn,        ongo,  end,        end,    unsn, flap,  unsn,  dism,     unsn),
  resolved:  row(gone, gone,   gone, gone,        gone,  gone,       gone,   gone, gone,  gone,  gone,     gone),
  dismissed: row(dism, dism,   dism, dism,        dism,  over,       over,   dism, dism,  dism,  dism,     susp),
};

function row(...steps: [Step, Step, Step, Step, Step, Step, Step, Step, Step, Step, Step, Step]) {
  const [held, heldUp, faded, outOfSight, letGo, stayedAway, cleared, quiet, comesAndGoes, settled, aside, up] = steps;
  return {
    held,
    'held-up': heldUp,
    faded,
    'out-of-sight': outOfSight,
    'let-go': letGo,
    'stayed-away': stayedAway,
    cleared,
    quiet,
    flaps: comesAndGoes,
    settled,
    'set-aside': aside,
    'taken-up': up,
  };
}

/** What becomes of a case in `state` at `event`, and who is to be told what. */
export function step(state: CaseState, event: LifeEvent): Step {
  return LIFE[state][event];
}
