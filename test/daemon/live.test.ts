import { expect } from 'chai';
import { createLive } from '../../src/daemon/live.ts';
import { LINE, NOTICES, PARTIAL, TRACE } from '../control/scripted.ts';
import { until } from '../interop/bgp-peers.ts';

describe('daemon/live', () => {
  it('tells of cases, notices and traces in the order in which they came', () => {
    const live = createLive(36 ** 7);
    const { follow } = live.answers([], () => false);
    const heard: [string, unknown][] = [];
    const stop = follow(['cases', 'notices', 'traces'], null, ({ mark, row }) => heard.push([mark, row]));
    live.case(LINE);
    live.notice({ ...NOTICES[0]!, body: 'a letter' } as Parameters<typeof live.notice>[0]);
    live.trace({ ...PARTIAL, caseId: LINE.case });
    stop();
    live.trace(TRACE);
    expect(heard.map(([mark]) => mark)).to.deep.equal([0, 1, 2, 3].map(n => `10000000.${n}`));
    expect(heard[1]![1]).to.equal(LINE);
    expect(heard[2]![1]).to.include({ id: NOTICES[0]!.id }).and.not.to.have.property('body');
    expect(heard[3]![1]).to.deep.include({
      trace: PARTIAL.id,
      state: 'partial',
      caseId: LINE.case,
      queries: PARTIAL.queries,
    });
    expect((heard[3]![1] as { ases: number }).ases).to.be.greaterThan(0);
    live.close();
  });

  it('tells of a trace that runs whenever more is known of it, until it is over', () => {
    const live = createLive(0);
    const { followTrace } = live.answers([], id => id === TRACE.id);
    expect(followTrace('t20260301-120000-none', () => {})).to.equal(null);
    const heard: boolean[] = [];
    const stop = followTrace(TRACE.id, over => heard.push(over))!;
    live.trace(PARTIAL);
    live.trace({ ...PARTIAL, id: 't20260301-120000-none' });
    live.traceOver(TRACE.id);
    stop();
    live.trace(PARTIAL);
    expect(heard).to.deep.equal([false, true]);
  });

  it('has tables read for those who look, with where the telling is', async () => {
    const live = createLive(0);
    let state = 'Idle';
    const { follow } = live.answers(
      [{ about: 'sessions', named: ['peer'], restless: [], read: async () => [{ peer: 'tyo1', state }] }],
      () => false,
    );
    live.case(LINE);
    const heard: unknown[] = [];
    const stop = follow(['sessions'], null, told => heard.push(told));
    await until('the table', () => heard.length === 2);
    state = 'Established';
    live.changed('sessions');
    await until('the change', () => heard.length === 3);
    expect(heard[2]).to.deep.equal({
      ...{ mark: '0.1', about: 'sessions', key: '{"peer":"tyo1"}' },
      row: { peer: 'tyo1', state: 'Established' },
    });
    stop();
    live.close();
  });
});
