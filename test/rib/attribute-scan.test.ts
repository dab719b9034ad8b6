import { expect } from 'chai';
import fc from 'fast-check';
import { copyOthers, findMultiprotocol, newAttributeScan } from '../../src/rib/attribute-scan.ts';

/** An attribute as it travels (RFC 4271 section 4.3), its length in two octets where `long`. */
function attribute(code: number, value: Uint8Array, long: boolean): Buffer {
  const length = long ? [value.length >> 8, value.length & 0xff] : [value.length];
  return Buffer.from([0x80 | (long ? 0x10 : 0), code, ...length, ...value]);
}

describe('rib/attribute-scan', () => {
  it('copies all attributes but the multiprotocol ones, wherever those stand', () => {
    const one = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.uint8Array({ maxLength: 20 }), fc.boolean());
    const found = newAttributeScan();
    fc.assert(
      fc.property(
        fc.uniqueArray(one, { selector: ([code]) => code, maxLength: 8 }),
        fc.constantFrom(14, 15),
        fc.uint8Array({ maxLength: 20 }),
        fc.nat(7),
        fc.nat(5),
        (others, code, value, place, before) => {
          const all = others.filter(other => other[0] !== code);
          all.splice(place, 0, [code, value, false]);
          const written = all.map(each => attribute(...each));
          const bytes = Buffer.concat([Buffer.alloc(before, 0xff), ...written]);
          expect(findMultiprotocol(bytes, before, bytes.length, found)).to.equal(true);
          const out = new Uint8Array(bytes.length);
          const size = copyOthers(bytes, before, bytes.length, found, out);
          const wanted = Buffer.concat(written.filter((_, i) => all[i]![0] !== 14 && all[i]![0] !== 15));
          expect(Buffer.from(out.subarray(0, size)).equals(wanted)).to.equal(true);
        },
      ),
    );
  });
});
