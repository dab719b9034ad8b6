import { expect } from 'chai';
import fc from 'fast-check';
import type { WatchConfig } from '../../src/config/tree.ts';
import { formatPrefix, type Prefix, parsePrefix, wordsOf } from '../../src/net/prefix.ts';
import { type Compiled, compileRegistry, MAX_OVERLAID, MAX_VISIBLE } from '../../src/registry/compile.ts';
import { vrpTable } from '../../src/registry/rpki/vrp-table.ts';
import { type RpslObject, readRpslObject, rpslReader } from '../../src/registry/rpsl.ts';
import { openSnapshot } from '../../src/registry/snapshot.ts';
import { NO_ORIGIN } from '../../src/registry/snapshot-builder.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import { watchOf } from '../config/watch.ts';

const p = (text: string): Prefix => parsePrefix(text)!;

function objectOf(text: string): RpslObject {
  const found: RpslObject[] = [];
  const reader = rpslReader(
    object => found.push(object),
    () => {},
  );
  reader.push(Buffer.from(text));
  reader.end();
  return found[0]!;
}

const route = (prefix: string, origin: number, more = '') =>
  objectOf(`${prefix.includes(':') ? 'route6' : 'route'}: ${prefix}\norigin: AS${origin}\n${more}`);

const watch = (name: string, more: Partial<WatchConfig>): WatchConfig => watchOf(name, { holdDown: 0, ...more });

/** Two sources, the first an authority, and VRPs. */
function world() {
  const books = [sourceBook('JPIRR'), sourceBook('RADB')] as const;
  const vrps = vrpTable();
  const sources = books.map(({ source, routes }, i) => ({ name: source, store: routes, authoritative: i === 0 }));
  return { books, vrps, sources };
}

const PREFIXES = ['10.0.0.0/8', '10.1.0.0/16', '10.1.0.0/24', '10.1.0.128/25', '10.1.0.7/32', '10.2.0.0/16'].concat([
  '2001:db8::/32',
  '2001:db8::/48',
  '2001:db8::1/128',
]);
const ORIGINS = [1, 2, 64496];

/** Every verdict that there can be about the prefixes. */
const verdicts = ({ snapshot }: Pick<Compiled, 'snapshot'>) =>
  PREFIXES.flatMap(prefix =>
    [...ORIGINS, NO_ORIGIN].map(origin => {
      const { state, watched, rov, decidedBy, covers } = snapshot.decide(p(prefix), origin);
      return `${prefix} ${origin}: ${state} ${watched} ${rov} ${decidedBy && formatPrefix(decidedBy)} ${covers !== null}`;
    }),
  );

