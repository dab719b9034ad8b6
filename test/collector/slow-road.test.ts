import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionError } from '../../src/bgp/errors.ts';
import type { Family } from '../../src/bgp/family.ts';
import { formatNlri } from '../../src/bgp/nlri.ts';
import { decodeUpdate } from '../../src/bgp/update.ts';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { type IngestPeer, noCounts } from '../../src/collector/ingest-peer.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { dropTable, newPeerTable, newRib } from '../../src/rib/adj-rib-in.ts';
import { MOST_OTHER_OCTETS, MOST_OTHER_ROUTES, newOtherRoutes, type OtherRoutes } from '../../src/rib/other-routes.ts';
import { attribute, updateBody } from '../bgp/octets.ts';

const MULTICAST = { afi: 1, safi: 2 };
const LABELLED = { afi: 1, safi: 4 };
const VPN = { afi: 1, safi: 128 };
const FLOW = { afi: 1, safi: 133 };
const ALL = [MULTICAST, LABELLED, VPN, FLOW];

/** ORIGIN, AS_PATH 64496. */
const PATH = `${attribute(0x40, 1, '00')}${attribute(0x40, 2, '02010000fbf0')}`;
const HOP = { '1/2': '04c0000201', '1/4': '04c0000201', '1/128': '0c0000000000000000c0000201', '1/133': '00' } as const;
const octet = (value: number, digits = 2) => value.toString(16).padStart(digits, '0');
const code = ({ afi, safi }: Family) => `${octet(afi, 4)}${octet(safi)}`;
const reach = (family: Family, nlri: string, hop: string = HOP[`${family.afi}/${family.safi}` as keyof typeof HOP]) =>
  attribute(0x90, 14, `${code(family)}${hop}00${nlri.replaceAll(' ', '')}`);
const unreach = (family: Family, nlri: string) => attribute(0x90, 15, `${code(family)}${nlri.replaceAll(' ', '')}`);

/** The route path with one peer, whose session carries all of these families. */
function road(more: Partial<IngestPeer> = {}) {
  const rib = newRib();
  const memo = new VerdictMemo(rib);
  const book = new Contradictions({
    ...{ now: () => 0, mark: () => {}, tell: () => {} },
    describe: () => {
      throw new Error('nothing is judged here');
    },
  });
  const malformed: string[] = [];
  const ends: number[] = [];
  const passed: string[] = [];
  const ingest = createIngest(
    rib,
    { memo, book, paths: createPathCheck(rib, () => undefined) },
    {
      endOfRib: (_, afi) => void ends.push(afi),
      malformed: (_, body) => void malformed.push(Buffer.from(body).toString('hex')),
      passedOver: (_, what, times) => void passed.push(`${what} ${times}`),
    },
  );
  const table = newPeerTable();
  rib.tables[0] = table;
  const addPath = more.addPath ?? [];
  const otherRoutes = newOtherRoutes(rib.attributes, ALL, one => addPath.some(({ safi }) => safi === one.safi));
  const peer: IngestPeer = {
    ...{ number: 0, table, as4: true, ebgp: true, ipv4: true, ipv6: true, localAs: 64500, counts: noCounts() },
    ...{ others: ALL, otherRoutes, ...more },
  };
  return {
    ...{ rib, peer, malformed, ends, passed, otherRoutes },
    take: (body: Uint8Array) => ingest.update(peer, body, 0, body.length),
    feed(withdrawn: string, attributes: string, nlri = '') {
      const body = updateBody(withdrawn, attributes, nlri);
      return ingest.update(peer, body, 0, body.length);
    },
    held: (family: Family) => [...otherRoutes.routes(family)].map(({ route }) => formatNlri(route)),
  };
}

const count = (routes: OtherRoutes, family: Family) =>
  routes.counts().find(one => one.afi === family.afi && one.safi === family.safi);

