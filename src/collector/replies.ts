/**
 * Questions that are being answered: each in turns, so that sessions are served between them, and no further ahead of
 * whoever asked than two batches of rows.
 */
import type { Answerer, Turn } from './answers.ts';
import type { AnswerEnd, FromCollector, RibQuery } from './messages.ts';

/** Batches that may be under way. */
const AHEAD = 2;
/** Answers that may take more than one turn at a time: a walk over a full table holds some megabytes. */
const MOST = 16;

export interface Replies {
  ask(id: number, query: RibQuery): void;
  /** A batch has gone on. */
  went(id: number): void;
  cancel(id: number): void;
}

interface Running {
  readonly working: Generator<Turn, AnswerEnd>;
  ahead: number;
}

/** Answers by `answer`, tells by `post`. */
export function createReplies(answer: Answerer['answer'], post: (message: FromCollector) => void): Replies {
  const running = new Map<number, Running>();
  const refuse = (id: number, error: string) => post({ type: 'answer', id, rows: [], error });

  /** Works until the answer yields, then lets others work, or waits until rows have gone on. */
  function turn(id: number, one: Running): void {
    if (running.get(id) !== one) return;
    try {
      const step = one.working.next();
      if (step.done) {
        running.delete(id);
        post({ type: 'answer', id, ...step.value });
        return;
      }
      if (step.value !== undefined) {
        post({ type: 'rows', id, rows: step.value });
        one.ahead++;
      }
      if (one.ahead < AHEAD) setImmediate(() => turn(id, one));
    } catch (e) {
      running.delete(id);
      refuse(id, (e as Error).message);
    }
  }

  return {
    ask(id, query) {
      const one: Running = { working: answer(query), ahead: 0 };
      if (running.size >= MOST) return refuse(id, `${MOST} long questions are being answered: ask again later`);
      running.set(id, one);
      turn(id, one);
    },
    went(id) {
      const one = running.get(id);
      if (one !== undefined && one.ahead-- === AHEAD) setImmediate(() => turn(id, one));
    },
    cancel: id => void running.delete(id),
  };
}
