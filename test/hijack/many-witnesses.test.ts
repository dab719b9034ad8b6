import { expect } from 'chai';
import { PATIENCE } from '../../src/hijack/case-book.ts';
import { type CaseChange, longestWait } from '../../src/hijack/case-reports.ts';
import { FEW } from '../../src/hijack/witness-ledger.ts';
import { witnessRoom } from '../../src/hijack/witness-room.ts';
import { gone, held, last, openBook, T0, told, unseen } from './book.ts';

const MANY = 2_000;

/** A book with a hijack that so many peers see, one each two milliseconds. */
function seenByMany() {
  const { book, world } = openBook({ holdDown: 1_000 });
  const changes: CaseChange[] = [];
  for (let i = 0; i < MANY; i++) {
    world.now += 2;
    changes.push(...book.judged([held(`p${i}`, world.now, { path: [64500 + i, 64510, 64666] })]));
  }
  return { book, world, changes };
}
const size = (changes: readonly CaseChange[]) => changes.reduce((sum, one) => sum + one.case.witnesses.length, 0);

describe('hijack/case-book, a hijack that many peers see', () => {
  it('is told at most so often while nothing but its witnesses changes, and nothing of it is lost', () => {
    const { book, world, changes } = seenByMany();
    expect(changes.length).to.be.lessThan(2 * FEW);
    expect(size(changes), 'what is written of witnesses').to.be.lessThan(20 * MANY);
    expect(told(changes)).to.deep.equal(['begin']);
    world.now += longestWait(MANY);
    const [rest, ...more] = book.tick(world.now);
    expect(more).to.deep.equal([]);
    expect(rest!.why).to.match(/^\d+ changes of witnesses, the last: p1999 \(AS64500\) holds it$/);
    expect([rest!.case.witnesses.length, rest!.case.peakWitnesses, rest!.case.upstream]).to.deep.equal([
      ...[MANY, MANY, 64510],
    ]);
    world.now += longestWait(MANY);
    expect(book.tick(world.now)).to.deep.equal([]);
    expect(book.flush()).to.deep.equal([]);
  });

  it('tells what waits when it is asked to', () => {
    const { book, changes } = seenByMany();
    expect(last(changes).witnesses.length).to.be.lessThan(MANY);
    expect(last(book.flush()).witnesses).to.have.length(MANY);
    expect([...book.witnesses()]).to.have.length(MANY);
  });

  it('tells at once what people do, a step in its life, and that the last one has let go', () => {
    const { book, world } = seenByMany();
    book.flush();
    const { id } = book.open()[0]!;
    world.now += 1;
    expect(book.judged([gone('p0', world.now)])).to.deep.equal([]);
    const marked = book.acknowledge(id, { time: world.now, by: 'noc', reason: '' })!;
    expect(last(marked).witnesses.filter(({ state }) => state === 'gone')).to.have.length(1);
    const away: CaseChange[] = [];
    for (let i = 1; i < MANY; i++) {
      world.now += 2;
      away.push(...book.judged([i % 2 === 0 ? gone(`p${i}`, world.now) : unseen(`p${i}`, world.now)]));
    }
    expect(away.length).to.be.lessThan(2 * FEW);
    expect(new Set(away.map(({ case: { state } }) => state))).to.deep.equal(new Set(['ongoing', 'unseen']));
    expect(last(away).witnesses.filter(({ state }) => state === 'holds')).to.deep.equal([]);
  });

  it('has room for so many witnesses and no more, says what it left out, and asks for it once there is room', () => {
    const room = witnessRoom(100);
    const { book, world } = openBook({ room, holdDown: 0 });
    const known = () => book.open().flatMap(({ witnesses }) => witnesses).length;
    const all = Array.from({ length: 200 }, (_, i) => held(`p${i}`, T0));
    book.judged(all);
    expect([known(), book.room.leftOut, book.room.owed()]).to.deep.equal([100, 100, false]);
    const other = Array.from({ length: 70 }, (_, i) => held(`p${i}`, T0, { origin: 64667, beside: true }));
    book.judged(other);
    expect(known(), 'each case has room for a few').to.equal(100 + FEW);
    world.now += 1;
    book.judged(all.map(({ peer }) => gone(peer, world.now)));
    expect([known(), book.room.owed(), book.room.owed()]).to.deep.equal([FEW, true, false]);
  });

  it('does not end soon after a restart, for some may not have been written', () => {
    const stored = [last(seenByMany().book.flush())];
    const { book: again, world: later } = openBook({ stored, holdDown: 0 });
    later.now += 10_000;
    for (let i = 0; i < MANY; i++) expect(told(again.endOfRib(`p${i}`, later.now))).to.deep.equal([]);
    again.judged([held('late', later.now)]);
    expect(again.open().map(({ id, state }) => [id, state])).to.deep.equal([[stored[0]!.id, 'fading']]);
    later.now = T0 + PATIENCE - 1;
    expect(told(again.judged([gone('late', later.now)]))).to.deep.equal([]);
    later.now += 1;
    expect(told(again.tick(later.now))).to.deep.equal(['end']);
  });

  it('does not end while somebody holds it who found no room', () => {
    const room = witnessRoom(FEW);
    const { book, world } = openBook({ room, holdDown: 0 });
    const peers = Array.from({ length: FEW + 3 }, (_, i) => `p${i}`);
    const [first, second, third] = peers.slice(FEW) as [string, string, string];
    book.judged(peers.map(peer => held(peer, T0)));
    expect([...book.witnesses()].map(([, { peer }]) => peer)).to.deep.equal(peers);
    world.now += 1;
    const away = book.judged(peers.slice(0, FEW).map(peer => gone(peer, world.now)));
    expect([told(away), last(away).state]).to.deep.equal([[], 'unseen']);
    expect(last(away).timeline.at(-1)!.what).to.equal(
      'out of sight: peers that found no room as witnesses may hold it',
    );
    const day = () => {
      world.now += 24 * 3_600_000;
      return told(book.tick(world.now));
    };
    expect(day()).to.deep.equal([]);
    // One withdraws it, one is not configured any more, of one the session is lost, and its table whole without it.
    book.judged([gone(first, world.now), unseen(third, world.now)]);
    book.peerRemoved(second, world.now);
    expect(day()).to.deep.equal([]);
    expect(told(book.endOfRib(third, world.now))).to.deep.equal(['end']);
    expect(book.open()).to.deep.equal([]);
  });

  it('does not end by what peers do where not even the names of all had room, but by the registry', () => {
    const { book, world } = openBook({ room: witnessRoom(1), holdDown: 0 });
    const peers = Array.from({ length: FEW + 2 }, (_, i) => `p${i}`);
    book.judged(peers.map(peer => held(peer, T0)));
    world.now += 1;
    expect(told(book.judged(peers.map(peer => gone(peer, world.now))))).to.deep.equal([]);
    world.now += 24 * 3_600_000;
    expect(told(book.tick(world.now))).to.deep.equal([]);
    world.state = 'match';
    expect(told(book.registryChanged())).to.deep.equal(['end']);
  });

  it('takes who found no room as a witness once there is some and it is told anew', () => {
    const room = witnessRoom(FEW);
    const { book, world } = openBook({ room, holdDown: 0 });
    book.judged(Array.from({ length: FEW + 1 }, (_, i) => held(`p${i}`, T0)));
    room.free(FEW / 2);
    world.now += 1;
    book.judged([held(`p${FEW}`, world.now)]);
    expect(book.open()[0]!.witnesses).to.have.length(FEW + 1);
    expect([...book.witnesses()], 'each once').to.have.length(FEW + 1);
  });

  it('is no other case for being told anew as it is', () => {
    const { book, world } = openBook();
    const one = held('tyo1', T0, { path: [64500, 64510, 64666] });
    expect(book.judged([one])).to.have.length(1);
    world.now += 5;
    expect(book.judged([{ ...one, time: world.now, path: [...one.path] }])).to.deep.equal([]);
    expect(book.judged([{ ...one, time: world.now, path: [64500, 64511, 64666] }])).to.have.length(1);
    expect(book.judged([{ ...one, time: world.now, path: [64500, 64511, 64666], blackhole: true }])).to.have.length(1);
  });

  it('is judged by the path of most once enough have changed or a minute has passed', () => {
    const { book, world } = seenByMany();
    const via = (i: number) => held(`p${i}`, world.now, { path: [64500, 64511, 64666] });
    for (let i = 0; i < 10; i++) book.judged([via(i)]);
    expect(last(book.flush()).why!.path).to.not.deep.equal([64500, 64511, 64666]);
    world.now += 60_001;
    expect(last(book.tick(world.now)).why!.path).to.deep.equal([64500, 64511, 64666]);
    expect(world.now).to.be.greaterThan(T0);
  });
});
