/**
 * The whois server: its listening sockets, who may connect, and what is counted. What is asked it answers from the sources
 * that `mirror` tells (answer.ts); all clients share one slice of the thread (turns.ts).
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { ListenConfig, WhoisConfig } from '../../config/tree.ts';
import { plainAddress } from '../../net/address.ts';
import { covers, type Prefix, parsePrefix } from '../../net/prefix.ts';
import { seldom } from '../../net/rate.ts';
import { answerQuery, type WhoisSource } from './answer.ts';
import { type ClientRow, serveClient, type WhoisConnection, type WhoisCounts, type WhoisPort } from './connection.ts';
import { turns } from './turns.ts';

/** ms after which an address that could not be listened at is tried again. */
const RETRY = 10_000;
/** Lines a second about clients in the log. */
const SAYINGS = 0.2;

/** `show whois`. */
export interface WhoisStatus {
  /** `problem`: why it does not listen there; empty when it does. The port is the one that the kernel gave. */
  readonly listeners: readonly { readonly address: string; readonly port: number; readonly problem: string }[];
  /** Who is connected. */
  readonly clients: readonly ClientRow[];
  /** What befell clients since the daemon began. */
  readonly counts: Readonly<WhoisCounts>;
}

export interface WhoisServer {
  /** Opens and closes listeners until there are these; null: none. Connections of clients still allowed stay. */
  configure(config: WhoisConfig | null): Promise<void>;
  status(): WhoisStatus;
  /** Where it should listen and does not, in words. */
  problems(): readonly string[];
  close(): Promise<void>;
}

export interface WhoisParts {
  /** The sources in the order of their authority, as they are now. */
  readonly mirror: () => readonly WhoisSource[];
  readonly version: string;
  readonly log: (level: 'info' | 'warn' | 'error', text: string, fields?: Readonly<Record<string, unknown>>) => void;
}

interface Listening {
  readonly at: ListenConfig;
  server: Server | null;
  problem: string;
}

const keyOf = ({ address, port }: ListenConfig): string => `${address} port ${port}`;

/** A server that listens nowhere yet. */
export function createWhoisServer({ mirror, version, log }: WhoisParts): WhoisServer {
  const listening = new Map<string, Listening>();
  const clients = new Map<Socket, { readonly address: string; readonly connection: WhoisConnection }>();
  const counts: WhoisCounts = {
    ...{ connections: 0, queries: 0, octets: 0, errors: 0, large: 0, delayed: 0 },
    ...{ refused: 0, full: 0, crowded: 0, idle: 0, slow: 0, long: 0, changed: 0 },
  };
  const slices = turns();
  let config: WhoisConfig | null = null;
  let allowed: readonly Prefix[] = [];
  let again: NodeJS.Timeout | undefined;
  const say = seldom(SAYINGS, performance.now.bind(performance), (text, unsaid) =>
    log('warn', `whois: ${text}`, unsaid > 0 ? { unsaid } : {}),
  );

  function isAllowed(address: string): boolean {
    const host = parsePrefix(address);
    return host !== null && allowed.some(prefix => covers(prefix, host));
  }

  /** Why a connection is not wanted, as it is counted and in words; null when it is. */
  function whyNot(address: string): readonly ['refused' | 'full' | 'crowded', string] | null {
    if (config === null || !isAllowed(address)) return ['refused', 'it is not allowed'];
    if (clients.size >= config.maxConnections) return ['full', `there are ${clients.size} connections`];
    const same = [...clients.values()].filter(client => client.address === address).length;
    return same < config.maxClientConnections ? null : ['crowded', `it has ${same} connections`];
  }

  function accept(socket: Socket): void {
    socket.on('error', () => {}); // a reset is the client's business
    const address = plainAddress(socket.remoteAddress);
    const refusal = whyNot(address);
    if (refusal !== null) {
      counts[refusal[0]]++;
      say(`${address} refused: ${refusal[1]}`);
      socket.destroy();
      return;
    }
    counts.connections++;
    socket.setNoDelay(true);
    const connection = serveClient(socket, address, { ...port, closed: () => clients.delete(socket) });
    clients.set(socket, { address, connection });
    socket.resume();
  }

  const port: Omit<WhoisPort, 'closed'> = {
    limits: () => config ?? { idleTimeout: 0, rate: 1 },
    counts,
    sources: () => mirror().map(({ name }) => name),
    answer: (query, { sources: chosen }, signal) => {
      const limits = { most: config?.maxAnswer ?? 0, turns: slices, signal };
      return answerQuery({ query, sources: mirror(), chosen, ...limits, version });
    },
    pause: slices.pause,
    say,
  };

  function open(key: string, at: ListenConfig, before: string): Promise<void> {
    // An answer to a client that has closed its side is still an answer (`echo '!gAS64496' | nc …`).
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept);
    const one: Listening = { at, server, problem: '' };
    listening.set(key, one);
    return new Promise(resolve => {
      server.once('error', (error: Error) => {
        one.server = null;
        one.problem = `cannot listen for whois on ${key}: ${error.message}`;
        if (one.problem !== before) log('error', one.problem);
        resolve();
      });
      server.listen({ host: at.address, port: at.port, ipv6Only: false }, () => {
        server.removeAllListeners('error');
        server.on('error', (error: Error) => say(error.message)); // out of descriptors: the listener stays
        log('info', `listening for whois on ${key}`);
        resolve();
      });
    });
  }

  /** Its clients stay. */
  function shut(key: string, { server }: Listening): void {
    listening.delete(key);
    server?.close();
  }

  async function configure(next: WhoisConfig | null): Promise<void> {
    clearTimeout(again);
    config = next;
    allowed = (next?.allow ?? []).map(parsePrefix).filter(prefix => prefix !== null);
    for (const { address, connection } of clients.values()) if (!isAllowed(address)) connection.close();
    const wanted = new Map((next?.listen ?? []).map(at => [keyOf(at), at]));
    for (const [key, one] of listening) if (!wanted.has(key)) shut(key, one);
    for (const [key, at] of wanted) {
      const before = listening.get(key);
      if (before?.server == null) await open(key, at, before?.problem ?? '');
    }
    if (problems().length > 0) again = setTimeout(() => void configure(config), RETRY).unref();
  }

  const problems = () => [...listening.values()].flatMap(({ problem }) => (problem === '' ? [] : [problem]));

  return {
    configure,
    problems,
    status: () => ({
      listeners: [...listening.values()].map(({ at, server, problem }) => {
        const bound = server?.address();
        return { address: at.address, port: typeof bound === 'object' ? (bound?.port ?? at.port) : at.port, problem };
      }),
      clients: [...clients.values()].map(({ connection }) => connection.row()),
      counts: { ...counts },
    }),
    async close() {
      clearTimeout(again);
      for (const [key, one] of [...listening]) shut(key, one);
      for (const { connection } of clients.values()) connection.close();
    },
  };
}
