import { expect } from 'chai';
import fc from 'fast-check';
import { covers, type Prefix, prefixOf } from '../../src/net/prefix.ts';
import { openSnapshot } from '../../src/registry/snapshot.ts';
import { snapshotBuilder } from '../../src/registry/snapshot-builder.ts';

/** Prefixes that lie close together, so that many have their first bits in common. */
const four = fc
  .tuple(
    fc.constantFrom(10, 11, 172),
    fc.constantFrom(0, 1, 255),
    fc.nat(3),
    fc.nat(255),
    fc.integer({ min: 6, max: 32 }),
  )
  .map(([a, b, c, d, length]) => prefixOf({ afi: 1, bytes: Uint8Array.of(a, b, c * 64, d) }, length));
const six = fc
  .tuple(fc.constantFrom(0x20, 0x2a), fc.nat(255), fc.nat(3), fc.integer({ min: 16, max: 64 }))
  .map(([a, b, c, length]) => {
    const bytes = new Uint8Array(16);
    bytes.set([a, 1, c, b, b, 0, c, b]);
    return prefixOf({ afi: 2, bytes }, length);
  });
const prefix = fc.oneof(four, six);
const registered = fc.record({ prefix, origin: fc.integer({ min: 0, max: 3 }), watched: fc.boolean() });

describe('registry/watched-beneath', () => {
  it('finds what a plain look at all finds', () => {
    fc.assert(
      fc.property(
        fc.array(registered, { maxLength: 150, size: 'max' }),
        fc.array(prefix, { minLength: 1 }),
        (all, routes) => {
          const builder = snapshotBuilder();
          for (const one of all) builder.add(one.prefix, one.origin, one.watched);
          const snapshot = openSnapshot(builder.freeze());
          const same = (a: Prefix, b: Prefix) => a.length === b.length && a.afi === b.afi && covers(a, b);
          for (const route of routes)
            for (const origin of [1, 2, 7]) {
              const { state, covers: found } = snapshot.decide(route, origin);
              const beneath = all.filter(
                one =>
                  one.origin !== 0 &&
                  one.prefix.afi === route.afi &&
                  one.prefix.length > route.length &&
                  covers(route, one.prefix) &&
                  all.some(other => other.watched && same(other.prefix, one.prefix)),
              );
              const strange =
                !state.startsWith('match') &&
                (route.afi === 1 || route.length <= 48) &&
                beneath.length > 0 &&
                !beneath.some(one => one.origin === origin);
              // Beyond the first 64 beneath a route nothing is looked at.
              if (beneath.length > 64) continue;
              expect(found !== null, `${route.bytes}/${route.length} AS${origin}`).to.equal(strange);
              if (found !== null) expect(beneath.some(one => same(one.prefix, found))).to.equal(true);
            }
        },
      ),
      { numRuns: 200 },
    );
  });
});
