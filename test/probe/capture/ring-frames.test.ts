import { expect } from 'chai';
import { blockRecord, frameBlock, nextFrame } from '../../../src/packet/frame-block.ts';
import type { RingBlock } from '../../../src/probe/capture/ring.ts';
import { firstSecond, leaveOutMerged, selectChain, unpackBlock } from '../../../src/probe/capture/ring-frames.ts';
import { hex } from '../../packet/packets.ts';

const ETHERNET = 1;
const GSO_TCP = 0x100;
const VLAN_VALID = 0x10;
/** Offset of an Ethernet frame behind its struct tpacket3_hdr, as the kernel lays it. */
const LINK = 82;

interface Framed {
  readonly bytes: Uint8Array;
  readonly status?: number;
}

/** A block as the kernel hands it over (struct tpacket_block_desc, then frames that lead to each other). */
function blockOf(frames: readonly Framed[]): RingBlock {
  const bytes = new Uint8Array(32768);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, 1, true);
  view.setUint32(12, frames.length, true);
  view.setUint32(16, 48, true);
  let at = 48;
  frames.forEach(({ bytes: frame, status = 1 }, i) => {
    const size = (LINK + frame.length + 15) & ~15;
    view.setUint32(at, i === frames.length - 1 ? 0 : size, true);
    view.setUint32(at + 4, 1000 + i, true);
    view.setUint32(at + 12, frame.length, true);
    view.setUint32(at + 16, frame.length, true);
    view.setUint32(at + 20, status, true);
    view.setUint16(at + 24, LINK, true);
    view.setUint16(at + 26, LINK + 14, true);
    bytes.set(frame, at + LINK);
    at += size;
  });
  view.setUint32(20, at, true);
  return { bytes, words: new Int32Array(bytes.buffer) };
}

/** What a tap would find: seconds and octets of each frame. */
function taken({ bytes }: RingBlock): [second: number, text: string, wire: number, tag: number][] {
  const record = blockRecord();
  const block = frameBlock(bytes, 'tpacket-v3', ETHERNET, 0);
  const found: [number, string, number, number][] = [];
  while (nextFrame(block, record)) {
    const frame = bytes.subarray(record.offset, record.offset + record.captured);
    found.push([record.seconds, Buffer.from(frame).toString('hex'), record.wire, record.tag]);
  }
  return found;
}

const frame = (text: string): Framed => ({ bytes: hex(text) });
const merged = (text: string): Framed => ({ bytes: hex(text), status: 1 | GSO_TCP });

/** A frame in ERSPAN type II of a session. */
const mirrored = (session: string, inside: string, status = 1): Framed => ({
  bytes: hex(
    `020000000001 020000000002 0800 4500 0000 0001 0000 402f 0000 0a000001 0a000002
     1000 88be 00000007 1001 ${session} 00000000 ${inside}`,
  ),
  status,
});

describe('probe/ring-frames', () => {
  it('leaves out what several packets were joined to, wherever it stands', () => {
    const block = blockOf([merged('aa'), frame('01'), merged('bb'), merged('cc'), frame('02'), merged('dd')]);
    expect(leaveOutMerged(block)).to.equal(4);
    expect(taken(block).map(([second, text]) => [second, text])).to.deep.equal([
      [1001, '01'],
      [1004, '02'],
    ]);
    const whole = blockOf([frame('01'), frame('02')]);
    expect(leaveOutMerged(whole)).to.equal(0);
    expect(taken(whole)).to.have.length(2);
    const nothing = blockOf([merged('aa')]);
    expect(leaveOutMerged(nothing)).to.equal(1);
    expect(taken(nothing)).to.deep.equal([]);
    expect(firstSecond(nothing)).to.equal(-1);
    expect(firstSecond(whole)).to.equal(1000);
  });

  it('unpacks a mirror, each session on its own, and without the tag of the way here', () => {
    const inside = (n: number) => `cccccccccccc dddddddddddd 0800 4500 000${n}`;
    const block = blockOf([
      ...[mirrored('0411', inside(1)), frame('0102'), mirrored('0412', inside(2), 1 | VLAN_VALID)],
      ...[mirrored('0411', inside(3)), frame('0304')],
    ]);
    const { chains, others } = unpackBlock(block, 'erspan', ETHERNET);
    expect(others).to.equal(2);
    expect(chains.map(({ session, linkType, count }) => [session, linkType, count])).to.deep.equal([
      [17, ETHERNET, 2],
      [18, ETHERNET, 1],
    ]);
    const text = (n: number) => inside(n).replaceAll(' ', '');
    selectChain(block, chains[0]!);
    expect(taken(block)).to.deep.equal([
      [1000, text(1), 18, -1],
      [1003, text(3), 18, -1],
    ]);
    selectChain(block, chains[1]!);
    expect(taken(block)).to.deep.equal([[1002, text(2), 18, -1]]);
  });

  it('puts together the sessions of whoever sends too many', () => {
    const frames = Array.from({ length: 80 }, (_, i) => {
      const session = (0x0400 + i + 1).toString(16).padStart(4, '0');
      return { bytes: mirrored(session, 'cc').bytes };
    });
    const { chains } = unpackBlock(blockOf(frames), 'erspan', ETHERNET);
    expect(chains.length).to.be.at.most(65);
    expect(chains.reduce((sum, { count }) => sum + count, 0)).to.equal(80);
  });
});
