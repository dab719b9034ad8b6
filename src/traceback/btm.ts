/**
 * Border traceback manager: asks the probes of this AS and says whether the packet crossed its border, where, and with
 * what right it says so (research: traceback 5.5). The rule for `clear` is the strict one: only `clear` says no.
 */
import type { Canary } from '../probe/canary.ts';
import type { ProbeAnswer, Question } from '../probe/question.ts';
import type { ProvenQuestion } from '../probe/sealed/prove-sealed.ts';
import { evidenceOf, neighborsOf } from './border-evidence.ts';
import { RULED_OUT } from './likelihood.ts';
import { packetsOf, type Request, spanOf } from './request.ts';
import type { SiteGroup } from './sites.ts';
import type { TraceVerdict } from './trace.ts';

/** The probes of this AS. */
export interface Probes {
  /** Resolves by `deadline` (ms since the epoch); `silent` names the probes that did not answer. */
  ask(questions: readonly Question[], deadline: number): Promise<ProbesAnswer>;
  /** Proofs that sealed windows hold the digests of questions, until `deadline`. Left out where there are none. */
  prove?(questions: readonly Question[], deadline: number): Promise<readonly ProvenQuestion[]>;
  /** Canaries of any of these neighbours, drawn until `deadline`. Left out where there are none. */
  draw?(neighbors: readonly number[], deadline: number): Promise<readonly Canary[]>;
}

export interface ProbesAnswer {
  readonly answers: readonly ProbeAnswer[];
  readonly silent: readonly string[];
  /** Of an AS with several daemons: the share of its border behind taps of those that answered; null when not stated. */
  readonly coverage?: number | null;
  /** Daemons of it that did not answer, of how many; not there when all did. */
  readonly sites?: { readonly silent: number; readonly of: number };
  /** What each of them answered. */
  readonly groups?: readonly SiteGroup[];
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
  /** How many times likelier it is so when the packets passed than when they did not; null when it is no word on that. */
  readonly likelihood: number | null;
  /** Of an AS with several daemons, what each of them answered. */
  readonly groups?: readonly SiteGroup[];
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
    : {
        ...judgeBorder(
          got.answers,
          got.silent,
          question,
          got.coverage === undefined ? coverage : got.coverage,
          got.sites,
        ),
        ...(got.groups !== undefined && { groups: got.groups }),
      };
}

/** One verdict from all answers. `coverage` is the share of the border behind taps, as the operator states it. */
export function judgeBorder(
  answers: readonly ProbeAnswer[],
  silent: readonly string[],
  question: BorderQuestion,
  coverage: number | null,
  sites?: ProbesAnswer['sites'],
): Border {
  const { questions } = question;
  const asked = packetsOf(question);
  // Who holds samples only can add to what is seen, and takes nothing from the no of others.
  const tellers = answers.filter(({ samples }) => samples !== true);
  const looked =
    tellers.length + silent.length === 0 && answers.length > 0
      ? { verdict: 'cannot-know' as const, gap: ONLY_SAMPLES }
      : lookOf(tellers, silent, questions, sites);
  const span = spanOf(questions);
  const { sightings, packets, needed, likely, likelihood, falsePositive } = evidenceOf(
    answers,
    silent.length,
    question,
    coverage,
    answer => inabilityOf(answer, span) === null,
  );
  const retained = answers.flatMap(answer => (answer.retained === null ? [] : [answer.retained.from]));
  const held = answers.flatMap(answer => (answer.retained === null ? [] : [answer.retained.to]));
  const windows = answers.reduce((sum, answer) => sum + answer.windowsAsked, 0);
  const border = {
    ingress: neighborsOf(sightings, 'in'),
    egress: neighborsOf(sightings, 'out'),
    inward: sightings.some(({ vantage }) => vantage.direction === 'in'),
    undirected: sightings.some(({ vantage }) => vantage.direction === 'unknown'),
    gap: looked.gap ?? quality(tellers, coverage, likelihood),
    falsePositive,
    coverage,
    loss: lossOf(tellers),
    sampling: samplingOf(tellers.length > 0 ? tellers : answers),
    retainedFrom: retained.length > 0 ? Math.min(...retained) : null,
    retainedTo: held.length > 0 ? Math.max(...held) : null,
    packets,
    windows,
    likelihood,
  };
  if (sightings.length > 0) {
    const live = sightings.every(sighting => sighting.provisional);
    // That it passed is sure even where its neighbour is not: `cannot-know` would take the AS off the path.
    const outward = sightings.some(({ vantage }) => vantage.direction === 'out');
    return { ...border, verdict: 'saw', reason: describeSaw(border, outward, live), provisional: live };
  }
  const few = `${packets} of ${asked} packets seen at one place`;
  // With many taps chance alone finds one packet or two somewhere: where the others would have been seen too, that is a no.
  const chance = packets > 0 && likelihood <= RULED_OUT && looked.verdict === null;
  if (packets > 0 && !chance) {
    const reason = `${few}, ${needed} are needed`;
    return { ...border, verdict: 'saw-weak', reason, ingress: likely, egress: [], provisional: false };
  }
  const missed = looked.gap === ONLY_SAMPLES && likelihood <= RULED_OUT;
  const verdict = (missed ? null : looked.verdict) ?? (border.gap === null ? 'clear' : 'clear-partial');
  const no = chance ? `not seen: ${few} is what chance makes` : 'not seen';
  const reason =
    verdict === 'clear'
      ? `${no}${chance ? '' : ': all windows of the interval are sealed and hold nothing of it'}`
      : `${verdict === 'clear-partial' ? `${no}, but ` : ''}${border.gap}`;
  const says = verdict === 'clear' || verdict === 'clear-partial';
  return { ...border, verdict, reason, provisional: verdict === 'not-yet', likelihood: says ? likelihood : null };
}

