import { expect } from 'chai';
import fc from 'fast-check';
import { type MrtGap, mrtReader, writeHeader } from '../../src/mrt/records.ts';
import { hex, toHex } from '../bgp/octets.ts';
import { dataFile, readAll } from './dump.ts';
import { ends, entry, nlri, ORIGIN_IGP, PEERS, path, record, rib, update } from './octets.ts';

const nothing = { route() {}, message() {}, state() {}, other() {} };
const state = record(16, 5, `${ends()}00010006`);
const routes = record(16, 4, ends() + update(nlri('10.9.0.0/16'), ORIGIN_IGP + path([64496]), nlri('10.0.0.0/8')));

/** Records (by offset) and gaps of a file, in order. */
function read(bytes: Uint8Array, chunk = bytes.length): (number | MrtGap)[] {
  const reader = mrtReader();
  const found: (number | MrtGap)[] = [];
  for (let at = 0; ; ) {
    const step = reader.next();
    if (step === 'end') return found;
    if (step === 'record') found.push(reader.record.offset);
    else if (step !== 'more') found.push(step);
    else if (at < bytes.length) {
      reader.feed(bytes.slice(at, at + chunk));
      at += chunk;
    } else reader.finish();
  }
}

describe('mrt/records', () => {
  it('reads the common header (RFC 6396 section 2)', () => {
    const reader = mrtReader();
    reader.feed(hex('65 53 f1 00  000d 0001  00000003  aabbcc'));
    reader.finish();
    expect(reader.next()).to.equal('record');
    const { chunk, bytes, start, end, ...rest } = reader.record;
    expect(toHex(bytes.subarray(start, end))).to.equal('aabbcc');
    expect(chunk).to.equal(1);
    expect(rest).to.deep.equal({ type: 13, subtype: 1, seconds: 1700000000, microseconds: 0, number: 1, offset: 0 });
    expect(reader.next()).to.equal('end');
  });
  it('reads the microseconds of the extended header, which the length counts (section 3)', () => {
    const reader = mrtReader();
    reader.feed(hex('ffffffff 0011 0004 00000005 000f423f 07'));
    reader.finish();
    expect(reader.next()).to.equal('record');
    expect(reader.record).to.include({ seconds: 4294967295, microseconds: 999999, start: 16, end: 17 });
  });
  it('writes what it reads', () => {
    const out = new Uint8Array(17);
    expect(writeHeader(out, 0, 17, 4, 4294967295, 999999, 1)).to.equal(16);
    expect(toHex(out)).to.equal('ffffffff0011000400000005000f423f00');
    expect(writeHeader(out, 0, 13, 2, 1, 0, 5)).to.equal(12);
    expect(toHex(out.subarray(0, 12))).to.equal('00000001000d000200000005');
  });
  it('reads the same from pieces of any size', () => {
    const bytes = hex(state + routes + PEERS + rib(2, '10.0.0.0/8', entry(0, ORIGIN_IGP)) + state);
    const whole = read(bytes);
    expect(whole).to.have.length(5);
    for (let chunk = 1; chunk < bytes.length; chunk++) expect(read(bytes, chunk)).to.deep.equal(whole);
  });
  it('keeps types of other protocols', () => {
    expect(read(hex(record(11, 0, '0102') + record(48, 9, '')))).to.deep.equal([0, 14]);
  });

  describe('of a torn file', () => {
    const gap = (after: number, offset: number, octets: number, reason: string): MrtGap => ({
      after,
      offset,
      octets,
      reason,
    });
    const long = state.length / 2;

    it('reads all records and names the gap at the end', () => {
      const bytes = hex(state + state);
      expect(read(bytes.subarray(0, long + 5))).to.deep.equal([
        0,
        gap(1, long, 5, 'the file ends inside a header: 5 octets'),
      ]);
      expect(read(bytes.subarray(0, 2 * long - 1))).to.deep.equal([
        0,
        gap(1, long, long - 1, `the file ends inside a record of ${long} octets`),
      ]);
    });
    it('finds the record that begins inside one whose writer died', () => {
      // Only the header of the second was written.
      const torn = state + routes.slice(0, 24) + state + routes + state;
      const length = routes.length / 2;
      expect(read(hex(torn))).to.deep.equal([
        0,
        gap(1, long, 12, `another record begins inside a record of ${length} octets`),
        long + 12,
        2 * long + 12,
        2 * long + length + 12,
      ]);
      for (let chunk = 1; chunk < 100; chunk++) expect(read(hex(torn), chunk)).to.deep.equal(read(hex(torn)));
    });
    it('steps over what is no record', () => {
      const noise = '00'.repeat(50);
      expect(read(hex(state + noise + routes + state))).to.deep.equal([
        0,
        gap(1, long, 50, 'no record begins here'),
        long + 50,
        long + 50 + routes.length / 2,
      ]);
      expect(read(hex('00'.repeat(30)))).to.deep.equal([gap(0, 0, 30, 'no record begins here')]);
    });
    it('does not believe a length beyond all records', () => {
      const liar = '6553f100 0010 0004 7fffffff';
      expect(read(hex(state + liar + state + state)).slice(0, 2)).to.deep.equal([
        0,
        gap(1, long, 12, 'no record begins here'),
      ]);
    });
    it('finds the way back in a real one, wherever a piece was lost', function () {
      const bytes = dataFile('updates.20100722.2015.gz');
      if (bytes === null) this.skip();
      const offsets = read(bytes) as number[];
      fc.assert(
        fc.property(
          fc.integer({ min: 1000, max: bytes.length - 5000 }),
          fc.integer({ min: 1, max: 3000 }),
          (at, lost) => {
            const cut = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + lost)]);
            const found = new Set(read(cut).filter(step => typeof step === 'number'));
            const whole = offsets.filter((_, i) => (offsets[i + 1] ?? bytes.length) <= at);
            const behind = offsets.filter(from => from >= at + lost).map(from => from - lost);
            // The record that was cut says how long it was. Where that ends at a record by chance, nothing tells it from a whole one.
            const torn = offsets.findLast(from => from < at) ?? 0;
            const claimed = torn + 12 + (cut.readUInt32BE(torn + 8) <= 1 << 24 ? cut.readUInt32BE(torn + 8) : 0);
            const believed = found.has(claimed) ? behind.filter(from => from >= claimed) : behind;
            expect([...whole, ...believed].filter(from => !found.has(from))).to.deep.equal([]);
            expect(found.size).to.be.at.most(whole.length + behind.length + 1);
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  it('never throws and loses no octet, whatever it is fed', () => {
    const seeds = [state, routes, PEERS, rib(2, '10.0.0.0/8', entry(0, ORIGIN_IGP)), '00'.repeat(20)];
    const piece = fc.oneof(
      fc.constantFrom(...seeds).map(hex),
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(255)).map(([seed, at, octet]) => {
        const bytes = hex(seed);
        bytes[at % bytes.length] = octet;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 200 }), (pieces, chunk) => {
        const bytes = Buffer.concat(pieces);
        let octets = 0;
        const reader = mrtReader();
        let at = 0;
        for (let step = reader.next(); step !== 'end'; step = reader.next()) {
          if (step === 'more') {
            if (at >= bytes.length) reader.finish();
            else reader.feed(bytes.subarray(at, at + chunk));
            at += chunk;
          } else if (step === 'record') {
            expect(reader.record.offset).to.equal(octets);
            octets = reader.record.offset + 12 + (reader.record.end - reader.record.start);
            if ([17, 33, 49].includes(reader.record.type)) octets += 4;
          } else {
            expect(step.offset).to.equal(octets);
            octets += step.octets;
          }
        }
        expect(octets).to.equal(bytes.length);
        readAll(bytes, nothing, chunk);
      }),
      { numRuns: 400 },
    );
  });
});
