/**
 * Days of a route collector in minutes: `node test/bench/soak.ts [DAYS]`. What is assumed of a day: four peers, each with
 * 500,000 prefixes announced or withdrawn (a full table of both families sees 200,000 to 500,000); a quarter of them are
 * prefixes never seen before, a quarter those in whose place they come, the rest are held ones with other attributes; one
 * session flaps every hundredth of a day, and the registry is reloaded as often. Prints what memory the collector has over
 * time: after the first tenth it has to stay as it is. Prefix ids grow until their table is full and fall then, which takes
 * about three days.
 */
import { pathToFileURL } from 'node:url';
import type { MemoryReport } from '../../src/collector/memory.ts';
import type { RibSize, SummaryRow } from '../../src/collector/messages.ts';
import { startCollector } from '../../src/collector/thread.ts';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { snapshotBuilder } from '../../src/registry/snapshot-builder.ts';
import { attribute, updateBody } from '../bgp/octets.ts';
import { registryMessage } from '../collector/registry-message.ts';
import { type HandRouter, handRouter } from '../collector/router.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';

const PORT = 17_184;
const AS = 64496;
const PEERS = 4;
/** Prefixes in an UPDATE. */
const TOGETHER = 10;

export interface SoakSetup {
  /** Routes that each peer holds all the time. */
  readonly held: number;
  /** Prefixes announced or withdrawn by a peer in a round, and rounds; a session flaps in each round. */
  readonly changes: number;
  readonly rounds: number;
}

/** What the collector has at the end of a round. */
export interface SoakSample extends RibSize {
  readonly round: number;
  /** Octets: of the process, of the JavaScript objects in use of the collector's thread, of its typed arrays. */
  readonly rss: number;
  readonly heap: number;
  readonly arrays: number;
}

const random = (below: number) => Math.floor(Math.random() * below);
const octets = (value: number, count: number) => value.toString(16).padStart(2 * count, '0');

/** A route that is changed: an UPDATE of these /24s of 0.0.0.0/1, with one of many sets of attributes. */
function announcement(prefixes: readonly number[]): Uint8Array {
  const path = attribute(
    0x40,
    2,
    `0203${octets(AS, 4)}${octets(64500 + random(2000), 4)}${octets(70000 + random(50_000), 4)}`,
  );
  const communities = attribute(0xc0, 8, `${octets(64496, 2)}${octets(random(5000), 2)}`);
  const base = attribute(0x40, 1, '00') + path + attribute(0x40, 3, 'c0000201') + communities;
  return updateBody('', base, prefixes.map(prefix => `18${octets(prefix, 3)}`).join(''));
}

const withdrawal = (prefixes: readonly number[]) =>
  updateBody(prefixes.map(prefix => `18${octets(prefix, 3)}`).join(''), '', '');

/** A peer, its session, and what it holds. */
interface Peer {
  router: HandRouter;
  readonly held: number[];
}

