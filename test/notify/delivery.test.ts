import { expect } from 'chai';
import { afterAttempt, dueAt, LIFETIME, type Outcome } from '../../src/notify/delivery.ts';
import type { OutboxRecord } from '../../src/store/records.ts';
import { outboxRecord } from '../store/batches.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const deferred: Outcome = { result: 'deferred', error: 'connection refused' };
const refused: Outcome = { result: 'refused', error: '550 no such user' };

describe('notify/delivery', () => {
  const row: OutboxRecord = { ...outboxRecord('c.begin.1', 'c'), created: 0 };

  it('marks what the server took', () => {
    const after = afterAttempt({ ...row, attempts: 3, lastError: 'x' }, { result: 'sent' }, 9, 30 * SECOND);
    expect(after).to.deep.equal({ ...row, state: 'sent', attempts: 4, due: 9, lastError: '' });
  });

  const waits: [attempts: number, outcome: Outcome, wait: number][] = [
    [0, deferred, 30 * SECOND],
    [1, deferred, 60 * SECOND],
    [2, deferred, 120 * SECOND],
    [6, deferred, 1920 * SECOND],
    [7, deferred, HOUR],
    [500, deferred, HOUR],
    [0, refused, 4 * HOUR],
    [20, refused, 4 * HOUR],
  ];
  for (const [attempts, outcome, wait] of waits)
    it(`waits ${wait / SECOND} s when attempt ${attempts + 1} is ${outcome.result}`, () => {
      const after = afterAttempt({ ...row, attempts }, outcome, 1000, 30 * SECOND);
      expect([after.state, after.attempts, after.due - 1000]).to.deep.equal(['pending', attempts + 1, wait]);
      expect(after.lastError).to.equal(outcome.result === 'sent' ? '' : outcome.error);
    });

  it('tries a last time when five days have passed, and then gives up', () => {
    const late = afterAttempt({ ...row, attempts: 50 }, deferred, LIFETIME - 10, 30 * SECOND);
    expect([late.state, late.due]).to.deep.equal(['pending', LIFETIME]);
    const last = afterAttempt(late, deferred, LIFETIME, 30 * SECOND);
    expect([last.state, last.attempts]).to.deep.equal(['failed', 52]);
  });

  it('does not wait for a clock that was set back', () => {
    expect(dueAt({ attempts: 1, due: 1000 * HOUR }, 5)).to.equal(4 * HOUR + 5);
    expect(dueAt({ attempts: 1, due: HOUR }, 5)).to.equal(HOUR);
  });

  it('tries at once what another machine has written by a clock that is ahead', () => {
    expect(dueAt({ attempts: 0, due: HOUR }, 5)).to.equal(5);
    expect(dueAt({ attempts: 0, due: 1 }, 5)).to.equal(1);
  });
});
