/** What probes are asked, each or all of them, and what becomes of their answers. The connections are those of station.ts. */
import type { ProbeConfig } from '../../config/tree.ts';
import { keyCheck } from '../../packet/itk1.ts';
import type { Canary } from '../canary.ts';
import { MOST_FLOW_QUESTIONS } from '../flows/flow-messages.ts';
import type { FlowAnswer, FlowQuestion } from '../flows/flow-question.ts';
import type { VantageReport } from '../neighbors/vantage-rows.ts';
import type { KeyCheck, ProbeAnswer, Question } from '../question.ts';
import type { ProbeEpochs } from '../sealed/kept-messages.ts';
import type { ProvenQuestion } from '../sealed/prove-sealed.ts';
import type { FormAnswer, FormQuestion } from '../translators/translator-messages.ts';
import { MOST_QUESTIONS, type ToDaemon, type ToProbe } from './messages.ts';
import type { ProbePasts } from './probe-past.ts';

/** Milliseconds that a probe has to tell its vantages. */
const REPORT_TIME = 5_000;

/** What answers a question with a number. */
export type Answering = Extract<ToDaemon, { readonly id: number }>;

/** What may be asked of the probes that are configured. */
export interface ProbeQuestions {
  /**
   * Puts questions (256 at most) to every configured probe. Resolves when all have answered, at the latest at `deadline`,
   * an instant in milliseconds since the epoch; `silent` names the probes that have not, those not connected included.
   */
  ask(questions: readonly Question[], deadline: number): Promise<{ answers: ProbeAnswer[]; silent: string[] }>;
  /**
   * Asks the probes that have exporters by headers of packets (16 at most), until `deadline` at the latest; those that do
   * not answer are left out: what they say would be a prior and no more.
   */
  askFlows(questions: readonly FlowQuestion[], deadline: number): Promise<FlowAnswer[]>;
  /**
   * Asks those that follow translators, and those that take flows, for other forms of a packet, until `deadline` at the
   * latest.
   */
  forms(packet: FormQuestion, deadline: number): Promise<{ probe: string; forms: readonly FormAnswer[] }[]>;
  /** Asks all probes for proofs that sealed windows hold the digests of questions (256 at most), until `deadline` at the latest. */
  prove(questions: readonly Question[], deadline: number): Promise<ProvenQuestion[]>;
  /**
   * Has all probes draw a canary of any of these neighbours (4096 at most), until `deadline` at the latest: those that
   * were drawn, one of a probe.
   */
  draw(neighbors: readonly number[], deadline: number): Promise<Canary[]>;
  /** What a probe knows of its vantages. Rejects, in words, when it is not connected or does not answer. */
  vantages(probe: string): Promise<VantageReport>;
  /** What a probe has committed to. Rejects as `vantages` does. */
  epochs(probe: string): Promise<ProbeEpochs>;
}

/** What the connections are good for. */
export interface ProbeQuestionsOptions {
  /** The key of an epoch, 16 octets; null when there is none. */
  readonly epochKey: (epoch: number) => Uint8Array | null;
  readonly pasts: Pick<ProbePasts, 'asked'>;
  /** Those that are configured, by their names. */
  readonly probes: () => ReadonlyMap<string, ProbeConfig>;
  readonly isConnected: (probe: string) => boolean;
  /** Sends a question to a probe; null when it is not there, or has not answered so by the deadline. */
  request<T extends Answering['type']>(
    name: string,
    type: T,
    deadline: number,
    questionOf: (id: number) => Exclude<ToProbe, { type: 'neighbors' }>,
  ): Promise<Extract<Answering, { type: T }> | null>;
  /** Ends the connection of a probe, in words; nothing when it has none. */
  readonly refuse: (probe: string, reason: string) => void;
}

