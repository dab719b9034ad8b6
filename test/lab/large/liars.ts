/** Probes of ASes that say what is false. */
import type { ProbeAnswer, Question, Sighting, Vantage } from '../../../src/probe/question.ts';
import type { Probes } from '../../../src/traceback/btm.ts';
import type { Attack } from './world.ts';

/** Where a liar stands: its neighbours, which ASes take part, and when the packets passed, ms. */
export interface Place {
  readonly as: number;
  readonly neighbors: readonly number[];
  member(as: number): boolean;
  readonly time: number;
}

/** They say of every packet that they saw it coming in, from the first neighbour. */
export function seeing(probes: Probes, time: number): Probes {
  return answering(probes, (questions, answers) => {
    const vantage = answers[0]!.vantages[0]!;
    return questions.map((_one, question) => sighting(vantage, question, time));
  });
}

/** Of what they saw come in they say that it came from another neighbour, one that takes part where there is such. */
export function framing(probes: Probes, place: Place): Probes {
  return answering(probes, (_questions, answers) => {
    const all = answers.flatMap(({ sightings }) => sightings);
    return all.map(one => {
      const { direction, neighbor } = one.vantage;
      return direction === 'in' ? { ...one, vantage: { direction, neighbor: framedBy(place, [neighbor]) } } : one;
    });
  });
}

/**
 * Of what they saw come in they say that it came from the confederate; and of what that one saw, `other`, that it went out
 * there, and came in from somebody else.
 */
export function colluding(probes: Probes, place: Place, confederate: number, other: readonly Attack[]): Probes {
  const theirs = new Set(other.flatMap(({ digests }) => digests));
  return answering(probes, (questions, answers) => {
    const own = answers.flatMap(({ sightings }) => sightings);
    const mine = own.map(one =>
      one.vantage.direction === 'in' ? { ...one, vantage: { direction: 'in' as const, neighbor: confederate } } : one,
    );
    const seen = new Set(own.map(({ question }) => question));
    const borne = questions.flatMap(({ digest }, question) =>
      !theirs.has(digest) || seen.has(question)
        ? []
        : [
            sighting({ direction: 'out', neighbor: confederate }, question, place.time),
            sighting({ direction: 'in', neighbor: framedBy(place, [confederate]) }, question, place.time),
          ],
    );
    return [...mine, ...borne];
  });
}

function framedBy({ neighbors, member }: Place, not: readonly (number | null)[]): number {
  const others = neighbors.filter(as => !not.includes(as));
  return others.find(member) ?? others[0] ?? neighbors[0]!;
}

const sighting = (vantage: Vantage, question: number, time: number): Sighting => ({
  ...{ vantage, question, from: time - 1000, to: time + 1000, provisional: false },
});

/** Probes with other sightings, all of one tap that has all vantages. */
function answering(
  probes: Probes,
  sightings: (questions: readonly Question[], answers: readonly ProbeAnswer[]) => Sighting[],
): Probes {
  return {
    async ask(questions, deadline) {
      const { answers, silent } = await probes.ask(questions, deadline);
      const [first, ...others] = answers;
      const vantages = answers.flatMap(one => one.vantages);
      const windowsAsked = answers.reduce((sum, one) => sum + one.windowsAsked, 0);
      const made = { ...first!, vantages, windowsAsked, sightings: sightings(questions, answers) };
      return {
        answers: [made, ...others.map(one => ({ ...one, vantages: [], windowsAsked: 0, sightings: [] }))],
        silent,
      };
    },
  };
}
