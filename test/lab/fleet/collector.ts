/**
 * A collector that is played: it has no routers and no tables, but publishes what it is told to have judged as ours do, over
 * the real bus, tells once a second that it is there, tells all that it holds when it is asked to, and answers looks.
 */
import { Worker } from 'node:worker_threads';
import { answerQuestions } from '../../../src/bus/asking.ts';
import { answerForAll } from '../../../src/bus/asking-all.ts';
import { VERSIONS } from '../../../src/bus/case-event.ts';
import type { Bus } from '../../../src/bus/connection.ts';
import { createPublisher, type Publisher } from '../../../src/bus/publisher.ts';
import { machineName } from '../../../src/bus/subjects.ts';
import type { SummaryRow } from '../../../src/collector/messages.ts';
import type { JudgedChange } from '../../../src/registry/judged-change.ts';
import { busTo, type Nats } from '../../bus/nats.ts';
import { OFFENDER } from '../../interop/machines.ts';
import type { Said } from './alive.ts';

/** As a collector waits before it tells anew, and between slices. */
const RETELL = 100;
const SLICE = 512;

export interface PlayedCollector {
  /** A peer, by its number, takes a hijack of the prefix, or lets it go; resolves when it is in the stream. */
  hold(peer: number, prefix: string): Promise<void>;
  letGo(peer: number, prefix: string): Promise<void>;
  /** Routes that its peers hold. */
  held(): number;
  /** How often it has told all that it holds. */
  retold(): number;
  /** It ends and begins a new life, with the same sessions and routes. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const sayers = new Map<string, Worker>();
/** The thread that says of all played collectors of a server that they are there. */
function sayerOf(url: string): Worker {
  const sayer = sayers.get(url) ?? new Worker(new URL('alive.ts', import.meta.url), { workerData: { url } });
  sayer.unref();
  sayers.set(url, sayer);
  return sayer;
}

export async function playCollector(
  nats: Nats,
  number: number,
  peers: number,
  partitions: number,
): Promise<PlayedCollector> {
  const routerId = `198.18.${number >> 8}.${number & 255}`;
  const machine = machineName(routerId);
  const names = Array.from({ length: peers }, (_, i) => `peer-${i}`);
  const held = new Map<string, JudgedChange>();
  let publisher: Publisher;
  let bus: Bus;
  let life = 0;
  let retold = 0;
  let retelling = false;
  let tellings = 0;
  let alive: NodeJS.Timeout;
  const sayer = sayerOf(nats.url);

  const change = (peer: number, prefix: string, what: 'held' | 'gone'): JudgedChange => ({
    peer: names[peer]!,
    peerAs: 1_000 + number * peers + peer,
    peerAddress: `2001:db8:${number.toString(16)}::${peer.toString(16)}`,
    prefix,
    origin: OFFENDER,
    kind: 'origin',
    offender: OFFENDER,
    ground: '',
    what,
    why: what === 'held' ? 'update' : 'withdraw',
    time: Date.now(),
    path:
      what === 'held' ? [1_000 + number * peers + peer, 3_356 + (peer % 7), 1_299 + (number % 5), 64510, OFFENDER] : [],
    state: 'mismatch',
    decidedBy: prefix,
  });

  async function retell(): Promise<void> {
    if (retelling) return;
    retelling = true;
    await new Promise(resolve => setTimeout(resolve, RETELL));
    retelling = false;
    const mine = ++tellings;
    const all = [...held.values()];
    void publisher.tell({ what: 'resync' });
    for (let i = 0; i < all.length; i += SLICE)
      if (mine === tellings) await publisher.tell({ what: 'judged', changes: all.slice(i, i + SLICE) });
    // Who is asked once more meanwhile begins from the start.
    if (mine !== tellings) return;
    await publisher.tell({ what: 'resynced', up: names, whole: names });
    retold++;
  }

  async function begin(): Promise<void> {
    life = Date.now();
    bus = busTo(nats, machine);
    await bus.ready;
    const version = () => VERSIONS.at(-1)!;
    publisher = createPublisher({ bus, partitions, life, resync: () => void retell(), log: () => {}, version });
    answerForAll(bus, () => void retell());
    answerQuestions(bus, async () => names.map((peer, i) => summaryOf(peer, i)));
    const say = () => {
      const { published, waiting, dropped } = publisher.report();
      const said = { version: '1.0.0', roles: ['collector'], started: life, partitions: [], problems: [] };
      const counts = { peers, established: peers, routes: peers * 1_270_000, published, waiting, dropped };
      sayer.postMessage([machine, { ...said, ...counts }] satisfies Said);
    };
    say();
    alive = setInterval(say, 1_000);
    const told = [publisher.tell({ what: 'hello' }), publisher.tell({ what: 'peers', names })];
    for (const peer of names) told.push(publisher.tell({ what: 'session', peer }));
    if (held.size > 0) told.push(publisher.tell({ what: 'judged', changes: [...held.values()] }));
    for (const peer of names) told.push(publisher.tell({ what: 'end-of-rib', peer, time: Date.now() }));
    await Promise.all(told);
  }

  const summaryOf = (peer: string, i: number): SummaryRow => ({
    ...{ peer, address: `2001:db8:${number.toString(16)}::${i.toString(16)}`, as: 1_000 + number * peers + i },
    ...{ received: 1_000_000, sent: 1_000, state: 'Established', since: life, prefixes: 1_270_000 },
    ...{ description: 'a peer that is played', lastError: '' },
  });

  async function end(): Promise<void> {
    clearInterval(alive);
    sayer.postMessage([machine, null] satisfies Said);
    await publisher.close(0);
    await bus.close();
  }

  await begin();
  return {
    hold(peer, prefix) {
      const one = change(peer, prefix, 'held');
      held.set(`${peer} ${prefix}`, one);
      return publisher.tell({ what: 'judged', changes: [one] });
    },
    letGo(peer, prefix) {
      held.delete(`${peer} ${prefix}`);
      return publisher.tell({ what: 'judged', changes: [change(peer, prefix, 'gone')] });
    },
    held: () => held.size,
    retold: () => retold,
    async restart() {
      await end();
      await begin();
    },
    close: end,
  };
}
