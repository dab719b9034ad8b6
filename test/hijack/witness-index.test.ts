import { expect } from 'chai';
import fc from 'fast-check';
import { witnessRoom } from '../../src/hijack/witness-room.ts';
import { gone, held, openBook, T0, unseen } from './book.ts';

const MACHINES = ['192.0.2.1', '192.0.2.2', ''];
const peerOf = (machine: string, i: number) => (machine === '' ? `p${i}` : `p${i}@${machine}`);
const PREFIXES = ['192.0.2.0/24', '192.0.2.0/25', '192.0.2.128/25'];

describe('hijack/witness-index', () => {
  it('has of each machine what all witnesses are that are of its peers, whatever comes and goes', () => {
    const change = fc.record({
      what: fc.constantFrom(held, gone, unseen),
      machine: fc.constantFrom(...MACHINES),
      peer: fc.nat(5),
      prefix: fc.constantFrom(...PREFIXES),
      later: fc.constantFrom(0, 1, 1_000),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.boolean(), (changes, narrow) => {
        const { book, world } = openBook({ holdDown: 500, ...(narrow && { room: witnessRoom(3) }) });
        for (const { what, machine, peer, prefix, later } of changes) {
          world.now += later;
          book.judged([{ ...what(peerOf(machine, peer), world.now), prefix }]);
          if (later > 1) book.tick(world.now);
        }
        const keys = (some: Iterable<readonly [{ readonly prefix: string }, { readonly peer: string }]>) =>
          [...some].map(([{ prefix }, { peer }]) => `${peer} ${prefix}`).sort();
        const all = keys(book.witnesses());
        expect(new Set(all).size).to.equal(all.length);
        for (const machine of MACHINES)
          expect(keys(book.witnesses(machine)), machine).to.deep.equal(
            all.filter(
              key =>
                key.split(' ')[0]!.endsWith(machine === '' ? key.split(' ')[0]! : `@${machine}`) &&
                key.includes('@') === (machine !== ''),
            ),
          );
        expect(keys(book.witnesses('192.0.2.3'))).to.deep.equal([]);
      }),
    );
  });

  it("lets a peer whose table is whole go from all cases, and no other machine's of the same name", () => {
    const { book, world } = openBook();
    const both = MACHINES.map(machine => peerOf(machine, 1));
    for (const prefix of PREFIXES) book.judged(both.map(peer => held(peer, T0, { prefix })));
    for (const prefix of PREFIXES) book.judged(both.map(peer => ({ ...unseen(peer, T0 + 1), prefix })));
    world.now = T0 + 2;
    book.endOfRib('p1@192.0.2.1', world.now);
    const states = Object.fromEntries(
      both.map(peer => [
        peer,
        [...book.witnesses()].filter(([, one]) => one.peer === peer).map(([, one]) => one.state),
      ]),
    );
    const three = (state: string) => [state, state, state];
    expect(states).to.deep.equal({
      'p1@192.0.2.1': three('gone'),
      'p1@192.0.2.2': three('unseen'),
      p1: three('unseen'),
    });
  });
});
