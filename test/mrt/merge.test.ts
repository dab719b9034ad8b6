import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { mergeMrt } from '../../src/mrt/merge.ts';
import { hex } from '../bgp/octets.ts';
import { ends, number, PEERS, record } from './octets.ts';

/** A state change at `seconds`; `to` tells one from the other. */
const state = (seconds: number, to: number) => hex(record(16, 5, `${ends()}0001${number(to, 2)}`, seconds));

describe('mrt/merge', () => {
  let directory = '';
  let files = 0;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'merge-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  const file = (octets: Uint8Array): string => {
    const path = join(directory, `${files++}`);
    writeFileSync(path, octets);
    return path;
  };

  /** What is found, as `FILE:SECONDS` and in words. */
  async function merged(paths: readonly string[], stdin: Readable | null = null): Promise<string[]> {
    const found: string[] = [];
    await mergeMrt(paths, stdin, {
      record: (from, { seconds, type }) => found.push(`${from}:${seconds}${type === 13 ? ' table' : ''}`),
      gap: (from, { octets }) => found.push(`${from}: ${octets} octets`),
      end: (from, error) => found.push(error === null ? `${from} ends` : `${from}: ${(error as Error).message}`),
    });
    return found;
  }

  it('takes records in the order of their times, tables first, then by the command line', async () => {
    const late = file(gzipSync(Buffer.concat([state(20, 6), state(30, 6)])));
    const early = file(Buffer.concat([state(10, 6), state(20, 6), state(25, 6)]));
    const table = file(hex(PEERS.replace(/^.{8}/, number(20, 4))));
    expect(await merged([late, early, table])).to.deep.equal([
      ...['1:10', '2:20 table', '2 ends', '0:20', '1:20', '1:25', '1 ends', '0:30', '0 ends'],
    ]);
  });
  it('keeps the order of a file whose time goes back', async () => {
    const one = file(Buffer.concat([state(10, 6), state(30, 6), state(5, 6), state(40, 6)]));
    const other = file(state(20, 6));
    expect(await merged([one, other])).to.deep.equal(['0:10', '1:20', '1 ends', '0:30', '0:5', '0:40', '0 ends']);
  });
  it('reads the standard input, which cannot be looked at twice', async () => {
    const one = file(state(15, 6));
    const stdin = Readable.from([state(10, 6), state(20, 6).subarray(0, 9), state(20, 6).subarray(9)]);
    expect(await merged([one, '-'], stdin)).to.deep.equal(['1:10', '0:15', '0 ends', '1:20', '1 ends']);
  });
  it('holds no more files open than overlap, however they are packed', async () => {
    // Longer than what is read at a time, and nothing that packing makes shorter.
    const noise = randomBytes(600_000).toString('hex');
    const long = (at: number) => Buffer.concat([state(at, 6), hex(record(16, 4, noise, at)), state(at, 5)]);
    for (const pack of [gzipSync, zstdCompressSync, (octets: Uint8Array) => octets]) {
      const paths = Array.from({ length: 20 }, (_, i) => file(pack(long(10 * i))));
      const open = () => readdirSync('/proc/self/fd').length;
      const before = open();
      const seen: number[] = [];
      await mergeMrt(paths, null, { record: () => void seen.push(open()), gap() {}, end() {} });
      expect(seen).to.have.length(60);
      expect(Math.max(...seen) - before).to.be.below(6);
      for (const path of paths) rmSync(path);
    }
  });
  it('tells what is damaged or not there, and reads the rest', async () => {
    const torn = file(gzipSync(Buffer.concat([state(10, 6), state(20, 6)])).subarray(0, -12));
    const noise = file(Buffer.alloc(30, 0xee));
    const found = await merged([torn, join(directory, 'none'), noise, file(new Uint8Array(0))]);
    expect(found.filter(one => /^0:\d/.test(one)).length).to.be.at.most(2);
    expect(found).to.include('2: 30 octets').and.to.include('2 ends').and.to.include('3 ends');
    expect(found.some(one => one.startsWith('1: ENOENT'))).to.equal(true);
    expect(found.some(one => /^0: unexpected end/.test(one))).to.equal(true);
  });
  it('loses no record and orders them, whatever the files hold', async () => {
    const times = fc.array(fc.integer({ min: 1_000_000, max: 1_000_050 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(times, { minLength: 1, maxLength: 6 }), async lists => {
        const sorted = lists.map(list => [...list].sort((a, b) => a - b));
        const found = await merged(sorted.map(list => file(Buffer.concat(list.map(at => state(at, 6))))));
        const records = found.filter(one => one.includes(':'));
        const expected = sorted
          .flatMap((list, from) => list.map(at => ({ at, from })))
          .sort((a, b) => a.at - b.at || a.from - b.from)
          .map(({ at, from }) => `${from}:${at}`);
        expect(records).to.deep.equal(expected);
      }),
      { numRuns: 40 },
    );
  });
});
