import { expect } from 'chai';
import { decodeUpdate } from '../../src/bgp/update.ts';
import { bodyOf, mrtReader } from '../../src/mrt/records.ts';
import { routeUpdateWriter } from '../../src/mrt/route-update.ts';
import { createWalker } from '../../src/mrt/walk.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { attribute, hex } from '../bgp/octets.ts';
import { entry, nextHop, nlri, ORIGIN_IGP, PEERS, path, reach, rib, shortReach } from './octets.ts';

/** The routes of RIB records as UPDATE bodies in hex. */
function updates(...records: string[]): string[] {
  const writer = routeUpdateWriter();
  const found: string[] = [];
  const walker = createWalker({
    route({ bytes }, route) {
      const end = writer.write(bytes, route);
      found.push(Buffer.from(writer.out().subarray(0, end)).toString('hex'));
    },
    message() {},
    state() {},
    other() {},
  });
  const reader = mrtReader();
  reader.feed(Buffer.concat([PEERS, ...records].map(hex)));
  reader.finish();
  for (let step = reader.next(); step === 'record'; step = reader.next()) {
    expect(bodyOf(reader.record).left).to.be.greaterThan(0);
    expect(walker.walk(reader.record)).to.equal(null);
  }
  return found;
}

const basic = ORIGIN_IGP + path([64496, 64500]);
const length = (text: string) => (text.length / 2).toString(16).padStart(4, '0');

describe('mrt/route-update', () => {
  it('announces IPv4 in the NLRI field, its attributes as they were', () => {
    const attributes = basic + nextHop('192.0.2.1');
    expect(updates(rib(2, '198.51.100.0/24', entry(0, attributes)))).to.deep.equal([
      `0000${length(attributes)}${attributes}${nlri('198.51.100.0/24')}`,
    ]);
  });
  it('leaves the multiprotocol attributes of an IPv4 route out', () => {
    const attributes = basic + shortReach('2001:db8::1') + attribute(0xc0, 8, 'fbf00001');
    const rest = basic + attribute(0xc0, 8, 'fbf00001');
    expect(updates(rib(2, '198.51.100.0/24', entry(0, attributes)))).to.deep.equal([
      `0000${length(rest)}${rest}${nlri('198.51.100.0/24')}`,
    ]);
  });
  it('puts a path identifier before the prefix', () => {
    const attributes = basic + nextHop('192.0.2.1');
    expect(updates(rib(8, '198.51.100.0/24', entry(0, attributes, 0xfffffff0)))).to.deep.equal([
      `0000${length(attributes)}${attributes}fffffff0${nlri('198.51.100.0/24')}`,
    ]);
  });
  for (const [how, hop] of [
    ['one address', ['2001:db8::1']],
    ['one and a link-local one', ['2001:db8::1', 'fe80::1']],
  ] as const)
    it(`announces IPv6 in MP_REACH_NLRI with the next hop of the entry: ${how}`, () => {
      const whole = reach(2, hop, nlri('2001:db8:1::/48'));
      for (const kept of [shortReach(...hop), whole]) {
        const body = updates(rib(4, '2001:db8:1::/48', entry(1, ORIGIN_IGP + kept + path([64496]))))[0]!;
        const attributes = whole + ORIGIN_IGP + path([64496]);
        expect(body).to.equal(`0000${length(attributes)}${attributes}`);
      }
    });
  it('makes do without a next hop', () => {
    const bytes = hex(updates(rib(4, '2001:db8:1::/48', entry(1, basic)))[0]!);
    const read = decodeUpdate(bytes, 0, bytes.length, { as4: true, ebgp: true, ipv4: true, ipv6: true });
    expect(read.errors).to.deep.equal([]);
    expect(read.announced.map(formatPrefix)).to.deep.equal(['2001:db8:1::/48']);
  });
  it('takes an entry of any length', () => {
    const attributes = basic + nextHop('192.0.2.1') + attribute(0xd0, 32, '00'.repeat(65000));
    expect(updates(rib(2, '198.51.100.0/24', entry(0, attributes)))[0]).to.equal(
      `0000${length(attributes)}${attributes}${nlri('198.51.100.0/24')}`,
    );
  });
});
