/**
 * The collector: sessions, Adj-RIB-In and verdicts of its peers, driven by messages (messages.ts) and nothing else. It
 * runs in a worker thread (worker.ts) and knows neither that nor who listens.
 */
import { ADMINISTRATIVE_RESET, ADMINISTRATIVE_SHUTDOWN, ceaseWith, PEER_DECONFIGURED } from '../bgp/notification.ts';
import { createSession, type Session } from '../bgp/session.ts';
import type { BgpPeerConfig } from '../config/tree.ts';
import { formatPrefix } from '../net/prefix.ts';
import { openSnapshot } from '../registry/snapshot.ts';
import { beginDrop, newPeerTable, newRib } from '../rib/adj-rib-in.ts';
import { ORIGIN_NONE } from '../rib/attribute-store.ts';
import { prefixById } from '../rib/query.ts';
import { createAnswerer } from './answers.ts';
import { createStations } from './bmp-station.ts';
import { afiOf, Contradictions, type Place, prefixIdOf } from './contradictions.ts';
import { createIngest, type IngestPeer } from './ingest.ts';
import { createListeners } from './listeners.ts';
import { keepMalformed, newQuarantine } from './malformed.ts';
import type { CollectorConfig, FromCollector, ToCollector } from './messages.ts';
import { createOutflow } from './outflow.ts';
import { beginRejudging, type Rejudging } from './rejudge.ts';
import { pathOf, type RowPeer } from './rows.ts';
import type { SeatedPeer, Seating } from './seating.ts';
import { VerdictMemo } from './verdict-memo.ts';

interface Peer extends SeatedPeer {
  config: BgpPeerConfig;
  readonly session: Session;
  /** Set while the session is Established. */
  ingest: IngestPeer | null;
}

