import { expect } from 'chai';
import { createRunningTraces, type Running } from '../../src/daemon/running-traces.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { PARTIAL, TRACE } from '../control/scripted.ts';

/** A trace that runs until it is ended, and then is stored as cancelled. */
function until({ signal, begun }: Running, id = TRACE.id): Promise<Trace> {
  begun(id, () => ({ ...PARTIAL, id }));
  const ended = (): Trace => ({ ...TRACE, id, state: 'cancelled', cancelledBy: String(signal.reason) });
  return new Promise(resolve => {
    if (signal.aborted) resolve(ended());
    else signal.addEventListener('abort', () => resolve(ended()));
  });
}

describe('daemon/running-traces', () => {
  it('lists what runs, the latest first, and nothing that has ended', async () => {
    const traces = createRunningTraces();
    const outer = new AbortController();
    const both = ['t1', 't2'].map(id => traces.run(one => until(one, id), outer.signal, 'user alice'));
    expect(traces.list().map(({ id }) => id)).to.deep.equal(['t2', 't1']);
    expect(traces.get('t1')).to.include({ state: 'partial' });
    outer.abort();
    for (const { state, cancelledBy } of await Promise.all(both))
      expect([state, cancelledBy]).to.deep.equal(['cancelled', 'user alice']);
    expect(traces.list()).to.deep.equal([]);
    expect(traces.get('t1')).to.equal(null);
  });
  it('ends one by its name, and tells who asked and who ended it the same', async () => {
    const traces = createRunningTraces();
    const asked = traces.run(until);
    const cancelled = await traces.cancel(TRACE.id, 'user bob');
    expect(cancelled).to.include({ state: 'cancelled', cancelledBy: 'user bob' });
    expect(await asked).to.equal(cancelled);
    expect(traces.cancel(TRACE.id, 'user bob')).to.equal(null);
  });
  it('begins none for somebody who is gone already, and forgets one that fails', async () => {
    const traces = createRunningTraces();
    expect(await traces.run(until, AbortSignal.abort(), 'user eve')).to.include({ cancelledBy: 'user eve' });
    const failed = await traces
      .run(({ begun }) => {
        begun('t3', () => PARTIAL);
        return Promise.reject(new Error('the disk is full'));
      })
      .catch((e: Error) => e.message);
    expect(failed).to.equal('the disk is full');
    expect(traces.list()).to.deep.equal([]);
  });
});
