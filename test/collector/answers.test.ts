import { expect } from 'chai';
import { encodeAnnounce } from '../../src/bgp/announce.ts';
import { AS_SEQUENCE, AS_SET, type AsPath } from '../../src/bgp/as-path.ts';
import { type AskablePeer, createAnswerer } from '../../src/collector/answers.ts';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { type DriftQuery, type HeldDrift, heldDrift } from '../../src/collector/drift.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { noCounts } from '../../src/collector/ingest-peer.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { type RouteQuery, routeFilter } from '../../src/collector/route-filter.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { formatPrefix, parsePrefix, wordsOf } from '../../src/net/prefix.ts';
import { openSnapshot } from '../../src/registry/snapshot.ts';
import { snapshotBuilder } from '../../src/registry/snapshot-builder.ts';
import { newPeerTable, newRib, routeOf } from '../../src/rib/adj-rib-in.ts';
import { prefixById, prefixesFor } from '../../src/rib/query.ts';

/** A table of five routes, judged by one object. */
function table() {
  const rib = newRib();
  const memo = new VerdictMemo(rib);
  const builder = snapshotBuilder();
  builder.add(parsePrefix('192.0.2.0/24')!, 64500, false);
  const [w0] = wordsOf(parsePrefix('192.0.2.0/24')!);
  builder.addVrp(1, w0, 0, 0, 0, 24, 24, 64500);
  memo.snapshot = openSnapshot(builder.freeze());
  const nothing = () => {
    throw new Error('nothing is watched');
  };
  const book = new Contradictions({ describe: nothing, tell: nothing, mark: () => {}, now: () => 0 });
  const { update } = createIngest(
    rib,
    { memo, book, paths: createPathCheck(rib, () => undefined) },
    { endOfRib: () => {}, malformed: nothing, passedOver: nothing },
  );
  const held = newPeerTable();
  rib.tables[0] = held;
  const counts = noCounts();
  const peer = { number: 0, table: held, as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 64496, counts };
  const announce = (
    prefix: string,
    path: AsPath,
    communities: number[] = [],
    large: [number, number, number][] = [],
  ) => {
    const nextHop = prefix.includes(':') ? '2001:db8::1' : '192.0.2.1';
    const set = { originCode: 0 as const, path, nextHop, communities, largeCommunities: large };
    for (const message of encodeAnnounce([parsePrefix(prefix)!], set, { as4: true }))
      update(peer, message, 19, message.length);
  };
  const sequence = (...asns: number[]) => ({ type: AS_SEQUENCE, asns });
  announce('192.0.2.0/24', [sequence(64497, 64500)], [(64500 << 16) | 120]);
  announce('192.0.2.128/25', [sequence(64497, 64666)], [0xffffff01]);
  announce('198.51.100.0/24', [sequence(64498, 64497, 64501)], [], [[64500, 1, 20]]);
  announce('203.0.113.0/24', [sequence(64497), { type: AS_SET, asns: [64501, 64502] }]);
  announce('2001:db8::/32', [sequence(64497, 64500)]);
  const routes = (filter: Partial<RouteQuery>): string[] => {
    const query: RouteQuery = { about: 'route', prefix: '0.0.0.0/0', scope: 'longer', ...filter };
    const wanted = routeFilter(rib, memo, query);
    return [...prefixesFor(rib, parsePrefix(query.prefix)!, query.scope, () => true)]
      .filter(known => known !== null)
      .filter(known => wanted(known, routeOf(held, known.afi, known.id)))
      .map(({ afi, id }) => formatPrefix(prefixById(rib, afi, id)));
  };
  return { rib, memo, book, held, routes };
}

