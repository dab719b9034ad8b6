/**
 * The collector: sessions, Adj-RIB-In and verdicts of its peers, driven by messages (messages.ts) and nothing else. It
 * runs in a worker thread (worker.ts) and knows neither that nor who listens.
 */
import type { MessagePort } from 'node:worker_threads';
import type { AspaTable } from '../registry/rpki/aspa.ts';
import { beginDrop, newRib } from '../rib/adj-rib-in.ts';
import { reclaimPrefixIds } from '../rib/held-prefixes.ts';
import { countStale } from '../rib/stale.ts';
import type { Encoder } from './announcer.ts';
import { createAnswerer } from './answers.ts';
import { createArchiveFeed } from './archive-feed.ts';
import { createStations } from './bmp-station.ts';
import { createDoor } from './door.ts';
import { createDropWatch, type Guarded, netstat } from './drop-watch.ts';
import { createDumps } from './dumps.ts';
import { createIngest } from './ingest.ts';
import { PASSED_OVER } from './ingest-peer.ts';
import { createJudging } from './judging.ts';
import { knownRelations } from './known-relations.ts';
import { createListeners, listenProtection } from './listeners.ts';
import { createLiveFeed } from './live-feed.ts';
import { keepMalformed } from './malformed.ts';
import type { CollectorConfig, FromCollector, ToCollector } from './messages.ts';
import { isMilestone } from './milestone.ts';
import { createOrders, shutProblems } from './orders.ts';
import { createOriginated } from './originated.ts';
import { createOutflow } from './outflow.ts';
import { createPeer, limitProblems, type Peer } from './peer.ts';
import { createPeers } from './peers.ts';
import { createQuality } from './quality.ts';
import { createReplies } from './replies.ts';
import type { Slices } from './restart.ts';
import { beginRetelling } from './retell.ts';
import type { RowPeer } from './rows.ts';
import type { SeatedPeer, Seating } from './seating.ts';
import { warmUp } from './warm-up.ts';
import { type AwaitedTable, createWholeness } from './wholeness.ts';

/** How often the kernel's counters are read. */
const DROPS_LOOK = 5_000;
/** How often the sizes of tables are looked at. */
const MINUTE = 60_000;
/** How often the tables are looked at that tell no end. */
const WHOLENESS_LOOK = 10_000;

const guardedOf = ({ row, config, session }: Peer): Guarded => ({
  name: row.name,
  password: config.password !== undefined,
  ttlSecurity: config.ttlSecurity !== null,
  up: session.status().state === 'Established',
});

