import { expect } from 'chai';
import fc from 'fast-check';
import { parseLargeCommunity } from '../../src/net/community.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { readTraceHint, TRACE_MARKER } from '../../src/net/trace-hint.ts';

const read = (community: string, prefix: string, origin = 64500, marker?: number) =>
  readTraceHint(parseLargeCommunity(community)!, origin, parsePrefix(prefix)!, marker);

describe('net/trace-hint', () => {
  it('is an address in the prefix and a port', () => {
    expect(TRACE_MARKER).to.equal(1769237250);
    // 7 * 65536 + 4954
    expect(read('64500:1769237250:463706', '9.8.7.0/24')).to.deep.equal({ as: 64500, address: '9.8.7.7', port: 4954 });
    expect(read('64500:1769237250:4294902617', '9.8.0.0/16')).to.deep.equal({
      ...{ as: 64500, address: '9.8.255.255', port: 857 },
    });
    expect(read('64500:1769237250:463706', '2a00:1::/32')).to.include({ address: '2a00:1::7' });
    expect(read('64500:1769237250:4954', '9.8.7.6/32'), 'the prefix itself').to.include({ address: '9.8.7.6' });
    expect(read('64500:5:463706', '9.8.7.0/24', 64500, 5), 'another marker').to.include({ address: '9.8.7.7' });
  });
  const wrong: [string, string, string, number?][] = [
    ['of another AS than the origin', '64501:1769237250:463706', '9.8.7.0/24'],
    ['of a route without one', '0:1769237250:463706', '9.8.7.0/24', 0],
    ['with another marker', '64500:1769237251:463706', '9.8.7.0/24'],
    ['without a port', '64500:1769237250:458752', '9.8.7.0/24'],
    ['outside of the prefix', '64500:1769237250:463706', '9.8.7.0/30'],
    ['of a host beside the prefix', '64500:1769237250:70490', '9.8.7.6/32'],
    ['at a private address', '64500:1769237250:463706', '10.1.0.0/16'],
    ['on this machine', '64500:1769237250:463706', '127.0.0.0/24'],
    ['at a link-local address', '64500:1769237250:463706', 'fe80::/64'],
    ['inside a default route', '64500:1769237250:463706', '0.0.0.0/0'],
  ];
  for (const [what, community, prefix, origin] of wrong)
    it(`is none ${what}`, () => expect(read(community, prefix, origin)).to.equal(null));

  it('is in its prefix, whatever is announced', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.constantFrom<1 | 2>(1, 2),
        fc.integer({ min: 0, max: 128 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (octets, afi, most, where) => {
          const length = Math.min(most, afi === 1 ? 32 : 128);
          const bytes = octets
            .slice(0, afi === 1 ? 4 : 16)
            .map((octet, i) => octet & (0xff00 >> Math.min(8, Math.max(0, length - i * 8))));
          const hint = readTraceHint([64500, TRACE_MARKER, where], 64500, { afi, bytes, length });
          if (hint === null) return;
          const host = parsePrefix(`${hint.address}/${afi === 1 ? 32 : 128}`)!;
          const bits = (all: Uint8Array) =>
            [...all]
              .map(octet => octet.toString(2).padStart(8, '0'))
              .join('')
              .slice(0, length);
          expect(bits(host.bytes)).to.equal(bits(bytes));
          expect(hint.port).to.be.within(1, 65535);
        },
      ),
    );
  });
});
