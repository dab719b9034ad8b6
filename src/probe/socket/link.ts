/** The probe's end of the probe socket: it dials, keeps dialling, gets its configuration and keys, and answers. */
import type { X509Certificate } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ProbeConfig } from '../../config/tree.ts';
import { encodeFrame, frameReader } from '../../net/frames.ts';
import { mutualTls, vouchedFor } from '../../net/tls.ts';
import type { Canary } from '../canary.ts';
import type { FlowAnswer, FlowQuestion } from '../flows/flow-question.ts';
import type { KnownNeighbors } from '../neighbors/vantage.ts';
import type { VantageReport } from '../neighbors/vantage-rows.ts';
import type { KeyCheck, ProbeAnswer, Question } from '../question.ts';
import type { ProbeEpochs } from '../sealed/kept-messages.ts';
import type { CommittedWindow, ProvenQuestion } from '../sealed/prove-sealed.ts';
import type { FormAnswer, FormQuestion } from '../translators/translator-messages.ts';
import {
  PROBE_BACKLOG,
  PROBE_FRAME,
  PROBE_SILENCE,
  PROBE_VERSION,
  type ProbeStatus,
  readToProbe,
  type ToDaemon,
  type ToProbe,
} from './messages.ts';
import { PROBE_PROTOCOL } from './tls-door.ts';

const FIRST_RETRY = 500;
const LAST_RETRY = 30_000;
const STATUS_INTERVAL = 5_000;
/** Windows of which a daemon that was away is told: those of more than a minute. What it hears later it can't commit to. */
const LATEST = 12;

export interface ProbeLinkOptions {
  /** Path of the daemon's probe socket; of a daemon in another machine what to call it. */
  readonly socket: string;
  /** Not there: the daemon is in this machine. */
  readonly remote?: RemoteDaemon;
  readonly name: string;
  /** Called at every welcome: at first, after a reconnect, and when the daemon's configuration changed. */
  readonly onWelcome: (probe: ProbeConfig) => void;
  readonly answer: (questions: readonly Question[], keys: readonly KeyCheck[]) => Promise<ProbeAnswer>;
  /** Answers by flow records. */
  readonly flows: (questions: readonly FlowQuestion[]) => Promise<FlowAnswer>;
  readonly status: () => Promise<ProbeStatus>;
  /** Called whenever the daemon knows other things of the tap's neighbours than before. */
  readonly onNeighbors: (neighbors: KnownNeighbors) => void;
  readonly vantages: () => Promise<VantageReport>;
  /** What was committed to. */
  readonly epochs: () => Promise<ProbeEpochs>;
  /** Proofs that sealed windows hold the digests of questions; left out by who seals none. */
  readonly prove?: (questions: readonly Question[]) => Promise<readonly ProvenQuestion[]>;
  /** A packet that came in from one of these neighbours, or went out to one; null when none came in time. Left out by who takes no packets. */
  readonly draw?: (neighbors: readonly number[]) => Promise<Canary | null>;
  /** Other forms of a packet, as translators told of them. */
  readonly forms: (packet: FormQuestion) => readonly FormAnswer[];
  /** One line for a person. */
  readonly log: (line: string) => void;
}

/** A daemon in another machine. Key and certificate are this probe's, PEM. */
export interface RemoteDaemon {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly certificate: string;
  /** The daemon's certificate, or that of its authority. */
  readonly daemon: X509Certificate;
}

export interface ProbeLink {
  /** The key of an epoch; waits until the daemon is there to ask. Null: the daemon has none for it. */
  key(epoch: number): Promise<Uint8Array | null>;
  /** Tells the daemon how far the probe is; it is done every five seconds anyway. */
  report(): void;
  /** Tells the daemon of a window that was sealed; one that is away is told of the latest when it comes. */
  committed(window: CommittedWindow): void;
  close(): void;
}

