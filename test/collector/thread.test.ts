import { expect } from 'chai';
import { encodeEndOfRib } from '../../src/bgp/end-of-rib.ts';
import type { CountRow, FromCollector, NeighborRow, RouteRow } from '../../src/collector/messages.ts';
import { type CollectorThread, startCollector } from '../../src/collector/thread.ts';
import type { BgpPeerConfig } from '../../src/config/tree.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import type { JudgedChange } from '../../src/registry/judged-change.ts';
import { snapshotBuilder } from '../../src/registry/snapshot-builder.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';
import { announcement, type Speaker, startSpeaker } from '../interop/speaker.ts';
import { registryMessage } from './registry-message.ts';

const PORT = 1790;
const OFFENDER = 64666;

/** A registry in which these prefixes are watched and registered for AS64501. */
function registry(...texts: string[]): SharedArrayBuffer {
  const builder = snapshotBuilder();
  for (const text of texts) builder.add(parsePrefix(text)!, 64501, true);
  return builder.freeze();
}

describe('collector/thread', function () {
  this.timeout(240_000);
  const ours = loopbackAddress();
  let thread: CollectorThread;
  let messages: Exclude<FromCollector, { type: 'answer' }>[] = [];
  let died: Error | null = null;
  let speakers: Speaker[] = [];

  const peer = (name: string, neighbor: string, more: Partial<BgpPeerConfig> = {}): BgpPeerConfig => ({
    name,
    description: '',
    neighbor,
    range: null,
    ttlSecurity: null,
    prefixLimits: [],
    neighborPort: 179,
    neighborAs: 64496,
    localAs: 64500,
    passive: true,
    ipv4: true,
    ipv6: true,
    others: [],
    addPaths: false,
    extendedNextHop: false,
    strictRole: false,
    holdTime: 90_000,
    connectRetry: 30_000,
    restart: { graceful: true, longLived: true, stalePathTime: 360_000, longLivedStaleTime: 86_400_000 },
    disabled: false,
    ...more,
  });
  async function configure(...peers: BgpPeerConfig[]): Promise<void> {
    const before = messages.filter(({ type }) => type === 'ready').length;
    const listen = [{ address: ours, port: PORT }];
    thread.send({ type: 'configure', config: { routerId: ours, localAs: 64500, listen, peers, bmp: [] } });
    await until('configured', () => messages.filter(({ type }) => type === 'ready').length > before);
  }
  async function meet(from: string): Promise<Speaker> {
    const speaker = await startSpeaker({ from, to: ours, port: PORT, as: 64496 });
    speakers.push(speaker);
    return speaker;
  }
  const judged = (): JudgedChange[] => messages.flatMap(one => (one.type === 'judged' ? one.changes : []));
  const counts = async () => (await thread.query({ about: 'count' })).rows as CountRow[];
  const neighbors = async () => (await thread.query({ about: 'neighbor' })).rows as NeighborRow[];
  /** What was said, in short: `judged held 192.0.2.0/24`, `session a Established`, `end-of-rib a`, `rejudged 1`. */
  const said = () =>
    messages.flatMap(one => {
      switch (one.type) {
        case 'judged':
          return one.changes.map(({ what, prefix }) => `judged ${what} ${prefix}`);
        case 'session':
          return `session ${one.change.peer} ${one.change.state}`;
        case 'end-of-rib':
          return `end-of-rib ${one.peer}`;
        case 'rejudged':
          return `rejudged ${one.done.generation}`;
        default:
          return [];
      }
    });

  beforeEach(() => {
    messages = [];
    died = null;
    thread = startCollector({
      message: message => messages.push(message),
      died: error => {
        died = error;
      },
    });
  });
  afterEach(async () => {
    for (const speaker of speakers) speaker.close();
    speakers = [];
    await thread.stop();
    expect(died).to.equal(null);
  });

  it('tells what a table holds before it tells that the table is whole, and what is lost before the session', async () => {
    const from = loopbackAddress();
    thread.send(registryMessage(registry('192.0.2.0/24', '2001:db8::/32'), 1));
    await configure(peer('a', from));
    const speaker = await meet(from);
    speaker.announce(['192.0.2.0/24'], 64496, OFFENDER);
    speaker.send(encodeEndOfRib(1));
    speaker.announce(['2001:db8::/32'], 64496, OFFENDER);
    speaker.send(encodeEndOfRib(2), encodeEndOfRib(2));
    await until('whole', () => messages.some(({ type }) => type === 'end-of-rib'));
    speaker.close();
    await until('down', () => said().at(-1) === 'session a Idle');
    const from1 = said();
    expect(from1.slice(from1.indexOf('session a Established'))).to.deep.equal([
      'session a Established',
      'judged held 192.0.2.0/24',
      'judged held 2001:db8::/32',
      'end-of-rib a',
      'judged unseen 192.0.2.0/24',
      'judged unseen 2001:db8::/32',
      'session a Idle',
    ]);
  });

  it('judges what it holds by a new registry before it says that this is in force', async () => {
    const from = loopbackAddress();
    await configure(peer('a', from));
    const speaker = await meet(from);
    speaker.announce(['192.0.2.0/24', '198.51.100.0/24'], 64496, OFFENDER);
    await until('held', async () => (await counts())[0]?.ipv4 === 2);
    expect(judged()).to.deep.equal([]);
    thread.send(registryMessage(registry('192.0.2.0/24'), 1));
    thread.send(registryMessage(registry('198.51.100.0/24'), 2));
    await until('in force', () => said().includes('rejudged 2'));
    const words = said().filter(line => !line.startsWith('session'));
    expect(words.at(-1)).to.equal('rejudged 2');
    expect(words).to.include('judged held 198.51.100.0/24');
    // The first registry may have been in force for a moment: then what it said is taken back.
    expect(words.includes('judged held 192.0.2.0/24')).to.equal(words.includes('judged gone 192.0.2.0/24'));
  });

  it('restarts only the peers that changed on the wire', async () => {
    const [a, b, c] = [loopbackAddress(), loopbackAddress(), loopbackAddress()];
    await configure(peer('a', a), peer('b', b), peer('c', c));
    const [atA, atB, atC] = [await meet(a), await meet(b), await meet(c)];
    await until('all up', async () => (await neighbors()).every(({ state }) => state === 'Established'));
    const since = new Map((await neighbors()).map(row => [row.peer, row.since]));
    await configure(peer('a', a, { description: 'new words' }), peer('b', b, { holdTime: 30_000 }));
    const rows = await neighbors();
    expect(rows.map(row => [row.peer, row.description, row.state])).to.deep.equal([
      ['a', 'new words', 'Established'],
      ['b', '', 'Active'],
    ]);
    expect(rows[0]?.since).to.equal(since.get('a'));
    await atB.hears('NOTIFICATION 6/4');
    await atC.hears('NOTIFICATION 6/3');
    expect(atA.heard.filter(word => word.startsWith('NOTIFICATION'))).to.deep.equal([]);
    await configure(peer('a', a, { disabled: true }), peer('c', c));
    await atA.hears('NOTIFICATION 6/2');
    expect((await neighbors()).map(row => row.peer)).to.deep.equal(['c']);
  });

  it('answers while a table loads, whatever of it is there', async () => {
    const from = loopbackAddress();
    await configure(peer('a', from));
    const speaker = await meet(from);
    const half = Array.from({ length: 5000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    const [last] = announcement(['192.0.2.0/24'], 64496);
    speaker.announce(half, 64496);
    speaker.send(last!.subarray(0, 30)); // and no more for now
    await until('half of it', async () => (await counts())[0]?.ipv4 === 5000);
    const inside = { about: 'route', prefix: '10.0.0.0/8', scope: 'longer' } as const;
    const rows = (await thread.query(inside)).rows as RouteRow[];
    expect(rows.map(({ prefix }) => prefix)).to.deep.equal(half);
    expect((await thread.query({ about: 'route', prefix: '10.3.7.9/32', scope: 'match' })).rows).to.have.length(1);
    speaker.send(last!.subarray(30));
    await until('all of it', async () => (await counts())[0]?.ipv4 === 5001);
    const [route] = (await thread.query({ about: 'route', prefix: '192.0.2.1/32', scope: 'match' })).rows as RouteRow[];
    expect(route).to.include({ prefix: '192.0.2.0/24', origin: 64496 });
  });

  it('gives rows in batches, runs two ahead of its asker at most, serves others meanwhile, and ends when told to', async () => {
    const from = loopbackAddress();
    await configure(peer('a', from));
    const speaker = await meet(from);
    const all = Array.from({ length: 5000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    speaker.announce(all, 64496);
    await until('all of it', async () => (await counts())[0]?.ipv4 === 5000);
    const inside = { about: 'route', prefix: '10.0.0.0/8', scope: 'longer' } as const;
    const got: RouteRow[][] = [];
    const end = await thread.stream(inside, async rows => {
      got.push(rows as RouteRow[]);
      await counts(); // another question, in the middle of this one
      if (got.length === 3) speaker.announce(['10.0.0.0/24'], 64497);
      if (got.length === 3)
        await until('it is there', async () => (await neighbors())[0]!.messagesReceived.update! > 2);
    });
    const prefixes = [...got.flat(), ...(end.rows as RouteRow[])].map(({ prefix }) => prefix);
    expect(prefixes).to.deep.equal(all);
    expect(got.every(({ length }) => length === got[0]!.length)).to.equal(true);
    expect(end.changed).to.be.at.least(1);

    const abort = new AbortController();
    let batches = 0;
    const cut = thread.stream(
      inside,
      async () => {
        if (++batches === 2) abort.abort();
      },
      abort.signal,
    );
    expect(await cut.catch((e: Error) => e.message)).to.equal('cancelled');
    const broken = thread.stream(inside, () => Promise.reject(new Error('the client has gone')));
    expect(await broken.catch((e: Error) => e.message)).to.equal('the client has gone');

    // Those that wait for their asker hold no place for ever: they are counted, and one more is refused in words.
    const stuck = Promise.withResolvers<void>();
    const waiting = Array.from({ length: 16 }, () => thread.stream(inside, () => stuck.promise));
    const refused = await thread.query(inside).catch((e: Error) => e.message);
    expect(refused).to.equal('16 long questions are being answered: ask again later');
    stuck.resolve();
    expect((await Promise.all(waiting)).every(({ rows }) => rows.length > 0)).to.equal(true);
    expect((await thread.query(inside)).rows).to.have.length(5000);
  });

  it('refuses a wrong question in words', async () => {
    const wrong = { about: 'route', prefix: 'nonsense', scope: 'exact' } as const;
    expect(await thread.query(wrong).catch((e: Error) => e.message)).to.equal('nonsense is no prefix');
  });

  it('stops reading when nobody takes what it tells, goes on when somebody does, and loses nothing', async () => {
    const [busy, quiet] = [loopbackAddress(), loopbackAddress()];
    const prefixes = Array.from({ length: 65_536 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    thread.send(registryMessage(registry('10.0.0.0/8'), 1));
    await configure(peer('busy', busy), peer('quiet', quiet));
    const speaker = await meet(busy);
    speaker.announce(prefixes, 64496, 64497, OFFENDER);
    speaker.announce(prefixes, 64496, 64498, OFFENDER);
    await until('it is behind', () =>
      messages.some(one => one.type === 'log' && /the book of cases is behind/.test(one.text)),
    );
    // Meanwhile it answers, and other peers may come up; they wait too.
    const [row] = await neighbors();
    expect(row?.state).to.equal('Established');
    expect(judged().length).to.be.within(50_001, 2 * prefixes.length - 1);
    let taken = 0;
    await until('all of it', () => {
      const there = judged().length;
      if (there > taken) thread.send({ type: 'took', changes: there - taken });
      taken = there;
      return there === 2 * prefixes.length;
    });
    const other = await meet(quiet);
    other.announce(['10.0.0.0/25'], 64496, OFFENDER);
    await until('the other peer is heard', () => judged().at(-1)?.prefix === '10.0.0.0/25');
    const told = judged().slice(0, -1);
    expect(told.map(({ prefix }) => prefix)).to.deep.equal([...prefixes, ...prefixes]);
    expect(told.every(({ path }, i) => path[1] === (i < prefixes.length ? 64497 : 64498))).to.equal(true);
  });
});

describe('collector/thread, dying', () => {
  it('says that it died, and can be stopped all the same', async () => {
    const died = Promise.withResolvers<Error>();
    const collector = startCollector({ message() {}, died: died.resolve });
    // No snapshot: a fault of the program, and the thread ends with it.
    collector.send(registryMessage(new SharedArrayBuffer(4096), 1));
    expect((await died.promise).message).to.contain('Invalid typed array length');
    await collector.stop();
    const answer = await collector.query({ about: 'size' }).catch((e: Error) => e.message);
    expect(answer).to.equal('the collector thread is gone');
  });
});
