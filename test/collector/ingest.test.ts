import { expect } from 'chai';
import fc from 'fast-check';
import { encodeAnnounce, encodeWithdraw } from '../../src/bgp/announce.ts';
import { AS_SEQUENCE, AS_SET, originOf } from '../../src/bgp/as-path.ts';
import { decodeAttributes, missingMandatory } from '../../src/bgp/attributes.ts';
import { encodeEndOfRib } from '../../src/bgp/end-of-rib.ts';
import { decodeUpdate, emptyLayout, locateUpdate } from '../../src/bgp/update.ts';
import { afiOf, placeOf, prefixIdOf } from '../../src/collector/contradictions.ts';
import { kindOf } from '../../src/collector/finding.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { beginRejudging } from '../../src/collector/rejudge.ts';
import { formatPrefix, type Prefix, parsePrefix, prefixOf } from '../../src/net/prefix.ts';
import { dropTable } from '../../src/rib/adj-rib-in.ts';
import { scanOrigin } from '../../src/rib/attribute-scan.ts';
import { AS4, announce, routePath, sequence, withdraw } from './route-path.ts';

describe('collector/ingest', () => {
  it('holds, replaces and withdraws routes of both families', () => {
    const { peer, feed, held, rib } = routePath();
    const p = peer(0);
    feed(p, announce('192.0.2.0/24', sequence(64496, 64497)));
    feed(p, announce('2001:db8::/32', sequence(64496, 4200000001)));
    feed(p, announce('0.0.0.0/0', sequence(64496)));
    expect(held(p)).to.deep.equal(['0.0.0.0/0 64496', '192.0.2.0/24 64497', '2001:db8::/32 4200000001']);
    feed(p, announce('192.0.2.0/24', sequence(64496, 64499)));
    expect([p.table.count4, p.table.count6, rib.attributes.live]).to.deep.equal([2, 1, 3]);
    feed(p, withdraw('192.0.2.0/24', '2001:db8::/32', '198.51.100.0/24'));
    expect(held(p)).to.deep.equal(['0.0.0.0/0 64496']);
    expect([p.table.count4, p.table.count6, rib.attributes.live]).to.deep.equal([1, 0, 1]);
  });

  it('keeps one attribute set for all peers that send the same, and frees it with the last', () => {
    const { peer, feed, rib } = routePath();
    const peers = [0, 1, 2].map(n => peer(n));
    for (const p of peers) feed(p, announce('192.0.2.0/24', sequence(64496)));
    expect(rib.attributes.live).to.equal(1);
    for (const p of peers) dropTable(rib, p.number);
    expect(rib.attributes.live).to.equal(0);
  });

  it('tells End-of-RIB of each family', () => {
    const { peer, feed, eor } = routePath();
    feed(peer(0), [encodeEndOfRib(1), encodeEndOfRib(2)]);
    expect(eor).to.deep.equal(['p0 1', 'p0 2']);
  });

  it('takes the local AS for an empty path of an internal peer, NONE behind an AS_SET', () => {
    const { peer, feed, held } = routePath();
    const p = peer(0, { ebgp: false });
    feed(p, announce('192.0.2.0/24', []));
    feed(p, announce('198.51.100.0/24', [...sequence(64496), { type: AS_SET, asns: [64497, 64498] }]));
    expect(held(p)).to.deep.equal(['192.0.2.0/24 64500', '198.51.100.0/24 0']);
  });

  it('treats a route with a malformed ORIGIN as withdrawn, says so, and keeps the rest (RFC 7606 section 7.1)', () => {
    const { peer, feed, held, malformed } = routePath();
    const p = peer(0);
    feed(p, [...announce('192.0.2.0/24', sequence(64496)), ...announce('198.51.100.0/24', sequence(64496))]);
    const bad = announce('192.0.2.0/24', sequence(64496))[0]!;
    bad[bad.indexOf(0x40, 23) + 3] = 9; // value of ORIGIN, the first attribute
    expect(feed(p, [bad])).to.equal(null);
    expect(held(p)).to.deep.equal(['198.51.100.0/24 64496']);
    expect(p.counts.treatAsWithdraw).to.equal(1);
    expect(malformed[0]).to.match(/^treat-as-withdraw: .*ORIGIN/);
  });

  it('ignores multicast prefixes among unicast routes, keeps the rest, and says so (RFC 4271 section 6.3)', () => {
    const { peer, feed, held, malformed } = routePath();
    const p = peer(0);
    const path = sequence(64496);
    const messages = ['224.0.0.0/4', '239.1.2.3/32', 'ff00::/8', '224.0.0.0/3', '192.0.2.0/24'].flatMap(prefix =>
      announce(prefix, path),
    );
    expect(feed(p, messages)).to.equal(null);
    expect(held(p)).to.deep.equal(['192.0.2.0/24 64496', '224.0.0.0/3 64496']);
    expect(malformed).to.have.length(3);
    for (const said of malformed) expect(said).to.match(/^ignore-route: multicast prefix/);
  });

  it('ignores a family that was not negotiated and counts it', () => {
    const { peer, feed, held } = routePath();
    const p = peer(0, { ipv6: false });
    expect(feed(p, [...announce('2001:db8::/32', sequence(64496)), ...withdraw('2001:db8::/32')])).to.equal(null);
    expect([held(p), p.counts.ignored]).to.deep.equal([[], 2]);
  });

  describe('verdicts', () => {
    it('tells each change of a contradicting route once, at each peer', () => {
      const { peer, feed, told, registry } = routePath();
      registry(['192.0.2.0/24', 64497, true], ['198.51.100.0/24', 64497, false]);
      const [a, b] = [peer(0), peer(1)];
      feed(a, announce('192.0.2.0/24', sequence(64496, 64497)));
      feed(a, announce('198.51.100.0/24', sequence(64496, 64666))); // not watched
      feed(b, announce('192.0.2.0/24', sequence(64499, 64666)));
      feed(b, announce('192.0.2.0/24', sequence(64499, 64666)));
      feed(a, announce('192.0.2.128/25', sequence(64496, 64666)));
      feed(b, announce('192.0.2.0/24', sequence(64499, 64667)));
      feed(b, announce('192.0.2.0/24', sequence(64499, 64497)));
      feed(a, withdraw('192.0.2.128/25', '192.0.2.0/24'));
      expect(told).to.deep.equal([
        'p1 held update 192.0.2.0/24 64666',
        'p0 held update 192.0.2.128/25 64666',
        'p1 gone replaced 192.0.2.0/24 64666',
        'p1 held update 192.0.2.0/24 64667',
        'p1 gone replaced 192.0.2.0/24 64667',
        'p0 gone withdraw 192.0.2.128/25 64666',
      ]);
    });

    it('says unseen, not gone, when the session is lost', () => {
      const { peer, feed, told, registry, book } = routePath();
      registry(['2001:db8::/32', 64497, true]);
      feed(peer(3), announce('2001:db8:1::/48', sequence(64496, 64666)));
      book.lose(3);
      expect(told[1]).to.equal('p3 unseen session 2001:db8:1::/48 64666');
      expect(book.size).to.equal(0);
    });

    it('judges held routes again when the registry changes', () => {
      const { peer, feed, told, registry, rib, memo, book } = routePath();
      registry(['192.0.2.0/24', 64497, true]);
      const p = peer(0);
      feed(p, announce('192.0.2.0/24', sequence(64496, 64666)));
      feed(p, announce('203.0.113.0/24', sequence(64496, 64666)));
      registry(['192.0.2.0/24', 64666, true], ['203.0.113.0/24', 64497, true]);
      const rejudging = beginRejudging(
        rib,
        memo,
        book,
        createPathCheck(rib, () => undefined),
      );
      while (!rejudging.step());
      expect(rejudging.routes).to.equal(2);
      expect(told.slice(1)).to.deep.equal([
        'p0 gone registry 192.0.2.0/24 64666',
        'p0 held registry 203.0.113.0/24 64666',
      ]);
    });

    it('knows a contradiction only in watched space', () => {
      expect([3, 3 | 8, 4 | 8, 1 | 8].map(kindOf)).to.deep.equal([null, 'origin', 'more-specific', null]);
      expect([afiOf(placeOf(2, 7)), prefixIdOf(placeOf(2, 7))]).to.deep.equal([2, 7]);
    });
  });

  const octets = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });
  const arbitraryPrefix: fc.Arbitrary<Prefix> = fc.oneof(
    fc.tuple(octets(4), fc.nat(32)).map(([bytes, length]) => prefixOf({ afi: 1, bytes }, length)),
    fc.tuple(octets(16), fc.nat(128)).map(([bytes, length]) => prefixOf({ afi: 2, bytes }, length)),
    fc.constantFrom('192.0.2.0/24', '192.0.2.0/25', '2001:db8::/32', '198.51.100.0/24').map(t => parsePrefix(t)!),
  );
  const arbitraryPath = fc.array(
    fc.record({
      type: fc.constantFrom(AS_SEQUENCE, AS_SEQUENCE, AS_SEQUENCE, AS_SET),
      asns: fc.array(fc.integer({ min: 1, max: 4294967295 }), { minLength: 1, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const arbitraryMessage = fc.oneof(
    fc
      .record({ prefix: arbitraryPrefix, path: arbitraryPath, communities: fc.array(fc.nat(), { maxLength: 4 }) })
      .map(({ prefix, path, communities }) => {
        const nextHop = prefix.afi === 1 ? '192.0.2.1' : '2001:db8::1';
        return encodeAnnounce([prefix], { originCode: 0, path, nextHop, communities }, AS4)[0]!;
      }),
    fc.array(arbitraryPrefix, { minLength: 1, maxLength: 4 }).map(prefixes => encodeWithdraw(prefixes)[0]!),
  );
  /** A message with some octets behind the header changed. */
  const damaged = fc
    .tuple(arbitraryMessage, fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }))
    .map(([message, changes]) => {
      const copy = message.slice();
      for (const [at, octet] of changes) if (19 + at < copy.length) copy[19 + at] = octet;
      return copy;
    });

  it('holds exactly what the codec says of the same messages, damaged ones among them', () => {
    fc.assert(
      fc.property(fc.array(damaged, { maxLength: 30 }), messages => {
        const { peer, ingest, held } = routePath();
        const p = peer(0);
        const model = new Map<string, number>();
        for (const message of messages) {
          const read = decodeUpdate(message, 19, message.length, { ...AS4, ipv4: true, ipv6: true });
          const error = ingest.update(p, message, 19, message.length);
          expect(error === null, JSON.stringify(read.errors)).to.equal(read.notification === null);
          if (error) {
            expect([error.code, error.subcode]).to.deep.equal([read.notification?.code, read.notification?.subcode]);
            return;
          }
          for (const prefix of read.withdrawn) model.delete(formatPrefix(prefix));
          const origin = originOf(read.attributes.path);
          for (const prefix of read.announced) model.set(formatPrefix(prefix), origin === 'empty' ? 0 : (origin ?? 0));
          expect(held(p)).to.deep.equal([...model].map(([prefix, as]) => `${prefix} ${as}`).sort());
        }
      }),
      { numRuns: 400 },
    );
  });

  it('never throws on any octets', () => {
    const { peer, ingest } = routePath();
    const p = peer(0);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        ingest.update(p, bytes, 0, bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('is sure of a set of attributes only where the attribute registry accepts it with the same origin', () => {
    let sure = 0;
    fc.assert(
      fc.property(damaged, fc.boolean(), fc.boolean(), (message, ebgp, mp) => {
        const layout = emptyLayout();
        if (locateUpdate(message, 19, message.length, layout)) return;
        const { attributesStart, attributesEnd } = layout;
        const origin = scanOrigin(message, attributesStart, attributesEnd, ebgp, mp);
        if (origin < 0) return;
        sure++;
        const { action, set } = decodeAttributes(message, attributesStart, attributesEnd, { as4: true, ebgp });
        expect(action).to.equal('accept');
        expect(missingMandatory(set, !mp, 0)).to.deep.equal([]);
        expect(originOf(set.path)).to.equal(origin);
      }),
      { numRuns: 4000 },
    );
    expect(sure).to.be.greaterThan(200);
  });
});
