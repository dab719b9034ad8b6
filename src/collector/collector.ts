/**
 * The collector: sessions, Adj-RIB-In and verdicts of its peers, driven by messages (messages.ts) and nothing else. It
 * runs in a worker thread (worker.ts) and knows neither that nor who listens.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createAdmission } from '../bgp/admission.ts';
import type { Source } from '../bgp/listener.ts';
import { formatPrefix } from '../net/prefix.ts';
import { openSnapshot } from '../registry/snapshot.ts';
import { newRib } from '../rib/adj-rib-in.ts';
import { ORIGIN_NONE } from '../rib/attribute-store.ts';
import { prefixById } from '../rib/query.ts';
import { createAnswerer } from './answers.ts';
import { afiOf, Contradictions, type Place, prefixIdOf } from './contradictions.ts';
import { createDropWatch, type Guarded } from './drop-watch.ts';
import { createIngest } from './ingest.ts';
import { createListeners, listenProtection } from './listeners.ts';
import { keepMalformed } from './malformed.ts';
import type { CollectorConfig, FromCollector, ToCollector } from './messages.ts';
import { createOutflow } from './outflow.ts';
import { createPeer, limitProblems, type Peer } from './peer.ts';
import { createPeers } from './peers.ts';
import { createRefusals } from './refusals.ts';
import { beginRejudging, type Rejudging } from './rejudge.ts';
import { pathOf } from './rows.ts';
import { VerdictMemo } from './verdict-memo.ts';

/** How often the kernel's counters are read. */
const DROPS_LOOK = 5_000;

const TOO_OFTEN = {
  source: (address: string) => `connection from ${address} closed: it connects too often`,
  all: (address: string) => `connection from ${address} closed: too many connections come from addresses of no peer`,
} as const;

/** The kernel's counters; none where it has no such file. */
function netstat(): string {
  try {
    return readFileSync('/proc/net/netstat', 'utf8');
  } catch {
    return '';
  }
}

const guardedOf = ({ row, config, session }: Peer): Guarded => ({
  name: row.name,
  password: config.password !== undefined,
  ttlSecurity: config.ttlSecurity !== null,
  up: session.status().state === 'Established',
});

