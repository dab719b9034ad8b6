/** Questions from one machine to another, each with an answer or none by a deadline. */
import { type Bucket, takeToken } from '../net/rate.ts';
import { type Bus, wordsOf } from './connection.ts';
import { askSubject } from './subjects.ts';

/** Octets of a question or an answer; what is longer is not sent. */
const MOST_OCTETS = 900_000;
/** Characters of why there is no answer. */
const MOST_WORDS = 1_000;
/** Questions that are answered at a time. */
const MOST_AT_ONCE = 32;
const MOST_A_SECOND = 100;

/** What is asked and what is answered: JSON, read by whoever knows the question. */
export type Question = Readonly<Record<string, unknown>> & { readonly ask: string };
export type Reply = { readonly ok: unknown } | { readonly error: string };

/**
 * Answers what other machines ask; `answer` rejects in words. Who asks is not known: the server names nobody, and what a
 * question says of itself proves nothing.
 */
export function answerQuestions(bus: Bus, answer: (question: Question, from: AbortSignal) => Promise<unknown>): void {
  const closed = new AbortController();
  let busy = 0;
  let bucket: Bucket | null = null;
  const reply = async (data: Uint8Array): Promise<Reply> => {
    const refuse = (error: string): Reply => {
      bus.refused.count('question', null, error);
      return { error };
    };
    const token = takeToken(bucket, MOST_A_SECOND, performance.now());
    bucket = token.bucket;
    if (!token.taken || busy >= MOST_AT_ONCE) return refuse('it is asked too much');
    const question = readQuestion(data);
    if (question === null) return refuse('it is no question');
    busy++;
    try {
      return { ok: await answer(question, closed.signal) };
    } catch (error) {
      return { error: wordsOf(error) };
    } finally {
      busy--;
    }
  };
  const listen = async () => {
    const nc = await bus.ready;
    for await (const message of nc.subscribe(askSubject(bus.machine)))
      void reply(message.data)
        .then(said => {
          const text = JSON.stringify(said);
          message.respond(text.length > MOST_OCTETS ? JSON.stringify({ error: 'the answer is too long' }) : text);
        })
        .catch(error => bus.refused.count('question', null, `it cannot be answered: ${wordsOf(error)}`));
  };
  void listen()
    .catch(error => bus.up && bus.refused.count('question', null, `none is heard any more: ${wordsOf(error)}`))
    .finally(() => closed.abort());
}

/** Null when it is none. */
function readQuestion(data: Uint8Array): Question | null {
  try {
    const read: unknown = data.length > MOST_OCTETS ? null : JSON.parse(Buffer.from(data).toString('utf8'));
    return typeof read === 'object' && read !== null && typeof (read as Question).ask === 'string'
      ? (read as Question)
      : null;
  } catch {
    return null;
  }
}

/** Asks a machine; rejects in words when it does not answer in so many milliseconds, or says that it cannot. */
export async function askMachine(
  bus: Bus,
  machine: string,
  question: Question,
  milliseconds: number,
): Promise<unknown> {
  if (!bus.up) throw new Error(`the bus is not there: ${bus.trouble}`);
  const nc = await bus.ready;
  let data: Uint8Array;
  try {
    ({ data } = await nc.request(askSubject(machine), JSON.stringify(question), { timeout: milliseconds }));
  } catch {
    throw new Error(`it did not answer within ${milliseconds / 1000} s`);
  }
  const reply = readReply(data);
  if (reply === UNREAD) bus.refused.count('answer', machine, UNREAD.error);
  if ('error' in reply) throw new Error(reply.error);
  return reply.ok;
}

const UNREAD = { error: 'what it answered cannot be read' };

/** An answer as it came; what is none becomes one that says so. */
function readReply(data: Uint8Array): Reply {
  if (data.length > MOST_OCTETS) return UNREAD;
  try {
    const read: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    if (typeof read !== 'object' || read === null) return UNREAD;
    const { ok, error } = read as { readonly ok?: unknown; readonly error?: unknown };
    if (error === undefined) return 'ok' in read ? { ok } : UNREAD;
    return typeof error === 'string' && error !== '' ? { error: error.slice(0, MOST_WORDS) } : UNREAD;
  } catch {
    return UNREAD;
  }
}
