/** Several ASes in one process, over real TLS on loopback, with scripted probes and a scripted AS graph. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { TracebackConfig, TracePeerConfig } from '../../src/config/traceback-tree.ts';
import { frameReader } from '../../src/net/frames.ts';
import type { ProbeAnswer, Question, Sighting, Vantage } from '../../src/probe/question.ts';
import type { AuditRecord } from '../../src/store/records.ts';
import type { Probes } from '../../src/traceback/btm.ts';
import type { AsGraph } from '../../src/traceback/graph.ts';
import { loadIdentity } from '../../src/traceback/identity.ts';
import { commitmentsInMemory, type KeptCommitments } from '../../src/traceback/kept-commitments.ts';
import type { Timing } from '../../src/traceback/timing.ts';
import type { TraceNode } from '../../src/traceback/trace.ts';
import { createTraceback, type Traceback, type TracebackOptions } from '../../src/traceback/traceback.ts';
import { encodeMessage, type Open } from '../../src/traceback/wire.ts';
import { type Authority, makeIdentity } from './certificates.ts';

/** A moment in the middle of an hour, long past. */
export const NOON = Date.UTC(2026, 10, 22, 12, 30);
export const DIGEST = '0123456789abcdef';
export const question: Question = { epoch: Math.floor(NOON / 3_600_000), digest: DIGEST, from: NOON, to: NOON + 4000 };
/** A trace of that packet. */
export const asked = { questions: [{ epoch: question.epoch, digest: DIGEST }], time: NOON };

/** A probe's answer that rests on sealed windows around the interval asked. */
export function probeAnswer(vantages: readonly Vantage[], more: Partial<ProbeAnswer> = {}): ProbeAnswer {
  const sighting = (vantage: Vantage): Sighting => ({
    vantage,
    from: NOON,
    to: NOON + 1000,
    question: 0,
    provisional: false,
  });
  return {
    probe: 'tap1',
    sightings: vantages.map(sighting),
    vantages: [{ direction: 'in', neighbor: 64999 }],
    retained: { from: NOON - 3_600_000, to: NOON + 3_600_000 },
    covered: true,
    sealed: true,
    falsePositive: 0.001,
    windowsAsked: 3,
    packets: 100_000,
    lost: 0,
    sampling: 1,
    ...more,
  };
}

export const sawFrom = (neighbor: number): Vantage => ({ direction: 'in', neighbor });
export const sawTo = (neighbor: number): Vantage => ({ direction: 'out', neighbor });

/** Probes that always answer so; null for an AS that has none. */
export function scripted(answer: ProbeAnswer | null): Probes {
  return { ask: () => Promise.resolve({ answers: answer === null ? [] : [answer], silent: [] }) };
}

/** Behind `from`, these participants, past these others; nothing behind any other AS. */
export function scriptedGraph(
  behind: Readonly<Record<number, { frontier: number[]; passed: number[] }>>,
  adjacency: Readonly<Record<number, readonly number[]>> = {},
): AsGraph {
  return {
    adjacency: among => Promise.resolve(among.map(as => ({ as, through: adjacency[as] ?? [] }))),
    frontier(from, avoid, among) {
      const found = behind[from] ?? { frontier: [], passed: [] };
      return Promise.resolve({
        // The first has the largest cone, and is asked first.
        frontier: found.frontier
          .filter(as => among.includes(as) && !avoid.includes(as))
          .map((as, i, all) => ({ as, cone: all.length - i })),
        passed: found.passed,
        beyond: 0,
      });
    },
  };
}

export interface AsScript {
  readonly as: number;
  readonly peers: readonly number[];
  readonly probes?: Probes;
  readonly graph?: AsGraph;
  readonly coverage?: number | null;
  /** No decoys when left out. */
  readonly measure?: TracebackConfig['measure'];
  readonly drawing?: TracebackOptions['drawing'];
  /** The machine's when left out. */
  readonly clock?: () => number;
  readonly detail?: TracebackConfig['answer']['detail'];
  readonly approval?: TracebackConfig['answer']['approval'];
  /** Whether proofs of sight are asked for: `none` when left out; and how many questions without are taken a second. */
  readonly proof?: TracebackConfig['answer']['proof'];
  readonly unproved?: number;
  readonly policy?: Readonly<Record<number, Partial<TracePeerConfig>>>;
  /** When its audit lines are on disk; at once when left out. */
  readonly recorded?: () => Promise<void>;
  /** The authority that has issued its certificate, and what holds for members that are no peers. */
  readonly federation?: { readonly authority: Authority; readonly in?: 'deny'; readonly out?: 'deny' };
}