/** A collector that tells through `post`; the answer takes what the main thread sends. */
export function createCollector(post: (message: FromCollector) => void): (message: ToCollector) => void {
  const rib = newRib();
  const byNumber: (SeatedPeer | undefined)[] = [];
  let config: CollectorConfig | null = null;

  type Level = 'debug' | 'info' | 'warn' | 'error';
  const log = (level: Level, text: string, fields: Record<string, unknown> = {}) =>
    post({ type: 'log', level, text, fields });

  const outflow = createOutflow(
    changes => post({ type: 'judged', changes }),
    on => {
      if (on) log('warn', 'the book of cases is behind: peers are not read until it has caught up');
      holdPeers();
    },
  );
  const feed = createArchiveFeed(holdPeers, Date.now);
  const live = createLiveFeed({ post: batch => post({ type: 'live', batch }), now: Date.now });

  let held = false;
  /** Peers are not read while the book of cases or the archive is behind. */
  function holdPeers(): void {
    const on = outflow.held || feed.held;
    if (on === held) return;
    held = on;
    for (const { session } of peers.all()) on ? session.pause() : session.resume();
    on ? stations.pause() : stations.resume();
  }

  const judging = createJudging({
    rib,
    rowOf: number => byNumber[number]?.row,
    isWhole: (number, afi) => byNumber[number]?.awaiting.has(afi) === false,
    tell: outflow.tell,
    done(done) {
      outflow.flush();
      post({ type: 'rejudged', done });
    },
    now: Date.now,
  });
  const { memo, book } = judging;
  reclaimPrefixIds(rib, afi => memo.forget(afi));

  const ingest = createIngest(rib, judging, {
    endOfRib(peer, afi) {
      const owner = byNumber[peer.number];
      if (owner) quality.endOfRib(owner.row.name, afi);
      whole(peer.number, afi);
    },
    malformed(peer, body) {
      const owner = byNumber[peer.number];
      if (owner) log('warn', `${owner.row.name}: ${keepMalformed(owner.quarantine, peer, body, Date.now())}`);
    },
    passedOver(peer, what, times) {
      const owner = byNumber[peer.number];
      if (owner && isMilestone(times)) log('warn', `${owner.row.name}: ${PASSED_OVER[what]} (${times} times)`);
    },
  });

  warmUp(rib, memo, ingest);

  function whole(number: number, afi: 1 | 2): void {
    const owner = byNumber[number];
    owner?.ended?.(afi);
    if (!owner?.awaiting.delete(afi)) return;
    judging.whole(number, afi);
    setImmediate(judging.look);
    if (owner.awaiting.size > 0) return;
    outflow.flush(); // what the table holds goes before the word that it is whole
    post({ type: 'end-of-rib', peer: owner.row.name, time: Date.now() });
  }

  const originated = createOriginated({
    rib,
    localAs: () => config?.localAs ?? 0,
    peers: () =>
      byNumber.flatMap(peer =>
        peer === undefined || peer.row.as !== config?.localAs
          ? []
          : [{ number: peer.row.number, whole: rib.tables[peer.row.number] != null && peer.awaiting.size === 0 }],
      ),
    tell: message => post({ type: 'originated', ...message }),
  });

  /** Tables whose peers have not told their end. */
  const awaited = (): AwaitedTable[] =>
    byNumber.flatMap(peer => {
      const { state, since } = peer?.session.status() ?? {};
      const table = peer === undefined ? null : rib.tables[peer.row.number];
      if (!peer || !table || state !== 'Established' || peer.awaiting.size === 0) return [];
      const stale = countStale(table, 1) + countStale(table, 2);
      return [{ number: peer.row.number, since: since ?? 0, routes: table.count4 + table.count6 - stale }];
    });
  const wholeness = createWholeness(() => performance.now());
  const wholenessTimer = setInterval(() => {
    judging.look();
    originated.look();
    for (const number of wholeness.look(awaited(), outflow.held)) {
      const { row, awaiting } = byNumber[number]!;
      log('info', `${row.name} tells no End-of-RIB: its table has hardly grown for 5 min and counts as whole`);
      for (const afi of [...awaiting]) whole(number, afi);
    }
  }, WHOLENESS_LOOK);

  /** The lowest number that no peer has. */
  function freeNumber(): number {
    const hole = byNumber.indexOf(undefined);
    return hole < 0 ? byNumber.length : hole;
  }

  function changed({ name, as, address }: RowPeer, state: string, reason?: string): void {
    const change = { peer: name, peerAs: as, peerAddress: address, state, time: Date.now() };
    quality.changed(name, state, reason ?? '');
    outflow.flush(); // what the peer held goes before the word that it is down
    post({ type: 'session', change: reason === undefined ? change : { ...change, reason } });
  }

  /** Tables that are gone and whose attribute sets are not yet freed, and sweeps of stale routes. */
  const slices: Slices[] = [];
  function later(work: Slices): void {
    if (slices.push(work) === 1) setImmediate(workOn);
  }
  function workOn(): void {
    if (slices[0]!.step()) slices.shift();
    if (slices.length > 0) setImmediate(workOn);
  }

  const seating: Seating = {
    rib,
    ingest,
    archive: live.beside(feed),
    seat(make) {
      const peer = make(freeNumber());
      byNumber[peer.row.number] = peer;
      return peer;
    },
    unseat(peer) {
      byNumber[peer.row.number] = undefined;
      judging.forget(peer.row.number);
      quality.forget(peer.row.name);
      peer.archived.leave();
    },
    drop(number) {
      judging.lose(number);
      later(beginDrop(rib, number));
    },
    lose: judging.lose,
    later,
    whole,
    changed,
    forgotten({ name }) {
      outflow.flush();
      post({ type: 'peer-forgotten', peer: name, time: Date.now() });
    },
    log,
    held: () => held,
    localAs: () => config?.localAs ?? 0,
    now: Date.now,
  };
  let encoder: Encoder | null = null;
  const stations = createStations(seating);
  const all = () => [...peers.all(), ...stations.peers()];

  const peers = createPeers(
    seating,
    (of, number, range, routerId) =>
      createPeer(of, number, range, routerId, {
        ...seating,
        gone: peer => peers.gone(peer),
        encoder: () => encoder,
        problemsOf,
      }),
    name => orders.shutdownOf(name) === null,
  );
  const orders = createOrders(
    peers.all,
    name => stations.peers().some(({ row }) => row.name === name || row.address === name),
    words => log('warn', words),
  );

  const door = createDoor(peers, words => log('warn', words));
  const listeners = createListeners(door.admit, log);

  const dropWatch = createDropWatch(
    netstat,
    () => peers.all().map(guardedOf),
    words => log('warn', words),
  );
  const dropTimer = setInterval(() => dropWatch.look(Date.now()), DROPS_LOOK);

  const problemsOf = (peer: Peer): string[] => [
    ...shutProblems(orders.shutdownOf(peer.row.name)),
    ...limitProblems(peer),
    ...dropWatch.problemsOf(guardedOf(peer), Date.now()),
  ];
  const problems = (): string[] => [
    ...peers
      .all()
      .flatMap(peer =>
        [...shutProblems(orders.shutdownOf(peer.row.name)), ...limitProblems(peer)].map(
          words => `peer ${peer.row.name}: ${words}`,
        ),
      ),
    ...dropWatch.problems(Date.now()),
    ...door.problems(),
    ...listeners.problems(),
    ...stations.problems(),
    ...feed.problems(),
  ];

  async function configure(next: CollectorConfig): Promise<void> {
    config = next;
    originated.want(next.originated === true);
    // Here and nowhere else a collector becomes able to announce.
    if (next.peers.some(({ announce }) => announce !== undefined)) encoder ??= await import('../bgp/announce.ts');
    await peers.leave(next);
    // Keys before sessions: nobody is let in who was not asked for one.
    await listeners.listen(next.listen, listenProtection(next.peers));
    peers.enter(next);
    await stations.configure(next.bmp);
  }

  const dumps = createDumps(rib, feed, all, post, words => log('error', words));
  function connectArchive(port: MessagePort | null): void {
    dumps.drop();
    feed.connect(port);
  }

  async function stop(): Promise<void> {
    config = null;
    clearInterval(dropTimer);
    clearInterval(qualityTimer);
    clearInterval(wholenessTimer);
    door.close();
    await peers.stop();
    await stations.stop();
    listeners.close();
    outflow.flush();
    connectArchive(null);
    post({ type: 'stopped' });
  }

  const quality = createQuality(rib, all, Date.now);
  const qualityTimer = setInterval(() => quality.minute(), MINUTE);

  let aspas: AspaTable | null = null;
  const known = () => {
    const roles = new Map(peers.all().map(({ row }) => [row.as, row.role?.ours]));
    return knownRelations(config?.localAs ?? 0, as => roles.get(as), aspas);
  };
  const { answer } = createAnswerer(rib, memo, book, all, () => config?.localAs ?? 0, problems, quality, known);
  const replies = createReplies(answer, post);

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
        judging.registry(message);
        break;
      case 'aspas':
        aspas = message.aspas;
        judging.attest(aspas);
        break;
      case 'retell':
        later(beginRetelling(book, all, outflow.flush, post));
        break;
      case 'archive':
        connectArchive(message.port);
        break;
      case 'dump':
        dumps.begin(message.time);
        break;
      case 'follow':
        live.want(message.client, message.filters, message.host);
        break;
      case 'followed':
        live.took(message.size);
        break;
      case 'took':
        outflow.took(message.changes);
        break;
      case 'query':
        replies.ask(message.id, message.query);
        break;
      case 'order':
        try {
          post({ type: 'answer', id: message.id, rows: [orders.carryOut(message.order, message.by)] });
        } catch (e) {
          post({ type: 'answer', id: message.id, rows: [], error: (e as Error).message });
        }
        break;
      case 'went':
        replies.went(message.id);
        break;
      case 'cancel':
        replies.cancel(message.id);
        break;
      case 'stop':
        configuring = configuring.then(stop);
        break;
    }
  };
}
