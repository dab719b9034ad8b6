import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type Archive, type ArchiveOptions, openArchive } from '../../src/mrt/archive.ts';
import { readGaps } from '../../src/mrt/archive-gaps.ts';
import { formatArchiveName, parseArchiveName } from '../../src/mrt/archive-name.ts';
import type { ArchivedPeer } from '../../src/mrt/bgp4mp.ts';
import { parseAddress } from '../../src/net/address.ts';
import { hex } from '../bgp/octets.ts';
import { linesOf, realBgpdump } from './dump.ts';
import { message, nextHop, nlri, ORIGIN_IGP, path, ribRecord, update } from './octets.ts';

const START = Date.UTC(2026, 2, 1, 12, 0);
const MINUTE = 60_000;
const PEER: ArchivedPeer = {
  address: parseAddress('192.0.2.1')!,
  as: 64496,
  localAddress: parseAddress('192.0.2.2')!,
  localAs: 64500,
  as4: true,
  addPath: false,
};
const UPDATE = hex(update('', ORIGIN_IGP + path([64496]) + nextHop('192.0.2.1'), nlri('10.0.0.0/8')));

/** A clock whose hands the test turns. */
function handClock(start: number) {
  let now = start;
  let timers: { at: number; call: () => void }[] = [];
  return {
    now: () => now,
    after(delay: number, call: () => void) {
      const timer = { at: now + delay, call };
      timers.push(timer);
      return () => {
        timers = timers.filter(one => one !== timer);
      };
    },
    turn(to: number) {
      for (;;) {
        const due = timers.filter(timer => timer.at <= to).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter(timer => timer !== due);
        now = Math.max(now, due.at);
        due.call();
      }
      now = to;
    },
  };
}