export interface RunningAs {
  readonly as: number;
  readonly traceback: Traceback;
  readonly port: number;
  readonly audit: AuditRecord[];
  readonly log: string[];
  readonly commitments: KeptCommitments;
  config(): TracebackConfig;
  reconfigure(config: TracebackConfig): Promise<void>;
}

export interface Ases {
  readonly directory: string;
  at(as: number): RunningAs;
  /** Starts an AS; its peers are configured by `link`. */
  start(script: AsScript, port?: number): Promise<RunningAs>;
  /** Makes an AS known that the test itself will speak for; returns its key and certificate. */
  strange(as: number): { readonly key: string; readonly certificate: string };
  /** Configures all peers of all ASes and waits until every session between two running ones is up. */
  link(): Promise<void>;
  stop(as: number): void;
  close(): void;
}

/** The statement by which a daemon beside these ASes has one of them as its peer. */
export const peerStatement = ({ directory }: Ases, { as, port }: Pick<RunningAs, 'as' | 'port'>): string =>
  `peer as ${as} { address 127.0.0.1 port ${port}; certificate "${join(directory, `as${as}.crt`)}"; in allow; out allow; }`;

/** Whoever is not spoken to is not for as long as a test takes, on however slow a machine. */
const FAST: Partial<Timing> = { retryFirst: 20, retryMost: 200, shun: 60_000 };

