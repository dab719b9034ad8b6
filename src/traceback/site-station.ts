/** The ITM's end of the connections with the sites of its AS: who may be which, and what each of them answers. */
import type { TLSSocket } from 'node:tls';
import type { Manager } from '../config/trace-sites-tree.ts';
import type { Canary } from '../probe/canary.ts';
import type { ProbeAnswer, Question } from '../probe/question.ts';
import type { CommittedWindow, ProvenQuestion } from '../probe/sealed/prove-sealed.ts';
import { smoothed } from './asked.ts';
import { COMMIT_SLACK } from './committing.ts';
import { printable } from './connection.ts';
import { runSiteConnection, type SiteConnection } from './site-connection.ts';
import { createTracesOfSite, type TraceForSite } from './site-traces.ts';
import {
  fromWire,
  SITE_VERSION,
  type SiteAsk,
  type SiteHello,
  type SiteQuestion,
  type SiteReplies,
} from './site-wire.ts';
import { startStopwatch } from './stopwatch.ts';

/** How long a connection has to say its name, ms. */
const HELLO_TIME = 10_000;
/** Questions of one site that are not answered yet. */
const MOST_ASKED = 1024;

/** What a site said of itself. */
export interface SiteStanding {
  /** Which managers it has. */
  readonly roles: readonly Manager[];
  /** Seconds, and a share; null when not stated. */
  readonly retention: number | null;
  readonly coverage: number | null;
  /** The domain of each probe; empty for none. */
  readonly domains: ReadonlyMap<string, string>;
}

/** A site as it is shown. */
export interface SiteStatus {
  /** Name of the site. */
  readonly site: string;
  /** When it connected, or was lost; ms. Null: it was never there. */
  readonly since: number | null;
  readonly connected: boolean;
  /** What it said last, of a site that was ever there. */
  readonly standing: SiteStanding | null;
  /** Questions put to it. */
  readonly asked: number;
  readonly answered: number;
  /** Milliseconds to an answer, smoothed; null before there was one. */
  readonly latency: number | null;
  /**
   * When it was away for longer than a minute the last time since this daemon began, ms: windows of this time are not
   * committed to, and no packet in them can be proved. Null: it was not.
   */
  readonly uncommitted: { readonly from: number; readonly to: number } | null;
  readonly lastError: string;
}

/** What a site answered, or in words why it did not. */
export type SiteReply =
  | { readonly answers: readonly ProbeAnswer[]; readonly silent: readonly string[]; readonly after: number }
  | string;

export interface SiteStationOptions {
  readonly as: number;
  /** The names of the sites that are configured. */
  readonly sites: () => readonly string[];
  /** Which key an epoch is asked with, as packet/itk1.ts (keyCheck) has it; null when there is none. */
  readonly keyOf: (epoch: number) => string | null;
  readonly clock: () => number;
  readonly log: (level: 'info' | 'warn', line: string) => void;
  /** The probes of a site have sealed windows. */
  readonly sealed: (windows: readonly CommittedWindow[]) => void;
  /** Traces for a site that has the role `dpoint`. */
  readonly trace: (site: string) => TraceForSite;
  /** One line of the audit log: a connection was refused. */
  readonly refused?: (site: string, reason: string) => void;
}

export interface SiteStation {
  /** Takes a connection whose certificate is that of these sites. */
  accept(socket: TLSSocket, proved: ReadonlySet<string>): void;
  /** Asks a site; never rejects. `deadline`: ms since the epoch. */
  ask(site: string, questions: readonly Question[], deadline: number): Promise<SiteReply>;
  /** Proofs that windows of a site hold the digests of questions; none when it does not answer. Never rejects. */
  prove(site: string, questions: readonly Question[], deadline: number): Promise<readonly ProvenQuestion[]>;
  /** Canaries that probes of a site have drawn; none when it does not answer. Never rejects. */
  draw(site: string, neighbors: readonly number[], deadline: number): Promise<readonly Canary[]>;
  status(): SiteStatus[];
  /** Lets those go that are configured no more, or with another certificate. */
  reconfigured(stillProved: (site: string) => boolean): void;
  close(): void;
}