/** Runs it; `sample` gets what there is after each round. Returns what is left when all peers are gone. */
export async function soak({ held, changes, rounds }: SoakSetup, sample: (s: SoakSample) => void): Promise<RibSize> {
  const host = loopbackAddress();
  const net = loopbackAddress().split('.').slice(0, 2).join('.');
  let flaps = 0;
  const collector = startCollector({
    // Whoever is told of judged changes says that they were taken, or the collector stops reading from its peers.
    message: message => {
      if (message.type === 'judged') collector.send({ type: 'took', changes: message.changes.length });
    },
    died: error => {
      throw error;
    },
  });
  const text = `router id 192.0.2.9; local as 64500; bgp listen ${host} port ${PORT};
    protocol bgp r { neighbor range ${net}.0.0/16 as ${AS}; }`;
  const loaded = parseConfig(text, 'soak');
  if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
  const { routerId, localAs, bgpListen, peers: configured, bmp } = loaded.config;
  collector.send({ type: 'configure', config: { routerId, localAs, listen: bgpListen, peers: configured, bmp } });

  const ask = async <T>(about: 'size' | 'memory' | 'summary') => (await collector.query({ about })).rows as T[];
  const size = async () => (await ask<RibSize>('size'))[0]!;
  // Each of the 2^23 once before any comes again: none is held twice by a peer.
  let last = 0;
  const fresh = () => {
    last = (last + 0x51ed27) & 0x7fffff;
    return last;
  };

  async function meet(): Promise<HandRouter> {
    for (;;) {
      const address = `${net}.${1 + (flaps >> 7)}.${1 + (flaps++ & 127)}`;
      const router = handRouter({ host, port: PORT }, address, AS);
      const up = await Promise.race([router.established.then(() => true), router.closed.then(() => false)]);
      if (up) return router;
    }
  }
  const tell = (peer: Peer, body: Uint8Array) => peer.router.update(body);
  function announceAll(peer: Peer): void {
    for (let i = 0; i < peer.held.length; i += TOGETHER) tell(peer, announcement(peer.held.slice(i, i + TOGETHER)));
  }
  /** A part of a round of a peer: new prefixes in the place of old ones, then other attributes of held ones. */
  function churn(peer: Peer): void {
    const at = random(Math.max(1, peer.held.length - TOGETHER));
    tell(peer, withdrawal(peer.held.slice(at, at + TOGETHER)));
    for (let i = at; i < at + TOGETHER && i < peer.held.length; i++) peer.held[i] = fresh();
    tell(peer, announcement(peer.held.slice(at, at + TOGETHER)));
    const other = random(Math.max(1, peer.held.length - TOGETHER));
    tell(peer, announcement(peer.held.slice(other, other + TOGETHER)));
    tell(peer, announcement(peer.held.slice(other, other + TOGETHER)));
  }
  /** The collector has taken all that its peers were told to send: each of them holds what it should. */
  async function settled(peers: readonly Peer[]): Promise<void> {
    const due = peers.reduce((sum, peer) => sum + peer.held.length, 0);
    await until('the collector holds what was announced', async () => (await size()).routes === due, 60_000);
  }
  function reloadRegistry(generation: number): void {
    const builder = snapshotBuilder();
    for (let i = 0; i < 1000; i++)
      builder.add(parsePrefix(`${random(128)}.${random(256)}.0.0/16`)!, 70000 + random(50_000), i % 10 === 0);
    collector.send(registryMessage(builder.freeze(), generation));
  }

  const peers: Peer[] = [];
  for (let i = 0; i < PEERS; i++) peers.push({ router: await meet(), held: Array.from({ length: held }, fresh) });
  for (const peer of peers) announceAll(peer);
  await settled(peers);
  for (let round = 1; round <= rounds; round++) {
    for (let done = 0; done < changes; done += 4 * TOGETHER) {
      for (const peer of peers) churn(peer);
      // The event loop has its turn: the sockets are written.
      if (done % (400 * TOGETHER) === 0) await new Promise(setImmediate);
    }
    await settled(peers);
    const flapping = peers[round % PEERS]!;
    flapping.router.close();
    await until('it is gone', async () => (await ask<SummaryRow>('summary')).length === PEERS - 1);
    flapping.router = await meet();
    announceAll(flapping);
    reloadRegistry(round);
    await settled(peers);
    const [report] = await ask<MemoryReport>('memory');
    const { heapUsed, arrays } = report!.heap;
    sample({ ...(await size()), round, rss: process.memoryUsage().rss, heap: heapUsed, arrays });
  }
  for (const { router } of peers) router.close();
  await until('all are gone', async () => (await ask<SummaryRow>('summary')).length === 0);
  // Tables are dropped in slices. What is left for ever is told, not waited for.
  const empty = async () => (await size()).routes === 0 && (await size()).attributeSets === 0;
  await until('nothing is held', empty, 10_000).catch(() => {});
  const left = await size();
  await collector.stop();
  return left;
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const days = Number(process.argv[2] ?? 1);
  const mb = (count: number) => (count / 2 ** 20).toFixed(0).padStart(5);
  console.log(`${days} day(s): ${PEERS} peers, ${500_000 * days} prefixes announced or withdrawn by each`);
  console.log(' round   RSS  heap arrays MiB   routes  prefix ids  attribute sets');
  const setup = { held: 50_000, changes: 5000, rounds: 100 * days };
  const left = await soak(setup, ({ round, rss, heap, arrays, routes, prefixes4, attributeSets }) => {
    if (round % 10 > 0) return;
    console.log(
      `${String(round).padStart(6)} ${mb(rss)} ${mb(heap)}  ${mb(arrays)}     ${routes}      ${prefixes4}          ${attributeSets}`,
    );
  });
  console.log(`all peers gone: ${left.routes} routes, ${left.attributeSets} attribute sets`);
}
