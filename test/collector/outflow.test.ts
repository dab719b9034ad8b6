import { expect } from 'chai';
import fc from 'fast-check';
import { createOutflow } from '../../src/collector/outflow.ts';
import type { JudgedChange } from '../../src/registry/judged-change.ts';

const change = (time: number): JudgedChange => ({
  peer: 'p',
  peerAs: 64496,
  peerAddress: '192.0.2.1',
  prefix: '192.0.2.0/24',
  origin: 64666,
  what: 'held',
  why: 'update',
  time,
  path: [],
  kind: 'origin',
  offender: 64666,
  ground: '',
  state: 'mismatch',
  decidedBy: '192.0.2.0/24',
});

function outflow() {
  const sent: number[][] = [];
  const held: boolean[] = [];
  const flow = createOutflow(
    changes => sent.push(changes.map(({ time }) => time)),
    on => held.push(on),
  );
  return { flow, sent, held };
}

describe('collector/outflow', () => {
  it('sends what was told in this turn as one batch, in order', async () => {
    const { flow, sent } = outflow();
    for (const time of [1, 2, 3]) flow.tell(change(time));
    expect(sent).to.deep.equal([]);
    await new Promise(resolve => setImmediate(resolve));
    flow.flush();
    expect(sent).to.deep.equal([[1, 2, 3]]);
  });

  it('sends at once what fills a batch, and on demand what does not', () => {
    const { flow, sent } = outflow();
    for (let time = 0; time < 513; time++) flow.tell(change(time));
    expect(sent.map(batch => batch.length)).to.deep.equal([512]);
    flow.flush();
    expect(sent.map(batch => batch.length)).to.deep.equal([512, 1]);
  });

  it('holds the peers beyond 50,000 changes that were not taken, and lets them go below 10,000', () => {
    const { flow, held } = outflow();
    for (let time = 0; time < 50_000; time++) flow.tell(change(time));
    expect([flow.held, held]).to.deep.equal([false, []]);
    flow.tell(change(50_000));
    for (let time = 0; time < 999; time++) flow.tell(change(time)); // what was read already is told all the same
    expect([flow.held, held]).to.deep.equal([true, [true]]);
    flow.took(40_999);
    expect([flow.held, held]).to.deep.equal([true, [true]]);
    flow.took(1001);
    expect([flow.held, held]).to.deep.equal([false, [true, false]]);
  });

  it('loses, doubles and reorders nothing, however tell, flush and took are mixed', () => {
    const step = fc.oneof(
      fc.record({ tell: fc.integer({ min: 1, max: 30_000 }) }),
      fc.constant({ flush: true }),
      fc.record({ took: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), steps => {
        const { flow, sent, held } = outflow();
        let told = 0;
        let taken = 0;
        for (const one of steps) {
          if ('tell' in one) for (let i = 0; i < one.tell; i++) flow.tell(change(told++));
          else if ('flush' in one) flow.flush();
          else {
            const some = Math.floor((sent.reduce((sum, batch) => sum + batch.length, 0) - taken) * one.took);
            taken += some;
            flow.took(some);
          }
          const ahead = told - taken;
          if (ahead > 50_000) expect(flow.held).to.equal(true);
          if (ahead <= 10_000) expect(flow.held).to.equal(false);
        }
        flow.flush();
        expect(sent.flat()).to.deep.equal(Array.from({ length: told }, (_, i) => i));
        expect(held.every((on, i) => on === (i % 2 === 0))).to.equal(true);
      }),
      { numRuns: 50 },
    );
  });
});
