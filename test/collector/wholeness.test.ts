import { expect } from 'chai';
import { createWholeness } from '../../src/collector/wholeness.ts';

const MINUTE = 60_000;

describe('collector/wholeness', () => {
  function watching() {
    let now = 0;
    const wholeness = createWholeness(() => now);
    /** Looks again after some time, and says whether the table counts as whole. */
    return (minutes: number, routes: number, { since = 1, held = false } = {}) => {
      now += minutes * MINUTE;
      return wholeness.look([{ number: 7, since, routes }], held).length > 0;
    };
  }

  it('waits as long as the table grows, and five minutes more', () => {
    const look = watching();
    for (let i = 0; i < 30; i++) expect(look(1, i * 1000)).to.equal(false);
    expect(look(4, 29_010)).to.equal(false);
    expect(look(0.9, 29_020)).to.equal(false);
    expect(look(0.1, 29_020)).to.equal(true);
  });

  it('does not wait for ever for a table that a route now and then comes to', () => {
    const look = watching();
    look(0, 1_000_000);
    for (let i = 1; i < 5; i++) expect(look(1, 1_000_000 + i * 100)).to.equal(false);
    expect(look(1, 1_000_500)).to.equal(true);
  });

  it('takes each new route of a small table for growth', () => {
    const look = watching();
    look(0, 0);
    expect([look(4, 1), look(4, 2), look(4, 2), look(1, 2)]).to.deep.equal([false, false, false, true]);
  });

  it('counts no time in which nothing is read', () => {
    const look = watching();
    look(0, 10);
    expect(look(60, 10, { held: true })).to.equal(false);
    expect([look(4, 10), look(1, 10)]).to.deep.equal([false, true]);
  });

  it('begins anew with each session', () => {
    const look = watching();
    look(0, 10);
    expect([look(4, 10), look(4, 10, { since: 2 }), look(5, 10, { since: 2 })]).to.deep.equal([false, false, true]);
  });
});
