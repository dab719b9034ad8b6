import { expect } from 'chai';
import fc from 'fast-check';
import { hintsIn } from '../../src/rib/trace-hints.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const MARKER = 0x69746b02;

describe('rib/trace-hints', () => {
  it('are the large communities of the origin with the marker (RFC 8092 section 3)', () => {
    // ORIGIN, an empty AS_PATH; 64500:MARKER:463706, 64501:MARKER:1, 64500:1:2.
    const set = hex(`400101 00  400200
      c02024 0000fbf4 69746b02 0007135a  0000fbf5 69746b02 00000001  0000fbf4 00000001 00000002`);
    expect(hintsIn(set, 64500, MARKER)).to.deep.equal([[64500, MARKER, 463706]]);
    expect(hintsIn(set, 64502, MARKER)).to.deep.equal([]);
    expect(hintsIn(set, 64500, 1)).to.deep.equal([[64500, 1, 2]]);
    // The same in an attribute with a length of two octets.
    expect(hintsIn(hex('d020 000c 0000fbf4 69746b02 ffffffff'), 64500, MARKER)).to.deep.equal([
      [64500, MARKER, 0xffffffff],
    ]);
  });
  it('reads no further than the octets go, whatever they are', () => {
    const good = hex('c0200c 0000fbf4 69746b02 0007135a');
    for (let length = 0; length < good.length; length++)
      expect(hintsIn(good.subarray(0, length), 64500, MARKER)).to.deep.equal([]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
        expect(hintsIn(bytes, 64500, MARKER).length).to.be.at.most(bytes.length / 12);
      }),
    );
  });
});
