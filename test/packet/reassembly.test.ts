import { expect } from 'chai';
import fc from 'fast-check';
import { findLayers } from '../../src/packet/find-layers.ts';
import { newLayers } from '../../src/packet/layers.ts';
import { createReassembler, type Reassembled } from '../../src/packet/reassembly.ts';
import { hex, inputsOf, ipv4, ipv6, RAW } from './packets.ts';

const layers = newLayers();
const BODY = Uint8Array.from({ length: 100 }, (_, i) => (i * 37) & 0xff);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const UDP = '14e90035 006c abcd';
const WHOLE4 = hex(ipv4(17, UDP + text(BODY)));
const WHOLE6 = hex(ipv6(0, `11 00 050200000000 ${UDP}${text(BODY)}`));

/** The fragment of an IPv4 packet without options that has its octets `from` to `to` behind the header. */
function fragment4(packet: Uint8Array, from: number, to: number): Uint8Array {
  const fragment = Uint8Array.from([...packet.subarray(0, 20), ...packet.subarray(20 + from, 20 + to)]);
  const view = new DataView(fragment.buffer);
  view.setUint16(2, fragment.length);
  view.setUint16(6, (from >> 3) | (20 + to < packet.length ? 0x2000 : 0));
  return fragment;
}

/** The same of an IPv6 packet whose first `header` octets are in every fragment; `named`: where Next Header stands. */
function fragment6(packet: Uint8Array, header: number, named: number, from: number, to: number): Uint8Array {
  const more = header + to < packet.length ? 1 : 0;
  const extension = hex(`${packet[named]!.toString(16).padStart(2, '0')} 00 0000 cafebabe`);
  const fragment = Uint8Array.from([
    ...packet.subarray(0, header),
    ...extension,
    ...packet.subarray(header + from, header + to),
  ]);
  fragment[named] = 44;
  const view = new DataView(fragment.buffer);
  view.setUint16(4, fragment.length - 40);
  view.setUint16(header + 2, from | more);
  return fragment;
}

/** Gives fragments to a reassembler one after the other; returns what it answers to each. */
function feed(fragments: readonly Uint8Array[], captured = 65535, reassembler = createReassembler(), seconds = 1000) {
  return fragments.map((fragment, number) => {
    const bytes = fragment.subarray(0, captured);
    findLayers(bytes, 0, bytes.length, fragment.length, RAW, layers);
    return layers.count === 0 ? null : reassembler.take(bytes, layers, 0, seconds, number + 1);
  });
}

const pieces4 = (...ends: number[]) => [0, ...ends].map((from, i) => fragment4(WHOLE4, from, ends[i] ?? 108));
const pieces6 = (...ends: number[]) => [0, ...ends].map((from, i) => fragment6(WHOLE6, 48, 40, from, ends[i] ?? 108));

const inputOf = (made: Reassembled | null | undefined) =>
  made === null || made === undefined || 'reason' in made ? made : inputsOf(made.bytes, RAW, made.wire)[0];

