import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FIRST_HASH, readCommitment } from '../../../src/probe/proof/commitments.ts';
import { capture, captureNames, forEachRecord } from '../../packet/captures.ts';
import { packetAt, questionsAbout } from '../tapped.ts';
import { keptOnDisk } from './kept-on-disk.ts';

const EPOCH = 351_564;
const HOUR = EPOCH * 3600;
const MEMORY = 64 * 1024 * 1024;

describe('probe/window-storage', () => {
  let folder: string;
  beforeEach(() => {
    // Thousands of files are forced to the disk: in memory that takes no time.
    folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'intertrack-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const files = (epoch = EPOCH) => readdirSync(join(folder, 'windows', String(epoch))).sort();
  const fileAt = (name: string) => join(folder, 'windows', String(EPOCH), name);
  const records = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => packetAt(HOUR + from + i, from + i));
  /** Takes packets of a second each and ends as if it were killed. */
  const run = async (from: number, to: number) => {
    const probe = await keptOnDisk(folder);
    for (const record of records(from, to)) probe.take(record);
    await probe.settle();
    return probe;
  };

  it('answers from files as from memory, and after a restart', async () => {
    const before = await run(0, 40);
    expect(files()).to.deep.equal([0, 1, 2].map(i => `${HOUR / 10 + i}-0`));
    const asked = records(0, 30).map(record => questionsAbout(record, 500)[0]!);
    const first = asked.map(question => before.ask(question).sightings);
    for (const sightings of first) expect(sightings).to.have.length(1);
    const after = await keptOnDisk(folder);
    expect(after.said).to.deep.equal([]);
    asked.forEach((question, i) => {
      const answer = after.ask(question);
      expect(answer.sightings).to.deep.equal(first[i]);
      expect(answer).to.deep.include({ retained: { from: HOUR * 1000, to: (HOUR + 30) * 1000 } });
    });
    const [never] = questionsAbout(packetAt(HOUR + 15, 9999), 2000);
    after.take(packetAt(HOUR + 60, 60));
    expect(after.ask(never!)).to.deep.include({ sightings: [], covered: true, holes: [] });
  });

  it('loses at most what was live when it was killed, and says so', async () => {
    await run(0, 37);
    const after = await run(55, 90);
    const [lost] = questionsAbout(packetAt(HOUR + 33, 33), 500);
    expect(after.ask(lost!)).to.deep.include({
      sightings: [],
      covered: false,
      holes: [{ from: (HOUR + 32) * 1000, to: (HOUR + 34) * 1000 }],
    });
    for (const record of [...records(0, 30), ...records(55, 80)]) {
      const answer = after.ask(...questionsAbout(record, 0));
      expect(answer.sightings, `${record.seconds - HOUR}`).to.have.length(1);
      expect(answer.covered).to.equal(true);
    }
    // Started in the middle of a window: the same number twice would be two parts of it.
    const again = await run(85, 120);
    for (const record of records(85, 110)) expect(again.ask(...questionsAbout(record, 0)).sightings).to.have.length(1);
    const [between] = questionsAbout(packetAt(HOUR + 82, 1), 0);
    expect(again.ask(between!)).to.include({ covered: false });
  });

  it('writes what comes late as a further part, and finds both again', async () => {
    const probe = await run(0, 30);
    const late = packetAt(HOUR + 5, 500);
    probe.take(late);
    probe.take(packetAt(HOUR + 31, 31));
    await probe.settle();
    expect(files()).to.include(`${HOUR / 10}-1`);
    const after = await keptOnDisk(folder);
    for (const record of [late, packetAt(HOUR + 5, 5)]) {
      const answer = after.ask(...questionsAbout(record, 0));
      expect(answer.sightings).to.have.length(1);
    }
    rmSync(fileAt(`${HOUR / 10}-1`));
    const without = await keptOnDisk(folder);
    // It cannot say no for the window any more, though one part is whole. It is the oldest: what is before would be dropped.
    expect(without.said.join()).to.contain(`window ${HOUR / 10}-1 is missing`);
    expect(without.ask(...questionsAbout(late, 0))).to.include({ covered: false });
    expect(without.ask(...questionsAbout(packetAt(HOUR + 5, 5), 0)).sightings).to.have.length(1);
  });

  it('knows after a restart that nothing was there, and makes nothing of a leap', async () => {
    const limits = { retention: 10 ** 9, memory: MEMORY };
    const probe = await keptOnDisk(folder, limits);
    for (const second of [0, 1, 75, 76, 100]) probe.take(packetAt(HOUR + second, second));
    await probe.settle();
    for (const second of [80_000, 80_001, 80_002, 80_030]) probe.take(packetAt(HOUR + second, second));
    await probe.settle();
    expect(files()).to.have.length(10);
    const after = await keptOnDisk(folder, limits);
    const [quiet] = questionsAbout(packetAt(HOUR + 45, 1), 4000);
    expect(after.ask(quiet!)).to.deep.include({ sightings: [], covered: true, holes: [] });
    const [leapt] = questionsAbout(packetAt(HOUR + 40_000, 1), 4000);
    expect(after.ask(leapt!)).to.include({ covered: false });
  });

  it('takes no place of a window that is not read back yet', async () => {
    await run(0, 40);
    const before = files();
    const probe = await keptOnDisk(folder, { retention: 3_600_000, memory: MEMORY }, true);
    for (const record of records(5, 36)) probe.take({ ...record, bytes: packetAt(HOUR, 500 + record.bytes[5]!).bytes });
    await probe.settle();
    expect(files()).to.include.members([...before, `${HOUR / 10}-1`]);
    probe.readBack();
    for (const record of records(0, 30)) {
      const second = packetAt(record.seconds, 500 + record.bytes[5]!);
      const answer = probe.ask(...questionsAbout(record, 0));
      expect(answer.sightings).to.have.length(1);
      if (record.seconds >= HOUR + 5) expect(probe.ask(...questionsAbout(second, 0)).sightings).to.have.length(1);
    }
  });

  it('leaves out a file that is damaged, torn, another one, or missing, and says so', async () => {
    await run(0, 80);
    const [a, b, c, d] = files().slice(1) as [string, string, string, string];
    const octets = readFileSync(fileAt(a));
    // In the rows of the first table, behind the header.
    octets[64 + Math.ceil(octets.readUInt32LE(4) / 64) * 64 + 60]! ^= 1;
    writeFileSync(fileAt(a), octets);
    writeFileSync(fileAt(b), readFileSync(fileAt(b)).subarray(0, 90));
    writeFileSync(fileAt(c), readFileSync(fileAt(files()[0]!)));
    rmSync(fileAt(d));
    writeFileSync(fileAt(`${files().at(-1)}.new`), 'half written');
    writeFileSync(join(folder, 'windows', 'notes'), 'of somebody');
    const after = await keptOnDisk(folder);
    after.take(packetAt(HOUR + 90, 90));
    expect(after.said.map(line => line.replace(/^.*\//, ''))).to.have.members([
      `${a}: it is damaged; it is left out`,
      `${b}: its header is cut off; it is left out`,
      `${c}: it is another window; it is left out`,
      `${folder.split('/').at(-1)}: window ${d} is missing`,
    ]);
    for (let window = 0; window < 7; window++) {
      const second = window * 10 + 5;
      const answer = after.ask(...questionsAbout(packetAt(HOUR + second, second), 100));
      const whole = window < 1 || window > 4;
      expect(answer.sightings, `window ${window}`).to.have.length(whole ? 1 : 0);
      expect(answer.covered).to.equal(whole);
    }
    expect(existsSync(fileAt(`${files().at(-1)}.new`))).to.equal(false);
  });

  it('is random without the storage key, which is destroyed with the last window of its hour', async () => {
    const limits = { retention: 60_000, memory: MEMORY };
    const probe = await keptOnDisk(folder, limits);
    for (let second = 3500; second < 3660; second += 5) {
      probe.take(packetAt(HOUR + second, second));
      await probe.settle();
    }
    expect(readdirSync(join(folder, 'keys')).sort()).to.deep.equal([`${EPOCH}`, `${EPOCH + 1}`]);
    const [question] = questionsAbout(packetAt(HOUR + 3595, 3595), 0);
    expect(probe.ask(question!).sightings).to.have.length(1);
    const kept = files();
    const copies = kept.map(name => readFileSync(fileAt(name)));
    const key = readFileSync(join(folder, 'keys', `${EPOCH}`));
    expect(key).to.have.length(16);

    for (let second = 3660; second < 3720; second += 5) probe.take(packetAt(HOUR + second, second));
    await probe.settle();
    expect(readdirSync(join(folder, 'keys'))).to.deep.equal([`${EPOCH + 1}`]);
    expect(existsSync(join(folder, 'windows', `${EPOCH}`))).to.equal(false);
    const record = probe.keeper.epochs().find(({ epoch }) => epoch === EPOCH);
    expect(record).to.deep.include({ destroyed: 1_700_000_000_000, windows: 10 });

    // The files alone, from a backup, are of no use.
    const { mkdirSync } = await import('node:fs');
    mkdirSync(join(folder, 'windows', `${EPOCH}`));
    kept.forEach((name, i) => {
      writeFileSync(fileAt(name), copies[i]!);
    });
    const after = await keptOnDisk(folder, limits);
    expect(after.ask(question!)).to.deep.include({ sightings: [], covered: false });
    await after.settle();
    expect(existsSync(join(folder, 'windows', `${EPOCH}`)), 'they are taken away').to.equal(false);
  });

  it('tells whose digests nobody can ask for any more, and a tap wipes their key', async () => {
    const probe = await keptOnDisk(folder, { retention: 60_000, memory: MEMORY });
    probe.take(packetAt(HOUR, 1));
    const key = new Uint8Array(16).fill(7);
    probe.tap.setKey(EPOCH + 1, key);
    probe.tap.forget(EPOCH + 1);
    expect([...key]).to.deep.equal(Array(16).fill(0));
    expect(probe.tap.take(packetAt(HOUR + 3600, 2))).to.equal(EPOCH + 1);
    for (let second = 0; second < 3800; second += 50) {
      probe.take(packetAt(HOUR + second, second));
      await probe.settle();
    }
    expect(probe.destroyed).to.deep.equal([EPOCH]);
  });

  it('tells a chain in which nothing can be changed', async () => {
    const probe = await run(0, 60);
    const lines = readFileSync(join(folder, 'chain'), 'utf8').trimEnd().split('\n');
    let previous = FIRST_HASH;
    const entries = lines.map(line => {
      const read = readCommitment(previous, line);
      if (typeof read === 'string') expect.fail(`${line}: ${read}`);
      previous = read.hash;
      return read.entry;
    });
    expect(previous).to.equal(probe.keeper.head);
    expect(entries.map(({ what }) => what)).to.deep.equal(['key', ...Array(5).fill('window')]);
    for (let i = 0; i < lines.length; i++) {
      const changed = lines[i]!.replace(/"at":1/, '"at":2');
      expect(readCommitment(i === 0 ? FIRST_HASH : lines[i - 1]!.slice(0, 64), changed)).to.be.a('string');
    }
    // Cut off while it was written: the line is not there. What it told of is, and the chain goes on.
    appendFileSync(join(folder, 'chain'), `${previous} {"what":"win`);
    const after = await run(60, 80);
    expect(after.said).to.deep.equal([]);
    const [, , third] = lines as [string, string, string];
    writeFileSync(
      join(folder, 'chain'),
      readFileSync(join(folder, 'chain'), 'utf8').replace(third, third.replace('"packets":10', '"packets":11')),
    );
    const damaged = await run(80, 100);
    expect(damaged.said).to.have.length(1);
    expect(damaged.said[0]).to.contain('line 3 of the chain is damaged');
    expect(readdirSync(folder)).to.include('chain.damaged-1700000000000');
    expect(damaged.ask(...questionsAbout(packetAt(HOUR + 5, 5), 0)).sightings).to.have.length(1);
  });

  it('commits to a window that was written when its line was not', async () => {
    await run(0, 60);
    const chain = join(folder, 'chain');
    const lines = readFileSync(chain, 'utf8').split('\n');
    writeFileSync(chain, `${lines.slice(0, 4).join('\n')}\n`);
    const after = await keptOnDisk(folder);
    await after.settle();
    expect(after.said).to.deep.equal([]);
    expect(after.keeper.epochs()[0]).to.deep.include({ windows: 5 });
    const again = await keptOnDisk(folder);
    expect(again.keeper.head).to.equal(after.keeper.head);
    expect(again.keeper.epochs()[0]).to.deep.include({ windows: 5, first: HOUR / 10, last: HOUR / 10 + 4 });
  });

  it('keeps to its octets of disk, and drops the oldest windows whole', async () => {
    const limits = { retention: 3_600_000, memory: MEMORY, disk: 6000 };
    const probe = await keptOnDisk(folder, limits);
    for (let second = 0; second < 200; second++) {
      probe.take(packetAt(HOUR + second, second));
      if (second % 10 === 0) await probe.settle();
    }
    await probe.settle();
    const left = files();
    const octets = left.reduce((sum, name) => sum + statSync(fileAt(name)).size, 0);
    expect(octets).to.be.within(1, limits.disk);
    expect(probe.sealer.status()).to.deep.include({ diskOctets: octets });
    expect(probe.sealer.status().droppedForRoom).to.be.greaterThan(0);
    const first = Number(left[0]!.split('-')[0]) * 10;
    expect(probe.ask(...questionsAbout(packetAt(first - 1, first - 1 - HOUR), 0))).to.include({ covered: false });
    expect(probe.ask(...questionsAbout(packetAt(first, first - HOUR), 0)).sightings).to.have.length(1);
  });

  it('has no false negative on any capture, from files, after restarts in the middle', async function () {
    if (captureNames().length === 0) this.skip();
    for (const name of captureNames()) {
      const file = capture(name);
      const limits = { retention: 10 ** 12, memory: MEMORY };
      const records: Parameters<typeof questionsAbout>[0][] = [];
      forEachRecord(file, record => records.push({ ...record, bytes: record.bytes.slice() }));
      rmSync(folder, { recursive: true, force: true });
      for (const half of [records.slice(0, records.length / 2), records.slice(records.length / 2)]) {
        const probe = await keptOnDisk(folder, limits);
        for (const record of half) probe.take(record);
        probe.windows.handOverAll();
        await probe.settle();
      }
      const after = await keptOnDisk(folder, limits);
      expect(after.said).to.deep.equal([]);
      for (const record of records)
        for (const question of questionsAbout(record, 0))
          if (after.ask(question).sightings.length === 0) expect.fail(`${name}, packet ${record.number}`);
    }
  }).timeout(240_000);
});
