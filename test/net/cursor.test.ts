import { expect } from 'chai';
import fc from 'fast-check';
import { Cursor } from '../../src/net/cursor.ts';

describe('net/cursor', () => {
  it('reads integers in network and in little-endian order', () => {
    const c = new Cursor(Uint8Array.from([1, 2, 3, 4, 5, 6, 0xff, 0xfe, 0xfd, 0xfc, 1, 2, 3, 4, 0xff]));
    expect([c.u8(), c.u16(), c.u24(), c.u32(), c.u16le()]).to.deep.equal([1, 0x0203, 0x040506, 0xfffefdfc, 0x0201]);
    expect(c.left).to.equal(3);
    expect(c.u32le()).to.equal(0);
    expect(c.failed).to.equal(true);
    expect(c.u8(), 'nothing is read after a failure').to.equal(0);
  });

  it('keeps a sub-cursor inside its bounds and its offsets absolute', () => {
    const c = new Cursor(Uint8Array.from([0, 1, 2, 3, 4]), 1);
    const part = c.sub(2);
    expect([part.u8(), part.offset, part.u8(), part.u8(), part.failed]).to.deep.equal([1, 2, 2, 0, true]);
    expect([c.u8(), c.failed]).to.deep.equal([3, false]);
    expect(c.sub(9).failed).to.equal(true);
  });

  it('never throws and never leaves its bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.integer({ min: -3, max: 70 })), (bytes, steps) => {
        const c = new Cursor(bytes);
        for (const step of steps) {
          if (step % 2 === 0) c.view(step);
          else c.u32();
          expect(c.offset).to.be.within(0, bytes.length);
        }
      }),
    );
  });
});