export function newAses(timing: Partial<Timing> = FAST): Ases {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-'));
  const running = new Map<number, RunningAs & { script: AsScript }>();
  const ports = new Map<number, number>();

  const peersOf = (script: AsScript): TracePeerConfig[] =>
    script.peers
      .filter(as => ports.has(as))
      .map(as => ({
        as,
        address: '127.0.0.1',
        port: ports.get(as)!,
        certificate: join(directory, `as${as}.crt`),
        in: 'allow',
        out: 'allow',
        rate: 100,
        ...script.policy?.[as],
      }));

  const federationsOf = ({ federation }: AsScript): TracebackConfig['federations'] => {
    if (federation === undefined) return [];
    const authority = join(directory, `${federation.authority.name}.crt`);
    writeFileSync(authority, federation.authority.certificate);
    const policy = { in: federation.in ?? 'allow', out: federation.out ?? 'allow', rate: 100 } as const;
    return [{ name: federation.authority.name, secret: '', authority, ...policy }];
  };

  const ases: Ases = {
    directory,
    at: as => running.get(as)!,
    async start(script, port = 0) {
      const { as } = script;
      const files = ports.has(as)
        ? { key: join(directory, `as${as}.key`), certificate: join(directory, `as${as}.crt`) }
        : makeIdentity(
            as,
            directory,
            script.federation === undefined ? {} : { authority: script.federation.authority },
          );
      let config: TracebackConfig = {
        listen: [{ address: '127.0.0.1', port }],
        identity: files.key,
        certificate: files.certificate,
        announce: [],
        federations: federationsOf(script),
        peers: [],
        answer: {
          detail: script.detail ?? 'neighbor-as',
          coverage: script.coverage === undefined ? 1 : script.coverage,
          ...(script.approval !== undefined && { approval: script.approval }),
          ...{ proof: script.proof ?? 'none', unproved: script.unproved ?? 20 },
        },
        measure: script.measure ?? { decoys: 0 },
      };
      const identity = () => {
        const got = loadIdentity(config, as, Date.now());
        if ('errors' in got) throw new Error(got.errors.map(e => `${e.file}: ${e.reason}`).join('\n'));
        return got.identity;
      };
      const audit: AuditRecord[] = [];
      const log: string[] = [];
      const commitments = commitmentsInMemory();
      const traceback = await createTraceback({
        as,
        config,
        identity: identity(),
        probes: script.probes ?? scripted(null),
        graph: script.graph ?? scriptedGraph({}),
        retention: 3600,
        commitments,
        audit: line => audit.push(line),
        ...(script.recorded !== undefined && { recorded: script.recorded }),
        ...(script.drawing !== undefined && { drawing: script.drawing }),
        log: (_level, text) => log.push(text),
        clock: script.clock ?? Date.now,
        timing: { ...FAST, ...timing },
      });
      const one = {
        as,
        traceback,
        port: traceback.listening()[0]!.port,
        audit,
        log,
        commitments,
        script,
        config: () => config,
        async reconfigure(next: TracebackConfig) {
          config = next;
          await traceback.reconfigure(next, identity());
        },
      };
      running.set(as, one);
      ports.set(as, one.port);
      await one.reconfigure({ ...config, announce: [{ address: '127.0.0.1', port: one.port }] });
      return one;
    },
    strange(as) {
      makeIdentity(as, directory);
      // The discard port: nobody is there to be dialled.
      ports.set(as, 9);
      return readIdentity(directory, as);
    },
    async link() {
      for (const one of running.values()) await one.reconfigure({ ...one.config(), peers: peersOf(one.script) });
      await until(() =>
        [...running.values()].every(one =>
          one.traceback.status().every(row => row.state === 'Established' || !running.has(row.as)),
        ),
      );
    },
    stop(as) {
      running.get(as)?.traceback.close();
      running.delete(as);
    },
    close() {
      for (const one of running.values()) one.traceback.close();
      running.clear();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return ases;
}

/** The first node of an AS in a tree. */
export function findNode(node: TraceNode, as: number): TraceNode | undefined {
  return node.as === as ? node : node.children.map(child => findNode(child, as)).find(found => found !== undefined);
}

/** Waits until it is so, or there is something, and returns that; fails after a minute. */
export async function until<T>(find: () => T | undefined | null | false, what = 'what was waited for'): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const found = find();
    if (found) return found;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  throw new Error(`${what} did not come`);
}

export interface Raw {
  readonly socket: TLSSocket;
  readonly messages: Record<string, unknown>[];
  /** Resolves with the error's message, or an empty string, when the connection is closed. */
  readonly closed: Promise<string>;
}

/** A peer by hand: dials with this identity and keeps what it is told. */
export async function dialRaw(
  port: number,
  identity: { readonly key: string; readonly certificate: string } | null,
  more: ConnectionOptions = {},
): Promise<Raw> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ['intertrack/1'],
    ...(identity === null ? {} : { key: identity.key, cert: identity.certificate }),
    ...more,
  });
  const messages: Record<string, unknown>[] = [];
  socket.on(
    'data',
    frameReader(
      1 << 20,
      message => messages.push(message as Record<string, unknown>),
      error => {
        throw new Error(error.reason);
      },
    ),
  );
  let failure = '';
  socket.on('error', error => {
    failure = error.message;
  });
  const closed = new Promise<string>(resolve => socket.on('close', () => resolve(failure)));
  await new Promise<void>(resolve => {
    socket.once('secureConnect', resolve);
    socket.once('close', () => resolve());
  });
  return { socket, messages, closed };
}

export function readIdentity(directory: string, as: number): { key: string; certificate: string } {
  return {
    key: readFileSync(join(directory, `as${as}.key`), 'utf8'),
    certificate: readFileSync(join(directory, `as${as}.crt`), 'utf8'),
  };
}

/** Brings a session up by hand. */
export async function establishRaw(raw: Raw, as: number, more: Partial<Open> = {}): Promise<void> {
  raw.socket.write(encodeMessage({ ...openOf(as), ...more }));
  raw.socket.write(encodeMessage({ type: 'keepalive' }));
  await until(() => raw.messages.some(message => message.type === 'keepalive'), 'KEEPALIVE');
}

export function openOf(as: number): Open {
  return {
    type: 'open',
    version: 2,
    least: 2,
    as,
    hold: 30,
    restart: 0,
    roles: ['itm'],
    methods: ['digest'],
    epochs: { length: 3600, overlap: 300 },
    retention: null,
    coverage: null,
    limits: { questions: 64, flight: 64, rate: 100 },
  };
}
