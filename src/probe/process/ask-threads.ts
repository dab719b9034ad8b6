/** Puts questions to all intakes of a probe and then to its sealer, one message after the other, and joins the answers. */

import type { KeyCheck, ProbeAnswer, Question, Vantage } from '../question.ts';
import type { SealerThread } from '../sealed/sealer-thread.ts';
import type { AskedIntake, LiveAnswer } from '../window-messages.ts';
import { joinLive, mergeAnswers } from './merge-answers.ts';

/** Questions that an intake answers without a look at its capture in between. */
const QUESTIONS_A_TURN = 16;
/** Messages that may wait for their turn. */
const MOST_WAITING = 64;

export interface AskThreadsOptions {
  readonly probe: string;
  readonly intakes: readonly AskedIntake[];
  readonly sealer: Pick<SealerThread, 'ask'>;
  /** Vantages by their number, as they are when it is called. */
  readonly vantages: () => readonly Vantage[];
  /** Called with the epochs that were digested with another key than they were asked with. */
  readonly onStrange: (epochs: readonly number[]) => void;
}

/**
 * A function that asks. However many ask at once, an intake has one message before it, of few questions: a flood of them
 * takes turns with the packets. Rejects when too many wait, or when a thread is gone.
 */
export function askThreads({
  probe,
  intakes,
  sealer,
  vantages,
  onStrange,
}: AskThreadsOptions): (questions: readonly Question[], keys: readonly KeyCheck[]) => Promise<ProbeAnswer> {
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const askIntake = async (
    intake: AskedIntake,
    questions: readonly Question[],
    keys: readonly KeyCheck[],
  ): Promise<LiveAnswer> => {
    const answers: LiveAnswer[] = [];
    for (let from = 0; from === 0 || from < questions.length; from += QUESTIONS_A_TURN)
      answers.push(await intake.ask(questions.slice(from, from + QUESTIONS_A_TURN), keys));
    return joinLive(answers, QUESTIONS_A_TURN);
  };
  const ask = async (questions: readonly Question[], keys: readonly KeyCheck[]): Promise<ProbeAnswer> => {
    const live = await Promise.all(intakes.map(intake => askIntake(intake, questions, keys)));
    const sealed = await sealer.ask(
      questions,
      keys,
      live.map(({ parts }) => parts),
    );
    const strange = [...live.flatMap(one => one.strange), ...sealed.strange];
    if (strange.length > 0) onStrange([...new Set(strange)]);
    return mergeAnswers(probe, questions, vantages(), live, sealed);
  };

  return async (questions, keys) => {
    if (waiting >= MOST_WAITING) throw new Error(`${waiting} messages wait for an answer already`);
    waiting++;
    const answer = turn.then(() => ask(questions, keys));
    turn = answer.catch(() => {}).finally(() => waiting--);
    return answer;
  };
}
