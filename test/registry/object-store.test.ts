import { expect } from 'chai';
import fc from 'fast-check';
import { covers, formatPrefix, type Prefix, parsePrefix } from '../../src/net/prefix.ts';
import { MAX_ALL_HOLES, MAX_SAME_PREFIX, type ObjectStore, objectStore } from '../../src/registry/object-store.ts';
import { readRouteObject } from '../../src/registry/route-object.ts';
import { rpslReader } from '../../src/registry/rpsl.ts';
import { sourceBook } from '../../src/registry/source-book.ts';

const p = (text: string): Prefix => parsePrefix(text)!;

/** Adds an object as a dump would. */
function add(store: ObjectStore, prefix: string, origin: number, more = ''): boolean {
  let added = false;
  const reader = rpslReader(
    rpsl => {
      const reading = readRouteObject(rpsl, 'JPIRR');
      if (reading.ok) added = store.add(reading.object, rpsl.bytes);
    },
    () => {},
  );
  const name = prefix.includes(':') ? 'route6' : 'route';
  reader.push(Buffer.from(`${name}: ${prefix}\norigin: AS${origin}\n${more}source: JPIRR\n`));
  reader.end();
  return added;
}

const shown = (store: ObjectStore, rows: readonly number[]) =>
  rows.map(row => {
    const { prefix, origin } = store.object(row);
    expect(store.prefix(row)).to.deep.equal(prefix);
    return `${formatPrefix(prefix)} ${origin}`;
  });

