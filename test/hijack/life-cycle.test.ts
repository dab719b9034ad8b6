import { expect } from 'chai';
import type { CaseState } from '../../src/hijack/case.ts';
import { type LifeEvent, step } from '../../src/hijack/life-cycle.ts';

describe('hijack/life-cycle', () => {
  // State, event, next state and notice, in words of research: hijack 3.5. `quietly`: only who was told of the begin.
  type Row = [state: CaseState, event: LifeEvent, next: CaseState, notice?: 'begin' | 'end', quietly?: true];
  const table: Row[] = [
    ['suspected', 'held', 'suspected'],
    ['suspected', 'held-up', 'ongoing', 'begin'],
    ['suspected', 'faded', 'suspected'],
    ['suspected', 'out-of-sight', 'suspected'],
    ['suspected', 'let-go', 'suspected'],
    ['suspected', 'stayed-away', 'resolved', 'end'],
    ['suspected', 'cleared', 'resolved', 'end', true],
    ['suspected', 'quiet', 'suspected'],
    ['suspected', 'flaps', 'flapping', 'begin'],
    ['suspected', 'settled', 'suspected'],
    ['suspected', 'set-aside', 'dismissed'],
    ['suspected', 'taken-up', 'suspected'],
    ['ongoing', 'held', 'ongoing'],
    ['ongoing', 'held-up', 'ongoing'],
    ['ongoing', 'faded', 'fading'],
    ['ongoing', 'out-of-sight', 'unseen'],
    ['ongoing', 'let-go', 'ongoing'],
    ['ongoing', 'stayed-away', 'resolved', 'end'],
    ['ongoing', 'cleared', 'resolved', 'end'],
    ['ongoing', 'quiet', 'dormant'],
    ['ongoing', 'flaps', 'flapping'],
    ['ongoing', 'settled', 'ongoing'],
    ['ongoing', 'set-aside', 'dismissed'],
    ['ongoing', 'taken-up', 'ongoing'],
    ['dormant', 'held', 'ongoing'],
    ['dormant', 'held-up', 'ongoing'],
    ['dormant', 'faded', 'fading'],
    ['dormant', 'out-of-sight', 'unseen'],
    ['dormant', 'let-go', 'ongoing'],
    ['dormant', 'stayed-away', 'resolved', 'end'],
    ['dormant', 'cleared', 'resolved', 'end'],
    ['dormant', 'quiet', 'dormant'],
    ['dormant', 'flaps', 'flapping'],
    ['dormant', 'settled', 'dormant'],
    ['dormant', 'set-aside', 'dismissed'],
    ['dormant', 'taken-up', 'dormant'],
    ['fading', 'held', 'ongoing'],
    ['fading', 'held-up', 'fading'],
    ['fading', 'faded', 'fading'],
    ['fading', 'out-of-sight', 'unseen'],
    ['fading', 'let-go', 'fading'],
    ['fading', 'stayed-away', 'resolved', 'end'],
    ['fading', 'cleared', 'resolved', 'end'],
    ['fading', 'quiet', 'fading'],
    ['fading', 'flaps', 'flapping'],
    ['fading', 'settled', 'fading'],
    ['fading', 'set-aside', 'dismissed'],
    ['fading', 'taken-up', 'fading'],
    ['flapping', 'held', 'flapping'],
    ['flapping', 'held-up', 'flapping'],
    ['flapping', 'faded', 'flapping'],
    ['flapping', 'out-of-sight', 'unseen'],
    ['flapping', 'let-go', 'flapping'],
    ['flapping', 'stayed-away', 'resolved', 'end'],
    ['flapping', 'cleared', 'resolved', 'end'],
    ['flapping', 'quiet', 'flapping'],
    ['flapping', 'flaps', 'flapping'],
    ['flapping', 'settled', 'ongoing'],
    ['flapping', 'set-aside', 'dismissed'],
    ['flapping', 'taken-up', 'flapping'],
    ['unseen', 'held', 'ongoing'],
    ['unseen', 'held-up', 'ongoing'],
    ['unseen', 'faded', 'fading'],
    ['unseen', 'out-of-sight', 'unseen'],
    ['unseen', 'let-go', 'ongoing'],
    ['unseen', 'stayed-away', 'resolved', 'end'],
    ['unseen', 'cleared', 'resolved', 'end'],
    ['unseen', 'quiet', 'unseen'],
    ['unseen', 'flaps', 'flapping'],
    ['unseen', 'settled', 'unseen'],
    ['unseen', 'set-aside', 'dismissed'],
    ['unseen', 'taken-up', 'unseen'],
    ['dismissed', 'held', 'dismissed'],
    ['dismissed', 'held-up', 'dismissed'],
    ['dismissed', 'faded', 'dismissed'],
    ['dismissed', 'out-of-sight', 'dismissed'],
    ['dismissed', 'let-go', 'dismissed'],
    ['dismissed', 'stayed-away', 'resolved', 'end', true],
    ['dismissed', 'cleared', 'resolved', 'end', true],
    ['dismissed', 'quiet', 'dismissed'],
    ['dismissed', 'flaps', 'dismissed'],
    ['dismissed', 'settled', 'dismissed'],
    ['dismissed', 'set-aside', 'dismissed'],
    ['dismissed', 'taken-up', 'suspected'],
    ['resolved', 'held', 'resolved'],
    ['resolved', 'held-up', 'resolved'],
    ['resolved', 'faded', 'resolved'],
    ['resolved', 'out-of-sight', 'resolved'],
    ['resolved', 'let-go', 'resolved'],
    ['resolved', 'stayed-away', 'resolved'],
    ['resolved', 'cleared', 'resolved'],
    ['resolved', 'quiet', 'resolved'],
    ['resolved', 'flaps', 'resolved'],
    ['resolved', 'settled', 'resolved'],
    ['resolved', 'set-aside', 'resolved'],
    ['resolved', 'taken-up', 'resolved'],
  ];
  for (const [state, event, next, notice = null, quietly] of table)
    it(`${state}, ${event}: ${next}${notice === null ? '' : `, ${notice} notice`}${quietly ? ' if begun' : ''}`, () =>
      expect(step(state, event)).to.deep.equal({ state: next, notice, ...(quietly && { ifBegun: true }) }));

  it('has a row for every state and event', () => {
    const states = new Set(table.map(([state]) => state));
    const events = new Set(table.map(([, event]) => event));
    expect(table).to.have.length(states.size * events.size);
    expect([states.size, events.size]).to.deep.equal([8, 12]);
  });

  it('ends nothing that is held or out of sight, or by being looked at', () => {
    for (const [, event, next] of table.filter(([state]) => state !== 'resolved'))
      if (next === 'resolved') expect(event).to.be.oneOf(['stayed-away', 'cleared']);
  });
});
