/**
 * Has the probes draw canaries now and then (probe/intake/draw-canary.ts), and asks the neighbour that they came from or
 * went to, when a trace of them would be asked too: when its windows, and those that prove that this AS has seen them, are
 * sealed.
 */
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { type Canary, MOST_DRAWN_OF } from '../probe/canary.ts';
import type { Probes } from './btm.ts';
import { CLOCK_ERROR, epochsOf } from './interval.ts';
import { forgetFirst } from './memory.ts';
import type { Log } from './peering.ts';

/** When canaries are drawn and asked about, ms. */
export interface DrawingTimes {
  /** How far apart they are drawn, of whomever. */
  readonly every: readonly [least: number, most: number];
  /** How long after it was drawn one is asked about. */
  readonly later: readonly [least: number, most: number];
}
const TIMES: DrawingTimes = { every: [5_000, 15_000], later: [45_000, 120_000] };
/** How long the probes have for one, ms. */
const PATIENCE = 5_000;
/** A canary that is older than this was not drawn now but read from a file, ms. */
const FRESH = 30_000;
/** Canaries that wait to be asked about. */
const MAX_WAITING = 64;
/** ASes of which it is known when the next may be drawn. */
const MAX_KNOWN = 16_384;
/** How long an AS is left alone that refuses canaries, or has a person look at them; ms. */
const LEFT_ALONE = 86_400_000;

/** What became of a question about a canary. `counted`: it was said whether it was seen. */
export type CanaryOutcome = 'counted' | 'not-said' | 'refused';

/** What is shown of it. */
export interface CanaryStatus {
  /** The least time between two canaries of one neighbour, ms; 0: none are drawn. */
  readonly every: number;
  readonly drawn: number;
  readonly waiting: number;
  readonly asked: number;
  /** Questions that were answered with a yes or a no, and ASes that are left alone for a day. */
  readonly counted: number;
  readonly leftAlone: number;
  /** Canaries that were given up: too many waited, or the neighbour could not, or was not to, be asked any more. */
  readonly dropped: number;
  /** The one drawn last: when, ms, and of whom; null before the first. */
  readonly last: { readonly time: number; readonly as: number } | null;
}

export interface DrawingCanaries {
  status(): CanaryStatus;
  close(): void;
}

export interface DrawingOptions {
  readonly draw: NonNullable<Probes['draw']>;
  readonly config: () => TracebackConfig['measure'];
  /** ASes that can be asked. */
  readonly askable: () => readonly number[];
  /** Asks an AS about a canary; null when it can't be asked. */
  ask(as: number, canary: Canary): Promise<CanaryOutcome | null>;
  readonly clock: () => number;
  readonly log: Log;
  /** `TIMES`, but for tests. */
  readonly times?: DrawingTimes;
}

export function drawCanaries(options: DrawingOptions): DrawingCanaries {
  const { clock, log, times = TIMES } = options;
  /** When of an AS the next may be drawn, and those that are left alone until then. */
  const next = new Map<number, number>();
  const alone = new Map<number, number>();
  const waiting = new Set<NodeJS.Timeout>();
  const counts = { drawn: 0, asked: 0, counted: 0, dropped: 0 };
  let last: CanaryStatus['last'] = null;
  let closed = false;

  const between = ([least, most]: readonly [number, number]) => least + Math.floor(Math.random() * (most - least));
  const every = () => options.config().canaries ?? 0;
  const isDue = (as: number, now: number) => now >= (next.get(as) ?? 0) && now >= (alone.get(as) ?? 0);

  const ask = async (canary: Canary): Promise<void> => {
    const { neighbor } = canary;
    // It may have been configured meanwhile that nobody is asked.
    const outcome = every() === 0 ? null : await options.ask(neighbor, canary);
    if (outcome === null) {
      counts.dropped++;
      return;
    }
    counts.asked++;
    if (outcome === 'counted') counts.counted++;
    if (outcome !== 'refused') return;
    alone.set(neighbor, clock() + LEFT_ALONE);
    forgetFirst(alone, MAX_KNOWN);
    log('info', `traceback: AS ${neighbor} does not answer about canaries, and is not asked about any for a day`);
  };

  const keep = (canary: Canary): void => {
    counts.drawn++;
    const { neighbor } = canary;
    last = { time: canary.time, as: neighbor };
    next.set(neighbor, clock() + Math.floor(every() * (1 + Math.random() / 2)));
    forgetFirst(next, MAX_KNOWN);
    if (waiting.size >= MAX_WAITING) {
      counts.dropped++;
      return;
    }
    const timer = setTimeout(() => {
      waiting.delete(timer);
      ask(canary).catch((error: unknown) =>
        log('error', `traceback: nobody can be asked about a canary: ${String(error)}`),
      );
    }, between(times.later)).unref();
    waiting.add(timer);
  };

  const draw = async (): Promise<void> => {
    const now = clock();
    if (every() === 0) return;
    const due = options.askable().filter(as => isDue(as, now));
    if (due.length === 0) return;
    const asked = due.slice(0, MOST_DRAWN_OF);
    const drawn = (await options.draw(asked, now + PATIENCE)).filter(
      one => asked.includes(one.neighbor) && isGood(one, clock()),
    );
    // One at a time: which of several neighbours it is of is chance.
    const one = drawn[Math.floor(Math.random() * drawn.length)];
    if (one !== undefined && !closed && every() > 0) keep(one);
  };

  let timer: NodeJS.Timeout;
  const again = () => {
    timer = setTimeout(() => {
      draw()
        .catch((error: unknown) => log('error', `traceback: no canary can be drawn: ${String(error)}`))
        .finally(() => {
          if (!closed) again();
        });
    }, between(times.every)).unref();
  };
  again();

  return {
    status: () => {
      const now = clock();
      const leftAlone = [...alone.values()].filter(until => until > now).length;
      return { every: every(), ...counts, waiting: waiting.size, leftAlone, last };
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const one of waiting) clearTimeout(one);
      waiting.clear();
    },
  };
}

/** Near the turn of an hour another AS may have digested it under another key, and this one's digest says nothing. */
function isGood({ time, epoch }: Canary, now: number): boolean {
  const [only, another] = epochsOf(time);
  return Math.abs(now - time) <= FRESH + CLOCK_ERROR && only === epoch && another === undefined;
}
