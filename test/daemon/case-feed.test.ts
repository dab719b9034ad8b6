import { expect } from 'chai';
import type { CaseEvent } from '../../src/bus/case-event.ts';
import { createCaseFeed } from '../../src/daemon/case-feed.ts';
import type { Witness } from '../../src/hijack/case.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import type { CursorRecord, StoreWrite } from '../../src/store/records.ts';
import { judgedChange } from '../bus/judged.ts';

const TOKYO = '192-0-2-1';
const PREFIX = judgedChange(1).prefix;

/** A feed into a book that only notes what it is told; `held` are witnesses of the one open case. */
function feedOf(cursors: readonly CursorRecord[] = []) {
  const told: string[] = [];
  const judged: Judged[] = [];
  const asked: string[] = [];
  const witnesses: { peer: string; as: number; address: string; state: string }[] = [];
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
      *witnesses() {
        const of = {
          kind: 'origin',
          prefix: PREFIX,
          decidedBy: PREFIX,
          offender: 64666,
          origin: 64666,
          ground: '',
        } as const;
        for (const one of witnesses) yield [of, one as Witness];
      },
      async together(events, also) {
        events();
        writes = [...also];
      },
    },
    cursors,
    mayBe: () => false,
    askResync: collector => void asked.push(collector),
    log: Object.assign(() => {}, { configure: () => {}, close: () => {}, problems: () => [] }) as never,
  });
  const take = (sequence: number, events: readonly CaseEvent[], life = 1) =>
    feed.take([{ collector: TOKYO, message: { life, sequence, events } }]);
  return { feed, take, told, judged, asked, witnesses, cursor: () => writes };
}

describe('daemon/case-feed', () => {
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

  it('asks for all that is held where a message is missing, and until it is told', async () => {
    const { take, asked, feed } = feedOf();
    await take(1, [{ what: 'hello' }]);
    await take(3, [{ what: 'registry' }]);
    feed.askAgain();
    expect(asked).to.deep.equal([TOKYO, TOKYO]);
    await take(4, [{ what: 'resync' }]);
    feed.askAgain();
    expect(asked, 'it has begun').to.have.length(2);
    feed.want(TOKYO);
    await take(5, [{ what: 'resynced', up: [], whole: [] }]);
    feed.askAgain();
    expect(asked, 'it was wanted once more meanwhile').to.have.length(4);
    expect(feed.counts()).to.include({ gaps: 1 });
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
});
