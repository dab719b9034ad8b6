import { expect } from 'chai';
import fc from 'fast-check';
import { keyOf, MAX_KEY, OTHER_CLASSES, otherObjects } from '../../src/registry/other-objects.ts';
import { type RpslObject, rpslReader } from '../../src/registry/rpsl.ts';

const ALL = new Set(['route', 'person', ...OTHER_CLASSES]);

/** Every object of the text, in a store; the problems that it named. */
function storeOf(text: string) {
  const store = otherObjects();
  const problems: (string | null)[] = [];
  const reader = rpslReader(
    object => problems.push(store.add(object)?.why ?? null),
    () => {},
    ALL,
  );
  reader.push(Buffer.from(text));
  reader.end();
  return { store, problems: problems.filter(why => why !== null) };
}

function objectOf(text: string): RpslObject {
  let found: RpslObject | null = null;
  const reader = rpslReader(
    object => {
      found = { ...object, bytes: Uint8Array.from(object.bytes) };
    },
    () => {},
    ALL,
  );
  reader.push(Buffer.from(text));
  reader.end();
  return found!;
}

const JPIRR = `
mntner:     MAINT-AS64496
descr:      Example Inc.
            X-Keiro: noc@example.jp
auth:       CRYPT-PW HIDDENCRYPTPW
mnt-by:     MAINT-AS64496
source:     JPIRR

aut-num:    AS64496
as-name:    EXAMPLE
member-of:  AS-EXAMPLE
mnt-by:     MAINT-AS64496
source:     JPIRR

as-set:     AS-EXAMPLE
members:    AS64496, AS-CUST
mnt-by:     maint-as64496, MAINT-OTHER
source:     JPIRR

person:     Somebody

route-set:  RS-EXAMPLE
mnt-by:     MAINT-OTHER

inet-rtr:   rtr1.example.jp
`;

