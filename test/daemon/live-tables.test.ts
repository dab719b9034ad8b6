import { expect } from 'chai';
import { createLiveTables } from '../../src/daemon/live-tables.ts';
import { until } from '../interop/bgp-peers.ts';

describe('daemon/live-tables', () => {
  interface Row {
    readonly peer: string;
    readonly state: string;
    readonly age?: number;
  }
  const open = (read: () => Promise<readonly Row[]>, every = 3_600_000) =>
    createLiveTables([{ about: 'sessions', named: ['peer'], restless: ['age'], read }], every);

  it('tells all rows at first, then those that are others, and those that are gone', async () => {
    let rows: Row[] = [
      { peer: 'tyo1', state: 'Idle', age: 1 },
      { peer: 'osa1', state: 'Established', age: 1 },
    ];
    let readings = 0;
    const tables = open(async () => {
      readings++;
      return rows;
    });
    expect(readings).to.equal(0);
    const heard: object[] = [];
    const stop = tables.follow('sessions', (_about, _key, row) => heard.push(row));
    await until('all rows', () => heard.length === 2);
    rows = [{ peer: 'tyo1', state: 'Established', age: 2 }];
    tables.changed('sessions');
    await until('what has changed', () => heard.length === 4);
    expect(heard.slice(2)).to.deep.equal([
      { peer: 'tyo1', state: 'Established', age: 2 },
      { peer: 'osa1', gone: true },
    ]);
    rows = [{ peer: 'tyo1', state: 'Established', age: 3 }];
    const before = readings;
    tables.changed('sessions');
    await until('it is read again', () => readings > before);
    expect(heard).to.have.length(4);
    // Who comes later is told all of it, and the others nothing twice.
    const late: object[] = [];
    tables.follow('sessions', (_about, _key, row) => late.push(row));
    await until('all rows for the second', () => late.length === 1);
    expect(heard).to.have.length(4);
    stop();
    tables.close();
  });

  it('tells of a table that is too long so many rows, and that there are more', async () => {
    const rows: Row[] = ['a', 'b', 'c', 'd'].map(peer => ({ peer, state: 'Idle' }));
    const read = async () => rows;
    const tables = createLiveTables([{ about: 'sessions', named: ['peer'], restless: [], read }], 1, 3);
    const heard: object[] = [];
    const gap = 'sessions: of more than 3 rows only the first 3 are told';
    tables.follow('sessions', (_about, _key, row) => heard.push(row));
    await until('three rows', () => heard.length === 4);
    expect(heard).to.deep.equal([{ gap }, ...rows.slice(0, 3)]);
    const late: object[] = [];
    tables.follow('sessions', (_about, _key, row) => late.push(row));
    await until('the same for the second', () => late.length === 4);
    expect(late).to.deep.equal([{ gap }, ...rows.slice(0, 3)]);
    rows.shift();
    await until('one is gone, another told', () => heard.length === 6);
    expect(heard.slice(4)).to.deep.equal([rows[2], { peer: 'a', gone: true }]);
    tables.close();
  });

  it('tells whoever comes while a table cannot be read that it cannot', async () => {
    const tables = open(() => Promise.reject(new Error('the collector is gone')));
    const heard: object[] = [];
    tables.follow('sessions', (_about, _key, row) => heard.push(row));
    await until('the first is told', () => heard.length === 1);
    const late: [string | null, object][] = [];
    tables.follow('sessions', (_about, key, row) => late.push([key, row]));
    expect(late).to.deep.equal([[null, { gap: 'sessions cannot be read: the collector is gone' }]]);
    expect(heard).to.have.length(1);
    tables.close();
  });

  it('is read again and again while somebody looks, and not when nobody does', async () => {
    let readings = 0;
    const tables = open(async () => {
      readings++;
      return [];
    }, 1);
    const stop = tables.follow('sessions', () => {});
    await until('some readings', () => readings > 3);
    stop();
    tables.changed('sessions');
    await new Promise(resolve => setImmediate(resolve));
    const before = readings;
    for (let i = 0; i < 20; i++) await new Promise(resolve => setTimeout(resolve, 1));
    expect(readings).to.equal(before);
  });

  it('says once that a table cannot be read', async () => {
    let readings = 0;
    const tables = open(async () => {
      readings++;
      throw new Error('the collector is gone');
    }, 1);
    const heard: unknown[] = [];
    const stop = tables.follow('sessions', (...told) => heard.push(told));
    await until('some readings', () => readings > 3);
    stop();
    expect(heard).to.deep.equal([['sessions', null, { gap: 'sessions cannot be read: the collector is gone' }]]);
  });
});
