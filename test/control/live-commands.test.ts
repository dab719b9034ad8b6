import { expect } from 'chai';
import { carryOut } from '../../src/control/carry-out.ts';
import { COMMANDS, resolveCommand } from '../../src/control/commands.ts';
import type { Daemon } from '../../src/control/daemon.ts';
import { looksOnly } from '../../src/control/levels.ts';
import { createLiveQueue } from '../../src/control/live-queue.ts';
import type { LogRow, Told } from '../../src/control/live-rows.ts';
import { until } from '../interop/bgp-peers.ts';
import { LINE, PARTIAL, scriptedDaemon, TRACE } from './scripted.ts';

describe('control/live-commands', () => {
  /** Begins a command; its rows come one by one, each taken at once. */
  function begin(line: string, over: Partial<Daemon>) {
    const resolved = resolveCommand(line.split(' '));
    if ('error' in resolved) throw new Error(resolved.error);
    const gone = new AbortController();
    const rows: unknown[] = [];
    const asked = { resolved, by: 'user alice', signal: gone.signal };
    const ended = carryOut(scriptedDaemon(over), asked, { row: async row => void rows.push(row) });
    return { rows, ended, stop: () => gone.abort() };
  }

  it('tells each row of one topic with its mark, and goes on behind the one that is given', async () => {
    const asked: unknown[] = [];
    let take: (told: Told) => void = () => {};
    let ended = 0;
    const follow: Daemon['follow'] = (topics, since, own) => {
      asked.push([topics, since]);
      take = own;
      return () => void ended++;
    };
    const watching = begin('watch sessions since a.4', { follow });
    await until('it listens', () => asked.length === 1);
    take({ mark: 'a.4', about: null, key: null, row: {} });
    take({ mark: 'a.4', about: 'sessions', key: 'tyo1', row: { peer: 'tyo1' } });
    await until('two rows', () => watching.rows.length === 2);
    watching.stop();
    expect(await watching.ended).to.deep.equal({ how: 'cancelled' });
    await until('nobody is told any more', () => ended === 1);
    expect(asked).to.deep.equal([[['sessions'], 'a.4']]);
    expect(watching.rows).to.deep.equal([{ mark: 'a.4' }, { mark: 'a.4', peer: 'tyo1' }]);
  });

  it('tells of all topics at once which one each row is of', async () => {
    const follow: Daemon['follow'] = (topics, _since, take) => {
      expect(topics).to.have.length(9);
      take({ mark: 'a.1', about: null, key: null, row: { gap: 'why' } });
      take({ mark: 'a.2', about: 'cases', key: null, row: LINE });
      return () => {};
    };
    const watching = begin('watch all', { follow });
    await until('two rows', () => watching.rows.length === 2);
    watching.stop();
    expect(watching.rows).to.deep.equal([
      { mark: 'a.1', gap: 'why' },
      { mark: 'a.2', about: 'cases', row: LINE },
    ]);
  });

  it('tells lines of the log from a level up, to nobody who may only look', async () => {
    const asked: string[] = [];
    let take: (row: LogRow) => void = () => {};
    const followLog: Daemon['followLog'] = (level, own) => {
      asked.push(level);
      take = own;
      return () => void asked.push('ended');
    };
    const watching = begin('watch log level warn', { followLog });
    await until('it listens', () => asked.length === 1);
    const line = { time: 1, level: 'error', text: 'disk full' } as const;
    take(line);
    await until('a row', () => watching.rows.length === 1);
    watching.stop();
    await until('nobody is told any more', () => asked.length === 2);
    expect(asked).to.deep.equal(['warn', 'ended']);
    expect(watching.rows).to.deep.equal([line]);
    expect(
      COMMANDS.filter(one => one.syntax.startsWith('watch') && !looksOnly(one)).map(one => one.syntax),
    ).to.deep.equal(['watch log [level LEVEL]']);
  });

  it('shows a trace whenever it has grown, and ends when it is over', async () => {
    let now = PARTIAL;
    let changed: (over: boolean) => void = () => {};
    const trace: Daemon['trace'] = async () => now;
    const followTrace: Daemon['followTrace'] = (_id, own) => {
      changed = own;
      return () => {};
    };
    const watching = begin(`watch trace ${TRACE.id}`, { trace, followTrace });
    await until('what is known', () => watching.rows.length === 1);
    now = { ...PARTIAL, queries: 2 };
    changed(false);
    await until('what is known then', () => watching.rows.length === 2);
    now = TRACE;
    changed(false);
    changed(true);
    expect(await watching.ended).to.include({ how: 'done' });
    expect(watching.rows).to.deep.equal([PARTIAL, { ...PARTIAL, queries: 2 }, TRACE]);
  });

  it('shows a trace that is over once, and none that there is not', async () => {
    const over = begin(`watch trace ${TRACE.id}`, {});
    expect(await over.ended).to.include({ how: 'done' });
    expect(over.rows).to.deep.equal([TRACE]);
    const none = await begin('watch trace t20200101-000000-0000', {}).ended;
    expect(none).to.deep.equal({ how: 'failed', error: 'there is no trace t20200101-000000-0000' });
  });

  it('keeps of rows of a table the latest of each, and of others a thousand, and counts the rest', () => {
    const queue = createLiveQueue(new AbortController().signal);
    for (let i = 0; i < 1200; i++) {
      queue.add({ mark: `a.${i}`, about: 'cases', key: null, row: { i } });
      queue.add({ mark: `a.${i}`, about: 'sessions', key: `peer${i % 2}`, row: { i } });
    }
    const { told, leftOut } = queue.take();
    expect([told.length, leftOut]).to.deep.equal([1002, 200]);
    expect(told.slice(-2).map(one => one.row)).to.deep.equal([{ i: 1198 }, { i: 1199 }]);
    expect(queue.take()).to.deep.equal({ told: [], leftOut: 0 });
  });
});
