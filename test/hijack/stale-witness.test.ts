import { expect } from 'chai';
import type { Witness } from '../../src/hijack/case.ts';
import { ALONE, isStuck, loneliness, OLD, staleness } from '../../src/hijack/stale-witness.ts';

const T0 = Date.UTC(2026, 10, 22, 4);

const holds = (peer: string, since = T0): Witness => ({
  peer,
  as: 64500,
  address: '203.0.113.1',
  path: [64500, 64666],
  since,
  until: null,
  state: 'holds',
});
const gone = (peer: string, until: number): Witness => ({ ...holds(peer), state: 'gone', until });
const found = (all: readonly Witness[], tables: number, now: number) =>
  staleness(all[0]!, loneliness(all, tables, now), now);
const score = (all: readonly Witness[], tables: number, now: number) => found(all, tables, now)?.score ?? 0;

describe('hijack/stale-witness', () => {
  it('doubts the last of several when the others have been gone for a while', () => {
    const all = [holds('a'), gone('b', T0 + 1000), gone('c', T0 + 5000)];
    expect(score(all, 3, T0 + 5000 + ALONE - 1)).to.equal(0);
    expect(score(all, 3, T0 + 5000 + ALONE)).to.equal(0.5);
    expect(found(all, 3, T0 + 5000 + ALONE)?.reasons).to.deep.equal(['all 2 others have let go']);
  });
  it('does not while another is only out of sight', () => {
    const unseen: Witness = { ...gone('c', T0), state: 'unseen' };
    expect(score([holds('a'), gone('b', T0), unseen], 3, T0 + 2 * ALONE)).to.equal(0);
  });
  it('doubts the only one of three peers, not the only one there is', () => {
    expect(score([holds('a')], 1, T0 + ALONE)).to.equal(0);
    expect(score([holds('a')], 2, T0 + ALONE)).to.equal(0);
    expect(score([holds('a')], 3, T0 + ALONE)).to.equal(0.5);
  });
  it('doubts what is old, and adds the reasons up', () => {
    expect(score([holds('a'), holds('b')], 2, T0 + OLD)).to.equal(0);
    expect(score([holds('a'), holds('b')], 2, T0 + OLD + 1)).to.equal(0.5);
    expect(score([holds('a')], 3, T0 + OLD + 1)).to.equal(1);
  });
  it('has nothing to say of one that holds nothing', () => {
    expect(found([gone('a', T0)], 3, T0 + 2 * OLD)).to.equal(null);
  });
  it('calls a route stuck when all who hold it are stale', () => {
    const stale = { ...holds('a'), stale: { score: 0.5, reasons: ['x'] } };
    expect(isStuck([stale, gone('b', T0)])).to.equal(true);
    expect(isStuck([stale, holds('b')])).to.equal(false);
    expect(isStuck([gone('b', T0)])).to.equal(false);
  });
});
