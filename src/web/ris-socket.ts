/** The WebSocket of RIS Live: who is let in, what is too much, and who has gone without a word. */
import fastifyWebsocket, { type WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MOST_WAITING, type RisClients } from './ris-clients.ts';

/** Octets of what a client may say at once. */
const LONGEST = 64 * 1024;
/** Ms between questions whether a client is still there. */
const ASKED = 30_000;

/** RFC 6455 section 7.4.1. */
const POLICY = 1008;
const AGAIN = 1013;

export interface RisSocketOptions {
  /** The name of the collector and who takes clients; null: it is not configured. */
  readonly risLive: () => { readonly host: string; readonly open: RisClients['open'] } | null;
  /** Lets a client in, or has refused it. */
  readonly admit: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  /** Spends a request of the client's rate; why it may ask no more, or null. */
  readonly refused: (request: FastifyRequest) => string | null;
  /** Has the client's token looked at again when tokens change; `end` ends the session, in words. Returns what stops that. */
  readonly hold: (request: FastifyRequest, end: (why: string) => void) => () => void;
  /** Who it is, in words. */
  readonly by: (request: FastifyRequest) => string;
  readonly enter: () => (() => void) | null;
}

/** Serves it at `/v1/ws/`, where RIPE has it. */
export async function serveRisLive(app: FastifyInstance, options: RisSocketOptions): Promise<void> {
  const { risLive, admit, refused, hold, by, enter } = options;
  await app.register(fastifyWebsocket, { options: { maxPayload: LONGEST, perMessageDeflate: false } });
  app.get('/v1/ws', { websocket: true, onRequest: admit }, (socket, request) => {
    const live = risLive();
    const leave = live === null ? null : enter();
    if (live === null || leave === null) return socket.close(AGAIN, 'too many clients');
    const client = live.open(connectionOf(socket), by(request), live.host);
    const letGo = hold(request, why => socket.close(POLICY, why));
    let answers = true;
    const heart = setInterval(() => {
      if (!answers) return socket.terminate();
      answers = false;
      socket.ping();
    }, ASKED).unref();
    socket.on('pong', () => {
      answers = true;
    });
    socket.on('message', data => {
      // An answer may be as long as its question: who goes on asking and reads nothing would have us keep them all.
      if (socket.bufferedAmount > MOST_WAITING) return socket.terminate();
      const why = refused(request);
      if (why === null) client.heard(String(data));
      else socket.close(POLICY, why);
    });
    // What is wrong with a frame: the connection is closed by that.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(heart);
      letGo();
      client.close();
      leave();
    });
  });
}

const connectionOf = (socket: WebSocket) => ({
  send(text: string) {
    if (socket.readyState === socket.OPEN) socket.send(text);
  },
  waiting: () => socket.bufferedAmount,
});