const ONLY_SAMPLES = 'only samples of the packets are held';

type Inability = readonly [verdict: 'not-yet' | 'expired' | 'cannot-know', gap: string];

/** Why a probe cannot say no; null when it can. Of samples it is only asked whether they were taken at that time. */
function inabilityOf(
  { retained, covered, sealed, samples }: ProbeAnswer,
  { from, to }: ReturnType<typeof spanOf>,
): Inability | null {
  if (retained === null) return ['cannot-know', 'no windows are held'];
  if (from < retained.from) return ['expired', 'the windows of the interval are dropped'];
  if (to >= retained.to || (covered && !sealed)) return ['not-yet', 'the windows of the interval are not all sealed'];
  return covered || samples === true ? null : ['cannot-know', 'windows are missing, or the key of that epoch'];
}

/**
 * How far the probes could look at all. A verdict when they cannot say no, not even partly; a gap when some could and
 * some could not.
 */
function lookOf(
  answers: readonly ProbeAnswer[],
  silent: readonly string[],
  questions: readonly Question[],
  sites: ProbesAnswer['sites'],
): { verdict: 'not-yet' | 'expired' | 'cannot-know' | null; gap: string | null } {
  const span = spanOf(questions);
  // Probes are counted, not named: the reason goes to other ASes.
  const unable = new Map<string, { verdict: 'not-yet' | 'expired' | 'cannot-know'; probes: number }>();
  const no = (verdict: 'not-yet' | 'expired' | 'cannot-know', gap: string, probes = 1) =>
    unable.set(gap, { verdict, probes: (unable.get(gap)?.probes ?? 0) + probes });
  let able = 0;
  for (const answer of answers) {
    const inability = inabilityOf(answer, span);
    if (inability === null) able++;
    else no(...inability);
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
  // Sites are counted as probes are: their names stay inside.
  const away = sites === undefined ? '' : `; ${sites.silent} of ${sites.of} sites of this AS do not answer`;
  // What is not sealed yet will be: to ask again is worth more than half a no.
  return {
    verdict: able === 0 || worst.verdict === 'not-yet' ? worst.verdict : null,
    gap: `${gap} (${worst.probes} of ${answers.length + silent.length} probes)${away}`,
  };
}

/** Share of the packets of the windows asked that were lost; null when none were asked. */
function lossOf(answers: readonly ProbeAnswer[]): number | null {
  if (answers.length === 0) return null;
  const packets = answers.reduce((sum, answer) => sum + answer.packets, 0);
  const lost = answers.reduce((sum, answer) => sum + answer.lost, 0);
  return lost === 0 ? 0 : lost / (packets + lost);
}

/** Least share of the packets that is kept; null when nothing says. */
function samplingOf(answers: readonly ProbeAnswer[]): number | null {
  return answers.length > 0 ? Math.min(...answers.map(answer => answer.sampling)) : null;
}

/** Null when what was watched was watched well enough for a no; else what was not. */
function quality(answers: readonly ProbeAnswer[], coverage: number | null, likelihood: number): string | null {
  const loss = lossOf(answers) ?? 0;
  // Where a share is kept by the digests' values, of those that would have been kept a no is a no.
  const sampling = Math.min(1, ...answers.map(answer => (answer.unsaid === 0 ? 1 : answer.sampling)));
  if (coverage === null) return 'coverage of the border is not stated';
  if (coverage < ENOUGH_COVERAGE) return `only ${percent(coverage)} of the border is behind taps`;
  if (loss >= MOST_LOSS) return `${percent(loss)} of the packets were lost`;
  // Of many packets some would have been kept.
  return sampling < 1 && likelihood > RULED_OUT ? `only ${percent(sampling)} of the packets were kept` : null;
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