/** Opens the link and keeps it open: a daemon that is away is dialled again after 0.5 s, then doubled up to 30 s. */
export function openProbeLink(options: ProbeLinkOptions): ProbeLink {
  const waiting = new Map<number, ((key: Uint8Array | null) => void)[]>();
  /** The windows that were sealed last, the oldest first. */
  const latest: CommittedWindow[] = [];
  let socket: Socket | null = null;
  let welcome = false;
  let closed = false;
  let retry = FIRST_RETRY;
  let timer: NodeJS.Timeout | undefined;
  let said = '';

  /** Says a thing once, not at every retry. */
  const say = (line: string) => {
    if (line !== said) options.log(line);
    said = line;
  };

  const send = (message: ToDaemon) => {
    if (socket === null || !socket.writable) return;
    socket.write(encodeFrame(message));
    if (socket.writableLength > PROBE_BACKLOG) socket.destroy(new Error('the daemon does not read'));
  };

  const report = () => {
    if (welcome)
      options.status().then(
        status => send({ type: 'status', status }),
        (error: Error) => say(`no status: ${error.message}`),
      );
  };

  const receive = (message: ToProbe) => {
    switch (message.type) {
      case 'welcome':
        if (!welcome) {
          welcome = true;
          retry = FIRST_RETRY;
          say(`connected to ${options.socket}`);
          for (const epoch of waiting.keys()) send({ type: 'key', epoch });
          if (latest.length > 0) send({ type: 'committed', windows: latest });
        }
        options.onWelcome(message.probe);
        report();
        return;
      case 'noted':
        return;
      case 'refused':
        say(`refused by the daemon: ${message.reason}`);
        return;
      case 'key':
        for (const resolve of waiting.get(message.epoch) ?? []) resolve(message.key);
        waiting.delete(message.epoch);
        return;
      case 'question':
        // The daemon takes silence for what it is: a probe that can't say.
        options.answer(message.questions, message.keys).then(
          answer => send({ type: 'answer', id: message.id, answer }),
          (error: Error) => say(`no answer: ${error.message}`),
        );
        return;
      case 'flow-question':
        options.flows(message.questions).then(
          answer => send({ type: 'flow-answer', id: message.id, answer }),
          (error: Error) => say(`no answer: ${error.message}`),
        );
        return;
      case 'neighbors':
        options.onNeighbors(message.neighbors);
        return;
      case 'vantages':
        options.vantages().then(
          vantages => send({ type: 'vantages', id: message.id, report: vantages }),
          (error: Error) => say(`no vantages: ${error.message}`),
        );
        return;
      case 'epochs':
        options.epochs().then(
          report => send({ type: 'epochs', id: message.id, report }),
          (error: Error) => say(`no epochs: ${error.message}`),
        );
        return;
      case 'forms':
        send({ type: 'forms', id: message.id, forms: options.forms(message.packet) });
        return;
      case 'prove':
        (options.prove?.(message.questions) ?? Promise.resolve([])).then(
          proofs => send({ type: 'proofs', id: message.id, proofs }),
          (error: Error) => say(`no proofs: ${error.message}`),
        );
        return;
      case 'draw':
        (options.draw?.(message.neighbors) ?? Promise.resolve(null)).then(
          canary => send({ type: 'canary', id: message.id, canary }),
          (error: Error) => say(`no canary: ${error.message}`),
        );
    }
  };

  /** Says hello as soon as the other end may be believed; `cut` ends a connection to another. */
  const open = (cut: (reason: string) => void): Socket => {
    const hello = () => send({ type: 'hello', version: PROBE_VERSION, name: options.name });
    const { remote } = options;
    if (remote === undefined) {
      const local = connect(options.socket);
      local.on('connect', hello);
      return local;
    }
    const far = connectTls({ host: remote.host, port: remote.port, ...mutualTls(remote, PROBE_PROTOCOL) });
    far.setTimeout(PROBE_SILENCE, () => cut('nothing is heard of the daemon'));
    far.on('secureConnect', () => {
      const shown = far.getPeerX509Certificate();
      const wrong = shown === undefined ? 'it shows no certificate' : vouchedFor(shown, [remote.daemon], Date.now());
      if (far.alpnProtocol !== PROBE_PROTOCOL) cut('it takes no probes there');
      else if (wrong !== null) cut(`not believed to be the daemon: ${wrong}`);
      else hello();
    });
    return far;
  };

  const dial = () => {
    const cut = (reason: string) => {
      dialled.destroy(new Error(reason));
    };
    const dialled = open(cut);
    socket = dialled;
    const read = frameReader(
      PROBE_FRAME,
      value => {
        const message = readToProbe(value);
        if (typeof message === 'string') cut(`the daemon sent a message that makes no sense: ${message}`);
        else receive(message);
      },
      ({ reason }) => cut(`the daemon sent a frame that makes no sense: ${reason}`),
    );
    dialled.on('data', read);
    dialled.on('error', error => say(`${options.socket}: ${error.message}`));
    dialled.on('close', () => {
      if (welcome && !closed) say('the connection to the daemon is closed; windows are kept');
      welcome = false;
      socket = null;
      if (closed) return;
      timer = setTimeout(dial, retry);
      retry = Math.min(retry * 2, LAST_RETRY);
    });
  };

  const reports = setInterval(report, STATUS_INTERVAL);
  dial();
  return {
    key: epoch =>
      new Promise(resolve => {
        const asked = waiting.get(epoch);
        if (asked !== undefined) asked.push(resolve);
        else {
          waiting.set(epoch, [resolve]);
          if (welcome) send({ type: 'key', epoch });
        }
      }),
    report,
    committed(window) {
      latest.push(window);
      if (latest.length > LATEST) latest.shift();
      if (welcome) send({ type: 'committed', windows: [window] });
    },
    close() {
      closed = true;
      clearInterval(reports);
      clearTimeout(timer);
      socket?.destroy();
    },
  };
}
