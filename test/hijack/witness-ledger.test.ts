import { expect } from 'chai';
import fc from 'fast-check';
import type { Witness } from '../../src/hijack/case.ts';
import { commonUpstream } from '../../src/hijack/upstream.ts';
import { witnessLedger } from '../../src/hijack/witness-ledger.ts';

const OFFENDER = 64666;

const witness: fc.Arbitrary<Witness> = fc.record({
  peer: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  as: fc.constant(64500),
  address: fc.constant('203.0.113.1'),
  path: fc.constantFrom([64500, 64510, OFFENDER], [64500, 64511, OFFENDER, OFFENDER], [64500, [1, 2]], [OFFENDER], []),
  since: fc.constant(1),
  until: fc.constant(null),
  state: fc.constantFrom('holds' as const, 'gone' as const, 'unseen' as const),
  drawing: fc.boolean(),
  blackhole: fc.boolean(),
  stale: fc.constantFrom({ score: 0.5, reasons: ['x'] }, { score: 0.4, reasons: [] }),
});

describe('hijack/witness-ledger', () => {
  it('counts as they come and go what a look at all of them would', () => {
    fc.assert(
      fc.property(fc.array(witness, { maxLength: 40 }), all => {
        // Some are known from before, the others come one by one.
        const ledger = witnessLedger(OFFENDER, all.slice(0, 5));
        const known = new Map<string, Witness>();
        for (const one of all) known.set(one.peer, one);
        for (const one of all.slice(5)) ledger.set(one);
        const holders = [...known.values()].filter(({ state }) => state === 'holds');
        const of = (state: Witness['state']) => [...known.values()].filter(one => one.state === state).length;
        expect(ledger.counts).to.deep.equal({ holds: of('holds'), gone: of('gone'), unseen: of('unseen') });
        expect([ledger.drawing, ledger.blackholing, ledger.stale]).to.deep.equal([
          holders.filter(({ drawing }) => drawing).length,
          holders.filter(({ blackhole }) => blackhole).length,
          holders.filter(({ stale }) => stale!.score >= 0.5).length,
        ]);
        expect(ledger.upstream()).to.equal(
          commonUpstream(
            holders.map(({ path }) => path),
            OFFENDER,
          ),
        );
        expect([...ledger.values()]).to.deep.equal([...known.values()]);
        expect([ledger.size, ledger.get('a')]).to.deep.equal([known.size, known.get('a')]);
      }),
    );
  });

  it('says once who is new or another', () => {
    const [one] = fc.sample(witness, 1) as [Witness];
    const ledger = witnessLedger(OFFENDER, [{ ...one, peer: 'a' }]);
    expect(ledger.news().map(({ peer }) => peer)).to.deep.equal(['a']);
    expect(ledger.news()).to.deep.equal([]);
    ledger.set({ ...one, peer: 'b' });
    expect(ledger.news().map(({ peer }) => peer)).to.deep.equal(['b']);
  });
});
