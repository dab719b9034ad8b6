/** The fast road of verdicts, snapshots, held against the slow one, which is written by the rule and says its reasons. */
import { expect } from 'chai';
import fc from 'fast-check';
import { covers, formatPrefix, type Prefix, parsePrefix, wordsOf } from '../../src/net/prefix.ts';
import { compileRegistry } from '../../src/registry/compile.ts';
import type { RouteObject } from '../../src/registry/objects.ts';
import { checkRoute, type Grounds } from '../../src/registry/route-check.ts';
import { rov, type Vrp } from '../../src/registry/rov.ts';
import { vrpTable } from '../../src/registry/rpki/vrp-table.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { type SourceBook, sourceBook } from '../../src/registry/source-book.ts';
import { watchIndex } from '../../src/registry/watch.ts';
import { watchOf } from '../config/watch.ts';

const p = (text: string): Prefix => parsePrefix(text)!;

const PREFIXES = ['10.0.0.0/8', '10.1.0.0/16', '10.1.0.0/24', '10.1.0.0/25', '10.1.0.128/25', '10.1.0.7/32'].concat([
  '10.2.0.0/16',
  '2001:db8::/32',
  '2001:db8::/48',
  '2001:db8::1/128',
]);
const AUTHORITATIVE = new Set(['JPIRR']);

interface Registered {
  readonly book: number;
  readonly prefix: string;
  readonly origin: number;
  readonly holes: readonly string[];
}

const registered: fc.Arbitrary<Registered> = fc.record({
  book: fc.nat(2),
  prefix: fc.constantFrom(...PREFIXES),
  origin: fc.integer({ min: 1, max: 3 }),
  holes: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(PREFIXES.slice(1), { minLength: 1, maxLength: 2 }) },
  ),
});
const authorised = fc.record({
  prefix: fc.constantFrom(...PREFIXES),
  more: fc.constantFrom(0, 1, 8),
  asn: fc.integer({ min: 0, max: 3 }),
});
const declared = fc.record({
  prefix: fc.constantFrom(...PREFIXES),
  origins: fc.subarray([1, 2, 3], { minLength: 0, maxLength: 2 }),
});

function fill(books: readonly SourceBook[], objects: readonly Registered[]): void {
  for (const { book, prefix, origin, holes } of objects) {
    const six = prefix.includes(':');
    const inside = holes.filter(hole => hole.includes(':') === six);
    const text = `${six ? 'route6' : 'route'}: ${prefix}\norigin: AS${origin}\nholes: ${inside.join(' ')}\n`;
    books[book]!.apply('add', readRpslObject(Buffer.from(text))!);
  }
}

const objectsIn = ({ routes }: SourceBook): RouteObject[] =>
  Array.from({ length: routes.rows }, (_, row) => row)
    .filter(routes.live)
    .map(routes.object);

/** Whether watched prefixes with objects lie beneath the route, and none of them is registered to its origin. */
function coversStrangers(
  route: Prefix,
  origin: number,
  objects: readonly RouteObject[],
  selectors: readonly { readonly prefix: string }[],
): boolean {
  const beneath = objects.filter(
    ({ prefix }) =>
      prefix.length > route.length && covers(route, prefix) && selectors.some(one => covers(p(one.prefix), prefix)),
  );
  const counting = beneath.filter(one => {
    const others = beneath.filter(({ prefix }) => formatPrefix(prefix) === formatPrefix(one.prefix));
    if (others.some(({ source }) => source === 'CONFIG')) return one.source === 'CONFIG';
    return AUTHORITATIVE.has(one.source) || !others.some(({ source }) => AUTHORITATIVE.has(source));
  });
  return route.length > 0 && counting.length > 0 && !counting.some(one => one.origin === origin);
}

describe('registry, the fast road against the slow one', () => {
  it('comes to the same verdict on every route', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(registered, { maxLength: 10 }),
        fc.array(authorised, { maxLength: 5 }),
        fc.array(declared, { maxLength: 2 }),
        async (objects, vrps, selectors) => {
          const books = ['JPIRR', 'RADB', 'ALTDB'].map(sourceBook);
          fill(books, objects);
          const table = vrpTable();
          const list: Vrp[] = vrps.map(({ prefix: text, more, asn }) => {
            const prefix = p(text);
            const maxLength = Math.min(prefix.bytes.length * 8, prefix.length + more);
            const [w0, w1, w2, w3] = wordsOf(prefix);
            table.add(prefix.afi, w0, w1, w2, w3, prefix.length, maxLength, asn);
            return { prefix, maxLength, asn };
          });
          const watch = watchOf('w', { prefixes: selectors });
          const sources = books.map(({ source, routes }) => ({
            name: source,
            store: routes,
            authoritative: AUTHORITATIVE.has(source),
          }));
          const { snapshot } = await compileRegistry(sources, [watch], table);
          const grounds: Grounds = {
            objects: [...watchIndex([watch]).declared, ...books.flatMap(objectsIn)],
            vrps: list,
            aspas: null,
            authoritative: AUTHORITATIVE,
            ixLans: [],
            maintainersOf: () => [],
            hasCustomer: () => false,
          };
          for (const text of PREFIXES)
            for (const origin of [1, 2, 3, 4]) {
              const prefix = p(text);
              const route = {
                prefix,
                origin,
                remark: null,
                path: null,
                direction: 'downstream',
                neighbor: null,
              } as const;
              const slow = checkRoute(route, grounds, 0);
              const fast = snapshot.decide(prefix, origin);
              const what = `${text} AS${origin}`;
              expect([fast.state, fast.rov], what).to.deep.equal([slow.irr, slow.rov]);
              expect(fast.decidedBy && formatPrefix(fast.decidedBy), what).to.equal(slow.decidedBy);
              const origins = new Set(slow.objects.filter(one => one.decides).map(one => one.origin));
              expect(fast.origins, what).to.deep.equal([...origins].sort());
              const strange = slow.rov !== 'valid' && !slow.irr.startsWith('match');
              expect(fast.covers !== null, `${what} covers`).to.equal(
                strange && coversStrangers(prefix, origin, grounds.objects, selectors),
              );
              const unlike = rov(prefix, origin, fast.vrps).state;
              expect(unlike, what).to.equal(slow.rov);
            }
        },
      ),
      { numRuns: 300 },
    );
  });
});