describe('registry/compile', () => {
  const watches = [
    watch('ours', { maintainers: [{ maintainer: 'M-A', source: null }] }),
    watch('members', { keiro: [{ source: 'RADB' }] }),
    watch('dns', { prefixes: [{ prefix: '10.2.0.0/16', origins: [64496] }] }),
    watch('space', { prefixes: [{ prefix: '2001:db8::/48', origins: [] }] }),
  ];
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('object' as const),
      add: fc.boolean(),
      book: fc.constantFrom(0, 1),
      prefix: fc.constantFrom(...PREFIXES),
      origin: fc.constantFrom(...ORIGINS),
      more: fc.constantFrom('', 'mnt-by: M-A\n', 'descr: x\n  X-Keiro: a@example.net\n', 'holes: 10.1.0.0/24\n'),
    }),
    fc.record({
      kind: fc.constant('vrp' as const),
      add: fc.boolean(),
      prefix: fc.constantFrom(...PREFIXES),
      origin: fc.constantFrom(0, ...ORIGINS),
      more: fc.constantFrom(0, 8),
    }),
  );

  it('finds many holes in slices, and compiles all anew when they change', async () => {
    const { books, sources } = world();
    const holes = (i: number) => `holes: ${Array.from({ length: 250 }, (_, j) => `10.${i}.${j}.0/24`).join(', ')}\n`;
    for (let i = 1; i <= 8; i++) books[0].apply('add', route('10.0.0.0/8', i, holes(i % 4)));
    let turns = 0;
    let over = false;
    const turn = () => {
      turns++;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    const compiled = await compileRegistry(sources, []);
    over = true;
    expect(turns).to.be.greaterThan(1);
    const state = (prefix: string, origin: number) => compiled.snapshot.decide(p(prefix), origin).state;
    expect([state('10.1.7.0/24', 1), state('10.1.7.0/24', 5), state('10.1.7.0/24', 2)]).to.deep.equal([
      'mismatch-covering',
      'mismatch-covering',
      'match-covering',
    ]);
    books[0].apply('add', route('10.0.0.0/8', 9));
    expect(compiled.update([p('10.0.0.0/8')])).to.equal(null);
    books[1].apply('add', route('10.1.7.0/24', 64496));
    expect(compiled.update([p('10.1.7.0/24')])).to.deep.equal([p('10.1.7.0/24')]);
    expect(state('10.1.7.0/24', 64496)).to.equal('match');
  });

  it('looks for no more prefixes at the peers than it can, and counts the objects of the others', async () => {
    const book = sourceBook('JPIRR');
    for (let i = 0; i < MAX_VISIBLE + 3; i++)
      book.apply(
        'add',
        objectOf(`route: 10.${i >> 12}.${(i >> 4) & 255}.${(i & 15) << 4}/28\norigin: AS1\nsource: JPIRR\n\n`),
      );
    const sources = [{ name: 'JPIRR', store: book.routes, authoritative: false }];
    const seen = (visibility: number | null) =>
      compileRegistry(sources, [watch('w', { sources: ['JPIRR'], visibility })]);
    const { layers, unseen } = await seen(0.5);
    expect([layers.visible.length, unseen]).to.deep.equal([MAX_VISIBLE, 3]);
    const none = await seen(null);
    expect([none.layers.visible.length, none.unseen]).to.deep.equal([0, 0]);
  });

  it('comes to the same by changes as by compiling all again', async () => {
    const batches = fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(batches, async all => {
        const { books, vrps, sources } = world();
        const compiled = await compileRegistry(sources, watches, vrps);
        for (const batch of all) {
          const touched: Prefix[] = [];
          for (const one of batch) {
            const prefix = p(one.prefix);
            if (one.kind === 'object') {
              const done = books[one.book]!.apply(one.add ? 'add' : 'del', route(one.prefix, one.origin, one.more));
              if (done.ok && done.touched !== null) touched.push(done.touched);
            } else {
              const maxLength = Math.min(prefix.bytes.length * 8, prefix.length + one.more);
              const [w0, w1, w2, w3] = wordsOf(prefix);
              vrps[one.add ? 'add' : 'remove'](prefix.afi, w0, w1, w2, w3, prefix.length, maxLength, one.origin);
              touched.push(prefix);
            }
          }
          expect(compiled.update(touched)).to.deep.equal(touched);
          const again = await compileRegistry(sources, watches, vrps);
          expect(verdicts(compiled)).to.deep.equal(verdicts(again));
          const { base, overlay } = compiled.layers;
          expect(verdicts({ snapshot: openSnapshot(base, overlay) })).to.deep.equal(verdicts(again));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leaves a snapshot that is in use as it was', async () => {
    const { books, sources } = world();
    const compiled = await compileRegistry(sources, []);
    const before = compiled.snapshot;
    books[0].apply('add', route('10.0.0.0/8', 1));
    compiled.update([p('10.0.0.0/8')]);
    expect(before.decide(p('10.0.0.0/8'), 1).state).to.equal('unknown');
    expect(compiled.snapshot.decide(p('10.0.0.0/8'), 1).state).to.equal('match');
  });

  it('lets objects inherit the X-Keiro of their maintainers, where the source has it so', async () => {
    const { books, sources } = world();
    for (const text of [
      'mntner: MAINT-A\ndescr: A\n X-Keiro: a@example.jp\nmnt-by: MAINT-A\n',
      'mntner: MAINT-B\nmnt-by: MAINT-B\n',
    ])
      books[0].apply('add', readRpslObject(Buffer.from(text))!);
    books[0].apply('add', route('10.0.0.0/8', 1, 'mnt-by: maint-a, MAINT-B\n'));
    books[0].apply('add', route('10.1.0.0/16', 1, 'mnt-by: MAINT-B\n'));
    books[0].apply('add', route('10.2.0.0/16', 1, 'mnt-by: MAINT-A\nremarks: X-Keiro: own@example.jp\n'));
    const watches = [watch('members', { keiro: [{ source: 'JPIRR' }] })];
    const [first, second] = sources;
    const guarded = async (inherited: boolean) => {
      const keiro = inherited ? { keiro: books[0].others.keiro } : {};
      const compiled = await compileRegistry([{ ...first!, ...keiro }, second!], watches);
      const seen = ['10.0.0.0/8', '10.1.0.0/16', '10.2.0.0/16'].map(text => ({
        watched: compiled.snapshot.decide(p(text), 2).watched,
        watches: compiled.watchesFor(p(text)).length,
        from: compiled.objectsFor(p(text))[0]!.inherited,
      }));
      // The same by an overlay as by a base.
      compiled.update(['10.0.0.0/8', '10.1.0.0/16', '10.2.0.0/16'].map(p));
      expect(seen.map(({ watched }) => watched)).to.deep.equal(
        ['10.0.0.0/8', '10.1.0.0/16', '10.2.0.0/16'].map(text => compiled.snapshot.decide(p(text), 2).watched),
      );
      return seen;
    };
    const inherited = [{ mntner: 'MAINT-A', addresses: ['a@example.jp'] }];
    expect(await guarded(true)).to.deep.equal([
      { watched: true, watches: 1, from: inherited },
      { watched: false, watches: 0, from: undefined },
      { watched: true, watches: 1, from: undefined },
    ]);
    expect((await guarded(false)).map(({ watched }) => watched)).to.deep.equal([false, false, true]);
  });

  it('believes our own routers, and what is written more than them', async () => {
    const { books, sources } = world();
    books[0].apply('add', route('10.0.0.0/8', 2));
    books[0].apply('add', route('10.1.0.0/16', 2));
    books[0].apply('add', route('10.2.0.0/16', 64496));
    const watches = [
      watch('ours', { originated: 1000 }),
      watch('dns', { prefixes: [{ prefix: '10.2.0.0/16', origins: [2] }] }),
      watch('space', { unused: ['10.3.0.0/16'] }),
    ];
    const learned = ['10.0.0.0/8', '10.2.0.0/16', '10.3.0.0/16', '10.3.0.0/24'].map(text => ({
      prefix: p(text),
      origin: 64496,
    }));
    const compiled = await compileRegistry(sources, watches, null, new Map(), one =>
      one.originated === null ? [] : learned,
    );
    const stateOf = (text: string, origin: number) => {
      const { state, watched } = compiled.snapshot.decide(p(text), origin);
      return `${state} ${watched}`;
    };
    const told = () => [
      stateOf('10.0.0.0/8', 64496),
      stateOf('10.0.0.0/8', 2), // the object of another is overruled
      stateOf('10.4.0.0/16', 1), // inside of it
      stateOf('10.1.0.0/16', 2), // registered inside of it
      stateOf('10.2.0.0/16', 64496), // written otherwise
      stateOf('10.2.0.0/16', 2),
      stateOf('10.3.0.0/16', 64496), // written to be nobody's
      stateOf('10.3.0.0/24', 64496),
    ];
    const expected = [
      ...['match true', 'mismatch true', 'mismatch-covering true', 'match true'],
      ...['mismatch true', 'match true', 'mismatch true', 'mismatch-covering true'],
    ];
    expect(told()).to.deep.equal(expected);
    expect(compiled.overruled).to.equal(2);
    compiled.update(['10.0.0.0/8', '10.1.0.0/16', '10.2.0.0/16'].map(p));
    expect(told()).to.deep.equal(expected);
    expect(compiled.watchesFor(p('10.4.0.0/16')).map(({ name }) => name)).to.deep.equal(['ours']);
    expect(
      compiled.objectsFor(p('10.0.0.0/8')).map(({ source, origin, text }) => [source, origin, text]),
    ).to.deep.equal([['CONFIG', 64496, 'watch ours { originated; }']]);
    const covering = compiled.watches.declaredCovering(p('10.2.0.0/24'));
    expect(covering.map(({ prefix, origin }) => `${formatPrefix(prefix)} ${origin}`)).to.deep.equal([
      '10.0.0.0/8 64496',
      '10.2.0.0/16 2',
    ]);
  });

  it('asks to be compiled again when too much has changed', async () => {
    const { sources } = world();
    const compiled = await compileRegistry(sources, []);
    const many = Array.from({ length: MAX_OVERLAID }, (_, i) => p(`10.${i >> 8}.${i & 255}.0/24`));
    expect(compiled.update(many.slice(1))).to.have.length(MAX_OVERLAID - 1);
    expect(compiled.update(many.slice(0, 2))).to.equal(null);
    expect(compiled.update(many.slice(0, 1))).to.have.length(1);
  });

  it('asks to be compiled again when few prefixes have changed very often', async () => {
    const { books, sources } = world();
    for (let origin = 1; origin <= 100; origin++) books[0].apply('add', route('10.0.0.0/8', origin));
    const compiled = await compileRegistry(sources, []);
    let updates = 0;
    while (compiled.update([p('10.0.0.0/8')]) !== null) expect(++updates).to.be.below(1000);
    expect(updates).to.be.above(100);
  });

  it('takes in every VRP, though others come while it compiles', async () => {
    const vrps = vrpTable();
    const add4 = (i: number) => vrps.add(1, (10 << 24) | (i << 8), 0, 0, 0, 24, 24, 1);
    for (let i = 0; i < 2000; i++) add4(i);
    for (let i = 0; i < 48; i++) vrps.add(2, 0x20010db8, i << 16, 0, 0, 48, 48, 1);
    let more = 2000;
    const changing = {
      ...vrps,
      get places() {
        return vrps.places;
      },
      forEach(...[each, from, to]: Parameters<typeof vrps.forEach>) {
        vrps.forEach(each, from, to);
        if (more < 2100) add4(more++);
      },
    };
    const { snapshot } = await compileRegistry([], [], changing);
    expect(snapshot.decide(p('2001:db8:2f::/48'), 1).rov).to.equal('valid');
  });
});
