/**
 * Announcements against hijacks: kept in the database before they go out, made again at a start, ended with their case, by an
 * operator, or when the configuration no longer permits them. Nothing here begins one by itself.
 */
import type { BgpPeerConfig, Config } from '../config/tree.ts';
import type { Case } from '../hijack/case.ts';
import { isOver } from '../hijack/life-cycle.ts';
import { type Mitigation, permittedRoutes, prefixesOf } from '../hijack/mitigation.ts';
import type { Way } from '../hijack/mitigation-plan.ts';
import type { Store } from '../store/records.ts';
import type { Log } from './log.ts';

export interface Mitigations {
  /** The peers of the configuration, each with all that it is told now. */
  peers(): readonly BgpPeerConfig[];
  /** Where these prefixes can be announced with this origin, beside what is announced; of each peer that has a permit. */
  waysFor(caseId: string, prefixes: readonly string[], origin: number): readonly Way[];
  /** Announces; what the case had announced over the peer before is no more. Rejects, in words, when it is not permitted or cannot be kept. */
  announce(order: Pick<Mitigation, 'caseId' | 'peer' | 'prefixes' | 'by'>, origin: number): Promise<void>;
  /** Withdraws all of a case. The answer is what was withdrawn. */
  stop(caseId: string, why: string): Promise<readonly Mitigation[]>;
  /** A case is another one than before: what is announced against it ends with it. */
  changed(of: Case): void;
  /** Ends what the configuration in force no longer permits; to be called before peers are told. */
  reconfigured(): void;
  /** The latest of each case and peer. */
  all(): readonly Mitigation[];
  problems(): readonly string[];
  close(): Promise<void>;
}

export interface MitigationParts {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly config: () => Config;
  /** Those that are not over. */
  readonly cases: () => readonly Case[];
  /** Tells the collector; resolves when it has taken it in. */
  readonly apply: () => Promise<void>;
  /** Writes a line into the timeline of a case; `by`: who did what it says. */
  readonly note: (caseId: string, words: string, by: string) => void;
  readonly log: Log;
  readonly now?: () => number;
}

