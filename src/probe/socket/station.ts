/** The daemon's end of the probe socket: who may connect, keys handed out epoch by epoch, what is told both ways. */
import { createServer, type Socket } from 'node:net';
import type { ProbeConfig, SocketConfig } from '../../config/tree.ts';
import { encodeFrame, frameReader } from '../../net/frames.ts';
import { type Bucket, seldom, takeToken, withUnsaid } from '../../net/rate.ts';
import { listenUnix } from '../../net/unix-socket.ts';
import { epochOf } from '../../packet/itk1.ts';
import type { KnownNeighbors } from '../neighbors/vantage.ts';
import type { KeptStatus } from '../sealed/kept-messages.ts';
import type { CommittedWindow } from '../sealed/prove-sealed.ts';
import {
  PROBE_BACKLOG,
  PROBE_FRAME,
  PROBE_SILENCE,
  PROBE_VERSION,
  type ProbeStatus,
  readToDaemon,
  type ToDaemon,
  type ToProbe,
} from './messages.ts';
import { encodeNeighbors } from './neighbor-messages.ts';
import { createProbePasts, type ProbePast } from './probe-past.ts';
import { type ProbeRow, probeRow } from './probe-row.ts';
import { type Answering, createProbeQuestions, type ProbeQuestions } from './station-questions.ts';

/** Connections that are open at once, those that have not said their name yet included. */
const MOST_CONNECTIONS = 256;
/** Milliseconds that a connection has to say its name. */
const HELLO_TIME = 10_000;
/** Messages of one connection in a second; a probe that reads a year of captures asks for many keys. */
const MOST_MESSAGES = 500;

export interface ProbeStationOptions {
  readonly socket: SocketConfig;
  readonly probes: readonly ProbeConfig[];
  /** The key of an epoch, 16 octets; null when there is none. The secret behind it stays with the caller. */
  readonly epochKey: (epoch: number) => Uint8Array | null;
  /** Called when a probe has committed to more than before. */
  readonly committed?: (probe: string, kept: KeptStatus) => void;
  /** Called when a probe has sealed windows: their roots. */
  readonly sealed?: (probe: string, windows: readonly CommittedWindow[]) => void;
  readonly log: (level: 'info' | 'warn', line: string) => void;
}

export interface ProbeStation extends ProbeQuestions {
  status(): ProbeRow[];
  /** What it reported and was asked so far. */
  past(probe: string): ProbePast;
  /** Tells a probe what is known of its neighbours, and again whenever it connects; nothing when it knows that already. */
  tell(probe: string, neighbors: KnownNeighbors): void;
  /** Takes over a connection from another machine that has proved to be of one of these probes. */
  accept(socket: Socket, probes: ReadonlySet<string>): void;
  /** Takes a new set of probes: those gone are disconnected, those changed are told. */
  reconfigure(probes: readonly ProbeConfig[]): void;
  close(): Promise<void>;
}

interface Connection {
  readonly socket: Socket;
  /** Null: it comes from this machine. */
  readonly proved: ReadonlySet<string> | null;
  messages: Bucket | null;
  /** The probe it turned out to be; null before its hello. */
  name: string | null;
  readonly since: number;
  status: ProbeStatus | null;
  /** What it was asked and has not answered, by the number of the question. */
  readonly asked: Map<number, { readonly type: Answering['type']; resolve(answer: Answering | null): void }>;
}

