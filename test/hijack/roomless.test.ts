import { expect } from 'chai';
import fc from 'fast-check';
import type { Witness } from '../../src/hijack/case.ts';
import { FEW } from '../../src/hijack/witness-ledger.ts';
import type { WitnessRoom } from '../../src/hijack/witness-room.ts';
import { gone, held, openBook, T0, unseen } from './book.ts';

/** As many as find room in any case, and a few more, of whom things are told. */
const FIRST = Array.from({ length: FEW - 2 }, (_, i) => `first${i}`);
const peer = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const happening = fc.record({
  peer,
  what: fc.constantFrom('held', 'gone', 'lost', 'whole', 'removed', 'room'),
});

/** A room for nobody but whom there must be room for; `more` lets in so many others. It is counted what is taken. */
function counted() {
  const of = { taken: 0, named: 0, more: 0 };
  const room: WitnessRoom = {
    take(must) {
      if (!must && of.more-- <= 0) {
        of.more = 0;
        return false;
      }
      of.taken++;
      return true;
    },
    name() {
      of.named++;
      return true;
    },
    unname(count) {
      of.named -= count;
    },
    add(count) {
      of.taken += count;
    },
    free(count) {
      of.taken -= count;
    },
    leftOut: 0,
    owed: () => false,
  };
  return { of, room };
}

describe('hijack/roomless', () => {
  it('lets a book know who holds a route whether there is room or not, and no case end while one does', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), all => {
        const { of, room } = counted();
        const { book, world } = openBook({ room, holdDown: 0 });
        const truth = new Map<string, Witness['state']>();
        book.judged(FIRST.map(one => held(one, T0)));
        world.now += 1;
        for (const one of ['a', 'b', 'c', 'd']) truth.set(one, 'holds');
        book.judged([...truth.keys()].map(one => held(one, world.now)));
        // From now on the few that had no room may be all that hold it.
        world.now += 1;
        book.judged(FIRST.map(one => gone(one, world.now)));
        for (const { peer: one, what } of all) {
          world.now += 1000;
          switch (what) {
            case 'held':
              truth.set(one, 'holds');
              book.judged([held(one, world.now)]);
              break;
            case 'gone':
              truth.delete(one);
              book.judged([gone(one, world.now)]);
              break;
            case 'lost':
              if (truth.has(one)) truth.set(one, 'unseen');
              book.judged([unseen(one, world.now)]);
              break;
            case 'whole':
              if (truth.get(one) === 'unseen') truth.delete(one);
              book.endOfRib(one, world.now);
              break;
            case 'removed':
              truth.delete(one);
              book.peerRemoved(one, world.now);
              break;
            case 'room':
              of.more++;
              break;
          }
          book.tick(world.now);
          const known = [...book.witnesses()].map(([, witness]) => witness);
          expect(
            new Map(known.flatMap(({ peer: name, state }) => (state === 'gone' ? [] : [[name, state]]))),
          ).to.deep.equal(truth);
          expect([of.taken + of.named, new Set(known.map(({ peer: name }) => name)).size]).to.deep.equal([
            known.length,
            known.length,
          ]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
