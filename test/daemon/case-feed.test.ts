import { expect } from 'chai';
import type { CaseEvent } from '../../src/bus/case-event.ts';
import { createCaseFeed } from '../../src/daemon/case-feed.ts';
import type { Witness } from '../../src/hijack/case.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import type { CursorRecord, StoreWrite } from '../../src/store/records.ts';
import { judgedChange } from '../bus/judged.ts';

const TOKYO = '192-0-2-1';
const NOW = Date.UTC(2026, 10, 29);
const PREFIX = judgedChange(1).prefix;

/** A feed into a book that only notes what it is told; `held` are witnesses of the one open case. */
function feedOf(cursors: readonly CursorRecord[] = [], life: number | null = null) {
  const told: string[] = [];
  const judged: Judged[] = [];
  const asked: string[] = [];
  const refused: string[] = [];
  const witnesses: { peer: string; as: number; address: string; state: string }[] = [];
  const room = { again: false };
  /** Collectors say that they have heard what they are asked for. */
  const hears = { now: false };
  const disk = { fails: false };
  let writes: readonly StoreWrite[] = [];
  const feed = createCaseFeed({
    cases: {
      async judged(changes) {
        judged.push(...changes);
        for (const { what, peer } of changes) told.push(`${what} ${peer}`);
      },
      session: peer => void told.push(`session ${peer}`),
      endOfRib: peer => void told.push(`whole ${peer}`),
      peersAre: names => void told.push(`peers ${names.join()}`),
      peerForgotten: peer => void told.push(`forgotten ${peer}`),
      registryChanged: () => void told.push('registry'),
      *witnesses(machine) {
        const of = {
          kind: 'origin',
          prefix: PREFIX,
          decidedBy: PREFIX,
          offender: 64666,
          origin: 64666,
          ground: '',
        } as const;
        for (const one of witnesses)
          if (machine === undefined || one.peer.endsWith(`@${machine}`)) yield [of, one as Witness];
      },
      roomAgain: () => room.again,
      async together(events, also) {
        events();
        if (disk.fails) throw new Error('it could not be written');
        writes = [...also];
      },
    },
    cursors,
    mayBe: () => false,
    async askResync(collector) {
      asked.push(collector);
      return hears.now;
    },
    lifeOf: () => life,
    isHere: prefix => prefix.startsWith('10.'),
    refuse: (_collector, why) => void refused.push(why),
    now: () => NOW,
    log: Object.assign(() => {}, { configure: () => {}, close: () => {}, problems: () => [] }) as never,
  });
  const take = (sequence: number, events: readonly CaseEvent[], life = 1) =>
    feed.take([{ collector: TOKYO, message: { life, sequence, events } }]);
  return { feed, take, told, judged, asked, hears, refused, witnesses, room, disk, cursor: () => writes };
}