/** A collector that tells through `post`; the answer takes what the main thread sends. */
export function createCollector(post: (message: FromCollector) => void): (message: ToCollector) => void {
  const rib = newRib();
  const memo = new VerdictMemo(rib);
  const peers = new Map<string, Peer>();
  const byNumber: (SeatedPeer | undefined)[] = [];
  let config: CollectorConfig | null = null;

  type Level = 'debug' | 'info' | 'warn' | 'error';
  const log = (level: Level, text: string, fields: Record<string, unknown> = {}) =>
    post({ type: 'log', level, text, fields });

  const listeners = createListeners((socket, remote) => {
    const peer = [...peers.values()].find(({ row }) => row.address === remote);
    return peer ? peer.session.accept(socket) : null;
  }, log);

  const outflow = createOutflow(
    changes => post({ type: 'judged', changes }),
    on => {
      if (on) log('warn', 'the book of cases is behind: peers are not read until it has caught up');
      for (const { session } of peers.values()) on ? session.pause() : session.resume();
      on ? stations.pause() : stations.resume();
    },
  );

  const book = new Contradictions({
    now: Date.now,
    mark: (place, on) => memo.mark(afiOf(place), prefixIdOf(place), on),
    tell: outflow.tell,
    describe,
  });

  function describe(place: Place, number: number, as: number, attribute: number) {
    const { row } = byNumber[number]!;
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
      const owner = byNumber[peer.number];
      if (!owner?.awaiting.delete(afi) || owner.awaiting.size > 0) return;
      outflow.flush(); // what the table holds goes before the word that it is whole
      post({ type: 'end-of-rib', peer: owner.row.name, time: Date.now() });
    },
    malformed(peer, body) {
      const owner = byNumber[peer.number];
      if (owner) log('warn', `${owner.row.name}: ${keepMalformed(owner.quarantine, peer, body, Date.now())}`);
    },
  });

  /** The lowest number that no peer has. */
  function freeNumber(): number {
    const hole = byNumber.indexOf(undefined);
    return hole < 0 ? byNumber.length : hole;
  }

  function changed({ name, as, address }: RowPeer, state: string, reason?: string): void {
    const change = { peer: name, peerAs: as, peerAddress: address, state, time: Date.now() };
    outflow.flush(); // what the peer held goes before the word that it is down
    post({ type: 'session', change: reason === undefined ? change : { ...change, reason } });
  }

  /** Tables that are gone and whose attribute sets are not yet freed. */
  const drops: ReturnType<typeof beginDrop>[] = [];
  function drop(number: number): void {
    book.lose(number);
    if (drops.push(beginDrop(rib, number)) === 1) setImmediate(dropOn);
  }
  function dropOn(): void {
    if (drops[0]!.step()) drops.shift();
    if (drops.length > 0) setImmediate(dropOn);
  }

  const seating: Seating = {
    rib,
    ingest,
    seat(make) {
      const peer = make(freeNumber());
      byNumber[peer.row.number] = peer;
      return peer;
    },
    unseat(peer) {
      byNumber[peer.row.number] = undefined;
    },
    drop,
    changed,
    forgotten({ name }) {
      outflow.flush();
      post({ type: 'peer-forgotten', peer: name, time: Date.now() });
    },
    log,
    held: () => outflow.held,
    localAs: () => config?.localAs ?? 0,
    now: Date.now,
  };
  const stations = createStations(seating);

  function addPeer(of: BgpPeerConfig, routerId: string): void {
    const number = freeNumber();
    const row = { number, name: of.name, as: of.neighborAs, address: of.neighbor };
    const session = createSession({
      config: of,
      routerId,
      handler: {
        stateChanged: (state, reason) => changed(row, state, reason),
        established({ as4, ebgp, ipv4, ipv6, localAs }) {
          const table = newPeerTable();
          rib.tables[number] = table;
          peer.awaiting.clear();
          if (ipv4) peer.awaiting.add(1);
          if (ipv6) peer.awaiting.add(2);
          const counts = { treatAsWithdraw: 0, attributeDiscard: 0, ignored: 0 };
          peer.ingest = { number, table, as4, ebgp, ipv4, ipv6, localAs, counts };
          if (outflow.held) session.pause();
        },
        update: (buffer, start, end) => (peer.ingest ? ingest.update(peer.ingest, buffer, start, end) : null),
        down() {
          peer.ingest = null;
          drop(number);
        },
      },
    });
    const peer: Peer = {
      row,
      config: of,
      session,
      ingest: null,
      quarantine: newQuarantine(),
      awaiting: new Set(),
      get counts() {
        return this.ingest?.counts ?? null;
      },
    };
    byNumber[number] = peer;
    peers.set(of.name, peer);
    session.start();
  }

  async function removePeer(peer: Peer, subcode: number, reason: string): Promise<void> {
    peers.delete(peer.row.name);
    await peer.session.stop(ceaseWith(subcode, reason));
    byNumber[peer.row.number] = undefined;
  }

  /** A peer's configuration without what changes nothing on the wire. */
  const onTheWire = (of: BgpPeerConfig, routerId = '') => JSON.stringify({ ...of, description: '', routerId });

  async function configure(next: CollectorConfig): Promise<void> {
    const before = config;
    config = next;
    const leaving: Promise<void>[] = [];
    for (const peer of [...peers.values()]) {
      const now = next.peers.find(p => p.name === peer.row.name);
      const same = now && !now.disabled && onTheWire(now, next.routerId) === onTheWire(peer.config, before?.routerId);
      if (same) peer.config = now;
      else if (now?.disabled) leaving.push(removePeer(peer, ADMINISTRATIVE_SHUTDOWN, 'disabled by configuration'));
      else if (now) leaving.push(removePeer(peer, ADMINISTRATIVE_RESET, 'configuration changed'));
      else leaving.push(removePeer(peer, PEER_DECONFIGURED, ''));
    }
    await Promise.all(leaving);
    await listeners.listen(next.listen);
    for (const of of next.peers) if (!of.disabled && !peers.has(of.name)) addPeer(of, next.routerId);
    await stations.configure(next.bmp);
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
    await Promise.all(
      [...peers.values()].map(p => removePeer(p, ADMINISTRATIVE_SHUTDOWN, 'the collector is shut down')),
    );
    await Promise.all([stations.stop(), listeners.close()]);
    outflow.flush();
    post({ type: 'stopped' });
  }

  const { answer } = createAnswerer(
    rib,
    memo,
    book,
    () => [...peers.values(), ...stations.peers()],
    () => config?.localAs ?? 0,
    () => [...listeners.problems(), ...stations.problems()],
  );
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
