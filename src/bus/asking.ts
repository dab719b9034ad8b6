/** Questions from one machine to another, each with an answer or none by a deadline. */
import type { Bus } from './connection.ts';
import { askSubject } from './subjects.ts';

/** Octets of a question or an answer; what is longer is not sent. */
const MOST_OCTETS = 900_000;
/** Characters of why there is no answer. */
const MOST_WORDS = 1_000;
/** Questions that are answered at a time. */
const MOST_AT_ONCE = 32;

/** What is asked and what is answered: JSON, read by whoever knows the question. */
export type Question = Readonly<Record<string, unknown>> & { readonly ask: string };
export type Reply = { readonly ok: unknown } | { readonly error: string };

/** Answers what other machines ask; `answer` rejects in words. */
export function answerQuestions(bus: Bus, answer: (question: Question, from: AbortSignal) => Promise<unknown>): void {
  const closed = new AbortController();
  let busy = 0;
  const reply = async (data: Uint8Array): Promise<Reply> => {
    if (busy >= MOST_AT_ONCE) return { error: 'it is asked too much' };
    busy++;
    try {
      const question: unknown = data.length > MOST_OCTETS ? null : JSON.parse(Buffer.from(data).toString('utf8'));
      if (typeof question !== 'object' || question === null || typeof (question as Question).ask !== 'string')
        return { error: 'it is no question' };
      return { ok: await answer(question as Question, closed.signal) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    } finally {
      busy--;
    }
  };
  const listen = async () => {
    const nc = await bus.ready;
    for await (const message of nc.subscribe(askSubject(bus.machine))) {
      void reply(message.data).then(said => {
        const text = JSON.stringify(said);
        message.respond(text.length > MOST_OCTETS ? JSON.stringify({ error: 'the answer is too long' }) : text);
      });
    }
  };
  void listen()
    .catch(() => {})
    .finally(() => closed.abort());
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
  if ('error' in reply) throw new Error(reply.error);
  return reply.ok;
}

/** An answer as it came; what is none becomes one that says so. */
function readReply(data: Uint8Array): Reply {
  const none = { error: 'what it answered cannot be read' };
  if (data.length > MOST_OCTETS) return none;
  try {
    const read: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    if (typeof read !== 'object' || read === null) return none;
    const { ok, error } = read as { readonly ok?: unknown; readonly error?: unknown };
    if (error === undefined) return { ok };
    return typeof error === 'string' && error !== '' ? { error: error.slice(0, MOST_WORDS) } : none;
  } catch {
    return none;
  }
}