const RETRY = 1_000;
const keyOf = ({ caseId, peer }: Pick<Mitigation, 'caseId' | 'peer'>) => `${caseId} ${peer}`;
/** Prefixes as a line of a timeline has them. */
const namesOf = ({ prefixes }: Mitigation): string => {
  const more = prefixes.length - 4;
  return `${prefixes.slice(0, 4).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};
const goesOn = ({ until }: Mitigation) => until === null;

/** Takes up what went on when the last run ended, but for what is over or no longer permitted. */
export async function openMitigations({
  store,
  config,
  cases,
  apply,
  note,
  log,
  now = Date.now,
}: MitigationParts): Promise<Mitigations> {
  const stored = (await store.read('mitigation.all', {})).map(({ body }) => JSON.parse(body) as Mitigation);
  const all = new Map(stored.map(one => [keyOf(one), one]));
  const active = () => [...all.values()].filter(goesOn);
  let trouble = '';
  let closing = false;
  let writing: Promise<void> = Promise.resolve();

  const put = (one: Mitigation) =>
    store.write([
      {
        op: 'mitigation.put',
        record: { caseId: one.caseId, peer: one.peer, since: one.since, body: JSON.stringify(one) },
      },
      { op: 'audit.add', record: { time: now(), what: 'mitigation', body: JSON.stringify(one) } },
    ]);

  /** Writes an end for as long as it takes: else a restart would announce again what is over. */
  function keepEnd(one: Mitigation): void {
    writing = writing.then(async () => {
      for (;;) {
        try {
          await put(one);
          trouble = '';
          return;
        } catch (error) {
          const words = `the end of a mitigation cannot be written: ${(error as Error).message}`;
          if (words !== trouble) log('error', `${words}; trying again every ${RETRY / 1000} s`);
          trouble = words;
          if (closing) return;
          await new Promise(resolve => setTimeout(resolve, RETRY));
        }
      }
    });
  }

  /** Marks it as over; peers are told by `apply`. */
  function end(one: Mitigation, why: string): Mitigation {
    const over = { ...one, until: now(), ended: why };
    all.set(keyOf(one), over);
    log('warn', `case ${one.caseId}: ${one.prefixes.join(', ')} no longer announced over ${one.peer}: ${why}`);
    keepEnd(over);
    note(one.caseId, `no longer announced over ${one.peer}: ${namesOf(one)}: ${why}`, 'intertrackd');
    return over;
  }

  const peerOf = (name: string) => config().peers.find(one => one.name === name);

  /** What a peer would be told with these prefixes for the case; or why it may not. */
  function routesWith(peer: string, caseId: string, prefixes: readonly string[]) {
    const others = prefixesOf(
      active().filter(one => one.caseId !== caseId),
      peer,
    );
    return permittedRoutes([...new Set([...others, ...prefixes])], peerOf(peer));
  }

  function reconfigured(): void {
    for (const one of active()) {
      const mine = permittedRoutes(one.prefixes, peerOf(one.peer));
      const together =
        typeof mine === 'string' ? mine : permittedRoutes(prefixesOf(active(), one.peer), peerOf(one.peer));
      if (typeof together === 'string') end(one, `the configuration does not permit it: ${together}`);
    }
  }

  for (const one of active()) {
    const of = cases().find(({ id }) => id === one.caseId);
    if (of === undefined || isOver(of)) end(one, `the case is ${of?.state ?? 'over'}`);
    else log('warn', `case ${one.caseId}: ${one.prefixes.join(', ')} announced over ${one.peer} again after a restart`);
  }
  reconfigured();

  async function stop(caseId: string, why: string): Promise<readonly Mitigation[]> {
    const ended = active()
      .filter(one => one.caseId === caseId)
      .map(one => end(one, why));
    if (ended.length > 0) await apply();
    return ended;
  }

  return {
    peers() {
      const going = active();
      return config().peers.map(peer => {
        const prefixes = prefixesOf(going, peer.name);
        const routes = prefixes.length === 0 ? [] : permittedRoutes(prefixes, peer);
        if (typeof routes === 'string' || routes.length === 0) return peer;
        const told = peer.announce ?? [];
        const besides = routes.filter(route => !told.some(({ prefix }) => prefix === route.prefix));
        return { ...peer, announce: [...told, ...besides] };
      });
    },
    waysFor: (caseId, prefixes, origin) =>
      config()
        .peers.filter(({ mitigate }) => mitigate !== undefined)
        .map(({ name, localAs }) => {
          const routes = routesWith(name, caseId, prefixes);
          if (typeof routes === 'string') return { peer: name, why: routes };
          const wrong = localAs === origin ? '' : `its session announces as AS${localAs}, and not as AS${origin}`;
          return { peer: name, why: wrong };
        }),
    async announce({ caseId, peer, prefixes, by }, origin) {
      const routes = routesWith(peer, caseId, prefixes);
      if (typeof routes === 'string') throw new Error(routes);
      const { localAs } = peerOf(peer)!;
      if (localAs !== origin)
        throw new Error(`the session of ${peer} announces as AS${localAs}, and not as AS${origin}`);
      const one: Mitigation = { caseId, peer, prefixes, since: now(), by, until: null, ended: '' };
      // On disk first: what is announced must never be forgotten.
      await writing;
      await put(one);
      all.set(keyOf(one), one);
      note(caseId, `announced over ${peer}: ${namesOf(one)}`, by);
      log('warn', `case ${caseId}: ${prefixes.join(', ')} announced over ${peer} by ${by}`);
      // The case may have ended, and the configuration changed, while it was written.
      const of = cases().find(({ id }) => id === caseId);
      if (of === undefined || isOver(of)) end(one, 'the case is over');
      reconfigured();
      await apply();
    },
    stop,
    changed(of) {
      if (!isOver(of)) return;
      stop(of.id, `the case is ${of.state}`).catch((e: Error) => log('error', `mitigation of ${of.id}: ${e.message}`));
    },
    reconfigured,
    all: () => [...all.values()],
    problems: () => (trouble === '' ? [] : [trouble]),
    async close() {
      closing = true;
      await writing;
    },
  };
}
