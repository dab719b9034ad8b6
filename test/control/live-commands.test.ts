import { expect } from 'chai';
import { carryOut } from '../../src/control/carry-out.ts';
import { COMMANDS, resolveCommand } from '../../src/control/commands.ts';
import type { Daemon } from '../../src/control/daemon.ts';
import { looksOnly } from '../../src/control/levels.ts';
import { createLiveQueue, LEFT_OUT } from '../../src/control/live-queue.ts';
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
    expect(queue.take()).to.deep.equal({ told: [], leftOut: 0, lostRows: 0 });
  });

  it('drops the rows of tables when too many wait, counts them, and takes them again once that was told', () => {
    const counted: unknown[] = [];
    const count = (changes: unknown) => void counted.push(changes);
    LEFT_OUT.subscribe(count);
    try {
      const queue = createLiveQueue(new AbortController().signal, 3);
      const row = (key: string) => ({ mark: 'a.1', about: 'sessions', key, row: { key } }) as const;
      queue.add({ mark: 'a.0', about: 'cases', key: null, row: {} });
      for (const key of ['x', 'y', 'z', 'x', 'w', 'x']) queue.add(row(key));
      const { told, leftOut, lostRows } = queue.take();
      expect([told.map(({ mark }) => mark), leftOut, lostRows]).to.deep.equal([['a.0'], 0, 5]);
      queue.add(row('x'));
      expect(queue.take()).to.deep.equal({ told: [row('x')], leftOut: 0, lostRows: 0 });
      expect(counted).to.deep.equal([5]);
    } finally {
      LEFT_OUT.unsubscribe(count);
    }
  });

  it('tells the tables anew to who was told too little of them', async () => {
    const begun: (string | null)[] = [];
    const follow: Daemon['follow'] = (_topics, since, take) => {
      begun.push(since);
      take({ mark: since ?? 'a.1', about: null, key: null, row: {} });
      const rows = begun.length === 1 ? 20_001 : 1;
      for (let i = 0; i < rows; i++) take({ mark: 'a.1', about: 'sessions', key: `p${i}`, row: { peer: `p${i}` } });
      return () => {};
    };
    const watching = begin('watch sessions', { follow });
    await until('all that is told', () => watching.rows.length === 4);
    watching.stop();
    expect(begun).to.deep.equal([null, 'a.1']);
    const gap = '20001 rows of tables were not told, for they came faster than they were read: all follow anew';
    expect(watching.rows).to.deep.equal([
      { mark: 'a.1' },
      { mark: 'a.1', gap },
      { mark: 'a.1' },
      { mark: 'a.1', peer: 'p0' },
    ]);
  });
});