describe('daemon/case-feed', () => {
  it('asks a machine that comes for all it holds where it collects, or did before', async () => {
    const { feed, asked } = feedOf();
    feed.back(TOKYO, false);
    feed.askAgain();
    expect(asked).to.deep.equal([]);
    feed.back(TOKYO, true);
    expect(asked).to.deep.equal([TOKYO]);
    const other = feedOf();
    await other.take(1, [{ what: 'hello' }]);
    other.feed.back(TOKYO, false);
    expect(other.asked).to.deep.equal([TOKYO]);
  });

  it('takes each message once, names peers by their collector, and writes how far it has come', async () => {
    const { take, told, cursor, feed } = feedOf();
    await take(1, [{ what: 'hello' }, { what: 'judged', changes: [judgedChange(1)] }]);
    await take(2, [
      { what: 'session', peer: 'feed' },
      { what: 'end-of-rib', peer: 'feed', time: 5 },
    ]);
    await take(2, [{ what: 'forgotten', peer: 'feed' }]);
    expect(told).to.deep.equal(['held feed@192.0.2.1', 'session feed@192.0.2.1', 'whole feed@192.0.2.1']);
    expect(cursor()).to.deep.equal([]);
    await take(3, [{ what: 'registry' }]);
    expect(cursor()).to.deep.equal([{ op: 'cursor.put', record: { collector: TOKYO, life: 1, sequence: 3 } }]);
    expect(feed.counts()).to.deep.equal({ twice: 1, gaps: 0 });
  });

  it('asks all collectors for what they hold where the stream was lost', async () => {
    const { take, asked, feed } = feedOf([{ collector: '192-0-2-2', life: 1, sequence: 9 }]);
    await take(1, [{ what: 'hello' }]);
    feed.lost();
    expect(asked).to.deep.equal(['192-0-2-2', TOKYO]);
  });

  it('asks for all that is held where a message was taken in and could not be written', async () => {
    const { take, asked, disk, feed } = feedOf();
    await take(1, [{ what: 'hello' }]);
    disk.fails = true;
    const failed = await take(2, [{ what: 'registry' }]).then(
      () => null,
      (error: Error) => error.message,
    );
    expect(failed).to.equal('it could not be written');
    expect(asked).to.deep.equal([TOKYO]);
    disk.fails = false;
    await take(2, [{ what: 'registry' }]);
    expect(feed.counts().twice, 'it comes again, and is behind the cursor').to.equal(1);
  });

  it('asks for all that is held where a message is missing, and until it is told', async () => {
    const { take, asked, feed } = feedOf();
    await take(1, [{ what: 'hello' }]);
    await take(3, [{ what: 'registry' }]);
    feed.askAgain();
    expect(asked).to.deep.equal([TOKYO, TOKYO]);
    await take(4, [{ what: 'resync' }]);
    feed.askAgain();
    expect(asked, 'it has begun').to.have.length(2);
    feed.back(TOKYO, true);
    await take(5, [{ what: 'resynced', up: [], whole: [] }]);
    feed.askAgain();
    expect(asked, 'it was wanted once more meanwhile').to.have.length(4);
    expect(feed.counts()).to.include({ gaps: 1 });
  });

  it('asks more and more seldom who has not begun to tell', () => {
    const { feed, asked } = feedOf([{ collector: TOKYO, life: 1, sequence: 9 }]);
    const times = Array.from({ length: 40 }, () => {
      const before = asked.length;
      feed.askAgain();
      return asked.length > before;
    });
    expect(times.flatMap((is, i) => (is ? [i + 1] : []))).to.deep.equal([1, 2, 4, 8, 16, 32]);
  });

  it('waits for who has heard what it is asked for, until it has another life', async () => {
    const { feed, take, asked, hears } = feedOf();
    hears.now = true;
    await take(1, [{ what: 'hello' }]);
    feed.back(TOKYO, true);
    await Promise.resolve();
    for (let i = 0; i < 100; i++) feed.askAgain();
    expect(asked).to.deep.equal([TOKYO]);
    for (let i = 0; i < 30; i++) feed.askAgain();
    expect(asked, 'nobody is believed for ever').to.have.length(2);
    await take(1, [{ what: 'hello' }], 2);
    feed.askAgain();
    expect(asked).to.have.length(3);
    await take(2, [{ what: 'resync' }], 2);
    for (let i = 0; i < 200; i++) feed.askAgain();
    expect(asked).to.have.length(3);
  });

  it('asks everybody for what found no room, once there is some again', async () => {
    const { feed, take, asked, room } = feedOf();
    await take(1, [{ what: 'hello' }]);
    feed.askAgain();
    expect(asked).to.deep.equal([]);
    room.again = true;
    feed.askAgain();
    expect(asked).to.deep.equal([TOKYO]);
  });

  it('asks at the start for what the holder before had heard', () => {
    const { asked, feed } = feedOf([{ collector: TOKYO, life: 1, sequence: 9 }]);
    feed.askAgain();
    expect(asked).to.deep.equal([TOKYO]);
  });

  it('takes for gone what is not told again, and for unseen where the session is down', async () => {
    const { take, told, witnesses } = feedOf([{ collector: TOKYO, life: 1, sequence: 0 }]);
    for (const name of ['a', 'b', 'c'])
      witnesses.push({ peer: `${name}@192.0.2.1`, as: 64497, address: '192.0.2.9', state: 'holds' });
    witnesses.push({ peer: 'a@192.0.2.2', as: 64497, address: '192.0.2.9', state: 'holds' });
    await take(1, [{ what: 'resync' }, { what: 'judged', changes: [judgedChange(1, { peer: 'a' })] }]);
    await take(2, [{ what: 'resynced', up: ['a', 'b'], whole: ['a'] }]);
    expect(told).to.deep.equal(['held a@192.0.2.1', 'gone b@192.0.2.1', 'unseen c@192.0.2.1', 'whole a@192.0.2.1']);
  });

  it('takes what a collector held for gone once it is removed for good, and waits for it no more', async () => {
    const { told, witnesses, feed, cursor, asked } = feedOf([{ collector: TOKYO, life: 1, sequence: 7 }]);
    for (const [peer, state] of [
      ['a@192.0.2.1', 'unseen'],
      ['b@192.0.2.1', 'gone'],
      ['a@192.0.2.2', 'unseen'],
    ] as const)
      witnesses.push({ peer, as: 64497, address: '192.0.2.9', state });
    expect(await feed.forget(TOKYO)).to.deep.equal({ cases: 1, witnesses: 1 });
    expect(told).to.deep.equal(['forgotten a@192.0.2.1']);
    expect(cursor()).to.deep.equal([{ op: 'cursor.forget', collector: TOKYO }]);
    feed.askAgain();
    expect(asked).to.deep.equal([]);
  });

  it('loses sight of what a collector held that begins a new life, or is not heard', async () => {
    const { take, told, witnesses, feed } = feedOf([{ collector: TOKYO, life: 1, sequence: 7 }]);
    witnesses.push({ peer: 'a@192.0.2.1', as: 64497, address: '192.0.2.9', state: 'holds' });
    await take(8, [{ what: 'end-of-rib', peer: 'a', time: 1 }]);
    await take(1, [{ what: 'hello' }], 2);
    await take(9, [{ what: 'registry' }], 1);
    feed.missed(TOKYO);
    expect(told).to.deep.equal([
      'whole a@192.0.2.1',
      'unseen a@192.0.2.1',
      'session a@192.0.2.1',
      'unseen a@192.0.2.1',
    ]);
  });

  describe('of a collector whose clock was wrong at a start', () => {
    const AHEAD = Date.UTC(2042, 0, 1);
    const cursor = (life: number, sequence: number) => ({ collector: TOKYO, life, sequence });

    it('believes the daemon that is heard now, whatever the life before said', async () => {
      const { take, told, asked, witnesses, cursor: written } = feedOf([cursor(AHEAD, 70)], NOW);
      witnesses.push({ peer: 'a@192.0.2.1', as: 64497, address: '192.0.2.9', state: 'holds' });
      await take(1, [{ what: 'hello' }], NOW);
      expect(told).to.deep.equal(['unseen a@192.0.2.1']);
      expect(asked).to.deep.equal([TOKYO]);
      expect(written()).to.deep.equal([{ op: 'cursor.put', record: cursor(NOW, 1) }]);
      await take(2, [{ what: 'session', peer: 'a' }], NOW);
      expect(told).to.include('session a@192.0.2.1');
    });

    it('has one that is not heard yet tell all it holds, and believes it once it is', async () => {
      const { take, told, asked } = feedOf([cursor(AHEAD, 70)]);
      await take(1, [{ what: 'hello' }], NOW);
      expect(told).to.deep.equal([]);
      expect(asked).to.deep.equal([TOKYO]);
    });

    it('has one that was there before another of its name tell all it holds, until it is believed again', async () => {
      // Nobody knows which of the two is heard.
      const { take, asked, told } = feedOf([cursor(NOW, 1)]);
      await take(2, [{ what: 'resync' }, { what: 'resynced', up: [], whole: [] }], NOW);
      expect(asked).to.deep.equal([]);
      await take(70, [{ what: 'session', peer: 'a' }], NOW - 5_000);
      await take(71, [{ what: 'session', peer: 'b' }], NOW - 5_000);
      expect(told).to.deep.equal([]);
      expect(asked).to.deep.equal([TOKYO]);
    });

    it('leaves out what a life before said that comes once more', async () => {
      const { take, told, feed } = feedOf([cursor(NOW, 70)], NOW);
      await take(1, [{ what: 'hello' }], NOW - 5_000);
      await take(2, [{ what: 'session', peer: 'a' }], NOW - 5_000);
      expect(told).to.deep.equal([]);
      expect(feed.counts()).to.deep.equal({ twice: 2, gaps: 0 });
    });

    it('takes no time of a change that is still to come', async () => {
      const { take, judged } = feedOf([cursor(1, 0)]);
      await take(1, [{ what: 'judged', changes: [judgedChange(1, { time: AHEAD }), judgedChange(2, { time: 7 })] }]);
      expect(judged.map(({ time }) => time)).to.deep.equal([NOW, 7]);
    });
  });

  it('believes nothing of a prefix that another partition has, and goes on', async () => {
    const { take, told, refused } = feedOf([{ collector: TOKYO, life: 1, sequence: 0 }]);
    await take(1, [{ what: 'judged', changes: [judgedChange(1, { prefix: '192.0.2.0/24' }), judgedChange(1)] }]);
    expect(told).to.deep.equal(['held feed@192.0.2.1']);
    expect(refused).to.deep.equal(['192.0.2.0/24 belongs to another partition']);
  });

  it('hears of 20,000 peers of a collector, and of no more', async () => {
    const { take, judged, refused } = feedOf([{ collector: TOKYO, life: 1, sequence: 0 }]);
    for (let i = 0; i < 21; i++)
      await take(i + 1, [
        { what: 'judged', changes: Array.from({ length: 1_000 }, (_, j) => judgedChange(1, { peer: `p${i}-${j}` })) },
      ]);
    expect(judged).to.have.length(20_000);
    expect(refused).to.have.length(1_000);
    expect(refused[0]).to.equal('it names more than 20000 peers');
  });

  it('knows 1,000 collectors, and no more', async () => {
    const { feed, refused } = feedOf();
    const of = (i: number) => `10-0-${i >> 8}-${i & 255}`;
    const messages = Array.from({ length: 1_001 }, (_, i) => ({
      collector: of(i),
      message: { life: 1, sequence: 1, events: [{ what: 'hello' } as const] },
    }));
    await feed.take(messages);
    expect(refused).to.deep.equal(['there are more than 1000 collectors']);
  });

  it('takes the last number there is, and the life behind it', async () => {
    const { take, feed, cursor } = feedOf([{ collector: TOKYO, life: 1, sequence: 1 }]);
    await take(Number.MAX_SAFE_INTEGER, [{ what: 'registry' }]);
    await take(Number.MAX_SAFE_INTEGER, [{ what: 'registry' }]);
    await take(1, [{ what: 'hello' }], 2);
    expect(feed.counts()).to.deep.equal({ twice: 1, gaps: 1 });
    expect(cursor()).to.deep.equal([{ op: 'cursor.put', record: { collector: TOKYO, life: 2, sequence: 1 } }]);
  });
});
