import { expect } from 'chai';
import type { CaseState } from '../../src/hijack/case.ts';
import { type LifeEvent, step } from '../../src/hijack/life-cycle.ts';

describe('hijack/life-cycle', () => {
  // State, event, next state and notice, in words of research: hijack 3.5.
  const table: [state: CaseState, event: LifeEvent, next: CaseState, notice?: 'begin' | 'end'][] = [
    ['suspected', 'held', 'suspected'],
    ['suspected', 'held-up', 'ongoing', 'begin'],
    ['suspected', 'out-of-sight', 'suspected'],
    ['suspected', 'let-go', 'suspected'],
    ['suspected', 'stayed-away', 'resolved', 'end'],
    ['suspected', 'cleared', 'resolved'],
    ['suspected', 'quiet', 'suspected'],
    ['ongoing', 'held', 'ongoing'],
    ['ongoing', 'held-up', 'ongoing'],
    ['ongoing', 'out-of-sight', 'unseen'],
    ['ongoing', 'let-go', 'ongoing'],
    ['ongoing', 'stayed-away', 'resolved', 'end'],
    ['ongoing', 'cleared', 'resolved', 'end'],
    ['ongoing', 'quiet', 'dormant'],
    ['dormant', 'held', 'ongoing'],
    ['dormant', 'held-up', 'ongoing'],
    ['dormant', 'out-of-sight', 'unseen'],
    ['dormant', 'let-go', 'ongoing'],
    ['dormant', 'stayed-away', 'resolved', 'end'],
    ['dormant', 'cleared', 'resolved', 'end'],
    ['dormant', 'quiet', 'dormant'],
    ['unseen', 'held', 'ongoing'],
    ['unseen', 'held-up', 'ongoing'],
    ['unseen', 'out-of-sight', 'unseen'],
    ['unseen', 'let-go', 'ongoing'],
    ['unseen', 'stayed-away', 'resolved', 'end'],
    ['unseen', 'cleared', 'resolved', 'end'],
    ['unseen', 'quiet', 'unseen'],
    ['dismissed', 'held', 'dismissed'],
    ['dismissed', 'held-up', 'dismissed'],
    ['dismissed', 'out-of-sight', 'dismissed'],
    ['dismissed', 'let-go', 'dismissed'],
    ['dismissed', 'stayed-away', 'resolved'],
    ['dismissed', 'cleared', 'resolved'],
    ['dismissed', 'quiet', 'dismissed'],
    ['resolved', 'held', 'resolved'],
    ['resolved', 'held-up', 'resolved'],
    ['resolved', 'out-of-sight', 'resolved'],
    ['resolved', 'let-go', 'resolved'],
    ['resolved', 'stayed-away', 'resolved'],
    ['resolved', 'cleared', 'resolved'],
    ['resolved', 'quiet', 'resolved'],
  ];
  for (const [state, event, next, notice = null] of table)
    it(`${state}, ${event}: ${next}${notice === null ? '' : `, ${notice} notice`}`, () =>
      expect(step(state, event)).to.deep.equal({ state: next, notice }));
});
