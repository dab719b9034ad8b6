/**
 * Prefixes that are hijacked and given back without a pause, at all collectors alike. Each is given back some seconds after it
 * was told, once all collectors that run hold it: what one of them has not yet told would rightly be a second case.
 */
import { partitionOf } from '../../../src/bus/subjects.ts';
import type { Case } from '../../../src/hijack/case.ts';
import { prefixOf } from '../../interop/machines.ts';
import type { Relay } from '../../notify/smtp.ts';
import type { Feed } from '../machines/feed.ts';
import { mailsOf } from '../machines/told.ts';

export interface Hijack {
  readonly prefix: string;
  /** Of each: when it took place, monotonic ms; null: not yet. */
  readonly announced: number;
  told: number | null;
  withdrawn: number | null;
  endTold: number | null;
}

export interface Hijacks {
  readonly all: readonly Hijack[];
  /** Begins no new one; resolves once all are over and told, or after so many milliseconds. */
  finish(patience: number): Promise<void>;
}

export interface HijacksParts {
  readonly feeds: readonly Feed[];
  readonly smtp: Relay;
  readonly random: () => number;
  /** Prefixes that there are. */
  readonly most: number;
  /** Cases that are not over, by a machine that runs. */
  readonly open: () => Promise<readonly Case[]>;
  /** Collectors that run now. */
  readonly running: () => number;
}

/**
 * Between two begins, each in the next partition: few enough of one partition in a minute that each is told by itself
 * (src/notify/storm.ts), also where some wait for a machine. Milliseconds.
 */
const [LEAST, MOST] = [4_000, 5_500];
/** As they are shared out where the configuration does not say it. */
const PARTITIONS = 4;
/** How long a hijack goes on after it was told. Milliseconds. */
const LASTS = 9_000;
const LOOK = 200;
/** Numbers among which there is one of each partition. */
const MARGIN = 64;

export function startHijacks({ feeds, smtp, random, most, open, running }: HijacksParts): Hijacks {
  const all: (Hijack & { readonly lasts: number })[] = [];
  /** Of each partition: no number below it is free. */
  const numbers = new Array<number>(PARTITIONS).fill(0);
  let stopped = false;
  let next = performance.now();

  function begin(now: number): void {
    const wanted = all.length % PARTITIONS;
    let number = numbers[wanted]!;
    while (partitionOf(prefixOf(number), PARTITIONS) !== wanted) number++;
    numbers[wanted] = number + 1;
    const prefix = prefixOf(number);
    all.push({ prefix, announced: now, lasts: random() * LASTS, told: null, withdrawn: null, endTold: null });
    for (const feed of feeds) feed.announce(prefix);
    next = now + LEAST + random() * (MOST - LEAST);
  }

  function look(cases: readonly Case[]): void {
    const now = performance.now();
    const holders = new Map(
      cases.map(({ prefix, witnesses }) => [prefix, witnesses.filter(({ state }) => state === 'holds').length]),
    );
    for (const one of all) {
      if (one.told === null && mailsOf(smtp, one.prefix, 'begin') > 0) one.told = now;
      if (one.withdrawn !== null && one.endTold === null && mailsOf(smtp, one.prefix, 'end') > 0) one.endTold = now;
      if (one.told === null || one.withdrawn !== null || now - one.told < one.lasts) continue;
      if ((holders.get(one.prefix) ?? 0) < running()) continue;
      one.withdrawn = now;
      for (const feed of feeds) feed.withdraw(one.prefix);
    }
  }

  const going = (async () => {
    while (!stopped || all.some(({ endTold }) => endTold === null)) {
      if (!stopped && performance.now() >= next && Math.max(...numbers) < most - MARGIN) begin(performance.now());
      const before = running();
      const cases = await open().catch(() => []);
      // Who has started since may hold more than was seen.
      if (running() === before) look(cases);
      await new Promise(resolve => setTimeout(resolve, LOOK));
    }
  })();

  return {
    all,
    async finish(patience) {
      stopped = true;
      await Promise.race([going, new Promise(resolve => setTimeout(resolve, patience).unref())]);
    },
  };
}