describe('registry/other-objects', () => {
  it('keeps the objects of its classes and counts the others', () => {
    const { store, problems } = storeOf(JPIRR);
    expect(problems).to.deep.equal([]);
    expect([...store.counts]).to.deep.equal([
      ['mntner', 1],
      ['aut-num', 1],
      ['as-set', 1],
      ['route-set', 1],
      ['inet-rtr', 1],
    ]);
    expect(store.skipped).to.equal(1);
    expect([...store.keys('inet-rtr')]).to.deep.equal(['RTR1.EXAMPLE.JP']);
    expect([...store.keys('person')]).to.deep.equal([]);
  });

  it('gives them back as they were', () => {
    const { store } = storeOf(JPIRR);
    expect(store.get('as-set', 'as-Example')!.text).to.equal(
      'as-set:     AS-EXAMPLE\nmembers:    AS64496, AS-CUST\nmnt-by:     maint-as64496, MAINT-OTHER\nsource:     JPIRR',
    );
    expect(store.get('aut-num', 'as0.64496')!.attributes[1]).to.deep.equal({
      name: 'as-name',
      value: 'EXAMPLE',
      line: 2,
    });
    expect(store.get('as-set', 'AS-CUST')).to.equal(null);
    expect(store.get('person', 'Somebody')).to.equal(null);
  });

  it('finds them by maintainer, by member-of and by X-Keiro', () => {
    const { store } = storeOf(JPIRR);
    const keys = (names: Iterable<{ readonly key: string }>) => [...names].map(({ key }) => key);
    expect(keys(store.byMaintainer('Maint-AS64496'))).to.deep.equal(['MAINT-AS64496', 'AS64496', 'AS-EXAMPLE']);
    expect(keys(store.byMaintainer('MAINT-OTHER'))).to.deep.equal(['AS-EXAMPLE', 'RS-EXAMPLE']);
    expect(keys(store.byMemberOf('AS-EXAMPLE'))).to.deep.equal(['AS64496']);
    expect([...store.keiro]).to.deep.equal([['MAINT-AS64496', ['noc@example.jp']]]);
  });

  it('replaces an object, and forgets what the old one said', () => {
    const { store } = storeOf(JPIRR);
    expect(store.add(objectOf('mntner: maint-as64496\nmnt-by: MAINT-NEW\n'))).to.equal(null);
    expect(store.counts.get('mntner')).to.equal(1);
    expect([store.keiro.size, store.keiroChanges]).to.deep.equal([0, 2]);
    expect([...store.byMaintainer('MAINT-AS64496')].map(({ key }) => key)).to.have.members(['AS64496', 'AS-EXAMPLE']);
    expect(store.get('mntner', 'MAINT-AS64496')!.text).to.equal('mntner: maint-as64496\nmnt-by: MAINT-NEW');
  });

  it('counts the changes of what maintainers pass on, and no others', () => {
    const { store } = storeOf(JPIRR);
    const mntner = (keiro: string) => `mntner: MAINT-AS64496\nremarks: X-Keiro: ${keiro}\nupd-to: ${keiro}\n`;
    const changes = ['noc@example.jp', 'noc@example.jp', 'other@example.jp', 'root'].map(keiro => {
      store.add(objectOf(mntner(keiro)));
      return store.keiroChanges;
    });
    store.remove('mntner', 'MAINT-AS64496');
    expect([...changes, store.keiroChanges]).to.deep.equal([1, 1, 2, 3, 3]);
  });

  it('deletes by key, and says when there was nothing to delete', () => {
    const { store } = storeOf(JPIRR);
    expect(store.remove('aut-num', 'AS64496')).to.equal(true);
    expect(store.remove('aut-num', 'AS64496')).to.equal(false);
    expect(store.remove('person', 'Somebody')).to.equal(false);
    expect(store.get('aut-num', 'AS64496')).to.equal(null);
    expect(store.counts.has('aut-num')).to.equal(false);
    expect([...store.byMemberOf('AS-EXAMPLE')]).to.deep.equal([]);
  });

  const bad: [text: string, why: RegExp][] = [
    ['as-set:\nmembers: AS1\n', /^as-set: "" is no name of one$/],
    ['as-set: AS-A AS-B\n', /no name of one/],
    ['aut-num: 64496\n', /^aut-num: "64496" is no name of one$/],
    [`as-set: AS-${'X'.repeat(MAX_KEY)}\n`, /^as-set: name longer than 255 letters$/],
  ];
  for (const [text, why] of bad.filter(([, { source }]) => source !== '^$'))
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => expect(storeOf(text).problems[0]).to.match(why));

  it('has one key for one AS', () =>
    expect([keyOf('aut-num', 'as1.0'), keyOf('aut-num', 'AS065536'), keyOf('as-set', ' as-x ')]).to.deep.equal([
      'AS65536',
      'AS65536',
      'AS-X',
    ]));

  it('holds, whatever comes and goes, what a plain map would hold', () => {
    const name = fc.constantFrom('AS-A', 'as-a', 'AS-B', 'AS-C', 'AS1:AS-D');
    const maintainer = fc.constantFrom('M1', 'm1', 'M2', 'M3');
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.tuple(name, fc.array(maintainer, { maxLength: 3 }), fc.nat(400)) },
      { weight: 1, arbitrary: fc.tuple(name) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const store = otherObjects();
        const model = new Map<string, { text: string; mntBy: Set<string> }>();
        for (const [key, mntBy, size] of steps)
          if (mntBy === undefined) expect(store.remove('as-set', key)).to.equal(model.delete(key.toUpperCase()));
          else {
            const text = `as-set: ${key}\nmnt-by: ${mntBy.join(', ')}\nremarks: ${'x'.repeat(size!)}`;
            expect(store.add(objectOf(text))).to.equal(null);
            model.set(key.toUpperCase(), { text, mntBy: new Set(mntBy.map(m => m.toUpperCase())) });
          }
        expect([...store.keys('as-set')]).to.have.members([...model.keys()]);
        for (const [key, { text }] of model) expect(store.get('as-set', key)!.text).to.equal(text);
        for (const m of ['M1', 'M2', 'M3'])
          expect([...store.byMaintainer(m)].map(({ key }) => key)).to.have.members(
            [...model].filter(([, { mntBy }]) => mntBy.has(m)).map(([key]) => key),
          );
        expect(store.counts.get('as-set') ?? 0).to.equal(model.size);
      }),
      { numRuns: 200 },
    );
  });
});
