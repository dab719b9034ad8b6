import { expect } from 'chai';
import { encodeAnnounce } from '../../src/bgp/announce.ts';
import { encodeMessage, PEER_DOWN, ROUTE_MONITORING } from '../../src/bmp/framer.ts';
import {
  encodePeerHeader,
  FLAG_V,
  LOC_RIB,
  LOCAL_INSTANCE,
  type PeerHeader,
  RD_INSTANCE,
} from '../../src/bmp/peer-header.ts';
import { createArchiveFeed } from '../../src/collector/archive-feed.ts';
import { createRouter } from '../../src/collector/bmp-router.ts';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { peerName, routerName } from '../../src/collector/monitored-name.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import type { SeatedPeer, Seating } from '../../src/collector/seating.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { dropTable, newRib } from '../../src/rib/adj-rib-in.ts';

const HOUR = 3_600_000;
const A: PeerHeader = {
  type: 0,
  flags: 0,
  distinguisher: new Uint8Array(8),
  address: '192.0.2.1',
  as: 64496,
  id: '192.0.2.99',
  time: 0,
};

describe('collector/bmp-router', () => {
  it('remembers a peer that is down for a day, and a peer that is up for as long as it is', () => {
    const rib = newRib();
    const memo = new VerdictMemo(rib);
    const silent = { describe: () => null as never, mark: () => {}, tell: () => {}, now: () => 0 };
    const ingest = createIngest(
      rib,
      { memo, book: new Contradictions(silent), paths: createPathCheck(rib, () => undefined) },
      {
        endOfRib: () => {},
        malformed: () => {},
        passedOver: () => {},
      },
    );
    const seats: (SeatedPeer | undefined)[] = [];
    const forgotten: string[] = [];
    let now = 0;
    const seating: Seating = {
      rib,
      ingest,
      archive: createArchiveFeed(() => {}, Date.now),
      seat(make) {
        const peer = make(seats.length);
        seats.push(peer);
        return peer;
      },
      unseat: peer => {
        seats[peer.row.number] = undefined;
      },
      drop: number => dropTable(rib, number),
      lose: () => {},
      later: () => {},
      whole: () => {},
      changed: () => {},
      forgotten: ({ name }) => forgotten.push(name),
      log: () => {},
      held: () => false,
      localAs: () => 64500,
      now: () => now,
    };
    const identity = { name: 'r', address: '192.0.2.10', ribs: ['pre-policy'] as const, description: () => '' };
    const router = createRouter(identity, seating);
    const says = (type: number, ...parts: Uint8Array[]) => {
      const bytes = encodeMessage(type, ...parts);
      expect(router.message(type, bytes, 0, bytes.length)).to.equal(true);
    };
    const path = [{ type: 2, asns: [64496] }];
    const routes = encodeAnnounce(
      [parsePrefix('192.0.2.0/24')!],
      { originCode: 0, path, nextHop: '192.0.2.1' },
      { as4: true },
    );
    const B = { ...A, address: '192.0.2.2' };
    for (const peer of [A, B]) for (const route of routes) says(ROUTE_MONITORING, encodePeerHeader(peer), route);
    says(PEER_DOWN, encodePeerHeader(A), Uint8Array.of(4));
    now = 23 * HOUR;
    expect(router.forget()).to.equal(false);
    expect(router.peers().map(({ row }) => row.name)).to.deep.equal(['r/192.0.2.1', 'r/192.0.2.2']);
    now = 24 * HOUR;
    expect(router.forget()).to.equal(false);
    expect(forgotten).to.deep.equal(['r/192.0.2.1']);
    router.lost('connection closed');
    now = 48 * HOUR;
    expect(router.forget()).to.equal(true);
    expect(forgotten).to.deep.equal(['r/192.0.2.1', 'r/192.0.2.2']);
    expect([seats, rib.attributes.live]).to.deep.equal([[undefined, undefined], 0]);
  });
});

describe('collector/monitored-name', () => {
  const rd = Uint8Array.of(0, 0, 0xfb, 0xf0, 0, 0, 0, 7);
  for (const [header, rib, name] of [
    [{}, 'pre-policy', 'r/192.0.2.1'],
    [{}, 'post-policy', 'r/192.0.2.1 (post-policy)'],
    [{ address: '2001:db8::1', flags: FLAG_V }, 'pre-policy', 'r/2001:db8::1'],
    [{ type: RD_INSTANCE, distinguisher: rd }, 'post-policy', 'r/192.0.2.1 (post-policy, 64496:7)'],
    [{ type: LOCAL_INSTANCE, distinguisher: rd }, 'pre-policy', 'r/192.0.2.1 (instance 277008210722823)'],
    [{ type: LOC_RIB, address: '0.0.0.0' }, 'loc-rib', 'r/192.0.2.99 (loc-rib)'],
    [{ type: LOC_RIB, address: '0.0.0.0', distinguisher: rd }, 'loc-rib', 'r/192.0.2.99 (loc-rib, 64496:7)'],
  ] as const)
    it(name, () => expect(peerName('r', { ...A, ...header }, rib)).to.equal(name));

  it('gives no two routers one name', () => {
    const taken = new Set<string>();
    const names = [...Array(3).fill('tyo1'), ...Array(2).fill('tyo 1'), 'tyo1.example.net'].map((told: string) => {
      const name = routerName(told, '192.0.2.10', one => taken.has(one));
      taken.add(name);
      return name;
    });
    const longer = 'tyo1@192.0.2.10';
    const bare = '192.0.2.10';
    expect(names).to.deep.equal(['tyo1', longer, `${longer}#2`, bare, `${bare}@${bare}`, 'tyo1.example.net']);
  });
});
