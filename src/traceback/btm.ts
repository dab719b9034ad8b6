/**
 * Border traceback manager: asks the probes of this AS and says whether the packet crossed its border, where, and with
 * what right it says so (research: traceback 5.5). The rule for `clear` is the strict one: only `clear` says no.
 */
import type { ProbeAnswer, Question, Sighting } from '../probe/question.ts';
import { packetsOf, type Request } from './request.ts';
import type { TraceVerdict } from './trace.ts';

/** The probes of this AS. */
export interface Probes {
  /** Resolves by `deadline` (ms since the epoch); `silent` names the probes that did not answer. */
  ask(
    questions: readonly Question[],
    deadline: number,
  ): Promise<{ readonly answers: readonly ProbeAnswer[]; readonly silent: readonly string[] }>;
}

/** What the probes found, as one. */
export interface Border {
  readonly verdict: Extract<
    TraceVerdict,
    'saw' | 'saw-weak' | 'clear' | 'clear-partial' | 'not-yet' | 'expired' | 'cannot-know'
  >;
  readonly reason: string;
  /** Neighbour ASes the packet came in from and went out to. */
  readonly ingress: readonly number[];
  readonly egress: readonly number[];
  /** Seen coming in, from a neighbour known or not. */
  readonly inward: boolean;
  /** Seen where nothing tells which way it went: it may have come in there. */
  readonly undirected: boolean;
  /** Null when all of the border was watched for all of the interval; else what was not, in words. */
  readonly gap: string | null;
  readonly provisional: boolean;
  readonly falsePositive: number | null;
  readonly coverage: number | null;
  readonly loss: number | null;
  readonly sampling: number | null;
  readonly retainedFrom: number | null;
  readonly retainedTo: number | null;
  /** Packets seen, at most, at one vantage. */
  readonly packets: number;
  readonly windows: number;
}

/** What is asked of the border: the questions, and how many of their packets one vantage has to have seen. */
export type BorderQuestion = Pick<Request, 'questions' | 'need'>;

/** Share of the border behind taps from which on a `no` counts. */
const ENOUGH_COVERAGE = 0.95;
/** Share of packets lost from which on it does not. */
const MOST_LOSS = 0.01;

/** Asks the probes; they have until `deadline` (ms since the epoch), and whatever goes wrong is an answer too. */
export async function askBorder(
  probes: Probes,
  question: BorderQuestion,
  coverage: number | null,
  deadline: number,
  now: number,
  log: (text: string) => void,
): Promise<Border> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>(resolve => {
    timer = setTimeout(() => resolve('the probes did not answer in time'), Math.max(0, deadline - now));
  });
  const got = await Promise.race([
    probes.ask(question.questions, deadline).catch((error: unknown) => {
      // The error may name sockets and taps, and the reason goes to other ASes.
      log(`traceback: the probes cannot be asked: ${String(error)}`);
      return 'the probes cannot be asked';
    }),
    late,
  ]);
  clearTimeout(timer);
  return typeof got === 'string'
    ? { ...judgeBorder([], [], question, coverage), reason: got }
    : judgeBorder(got.answers, got.silent, question, coverage);
}