describe('collector/route-filter', () => {
  const { routes } = table();
  const cases: [filter: Partial<RouteQuery>, prefixes: string[]][] = [
    [{}, ['192.0.2.0/24', '192.0.2.128/25', '198.51.100.0/24', '203.0.113.0/24']],
    [{ originAs: 64500 }, ['192.0.2.0/24']],
    [{ originAs: 64500, prefix: '::/0' }, ['2001:db8::/32']],
    [{ originAs: 0 }, ['203.0.113.0/24']],
    [{ path: '^64497_' }, ['192.0.2.0/24', '192.0.2.128/25', '203.0.113.0/24']],
    [{ path: '_64501_' }, ['198.51.100.0/24', '203.0.113.0/24']],
    [{ path: '_64501$' }, ['198.51.100.0/24']],
    [{ community: '64500:120' }, ['192.0.2.0/24']],
    [{ community: 'no-export' }, ['192.0.2.128/25']],
    [{ community: '64500:1:20' }, ['198.51.100.0/24']],
    [{ validity: 'match' }, ['192.0.2.0/24']],
    [{ validity: 'mismatch-covering' }, ['192.0.2.128/25']],
    [{ validity: 'unknown', path: '_64498_' }, ['198.51.100.0/24']],
    [{ validity: 'valid' }, ['192.0.2.0/24']],
    [{ validity: 'invalid' }, ['192.0.2.128/25']],
    [{ validity: 'not-found' }, ['198.51.100.0/24', '203.0.113.0/24']],
    [{ community: '64500:121' }, []],
  ];
  for (const [filter, prefixes] of cases)
    it(JSON.stringify(filter), () => expect(routes(filter)).to.deep.equal(prefixes));

  it('says where a path expression is wrong', () =>
    expect(() => routes({ path: '_64500(' })).to.throw('the path expression is wrong at character 7'));
});

describe('collector/drift', () => {
  const { rib, memo, held } = table();
  function ask(query: Omit<DriftQuery, 'about'>): HeldDrift {
    const walk = heldDrift(rib, memo, [held], { about: 'drift', ...query });
    for (;;) {
      const { done, value } = walk.next();
      if (done) return value;
    }
  }
  it('counts who holds registered routes, by prefix and origin', () => {
    const registered = [
      { prefix: '192.0.2.0/24', origin: 64500 },
      { prefix: '192.0.2.0/24', origin: 64501 },
      { prefix: '2001:db8::/32', origin: 64500 },
      { prefix: '10.0.0.0/8', origin: 64500 },
    ];
    expect(ask({ registered, origins: [] })).to.deep.equal({ held: [1, 0, 1, 0], unregistered: [], more: 0 });
  });
  it('finds what our ASes announce and nothing is registered for', () => {
    expect(ask({ registered: [], origins: [64500, 64501, 64666] }).unregistered).to.deep.equal([
      { prefix: '198.51.100.0/24', origin: 64501, peers: 1 },
      { prefix: '2001:db8::/32', origin: 64500, peers: 1 },
    ]);
  });
});

describe('collector/next-hops', () => {
  /** The answer with a peer at this address, which gave all routes. */
  function ask(as: number, address: string, localAddress = '192.0.2.250') {
    const { rib, memo, book } = table();
    const status = { state: 'Established', since: 0, received: {}, sent: {}, lastError: '', lastDown: '' };
    const negotiated = { peerId: '192.0.2.1', ipv4: true, ipv6: true, localAddress, holdTime: 90, as4: true };
    const peer = {
      row: { number: 0, name: 'p', as, address },
      session: { status: () => ({ ...status, negotiated }) },
    } as unknown as AskablePeer;
    const answerer = createAnswerer(
      ...([rib, memo, book, () => [peer], () => 64496, () => [], {}] as unknown as Parameters<typeof createAnswerer>),
    );
    const answer = () => {
      const walk = answerer.answer({ about: 'next-hops' });
      for (;;) {
        const { done, value } = walk.next();
        if (done) return value.rows[0];
      }
    };
    expect(answer(), 'the same again').to.equal(answer());
    return answer();
  }

  it('tells next hops with the first ASes of their paths', () => {
    const nextHops = [
      { address: '192.0.2.1', ases: [64497, 64498] },
      { address: '2001:db8::1', ases: [64497] },
    ];
    expect(ask(64497, '192.0.2.1')).to.deep.equal({ nextHops, more: 0 });
  });

  it('leaves out what a router of the own AS has set to itself, and own addresses', () => {
    const nextHops = [{ address: '2001:db8::1', ases: [64497] }];
    expect(ask(64496, '192.0.2.1')).to.deep.equal({ nextHops, more: 0 });
    expect(ask(64497, '192.0.2.7', '192.0.2.1')).to.deep.equal({ nextHops, more: 0 });
  });
});
