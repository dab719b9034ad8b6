import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Announcement, encodeAnnounce, encodeWithdraw } from '../../src/bgp/announce.ts';
import { encodeEndOfRib } from '../../src/bgp/end-of-rib.ts';
import { decodeUpdate } from '../../src/bgp/update.ts';
import { formatPrefix, isMulticast, parsePrefix, prefixOf } from '../../src/net/prefix.ts';
import { attribute, MARKER, toHex, updateBody } from './octets.ts';

const prefixes = (...texts: string[]) => texts.map(text => parsePrefix(text)!);
const read = (message: Uint8Array, as4 = true) =>
  decodeUpdate(message, 19, message.length, { as4, ebgp: false, ipv4: true, ipv6: true });

const ROUTE: Announcement = { originCode: 0, path: [{ type: 2, asns: [64496, 65536] }], nextHop: '192.0.2.1' };

describe('bgp/announce', () => {
  it('writes an IPv4 route', () => {
    const [message] = encodeAnnounce(prefixes('198.51.100.0/24', '203.0.113.128/25'), ROUTE, { as4: true });
    const attributes =
      attribute(0x40, 1, '00') + attribute(0x40, 2, '02020000fbf000010000') + attribute(0x40, 3, 'c0000201');
    const body = toHex(updateBody('', attributes, '18c63364 19cb007180'));
    expect(toHex(message!)).to.equal(`${MARKER}00${(19 + body.length / 2).toString(16)}02${body}`);
  });

  it('writes AS_TRANS and AS4_PATH for an old peer', () => {
    const aggregator = { as: 65537, address: '192.0.2.7' };
    const [message] = encodeAnnounce(prefixes('198.51.100.0/24'), { ...ROUTE, aggregator }, { as4: false });
    expect(toHex(message!)).to.include('4002060202fbf05ba0').and.to.include('c0110a02020000fbf000010000');
    expect(read(message!, false).attributes).to.deep.include({ path: ROUTE.path, aggregator });
  });

  it('writes withdrawals and the End-of-RIB of both families', () => {
    const messages = encodeWithdraw(prefixes('198.51.100.0/24', '2001:db8::/32'));
    expect(messages.map(message => read(message).withdrawn.map(formatPrefix))).to.deep.equal([
      ['198.51.100.0/24'],
      ['2001:db8::/32'],
    ]);
    expect(toHex(encodeEndOfRib(1))).to.equal(`${MARKER}00170200000000`);
    expect(toHex(encodeEndOfRib(2))).to.equal(`${MARKER}001d0200000006800f03000201`);
  });

  it('splits at 4096 octets', () => {
    const many = Array.from({ length: 2000 }, (_, i) => parsePrefix(`10.${i >> 8}.${i & 255}.0/24`)!);
    for (const messages of [encodeAnnounce(many, ROUTE, { as4: true }), encodeWithdraw(many)]) {
      expect(messages.every(message => message.length <= 4096)).to.equal(true);
      const routes = messages.flatMap(message => [...read(message).announced, ...read(message).withdrawn]);
      expect(routes.map(formatPrefix)).to.deep.equal(many.map(formatPrefix));
    }
  });

  it('is read back as it was written', () => {
    const u32 = fc.integer({ min: 0, max: 0xffffffff });
    const as = fc.integer({ min: 1, max: 0xffffffff });
    const address = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(bytes => bytes.join('.'));
    const route = fc.record({
      originCode: fc.constantFrom(0 as const, 1 as const, 2 as const),
      path: fc.array(fc.record({ type: fc.constantFrom(1, 2), asns: fc.array(as, { minLength: 1, maxLength: 20 }) }), {
        maxLength: 4,
      }),
      nextHop: fc.constantFrom('192.0.2.1', '2001:db8::1'),
      med: fc.option(u32),
      localPref: fc.option(u32),
      atomicAggregate: fc.boolean(),
      aggregator: fc.option(fc.record({ as, address })),
      communities: fc.array(u32, { maxLength: 80 }),
      largeCommunities: fc.uniqueArray(fc.tuple(u32, u32, u32), { maxLength: 30, selector: one => one.join(':') }),
      extCommunities: fc
        .array(fc.uint8Array({ minLength: 8, maxLength: 8 }), { maxLength: 5 })
        .map(list => Uint8Array.from(list.flatMap(item => [...item]))),
      originatorId: fc.option(address),
      clusterList: fc.array(address, { maxLength: 3 }),
      otc: fc.option(u32),
    });
    const length = fc.integer({ min: 0, max: 32 });
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(route, fc.array(fc.tuple(bytes, length), { minLength: 1, maxLength: 20 }), (sent, drawn) => {
        const afi = sent.nextHop.includes(':') ? 2 : 1;
        const list = drawn.map(([b, n]) => prefixOf({ afi, bytes: b.slice(0, afi === 1 ? 4 : 16) }, n));
        fc.pre(!list.some(isMulticast));
        const [message] = encodeAnnounce(list, sent, { as4: true });
        const update = read(message!);
        expect([update.action, update.errors]).to.deep.equal(['accept', []]);
        expect(update.announced.map(formatPrefix)).to.deep.equal(list.map(formatPrefix));
        const { nextHop, ...rest } = sent;
        expect(update.attributes).to.deep.include(rest);
        expect(afi === 1 ? update.attributes.nextHop : update.attributes.mpReach?.nextHop).to.equal(nextHop);
      }),
    );
  });

  it('is loaded by nothing beside it', () => {
    const folder = new URL('../../src/bgp/', import.meta.url);
    const importers = readdirSync(folder).filter(name =>
      readFileSync(new URL(name, folder), 'utf8').includes('/announce.ts'),
    );
    expect(importers).to.deep.equal([]);
  });
});