describe('collector/slow-road', () => {
  it('holds, replaces and withdraws routes of each family', () => {
    const { feed, held, rib, otherRoutes } = road();
    expect(feed('', PATH + reach(MULTICAST, '18c00002 00'))).to.equal(null);
    expect(held(MULTICAST)).to.deep.equal(['ipv4 multicast 192.0.2.0/24', 'ipv4 multicast 0.0.0.0/0']);
    feed('', PATH + reach(LABELLED, '30 003e81 c00002'));
    expect(held(LABELLED)).to.deep.equal(['ipv4 labelled 192.0.2.0/24 label 1000']);
    feed('', PATH + reach(LABELLED, '30 003e91 c00002'));
    expect(held(LABELLED), 'another label is no other route').to.deep.equal(['ipv4 labelled 192.0.2.0/24 label 1001']);
    feed('', PATH + reach(VPN, '70 003e81 0000fde800000001 c00002 70 003e81 0000fde800000002 c00002'));
    expect(held(VPN)).to.have.length(2);
    feed('', PATH + reach(FLOW, '0c 0118c00002 0381 06 0591 1f90'));
    expect(held(FLOW)).to.deep.equal(['ipv4 flowspec destination 192.0.2.0/24 protocol ==6 destination-port ==8080']);
    expect([otherRoutes.count, rib.attributes.live]).to.deep.equal([6, 3]);

    feed('', unreach(MULTICAST, '00'));
    feed('', unreach(LABELLED, '30 800000 c00002'));
    feed('', unreach(VPN, '70 800000 0000fde800000001 c00002'));
    feed('', unreach(FLOW, '0c 0118c00002 0381 06 0591 1f90'));
    expect(ALL.map(family => held(family))).to.deep.equal([
      ['ipv4 multicast 192.0.2.0/24'],
      [],
      ['ipv4 vpn 192.0.2.0/24 rd 65000:2 label 1000'],
      [],
    ]);
    otherRoutes.drop();
    expect([otherRoutes.count, rib.attributes.live]).to.deep.equal([0, 0]);
  });

  it('leaves IPv4 unicast to its own road, beside in one message', () => {
    const { feed, held, peer } = road();
    feed('', `${PATH}${attribute(0x40, 3, 'c0000201')}${reach(VPN, '70 003e81 0000fde800000001 c00002')}`, '18c00002');
    expect([peer.table.count4, held(VPN).length]).to.deep.equal([1, 1]);
    feed('18c00002', unreach(VPN, '70 800000 0000fde800000001 c00002'));
    expect([peer.table.count4, held(VPN).length]).to.deep.equal([0, 0]);
  });

  it('tells paths apart by their identifiers', () => {
    const { feed, held } = road({ addPath: [MULTICAST] });
    feed('', PATH + reach(MULTICAST, '00000001 18c00002 00000002 18c00002'));
    expect(held(MULTICAST)).to.deep.equal(['ipv4 multicast 192.0.2.0/24 path 1', 'ipv4 multicast 192.0.2.0/24 path 2']);
    feed('', unreach(MULTICAST, '00000001 18c00002'));
    expect(held(MULTICAST)).to.deep.equal(['ipv4 multicast 192.0.2.0/24 path 2']);
  });

  it('takes End-of-RIB of each family', () => {
    const { feed, otherRoutes, ends } = road();
    feed('', unreach(VPN, ''));
    expect(otherRoutes.counts().map(({ ended }) => ended)).to.deep.equal([false, false, true, false]);
    expect(ends, 'not of unicast').to.deep.equal([]);
  });

  it('drops at the end of a route refresh what it has not announced again (RFC 7313)', () => {
    const { feed, held, otherRoutes, rib } = road();
    feed('', PATH + reach(MULTICAST, '18c00002 18c63364 18cb0071'));
    otherRoutes.refresh(MULTICAST, 'begin');
    feed('', PATH + reach(MULTICAST, '18c00002'));
    feed('', unreach(MULTICAST, '18c63364'));
    expect(held(MULTICAST), 'till then it is held').to.have.length(2);
    otherRoutes.refresh(MULTICAST, 'end');
    expect(held(MULTICAST)).to.deep.equal(['ipv4 multicast 192.0.2.0/24']);
    otherRoutes.refresh(MULTICAST, 'end');
    expect([otherRoutes.count, rib.attributes.live]).to.deep.equal([1, 1]);
  });

  it('ignores, and counts, a family that was not negotiated', () => {
    const { feed, peer, malformed } = road();
    feed('', PATH + reach({ afi: 2, safi: 128 }, '', '00'));
    feed('', unreach({ afi: 25, safi: 70 }, '0102'));
    expect([peer.counts.ignored, malformed.length]).to.deep.equal([2, 0]);
  });

  it('withdraws what a malformed message announces', () => {
    const { feed, held, peer, malformed } = road();
    feed('', PATH + reach(MULTICAST, '18c00002'));
    expect(feed('', `${PATH}${attribute(0x80, 4, '0102')}${reach(MULTICAST, '18c00002')}`)).to.equal(null);
    expect([held(MULTICAST), peer.counts.treatAsWithdraw, malformed.length]).to.deep.equal([[], 1, 1]);
  });

  it('disables a family whose NLRI cannot be read, and goes on with the others (RFC 4760 section 7)', () => {
    const { feed, held, otherRoutes, rib, peer, malformed } = road();
    feed('', PATH + reach(MULTICAST, '18c00002'));
    feed('', PATH + reach(VPN, '70 003e81 0000fde800000001 c00002'));
    expect(feed('', PATH + reach(MULTICAST, '21c00002'))).to.equal(null);
    expect(count(otherRoutes, MULTICAST)?.disabled).to.equal('prefix length 33, at most 32');
    expect([held(MULTICAST).length, held(VPN).length, malformed.length]).to.deep.equal([0, 1, 1]);
    feed('', PATH + reach(MULTICAST, '18c00002'));
    expect([held(MULTICAST).length, peer.counts.ignored], 'for the rest of the session').to.deep.equal([0, 1]);
    expect(rib.attributes.live).to.equal(1);
  });

  it('takes an IPv6 next hop for IPv4 routes where that was agreed on (RFC 8950)', () => {
    const V4 = { afi: 1, safi: 1 };
    const hop = `10${'20010db8'.padEnd(32, '0')}`;
    const long = `20${'20010db8'.padEnd(32, '0')}${'fe80'.padEnd(32, '0')}`;
    for (const one of [hop, long]) {
      const { feed, peer } = road({ extendedNextHop: [V4] });
      expect(feed('', PATH + reach(V4, '18c00002', one))).to.equal(null);
      expect(peer.table.count4).to.equal(1);
      const { feed: other } = road();
      expect(other('', PATH + reach(V4, '18c00002', one)), 'not agreed on').to.include({ code: 3, subcode: 9 });
    }
  });

  it('holds so many routes and octets, and counts the rest', function () {
    this.timeout(240_000);
    const { feed, otherRoutes, rib, passed } = road();
    for (let first = 0; first < MOST_OTHER_ROUTES + 1000; first += 1000) {
      const run = Array.from({ length: 1000 }, (_, i) => `20${octet(first + i, 8)}`).join('');
      feed('', PATH + reach(MULTICAST, run));
    }
    expect([otherRoutes.count, count(otherRoutes, MULTICAST)?.refused]).to.deep.equal([MOST_OTHER_ROUTES, 1000]);
    expect(passed.at(-1)).to.equal('excessOthers 1000');
    feed('', PATH + reach(MULTICAST, '2000000000'));
    expect(count(otherRoutes, MULTICAST)?.refused, 'what is held may change').to.equal(1000);
    otherRoutes.drop();
    // A flow specification of 4001 octets: a destination and 1997 tests of the protocol.
    const tests = `${'0111'.repeat(1996)}8106`;
    for (let i = 0; i * 4000 < MOST_OTHER_OCTETS + 40_000; i++)
      feed('', PATH + reach(FLOW, `ffa1 0120${octet(i, 8)} 03${tests}`));
    const { routes, refused } = count(otherRoutes, FLOW)!;
    expect(refused, `${routes} held`).to.be.greaterThan(0);
    expect(routes * 4003).to.be.at.most(MOST_OTHER_OCTETS);
    otherRoutes.drop();
    expect(rib.attributes.live).to.equal(0);
  });

  it('holds what a plain table would, whatever comes, and leaks no attribute set', () => {
    const change = fc.record({
      family: fc.constantFrom(MULTICAST, LABELLED),
      prefix: fc.nat(5),
      med: fc.nat(3),
      gone: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), changes => {
        const { feed, otherRoutes, rib } = road();
        const model = new Map<string, number>();
        for (const { family, prefix, med, gone } of changes) {
          const nlri =
            family === MULTICAST ? `180a00${octet(prefix)}` : `30${gone ? '800000' : '003e81'}0a00${octet(prefix)}`;
          const key = `${family.safi} 10.0.${prefix}.0/24`;
          if (gone) feed('', unreach(family, nlri));
          else feed('', PATH + attribute(0x80, 4, octet(med, 8)) + reach(family, nlri));
          if (gone) model.delete(key);
          else model.set(key, med);
        }
        expect(otherRoutes.count).to.equal(model.size);
        expect(rib.attributes.live).to.equal(new Set(model.values()).size);
        otherRoutes.drop();
        expect(rib.attributes.live).to.equal(0);
      }),
      { numRuns: 50 },
    );
  });

  it('judges every damage as the codec does, and leaks nothing', () => {
    const sound = [
      updateBody('', PATH + reach(MULTICAST, '18c00002 00'), ''),
      updateBody('', PATH + reach(VPN, '70 003e81 0000fde800000001 c00002'), ''),
      updateBody('', PATH + reach(FLOW, '0c 0118c00002 0381 06 0591 1f90'), ''),
      updateBody('', unreach(LABELLED, '30 800000 c00002'), ''),
      updateBody('', unreach(VPN, ''), ''),
    ];
    const damage = fc.record({
      which: fc.nat(sound.length - 1),
      octets: fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 12 }), damages => {
        const { take, peer, otherRoutes, rib } = road();
        for (const { which, octets } of damages) {
          const body = Uint8Array.from(sound[which]!);
          for (const [at, value] of octets) if (at < body.length) body[at] = value;
          const { notification } = decodeUpdate(body, 0, body.length, peer);
          const wrong = take(body);
          const verdict = (error: SessionError | null) => error && [error.code, error.subcode];
          expect(verdict(wrong), Buffer.from(body).toString('hex')).to.deep.equal(verdict(notification));
        }
        otherRoutes.drop();
        dropTable(rib, 0);
        expect(rib.attributes.live).to.equal(0);
      }),
      { numRuns: 1000 },
    );
  });
});
