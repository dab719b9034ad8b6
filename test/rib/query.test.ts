import { expect } from 'chai';
import fc from 'fast-check';
import { covers, formatPrefix, type Prefix, parsePrefix, prefixOf, wordsOf } from '../../src/net/prefix.ts';
import { newRib, type Rib } from '../../src/rib/adj-rib-in.ts';
import { formatNextHop, prefixById, prefixesFor, type Scope } from '../../src/rib/query.ts';

function ribOf(prefixes: readonly Prefix[]): Rib {
  const rib = newRib();
  for (const prefix of prefixes) {
    const [w0, w1, w2, w3] = wordsOf(prefix);
    if (prefix.afi === 1) rib.ids4.intern(w0, prefix.length);
    else rib.ids6.intern(w0, w1, w2, w3, prefix.length);
  }
  return rib;
}

const ask = (rib: Rib, prefix: Prefix, scope: Scope, held = (_: string) => true): string[] => {
  const text = (known: { afi: 1 | 2; id: number }) => formatPrefix(prefixById(rib, known.afi, known.id));
  return [...prefixesFor(rib, prefix, scope, known => held(text(known)))].flatMap(known =>
    known ? [text(known)] : [],
  );
};

/** Address order, shorter before longer. */
const inOrder = (a: Prefix, b: Prefix) => Buffer.compare(a.bytes, b.bytes) || a.length - b.length;

describe('rib/query', () => {
  const rib = ribOf(
    [
      '0.0.0.0/0',
      '198.51.0.0/16',
      '198.51.100.0/24',
      '198.51.100.128/25',
      '203.0.113.0/24',
      '2001:db8::/32',
      '2001:db8:1::/48',
    ].map(text => parsePrefix(text)!),
  );
  const questions: [prefix: string, scope: Scope, answer: string[]][] = [
    ['198.51.100.129', 'match', ['198.51.100.128/25']],
    ['198.51.100.1', 'match', ['198.51.100.0/24']],
    ['192.0.2.1', 'match', ['0.0.0.0/0']],
    ['198.51.100.0/24', 'exact', ['198.51.100.0/24']],
    ['198.51.100.0/23', 'exact', []],
    ['198.51.100.0/24', 'shorter', ['0.0.0.0/0', '198.51.0.0/16', '198.51.100.0/24']],
    ['198.51.0.0/16', 'longer', ['198.51.0.0/16', '198.51.100.0/24', '198.51.100.128/25']],
    ['0.0.0.0/0', 'longer', ['0.0.0.0/0', '198.51.0.0/16', '198.51.100.0/24', '198.51.100.128/25', '203.0.113.0/24']],
    ['2001:db8:1::1', 'match', ['2001:db8:1::/48']],
    ['2001:db8:2::', 'match', ['2001:db8::/32']],
    ['::/0', 'longer', ['2001:db8::/32', '2001:db8:1::/48']],
    ['2001:db9::', 'match', []],
  ];
  for (const [prefix, scope, answer] of questions)
    it(`${scope} ${prefix}`, () => expect(ask(rib, parsePrefix(prefix)!, scope)).to.deep.equal(answer));

  it('passes over prefixes that nobody holds any more', () => {
    const held = (text: string) => text !== '198.51.100.128/25';
    expect(ask(rib, parsePrefix('198.51.100.129')!, 'match', held)).to.deep.equal(['198.51.100.0/24']);
  });

  it('agrees with a plain list, whatever the table', () => {
    const arbitrary = fc.oneof(
      fc
        .tuple(fc.constantFrom(0, 10, 10), fc.nat(3), fc.nat(255), fc.nat(32))
        .map(([a, b, c, length]) => prefixOf({ afi: 1, bytes: Uint8Array.of(a, b, c, 255) }, length)),
      fc
        .tuple(fc.uint8Array({ minLength: 16, maxLength: 16, max: 3 }), fc.nat(128))
        .map(([bytes, length]) => prefixOf({ afi: 2, bytes }, length)),
    );
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 60 }), arbitrary, (list, asked) => {
        const table = ribOf(list);
        const same = [...new Map(list.filter(p => p.afi === asked.afi).map(p => [formatPrefix(p), p])).values()];
        const covering = same.filter(p => covers(p, asked)).sort((a, b) => a.length - b.length);
        expect(ask(table, asked, 'shorter')).to.deep.equal(covering.map(formatPrefix));
        expect(ask(table, asked, 'match')).to.deep.equal(covering.slice(-1).map(formatPrefix));
        const inside = same.filter(p => covers(asked, p)).sort(inOrder);
        expect(ask(table, asked, 'longer')).to.deep.equal(inside.map(formatPrefix));
      }),
    );
  });

  it('shows next hops as MP_REACH_NLRI carries them', () => {
    const global = parsePrefix('2001:db8::1')!.bytes;
    const local = parsePrefix('fe80::1')!.bytes;
    expect(formatNextHop(Uint8Array.of(192, 0, 2, 1))).to.equal('192.0.2.1');
    expect(formatNextHop(global)).to.equal('2001:db8::1');
    expect(formatNextHop(Uint8Array.from([...global, ...local]))).to.equal('2001:db8::1 fe80::1');
  });
});
