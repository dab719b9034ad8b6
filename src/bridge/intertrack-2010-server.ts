/** Where clients of InterTrack of 2010 connect, by TCP: messages one behind the other, answers in the order in which they come. */
import { createServer, type Socket } from 'node:net';
import { listenAt } from '../net/listen.ts';
import type { Trace } from '../traceback/trace.ts';
import type { BridgeAudit, BridgeCounts, BridgeLog, TraceGate } from './bridged.ts';
import { type ClientRules, createClientDoor, createRefusals } from './client-door.ts';
import {
  type ClientTraceReply,
  type ClientTraceRequest,
  decodeRequest,
  encodeIdReply,
  encodeReply,
  type TimeVal,
} from './intertrack-2010.ts';
import { degreeOfAll, resultsOf } from './intertrack-2010-result.ts';

export interface ClientServerOptions {
  readonly gate: Pick<TraceGate, 'hashes' | 'packets'>;
  readonly as: () => number;
  readonly rules: () => ClientRules;
  readonly counts: BridgeCounts;
  readonly audit: BridgeAudit;
  readonly log: BridgeLog;
  readonly clock: () => number;
}

const END = '</InterTrackMessage>';
const LONGEST = 1 << 18;
/** Octets of answers that may wait for a client that does not read. */
const MOST_UNREAD = 1 << 20;
const MOST_CONNECTIONS = 32;
const IDLE = 60_000;
/** Questions of one connection that are worked on at a time. */
const AT_ONCE = 4;

/** Serves one connection. */
export function createClientServer({ gate, as, rules, counts, audit, log, clock }: ClientServerOptions) {
  const door = createClientDoor(rules, clock);
  const refuse = createRefusals('intertrack-2010', { counts, audit, log, clock });
  let last = 0;
  /** A name for a question: the time, and never twice the same. */
  const nextId = (): TimeVal => {
    last = Math.max(last + 1, clock() * 1000);
    return { sec: Math.floor(last / 1e6), usec: last % 1e6 };
  };

  async function trace(request: ClientTraceRequest, from: string, id: TimeVal): Promise<Trace> {
    const requester = { by: 'intertrack-2010', peer: from, reference: `${id.sec}-${id.usec}` } as const;
    const why = { requester, purpose: 'attack' } as const;
    const hashes = request.packets.flatMap(one => (one.kind === 'hash' ? [one.hash] : []));
    if (hashes.length > 0) return gate.hashes(hashes, why);
    const time = request.sequence.sec * 1000 + Math.floor(request.sequence.usec / 1000);
    return gate.packets(
      request.packets.flatMap(one =>
        one.kind === 'packet'
          ? [
              {
                kind: 'packet' as const,
                version: one.octets[0]! >> 4 === 6 ? (6 as const) : (4 as const),
                octets: one.octets,
                time,
              },
            ]
          : [],
      ),
      why,
    );
  }

  return function serve(socket: Socket): void {
    const from = socket.remoteAddress ?? '';
    let working = 0;
    socket.on('error', () => socket.destroy());
    // Who waits for a trace has nothing to say; the answer to it begins the time anew.
    socket.setTimeout(IDLE, () => {
      if (working === 0) socket.destroy();
    });
    // Whoever may not ask at all is told nothing, and nothing is read of his.
    if (!door.admits(from)) {
      refuse(`${from} may not ask`);
      socket.destroy();
      return;
    }
    let text = '';
    /** Up to here there is no end of a message. */
    let searched = 0;
    const decoder = new TextDecoder('utf-8');
    const say = (xml: string) => {
      if (socket.writable) socket.write(xml);
      if (socket.writableLength <= MOST_UNREAD) return;
      refuse(`${from} does not read what it asked for`);
      socket.destroy();
    };

    async function take(one: string): Promise<void> {
      counts.received++;
      const request = decodeRequest(one);
      if (typeof request === 'string') {
        refuse(`${from}: ${request}`);
        socket.destroy();
        return;
      }
      const id = nextId();
      const reply: Omit<ClientTraceReply, 'result' | 'degree'> = {
        ...{ request, origin: as(), id, time: { sec: Math.floor(clock() / 1000), usec: 0 } },
      };
      const not = working >= AT_ONCE ? `${from}: ${AT_ONCE} questions are worked on already` : door.refuses(from);
      if (not !== null) {
        refuse(not);
        say(encodeReply({ ...reply, degree: 0, result: 'TB_REFUSED_LIMIT' }));
        return;
      }
      audit('intertrack-2010.received', { from, id: `${id.sec}-${id.usec}`, packets: request.packets.length });
      say(encodeIdReply(reply));
      working++;
      try {
        const found = await trace(request, from, id);
        counts.traced++;
        say(encodeReply({ ...reply, degree: degreeOfAll(found), result: resultsOf(found) }));
      } catch (error) {
        refuse(`${from}: ${(error as Error).message}`);
        say(encodeReply({ ...reply, degree: 0, result: 'TB_UNKNOWN_ERROR' }));
      } finally {
        working--;
      }
    }

    socket.on('data', chunk => {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf(END, searched); end >= 0; end = text.indexOf(END)) {
        const one = text.slice(0, end + END.length);
        text = text.slice(end + END.length).replace(/^\s+/, '');
        void take(one);
      }
      searched = Math.max(0, text.length - END.length);
      if (text.length <= LONGEST) return;
      refuse(`${from}: a message is longer than ${LONGEST} characters`);
      socket.destroy();
    });
  };
}

/** Listens at an address. Rejects with the kernel's words when it cannot be bound. */
export async function openClientServer(
  at: { readonly address: string; readonly port: number },
  serve: ReturnType<typeof createClientServer>,
): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.maxConnections = MOST_CONNECTIONS;
  return {
    port: await listenAt(server, at, () => {}),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
