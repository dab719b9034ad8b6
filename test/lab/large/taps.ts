/**
 * The probes of one AS of the testbed: forty taps, each with three sealed windows that are real filters. No packet is
 * captured: what the windows hold is made up, and the packets of the attacks are put in where they passed. Windows
 * without such packets are of a pool that the taps of one process share.
 */

import { ask, type SealedFilter } from '../../../src/probe/filters/sealed-filter.ts';
import { openSealer, type SeenKeys } from '../../../src/probe/filters/sealer.ts';
import type { ProbeAnswer, Sighting } from '../../../src/probe/question.ts';
import type { Probes } from '../../../src/traceback/btm.ts';
import { type Random, seeded } from '../internet/graph.ts';
import type { Attack } from './world.ts';

const TAPS = 40;
/** Windows of a tap, and how long each is, ms: together they hold all of the interval that is asked. */
const WINDOWS = 3;
const LENGTH = 2000;
/** The window with the packets. */
const MIDDLE = 1;
/** Digests that a vantage has in a window beside those of attacks. */
const BACKGROUND = 500;
const BITS = 8;
/** Windows in a pool, for taps of each number of neighbours. */
const POOL = 400;
const SMALL_POOL = 40;
/** Neighbours at one tap up to which its pool is large. */
const FEW = 2;

export interface TapMaker {
  /** The probes of an AS with these neighbours, past which these attacks went. `time`: when the packets passed, ms. */
  probesOf(as: number, neighbors: readonly number[], attacks: readonly Attack[], time: number): Probes;
}

/** Makes taps; the windows differ with the seed. */
export function newTapMaker(seed: number): TapMaker {
  const random = seeded(seed);
  const sealer = openSealer();
  const pools = new Map<number, SealedFilter[]>();
  const background = (): Uint32Array => randomWords(BACKGROUND * 2, random);
  const seal = (neighbors: number, extra: readonly SeenKeys[]): SealedFilter => {
    const seen = Array.from({ length: neighbors * 2 }, (_, vantage) => ({ vantage, keys: background() }));
    return sealer.seal([...seen, ...extra], BITS)!.filter;
  };
  const pooled = (neighbors: number): SealedFilter => {
    const pool = pools.get(neighbors) ?? [];
    pools.set(neighbors, pool);
    const most = neighbors <= FEW ? POOL : SMALL_POOL;
    if (pool.length < most) pool.push(seal(neighbors, []));
    return pool[Math.floor(random() * pool.length)]!;
  };

  return {
    probesOf(as, neighbors, attacks, time) {
      const at = neighborsAt(neighbors);
      /** What attacks left at each tap. */
      const planted = new Map<number, SeenKeys[]>();
      const plant = (neighbor: number, outward: boolean, { number, digests }: Attack) => {
        const tap = tapOf(neighbors, neighbor, number);
        const place = at[tap]!.indexOf(neighbor);
        const keys = Uint32Array.from(digests.flatMap(halves));
        planted.set(tap, [...(planted.get(tap) ?? []), { vantage: place * 2 + (outward ? 1 : 0), keys }]);
      };
      for (const attack of attacks) {
        const hop = attack.path.indexOf(as);
        if (hop > 0) plant(attack.path[hop - 1]!, false, attack);
        if (hop >= 0 && hop + 1 < attack.path.length) plant(attack.path[hop + 1]!, true, attack);
      }
      const begin = time - (WINDOWS * LENGTH) / 2;
      const taps = at.map((here, tap) => ({
        probe: `tap${tap}`,
        vantages: here.flatMap(neighbor => [
          { direction: 'in' as const, neighbor },
          { direction: 'out' as const, neighbor },
        ]),
        windows: Array.from({ length: WINDOWS }, (_, i) => {
          const more = i === MIDDLE ? planted.get(tap) : undefined;
          return more === undefined ? pooled(here.length) : seal(here.length, more);
        }),
      }));
      return {
        ask: questions => {
          const digests = questions.map(({ digest }) => halves(digest));
          return Promise.resolve({ answers: taps.map(tap => answerOf(tap, digests, begin)), silent: [] });
        },
      };
    },
  };
}

interface Tap {
  readonly probe: string;
  readonly vantages: ProbeAnswer['vantages'];
  readonly windows: readonly SealedFilter[];
}

function answerOf(
  { probe, vantages, windows }: Tap,
  questions: readonly (readonly [number, number])[],
  begin: number,
): ProbeAnswer {
  const sightings: Sighting[] = [];
  for (let question = 0; question < questions.length; question++) {
    const [low, high] = questions[question]!;
    for (let i = 0; i < windows.length; i++)
      for (const number of ask(windows[i]!, low, high)) {
        const from = begin + i * LENGTH;
        sightings.push({ vantage: vantages[number]!, from, to: from + LENGTH, question, provisional: false });
      }
  }
  return {
    probe,
    sightings,
    vantages,
    retained: { from: begin - 3_600_000, to: begin + 3_600_000 },
    covered: true,
    sealed: true,
    falsePositive: 2 ** -BITS,
    windowsAsked: questions.length * vantages.length * windows.length,
    packets: BACKGROUND * vantages.length * windows.length,
    lost: 0,
    sampling: 1,
  };
}

/** The neighbours at each tap: several at one where there are more of them than taps, else several taps a neighbour. */
function neighborsAt(neighbors: readonly number[]): number[][] {
  return Array.from({ length: TAPS }, (_, tap) =>
    neighbors.length < TAPS ? [neighbors[tap % neighbors.length]!] : neighbors.filter((_one, i) => i % TAPS === tap),
  );
}

/** The tap that the packets of an attack pass, coming from this neighbour or going to it. */
function tapOf(neighbors: readonly number[], neighbor: number, attack: number): number {
  const place = neighbors.indexOf(neighbor);
  if (neighbors.length >= TAPS) return place % TAPS;
  const links = Math.floor((TAPS - 1 - place) / neighbors.length) + 1;
  return place + (attack % links) * neighbors.length;
}

/** A digest of 16 hex digits as its halves, the lower first. */
function halves(digest: string): [number, number] {
  return [Number.parseInt(digest.slice(8), 16), Number.parseInt(digest.slice(0, 8), 16)];
}

function randomWords(count: number, random: Random): Uint32Array {
  return Uint32Array.from({ length: count }, () => Math.floor(random() * 2 ** 32));
}
