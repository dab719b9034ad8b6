import { expect } from 'chai';
import fc from 'fast-check';
import { covers, formatPrefix, type Prefix, parsePrefix, prefixOf, wordsOf } from '../../src/net/prefix.ts';
import { NO_ORIGIN, openSnapshot, snapshotBuilder, WATCHED_FLAG } from '../../src/registry/snapshot.ts';
import { IRR_STATES } from '../../src/registry/verdict.ts';

const p = (text: string): Prefix => parsePrefix(text)!;

type Row = readonly [prefix: string, origin: number, watched?: boolean];

function snapshotOf(rows: readonly Row[]) {
  const builder = snapshotBuilder(0, 0);
  for (const [prefix, origin, watched = false] of rows) builder.add(p(prefix), origin, watched);
  return openSnapshot(builder.freeze());
}

function verdictOf(snapshot: ReturnType<typeof openSnapshot>, prefix: Prefix, origin: number): string {
  const verdict = snapshot.judge(prefix.afi, ...wordsOf(prefix), prefix.length, origin);
  return IRR_STATES[verdict & ~WATCHED_FLAG]! + ((verdict & WATCHED_FLAG) !== 0 ? ' watched' : '');
}

describe('registry/snapshot', () => {
  const registry = snapshotOf([
    ['198.51.100.0/22', 64496],
    ['198.51.101.0/24', 64511, true],
    ['198.51.101.0/24', 64510],
    ['203.0.113.0/24', NO_ORIGIN, true],
    ['192.0.2.0/24', 64496],
    ['192.0.2.128/25', NO_ORIGIN, true],
    ['192.0.2.1/32', 64496],
    ['2001:db8::/32', 64496, true],
    ['2001:db8:0:1::/64', 4294967295],
    ['2001:db8::1/128', 64497],
  ]);
  const table: [route: string, origin: number, verdict: string, decidedBy: string | null][] = [
    ['198.51.100.0/22', 64496, 'match', '198.51.100.0/22'],
    ['198.51.100.0/22', 64666, 'mismatch', '198.51.100.0/22'],
    ['198.51.101.0/24', 64510, 'match watched', '198.51.101.0/24'],
    ['198.51.101.0/24', 64511, 'match watched', '198.51.101.0/24'],
    ['198.51.101.0/24', 64496, 'mismatch watched', '198.51.101.0/24'],
    ['198.51.101.128/25', 64511, 'match-covering watched', '198.51.101.0/24'],
    ['198.51.101.128/25', 64496, 'mismatch-covering watched', '198.51.101.0/24'],
    ['198.51.102.0/24', 64496, 'match-covering', '198.51.100.0/22'],
    ['198.51.102.0/24', 64666, 'mismatch-covering', '198.51.100.0/22'],
    ['198.51.102.0/24', NO_ORIGIN, 'mismatch-covering', '198.51.100.0/22'],
    ['198.51.0.0/16', 64496, 'unknown', null],
    ['203.0.113.0/24', 64666, 'unknown watched', null],
    ['203.0.113.7/32', 64666, 'unknown watched', null],
    ['192.0.2.128/25', 64666, 'mismatch-covering watched', '192.0.2.0/24'],
    ['192.0.2.0/25', 64666, 'mismatch-covering', '192.0.2.0/24'],
    ['192.0.2.1/32', 64496, 'match', '192.0.2.1/32'],
    ['0.0.0.0/0', 64496, 'unknown', null],
    ['2001:db8::/32', 64496, 'match watched', '2001:db8::/32'],
    ['2001:db8:0:1::/64', 4294967295, 'match', '2001:db8:0:1::/64'],
    ['2001:db8:0:1::/64', NO_ORIGIN, 'mismatch', '2001:db8:0:1::/64'],
    ['2001:db8::1/128', 64497, 'match', '2001:db8::1/128'],
    ['2001:db8::2/128', 64496, 'match-covering watched', '2001:db8::/32'],
    ['2001:db9::/32', 64496, 'unknown', null],
  ];
  for (const [route, origin, verdict, decidedBy] of table)
    it(`${route} from ${origin === NO_ORIGIN ? 'NONE' : `AS${origin}`} is ${verdict}`, () => {
      expect(verdictOf(registry, p(route), origin)).to.equal(verdict);
      const decision = registry.decide(p(route), origin);
      expect(decision.state + (decision.watched ? ' watched' : '')).to.equal(verdict);
      expect(decision.decidedBy && formatPrefix(decision.decidedBy)).to.equal(decidedBy);
    });

  it('names the origins of the deciding prefix in ascending order', () => {
    expect(registry.decide(p('198.51.101.0/25'), 1).origins).to.deep.equal([64510, 64511]);
    expect(registry.decide(p('2001:db8:0:1::/64'), 1).origins).to.deep.equal([4294967295]);
  });

  it('takes address words signed or unsigned', () => {
    const [w0] = wordsOf(p('198.51.100.0/22'));
    expect(w0).to.be.below(0);
    expect(registry.judge(1, w0 >>> 0, 0, 0, 0, 22, 64496)).to.equal(IRR_STATES.indexOf('match'));
  });

  it('judges nothing when it is empty', () => {
    expect(verdictOf(snapshotOf([]), p('192.0.2.0/24'), 64496)).to.equal('unknown');
    expect(verdictOf(snapshotOf([]), p('::/0'), 64496)).to.equal('unknown');
  });

  it('refuses a buffer that is no snapshot', () => {
    expect(() => openSnapshot(new SharedArrayBuffer(1 << 20))).to.throw(TypeError);
  });

  // Prefixes crowd into little space, so that they often meet and cover each other.
  const prefixIn = (afi: 1 | 2) =>
    fc
      .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 128 }))
      .map(([high, low, length]) => {
        const bytes = new Uint8Array(afi === 1 ? 4 : 16);
        bytes[0] = high << 4;
        bytes[1] = low & 0xc1;
        bytes[bytes.length >> 1] = low & 0x83;
        bytes[bytes.length - 1] = low;
        return prefixOf({ afi, bytes }, length % (bytes.length * 8 + 1));
      });
  const prefix = fc.oneof(prefixIn(1), prefixIn(2));
  const origin = fc.constantFrom(1, 2, 3, 4294967295);

  it('agrees with a plain walk over a list, IPv4 and IPv6', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(prefix, fc.oneof(origin, fc.constant(NO_ORIGIN)), fc.boolean()), { maxLength: 120 }),
        fc.array(fc.tuple(prefix, fc.oneof(origin, fc.constant(NO_ORIGIN))), { minLength: 1, maxLength: 60 }),
        (rows, routes) => {
          const builder = snapshotBuilder(0, 0);
          for (const [at, as, watched] of rows) builder.add(at, as, watched);
          const snapshot = openSnapshot(builder.freeze());
          for (const [route, as] of [...routes, ...rows.map(([at]) => [at, 2] as const)]) {
            expect(verdictOf(snapshot, route, as), formatPrefix(route)).to.equal(plainly(rows, route, as));
            expect(snapshot.entry(route) >= 0).to.equal(rows.some(([at]) => formatPrefix(at) === formatPrefix(route)));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** The rule as one would say it, without an index. */
function plainly(rows: readonly (readonly [Prefix, number, boolean])[], route: Prefix, origin: number): string {
  const above = rows.filter(([at]) => covers(at, route));
  const registered = above.filter(([, as]) => as !== NO_ORIGIN);
  const deciding = Math.max(-1, ...registered.map(([at]) => at.length));
  const watched = above.some(([at, , watch]) => watch && at.length >= deciding) ? ' watched' : '';
  if (deciding < 0) return `unknown${watched}`;
  const found = registered.some(([at, as]) => at.length === deciding && as === origin);
  return (found ? 'match' : 'mismatch') + (deciding === route.length ? '' : '-covering') + watched;
}