/** One verdict from all answers. `coverage` is the share of the border behind taps, as the operator states it. */
export function judgeBorder(
  answers: readonly ProbeAnswer[],
  silent: readonly string[],
  question: BorderQuestion,
  coverage: number | null,
): Border {
  const { questions, need } = question;
  const { sightings, packets } = evidenceOf(answers, question);
  const where = (direction: 'in' | 'out') => [
    ...new Set(
      sightings.flatMap(({ vantage }) =>
        vantage.direction === direction && vantage.neighbor !== null ? [vantage.neighbor] : [],
      ),
    ),
  ];
  const retained = answers.flatMap(answer => (answer.retained === null ? [] : [answer.retained.from]));
  const held = answers.flatMap(answer => (answer.retained === null ? [] : [answer.retained.to]));
  const windows = answers.reduce((sum, answer) => sum + answer.windowsAsked, 0);
  // Who holds samples only can add to what is seen, and takes nothing from the no of others.
  const tellers = answers.filter(({ samples }) => samples !== true);
  const looked =
    tellers.length + silent.length === 0 && answers.length > 0
      ? { verdict: 'cannot-know' as const, gap: 'only samples of the packets are held' }
      : lookOf(tellers, silent, questions);
  const border = {
    ingress: where('in'),
    egress: where('out'),
    inward: sightings.some(({ vantage }) => vantage.direction === 'in'),
    undirected: sightings.some(({ vantage }) => vantage.direction === 'unknown'),
    gap: looked.gap ?? quality(tellers, coverage),
    falsePositive: windows > 0 ? falseYes(answers, packetsOf(question), need) : null,
    coverage,
    loss: lossOf(tellers),
    sampling: tellers.length > 0 ? Math.min(...tellers.map(answer => answer.sampling)) : null,
    retainedFrom: retained.length > 0 ? Math.min(...retained) : null,
    retainedTo: held.length > 0 ? Math.max(...held) : null,
    packets,
    windows,
  };
  if (packets > 0 && packets < need) {
    const reason = `${packets} of ${packetsOf(question)} packets seen at one place, ${need} are needed`;
    return { ...border, verdict: 'saw-weak', reason, ingress: [], egress: [], provisional: false };
  }
  if (sightings.length > 0) {
    const live = sightings.every(sighting => sighting.provisional);
    // That it passed is sure even where its neighbour is not: `cannot-know` would take the AS off the path.
    const outward = sightings.some(({ vantage }) => vantage.direction === 'out');
    return { ...border, verdict: 'saw', reason: describeSaw(border, outward, live), provisional: live };
  }
  const verdict = looked.verdict ?? (border.gap === null ? 'clear' : 'clear-partial');
  const reason =
    verdict === 'clear'
      ? 'not seen: all windows of the interval are sealed and hold nothing of it'
      : `${verdict === 'clear-partial' ? 'not seen, but ' : ''}${border.gap}`;
  return { ...border, verdict, reason, provisional: verdict === 'not-yet' };
}

/**
 * How far the probes could look at all. A verdict when they cannot say no, not even partly; a gap when some could and
 * some could not.
 */
function lookOf(
  answers: readonly ProbeAnswer[],
  silent: readonly string[],
  questions: readonly Question[],
): { verdict: 'not-yet' | 'expired' | 'cannot-know' | null; gap: string | null } {
  const from = Math.min(...questions.map(question => question.from));
  const to = Math.max(...questions.map(question => question.to));
  // Probes are counted, not named: the reason goes to other ASes.
  const unable = new Map<string, { verdict: 'not-yet' | 'expired' | 'cannot-know'; probes: number }>();
  const no = (verdict: 'not-yet' | 'expired' | 'cannot-know', gap: string, probes = 1) =>
    unable.set(gap, { verdict, probes: (unable.get(gap)?.probes ?? 0) + probes });
  let able = 0;
  for (const { retained, covered, sealed } of answers) {
    if (retained === null) no('cannot-know', 'no windows are held');
    else if (from < retained.from) no('expired', 'the windows of the interval are dropped');
    else if (to >= retained.to || (covered && !sealed)) no('not-yet', 'the windows of the interval are not all sealed');
    else if (!covered) no('cannot-know', 'windows are missing, or the key of that epoch');
    else able++;
  }
  if (silent.length > 0) no('cannot-know', 'no answer in time', silent.length);

  const found = [...unable.entries()];
  const [gap, worst] =
    found.find(([, one]) => one.verdict === 'not-yet') ??
    found.find(([, one]) => one.verdict === 'expired') ??
    found[0] ??
    [];
  if (gap === undefined || worst === undefined)
    return able > 0 ? { verdict: null, gap: null } : { verdict: 'cannot-know', gap: 'no probe is there to ask' };
  // What is not sealed yet will be: to ask again is worth more than half a no.
  return {
    verdict: able === 0 || worst.verdict === 'not-yet' ? worst.verdict : null,
    gap: `${gap} (${worst.probes} of ${answers.length + silent.length} probes)`,
  };
}

