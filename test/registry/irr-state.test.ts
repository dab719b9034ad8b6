import { expect } from 'chai';
import fc from 'fast-check';
import { formatPrefix, type Prefix, parsePrefix, prefixOf } from '../../src/net/prefix.ts';
import { irrState, type Registered } from '../../src/registry/irr-state.ts';
import type { RouteOrigin } from '../../src/registry/origin.ts';
import { openSnapshot } from '../../src/registry/snapshot.ts';
import { snapshotBuilder } from '../../src/registry/snapshot-builder.ts';
import type { IrrState } from '../../src/registry/verdict.ts';

const p = (text: string): Prefix => parsePrefix(text)!;

interface Sourced extends Registered {
  readonly source: string;
}

const object = (prefix: string, origin: number, source = 'JPIRR', ...holes: string[]): Sourced => ({
  prefix: p(prefix),
  origin,
  source,
  holes: holes.map(p),
});

describe('registry/irr-state', () => {
  const objects = [
    object('192.0.2.0/24', 64496),
    object('192.0.2.0/24', 64497, 'RADB'),
    object('198.51.100.0/22', 64496),
    object('198.51.101.0/24', 64511),
    object('203.0.112.0/23', 64500, 'JPIRR', '203.0.113.0/25'),
    object('203.0.0.0/16', 64499),
    object('2001:db8::/32', 64496),
  ];
  const cases: readonly [route: string, RouteOrigin, IrrState, decidedBy: string | null][] = [
    ['192.0.2.0/24', 64496, 'match', '192.0.2.0/24'],
    ['192.0.2.0/24', 64497, 'match', '192.0.2.0/24'], // registered MOAS: any match is enough
    ['192.0.2.0/24', 64666, 'mismatch', '192.0.2.0/24'],
    ['192.0.2.0/25', 64496, 'match-covering', '192.0.2.0/24'], // own de-aggregation
    ['192.0.2.0/25', 64666, 'mismatch-covering', '192.0.2.0/24'],
    ['198.51.101.0/24', 64496, 'mismatch', '198.51.101.0/24'], // the exact object beats the covering one
    ['198.51.101.128/25', 64496, 'mismatch-covering', '198.51.101.0/24'], // the most specific covering one decides
    ['198.51.101.128/25', 64511, 'match-covering', '198.51.101.0/24'],
    ['198.51.102.0/24', 64496, 'match-covering', '198.51.100.0/22'],
    ['198.51.0.0/16', 64496, 'unknown', null],
    ['203.0.112.0/24', 64500, 'match-covering', '203.0.112.0/23'],
    ['203.0.113.0/25', 64500, 'mismatch-covering', '203.0.0.0/16'], // in a hole: the next one up decides
    ['203.0.113.64/26', 64499, 'match-covering', '203.0.0.0/16'],
    ['203.0.113.0/24', 64500, 'match-covering', '203.0.112.0/23'], // more than the hole
    ['203.0.112.0/23', 64500, 'match', '203.0.112.0/23'],
    ['192.0.2.0/24', [64496, 64497], 'match', '192.0.2.0/24'],
    ['192.0.2.0/24', [64496, 64666], 'mismatch', '192.0.2.0/24'], // every member must be registered
    ['192.0.2.0/24', [], 'mismatch', '192.0.2.0/24'],
    ['2001:db8:1::/48', 64496, 'match-covering', '2001:db8::/32'],
    ['2001:db9::/32', 64496, 'unknown', null],
  ];
  for (const [route, origin, state, decidedBy] of cases)
    it(`${route} from ${origin} is ${state}`, () => {
      const judged = irrState(p(route), origin, objects);
      expect(judged.state).to.equal(state);
      expect(judged.decidedBy && formatPrefix(judged.decidedBy)).to.equal(decidedBy);
    });

  it('has no opinion of a default route, whatever is registered', () => {
    expect(irrState(p('0.0.0.0/0'), 64496, [object('0.0.0.0/0', 64496)]).state).to.equal('unknown');
    expect(irrState(p('::/0'), 64496, []).state).to.equal('unknown');
  });
  it('names the object that matches first, else those of the best source', () => {
    const sources = (origin: number) =>
      irrState(p('192.0.2.0/24'), origin, objects).deciding.map(({ source }) => source);
    expect(sources(64497)).to.deep.equal(['RADB', 'JPIRR']);
    expect(sources(64666)).to.deep.equal(['JPIRR', 'RADB']);
  });
  it('says why', () => {
    const why = (route: string, as: number) => irrState(p(route), as, objects).why;
    expect(why('192.0.2.0/24', 64666)).to.equal('objects for the prefix have AS64496, AS64497, not AS64666');
    expect(why('192.0.2.128/25', 64496)).to.equal(
      'an object for 192.0.2.0/24, which covers it, has AS64496: an own more specific, longer than the /24 that most networks take',
    );
    expect(irrState(p('203.0.113.0/25'), 1, [objects[4]!]).why).to.match(/holes left out$/);
    expect(irrState(p('203.0.113.0/25'), 1, [objects[4]!]).holed).to.deep.equal([objects[4]]);
  });

  it('agrees with the snapshot of the fast road', () => {
    const near = fc
      .record({
        afi: fc.constantFrom(1 as const, 2 as const),
        octet: fc.nat(255),
        length: fc.integer({ min: 1, max: 8 }),
      })
      .map(({ afi, octet, length }) => {
        const bytes = new Uint8Array(afi === 1 ? 4 : 16);
        bytes[0] = octet & 0xe1;
        return prefixOf({ afi, bytes }, length);
      });
    const row = fc.record({ prefix: near, origin: fc.integer({ min: 1, max: 3 }), holes: fc.constant([]) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), near, fc.integer({ min: 1, max: 4 }), (rows, prefix, origin) => {
        const builder = snapshotBuilder();
        for (const one of rows) builder.add(one.prefix, one.origin, false);
        const decision = openSnapshot(builder.freeze()).decide(prefix, origin);
        const judged = irrState(prefix, origin, rows);
        expect(judged.state).to.equal(decision.state);
        expect(judged.decidedBy).to.deep.equal(decision.decidedBy);
        const origins = [...new Set(judged.deciding.map(one => one.origin))].sort((a, b) => a - b);
        expect(origins).to.deep.equal(decision.origins);
      }),
      { numRuns: 500 },
    );
  });
});
