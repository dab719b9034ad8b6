/**
 * Messages put into the stream, each until the server says that it has it. The library's own way makes two errors with their
 * stacks for each message, of which nearly all arrive; here all answers come to one subscription, and a message costs a timer.
 */
import { headers, type NatsConnection } from '@nats-io/transport-node';

/** Resolves once the message is in the stream, or was there before by its id; rejects in words when it may not be. */
export type Store = (subject: string, octets: Uint8Array, id: string, milliseconds: number) => Promise<void>;

/** The header by which the server knows a message that is sent twice (NATS, JetStream: message deduplication). */
const MESSAGE_ID = 'Nats-Msg-Id';
/** Status of an answer that no stream takes the subject. */
const NO_RESPONDERS = 503;
/** Why a message is not stored where there is no stream: so it is for a moment wherever machines are started for the first time. */
export const NO_STREAM =
  'no stream takes it: JetStream is off, or the stream is not made yet by a machine with cases, or was made by somebody else';

interface Waiting {
  readonly done: () => void;
  readonly failed: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** `inbox`: what the server lets this machine subscribe below. */
export function openStore(nc: NatsConnection, inbox: string): Store {
  const waiting = new Map<string, Waiting>();
  let number = 0;
  nc.subscribe(`${inbox}.stored.*`, {
    callback(error, message) {
      if (error !== null) return; // refused by the server: who waits hears nothing, and says so
      const one = waiting.get(message.subject);
      if (one === undefined) return; // too late
      waiting.delete(message.subject);
      clearTimeout(one.timer);
      const wrong = message.headers?.code === NO_RESPONDERS ? NO_STREAM : wrongWith(message.data);
      if (wrong === '') one.done();
      else one.failed(new Error(wrong));
    },
  });
  return (subject, octets, id, milliseconds) =>
    new Promise((done, failed) => {
      const reply = `${inbox}.stored.${++number}`;
      const timer = setTimeout(() => {
        waiting.delete(reply);
        failed(new Error('the server did not say in time that it has it'));
      }, milliseconds);
      waiting.set(reply, { done, failed, timer });
      const head = headers();
      head.set(MESSAGE_ID, id);
      try {
        nc.publish(subject, octets, { headers: head, reply });
      } catch (error) {
        waiting.delete(reply);
        clearTimeout(timer);
        failed(error as Error);
      }
    });
}

/** Reads the server's answer: '' when it has the message. */
function wrongWith(octets: Uint8Array): string {
  try {
    const read = JSON.parse(Buffer.from(octets).toString('utf8')) as {
      readonly seq?: unknown;
      readonly error?: { readonly description?: unknown };
    };
    if (read.error !== undefined) return `${read.error.description ?? 'the server refuses it'}`.slice(0, 200);
    return Number.isSafeInteger(read.seq) ? '' : 'what the server answered cannot be read';
  } catch {
    return 'what the server answered cannot be read';
  }
}