interface Site {
  connection: SiteConnection | null;
  standing: SiteStanding | null;
  since: number | null;
  asked: number;
  answered: number;
  latency: number | null;
  uncommitted: SiteStatus['uncommitted'];
  lastError: string;
  readonly waiting: Map<number, (answer: SiteReplies | string) => void>;
}

export function createSiteStation(options: SiteStationOptions): SiteStation {
  const { clock, log } = options;
  const sites = new Map<string, Site>();
  let lastId = 0;

  const siteOf = (name: string): Site => {
    const known = sites.get(name) ?? {
      ...{ connection: null, standing: null, since: null, asked: 0, answered: 0, latency: null, lastError: '' },
      uncommitted: null,
      waiting: new Map(),
    };
    sites.set(name, known);
    return known;
  };
  const lose = (site: Site, name: string, reason: string) => {
    site.connection = null;
    site.since = clock();
    site.lastError = printable(reason);
    for (const resolve of site.waiting.values()) resolve(`it is not connected: ${reason}`);
    site.waiting.clear();
    log('warn', `site ${name}: lost: ${reason}`);
  };

  /** A site is there again that was lost at `since`: what it sealed meanwhile it tells of no more than a minute back. */
  const noteAway = (site: Site, name: string, since: number) => {
    const to = clock() - COMMIT_SLACK;
    if (to <= since) return;
    site.uncommitted = { from: since, to };
    const span = `${new Date(since).toISOString()} to ${new Date(to).toISOString()}`;
    log(
      'warn',
      `site ${name}: was away: its windows of ${span} are not committed to, and no packet in them can be proved`,
    );
  };

  /** Null when a site may be what it says; else why not. */
  const whyNot = ({ version, as, site }: SiteHello, proved: ReadonlySet<string>): string | null => {
    if (version !== SITE_VERSION) return `version ${version} is not spoken here, but ${SITE_VERSION}`;
    if (as !== options.as) return `it is of AS ${as}, not of AS ${options.as}`;
    if (!options.sites().includes(site)) return `no site ${JSON.stringify(site)} is configured`;
    return proved.has(site) ? null : `its certificate is not that of site ${site}`;
  };

  /** Puts a question to a site, and resolves with its answer, or in words why there is none. Never rejects. */
  const put = (
    name: string,
    deadline: number,
    ask: (id: number, within: number) => SiteAsk,
  ): Promise<SiteReplies | string> => {
    const site = siteOf(name);
    const left = Math.floor(deadline - clock());
    if (site.connection === null)
      return Promise.resolve(`it is not connected${site.since === null ? '' : ' any more'}`);
    if (left < 1) return Promise.resolve('there was no time to ask it');
    if (site.waiting.size >= MOST_ASKED) return Promise.resolve('it has not answered earlier questions');
    const { connection } = site;
    const id = lastId;
    lastId = (lastId + 1) >>> 0;
    return new Promise(resolve => {
      const finish = (reply: SiteReplies | string) => {
        clearTimeout(timer);
        site.waiting.delete(id);
        resolve(reply);
      };
      const timer = setTimeout(finish, left, 'no answer in time');
      site.waiting.set(id, finish);
      // The deadline of a site is its own: clocks of two machines may differ. A tenth of the time is for the way.
      connection.send(ask(id, Math.max(1, Math.min(60_000, Math.floor(left * 0.9)))));
    });
  };

  return {
    accept(socket, proved) {
      let name: string | null = null;
      const patience = setTimeout(() => {
        if (name === null) connection.refuse('no hello came');
      }, HELLO_TIME).unref();
      const traces = createTracesOfSite(
        { send: message => connection.send(message) },
        () => (name !== null && sites.get(name)?.standing?.roles.includes('dpoint')) === true,
        (...asked) => options.trace(name!)(...asked),
      );
      const connection = runSiteConnection(socket, {
        hear(message) {
          if (message.type === 'hello' && name === null) {
            const wrong = whyNot(message, proved);
            if (wrong !== null) {
              log('warn', `site ${[...proved].join(', ')}: refused: ${wrong}`);
              options.refused?.([...proved].join(', '), wrong);
              for (const site of proved) if (siteOf(site).connection === null) siteOf(site).lastError = wrong;
              connection.refuse(wrong);
              return;
            }
            name = message.site;
            const site = siteOf(name);
            // Of two the later one is it: the other may be gone without a word.
            const before = site.connection;
            site.connection = connection;
            before?.refuse('it has connected again');
            for (const resolve of site.waiting.values()) resolve('it has connected again');
            site.waiting.clear();
            if (before === null && site.since !== null) noteAway(site, name, site.since);
            site.since = clock();
            site.lastError = '';
            const { roles, retention, coverage, probes } = message;
            const domains = new Map(probes.map(({ probe, domain }) => [probe, domain]));
            site.standing = { roles, retention, coverage, domains };
            log('info', `site ${name}: connected`);
            connection.send({ type: 'welcome', version: SITE_VERSION });
          } else if ((message.type === 'trace' || message.type === 'cancel') && name !== null) traces.hear(message);
          else if (message.type === 'sealed' && name !== null) options.sealed(message.windows);
          else if (
            (message.type === 'answer' || message.type === 'proofs' || message.type === 'canaries') &&
            name !== null
          )
            siteOf(name).waiting.get(message.id)?.(message);
          else connection.refuse(`${message.type} has no place here`);
        },
        gone(reason) {
          clearTimeout(patience);
          traces.gone();
          const site = name === null ? undefined : sites.get(name);
          if (site !== undefined && site.connection === connection) lose(site, name!, reason);
        },
      });
    },
    async ask(name, questions, deadline) {
      const site = siteOf(name);
      const elapsed = startStopwatch();
      if (site.connection !== null) site.asked++;
      const { connection } = site;
      const answer = await put(name, deadline, (id, within) => questionOf(id, within, questions, options.keyOf));
      if (typeof answer === 'string') return answer;
      const after = elapsed();
      if (
        answer.type !== 'answer' ||
        answer.answers.some(one => one.sightings.some(({ question }) => question >= questions.length))
      ) {
        connection?.refuse('a sighting of a question that was not asked');
        return 'it answered what it was not asked';
      }
      site.latency = smoothed(site.latency, after);
      site.answered++;
      return { answers: answer.answers.map(fromWire), silent: answer.silent, after };
    },
    async prove(name, questions, deadline) {
      const wanted = questions.map(({ epoch, digest, from, to }) => ({ epoch, digest, from, to }));
      const got = await put(name, deadline, (id, within) => ({ type: 'prove', id, within, questions: wanted }));
      if (typeof got === 'string' || got.type !== 'proofs') return [];
      return got.proofs.filter(({ question }) => question < questions.length);
    },
    async draw(name, neighbors, deadline) {
      const got = await put(name, deadline, (id, within) => ({ type: 'draw', id, within, neighbors }));
      return typeof got === 'string' || got.type !== 'canaries' ? [] : got.canaries;
    },
    status: () =>
      options.sites().map(name => {
        const { connection, waiting: _waiting, ...site } = siteOf(name);
        return { site: name, connected: connection !== null, ...site };
      }),
    reconfigured(stillProved) {
      for (const [name, site] of sites) {
        if (!options.sites().includes(name) || !stillProved(name))
          site.connection?.refuse('the site is configured no more, or with another certificate');
        if (!options.sites().includes(name)) sites.delete(name);
      }
    },
    close() {
      for (const { connection } of sites.values()) connection?.refuse('the ITM ends');
    },
  };
}

function questionOf(
  id: number,
  within: number,
  questions: readonly Question[],
  keyOf: SiteStationOptions['keyOf'],
): SiteQuestion {
  const epochs = [...new Set(questions.map(({ epoch }) => epoch))];
  return {
    type: 'question',
    id,
    within,
    questions: questions.map(({ epoch, digest, from, to }) => ({ epoch, digest, from, to })),
    keys: epochs.flatMap(epoch => {
      const check = keyOf(epoch);
      return check === null ? [] : [{ epoch, check }];
    }),
  };
}
