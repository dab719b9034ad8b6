import { expect } from 'chai';
import fc from 'fast-check';
import { blockRecord, type FrameLayout, frameBlock, nextFrame, usedOctets } from '../../src/packet/frame-block.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import { hex } from './packets.ts';

/** What a frame of a block says, its octets as hex. */
function framesOf(bytes: Uint8Array, layout: FrameLayout) {
  const block = frameBlock(bytes, layout, 1, 7);
  const record = blockRecord();
  const found = [];
  while (nextFrame(block, record)) {
    const { offset, captured, ...rest } = record;
    found.push({ ...rest, bytes: Buffer.from(bytes.subarray(offset, offset + captured)).toString('hex') });
  }
  return { found, block };
}

const COMMON = { linkType: 1, interface: 7, tag: -1, outgoing: false };

describe('packet/frame-block', () => {
  it('walks records of a pcap file in both byte orders and both resolutions', () => {
    const frame = { ...COMMON, bytes: 'aabbcc', wire: 99, seconds: 0x4b700000, number: 1 };
    const little = hex('0000704b 05000000 03000000 63000000 aabbcc');
    const big = hex('4b700000 00000005 00000003 00000063 aabbcc');
    expect(framesOf(little, 'pcap-le-us').found).to.deep.equal([{ ...frame, nanoseconds: 5000 }]);
    expect(framesOf(little, 'pcap-le-ns').found).to.deep.equal([{ ...frame, nanoseconds: 5 }]);
    expect(framesOf(big, 'pcap-be-us').found).to.deep.equal([{ ...frame, nanoseconds: 5000 }]);
    expect(framesOf(big, 'pcap-be-ns').found).to.deep.equal([{ ...frame, nanoseconds: 5 }]);
  });

  it('leaves what is no whole record where it is', () => {
    const file = writePcap(1, [
      { time: 1_000_000_002n, bytes: hex('0102') },
      { time: 2_000_000_000n, bytes: hex('030405'), wire: 60 },
    ]).subarray(24);
    for (let cut = 0; cut <= file.length; cut++) {
      const { found, block } = framesOf(file.subarray(0, cut), 'pcap-le-ns');
      const whole = cut < 18 ? 0 : cut < 37 ? 1 : 2;
      expect(found, `${cut} octets`).to.have.length(whole);
      expect(block).to.include({ at: [0, 18, 37][whole], frames: whole });
    }
    const lying = hex('00000000 00000000 01000400 00000000 00');
    expect(framesOf(lying, 'pcap-le-us').block, 'a length beyond LONGEST_FRAME').to.include({ at: 0, frames: 0 });
  });

  // Two packets in a block of 256 octets. The first lies 96 octets behind its header, had a tag that the card took out, and
  // was sent by this machine.
  const RING = hex(
    '01000000 00000000 01000000 02000000 30000000 00010000',
    '00'.repeat(24),
    '68000000 0000704b 07000000 02000000 40000000 11000000 6000 6e00 00000000 64200000 0081 0000 0000000000000000',
    '1100 0000 02000000 0100 04 06 0000000000000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000',
    'cafe 000000000000',
    '00000000 0100704b 08000000 03000000 03000000 01000000 6000 6e00 00000000 00000000 0000 0000 0000000000000000',
    '1100 0000 02000000 0100 00 06 0000000000000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000',
    'beefed 0000000000',
  );

  it('walks a block of a TPACKET_V3 ring', () => {
    expect(framesOf(RING, 'tpacket-v3').found).to.deep.equal([
      {
        ...COMMON,
        bytes: 'cafe',
        wire: 64,
        seconds: 0x4b700000,
        nanoseconds: 7,
        number: 1,
        tag: 0x2064,
        outgoing: true,
      },
      { ...COMMON, bytes: 'beefed', wire: 3, seconds: 0x4b700001, nanoseconds: 8, number: 2 },
    ]);
  });

  it('reads nothing that is not there, whatever the octets', () => {
    const layouts = fc.constantFrom<FrameLayout>('tpacket-v3', 'pcap-le-us', 'pcap-be-ns');
    const mutated = fc
      .tuple(fc.array(fc.tuple(fc.nat(RING.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(RING.length))
      .map(([changes, length]) => {
        const bytes = RING.slice(0, length);
        for (const [at, octet] of changes) if (at < length) bytes[at] = octet;
        return bytes;
      });
    fc.assert(
      fc.property(layouts, fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (layout, bytes) => {
        const block = frameBlock(bytes, layout, 1, 0);
        const record = blockRecord();
        let walked = 0;
        while (nextFrame(block, record)) {
          expect(++walked).to.be.at.most(bytes.length);
          expect(record.offset + record.captured).to.be.at.most(usedOctets(block));
        }
      }),
    );
  });
});
