import { expect } from 'chai';
import fc from 'fast-check';
import { OTHER_CLASSES } from '../../src/registry/other-objects.ts';
import { formatRange } from '../../src/registry/prefix-range.ts';
import { rpslReader } from '../../src/registry/rpsl.ts';
import { EXPANSION_LIMITS, expandAsSet, expandRouteSet } from '../../src/registry/set-expansion.ts';
import { asSetMembers, MAX_JOINING } from '../../src/registry/set-members.ts';
import { type SourceBook, sourceBook } from '../../src/registry/source-book.ts';

function bookOf(source: string, text: string): SourceBook {
  const book = sourceBook(source);
  const reader = rpslReader(
    object => {
      const applied = book.apply('add', object);
      if (!applied.ok) throw new Error(applied.problem.why);
    },
    () => {},
    new Set(['route', 'route6', ...OTHER_CLASSES]),
  );
  reader.push(Buffer.from(text));
  reader.end();
  return book;
}

/** An as-set or route-set of these members, of nobody. */
const setOf = (name: string, members: string, more = '') =>
  `${/(^|:)rs-/i.test(name) ? 'route-set' : 'as-set'}: ${name}\n${members === '' ? '' : `members: ${members}\n`}${more}mnt-by: M\n\n`;

const JPIRR = bookOf(
  'JPIRR',
  [
    setOf('AS-TOP', 'AS64496, AS-LEFT, as-right, AS-GONE'),
    setOf('AS-LEFT', 'AS64497, AS-RIGHT, FOO'),
    setOf('AS-RIGHT', 'AS64498, AS-TOP, AS64500:AS-CUST'),
    setOf('AS64500:AS-CUST', 'AS64511, AS1.10'),
    setOf('AS-BOTH', 'AS64496'),
    setOf('AS-EMPTY', ''),
    setOf('AS-JOIN', 'AS64499', 'mbrs-by-ref: MAINT-A, maint-b\n'),
    setOf('AS-ANYONE', '', 'mbrs-by-ref: ANY\n'),
    setOf('AS-CLOSED', ''),
    'aut-num: AS64501\nmember-of: as-join, AS-ANYONE, AS-CLOSED\nmnt-by: maint-b\n\n',
    'aut-num: AS64502\nmember-of: AS-JOIN\nmnt-by: MAINT-C\n\n',
    'aut-num: AS64503\nmnt-by: MAINT-A\n\n',
    'route: 192.0.2.0/24\norigin: AS64496\nmember-of: RS-JOIN\nmnt-by: MAINT-A\n\n',
    'route: 198.51.100.0/24\norigin: AS64497\nmember-of: rs-join\nmnt-by: MAINT-X\n\n',
    'route6: 2001:db8::/32\norigin: AS64496\nmnt-by: MAINT-A\n\n',
    setOf('RS-JOIN', '', 'mbrs-by-ref: MAINT-A\n'),
    setOf('RS-TOP', '10.0.0.0/8^16-20, RS-LOOP^+, AS64496^48, AS-BOTH, RS-JOIN^-, RS-GONE'),
    setOf('RS-LOOP', '203.0.113.0/24, RS-LOOP^-, RS-TOP^33'),
  ].join(''),
);
const RADB = bookOf(
  'RADB',
  [
    setOf('AS-BOTH', 'AS65000'),
    setOf('AS-GONE', 'AS64510'),
    'aut-num: AS64504\nmember-of: AS-JOIN\nmnt-by: MAINT-A\n\n',
    'route: 203.0.113.0/24\norigin: AS64496\nmnt-by: M\n\n',
  ].join(''),
);

const ases = async (books: readonly SourceBook[], name: string) => (await expandAsSet(books, name))?.members ?? null;
const ranges = async (books: readonly SourceBook[], name: string) =>
  (await expandRouteSet(books, name))?.members.map(formatRange) ?? null;