/** Share of the packets of the windows asked that were lost; null when none were asked. */
function lossOf(answers: readonly ProbeAnswer[]): number | null {
  if (answers.length === 0) return null;
  const packets = answers.reduce((sum, answer) => sum + answer.packets, 0);
  const lost = answers.reduce((sum, answer) => sum + answer.lost, 0);
  return lost === 0 ? 0 : lost / (packets + lost);
}

/**
 * The sightings at the vantages that saw as many different packets as are needed, and the most that one vantage saw. What
 * one filter says falsely now and then, it does not say of several packets (research: traceback 4.4).
 */
function evidenceOf(
  answers: readonly ProbeAnswer[],
  { questions, need }: BorderQuestion,
): { readonly sightings: readonly Sighting[]; readonly packets: number } {
  const places = new Map<string, { readonly seen: Set<number>; readonly sightings: Sighting[] }>();
  for (const { probe, sightings } of answers)
    for (const sighting of sightings) {
      const { direction, neighbor } = sighting.vantage;
      const name = `${probe} ${direction} ${neighbor}`;
      const place = places.get(name) ?? { seen: new Set(), sightings: [] };
      places.set(name, place);
      place.seen.add(questions[sighting.question]?.packet ?? 0);
      place.sightings.push(sighting);
    }
  const all = [...places.values()];
  return {
    sightings: all.filter(({ seen }) => seen.size >= need).flatMap(({ sightings }) => sightings),
    packets: Math.max(0, ...all.map(({ seen }) => seen.size)),
  };
}

/** The chance that some vantage has `need` of `packets` packets though it saw none of them. */
function falseYes(answers: readonly ProbeAnswer[], packets: number, need: number): number {
  let never = 1;
  for (const { falsePositive, windowsAsked, vantages } of answers) {
    const places = Math.max(1, vantages.length);
    const each = 1 - (1 - falsePositive) ** (windowsAsked / packets / places);
    never *= (1 - atLeast(need, packets, each)) ** places;
  }
  return 1 - never;
}

/** The chance of `least` or more hits in `tries` tries of chance `each`. */
function atLeast(least: number, tries: number, each: number): number {
  let sum = 0;
  let ways = 1;
  for (let hits = 0; hits <= tries; hits++) {
    if (hits >= least) sum += ways * each ** hits * (1 - each) ** (tries - hits);
    ways = (ways * (tries - hits)) / (hits + 1);
  }
  return sum;
}

/** Null when what was watched was watched well enough for a no; else what was not. */
function quality(answers: readonly ProbeAnswer[], coverage: number | null): string | null {
  const loss = lossOf(answers) ?? 0;
  // Where a share is kept by the digests' values, of those that would have been kept a no is a no.
  const sampling = Math.min(1, ...answers.map(answer => (answer.unsaid === 0 ? 1 : answer.sampling)));
  if (coverage === null) return 'coverage of the border is not stated';
  if (coverage < ENOUGH_COVERAGE) return `only ${percent(coverage)} of the border is behind taps`;
  if (loss >= MOST_LOSS) return `${percent(loss)} of the packets were lost`;
  return sampling < 1 ? `only ${percent(sampling)} of the packets were kept` : null;
}

function describeSaw(
  border: Pick<Border, 'ingress' | 'egress' | 'inward' | 'undirected'>,
  outward: boolean,
  live: boolean,
): string {
  const list = (numbers: readonly number[]) => {
    const more = numbers.length > 4 ? ` and ${numbers.length - 4} more` : '';
    return `AS ${numbers.slice(0, 4).join(', ')}${more}`;
  };
  const parts = [
    ...(border.ingress.length > 0 ? [`coming in from ${list(border.ingress)}`] : []),
    ...(border.inward && border.ingress.length === 0 ? ['coming in, the neighbour is not known'] : []),
    ...(border.egress.length > 0 ? [`going out to ${list(border.egress)}`] : []),
    ...(outward && border.egress.length === 0 ? ['going out, the neighbour is not known'] : []),
    ...(border.undirected ? ['at the border, neither neighbour nor direction is known'] : []),
  ];
  return `seen ${parts.length > 0 ? parts.join(', ') : 'inside'}${live ? ', in a live window' : ''}`;
}

function percent(value: number): string {
  return `${Number((value * 100).toFixed(1))} %`;
}
