import { expect } from 'chai';
import type { Case } from '../../src/hijack/case.ts';
import { createRoaWatch, type RoaLook, type RoaWatch, type WatchedRoute } from '../../src/hijack/roa-watch.ts';

const T0 = Date.UTC(2026, 8, 1, 12);
const HOUR = 3_600_000;
const APNIC = 'apnic of cache /vrps.json';

const route = (prefix: string, rov: WatchedRoute['rov'], more: Partial<WatchedRoute> = {}): WatchedRoute => ({
  ...{ prefix, origin: 64496, rov, expires: null, anchors: rov === 'valid' ? [APNIC] : [] },
  ...more,
});
const [A, B] = ['192.0.2.0/24', '198.51.100.0/24'];

/** A look; what it finds, a line each. */
function look(watch: RoaWatch, routes: readonly WatchedRoute[], more: Partial<RoaLook> = {}): string[] {
  const whole = { rpkiWhole: true, routesWhole: true, anchors: new Map([[APNIC, 100]]), isKnown: () => true };
  return watch
    .look({ time: T0, routes, lead: 2 * HOUR, ...whole, ...more })
    .map(({ what, kind, prefix, dropped }) => `${what} ${kind} ${prefix}${dropped ? ' dropped' : ''}`);
}
const sized = (vrps: number) => ({ anchors: new Map([[APNIC, vrps]]) });

