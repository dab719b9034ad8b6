import { expect } from 'chai';
import { completeLine } from '../../src/vty/complete.ts';
import { createMonitor } from '../../src/vty/monitor.ts';
import { terminalOrder } from '../../src/vty/terminal.ts';
import { until } from '../interop/bgp-peers.ts';

describe('vty/monitor', () => {
  it('shows at most 50 lines at a time, and counts the others', async () => {
    const shown: (readonly string[])[] = [];
    const monitor = createMonitor({ held: () => false, show: lines => shown.push(lines) });
    for (let i = 0; i < 60; i++) monitor.take(`line ${i}`);
    monitor.missed(5);
    await until('they are shown', () => shown.length === 1);
    expect(shown[0]).to.have.length(51);
    expect(shown[0]!.slice(-2)).to.deep.equal(['line 49', '15 lines left out']);
    monitor.take('later');
    await until('the next one is', () => shown.length === 2);
    expect(shown[1]).to.deep.equal(['later']);
  });
  it('waits while an answer is printed, and forgets what it is told to', () => {
    const shown: (readonly string[])[] = [];
    let held = true;
    const monitor = createMonitor({ held: () => held, show: lines => shown.push(lines) });
    monitor.take('one');
    monitor.flush();
    expect(shown).to.deep.equal([]);
    held = false;
    monitor.flush();
    expect(shown).to.deep.equal([['one']]);
    monitor.take('two');
    monitor.clear();
    monitor.flush();
    expect(shown).to.have.length(1);
  });
});

describe('vty/terminal', () => {
  const orders: readonly (readonly [string, unknown])[] = [
    ['length 0', { length: 0 }],
    ['le 24', { length: 24 }],
    ['width 200', { width: 200 }],
    ['w 0', { width: 0 }],
    ['monitor', { monitor: 'info' }],
    ['mon w', { monitor: 'warn' }],
    ['no monitor', { monitor: null }],
    ['no mon', { monitor: null }],
  ];
  for (const [line, order] of orders)
    it(`takes "${line}"`, () => expect(terminalOrder(line.split(' '))).to.deep.equal(order));
  for (const line of ['', 'length', 'length x', 'length 24 25', 'no', 'no length', 'frob 3'])
    it(`tells what is expected in place of "${line}"`, () =>
      expect(terminalOrder(line.split(' '))).to.match(/^expected `terminal length LINES`/));
  it('refuses a level that is none, and a width nothing can be laid out for', () => {
    expect(terminalOrder(['monitor', 'loud'])).to.equal('no level "loud": expected debug, info, warn, error');
    expect(terminalOrder(['width', '10'])).to.equal('a width is 0, or from 40 to 9999 columns');
  });
  it('is completed', async () => {
    const client = { ask: () => Promise.reject(), complete: async () => [], close() {}, closed: Promise.resolve() };
    const words = async (line: string) => (await completeLine(client, line))[0].join('');
    expect(await words('terminal ')).to.equal('length monitor no width ');
    expect(await words('term no ')).to.equal('monitor ');
    expect(await words('term mon ')).to.equal('debug info warn error ');
    expect(await words('term mon info ')).to.equal('');
    expect(await words('terminal length ')).to.equal('');
  });
});