/** A collector that tells through `post`; the answer takes what the main thread sends. */
export function createCollector(post: (message: FromCollector) => void): (message: ToCollector) => void {
  const rib = newRib();
  const memo = new VerdictMemo(rib);
  let config: CollectorConfig | null = null;

  type Level = 'debug' | 'info' | 'warn' | 'error';
  const log = (level: Level, text: string, fields: Record<string, unknown> = {}) =>
    post({ type: 'log', level, text, fields });

  const outflow = createOutflow(
    changes => post({ type: 'judged', changes }),
    on => {
      if (on) log('warn', 'the book of cases is behind: peers are not read until it has caught up');
      for (const { session } of peers.all()) on ? session.pause() : session.resume();
    },
  );

  const book = new Contradictions({
    now: Date.now,
    mark: (place, on) => memo.mark(afiOf(place), prefixIdOf(place), on),
    tell: outflow.tell,
    describe,
  });

  function describe(place: Place, number: number, as: number, attribute: number) {
    const { row } = peers.byNumber(number)!;
    const prefix = prefixById(rib, afiOf(place), prefixIdOf(place));
    const origin = as === ORIGIN_NONE ? null : as;
    const decided = memo.snapshot?.decide(prefix, origin ?? -1);
    return {
      peer: row.name,
      peerAs: row.as,
      peerAddress: row.address,
      prefix: formatPrefix(prefix),
      origin,
      path: attribute === 0 ? [] : pathOf(rib, attribute),
      state: decided?.state ?? 'unknown',
      decidedBy: formatPrefix(decided?.decidedBy ?? prefix),
    };
  }

  const ingest = createIngest(rib, memo, book, {
    endOfRib(peer, afi) {
      const owner = peers.byNumber(peer.number);
      if (!owner?.awaiting.delete(afi) || owner.awaiting.size > 0) return;
      outflow.flush(); // what the table holds goes before the word that it is whole
      post({ type: 'end-of-rib', peer: owner.row.name, time: Date.now() });
    },
    malformed(peer, body) {
      const owner = peers.byNumber(peer.number);
      if (owner) log('warn', `${owner.row.name}: ${keepMalformed(owner.quarantine, peer, body, Date.now())}`);
    },
  });

  const peers = createPeers((of, number, range, routerId) =>
    createPeer(of, number, range, routerId, {
      rib,
      book,
      ingest,
      held: () => outflow.held,
      changed(change) {
        outflow.flush();
        post({ type: 'session', change });
      },
      warn: words => log('warn', words),
      gone: peer => peers.gone(peer),
    }),
  );

  const admission = createAdmission();
  const refusals = createRefusals(words => log('warn', words));
  const listeners = createListeners(admit, log);

  function admit(socket: Socket, source: Source, unkeyed: ReadonlySet<string>): boolean {
    const { address } = source;
    const bound = admission.ask(address, peers.isConfigured(address), performance.now());
    const admitted = bound === null ? peers.admit(source, unkeyed) : { why: bound, words: TOO_OFTEN[bound](address) };
    if (!('peer' in admitted)) {
      refusals.note(admitted.why, admitted.words);
      return false;
    }
    const accepted = admitted.peer.session.accept(socket);
    if (!accepted && admitted.peer.range !== null && !admitted.peer.connected()) peers.gone(admitted.peer);
    return accepted;
  }

  const drops = createDropWatch(
    netstat,
    () => peers.all().map(guardedOf),
    words => log('warn', words),
  );
  const dropTimer = setInterval(() => drops.look(Date.now()), DROPS_LOOK);

  const problemsOf = (peer: Peer): string[] => [
    ...limitProblems(peer),
    ...drops.problemsOf(guardedOf(peer), Date.now()),
  ];
  const problems = (): string[] => [
    ...peers.all().flatMap(peer => limitProblems(peer).map(words => `peer ${peer.row.name}: ${words}`)),
    ...drops.problems(Date.now()),
    ...refusals.problems(),
    ...listeners.problems(),
  ];

  async function configure(next: CollectorConfig): Promise<void> {
    config = next;
    await peers.leave(next);
    // Keys before sessions: nobody is let in who was not asked for one.
    await listeners.listen(next.listen, listenProtection(next.peers));
    peers.enter(next);
  }

  let rejudging: Rejudging | null = null;
  function registry(snapshot: SharedArrayBuffer, generation: number): void {
    memo.snapshot = openSnapshot(snapshot);
    memo.forget();
    const began = Date.now();
    const mine = beginRejudging(rib, memo, book);
    rejudging = mine;
    const slice = () => {
      if (rejudging !== mine) return; // a newer registry has come
      if (!mine.step()) {
        setImmediate(slice);
        return;
      }
      rejudging = null;
      outflow.flush();
      post({ type: 'rejudged', done: { generation, routes: mine.routes, milliseconds: Date.now() - began } });
    };
    slice();
  }

  async function stop(): Promise<void> {
    config = null;
    clearInterval(dropTimer);
    refusals.close();
    await peers.stop();
    listeners.close();
    outflow.flush();
    post({ type: 'stopped' });
  }

  const { answer } = createAnswerer(rib, memo, book, peers.all, () => config?.localAs ?? 0, problems, problemsOf);
  /** Works on an answer until it yields, then lets sessions be served. */
  function reply(id: number, working: ReturnType<typeof answer>): void {
    try {
      const step = working.next();
      if (step.done) post({ type: 'answer', id, ...step.value });
      else setImmediate(() => reply(id, working));
    } catch (e) {
      post({ type: 'answer', id, rows: [], more: false, error: (e as Error).message });
    }
  }

  // One after the other: a reload must not overtake the one before it.
  let configuring: Promise<void> = Promise.resolve();
  return message => {
    switch (message.type) {
      case 'configure':
        configuring = configuring
          .then(() => configure(message.config))
          .then(() => {
            outflow.flush();
            post({ type: 'ready' });
          });
        break;
      case 'registry':
        registry(message.snapshot, message.generation);
        break;
      case 'took':
        outflow.took(message.changes);
        break;
      case 'query':
        reply(message.id, answer(message.query));
        break;
      case 'stop':
        configuring = configuring.then(stop);
        break;
    }
  };
}