describe('hijack/roa-watch', () => {
  let watch: RoaWatch;
  beforeEach(() => {
    watch = createRoaWatch();
    expect(look(watch, [route(A, 'valid'), route(B, 'valid')])).to.deep.equal([]);
  });

  describe('a ROA that vanished', () => {
    const cases: readonly [string, WatchedRoute[], Partial<RoaLook>, string[]][] = [
      ['nothing covers the route', [route(A, 'not-found')], {}, [`held roa-vanished ${A}`]],
      ['another ROA has taken its place', [route(A, 'invalid')], {}, []],
      ['the RPKI is not whole', [route(A, 'not-found')], { rpkiWhole: false }, []],
      ['the route is no longer registered', [], {}, []],
      ['it never had one', [route('203.0.113.0/24', 'not-found')], {}, []],
    ];
    for (const [title, routes, more, told] of cases)
      it(`${told.length === 0 ? 'is not told' : 'is told'} where ${title}`, () => {
        expect(look(watch, [...routes, route(B, 'valid')], more)).to.deep.equal(told);
      });

    it('is told once, and is over when the route is valid again', () => {
      const gone = [route(A, 'not-found'), route(B, 'valid')];
      expect(look(watch, gone)).to.have.length(1);
      expect(look(watch, gone)).to.deep.equal([]);
      expect(look(watch, [route(A, 'valid'), route(B, 'valid')])).to.deep.equal([`gone roa-vanished ${A}`]);
      expect(look(watch, gone)).to.deep.equal([`held roa-vanished ${A}`]);
    });
    it('is over when the route is not watched any more, but not when the IRR is missing', () => {
      look(watch, [route(A, 'not-found')]);
      expect(look(watch, [], { routesWhole: false })).to.deep.equal([]);
      expect(look(watch, [])).to.deep.equal([`gone roa-vanished ${A} dropped`]);
    });
    it('is told when the data is whole again and it is still away', () => {
      const gone = [route(A, 'not-found'), route(B, 'valid')];
      look(watch, gone, { rpkiWhole: false });
      expect(look(watch, gone)).to.deep.equal([`held roa-vanished ${A}`]);
    });
    it('is not told of sources that the operator has changed', () => {
      watch.relearn(T0 + 1000);
      expect(look(watch, [route(A, 'not-found'), route(B, 'valid')], sized(1))).to.deep.equal([]);
      const later = { time: T0 + 1000, ...sized(1) };
      expect(look(watch, [route(A, 'not-found'), route(B, 'not-found')], later)).to.deep.equal([
        `held roa-vanished ${B}`,
      ]);
    });
  });

  describe('a ROA that is about to expire', () => {
    const until = (ms: number | null) => [
      route(A, 'valid', { expires: ms === null ? null : T0 + ms }),
      route(B, 'valid'),
    ];
    it('is told within the warning, and is over when it was renewed', () => {
      expect(look(watch, until(2 * HOUR))).to.deep.equal([]);
      expect(look(watch, until(2 * HOUR - 1))).to.deep.equal([`held roa-expiring ${A}`]);
      expect(look(watch, until(2 * HOUR - 2))).to.deep.equal([]);
      expect(look(watch, until(24 * HOUR))).to.deep.equal([`gone roa-expiring ${A}`]);
    });
    it('gives way to one that has vanished', () => {
      look(watch, until(HOUR));
      expect(look(watch, [route(A, 'not-found'), route(B, 'valid')])).to.deep.equal([
        `gone roa-expiring ${A}`,
        `held roa-vanished ${A}`,
      ]);
    });
    it('says until when', () => {
      const { ground } = watch.look({
        ...{ time: T0, rpkiWhole: true, routesWhole: true, routes: until(HOUR), anchors: new Map() },
        ...{ isKnown: () => true, lead: 2 * HOUR },
      })[0]!;
      expect(ground).to.equal('its ROA is valid until 2026-09-01 13:00 UTC');
    });
  });

  describe('a trust anchor', () => {
    const both = (rov: WatchedRoute['rov']) => [route(A, rov), route(B, rov)];
    for (const [now, fails] of [
      [0, true],
      [79, true],
      [80, false],
      [120, false],
    ] as const)
      it(`${fails ? 'fails' : 'does not fail'} with ${now} VRPs of 100`, () => {
        expect(look(watch, both('valid'), sized(now))).to.deep.equal(fails ? [`held trust-anchor ${A}`] : []);
      });
    it('may lose a few of few', () => {
      look(watch, both('valid'), { isKnown: () => false, anchors: new Map() });
      look(watch, both('valid'), sized(12));
      expect(look(watch, both('valid'), sized(3))).to.deep.equal([]);
      expect(look(watch, both('valid'), sized(0))).to.deep.equal([`held trust-anchor ${A}`]);
    });
    it('is told of once in place of all ROAs that vanished with it, and says so', () => {
      const [one, ...more] = watch.look({
        ...{ time: T0, rpkiWhole: true, routesWhole: true, routes: both('not-found'), ...sized(5) },
        ...{ isKnown: () => true, lead: 0 },
      });
      expect(more).to.deep.equal([]);
      expect(one).to.include({ kind: 'trust-anchor', prefix: A });
      expect(one?.ground).to.equal(
        `trust anchor ${APNIC}: 5 VRPs where there were 100; 2 watched routes rest on it, whose ROAs are not told of one by one`,
      );
      expect(look(watch, both('not-found'), sized(5))).to.deep.equal([]);
      expect(look(watch, both('valid'), sized(95))).to.deep.equal([`gone trust-anchor ${A}`]);
    });
    it('has its missing ROAs told of when it is back without them, or is taken as it is', () => {
      look(watch, both('not-found'), sized(5));
      expect(look(watch, [route(A, 'not-found'), route(B, 'valid')], sized(95))).to.deep.equal([
        `gone trust-anchor ${A}`,
        `held roa-vanished ${A}`,
      ]);
      look(watch, [route(A, 'not-found'), route(B, 'not-found')], sized(5));
      expect(look(watch, both('not-found'), { ...sized(5), time: T0 + 24 * HOUR })).to.deep.equal([
        `gone trust-anchor ${B}`,
        `held roa-vanished ${B}`,
      ]);
    });
    it('is no matter where no watched route rests on it', () => {
      const other = 'ripe of cache /vrps.json';
      const rest = (count: number) => ({ anchors: new Map([...sized(100).anchors, [other, count]]) });
      look(watch, both('valid'), rest(100));
      expect(look(watch, both('valid'), rest(0))).to.deep.equal([]);
    });
    it('does not fail by a source that is used no longer', () => {
      expect(look(watch, both('valid'), { anchors: new Map(), isKnown: () => false })).to.deep.equal([]);
    });
  });

  const stored = (kind: Case['kind'], prefix: string, ground = '') =>
    ({ kind, prefix, origin: 64496, ground, opened: T0 }) as Case;

  it('tells once more what stands, of itself and of another, and what is over meanwhile', () => {
    const [gone, back] = [route(A, 'not-found'), route(B, 'valid')];
    expect(look(watch, [gone, back])).to.deep.equal([`held roa-vanished ${A}`]);
    watch.takeUp([stored('roa-vanished', B)]);
    expect(look(watch, [gone, back]).sort()).to.deep.equal([`gone roa-vanished ${B}`, `held roa-vanished ${A}`]);
    expect(look(watch, [gone, back])).to.deep.equal([]);
  });

  it('goes on with the case that a failing trust anchor has, though it found it at another route', () => {
    const routes = [route(A, 'not-found'), route(B, 'not-found')];
    look(watch, [route(A, 'valid'), route(B, 'valid')], sized(100));
    expect(look(watch, routes, sized(5))).to.deep.equal([`held trust-anchor ${A}`]);
    const ground = `trust anchor ${APNIC}: 4 VRPs where there were 100; 2 watched routes rest on it, …`;
    watch.takeUp([stored('trust-anchor', B, ground)]);
    expect(look(watch, routes, sized(5))).to.deep.equal([`held trust-anchor ${B}`]);
    expect(look(watch, [route(A, 'valid'), route(B, 'valid')], sized(99))).to.deep.equal([`gone trust-anchor ${B}`]);
  });

  it('takes up what was told before a restart', () => {
    const failed = `trust anchor ${APNIC}: 5 VRPs where there were 100; a watched route rests on it, …`;
    watch = createRoaWatch([
      stored('roa-vanished', A),
      stored('trust-anchor', B, failed),
      stored('origin', '203.0.113.0/24'),
    ]);
    const routes = [route(A, 'not-found'), route(B, 'not-found')];
    expect(look(watch, routes, { rpkiWhole: false, ...sized(5) })).to.deep.equal([`held trust-anchor ${B}`]);
    expect(look(watch, routes, sized(5))).to.deep.equal([`held roa-vanished ${A}`]);
    expect(look(watch, [route(A, 'valid'), route(B, 'valid')], sized(99)).sort()).to.deep.equal([
      `gone roa-vanished ${A}`,
      `gone trust-anchor ${B}`,
    ]);
  });
});
