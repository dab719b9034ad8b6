/**
 * The socket at which a probe is asked on its own machine (`itprobe ask`): frames of CBOR, the messages `question` and
 * `answer` of socket/messages.ts, `refused` when there is none. It answers what the daemon would be answered, no more.
 */
import { connect, createServer, type Socket } from 'node:net';
import { encodeFrame, frameReader } from '../../net/frames.ts';
import { listenUnix } from '../../net/unix-socket.ts';
import type { KeyCheck, ProbeAnswer, Question } from '../question.ts';
import { PROBE_BACKLOG, PROBE_FRAME, readToDaemon, readToProbe } from '../socket/messages.ts';

/** Who asks is a person, or a script of theirs. */
const MOST_CONNECTIONS = 16;
/** Milliseconds in which an answer has to come. */
const PATIENCE = 30_000;
/** Milliseconds in which who is refused has to read why, and hang up. */
const FAREWELL = 2_000;

export interface AskSocket {
  close(): void;
}

/** Listens at `path`. Rejects, in words, when that can't be. `farewellTime`: `FAREWELL`, but in tests. */
export async function openAskSocket(
  path: string,
  answer: (questions: readonly Question[], keys: readonly KeyCheck[]) => Promise<ProbeAnswer>,
  farewellTime = FAREWELL,
): Promise<AskSocket> {
  const connections = new Set<Socket>();
  const leaving = new Set<Socket>();
  const server = createServer(socket => {
    connections.add(socket);
    const send = (message: unknown) => {
      if (!socket.writable) return;
      socket.write(encodeFrame(message));
      if (socket.writableLength > PROBE_BACKLOG) socket.destroy();
    };
    /** What else it says is not read; one that stays would keep the descriptor. */
    const refuse = (reason: string) => {
      if (refused) return;
      refused = true;
      connections.delete(socket);
      leaving.add(socket);
      socket.off('data', read);
      socket.resume();
      send({ type: 'refused', reason });
      socket.end();
      // The longest there is destroyed for the next: those who are refused have no more places than those who are heard.
      if (leaving.size > MOST_CONNECTIONS) leaving.values().next().value!.destroy();
      farewell = setTimeout(() => socket.destroy(), farewellTime).unref();
    };
    let refused = false;
    let farewell: NodeJS.Timeout | undefined;
    // Octets wait in the socket while an answer is made: so many questions are in memory and no more.
    const read = frameReader(
      PROBE_FRAME,
      value => {
        if (refused) return;
        const message = readToProbe(value);
        if (typeof message === 'string') return refuse(message);
        if (message.type !== 'question') return refuse(`${message.type} is no question`);
        socket.pause();
        answer(message.questions, message.keys).then(
          found => {
            send({ type: 'answer', id: message.id, answer: found });
            socket.resume();
          },
          (error: Error) => refuse(error.message),
        );
      },
      ({ reason }) => refuse(reason),
    );
    socket.on('data', read);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(farewell);
      connections.delete(socket);
      leaving.delete(socket);
    });
    if (connections.size > MOST_CONNECTIONS) refuse('too many ask already');
  });
  await listenUnix(server, { path }, 'ask socket');
  return {
    close() {
      server.close();
      for (const socket of [...connections, ...leaving]) socket.destroy();
    },
  };
}

/** Puts questions to the probe that listens at `path`. Rejects, in words, when it does not answer. */
export function askAt(path: string, questions: readonly Question[], keys: readonly KeyCheck[]): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const fail = (reason: string) => {
      reject(new Error(`${path}: ${reason}`));
      socket.destroy();
    };
    const timer = setTimeout(fail, PATIENCE, 'no answer');
    const read = frameReader(
      PROBE_FRAME,
      value => {
        const refused = (value as { type?: unknown; reason?: unknown } | null)?.type === 'refused';
        if (refused) return fail(String((value as { reason?: unknown }).reason).slice(0, 1024));
        const message = readToDaemon(value);
        if (typeof message === 'string') return fail(message);
        if (message.type !== 'answer') return fail(`${message.type} is no answer`);
        resolve(message.answer);
        socket.end();
      },
      ({ reason }) => fail(reason),
    );
    socket.on('data', read);
    socket.on('error', error => fail(error.message));
    socket.on('close', () => {
      clearTimeout(timer);
      fail('the probe hung up');
    });
    socket.on('connect', () => socket.write(encodeFrame({ type: 'question', id: 1, questions, keys })));
  });
}
