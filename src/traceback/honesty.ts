/**
 * The honesty book: how often other ASes say yes of packets that never were (decoys), how often they see packets that this
 * AS handed to them (canaries), and whether they name it then, beside what they state. Counts grow old: after `HALF_LIFE`
 * each weighs half as much. Pure but for its own state; the clock is the caller's.
 */
import { type Credit, NOT_MEASURED, UNMEASURED, UNMEASURED_PAIR } from './credit.ts';
import { chancesOfHits } from './likelihood.ts';

/** After so many ms what was counted weighs half as much. */
export const HALF_LIFE = 14 * 86_400_000;
/** ASes that are kept; the one that nothing was measured of for longest is forgotten first. */
export const MAX_BOOK = 4096;
/** What weighs less than this, all counts together, is forgotten. */
const LEAST_WEIGHT = 0.25;
/** Standard deviations of a normal distribution beyond which one of 20, and one of 1000, lies; on both sides. */
const USUAL = 1.96;
const RARE = 3.29;
/** The same as a chance: below it what an AS states is contradicted. */
const RARE_CHANCE = 0.001;
/** Fewer false yeses, and fewer canaries that were missed, are no contradiction whatever the chances say. */
const LEAST_CASES = 2;
const LEAST_MISSED = 4;

/** What was counted of one AS, as it weighs at `at`. Plain data: stored as it is. */
export interface Counted {
  readonly as: number;
  /** ms since the epoch. */
  readonly at: number;
  /** Decoys on which it said yes or no, those yes, and how many that would be by what it stated. */
  readonly decoys: number;
  /** Decoys on which it said yes. */
  readonly yes: number;
  /** How many that would be by what it stated. */
  readonly yesStated: number;
  /** Canaries on which it said yes or no, and those yes. */
  readonly canaries: number;
  /** Canaries on which it said yes. */
  readonly seen: number;
  /** Sums over the canaries: of the coverage it stated, and of the chance that a tap there has seen enough of them. */
  readonly covered: number;
  /** Sum over the canaries of the chance that a tap there has seen enough of them. */
  readonly held: number;
  /** Canaries handed to it that it saw and named neighbours of, and those where this AS was not among them. */
  readonly named: number;
  /** Canaries that it saw and of which it did not name this AS. */
  readonly misnamed: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What is known of one AS now. */
export interface Honesty extends Counted {
  /** Rates with 95 % intervals (Wilson); null where nothing was counted. */
  readonly falseYes: (Interval & { readonly rate: number; readonly stated: number }) | null;
  /** Share of the canaries that it saw; null: none was counted. */
  readonly recall: (Interval & { readonly rate: number; readonly stated: number }) | null;
  /** Share of the canaries of which it did not name this AS; null: none was counted. */
  readonly misnames: (Interval & { readonly rate: number }) | null;
  /** What it states and is contradicted by what was counted, 999 times in 1000 rightly; in words. */
  readonly contradictions: readonly string[];
}

export interface HonestyBook {
  /** It was asked for packets that never were, and said yes or no. `stated`: the chance of a false yes that it states. */
  decoy(as: number, yes: boolean, stated: number | null): void;
  /** It was asked for packets that passed it. `named`: whether it named this AS; null where it named nobody. */
  canary(as: number, seen: boolean, stated: { readonly coverage: number; readonly held: number }): void;
  naming(as: number, right: boolean): void;
  of(as: number): Honesty | null;
  /** All, by AS. */
  all(): Honesty[];
  /** What is believed of ASes by the book: the worse of what they state and what was measured. */
  readonly credit: Credit;
}

export interface HonestyOptions {
  /** What was kept. */
  readonly counted?: readonly Counted[];
  /** ms since the epoch. */
  readonly clock: () => number;
  /** Counts have changed, or (null) are forgotten. */
  keep?(as: number, counted: Counted | null): void;
  /** What an AS states is contradicted now, or no more. */
  judged?(as: number, contradictions: readonly string[]): void;
}

export function createHonestyBook(options: HonestyOptions): HonestyBook {
  const { clock } = options;
  const book = new Map((options.counted ?? []).slice(0, MAX_BOOK).map(one => [one.as, one]));
  /** How many contradictions were told of each AS. */
  const contradicted = new Map([...book.values()].map(one => [one.as, judge(one).contradictions.length]));

  const count = (as: number, more: Partial<Omit<Counted, 'as' | 'at'>>) => {
    const now = clock();
    const before = book.get(as);
    const from = before === undefined ? { ...NOTHING, as, at: now } : aged(before, now);
    const next = { ...from };
    for (const [name, value] of Object.entries(more) as [keyof typeof more, number][]) next[name] += value;
    book.delete(as);
    book.set(as, next);
    if (book.size > MAX_BOOK) forget(book.keys().next().value!);
    options.keep?.(as, next);
    const after = judge(next).contradictions;
    if (after.length === (contradicted.get(as) ?? 0)) return;
    contradicted.set(as, after.length);
    options.judged?.(as, after);
  };
  const forget = (as: number) => {
    book.delete(as);
    contradicted.delete(as);
    options.keep?.(as, null);
  };
  const of = (as: number): Honesty | null => {
    const counted = book.get(as);
    if (counted === undefined) return null;
    const now = aged(counted, clock());
    if (now.decoys + now.canaries + now.named >= LEAST_WEIGHT) return judge(now);
    forget(as);
    return null;
  };
  /** The share of bad cases, of which one in a hundred was believed beforehand. */
  const share = (bad: number, all: number) => (bad + UNMEASURED) / (all + 1);

  return {
    decoy: (as, yes, stated) => count(as, { decoys: 1, yes: Number(yes), yesStated: stated ?? 0 }),
    canary: (as, seen, { coverage, held }) => count(as, { canaries: 1, seen: Number(seen), covered: coverage, held }),
    naming: (as, right) => count(as, { named: 1, misnamed: Number(!right) }),
    of,
    all: () => [...book.keys()].toSorted((a, b) => a - b).flatMap(as => of(as) ?? []),
    credit: {
      falseYes(as, stated) {
        const known = of(as);
        if (known === null) return NOT_MEASURED.falseYes(as, stated);
        return Math.max(stated ?? NOT_MEASURED.falseYes(as, null), share(known.yes, known.decoys));
      },
      misses(as, stated) {
        const known = of(as);
        if (known === null) return NOT_MEASURED.misses(as, stated);
        return Math.max(stated, share(known.canaries - known.seen, known.canaries));
      },
      misnames(as) {
        const known = of(as);
        return known === null ? NOT_MEASURED.misnames(as) : share(known.misnamed, known.named);
      },
      colludes(as) {
        const known = of(as);
        return known === null ? UNMEASURED_PAIR : (known.misnamed + UNMEASURED_PAIR) / (known.named + 1);
      },
    },
  };
}

const NOTHING = {
  ...{ decoys: 0, yes: 0, yesStated: 0, canaries: 0, seen: 0, covered: 0, held: 0, named: 0, misnamed: 0 },
};

/** Why an AS is believed as far as it is, in words; null where nothing was measured. */
export function measuredWords(book: HonestyBook, as: number): string | null {
  const known = book.of(as);
  if (known === null) return null;
  const { decoys, yes, canaries, seen } = known;
  return `${whole(yes)} of ${whole(decoys)} decoys seen, ${whole(seen)} of ${whole(canaries)} canaries: false yes at least ${percent(book.credit.falseYes(as, 0))}, misses at least ${percent(book.credit.misses(as, 0))}`;
}

/** The counts as they weigh at `now`. */
function aged(counted: Counted, now: number): { -readonly [K in keyof Counted]: Counted[K] } {
  const weight = 2 ** -(Math.max(0, now - counted.at) / HALF_LIFE);
  const made = { ...counted, at: Math.max(now, counted.at) };
  for (const name of Object.keys(NOTHING) as (keyof typeof NOTHING)[]) made[name] = counted[name] * weight;
  return made;
}

function judge(counted: Counted): Honesty {
  const { decoys, yes, yesStated, canaries, seen, covered, held, named, misnamed } = counted;
  const rate = (of: number, all: number) => ({ rate: of / all, ...wilson(of, all, USUAL) });
  const falseYes = decoys > 0 ? { ...rate(yes, decoys), stated: yesStated / decoys } : null;
  const stated = (covered / canaries) * (held / canaries);
  const recall = canaries > 0 ? { ...rate(seen, canaries), stated } : null;
  const contradictions: string[] = [];
  if (falseYes !== null && yes >= LEAST_CASES) {
    const { low } = wilson(yes, decoys, RARE);
    if (low > falseYes.stated)
      contradictions.push(
        `says yes falsely: of ${whole(decoys)} decoys it saw ${whole(yes)}, so at least ${percent(low)}; it states ${percent(falseYes.stated)}`,
      );
  }
  if (recall !== null && canaries - seen >= LEAST_MISSED) {
    const chance = chanceOfSoFew(seen, canaries, covered / canaries, held / canaries);
    if (chance < RARE_CHANCE)
      contradictions.push(
        `does not see what passes it: of ${whole(canaries)} canaries it saw ${whole(seen)}, so at most ${percent(wilson(seen, canaries, RARE).high)}; it states ${percent(stated)}`,
      );
  }
  const misnames = named > 0 ? rate(misnamed, named) : null;
  if (misnamed >= LEAST_CASES && wilson(misnamed, named, RARE).low > UNMEASURED)
    contradictions.push(
      `names others than gave it the packets: of ${whole(named)} canaries handed to it ${whole(misnamed)} came from others, it says`,
    );
  return { ...counted, falseYes, recall, misnames, contradictions };
}

/**
 * The chance that of so many canaries at most `seen` are seen by an honest AS: where they pass there may be no tap, with the
 * chance that its coverage leaves, and then none is; else each is with the chance `held`. All canaries pass one link, so that
 * half a border without taps is no lie however often they are missed.
 */
export function chanceOfSoFew(seen: number, canaries: number, coverage: number, held: number): number {
  const all = Math.floor(canaries);
  const most = Math.min(all, Math.ceil(seen));
  const sum = chancesOfHits(all, held)
    .slice(0, most + 1)
    .reduce((so, one) => so + one, 0);
  return 1 - coverage + coverage * Math.min(1, sum);
}

/** The interval in which the rate lies of which `of` of `all` were counted, `z` standard deviations wide (Wilson 1927). */
export function wilson(of: number, all: number, z: number): Interval {
  if (all <= 0) return { low: 0, high: 1 };
  const share = Math.min(1, of / all);
  const middle = share + z ** 2 / (2 * all);
  const wide = z * Math.sqrt((share * (1 - share)) / all + z ** 2 / (4 * all ** 2));
  const by = 1 + z ** 2 / all;
  return { low: Math.max(0, (middle - wide) / by), high: Math.min(1, (middle + wide) / by) };
}

const whole = (count: number) => `${Math.round(count)}`;
const percent = (share: number) => `${Number((share * 100).toPrecision(2))} %`;
