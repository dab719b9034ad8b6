import { expect } from 'chai';
import fc from 'fast-check';
import { readAskedOrder } from '../../src/daemon/asked-order.ts';

const order = { what: 'note', by: 'ann', reason: 'seen', until: null };
const question = (more: object) => ({ ask: 'mark', id: '2026-11-29-07', order, ...more });

describe('daemon/asked-order', () => {
  it('reads what a machine asks', () => {
    expect(readAskedOrder(question({}))).to.deep.equal({ id: '2026-11-29-07', order });
    const until = { ...order, what: 'dismiss', until: 5 };
    expect(readAskedOrder(question({ order: until }))!.order).to.deep.equal(until);
  });
  for (const [what, more] of [
    ['no case', { id: '../x' }],
    ['no order', { order: null }],
    ['another order', { order: { ...order, what: 'delete' } }],
    ['no name', { order: { ...order, by: 7 } }],
    ['a reason without end', { order: { ...order, reason: 'x'.repeat(5_000) } }],
    ['an end that is no time', { order: { ...order, until: 0.5 } }],
    ['an end that no date has', { order: { ...order, until: 253_402_300_800_000 } }],
    ['an end before all times', { order: { ...order, until: -1 } }],
  ] as const)
    it(`refuses ${what}`, () => expect(readAskedOrder(question(more))).to.equal(null));
  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (id, of) => void readAskedOrder({ ask: 'mark', id, order: of })),
    );
  });
});
