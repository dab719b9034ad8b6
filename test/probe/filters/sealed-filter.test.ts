import { expect } from 'chai';
import fc from 'fast-check';
import { ask, decodeFilter, type SealedFilter } from '../../../src/probe/filters/sealed-filter.ts';
import { openSealer } from '../../../src/probe/filters/sealer.ts';
import { digestsOf } from './digests.ts';

const sealer = openSealer();

/** The number that a table of a filter has for a digest, row by row and digit by digit as itprobe(8) has it. */
function slowNumber(octets: Uint8Array, table: number, low: number, high: number): bigint | null {
  const view = new DataView(octets.buffer, octets.byteOffset);
  const word = (at: number) => view.getUint32(at * 4, true);
  const mod = (x: bigint) => BigInt.asUintN(32, x);
  const mix = (x: bigint) => {
    let h = mod(x);
    h = mod((h ^ (h >> 16n)) * 0x85ebca6bn);
    h = mod((h ^ (h >> 13n)) * 0xc2b2ae35n);
    return h ^ (h >> 16n);
  };
  let at = 4 + word(2);
  for (let i = 0; i < table; i++) at += word(at);
  const shardBits = BigInt(octets[at * 4 + 12]!);
  const y = BigInt(high) ^ mix(BigInt(low));
  const shard = Number(y >> (32n - shardBits));
  const columns = octets[at * 4 + 13]! + (shard < word(at + 4) ? 1 : 0);
  const list = at + 5;
  const rows = list + 2 * 2 ** Number(shardBits) + word(list + shard * 2);
  const seed = BigInt(octets[(list + shard * 2 + 1) * 4]!);
  const blocks = word(list + shard * 2 + 1) >>> 8;
  const a = mix((BigInt(low) ^ mod(seed * 0x9e3779b9n)) + y * 0x9e3779b1n);
  let coefficient = mix(a ^ y) | 1n;
  let row = 0;
  if (blocks > 1) {
    coefficient |= mix(a * 0x85ebca6bn + y) << 32n;
    row = Number((a * BigInt(32 * blocks - 63)) >> 32n);
  }
  let number = mix(a + y * 0xc2b2ae35n) >> BigInt(32 - columns);
  for (; coefficient > 0n; coefficient >>= 1n, row++)
    if (coefficient & 1n)
      for (let column = 0; column < columns; column++) {
        const bit = (word(rows + (row >> 5) * columns + column) >>> (row & 31)) & 1;
        number ^= BigInt(bit) << BigInt(column);
      }
  return number < BigInt(word(at + 2)) ? number : null;
}

