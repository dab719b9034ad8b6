import { expect } from 'chai';
import type { CaseEvent } from '../../src/bus/case-event.ts';
import { type BookTellerParts, bookTeller } from '../../src/daemon/book-teller.ts';
import { judgedChange } from '../bus/judged.ts';
import { until } from '../interop/bgp-peers.ts';

const judged = (number: number): CaseEvent => ({ what: 'judged', changes: [judgedChange(number)] });

/** A book that writes down what it hears, and is open or not. */
function book() {
  const heard: string[] = [];
  const made = {
    judged: async (changes: readonly { readonly time: number }[]) => void heard.push(`${changes[0]!.time}`),
    session: (peer: string) => void heard.push(`session ${peer}`),
    endOfRib: (peer: string) => void heard.push(`end-of-rib ${peer}`),
    peerForgotten: (peer: string) => void heard.push(`forgotten ${peer}`),
    peersAre: (names: readonly string[], mayBe: (name: string) => boolean) =>
      void heard.push(`peers ${names}${mayBe('range-192.0.2.1') ? ' and of ranges' : ''}`),
  };
  let open = made as unknown as ReturnType<BookTellerParts['book']>;
  const opened = open;
  open = undefined;
  return {
    heard,
    open: (is: boolean) => (open = is ? opened : undefined),
    /** Another one is open from now on, with what is stored. */
    another: () => (open = { ...opened! }),
    tell: bookTeller({ book: () => open, mayBe: name => name.startsWith('range-'), look: 20 }),
  };
}

describe('daemon/book-teller', () => {
  const times = (...numbers: number[]) => numbers.map(one => `${(judgedChange(one) as { time: number }).time}`);

  it('keeps what is told while no book is open in its order, and nothing that is told then overtakes it', async () => {
    const { heard, open, tell } = book();
    const told: Promise<void>[] = [];
    for (let i = 0; i < 50; i++) {
      told.push(tell(judged(i)));
      if (i % 10 === 0) await new Promise(resolve => setTimeout(resolve, 7)); // between two looks
    }
    let done = 0;
    for (const one of told) void one.then(() => done++);
    await new Promise(resolve => setTimeout(resolve, 50));
    expect([heard.length, done]).to.deep.equal([0, 0]);
    open(true);
    await tell(judged(50));
    expect(heard).to.deep.equal(times(...Array.from({ length: 51 }, (_, i) => i)));
    await until('who waited knows it', () => done === 50);
    open(false);
    const late = tell(judged(51));
    open(true);
    await late;
    expect(heard.at(-1)).to.equal(times(51)[0]);
  });

  it('keeps of sessions that come and go only what counts, however long no book is open', async () => {
    const { heard, open, tell } = book();
    const told: Promise<void>[] = [tell(judged(1))];
    for (let i = 0; i < 1_000; i++)
      for (const event of [
        { what: 'session', peer: 'a' },
        { what: 'end-of-rib', peer: 'a', time: i },
        { what: 'registry' },
        { what: 'peers', names: ['a', `b${i}`] },
        { what: 'session', peer: 'b' },
      ] as const)
        told.push(tell(event));
    told.push(tell({ what: 'forgotten', peer: 'b' }), tell(judged(2)));
    open(true);
    await Promise.all(told);
    const [first, second] = times(1, 2);
    expect(heard).to.deep.equal([
      first,
      'session a',
      'end-of-rib a',
      'peers a,b999 and of ranges',
      'forgotten b',
      second,
    ]);
  });

  it('tells a book that is opened anew who is a peer, and whose table is whole once all is told', async () => {
    const { heard, open, another, tell } = book();
    open(true);
    await tell({ what: 'peers', names: ['a', 'b'] });
    open(false);
    const told = [tell({ what: 'resync' }), tell(judged(1)), tell({ what: 'resynced', up: ['a', 'b'], whole: ['a'] })];
    another();
    await Promise.all(told);
    await tell({ what: 'session', peer: 'b' });
    const peers = 'peers a,b and of ranges';
    expect(heard).to.deep.equal([peers, peers, ...times(1), 'end-of-rib a', 'session b']);
  });
});