describe('registry/set-expansion', () => {
  it('follows sets to their ends, round circles, and tells what is missing', async () => {
    expect(await expandAsSet([JPIRR], 'as-top')).to.deep.equal({
      members: [64496, 64497, 64498, 64511, 65546],
      sets: 4,
      missing: ['AS-GONE'],
      missingCount: 1,
      refused: 1,
      stopped: '',
    });
  });

  it('finds in the next source what the first has not', async () =>
    expect(await ases([JPIRR, RADB], 'AS-TOP')).to.deep.equal([64496, 64497, 64498, 64510, 64511, 65546]));

  it('takes a set from the first source that has it', async () => {
    expect(await ases([JPIRR, RADB], 'AS-BOTH')).to.deep.equal([64496]);
    expect(await ases([RADB, JPIRR], 'AS-BOTH')).to.deep.equal([65000]);
    expect(asSetMembers([RADB, JPIRR], 'AS-BOTH')?.source).to.equal('RADB');
  });

  it('takes in by reference whom the set lets join, of its own source (RFC 2622 section 5.1)', async () => {
    expect(await ases([JPIRR, RADB], 'AS-JOIN')).to.deep.equal([64499, 64501]);
    expect(await ases([JPIRR, RADB], 'AS-ANYONE')).to.deep.equal([64501]);
    expect(await ases([JPIRR, RADB], 'AS-CLOSED')).to.deep.equal([]);
  });

  it('knows an empty set from none', async () => {
    expect(await ases([JPIRR], 'AS-EMPTY')).to.deep.equal([]);
    expect(await ases([JPIRR], 'AS-NOWHERE')).to.equal(null);
    expect(await ranges([JPIRR], 'RS-NOWHERE')).to.equal(null);
  });

  it('expands a route-set, with range operators upon one another', async () => {
    expect(await ranges([JPIRR], 'RS-JOIN')).to.deep.equal(['192.0.2.0/24']);
    // RS-LOOP^+ has 203.0.113.0/24^+, which takes in what its circles come to; AS64496^48 leaves no IPv4 prefix.
    expect(await ranges([JPIRR], 'RS-TOP')).to.have.members([
      '10.0.0.0/8^16-20',
      '203.0.113.0/24^+',
      '192.0.2.0/24^+',
      '2001:db8::/32^+',
    ]);
  });

  it('makes one range of ranges that touch', async () => {
    const book = bookOf(
      'X',
      setOf('RS-A', '10.0.0.0/8, 10.0.0.0/8^9-10, 10.0.0.0/8^12, 10.0.0.0/8^11-12, 10.0.0.0/8^20'),
    );
    expect(await ranges([book], 'RS-A')).to.deep.equal(['10.0.0.0/8^8-12', '10.0.0.0/8^20']);
  });

  it('takes the routes of an AS from all sources', async () => {
    const book = bookOf('X', setOf('RS-A', 'AS64496'));
    expect(await ranges([book, JPIRR, RADB], 'RS-A')).to.have.members([
      '192.0.2.0/24',
      '2001:db8::/32',
      '203.0.113.0/24',
    ]);
  });

  it('stops at each limit and says which', async () => {
    const deep = bookOf(
      'X',
      ['A', 'B', 'C', 'D'].map((c, i) => setOf(`AS-${c}`, `AS${i + 1}, AS-${'BCDE'[i]}`)).join(''),
    );
    const limits = { ...EXPANSION_LIMITS, depth: 2 };
    const { members, stopped } = (await expandAsSet([deep], 'AS-A', limits))!;
    expect([members, stopped]).to.deep.equal([[1, 2], 'more than 2 sets in a row']);
    const wide = bookOf('X', setOf('AS-A', 'AS-B, AS-C, AS-D') + setOf('AS-B', 'AS1') + setOf('AS-C', 'AS2'));
    expect((await expandAsSet([wide], 'AS-A', { ...EXPANSION_LIMITS, sets: 3 }))!.stopped).to.equal('more than 3 sets');
    const many = bookOf('X', setOf('AS-A', 'AS1, AS2, AS3') + setOf('RS-A', '10.0.0.0/8, 11.0.0.0/8'));
    expect((await expandAsSet([many], 'AS-A', { ...EXPANSION_LIMITS, members: 2 }))!.stopped).to.equal(
      'more than 2 members',
    );
    expect((await expandRouteSet([many], 'RS-A', { ...EXPANSION_LIMITS, members: 1 }))!.stopped).to.equal(
      'more than 1 members',
    );
  });

  it('stops when nobody waits for it any more', async () =>
    expect((await expandAsSet([JPIRR], 'AS-TOP', EXPANSION_LIMITS, AbortSignal.abort()))!.stopped).to.equal(
      'the asker has gone',
    ));

  it('comes to what reachability says, whatever the sets name', async () => {
    const letters = ['A', 'B', 'C', 'D', 'E', 'F'];
    const edges = fc.array(fc.tuple(fc.nat(5), fc.nat(6)), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(edges, async pairs => {
        const text = letters.map((letter, i) => {
          const named = pairs.filter(([from]) => from === i).map(([, to]) => `AS-${letters[to] ?? 'GONE'}`);
          return setOf(`AS-${letter}`, [`AS${i + 1}`, ...named].join(' '));
        });
        const reached = new Set([0]);
        for (const at of reached) for (const [from, to] of pairs) if (from === at && to < 6) reached.add(to);
        const expansion = (await expandAsSet([bookOf('X', text.join(''))], 'AS-A'))!;
        expect(expansion.members).to.deep.equal([...reached].map(i => i + 1).sort());
        expect(expansion.missingCount).to.equal(pairs.some(([from, to]) => to === 6 && reached.has(from)) ? 1 : 0);
      }),
      { numRuns: 100 },
    );
  });

  it('reads so many objects that say they are members, and tells how many it did not', async () => {
    const aut = (i: number) => `aut-num: AS${i}\nmember-of: AS-ALL\nmnt-by: M\n\n`;
    const route = (i: number) => `route: 10.${i >> 8}.${i & 255}.0/24\norigin: AS1\nmember-of: RS-ALL\nmnt-by: M\n\n`;
    const count = MAX_JOINING + 7;
    const texts = [aut, route].map(text => Array.from({ length: count }, (_, i) => text(i)).join(''));
    const sets = setOf('AS-ALL', '', 'mbrs-by-ref: ANY\n') + setOf('RS-ALL', '', 'mbrs-by-ref: M\n');
    const book = bookOf('BIG', sets + texts.join(''));
    for (const expanded of [await expandAsSet([book], 'AS-ALL'), await expandRouteSet([book], 'RS-ALL')])
      expect([expanded!.members.length, expanded!.refused]).to.deep.equal([MAX_JOINING, 7]);
  });
});
