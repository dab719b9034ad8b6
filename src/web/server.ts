/** The HTTP side of the daemon: where it listens, by which files, and what goes wrong with that. */
import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { HttpConfig } from '../config/http-tree.ts';
import type { Daemon } from '../control/daemon.ts';
import type { HttpStatus } from '../control/http-rows.ts';
import { withPort } from '../net/address.ts';
import type { AppOptions } from './app.ts';
import { createGate } from './gate.ts';
import type { RenderText } from './looking-glass.ts';
import { createRisClients } from './ris-clients.ts';
import { createSessions } from './sessions.ts';
import { readTokens, type Tokens } from './tokens.ts';

/** ms after which an address that could not be listened at is tried again. */
const RETRY = 10_000;
/** Requests being answered at once, and beside them those that go on until they are interrupted. */
const MOST = { answering: 64, watching: 128 } as const;
/** Connections at one listener. */
const MOST_CONNECTIONS = 256;

export type HttpLog = (level: 'info' | 'warn' | 'error', text: string) => void;

/** What the files of an `http` block hold. */
export interface HttpFiles {
  readonly tokens: Tokens;
  /** PEM; null: no TLS. */
  readonly tls: { readonly key: string; readonly cert: string } | null;
}

/** Reads them. Throws an Error with the name of one and what is wrong with it. */
export function readHttpFiles(config: HttpConfig): HttpFiles {
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`);
    }
  };
  const { identity } = config;
  return {
    tokens: readTokens(config),
    tls: identity === null ? null : { key: read(identity.key), cert: read(identity.certificate) },
  };
}

export interface HttpServer {
  /** Listens where this configuration says, and nowhere else; null: nowhere. Who is connected there stays connected, with a token that still is what it was. */
  configure(config: HttpConfig | null, files: HttpFiles | null): Promise<void>;
  /** As `http` of the Daemon. */
  status(): HttpStatus;
  /** Ports bound, in the order of the configuration. */
  ports(): readonly number[];
  close(): Promise<void>;
}

/** Before there is a server. */
export const NO_HTTP: HttpStatus = {
  ...{ listen: [], answering: 0, mostAnswering: MOST.answering, watching: 0, mostWatching: MOST.watching },
  ...{ risLive: null, lookingGlass: false },
};

/** As what the collector is known by RIS Live. */
const hostOf = ({ risLive }: HttpConfig): string => risLive?.host ?? hostname();

/** Where `make` puts the page; null: it was not built. */
function builtPage(): string | null {
  const place = join(import.meta.dirname, '../../dist/page');
  return existsSync(join(place, 'index.html')) ? place : null;
}

interface Listening {
  app: FastifyInstance | null;
  readonly tls: string;
  problem: string;
}

/** A server that listens nowhere yet. `render`: how the looking glass shows rows. */
export function createHttpServer(
  daemon: Daemon,
  log: HttpLog,
  page: string | null = builtPage(),
  render: RenderText = async (_, rows) => rows.map(row => JSON.stringify(row)),
): HttpServer {
  const listening = new Map<string, Listening>();
  let config: HttpConfig | null = null;
  let files: HttpFiles | null = null;
  let again: NodeJS.Timeout | undefined;
  const inWork = { answering: 0, watching: 0 };
  let metrics: AppOptions['metrics'] | null = null;
  const risLive = createRisClients(daemon);
  const extras: AppOptions['extras'] = {
    risLive: () => (config?.risLive === undefined ? null : { host: hostOf(config), open: risLive.open }),
    lookingGlass: () => config?.lookingGlass === true,
    render,
  };
  /** What serves is loaded when somebody is to be served: most of it is of no use to others. */
  const serving = async (options: Omit<AppOptions, 'metrics'>) => {
    const [{ createApp }, { createMetrics }] = await Promise.all([import('./app.ts'), import('./metrics.ts')]);
    metrics ??= createMetrics(daemon);
    return createApp({ ...options, metrics });
  };
  const nobody: Tokens = () => null;
  const tokens = () => files?.tokens ?? nobody;
  const gate = createGate({
    tokens,
    rate: () => config?.rate ?? 1,
    clock: () => performance.now(),
  });
  const sessions = createSessions(tokens);
  const enter: AppOptions['enter'] = what => {
    if (inWork[what] >= MOST[what]) return null;
    inWork[what]++;
    return () => {
      inWork[what]--;
    };
  };

  const keyOf = ({ address, port }: { address: string; port: number }) => withPort(address, port);

  async function open(at: HttpConfig['listen'][number], before: string, tls: string): Promise<void> {
    const key = keyOf(at);
    const one: Listening = { app: null, tls, problem: '' };
    listening.set(key, one);
    try {
      const app = await serving({ daemon, gate, sessions, enter, extras, tls: files?.tls ?? null, page });
      app.server.maxConnections = MOST_CONNECTIONS;
      one.app = app;
      await app.listen({ host: at.address, port: at.port, ipv6Only: at.address !== '::' });
      log('info', `listening for ${files?.tls ? 'HTTPS' : 'HTTP'} on ${key}`);
    } catch (error) {
      await one.app?.close().catch(() => {});
      one.app = null;
      one.problem = `cannot listen for HTTP on ${key}: ${(error as Error).message}`;
      if (one.problem !== before) log('error', one.problem);
    }
  }

  async function shut(key: string, { app }: Listening): Promise<void> {
    listening.delete(key);
    await app?.close();
  }

  async function configure(next: HttpConfig | null, read: HttpFiles | null): Promise<void> {
    clearTimeout(again);
    config = next;
    files = read;
    sessions.review();
    const tls = JSON.stringify(files?.tls ?? null);
    const wanted = new Map((next?.listen ?? []).map(at => [keyOf(at), at]));
    for (const [key, one] of [...listening]) if (!wanted.has(key) || one.tls !== tls) await shut(key, one);
    for (const [key, at] of wanted) {
      const before = listening.get(key);
      if (before?.app == null) await open(at, before?.problem ?? '', tls);
    }
    if ([...listening.values()].some(({ problem }) => problem !== ''))
      again = setTimeout(() => void configure(config, files), RETRY).unref();
  }

  return {
    configure,
    status: () => ({
      listen: [...listening].map(([at, { tls, problem }]) => ({ at, tls: tls !== 'null', problem })),
      ...{ answering: inWork.answering, mostAnswering: MOST.answering },
      ...{ watching: inWork.watching, mostWatching: MOST.watching },
      risLive: config?.risLive === undefined ? null : { host: hostOf(config), ...risLive.status() },
      lookingGlass: config?.lookingGlass === true,
    }),
    ports: () =>
      (config?.listen ?? []).flatMap(at => {
        const app = listening.get(keyOf(at))?.app;
        return app ? [(app.server.address() as AddressInfo).port] : [];
      }),
    async close() {
      clearTimeout(again);
      for (const [key, one] of [...listening]) await shut(key, one);
    },
  };
}