describe('mrt/archive', () => {
  let directory = '';
  let closed: string[] = [];
  let alarms: string[] = [];
  let notes: string[] = [];
  let due: number[] = [];
  const events = {
    closed: (file: { path: string }) => void closed.push(file.path.slice(directory.length + 1)),
    alarm: (text: string) => void alarms.push(text),
    note: (text: string) => void notes.push(text),
    ribDue: (time: number) => void due.push(time),
  };
  const options = (change: Partial<ArchiveOptions> = {}): ArchiveOptions => ({
    directory,
    updates: 5 * MINUTE,
    rib: 0,
    retain: 0,
    compress: 'gzip',
    retry: 10,
    ...change,
  });
  const lines = (name: string) =>
    linesOf(gunzipSync(readFileSync(join(directory, name))))
      .text.trimEnd()
      .split('\n');
  const names = () =>
    readdirSync(join(directory, '2026.03'))
      .filter(name => !name.endsWith('.index'))
      .sort();
  const tell = (archive: Archive, time: number) => archive.message(PEER, time * 1000, UPDATE);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'archive-'));
    closed = [];
    alarms = [];
    notes = [];
    due = [];
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('names files as RIS does, and knows its names again', () => {
    const name = { kind: 'updates', start: START + 5 * MINUTE, compress: 'gzip', incomplete: false } as const;
    expect(formatArchiveName(name)).to.equal('2026.03/updates.20260301.1205.gz');
    const table = { kind: 'bview', start: START, compress: 'zstd', incomplete: true } as const;
    expect(formatArchiveName(table)).to.equal('2026.03/bview.20260301.1200.incomplete.zst');
    for (const one of [name, table]) expect(parseArchiveName(formatArchiveName(one))).to.deep.equal(one);
    expect(parseArchiveName('updates.20260301.1205')).to.include({ compress: 'none' });
    for (const text of ['updates.20260301.1205.gz.part', 'x', '2026.03', 'rib.20260301.1205.gz'])
      expect(parseArchiveName(text)).to.equal(null);
  });

  it('cuts on the wall clock, by records and by time, in UTC', async () => {
    const clock = handClock(START + MINUTE);
    const archive = await openArchive(options(), clock, events);
    tell(archive, START + MINUTE);
    archive.state(PEER, (START + 2 * MINUTE) * 1000 + 7, 6, 1);
    tell(archive, START + 5 * MINUTE);
    tell(archive, START + 4 * MINUTE); // late: nothing is written to a file that is closed
    await archive.sync();
    expect(names()).to.include('updates.20260301.1205.gz.part');
    clock.turn(START + 12 * MINUTE);
    tell(archive, START + 3 * MINUTE); // the clock was set back: its window has its file already
    tell(archive, START + 12 * MINUTE);
    await archive.close();
    closed.sort();
    expect(closed).to.deep.equal(['1200', '1205', '1210'].map(time => `2026.03/updates.20260301.${time}.gz`));
    expect(closed.map(name => lines(name).length)).to.deep.equal([2, 2, 2]);
    expect(lines(closed[0]!)[1]).to.equal(`BGP4MP_ET|${START / 1000 + 120}.000007|STATE|192.0.2.1|64496|6|1`);
    expect(names().filter(name => name.endsWith('.part'))).to.deep.equal([]);
    expect(alarms).to.deep.equal([]);
    expect({ ...archive.status(), synced: 0, verified: '' }).to.deep.equal({
      records: 6,
      lost: 0,
      files: 3,
      waiting: 0,
      trouble: '',
      current: '',
      gaps: 0,
      verified: '',
      differing: 0,
      synced: 0,
      lastTable: 0,
    });
  });

  for (const compress of ['gzip', 'zstd', 'none'] as const)
    it(`writes what bgpdump reads, and what we read (${compress})`, async function () {
      const clock = handClock(START);
      const archive = await openArchive(options({ compress }), clock, events);
      for (let i = 0; i < 1000; i++) tell(archive, START + i);
      const short = { ...PEER, as4: false, as: 4200000000 };
      archive.message(
        short,
        START * 1000 + 2e6,
        hex(update('', ORIGIN_IGP + path([23456], 2) + nextHop('192.0.2.1'), nlri('10.0.0.0/8'))),
      );
      archive.message(
        { ...PEER, addPath: true },
        START * 1000 + 2e6,
        hex(message(2, `0005 00000007 00 0000`.replaceAll(' ', ''))),
      );
      await archive.close();
      expect(alarms).to.deep.equal([]);
      const file = join(directory, closed[0]!);
      if (compress === 'zstd') return;
      const real = realBgpdump(file);
      if (real === null) {
        if (process.env.REQUIRE_PEERS === '1') expect.fail('bgpdump is not installed');
        this.skip();
      }
      const bytes = readFileSync(file);
      expect(real).to.equal(linesOf(compress === 'gzip' ? gunzipSync(bytes) : bytes).text);
      const shown = real.trimEnd().split('\n');
      expect(shown).to.have.length(1002);
      expect(shown.slice(-2)).to.deep.equal([
        `BGP4MP_ET|${START / 1000 + 2}.000000|A|192.0.2.1|23456|10.0.0.0/8|23456|IGP|192.0.2.1|0|0||NAG||`,
        `BGP4MP_ET_AP|${START / 1000 + 2}.000000|W|192.0.2.1|64496|0.0.0.0/0|7`,
      ]);
    });

  it('writes tables when they are due, numbered throughout', async () => {
    const clock = handClock(START);
    const archive = await openArchive(options({ rib: 60 * MINUTE }), clock, events);
    clock.turn(START + 121 * MINUTE);
    // The first soon after the start, since there is none, then on the wall clock.
    expect(due).to.deep.equal([START + 30_000, START + 60 * MINUTE, START + 120 * MINUTE]);
    const attributes = hex(ORIGIN_IGP + path([64496]) + nextHop('192.0.2.1'));
    const routes = [
      { peerIndex: 0, originated: START / 1000, attributes },
      { peerIndex: 1, originated: START / 1000, attributes },
    ];
    const time = START / 1000 + 7200;
    const of = (octet: number) =>
      ribRecord(time, { afi: 1, length: 8, bytes: Uint8Array.of(octet, 0, 0, 0) }, false, routes);
    const peers = [
      { id: hex('01010101'), address: PEER.address, as: 64496 },
      { id: hex('02020202'), address: parseAddress('2001:db8::1')!, as: 4200000000 },
    ];
    const table = { collector: hex('c0000202'), view: 'rrc', peers };
    await archive.rib(START + 120 * MINUTE, table, [of(10), Buffer.concat([of(11), of(12)])]);
    await archive.close();
    expect([alarms, closed]).to.deep.equal([[], ['2026.03/bview.20260301.1400.gz']]);
    expect(lines(closed[0]!)).to.have.length(6);
    expect(lines(closed[0]!)[3]).to.equal(
      `TABLE_DUMP2|${time}|B|2001:db8::1|4200000000|11.0.0.0/8|64496|IGP|192.0.2.1|0|0||NAG||`,
    );
    const bytes = gunzipSync(readFileSync(join(directory, closed[0]!)));
    const sequences: number[] = [];
    for (let at = 0; at < bytes.length; at += 12 + bytes.readUInt32BE(at + 8))
      sequences.push(bytes.readUInt32BE(at + 12));
    expect(sequences.slice(1)).to.deep.equal([0, 1, 2]);
  });

  it('removes files by their age, and nothing else', async () => {
    const month = join(directory, '2026.01');
    mkdirSync(month);
    mkdirSync(join(directory, '2025.12'));
    for (const name of ['updates.20260101.0000.gz', 'updates.20260131.2355.gz', 'mine.txt'])
      writeFileSync(join(month, name), '');
    writeFileSync(join(directory, '2025.12', 'bview.20251231.0800.gz'), '');
    utimesSync(join(month, 'updates.20260131.2355.gz'), 0, 0);
    const clock = handClock(Date.UTC(2026, 1, 1, 1));
    const archive = await openArchive(options({ retain: 2 * 86400_000 }), clock, events);
    await archive.close();
    expect(readdirSync(directory).sort()).to.deep.equal(['2026.01', 'gaps']);
    expect(readdirSync(month).sort()).to.deep.equal(['mine.txt', 'updates.20260131.2355.gz']);
    expect(notes).to.deep.equal(['2 old files were removed']);
  });

  it('notes since when nothing was kept, and takes no line that is none for a gap', async () => {
    await (await openArchive(options(), handClock(START), events)).close();
    expect(await readGaps(directory)).to.deep.equal([]);
    appendFileSync(join(directory, 'gaps'), 'torn 20');
    utimesSync(join(directory, 'gaps'), START / 1000, START / 1000);
    await (await openArchive(options({ seamless: true }), handClock(START + MINUTE), events)).close();
    await (await openArchive(options(), handClock(START + 3 * MINUTE), events)).close();
    expect(await readGaps(directory)).to.deep.equal([
      { from: START + MINUTE, to: START + 3 * MINUTE, why: 'no archive was open' },
    ]);
  });

  it('goes on in the file of a window in which it was stopped', async () => {
    const clock = handClock(START);
    const first = await openArchive(options(), clock, events);
    tell(first, START);
    await first.close();
    clock.turn(START + MINUTE);
    const second = await openArchive(options(), clock, events);
    tell(second, START + MINUTE);
    await second.close();
    expect(lines('2026.03/updates.20260301.1200.gz')).to.have.length(2);
    expect(names()).to.deep.equal(['updates.20260301.1200.gz']);
    expect(alarms).to.deep.equal([]);
  });

  it('takes up the whole records of a torn .part', async () => {
    const clock = handClock(START);
    const first = await openArchive(options({ compress: 'none' }), clock, events);
    for (let i = 0; i < 100; i++) tell(first, START + i);
    await first.close();
    const file = join(directory, '2026.03/updates.20260301.1200');
    const whole = readFileSync(file);
    rmSync(file);
    writeFileSync(`${file}.gz.part`, gzipSync(whole));
    truncateSync(`${file}.gz.part`, gzipSync(whole).length - 20);
    writeFileSync(`${file}.gz.part.recovered`, 'left by an earlier attempt');
    writeFileSync(join(directory, '2026.03/bview.20260301.0800.gz.part'), gzipSync(whole));
    clock.turn(START + 60 * MINUTE);
    const second = await openArchive(options(), clock, events);
    await second.close();
    expect(names()).to.deep.equal(['bview.20260301.0800.incomplete.gz', 'updates.20260301.1200.gz']);
    expect(lines('2026.03/updates.20260301.1200.gz').length).to.be.within(50, 99);
    expect(lines('2026.03/bview.20260301.0800.incomplete.gz')).to.have.length(100);
    expect(notes.join()).to.match(/records are taken up again, \d+ octets are no whole record; unexpected end of file/);
    expect(alarms).to.deep.equal([]);
  });

  it('finds a file that differs from what was given', async () => {
    const clock = handClock(START);
    const archive = await openArchive(options({ compress: 'none' }), clock, events);
    tell(archive, START);
    archive.records(hex('6553f100 0010 0004 00000002 ffff'));
    await archive.close();
    expect(alarms.join()).to.match(/\.part: record 2 at octet \d+: the record is cut off before its addresses/);
  });

  it('waits for a disk that refuses, tells, and writes all once it does not', async () => {
    writeFileSync(join(directory, '2026.03'), 'in the way');
    const clock = handClock(START);
    const archive = await openArchive(options({ mostWaiting: 100_000, compress: 'none' }), clock, events);
    for (let i = 0; i < 1500; i++) tell(archive, START + i);
    while (archive.status().trouble === '') await new Promise(resolve => setTimeout(resolve, 5));
    const { records, lost, trouble } = archive.status();
    expect(records + lost).to.equal(1500);
    expect(lost).to.be.greaterThan(100);
    expect(trouble).to.match(/EEXIST|ENOTDIR/);
    rmSync(join(directory, '2026.03'));
    await archive.sync();
    tell(archive, START + 2000);
    await archive.close();
    const kinds = alarms.map(text => text.replace(/^.*(it is tried|octets wait|were lost).*$/, '$1'));
    expect(kinds.sort()).to.deep.equal(['it is tried', 'octets wait', 'were lost']);
    expect(
      linesOf(readFileSync(join(directory, closed[0]!)))
        .text.trimEnd()
        .split('\n'),
    ).to.have.length(records + 1);
  });

  describe('with a program of its own', () => {
    /** A program that archives a record each millisecond, and its lines of output as they come. */
    function run(shell: string): { child: ChildProcess; said: () => string } {
      const program = new URL('archiver.ts', import.meta.url).pathname;
      const child = spawn('bash', ['-c', `${shell} exec "${process.execPath}" "${program}" "${directory}"`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout!.on('data', chunk => {
        text += chunk;
      });
      return { child, said: () => text };
    }
    const until = async (found: () => boolean) => {
      while (!found()) await new Promise(resolve => setTimeout(resolve, 20));
    };

    it('loses nothing that was synced when it is killed', async () => {
      const { child, said } = run('');
      await until(() => /synced \d+/.test(said()));
      child.kill('SIGKILL');
      await new Promise(resolve => child.once('close', resolve));
      const synced = Number(/synced (\d+)/.exec(said())![1]);
      const archive = await openArchive(options(), handClock(START + 60 * MINUTE), events);
      await archive.close();
      expect(alarms).to.deep.equal([]);
      expect(lines('2026.03/updates.20260301.1200.gz').length).to.be.at.least(synced);
    });
    it('goes on after a full disk', async function () {
      try {
        execFileSync('prlimit', ['--version']);
      } catch {
        this.skip();
      }
      // A limit on the size of files stands for a full disk: a write fails half done, and later succeeds.
      const { child, said } = run('trap "" XFSZ; ulimit -S -f 8;');
      await until(() => /alarm .*tried again/.test(said()));
      execFileSync('prlimit', ['--fsize=unlimited', '--pid', String(child.pid)]);
      child.kill('SIGTERM');
      await new Promise(resolve => child.once('close', resolve));
      const given = Number(/given (\d+)/.exec(said())![1]);
      expect(said()).to.match(/closed \d+/);
      expect(said().match(/alarm/g)).to.have.length(1);
      expect(lines('2026.03/updates.20260301.1200.gz')).to.have.length(given);
    });
  });
});
