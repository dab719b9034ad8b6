/** A Unix socket that an IDS writes its EVE log to. The IDS connects; nothing is ever sent to it. */
import { createServer, type Server, type Socket } from 'node:net';
import type { IdsConfig } from '../../config/tree.ts';
import type { LineSplitter } from '../../net/line-splitter.ts';
import { readInTurns } from '../../net/read-in-turns.ts';
import { listenUnixDatagrams } from '../../net/unix-datagrams.ts';
import { listenUnix } from '../../net/unix-socket.ts';
import { LONGEST_LINE } from './eve.ts';

/** Connections at a time: of one Suricata there is one. */
const MOST_CONNECTIONS = 16;
/** ms after which it is tried again to listen. */
const RETRY = 5_000;

export interface EveSocket {
  /** Why nothing can come, in words; '' when it can. */
  problem(): string;
  close(): Promise<void>;
}

/** Listens at the socket, now or as soon as that can be done. `splitter` is asked for once for each connection. */
export function openEveSocket(config: IdsConfig['eveSockets'][number], splitter: () => LineSplitter): EveSocket {
  const sockets = new Set<Socket>();
  let problem = '';
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let server: Pick<Server, 'close'> | null = null;

  const connected = (socket: Socket) => {
    if (sockets.size >= MOST_CONNECTIONS) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    const lines = splitter();
    readInTurns(socket, chunk => lines.feed(chunk));
    socket.on('error', () => {}); // it is closed then
    socket.on('close', () => sockets.delete(socket));
  };

  /** A datagram is a line, whether it has an end or not. */
  const datagrams = () => {
    const lines = splitter();
    const end = Uint8Array.of(0x0a);
    const socket = listenUnixDatagrams(config, 'eve socket', {
      longest: LONGEST_LINE,
      take(octets) {
        lines.feed(octets);
        lines.feed(end);
      },
      failed: error => {
        problem = error.message;
      },
    });
    return {
      close(then: () => void) {
        socket.close();
        then();
      },
    };
  };

  async function listen(): Promise<void> {
    try {
      if (config.kind === 'dgram') server = datagrams() as Pick<Server, 'close'>;
      else {
        const opened = createServer(connected);
        await listenUnix(opened, config, 'eve socket');
        server = opened;
      }
      problem = '';
    } catch (error) {
      problem = (error as Error).message;
      if (!closed) timer = setTimeout(begin, RETRY);
    }
  }
  let listening: Promise<void> = Promise.resolve();
  function begin(): void {
    listening = listen();
  }
  begin();

  return {
    problem: () => problem,
    async close() {
      closed = true;
      clearTimeout(timer);
      await listening;
      for (const socket of sockets) socket.destroy();
      await new Promise<void>(resolve => (server === null ? resolve() : server.close(() => resolve())));
    },
  };
}
