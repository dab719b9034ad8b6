import { expect } from 'chai';
import fc from 'fast-check';
import { formatAddress, parseAddress } from '../../src/net/address.ts';
import { covers, formatPrefix, parsePrefix, prefixOf } from '../../src/net/prefix.ts';

describe('net/address', () => {
  const canonical: [string, string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ];
  for (const [text, shown] of canonical)
    it(`reads ${text} and shows ${shown}`, () => {
      const address = parseAddress(text);
      expect(address && formatAddress(address)).to.equal(shown);
    });

  for (const text of [
    '010.1.2.3',
    '1',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    '',
    'fe80::1%eth0',
    '1::2::3',
    ':::',
    '12345::',
    'a.b.c.d',
    '1.2.3.-4',
    '::1.2.3.04',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => expect(parseAddress(text)).to.equal(null));

  it('reads back every address it shows', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
        bytes => {
          const afi = bytes.length === 4 ? 1 : 2;
          expect(parseAddress(formatAddress({ afi, bytes }))).to.deep.equal({ afi, bytes });
        },
      ),
    );
  });
});

describe('net/prefix', () => {
  for (const text of ['0.0.0.0/0', '192.0.2.0/24', '192.0.2.1/32', '2001:db8::/32', '::/0', '2001:db8::1/128'])
    it(`keeps ${text}`, () => expect(formatPrefix(parsePrefix(text)!)).to.equal(text));
  for (const text of [
    '192.0.2.1/24',
    '192.0.2.0/33',
    '192.0.2.0/',
    '2001:db8::/129',
    '2001:db8::1/64',
    '192.0.2.0/2x',
    '/24',
  ])
    it(`refuses ${text}`, () => expect(parsePrefix(text)).to.equal(null));
  it('reads a bare address as a host prefix', () =>
    expect(formatPrefix(parsePrefix('192.0.2.9')!)).to.equal('192.0.2.9/32'));

  const inside: [string, string, boolean][] = [
    ['192.0.2.0/24', '192.0.2.0/24', true],
    ['192.0.2.0/24', '192.0.2.128/25', true],
    ['192.0.2.0/25', '192.0.2.128/25', false],
    ['192.0.2.0/25', '192.0.2.0/24', false],
    ['0.0.0.0/0', '198.51.100.0/24', true],
    ['::/0', '198.51.100.0/24', false],
    ['2001:db8::/29', '2001:dbf::/32', true],
    ['2001:db8::/29', '2001:dc0::/32', false],
  ];
  for (const [outer, inner, yes] of inside)
    it(`${outer} ${yes ? 'covers' : 'does not cover'} ${inner}`, () =>
      expect(covers(parsePrefix(outer)!, parsePrefix(inner)!)).to.equal(yes));

  it('clears host bits at any length', () => {
    const address = parseAddress('255.255.255.255')!;
    for (let length = 0; length <= 32; length++) {
      const text = formatPrefix(prefixOf(address, length));
      expect(parsePrefix(text), text).to.not.equal(null);
    }
  });
});
