import { expect } from 'chai';
import fc from 'fast-check';
import { formatPrefix, prefixOf, wordsOf } from '../../../src/net/prefix.ts';
import { prefixList } from '../../../src/registry/whois/prefix-list.ts';

describe('registry/whois/prefix-list', () => {
  const four = fc
    .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 }))
    .map(([bytes, length]) => prefixOf({ afi: 1, bytes }, length));
  const six = fc
    .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 0, max: 128 }))
    .map(([bytes, length]) => prefixOf({ afi: 2, bytes }, length));

  it('tells each prefix once, IPv4 first, and its octets before it is told', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(four, six), { minLength: 1, maxLength: 200 }), prefixes => {
        const list = prefixList();
        for (const prefix of [...prefixes, ...prefixes]) {
          const [w0, w1, w2, w3] = wordsOf(prefix);
          list.add({ afi: prefix.afi, w0, w1, w2, w3, length: prefix.length });
        }
        const text = Buffer.concat([...list.pieces()]).toString();
        const inOrder = [1, 2].flatMap(afi => prefixes.filter(prefix => prefix.afi === afi).map(formatPrefix));
        expect(text).to.equal(`${[...new Set(inOrder)].join(' ')}\n`);
        expect(list.octets).to.equal(text.length);
        expect(list.count).to.equal(new Set(inOrder).size);
      }),
    );
  });
  it('tells a long list in pieces', () => {
    const list = prefixList();
    for (let i = 0; i < 10_000; i++) list.add({ afi: 1, w0: i << 12, w1: 0, w2: 0, w3: 0, length: 20 });
    const pieces = [...list.pieces()];
    expect(pieces.length).to.equal(20);
    expect(Buffer.concat(pieces).length).to.equal(list.octets);
  });
});
