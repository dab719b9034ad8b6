import { expect } from 'chai';
import fc from 'fast-check';
import { covers, formatPrefix, type Prefix, parsePrefix, prefixOf, wordsOf } from '../../src/net/prefix.ts';
import { IRR_MASK, openSnapshot, type Snapshot, WATCHED_FLAG } from '../../src/registry/snapshot.ts';
import { NO_ORIGIN, snapshotBuilder } from '../../src/registry/snapshot-builder.ts';
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
  return IRR_STATES[verdict & IRR_MASK]! + ((verdict & WATCHED_FLAG) !== 0 ? ' watched' : '');
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

  const asn = fc.constantFrom(0, 1, 2, 3, 4294967295);
  const object = fc.record({ at: prefix, origin, watched: fc.boolean(), authoritative: fc.boolean() });
  const watch = fc.record({ at: prefix });
  const vrp = fc
    .record({ at: prefix, asn, more: fc.constantFrom(0, 0, 1, 8, 128) })
    .map(({ at, asn, more }) => ({ at, asn, maxLength: Math.min(at.bytes.length * 8, at.length + more) }));
  const hole = fc
    .record({ at: prefix, by: fc.integer({ min: 1, max: 128 }), origin })
    .map(({ at, by, origin }) => ({ at, outer: Math.max(0, at.length - by), origin }))
    .filter(({ at, outer }) => outer < at.length);
  const said = fc.record({
    objects: fc.array(object, { maxLength: 60 }),
    watches: fc.array(watch, { maxLength: 10 }),
    vrps: fc.array(vrp, { maxLength: 40 }),
    holes: fc.array(hole, { maxLength: 15 }),
  });
  const routes = fc.array(fc.tuple(prefix, fc.oneof(origin, fc.constant(NO_ORIGIN))), { minLength: 1, maxLength: 60 });

  it('agrees with a plain walk over a list, IPv4 and IPv6', () => {
    fc.assert(
      fc.property(said, routes, (all, asked) => {
        const builder = snapshotBuilder(0, 0);
        write(builder, all);
        const snapshot = openSnapshot(builder.freeze());
        for (const [route, as] of [...asked, ...all.objects.map(({ at }) => [at, 2] as const)])
          expect(decided(snapshot, route, as), formatPrefix(route)).to.equal(plainly(all, route, as));
      }),
      { numRuns: 300 },
    );
  });

  it('reads an overlay over it as if all had been written at once', () => {
    fc.assert(
      fc.property(said, said, fc.array(prefix, { maxLength: 10 }), routes, (below, over, cleared, asked) => {
        const builder = snapshotBuilder(0, 0);
        write(builder, below);
        const overlay = snapshotBuilder(0, 0);
        for (const at of cleared) overlay.clear(at);
        write(overlay, over);
        const snapshot = openSnapshot(builder.freeze(), overlay.copy());
        const hidden = new Set([...cleared, ...placesOf(over)].map(formatPrefix));
        const left = <T extends { readonly at: Prefix }>(rows: readonly T[]) =>
          rows.filter(({ at }) => !hidden.has(formatPrefix(at)));
        const all: Said = {
          objects: [...left(below.objects), ...over.objects],
          watches: [...left(below.watches), ...over.watches],
          vrps: [...left(below.vrps), ...over.vrps],
          holes: [...left(below.holes), ...over.holes],
        };
        for (const [route, as] of [...asked, ...placesOf(all).map(at => [at, 2] as const)])
          expect(decided(snapshot, route, as), formatPrefix(route)).to.equal(plainly(all, route, as));
      }),
      { numRuns: 300 },
    );
  });
});

interface Said {
  readonly objects: readonly { at: Prefix; origin: number; watched: boolean; authoritative: boolean }[];
  readonly watches: readonly { at: Prefix }[];
  readonly vrps: readonly { at: Prefix; asn: number; maxLength: number }[];
  readonly holes: readonly { at: Prefix; outer: number; origin: number }[];
}

const placesOf = ({ objects, watches, vrps, holes }: Said) =>
  [...objects, ...watches, ...vrps, ...holes].map(({ at }) => at);

/** Authoritative sources come first, as the registry has it. */
function write(builder: ReturnType<typeof snapshotBuilder>, { objects, watches, vrps, holes }: Said): void {
  for (const first of [true, false])
    for (const { at, origin, watched, authoritative } of objects)
      if (authoritative === first) builder.addWords(at.afi, ...wordsOf(at), at.length, origin, watched, authoritative);
  for (const { at } of watches) builder.add(at, NO_ORIGIN, true);
  for (const { at, asn, maxLength } of vrps) builder.addVrp(at.afi, ...wordsOf(at), at.length, maxLength, asn);
  for (const { at, outer, origin } of holes) builder.addHole(at, outer, origin);
}

function decided(snapshot: Snapshot, route: Prefix, origin: number): string {
  const { state, watched, rov, vrps } = snapshot.decide(route, origin);
  return `${state}${watched ? ' watched' : ''} ${rov} of ${vrps.length}`;
}

/** The rules as one would say them, without an index. */
function plainly(said: Said, route: Prefix, origin: number): string {
  const above = <T extends { readonly at: Prefix }>(rows: readonly T[]) => rows.filter(({ at }) => covers(at, route));
  const vrps = above(said.vrps);
  const distinct = new Set(vrps.map(({ at, asn, maxLength }) => `${formatPrefix(at)} ${asn} ${maxLength}`));
  const authorised = vrps.some(({ asn, maxLength }) => asn === origin && asn !== 0 && route.length <= maxLength);
  const rov = authorised ? 'valid' : vrps.length > 0 ? 'invalid' : 'not-found';

  const objects = above(said.objects);
  const holes = above(said.holes);
  const counting = objects.filter(
    ({ at, origin: as, authoritative }) =>
      (authoritative || !objects.some(one => one.authoritative && one.at.length === at.length)) &&
      !holes.some(hole => hole.origin === as && hole.outer === at.length && hole.at.length > at.length),
  );
  const deciding = Math.max(-1, ...counting.map(({ at }) => at.length));
  const guards = [...objects.filter(({ watched }) => watched), ...above(said.watches)];
  const watched = guards.some(({ at }) => at.length >= deciding) ? ' watched' : '';
  const state = counting.some(({ at, origin: as }) => at.length === deciding && as === origin) ? 'match' : 'mismatch';
  const covering = deciding === route.length ? '' : '-covering';
  return `${deciding < 0 ? 'unknown' : state + covering}${watched} ${rov} of ${distinct.size}`;
}
