import { expect } from 'chai';
import fc from 'fast-check';
import type { PcapError, PcapRecord } from '../../src/packet/capture.ts';
import { blockRecord, nextFrame } from '../../src/packet/frame-block.ts';
import { pcapReader, writePcap } from '../../src/packet/pcap.ts';
import { hex } from './packets.ts';

interface Read {
  readonly records: string[];
  readonly error: PcapError | null;
}

/**
 * Everything a file gives when it comes in pieces of `piece` octets, record by record or by the block. `room`: octets in front
 * of each piece, which lies in one of two buffers then.
 */
function read(file: Uint8Array, piece = file.length + 1, blocks = false, room = 0): Read {
  const buffers = [0, 1].map(() => new Uint8Array(room + piece).fill(0xee));
  const reader = pcapReader();
  const { record } = reader;
  const records: string[] = [];
  const note = ({ bytes, offset, captured, seconds, nanoseconds, linkType, wire }: PcapRecord) => {
    const frame = Buffer.from(bytes.subarray(offset, offset + captured)).toString('hex');
    const time = `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
    records.push(`${records.length + 1} ${time} ${linkType} ${wire} ${frame}`);
  };
  const inBlock = blockRecord();
  for (let at = 0; at < file.length; at += piece) {
    const chunk = file.subarray(at, at + piece);
    const buffer = buffers[(at / piece) & 1]!;
    buffer.set(chunk, room);
    reader.feed(room === 0 ? chunk : buffer.subarray(room, room + chunk.length), room);
    for (;;) {
      const block = blocks ? reader.block() : null;
      if (block !== null) {
        while (nextFrame(block, inBlock)) note(inBlock);
        reader.took(block);
        expect(record.number).to.equal(records.length);
      }
      const found = reader.next();
      if (found === 'more') break;
      if (found !== 'record') return { records, error: found };
      expect(record.number).to.equal(records.length + 1);
      note(record);
    }
  }
  return { records, error: reader.end() };
}

const LITTLE = 'd4c3b2a1 0200 0400 00000000 00000000 00000400 01000000';
const BIG = 'a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001';
const FIRST = '00f1536a 20a10700 03000000 09000000 aabbcc';

describe('packet/pcap', () => {
  it('reads both byte orders, micro- and nanoseconds', () => {
    const record = '1 1783886080.500000000 1 9 aabbcc';
    expect(read(hex(LITTLE, FIRST))).to.deep.equal({ records: [record], error: null });
    const big = '6a53f100 0007a120 00000003 00000009 aabbcc';
    expect(read(hex(BIG, big))).to.deep.equal({ records: [record], error: null });
    const nano = hex(LITTLE.replace('d4c3b2a1', '4d3cb2a1'), FIRST);
    expect(read(nano).records).to.deep.equal(['1 1783886080.000500000 1 9 aabbcc']);
  });

  it('keeps what came before a lying length, and says where it stands', () => {
    const file = hex(LITTLE, FIRST, '00f1536a 00000000 ffffff7f 09000000 aabbcc');
    const { records, error } = read(file, 7);
    expect(records).to.have.length(1);
    expect(error).to.include({ record: 1, offset: 43 });
    expect(error!.reason).to.contain('2147483647');
  });

  it('keeps what came before the end of a truncated file, and says where it stands', () => {
    const { records, error } = read(hex(LITTLE, FIRST, '00f1536a 00000000 03000000 09000000 aa'));
    expect(records).to.have.length(1);
    expect(error).to.include({ record: 1, offset: 43 });
    expect(read(new Uint8Array(0)).error).to.include({ record: 0, offset: 0 });
    expect(read(hex(LITTLE.slice(0, 20))).error).to.include({ record: 0, offset: 0 });
  });

  it('refuses what is no capture file', () => {
    const { error } = read(hex('7f454c46', '00'.repeat(60)));
    expect(error).to.include({ record: 0, offset: 0 });
    expect(error!.reason).to.contain('7f454c46');
  });

  describe('pcapng', () => {
    const SECTION = '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000';
    const INTERFACE = '01000000 14000000 0100 0000 00000400 14000000';
    /** 1783886080.5 s in microseconds is 0x0006566f5825e120. */
    const packet = (number: string) =>
      `06000000 24000000 ${number} 6f560600 20e12558 03000000 09000000 aabbcc00 24000000`;

    it('reads enhanced and simple packets and passes over other blocks', () => {
      const names = '04000000 10000000 00000000 10000000';
      const simple = '03000000 14000000 04000000 01020304 14000000';
      const file = hex(SECTION, INTERFACE, names, packet('00000000'), simple);
      for (const piece of [1, 5, 1000])
        expect(read(file, piece)).to.deep.equal({
          records: ['1 1783886080.500000000 1 9 aabbcc', '2 1783886080.500000000 1 4 01020304'],
          error: null,
        });
    });

    it('reads a section in the other byte order, with nanoseconds', () => {
      const section = '0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c';
      // if_tsresol 9: powers of ten, padded to four octets; then the end of options.
      const described = '00000001 00000020 0065 0000 00000000 0009 0001 09000000 0000 0000 00000020';
      const stamp = 1783886080500000000n.toString(16).padStart(16, '0');
      const enhanced = `00000006 00000024 00000000 ${stamp} 00000003 00000009 aabbcc00 00000024`;
      expect(read(hex(section, described, enhanced))).to.deep.equal({
        records: ['1 1783886080.500000000 101 9 aabbcc'],
        error: null,
      });
    });

    it('tells each packet by the name of its interface, and whether it was sent', () => {
      const named = (name: string) => {
        const value = `${Buffer.from(name).toString('hex')}${'00'.repeat(-name.length & 3)}`;
        const size = (24 + value.length / 2 + 4).toString(16);
        const length = `0${name.length}`;
        return `01000000 ${size}000000 0100 0000 00000400 0200 ${length}00 ${value} 00000000 ${size}000000`;
      };
      /** With epb_flags behind another option and the padding of the frame. */
      const flagged = (number: string, flags: string) =>
        `06000000 38000000 ${number} 6f560600 20e12558 03000000 09000000 aabbcc00
        0100 0100 41000000 0200 0400 ${flags} 00000000 38000000`;
      const file = hex(
        ...[SECTION, named('eth1'), named('eth20'), flagged('01000000', '02000000'), flagged('00000000', '01000000')],
        ...[packet('01000000'), SECTION, INTERFACE, named('eth1'), packet('01000000'), packet('00000000')],
      );
      const names: string[] = [];
      const reader = pcapReader(name => (names.includes(name) ? names.indexOf(name) : names.push(name) - 1));
      const seen: string[] = [];
      reader.feed(file);
      while (reader.next() === 'record') seen.push(`${names[reader.record.interface]} ${reader.record.outgoing}`);
      expect(seen).to.deep.equal(['eth20 true', 'eth1 false', 'eth20 false', 'eth1 false', ' false']);
      expect(reader.end()).to.equal(null);
    });

    it('says what is wrong with a block, and where', () => {
      const start = hex(SECTION, INTERFACE).length;
      const wrong: [string, string][] = [
        [packet('07000000'), 'interface 7'],
        ['06000000 23000000', 'length 35'],
        ['06000000 24000000 00000000 6f560600 20e12558 99000000 09000000 aabbcc00 24000000', 'does not fit'],
        ['06000000 24000000 00000000 6f560600 20e12558 03000000 09000000 aabbcc00 20000000', 'two lengths'],
        ['01000000 10000000 01000000 10000000', 'too short'],
      ];
      for (const [block, reason] of wrong) {
        const { error } = read(hex(SECTION, INTERFACE, block, '00000000'));
        expect(error, block).to.include({ record: 0, offset: start });
        expect(error!.reason).to.contain(reason);
      }
    });
  });

  it('reads what it writes, in pieces of any size', () => {
    const frame = fc.record({
      time: fc.bigInt({ min: 0n, max: 4294967295_999999999n }),
      bytes: fc.uint8Array({ maxLength: 100 }),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 300 }), (frames, piece) => {
        const { records, error } = read(writePcap(1, frames), piece);
        expect(error).to.equal(null);
        const written = frames.map(({ time, bytes }, i) => {
          const stamp = `${time / 1_000_000_000n}.${String(time % 1_000_000_000n).padStart(9, '0')}`;
          return `${i + 1} ${stamp} 1 ${bytes.length} ${Buffer.from(bytes).toString('hex')}`;
        });
        expect(records).to.deep.equal(written);
      }),
    );
  });

  it('gives by the block what it gives record by record, and the same errors', () => {
    const files = [hex(LITTLE, FIRST, FIRST), hex(BIG, '6a53f100 0007a120 00000003 00000009 aabbcc')];
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(61), fc.nat(255)), { maxLength: 2 }),
        fc.integer({ min: 1, max: 70 }),
        fc.nat(70),
        (file, changes, piece, room) => {
          const changed = file.slice();
          for (const [at, octet] of changes) if (at < changed.length) changed[at] = octet;
          const expected = read(changed, piece);
          expect(read(changed, piece, true)).to.deep.equal(expected);
          expect(read(changed, piece, true, room), 'in two buffers').to.deep.equal(expected);
          expect(read(changed, piece, false, room)).to.deep.equal(expected);
        },
      ),
    );
  });

  it('never throws', () => {
    const starts = [
      LITTLE,
      BIG,
      '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000 01000000 14000000 0100 0000 00000400 14000000',
      '',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 64 }),
        (start, bytes, piece) => {
          const file = Uint8Array.from([...hex(start), ...bytes]);
          expect(read(file, piece).records, 'the size of the pieces changes nothing').to.deep.equal(read(file).records);
        },
      ),
      { numRuns: 500 },
    );
  });
});
