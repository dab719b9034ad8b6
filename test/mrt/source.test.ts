import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import { findBlocks, packBlock, unpackBlock } from '../../src/mrt/archive-blocks.ts';
import { openMrt, packingOf, readMrt } from '../../src/mrt/source.ts';
import { hex } from '../bgp/octets.ts';
import { ends, record } from './octets.ts';

const COUNT = 20000;
const bytes = Buffer.concat(
  Array.from({ length: COUNT }, (_, i) => hex(record(16, 5, `${ends()}00010006`, 1700000000 + i))),
);

/** Records and gaps of a file, and the error that ended it. */
async function read(file: string, stdin: Readable | null = null) {
  let records = 0;
  let gaps = 0;
  let error = '';
  const events = { record: () => void records++, gap: () => void gaps++ };
  await readMrt(openMrt(file, stdin), events).catch((thrown: Error) => {
    error = thrown.message;
  });
  return { records, gaps, error };
}

describe('mrt/source', () => {
  let dir = '';
  const write = (name: string, content: Uint8Array) => {
    const file = join(dir, name);
    writeFileSync(file, content);
    return file;
  };
  const bzip2 = (input: Uint8Array): Buffer | null => {
    const { stdout, error } = spawnSync('bzip2', ['-c'], { input, maxBuffer: 1 << 26 });
    return error === undefined ? stdout : null;
  };
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'mrt-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  it('tells packings by their first octets', () => {
    expect(packingOf(hex('1f8b08'))).to.equal('gzip');
    expect(packingOf(hex('425a6839'))).to.equal('bzip2');
    expect(packingOf(hex('28b52ffd'))).to.equal('zstd');
    expect(packingOf(hex('6553f100000d'))).to.equal('none');
    expect(packingOf(hex('1f'))).to.equal('none');
  });
  it('reads plain, gzip of several members, zstd, and an empty file', async () => {
    const whole = { records: COUNT, gaps: 0, error: '' };
    expect(await read(write('plain', bytes))).to.deep.equal(whole);
    expect(await read(write('zstd', zstdCompressSync(bytes)))).to.deep.equal(whole);
    expect(await read(write('gzip', Buffer.concat([gzipSync(bytes), gzipSync(bytes)])))).to.deep.equal({
      ...whole,
      records: 2 * COUNT,
    });
    expect(await read(write('empty', bytes.subarray(0, 0)))).to.deep.equal({ records: 0, gaps: 0, error: '' });
  });
  it('reads the standard input', async () => {
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 100), bytes.subarray(100)];
    expect(await read('-', Readable.from(pieces, { objectMode: false }))).to.deep.equal({
      records: COUNT,
      gaps: 0,
      error: '',
    });
  });
  it('reads bzip2 by the program', async function () {
    const packed = bzip2(bytes);
    if (packed === null) {
      if (process.env.REQUIRE_PEERS === '1') expect.fail('bzip2 is not installed');
      this.skip();
    }
    expect(await read(write('packed', packed))).to.deep.equal({ records: COUNT, gaps: 0, error: '' });
    const torn = await read(write('torn', packed.subarray(0, packed.length - 10)));
    expect(torn.error).to.match(/ends unexpectedly/);
    const path = process.env.PATH;
    process.env.PATH = dir;
    try {
      const missing = await read(join(dir, 'packed'));
      expect(missing).to.deep.equal({
        records: 0,
        gaps: 0,
        error: 'bzip2(1) is not installed, and this file needs it',
      });
    } finally {
      process.env.PATH = path;
    }
  });
  it('reads all that could be unpacked of a torn file, and says that it is torn', async () => {
    for (const packed of [gzipSync(bytes), zstdCompressSync(bytes)]) {
      const { records, error } = await read(write('torn', packed.subarray(0, packed.length - 50)));
      expect(error).to.equal('unexpected end of file');
      expect(records).to.be.within(COUNT * 0.5, COUNT - 1);
    }
  });
  it('reads all of a gzip file that is damaged, and says by what', async () => {
    const packed = gzipSync(bytes);
    const whole = { records: COUNT, gaps: 0, error: '' };
    const reads = (content: Uint8Array) => read(write('gzip', content));
    expect(await reads(Buffer.concat([packed, Buffer.alloc(70_000)])), 'zeros behind it').to.deep.equal(whole);
    const behind = { ...whole, error: 'what follows is no gzip member' };
    expect(await reads(Buffer.concat([packed, Buffer.from('garbage')]))).to.deep.equal(behind);
    const cut = { ...whole, error: 'unexpected end of file' };
    expect(await reads(Buffer.concat([packed, packed.subarray(0, 7)]))).to.deep.equal(cut);
    expect(await reads(packed.subarray(0, -8))).to.deep.equal(cut);
    const change = (at: number) => {
      const copy = Buffer.from(packed);
      copy[at < 0 ? packed.length + at : at]! ^= 0x55;
      return reads(copy);
    };
    expect(await change(-8)).to.deep.equal({ ...whole, error: 'incorrect data check' });
    expect(await change(-4)).to.deep.equal({ ...whole, error: 'incorrect length check' });
    expect((await change(3)).error).to.equal('unknown flags of a gzip member');
    // Behind a damage of the data comes nothing, or noise; what is in pieces before it is read.
    const { records, error } = await change(packed.length - 10);
    expect(error).not.to.equal('');
    expect(records).to.be.greaterThan(COUNT / 2);
  });
  it('reads gzip members with all that a header may hold, cut into pieces anywhere', async () => {
    const packed = gzipSync(bytes);
    // FEXTRA, FNAME, FCOMMENT and FHCRC: RFC 1952 section 2.3.1.
    const head = Buffer.concat([
      hex('1f8b081e000000000003'),
      hex('0300 010203'),
      Buffer.from('updates\0why\0'),
      hex('abcd'),
    ]);
    const member = Buffer.concat([head, packed.subarray(10)]);
    const all = Buffer.concat([member, member]);
    const pieces = Array.from({ length: Math.ceil(all.length / 777) }, (_, i) => all.subarray(i * 777, (i + 1) * 777));
    const found = await read('-', Readable.from(pieces, { objectMode: false }));
    expect(found).to.deep.equal({ records: 2 * COUNT, gaps: 0, error: '' });
    const endless = Buffer.concat([hex('1f8b0808000000000003'), Buffer.alloc(200_000, 0x61)]);
    expect((await read(write('gzip', endless))).error).to.equal('the name of a gzip member has no end');
  });
  it('reads all frames of zstd, and says what is no frame', async () => {
    const frame = zstdCompressSync(bytes);
    const two = await read(write('two', Buffer.concat([frame, frame, zstdCompressSync(bytes.subarray(0, 0))])));
    expect(two).to.deep.equal({ records: 2 * COUNT, gaps: 0, error: '' });
    const noise = await read(write('noise', Buffer.concat([frame, hex('00112233445566778899')])));
    expect([noise.records, noise.error !== '']).to.deep.equal([COUNT, true]);
  });
  it('reads the blocks of our own archives, however many, and finds each of them', async () => {
    for (const compress of ['gzip', 'zstd'] as const) {
      const packed: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += 5000) packed.push(packBlock(bytes.subarray(at, at + 5000), compress));
      const path = write(compress, Buffer.concat(packed));
      expect(await read(path)).to.deep.equal({ records: COUNT, gaps: 0, error: '' });
      const file = await open(path);
      const size = packed.reduce((sum, block) => sum + block.length, 0);
      const blocks = await findBlocks(file, size, compress);
      await file.close();
      expect(blocks?.map(({ length }) => length)).to.deep.equal(packed.map(({ length }) => length));
      expect(Buffer.concat(packed.map(block => unpackBlock(block, compress)))).to.deep.equal(Buffer.from(bytes));
      packed[0]!.fill(0, packed[0]!.length - 8);
      expect(() => unpackBlock(packed[0]!, compress)).to.throw();
    }
  });
  it('says which file is not there', async () => {
    expect((await read(join(dir, 'nothing'))).error).to.match(/ENOENT/);
  });
});