/** Opens the probe socket. Rejects, in words, when it can't be listened at. */
export async function openProbeStation(options: ProbeStationOptions): Promise<ProbeStation> {
  const { epochKey, log } = options;
  const connections = new Set<Connection>();
  const named = new Map<string, Connection>();
  let probes = new Map(options.probes.map(probe => [probe.name, probe]));
  /** By probe, as a frame. */
  const neighbors = new Map<string, Uint8Array>();
  const pasts = createProbePasts(Date.now);
  let lastId = 0;

  const send = (to: Connection, message: Exclude<ToProbe, { type: 'neighbors' }>) =>
    sendFrame(to, encodeFrame(message));
  const sendFrame = (to: Connection, frame: Uint8Array) => {
    if (!to.socket.writable) return;
    to.socket.write(frame);
    if (to.socket.writableLength > PROBE_BACKLOG) {
      log('warn', `probe ${to.name}: it does not read, its connection is cut`);
      to.socket.destroy();
    }
  };

  // Whoever may connect can make lines of it.
  const sayRefused = seldom(10, Date.now, (line, unsaid) => log('warn', withUnsaid(line, unsaid)));
  const refuse = (from: Connection, reason: string) => {
    sayRefused(`probe ${from.name ?? 'without a name'}: ${reason}`);
    send(from, { type: 'refused', reason });
    from.socket.end();
    // A peer that does not close its side either is not waited for.
    setTimeout(() => from.socket.destroy(), 1000).unref();
  };

  const hello = (from: Connection, version: number, name: string) => {
    const probe = probes.get(name);
    if (from.name !== null) refuse(from, 'a second hello');
    else if (version !== PROBE_VERSION) refuse(from, `version ${version} is not spoken here, but ${PROBE_VERSION}`);
    else if (from.proved !== null && !from.proved.has(name)) refuse(from, 'the certificate is not of this probe');
    else if (probe === undefined) refuse(from, `no probe ${JSON.stringify(name)} is configured`);
    else if (from.proved === null && probe.certificate !== undefined)
      refuse(from, `probe ${name} has a certificate: it connects from another machine`);
    else if (from.proved === null && named.has(name)) refuse(from, `probe ${name} is connected already`);
    else welcome(from, probe);
  };

  const welcome = (from: Connection, probe: ProbeConfig) => {
    const { name } = probe;
    // Of two that have the probe's key the later one is it: the other may be gone without a word.
    named.get(name)?.socket.destroy();
    from.name = name;
    named.set(name, from);
    log('info', `probe ${name}: connected`);
    send(from, { type: 'welcome', version: PROBE_VERSION, probe });
    const known = neighbors.get(name);
    if (known !== undefined) sendFrame(from, known);
  };

  /** A box that stands elsewhere may be stolen: with it no more keys than it has windows of. */
  const mayHave = ({ proved, name }: Connection, epoch: number): boolean => {
    if (proved === null) return true;
    const retention = probes.get(name!)?.retention ?? 0;
    const now = Date.now();
    return epoch >= epochOf(now - retention) - 1 && epoch <= epochOf(now) + 1;
  };

  const receive = (from: Connection, message: ToDaemon): void => {
    if (message.type !== 'hello' && from.name === null) {
      refuse(from, `${message.type} before hello`);
      return;
    }
    switch (message.type) {
      case 'hello':
        hello(from, message.version, message.name);
        return;
      case 'key':
        send(from, {
          type: 'key',
          epoch: message.epoch,
          key: mayHave(from, message.epoch) ? epochKey(message.epoch) : null,
        });
        return;
      case 'status':
        if (message.status.kept !== undefined && message.status.kept.head !== from.status?.kept?.head)
          options.committed?.(from.name!, message.status.kept);
        from.status = message.status;
        pasts.reported(from.name!, message.status);
        send(from, { type: 'noted' });
        return;
      case 'committed':
        options.sealed?.(from.name!, message.windows);
        return;
      default: {
        // An answer that nobody waits for any more is late: its deadline has passed.
        const waiting = from.asked.get(message.id);
        if (waiting?.type === message.type) waiting.resolve(message);
      }
    }
  };

  const take = (socket: Socket, proved: ReadonlySet<string> | null) => {
    const connection: Connection = {
      socket,
      proved,
      messages: null,
      name: null,
      since: Date.now(),
      status: null,
      asked: new Map(),
    };
    connections.add(connection);
    const patience = setTimeout(() => {
      if (connection.name === null) socket.destroy();
    }, HELLO_TIME).unref();
    const read = frameReader(
      PROBE_FRAME,
      value => {
        if (socket.writableEnded) return;
        const { bucket, taken } = takeToken(connection.messages, MOST_MESSAGES, performance.now(), 4 * MOST_MESSAGES);
        connection.messages = bucket;
        if (!taken) {
          refuse(connection, `more than ${MOST_MESSAGES} messages a second`);
          return;
        }
        const message = readToDaemon(value);
        if (typeof message === 'string') refuse(connection, message);
        else receive(connection, message);
      },
      ({ frame, offset, reason }) => refuse(connection, `frame ${frame}, offset ${offset}: ${reason}`),
    );
    socket.on('data', read);
    socket.on('error', error => log('warn', `probe ${connection.name ?? 'without a name'}: ${error.message}`));
    socket.on('close', () => {
      clearTimeout(patience);
      connections.delete(connection);
      if (connection.name !== null) {
        if (named.get(connection.name) === connection) named.delete(connection.name);
        log('info', `probe ${connection.name}: disconnected`);
      }
      for (const { resolve } of connection.asked.values()) resolve(null);
    });
    if (proved !== null) socket.setTimeout(PROBE_SILENCE, () => socket.destroy(new Error('nothing is heard of it')));
    if (connections.size > MOST_CONNECTIONS) refuse(connection, 'too many connections');
  };
  const server = createServer(socket => take(socket, null));
  // Beyond those that are told so.
  server.maxConnections = 2 * MOST_CONNECTIONS;
  await listenUnix(server, options.socket, 'probe socket');

  /** Sends a question to a probe; null when it is not there, or has not answered so by the deadline. */
  const request = <T extends Answering['type']>(
    name: string,
    type: T,
    deadline: number,
    questionOf: (id: number) => Exclude<ToProbe, { type: 'neighbors' }>,
  ): Promise<Extract<Answering, { type: T }> | null> =>
    new Promise(resolve => {
      const connection = named.get(name);
      const left = deadline - Date.now();
      if (connection === undefined || left <= 0) return resolve(null);
      const id = ++lastId;
      const finish = (answer: Answering | null) => {
        clearTimeout(timer);
        connection.asked.delete(id);
        resolve(answer as Extract<Answering, { type: T }> | null);
      };
      const timer = setTimeout(finish, left, null);
      connection.asked.set(id, { type, resolve: finish });
      send(connection, questionOf(id));
    });

  const questions = createProbeQuestions({
    ...{ epochKey, pasts, request },
    probes: () => probes,
    isConnected: name => named.has(name),
    refuse(name, reason) {
      const connection = named.get(name);
      if (connection !== undefined) refuse(connection, reason);
    },
  });

  return {
    ...questions,
    accept: take,
    status: () => [...probes.keys()].map(name => probeRow(name, named.get(name))),
    past: name => pasts.of(name),
    tell(name, known) {
      const frame = encodeFrame({ type: 'neighbors', neighbors: encodeNeighbors(known) });
      const before = neighbors.get(name);
      if (before !== undefined && Buffer.compare(before, frame) === 0) return;
      neighbors.set(name, frame);
      const connection = named.get(name);
      if (connection !== undefined) sendFrame(connection, frame);
    },
    reconfigure(changed) {
      const before = probes;
      probes = new Map(changed.map(probe => [probe.name, probe]));
      for (const name of neighbors.keys()) if (!probes.has(name)) neighbors.delete(name);
      pasts.keep(new Set(probes.keys()));
      for (const [name, connection] of named) {
        const probe = probes.get(name);
        if (probe === undefined) refuse(connection, 'the probe is no longer configured');
        else if (probe.certificate !== before.get(name)?.certificate)
          refuse(connection, 'the probe is configured with another certificate');
        else if (JSON.stringify(probe) !== JSON.stringify(before.get(name)))
          send(connection, { type: 'welcome', version: PROBE_VERSION, probe });
      }
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        for (const { socket } of connections) socket.destroy();
      }),
  };
}