describe('registry/object-store', () => {
  it('finds objects by prefix, by origin and by what they cover', () => {
    const store = objectStore('JPIRR');
    add(store, '192.0.2.0/24', 64496, 'mnt-by: M-A, m-b\n');
    add(store, '192.0.0.0/16', 64497);
    add(store, '192.0.2.0/24', 64511, 'holes: 192.0.2.128/25\nremarks: X-Keiro: a@example.net\n');
    add(store, '2001:db8::/32', 64496);
    expect(shown(store, store.rowsOf(p('192.0.2.0/24')))).to.deep.equal(['192.0.2.0/24 64496', '192.0.2.0/24 64511']);
    expect(shown(store, store.rowsOfOrigin(64496))).to.deep.equal(['192.0.2.0/24 64496', '2001:db8::/32 64496']);
    expect(shown(store, store.rowsCovering(p('192.0.2.128/25')))).to.deep.equal([
      '192.0.2.0/24 64496',
      '192.0.2.0/24 64511',
      '192.0.0.0/16 64497',
    ]);
    expect(shown(store, store.rowsCovering(p('2001:db8:1::/48')))).to.deep.equal(['2001:db8::/32 64496']);
    expect(store.rowsOf(p('192.0.3.0/24'))).to.deep.equal([]);
    const [first, second] = store.rowsOf(p('192.0.2.0/24')).map(row => store.row(row));
    expect(store.maintainerSets[first!.maintainers]).to.deep.equal(['M-A', 'M-B']);
    expect([first!.hasKeiro, first!.hasHoles, second!.hasKeiro, second!.hasHoles]).to.deep.equal([
      false,
      false,
      true,
      true,
    ]);
  });

  it('finds objects by the route-sets they say they are members of', () => {
    const store = objectStore('JPIRR');
    add(store, '192.0.2.0/24', 64496, 'member-of: RS-A, rs-b\nmember-of: RS-A\n');
    add(store, '198.51.100.0/24', 64496, 'member-of: RS-B\n');
    expect(shown(store, store.rowsOfMembers('RS-A'))).to.deep.equal(['192.0.2.0/24 64496']);
    expect(shown(store, store.rowsOfMembers('RS-B'))).to.have.members(['192.0.2.0/24 64496', '198.51.100.0/24 64496']);
    add(store, '192.0.2.0/24', 64496, 'member-of: RS-C\n');
    store.remove(p('198.51.100.0/24'), 64496);
    expect(store.rowsOfMembers('RS-A')).to.deep.equal([]);
    expect(store.rowsOfMembers('RS-B')).to.deep.equal([]);
    expect(shown(store, store.rowsOfMembers('RS-C'))).to.deep.equal(['192.0.2.0/24 64496']);
  });

  it('puts an object in the place of the one with its key', () => {
    const store = objectStore('JPIRR');
    add(store, '192.0.2.0/24', 64496, 'descr: before\n');
    add(store, '192.0.2.0/24', 64496, 'descr: after\n');
    expect(store.count).to.equal(1);
    expect(store.object(store.rowsOf(p('192.0.2.0/24'))[0]!).descr).to.equal('after');
  });

  it('forgets the maintainers that no object has any more, whatever comes and goes', () => {
    const store = objectStore('JPIRR');
    const book = sourceBook('JPIRR');
    for (let i = 0; i < 500; i++) {
      add(store, '192.0.2.0/24', 64496, `mnt-by: M-${i}\n`);
      add(store, '198.51.100.0/24', 64496, `mnt-by: M-${i >> 1}, m-${i}\n`);
      const plain = Buffer.from(`route: 192.0.2.0/24\norigin: AS1\nmnt-by: M-${i}\n`);
      expect(book.addPlain('route', plain, 0, plain.length)).to.equal(true);
      if (i % 100 === 99) store.remove(p('192.0.2.0/24'), 64496);
    }
    expect(store.maintainerSets.length).to.be.lessThan(5);
    expect(book.routes.maintainerSets.length).to.be.lessThan(3);
    const [row] = store.rowsOf(p('198.51.100.0/24'));
    expect(store.maintainerSets[store.row(row!).maintainers]).to.deep.equal(['M-249', 'M-499']);
    expect(book.routes.maintainerSets[book.routes.row(0).maintainers]).to.deep.equal(['M-499']);
    // A spelling whose set was forgotten meanwhile.
    for (const name of ['A', 'B', 'A']) {
      const plain = Buffer.from(`route: 192.0.2.0/24\norigin: AS1\nmnt-by: ${name}\n`);
      book.addPlain('route', plain, 0, plain.length);
      expect(book.routes.maintainerSets[book.routes.row(0).maintainers]).to.deep.equal([name]);
    }
  });

  it('takes so many objects of one prefix, and no more until one goes', () => {
    const store = objectStore('JPIRR');
    for (let as = 1; as <= MAX_SAME_PREFIX; as++) expect(add(store, '192.0.2.0/24', as)).to.equal(true);
    expect(add(store, '192.0.2.0/24', 64496)).to.equal(false);
    expect(add(store, '192.0.2.0/24', 7, 'descr: anew\n')).to.equal(true);
    expect(add(store, '192.0.2.0/25', 64496)).to.equal(true);
    expect([store.count, store.rowsOf(p('192.0.2.0/24')).length]).to.deep.equal([MAX_SAME_PREFIX + 1, MAX_SAME_PREFIX]);
    store.remove(p('192.0.2.0/24'), 1);
    expect(add(store, '192.0.2.0/24', 64496)).to.equal(true);
    expect(shown(store, store.rowsOfOrigin(64496))).to.deep.equal(['192.0.2.0/25 64496', '192.0.2.0/24 64496']);
  });

  it('takes so many holes, and no more until some go', () => {
    const store = objectStore('JPIRR');
    const holes = (i: number) => `holes: ${Array.from({ length: 250 }, (_, j) => `10.${i}.${j}.0/24`).join(', ')}\n`;
    for (let i = 0; i < MAX_ALL_HOLES / 250; i++) expect(add(store, `10.${i}.0.0/16`, 1, holes(i))).to.equal(true);
    expect(add(store, '10.0.0.0/16', 2, holes(0))).to.equal(false);
    expect(add(store, '10.0.0.0/16', 2)).to.equal(true);
    store.remove(p('10.7.0.0/16'), 1);
    expect(add(store, '10.0.0.0/16', 2, holes(0))).to.equal(true);
    expect(store.object(store.rowsOfOrigin(2)[0]!).holes).to.have.length(250);
  });

  it('uses the row of what was taken out for what comes', () => {
    const store = objectStore('JPIRR');
    add(store, '192.0.2.0/24', 64496);
    add(store, '198.51.100.0/24', 64496);
    expect(store.remove(p('192.0.2.0/24'), 64497)).to.equal(false);
    expect(store.remove(p('192.0.2.0/24'), 64496)).to.equal(true);
    expect(store.remove(p('192.0.2.0/24'), 64496)).to.equal(false);
    expect(store.live(0)).to.equal(false);
    add(store, '203.0.113.0/24', 64496);
    expect([store.count, store.rows, store.live(0)]).to.deep.equal([2, 2, true]);
    expect(shown(store, store.rowsOfOrigin(64496)).sort()).to.deep.equal([
      '198.51.100.0/24 64496',
      '203.0.113.0/24 64496',
    ]);
  });

  it('holds what a plain list holds, whatever comes and goes', () => {
    const prefixes = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '10.1.2.3/32', '2001:db8::/32', '2001:db8::/48'];
    const step = fc.record({
      add: fc.boolean(),
      prefix: fc.constantFrom(...prefixes),
      origin: fc.constantFrom(1, 64496, 64497, 4294967295),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const store = objectStore('JPIRR');
        const plain = new Set<string>();
        for (const { add: adding, prefix, origin } of steps) {
          const key = `${prefix} ${origin}`;
          if (adding) {
            expect(add(store, prefix, origin)).to.equal(true);
            plain.add(key);
          } else expect(store.remove(p(prefix), origin)).to.equal(plain.delete(key));
        }
        expect(store.count).to.equal(plain.size);
        const rows = Array.from({ length: store.rows }, (_, row) => row).filter(store.live);
        expect(shown(store, rows).sort()).to.deep.equal([...plain].sort());
        for (const prefix of prefixes) {
          const covering = [...plain].filter(key => covers(p(key.split(' ')[0]!), p(prefix)));
          expect(shown(store, store.rowsCovering(p(prefix))).sort()).to.deep.equal(covering.sort());
        }
        for (const origin of [1, 64496, 4294967295])
          expect(shown(store, store.rowsOfOrigin(origin)).sort()).to.deep.equal(
            [...plain].filter(key => key.endsWith(` ${origin}`)).sort(),
          );
      }),
    );
  });
});
