import { expect } from 'chai';
import { KEPT } from '../../src/hijack/past-cases.ts';
import { gone, held, MINUTE, openBook, T0, unseen } from './book.ts';

/** One collector has seen a route come and go, and what another one saw comes after the case is over. */
function over() {
  const opened = openBook({ skewed: true, holdUp: 1_000, holdDown: 1_000 });
  const { book, world } = opened;
  const at = (time: number) => {
    world.now = T0 + time;
    return book.tick(world.now);
  };
  book.judged([held('a', T0)]);
  at(1_000);
  world.now = T0 + 2_000;
  book.judged([gone('a', T0 + 2_000)]);
  const ended = at(3_500).filter(({ notice }) => notice === 'end');
  expect(ended).to.have.length(1);
  expect(book.open()).to.deep.equal([]);
  return { ...opened, at };
}

describe('hijack/past-cases', () => {
  it('opens no case of what is told late and was gone when the case was over', () => {
    const { book, at } = over();
    expect(book.judged([held('b', T0 + 10)])).to.deep.equal([]);
    expect(book.judged([gone('b', T0 + 2_010)])).to.deep.equal([]);
    expect(at(20_000)).to.deep.equal([]);
    expect(book.open()).to.deep.equal([]);
  });

  it('opens one of a route that is still held, when it was not told to be gone for a while', () => {
    const { book, at } = over();
    book.judged([held('b', T0 + 10)]);
    expect(at(3_500 + KEPT - 1)).to.deep.equal([]);
    at(3_500 + KEPT);
    expect(book.open().map(one => one.witnesses.map(({ peer, state }) => `${peer} ${state}`))).to.deep.equal([
      ['b holds'],
    ]);
    const told = at(3_500 + KEPT + 1_000).map(({ notice }) => notice);
    expect(told).to.deep.equal(['begin']);
  });

  it('tells of one that was held beyond that end', () => {
    const { book, world } = over();
    world.now = T0 + 9_000;
    const all = [...book.judged([held('b', T0 + 10)]), ...book.judged([gone('b', T0 + 8_000)])];
    expect(all.flatMap(({ notice }) => notice ?? [])).to.deep.equal(['begin']);
  });

  it('waits for what its collector tells next, where a session is lost', () => {
    const { book, at } = over();
    book.judged([held('b', T0 + 10), unseen('b', T0 + 3_600)]);
    expect(at(20_000)).to.deep.equal([]);
    expect(book.open()).to.deep.equal([]);
  });

  it('takes news of after the end, or beside a case that is open, as they come', () => {
    const { book } = over();
    book.judged([held('c', T0 + 3_600)]);
    book.judged([held('b', T0 + 10)]);
    expect(book.open().flatMap(({ witnesses }) => witnesses.map(({ peer }) => peer))).to.have.members(['b', 'c']);
  });

  it('holds nothing for late by a time that a clock showed before it was set back', () => {
    const HOUR = 60 * MINUTE;
    const { book, at, world } = over();
    book.judged([held('b', T0 + 10)]);
    at(-HOUR);
    at(KEPT - HOUR);
    expect(book.open(), 'what was kept back is kept no longer for it').to.have.length(1);
    world.now += 1_000;
    book.judged([gone('b', world.now)]);
    for (let i = 0; i < 3; i++) at(KEPT - HOUR + 2_000 + i * 1_000);
    expect(book.open()).to.deep.equal([]);
    world.now += 1_000;
    book.judged([held('a', world.now)]);
    expect(book.open(), 'it comes back by the new time').to.have.length(1);
  });
});
