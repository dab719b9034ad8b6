/** The probes of an AS in a simulation: what chance and sampling leave of the packets of an attack that passed it, or did not. */
import type { ProbeAnswer, Sighting, Vantage } from '../../../src/probe/question.ts';
import type { Random } from '../internet/graph.ts';

/** Windows that one packet is asked for at each vantage. */
const WINDOWS = 3;

export interface Watching {
  readonly neighbors: readonly number[];
  /** Share of its links that are behind a tap, by chance; and whether that is what it states is for the caller. */
  readonly coverage: number;
  readonly sampling: number;
  /** The chance that one window says yes of a digest that it does not hold. */
  readonly falsePositive: number;
  readonly lost: number;
}

/** What such probes answer about `packets` packets that came from one neighbour and went to another; null: did not pass. */
export function answerOf(
  { neighbors, coverage, sampling, falsePositive, lost }: Watching,
  packets: number,
  passed: { readonly from: number | null; readonly to: number | null } | null,
  time: number,
  random: Random,
): ProbeAnswer {
  const vantages: Vantage[] = neighbors.flatMap(neighbor => [
    { direction: 'in' as const, neighbor },
    { direction: 'out' as const, neighbor },
  ]);
  const sightings: Sighting[] = [];
  const see = (vantage: Vantage, question: number) =>
    sightings.push({ vantage, from: time, to: time + 1000, question, provisional: false });
  if (passed !== null)
    for (const [direction, neighbor] of [
      ['in', passed.from],
      ['out', passed.to],
    ] as const)
      if (neighbor !== null && random() < coverage)
        for (let packet = 0; packet < packets; packet++)
          if (random() < sampling * (1 - lost)) see({ direction, neighbor }, packet);
  // From one false yes to the next: geometric.
  const all = vantages.length * packets * WINDOWS;
  for (let at = -1; falsePositive > 0; ) {
    at += 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - falsePositive));
    if (at >= all) break;
    see(vantages[Math.floor(at / (packets * WINDOWS))]!, at % packets);
  }
  return {
    ...{ probe: 'tap', sightings, vantages, covered: true, sealed: true, falsePositive, windowsAsked: all },
    retained: { from: time - 3_600_000, to: time + 3_600_000 },
    ...{ packets: Math.round((1 - lost) * 1e6), lost: Math.round(lost * 1e6), sampling },
  };
}