describe('packet/reassembly', () => {
  it('makes the packet that others saw whole, in any order of its fragments', () => {
    for (const [whole, pieces] of [
      [WHOLE4, pieces4(16, 48)],
      [WHOLE6, pieces6(16, 48)],
    ] as const)
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
        [1, 2, 0],
      ]) {
        const answers = feed(order.map(i => pieces[i]!));
        expect(answers.slice(0, 2)).to.deep.equal([null, null]);
        expect(answers[2]).to.deep.include({ wire: whole.length, parts: [1, 2, 3] });
        expect(inputOf(answers[2])).to.equal(inputsOf(whole, RAW)[0]);
      }
  });

  it('leaves the capture as it is, of which a Buffer would give views', () => {
    for (const pieces of [pieces4(16, 48), pieces6(16, 48)]) {
      const buffers = pieces.map(piece => Buffer.from(piece));
      expect(feed(buffers)[2]).to.have.property('wire');
      expect(buffers.map(text)).to.deep.equal(pieces.map(text));
    }
  });

  it('keeps header options, DF and the extension headers in front', () => {
    const options = hex(`4700 0034 1234 4000 4011 0000 c0000201 c6336402 94040000 01010100 ${'5a'.repeat(24)}`);
    const head = options.slice(0, 44);
    const tail = Uint8Array.from([...options.slice(0, 28), ...options.slice(44)]);
    new DataView(head.buffer).setUint32(2, (44 << 16) | 0x1234, false);
    new DataView(head.buffer).setUint16(2, 44);
    new DataView(head.buffer).setUint16(4, 0x1234);
    new DataView(head.buffer).setUint16(6, 0x6000);
    new DataView(tail.buffer).setUint16(2, tail.length);
    new DataView(tail.buffer).setUint16(6, 0x4002);
    const made = feed([head, tail])[1];
    expect(made).to.deep.equal({ bytes: options, wire: options.length, parts: [1, 2] });
    const six = feed(pieces6(56))[1];
    expect(six).to.deep.equal({ bytes: WHOLE6, wire: WHOLE6.length, parts: [1, 2] });
  });

  it('does with what the capture left of each fragment, as far as it goes', () => {
    const made = feed(pieces4(64), 80)[1];
    expect(made).to.deep.include({ wire: WHOLE4.length });
    expect(inputOf(made)).to.equal(inputsOf(WHOLE4, RAW)[0]);
    // 30 octets of the first are too few: no digest of less than there is.
    const short = feed(pieces4(64), 50)[1] as Extract<Reassembled, { bytes: Uint8Array }>;
    expect(inputsOf(short.bytes, RAW, short.wire)).to.deep.equal(['snaplen']);
  });

  it('takes the same fragment twice for one, and another in its place for an attack', () => {
    const [first, second, third] = pieces4(16, 48);
    const answers = feed([first!, second!, second!, third!]);
    expect(answers[3]).to.deep.include({ wire: WHOLE4.length, parts: [1, 2, 3, 4] });
    const forged = Uint8Array.from(second!);
    forged[30]! ^= 1;
    expect(feed([first!, second!, forged, third!])).to.deep.equal([
      null,
      null,
      { reason: 'overlap', parts: [1, 2, 3] },
      null,
    ]);
    const across = fragment4(WHOLE4, 40, 64);
    expect(feed([first!, second!, across])[2]).to.deep.include({ reason: 'overlap' });
    expect(feed([across, second!])[1]).to.deep.include({ reason: 'overlap' });
    expect(feed([second!, fragment4(WHOLE4, 24, 40)])[1], 'within another').to.deep.include({ reason: 'overlap' });
  });

  it('refuses lengths that make no packet', () => {
    const odd = fragment4(WHOLE4, 0, 17);
    expect(feed([odd])[0]).to.deep.equal({ reason: 'length', parts: [1] });
    const [, last] = pieces4(48);
    const beyond = fragment4(hex(ipv4(17, `${UDP}${'00'.repeat(300)}`)), 160, 200);
    expect(feed([last!, beyond])[1]).to.deep.include({ reason: 'length' });
    expect(feed([beyond, last!])[1]).to.deep.include({ reason: 'length' });
    const huge = fragment4(WHOLE4, 0, 48);
    new DataView(huge.buffer).setUint16(6, 0x1fff); // the ping of death: 65528 octets in front of 48
    expect(feed([huge])[0]).to.deep.include({ reason: 'length' });
    const empty = fragment4(WHOLE4, 8, 8);
    expect(feed([empty])[0]).to.deep.include({ reason: 'length' });
  });

  it('keeps packets of other addresses, protocols and identifications apart', () => {
    const [first, second] = pieces4(48);
    for (const at of [5, 9, 15, 19]) {
      const other = Uint8Array.from(second!);
      other[at]! ^= 1;
      expect(feed([first!, other]), `octet ${at}`).to.deep.equal([null, null]);
    }
  });

  it('waits 30 seconds for IPv4 and 60 for IPv6, and tells what was never whole', () => {
    for (const [pieces, lifetime] of [
      [pieces4(48), 30],
      [pieces6(48), 60],
    ] as const) {
      for (const direction of [1, -1]) {
        const reassembler = createReassembler();
        feed([pieces[0]!], 65535, reassembler, 1000);
        expect(feed([pieces[1]!], 65535, reassembler, 1000 + direction * (lifetime + 1))).to.deep.equal([null]);
        expect(reassembler.givenUp).to.equal(1);
        expect(reassembler.end()).to.deep.equal([{ parts: [1] }]);
        expect(reassembler.end()).to.deep.equal([]);
      }
      const patient = createReassembler();
      feed([pieces[0]!], 65535, patient, 1000);
      expect(feed([pieces[1]!], 65535, patient, 1000 + lifetime)[0]).to.deep.include({ parts: [1, 1] });
    }
  });

  it('waits for a bounded number of packets, and gives up the oldest', () => {
    const reassembler = createReassembler();
    const [first, second] = pieces4(48);
    const numbered = (fragment: Uint8Array, id: number) => {
      const other = Uint8Array.from(fragment);
      new DataView(other.buffer).setUint16(4, id);
      return other;
    };
    feed(
      Array.from({ length: 5000 }, (_, id) => numbered(first!, id)),
      65535,
      reassembler,
    );
    expect(reassembler.givenUp).to.equal(904);
    expect(feed([numbered(second!, 903)], 65535, reassembler)).to.deep.equal([null]);
    expect(feed([numbered(second!, 4999)], 65535, reassembler)[0]).to.deep.include({ wire: WHOLE4.length });
  });

  it('makes of any cuts, in any order, with any repeats, the packet again', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 6),
        fc.uniqueArray(fc.integer({ min: 1, max: 13 }), { maxLength: 8 }),
        fc.infiniteStream(fc.nat(1000)),
        (family, units, order) => {
          const ends = units.map(unit => unit * 8).sort((a, b) => a - b);
          if (ends.length === 0) ends.push(8);
          const whole = family === 4 ? WHOLE4 : WHOLE6;
          const pieces = family === 4 ? pieces4(...ends) : pieces6(...ends);
          const shuffled = pieces
            .flatMap((piece, i) => (i % 3 === 0 ? [piece, piece] : [piece]))
            .map(piece => ({ piece, place: order.next().value }))
            .sort((a, b) => a.place - b.place);
          const made = feed(shuffled.map(({ piece }) => piece)).filter(one => one !== null);
          expect(made).to.have.length(1);
          expect(inputOf(made[0])).to.equal(inputsOf(whole, RAW)[0]);
        },
      ),
    );
  });

  it('never throws, and never makes a packet of octets that were in no fragment', () => {
    const changed = fc
      .tuple(fc.constantFrom(...pieces4(16, 48), ...pieces6(16, 48)), fc.array(fc.tuple(fc.nat(60), fc.nat(255))))
      .map(([piece, edits]) => {
        const bytes = Uint8Array.from(piece);
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.array(changed, { maxLength: 12 }), fc.integer({ min: 1, max: 200 }), (fragments, captured) => {
        for (const made of feed(fragments, captured))
          if (made !== null && 'bytes' in made) expect(made.bytes.length).to.be.at.most(made.wire);
      }),
      { numRuns: 1000 },
    );
  });
});
