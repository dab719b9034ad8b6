/** A site's end of its connection with the ITM of its AS: dials, says what it has, and has its probes answer. */
import type { X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import type { Manager } from '../config/trace-sites-tree.ts';
import { mutualTls, vouchedFor } from '../net/tls.ts';
import type { ProbeAnswer, Question } from '../probe/question.ts';
import type { CommittedWindow, ProvenQuestion } from '../probe/sealed/prove-sealed.ts';
import type { Probes } from './btm.ts';
import { COMMIT_SLACK, lateness } from './committing.ts';
import { asOfCertificate } from './identity.ts';
import { runSiteConnection, type SiteConnection } from './site-connection.ts';
import { createTracesAtItm, type TracesAtItm } from './site-traces.ts';
import {
  MOST_PROBES,
  MOST_PROOFS,
  MOST_SEALED,
  SITE_PROTOCOL,
  SITE_VERSION,
  type SiteAsk,
  type SiteQuestion,
  type SiteReplies,
  toWire,
} from './site-wire.ts';

/** First and longest time between attempts to connect, and how long TLS may take; ms. */
const RETRY_FIRST = 500;
const RETRY_MOST = 15_000;
const PATIENCE = 10_000;
/** Questions that the probes are asked at once. */
const MOST_AT_ONCE = 256;

export interface SiteAgentOptions {
  readonly as: number;
  readonly itm: { readonly address: string; readonly port: number; readonly site: string };
  /** Certificates of the ITM, or of authorities that vouch for it. */
  readonly trusted: readonly X509Certificate[];
  readonly identity: { readonly key: string; readonly certificate: string };
  readonly roles: readonly Manager[];
  readonly retention: number | null;
  readonly coverage: number | null;
  /** The probes, and the domain of each; empty for none. */
  readonly probes: readonly { readonly probe: string; readonly domain: string }[];
  readonly ask: Probes['ask'];
  readonly prove: NonNullable<Probes['prove']>;
  readonly draw: NonNullable<Probes['draw']>;
  /** As packet/itk1.ts (keyCheck) has it; null when there is no key of an epoch. */
  readonly keyOf: (epoch: number) => string | null;
  readonly clock: () => number;
  readonly log: (level: 'info' | 'warn', line: string) => void;
}

export interface SiteAgentStatus {
  /** Name of this site. */
  readonly site: string;
  readonly address: string;
  readonly connected: boolean;
  /** When that began, ms. */
  readonly since: number;
  /** Questions that it has put. */
  readonly asked: number;
  /**
   * Windows sealed since this daemon began of which the ITM could not be told within a minute: it has not committed to them,
   * and no packet in them can be proved.
   */
  readonly uncommitted: number;
  readonly lastError: string;
}

export interface SiteAgent extends Pick<TracesAtItm, 'trace'> {
  /** Its probes have sealed windows: the ITM is told, and when it is away as soon as it is there again. */
  sealed(windows: readonly CommittedWindow[]): void;
  status(): SiteAgentStatus;
  close(): void;
}

/** Connects at once, and again whenever the connection is lost. */
export function startSiteAgent(options: SiteAgentOptions): SiteAgent {
  const { itm, clock, log } = options;
  let connection: SiteConnection | null = null;
  let socket: TLSSocket | null = null;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let closed = false;
  let atWork = 0;
  /** Windows that the ITM was not told of yet, the oldest first. */
  let untold: CommittedWindow[] = [];
  const status = { connected: false, since: clock(), asked: 0, uncommitted: 0, lastError: '' };
  /** Of those, how many the log has not told of. */
  let unlogged = 0;

  const traces = createTracesAtItm(() => (status.connected ? (connection?.send ?? null) : null));

  const again = (reason: string) => {
    traces.gone(reason);
    connection = null;
    socket = null;
    if (closed) return;
    if (status.connected || status.lastError !== reason) log('warn', `ITM: ${reason}`);
    if (status.connected) Object.assign(status, { connected: false, since: clock() });
    status.lastError = reason;
    const wait = Math.min(RETRY_MOST, RETRY_FIRST * 2 ** Math.min(failures++, 8));
    timer = setTimeout(dial, wait * (0.75 + Math.random() / 2));
  };

  const answer = async (question: SiteQuestion, to: SiteConnection) => {
    status.asked++;
    const { id, within, questions, keys } = question;
    const say = (answers: readonly ProbeAnswer[], silent: readonly string[]) =>
      to.send({
        type: 'answer',
        id,
        answers: answers.slice(0, MOST_PROBES).map(toWire),
        silent: silent.slice(0, MOST_PROBES),
      });
    // With another key every answer would be no: nobody is asked, and the ITM is told so of every probe.
    const other = questions.some(({ epoch }) => keys.find(key => key.epoch === epoch)?.check !== options.keyOf(epoch));
    if (other || atWork >= MOST_AT_ONCE) {
      if (other) log('warn', 'ITM: it asks under another key: is the secret of the federation the same?');
      return say([], namesOf(options));
    }
    atWork++;
    try {
      const deadline = clock() + within;
      const late = new Promise<null>(resolve => setTimeout(resolve, within, null).unref());
      const got = await Promise.race([options.ask(questions as readonly Question[], deadline), late]);
      if (got === null) say([], namesOf(options));
      else say(got.answers, got.silent);
    } catch (error) {
      log('warn', `the probes cannot be asked: ${String(error)}`);
      say([], namesOf(options));
    } finally {
      atWork--;
    }
  };

  /** Proves, or draws: what cannot be done in time is answered with nothing. */
  const reply = async (message: Exclude<SiteAsk, SiteQuestion>, to: SiteConnection) => {
    const { id, within } = message;
    const deadline = clock() + within;
    const nothing = (error: unknown) => {
      log('warn', `ITM: the probes cannot be asked to ${message.type}: ${String(error)}`);
      return [];
    };
    let answer: SiteReplies;
    if (message.type === 'prove') {
      const proofs = atWork < MOST_AT_ONCE ? await busy(options.prove(message.questions, deadline)).catch(nothing) : [];
      answer = { type: 'proofs', id, proofs: someOfEach(proofs) };
    } else {
      const drawn = atWork < MOST_AT_ONCE ? await busy(options.draw(message.neighbors, deadline)).catch(nothing) : [];
      answer = { type: 'canaries', id, canaries: drawn.slice(0, MOST_PROBES) };
    }
    to.send(answer);
  };
  const busy = async <T>(work: Promise<T>): Promise<T> => {
    atWork++;
    return work.finally(() => {
      atWork--;
    });
  };
  /** Takes windows to be told; those of which it is too late are counted. */
  const keepUntold = (windows: readonly CommittedWindow[]) => {
    const now = clock();
    const inTime = windows.filter(({ number }) => lateness(number, now) <= COMMIT_SLACK);
    const kept = inTime.slice(-MOST_SEALED);
    status.uncommitted += windows.length - kept.length;
    unlogged += windows.length - kept.length;
    untold = kept;
  };
  const tellSealed = () => {
    keepUntold(untold);
    if (status.connected && unlogged > 0) {
      log('warn', `ITM: it was away: ${unlogged} windows are not committed to, and no packet in them can be proved`);
      unlogged = 0;
    }
    if (!status.connected || untold.length === 0) return;
    const windows = untold.slice(0, MOST_SEALED);
    untold = [];
    connection?.send({ type: 'sealed', windows });
  };

  const speak = (through: TLSSocket) => {
    const mine = runSiteConnection(through, {
      hear(message) {
        if (message.type === 'question') void answer(message, mine);
        else if (message.type === 'traced' || message.type === 'untraced') traces.hear(message);
        else if (message.type === 'prove' || message.type === 'draw') void reply(message, mine);
        else if (message.type === 'welcome') {
          failures = 0;
          Object.assign(status, { connected: true, since: clock(), lastError: '' });
          log('info', `ITM: connected as site ${itm.site}`);
          tellSealed();
        } else mine.refuse(`${message.type} has no place here`);
      },
      gone: again,
    });
    connection = mine;
    const { as, roles, retention, coverage, probes } = options;
    mine.send({
      ...{ type: 'hello', version: SITE_VERSION, as, site: itm.site, roles, retention, coverage },
      probes: probes.slice(0, MOST_PROBES),
    });
  };

  const dial = () => {
    const dialled = connect({
      ...{ host: itm.address, port: itm.port },
      ...mutualTls(options.identity, SITE_PROTOCOL),
    });
    socket = dialled;
    let reason = 'the connection was closed before TLS was up';
    const patience = setTimeout(() => dialled.destroy(new Error('TLS was not up in time')), PATIENCE);
    const failed = () => {
      clearTimeout(patience);
      again(`cannot connect to ${itm.address} port ${itm.port}: ${reason}`);
    };
    dialled.on('error', error => {
      reason = error.message;
    });
    dialled.once('close', failed);
    dialled.once('secureConnect', () => {
      clearTimeout(patience);
      const wrong = whyNoItm(dialled.getPeerX509Certificate(), options);
      if (wrong !== null || dialled.alpnProtocol !== SITE_PROTOCOL) {
        reason = wrong ?? 'the other end does not speak the protocol of sites';
        dialled.destroy();
        return;
      }
      dialled.off('close', failed);
      speak(dialled);
    });
  };
  dial();

  return {
    trace: traces.trace,
    sealed(windows) {
      // What is as old when it is sealed was read from a file: nobody would believe it, and nothing is lost with it.
      const now = clock();
      keepUntold([...untold, ...windows.filter(({ number }) => lateness(number, now) <= COMMIT_SLACK)]);
      tellSealed();
    },
    status: () => ({ site: itm.site, address: itm.address, ...status }),
    close() {
      closed = true;
      clearTimeout(timer);
      connection?.close();
      socket?.destroy();
    },
  };
}

const namesOf = ({ probes }: SiteAgentOptions): string[] => probes.map(({ probe }) => probe);

/** Of each question the first proofs: several probes may have seen the packet. */
function someOfEach(proofs: readonly ProvenQuestion[]): ProvenQuestion[] {
  const taken = new Map<number, number>();
  return proofs.filter(({ question }) => {
    const before = taken.get(question) ?? 0;
    taken.set(question, before + 1);
    return before < MOST_PROOFS;
  });
}

/** Null when the certificate is the ITM's: it is trusted, and names this AS. */
function whyNoItm(certificate: X509Certificate | undefined, { trusted, as, clock }: SiteAgentOptions): string | null {
  if (certificate === undefined) return 'no certificate';
  const named = asOfCertificate(certificate);
  if (typeof named === 'string') return `certificate ${named}`;
  if (named !== as) return `the certificate is of AS ${named}, not of AS ${as}`;
  return vouchedFor(certificate, trusted, clock());
}