/** Questions to probes that are connected as `options` say. */
export function createProbeQuestions(options: ProbeQuestionsOptions): ProbeQuestions {
  const { epochKey, pasts, probes, isConnected, request, refuse } = options;

  const keysOf = (questions: readonly Question[]): KeyCheck[] =>
    [...new Set(questions.map(({ epoch }) => epoch))].flatMap(epoch => {
      const key = epochKey(epoch);
      return key === null ? [] : [{ epoch, check: keyCheck(key) }];
    });

  /** Of those that are configured. */
  const namesOf = (which: (probe: ProbeConfig) => boolean) =>
    [...probes().values()].filter(which).map(({ name }) => name);

  const askOne = async (
    name: string,
    questions: readonly Question[],
    deadline: number,
  ): Promise<ProbeAnswer | null> => {
    const keys = keysOf(questions);
    const got = await request(name, 'answer', deadline, id => ({ type: 'question', id, questions, keys }));
    pasts.asked(name, questions.length, got && new Set(got.answer.sightings.map(({ question }) => question)).size);
    if (got === null) return null;
    if (!got.answer.sightings.some(({ question }) => question >= questions.length))
      return { ...got.answer, probe: name };
    refuse(name, 'a sighting of a question that was not asked');
    return null;
  };

  /** What a probe says of itself. Rejects, in words, when it is not there or does not answer. */
  const told = async <T>(
    name: string,
    ask: (deadline: number) => Promise<{ readonly report: T } | null>,
  ): Promise<T> => {
    if (!probes().has(name)) throw new Error(`no probe ${name} is configured`);
    if (!isConnected(name)) throw new Error(`probe ${name} is not connected`);
    const found = await ask(Date.now() + REPORT_TIME);
    if (found === null) throw new Error(`probe ${name} does not answer`);
    return found.report;
  };

  return {
    async forms(packet, deadline) {
      const names = namesOf(({ translator, exporters }) => translator !== undefined || exporters !== undefined);
      const found = await Promise.all(
        names.map(name => request(name, 'forms', deadline, id => ({ type: 'forms', id, packet }))),
      );
      return names.flatMap((probe, i) => (found[i] ? [{ probe, forms: found[i].forms }] : []));
    },
    async askFlows(questions, deadline) {
      if (questions.length > MOST_FLOW_QUESTIONS)
        throw new RangeError(`${questions.length} headers are asked for at once`);
      const names = namesOf(({ exporters }) => exporters !== undefined);
      const found = await Promise.all(
        names.map(name => request(name, 'flow-answer', deadline, id => ({ type: 'flow-question', id, questions }))),
      );
      return names.flatMap((probe, i) => (found[i] ? [{ ...found[i].answer, probe }] : []));
    },
    async ask(questions, deadline) {
      if (questions.length > MOST_QUESTIONS) throw new RangeError(`${questions.length} questions are asked at once`);
      const names = namesOf(({ translator }) => translator === undefined);
      const found = await Promise.all(names.map(name => askOne(name, questions, deadline)));
      return {
        answers: found.filter(answer => answer !== null),
        silent: names.filter((_, i) => found[i] === null),
      };
    },
    async prove(questions, deadline) {
      const names = namesOf(({ translator }) => translator === undefined);
      const found = await Promise.all(
        names.map(name => request(name, 'proofs', deadline, id => ({ type: 'prove', id, questions }))),
      );
      return found.flatMap(one =>
        one === null ? [] : one.proofs.filter(({ question }) => question < questions.length),
      );
    },
    async draw(neighbors, deadline) {
      const names = namesOf(({ translator }) => translator === undefined);
      const found = await Promise.all(
        names.map(name => request(name, 'canary', deadline, id => ({ type: 'draw', id, neighbors }))),
      );
      return found.flatMap(one => one?.canary ?? []);
    },
    vantages: name => told(name, deadline => request(name, 'vantages', deadline, id => ({ type: 'vantages', id }))),
    epochs: name => told(name, deadline => request(name, 'epochs', deadline, id => ({ type: 'epochs', id }))),
  };
}