describe('probe/sealed-filter', () => {
  const { filter } = sealer.seal([{ vantage: 5, keys: Uint32Array.of(1, 2) }], 8)!;

  it('is octets', () => {
    // prettier-ignore
    const expected = [
      0x49,
      0x54,
      0x46,
      0x31, // ITF1
      0,
      8,
      1,
      0, // a filter a vantage, 8 bits, 1 table
      1,
      0,
      0,
      0, // vantages
      20,
      0,
      0,
      0, // words
      5,
      0,
      0,
      0, // the vantage
      15,
      0,
      0,
      0, // words of the table
      1,
      0,
      0,
      0, // digests
      1,
      0,
      0,
      0, // values
      0,
      8,
      0,
      0, // 2^0 shards, 8 columns
      0,
      0,
      0,
      0, // shards with one more
      0,
      0,
      0,
      0, // where the rows of the shard begin
      0,
      1,
      0,
      0, // its seed, its blocks
    ];
    expect([...filter.octets.subarray(0, expected.length)]).to.deep.equal(expected);
    expect(filter.octets.length).to.equal(expected.length + 8 * 4);
  });

  it('is read as the manual says', () => {
    const seen = [
      [1, 40],
      [3, 9000],
      [20, 30_000],
    ].map(([vantage, count]) => ({ vantage: vantage!, keys: digestsOf(count!, `${vantage}`) }));
    const { filter } = sealer.seal(seen, 8)!;
    const others = digestsOf(5000, 'out');
    const asked = [...seen.map(({ keys }) => keys.subarray(0, 2000)), others];
    for (const halves of asked)
      for (let i = 0; i < halves.length; i += 2) {
        const expected = filter.vantages.filter(
          (_, place) => slowNumber(filter.octets, place, halves[i]!, halves[i + 1]!) === 0n,
        );
        expect(ask(filter, halves[i]!, halves[i + 1]!)).to.deep.equal([...expected]);
      }
  });

  it('is asked where it lies, in shared memory too', () => {
    const keys = digestsOf(3000, 'in');
    const { octets } = sealer.seal([{ vantage: 8, keys }], 8)!.filter;
    for (const at of [0, 4, 5]) {
      const shared = new Uint8Array(new SharedArrayBuffer(octets.length + 8), at, octets.length);
      shared.set(octets);
      const read = decodeFilter(shared) as SealedFilter;
      for (let i = 0; i < keys.length; i += 2) expect(ask(read, keys[i]!, keys[i + 1]!)).to.deep.equal([8]);
      const buffer = Buffer.from(shared.buffer, shared.byteOffset, shared.length);
      expect(decodeFilter(buffer)).to.include({ kind: 'each' });
      expect(read.octets.buffer === shared.buffer).to.equal(at % 4 === 0);
    }
  });

  it('says where octets are no filter', () => {
    const change = (at: number, value: number) => {
      const octets = filter.octets.slice();
      octets[at] = value;
      return decodeFilter(octets);
    };
    expect(decodeFilter(filter.octets.subarray(0, 12))).to.deep.equal({ offset: 0, wrong: '12 octets are no filter' });
    expect(change(0, 0)).to.deep.equal({ offset: 0, wrong: 'not a filter' });
    expect(change(4, 9)).to.deep.equal({ offset: 4, wrong: 'kind 9' });
    expect(change(5, 9)).to.deep.equal({ offset: 5, wrong: '9 bits' });
    expect(change(6, 2)).to.deep.equal({ offset: 6, wrong: '2 tables for 1 vantages' });
    expect(change(8, 90)).to.deep.equal({ offset: 8, wrong: '90 vantages in 20 words' });
    expect(change(12, 19)).to.deep.equal({ offset: 12, wrong: '19 words said to be in 20' });
    expect(change(20, 16)).to.deep.equal({ offset: 20, wrong: 'a table of 16 words where there are 15' });
    expect(change(20, 7)).to.deep.equal({ offset: 40, wrong: "shard 0 lies behind the table's end" });
    expect(change(28, 0)).to.deep.equal({ offset: 28, wrong: 'a table of no values' });
    expect(change(28, 2)).to.deep.equal({ offset: 28, wrong: '2 values instead of 1' });
    expect(change(32, 200)).to.deep.equal({ offset: 32, wrong: '2^200 shards' });
    expect(change(33, 33)).to.deep.equal({ offset: 32, wrong: '33 columns' });
    expect(change(36, 2)).to.deep.equal({ offset: 36, wrong: '2 of 1 shards are wide' });
    expect(change(45, 2)).to.deep.equal({ offset: 40, wrong: "shard 0 lies behind the table's end" });
  });

  it('is decoded or refused, and asked, whatever the octets', () => {
    const several = Array.from({ length: 20 }, (_, vantage) => ({ vantage, keys: digestsOf(9, `${vantage % 19}`) }));
    const bases = [
      filter.octets,
      sealer.seal(several, 8)!.filter.octets,
      sealer.seal(several.slice(12), 8)!.filter.octets,
    ];
    const edits = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...bases), edits, fc.nat(40), fc.nat(0xffffffff), (base, changes, cut, half) => {
        const octets = base.slice(0, base.length - (cut > 20 ? cut : 0));
        for (const [at, value] of changes) octets[at % octets.length] = value;
        const read = decodeFilter(octets);
        if ('wrong' in read) expect(read.offset).to.be.within(0, octets.length);
        else expect(ask(read, half, half ^ 0x55555555)).to.be.an('array');
      }),
      { numRuns: 2000 },
    );
  });
});
