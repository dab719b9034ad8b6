import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { LogRow } from '../../src/control/live-rows.ts';
import { type HeardLog, logLine, openLog } from '../../src/daemon/log.ts';
import { until } from '../interop/bgp-peers.ts';

describe('daemon/log', () => {
  let directory: string;
  let log: HeardLog;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'log-'));
    log = openLog(false);
  });
  afterEach(async () => {
    await log.close();
    rmSync(directory, { recursive: true, force: true });
  });
  /** Levels and texts of the lines of a file. */
  const lines = (file: string) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map(line => line.slice(25).trim());

  const TIME = Date.UTC(2026, 2, 1, 12, 0, 3);
  it('writes a line: time, level, text, and fields that say something', () => {
    const fields = { peer: 'tyo1', reason: 'moving to "rack 7"', none: undefined, empty: '', nothing: null, count: 3 };
    expect(logLine(TIME, 'warn', 'peer tyo1: Idle', fields)).to.equal(
      '2026-03-01T12:00:03.000Z warn  peer tyo1: Idle peer=tyo1 reason="moving to \\"rack 7\\"" count=3\n',
    );
  });

  it('stays on one line, whatever comes from outside', () => {
    const line = logLine(TIME, 'warn', 'peer x: a\nb', { reason: 'c\r\n\u001b[2Jd\u202e', object: { a: '\n' } });
    expect(line).to.match(/^[^\p{Cc}\p{Cf}]+\n$/u);
    expect(line).to.contain('a\\u{a}b');
  });

  it('cuts a value that is too long', () => {
    expect(logLine(TIME, 'warn', 'x', { hex: 'f'.repeat(10_000) })).to.have.length.below(1200);
  });

  it('gives each destination what is of its level', async () => {
    const [all, bad] = [join(directory, 'all'), join(directory, 'bad')];
    log.configure([
      { to: 'file', file: all, level: 'info' },
      { to: 'file', file: bad, level: 'warn' },
    ]);
    log('debug', 'one');
    log('info', 'two');
    log('error', 'three');
    await log.close();
    expect(lines(all)).to.deep.equal(['info  two', 'error three', '']);
    expect(lines(bad)).to.deep.equal(['error three', '']);
  });

  it('opens a file anew when it is configured again, as after a rotation', async () => {
    const file = join(directory, 'log');
    const to = [{ to: 'file', file, level: 'info' }] as const;
    log.configure(to);
    log('info', 'before');
    await until('written', () => existsSync(file) && lines(file).length > 1);
    renameSync(file, `${file}.1`);
    log.configure(to);
    log('info', 'after');
    await log.close();
    expect(lines(`${file}.1`)).to.deep.equal(['info  before', '']);
    expect(lines(file)).to.deep.equal(['info  after', '']);
  });

  it('goes on without a file that cannot be written, and says so', async () => {
    const [good, wrong] = [join(directory, 'good'), join(directory, 'none', 'log')];
    log.configure([
      { to: 'file', file: wrong, level: 'info' },
      { to: 'file', file: good, level: 'info' },
    ]);
    log('info', 'one');
    await until('it says so', () => log.problems().length > 0);
    expect(log.problems()[0]).to.match(/none\/log: ENOENT/);
    log('info', 'two');
    await log.close();
    expect(lines(good)).to.deep.equal(['info  one', 'info  two', '']);
  });

  it('tells who listens every line from a level up, wherever it goes otherwise', () => {
    log.configure([{ to: 'file', file: join(directory, 'quiet'), level: 'error' }]);
    const told: LogRow[] = [];
    const stop = log.follow('info', row => told.push(row));
    log('debug', 'too low');
    log('info', 'peer tyo1\u001b[2J is up', { as: 64496 });
    stop();
    log('error', 'too late');
    expect(told.map(({ level, text }) => `${level} ${text}`)).to.deep.equal([
      'info peer tyo1\\u{1b}[2J is up as=64496',
    ]);
    expect(told[0]!.time).to.be.a('number');
  });
});
