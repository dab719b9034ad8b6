import { expect } from 'chai';
import { assess, type Ground, soften } from '../../src/hijack/assessment.ts';
import type { CaseHint, Witness } from '../../src/hijack/case.ts';
import type { HintedCase } from '../../src/hijack/case-hints.ts';
import { evidenceOf } from '../../src/hijack/evidence.ts';
import type { FoundException } from '../../src/hijack/exceptions.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import type { RouteObject } from '../../src/registry/objects.ts';
import { checkRoute, type Grounds } from '../../src/registry/route-check.ts';

const NOW = Date.UTC(2026, 10, 22, 4);

const object = (prefix: string, origin: number): RouteObject => ({
  source: 'JPIRR',
  prefix: parsePrefix(prefix)!,
  origin,
  mntBy: ['MAINT-A'],
  holes: [],
  memberOf: [],
  keiro: [],
  notify: [],
  descr: '',
  text: `route: ${prefix}\norigin: AS${origin}\nmnt-by: MAINT-A\nsource: JPIRR`,
});

/** What a registry with these objects and VRPs says of a route of the last AS of the path. */
function ground(prefix: string, path: readonly number[], more: Partial<Grounds> = {}): Ground {
  const route = {
    prefix: parsePrefix(prefix)!,
    origin: path.at(-1)!,
    remark: null,
    path,
    direction: 'downstream',
    neighbor: null,
  } as const;
  const grounds: Grounds = {
    objects: [object('192.0.2.0/24', 64496)],
    vrps: [],
    aspas: null,
    authoritative: new Set(),
    ixLans: [],
    maintainersOf: () => [],
    hasCustomer: () => false,
    ...more,
  };
  return { check: checkRoute(route, grounds, NOW), serials: new Map([['JPIRR', 1007]]) };
}

const vrp = (prefix: string, asn: number) => ({ prefix: parsePrefix(prefix)!, maxLength: 24, asn });

const witness: Witness = {
  peer: 'tyo1',
  as: 64500,
  address: '203.0.113.1',
  path: [64500, 64666],
  since: NOW,
  until: null,
  state: 'holds',
};

const one: HintedCase = {
  kind: 'origin',
  state: 'ongoing',
  offender: 64666,
  witnesses: [witness],
  opened: NOW,
  ended: null,
  peakWitnesses: 1,
  told: ['begin'],
  objects: evidenceOf([object('192.0.2.0/24', 64496)]),
};

const exception: FoundException = {
  watch: 'ours',
  prefix: '192.0.2.0/24',
  origins: [64666],
  until: Date.UTC(2027, 0, 1),
  reason: 'scrubbing during attacks',
};

describe('hijack/assessment', () => {
  const PATH = [64500, 64666];

  it('is as grave as both registries say', () => {
    const judge = (more: Partial<Grounds>) => assess(one, PATH, ground('192.0.2.0/24', PATH, more), null, NOW);
    expect(judge({}).severity).to.equal('major');
    expect(judge({ vrps: [vrp('192.0.2.0/24', 64496)] }).severity).to.equal('critical');
    const allowed = judge({ vrps: [vrp('192.0.2.0/24', 64666)] });
    expect([allowed.severity, allowed.hints.map(({ hint }) => hint)]).to.deep.equal([
      'info',
      ['registration-error', 'disputed'],
    ]);
  });

  it('is of some weight when neither registry has anything against the route', () => {
    const found = assess(one, [64500, 64496], ground('192.0.2.0/24', [64500, 64496]), null, NOW);
    expect([found.severity, found.why.rule]).to.deep.equal([
      'minor',
      'IRR match and ROV not-found say nothing against it: it is minor for being a case',
    ]);
  });

  it('is softened by a hint, and says by which and by what rule', () => {
    const path = [64500, 64496, 64511];
    const found = assess({ ...one, offender: 64511 }, path, ground('192.0.2.0/25', path), null, NOW);
    expect(found.severity).to.equal('minor');
    expect(found.hints.map(({ hint, object }) => [hint, object?.split('\n')[0]])).to.deep.equal([
      ['customer-pa', 'route:      192.0.2.0/25'],
    ]);
    expect(found.why).to.deep.include({
      time: NOW,
      rule: 'IRR mismatch-covering and ROV not-found make it major; customer-pa -1 make it minor',
      irr: 'mismatch-covering',
      rov: 'not-found',
      severity: 'major',
      decidedBy: '192.0.2.0/24',
      path,
      objects: [
        { source: 'JPIRR', serial: 1007, prefix: '192.0.2.0/24', origin: 64496, decides: true, disputed: null },
      ],
    });
  });

  it('keeps the text of an object that is another than at the opening', () => {
    const path = [64500, 64666];
    const objects = [object('192.0.2.0/24', 64497), object('192.0.0.0/16', 64496), object('192.0.2.0/24', 64496)];
    const { why } = assess(one, path, ground('192.0.2.0/24', path, { objects }), null, NOW);
    expect(why.objects.map(({ prefix, origin, text }) => [prefix, origin, text !== undefined])).to.deep.equal([
      ['192.0.2.0/24', 64497, true],
      ['192.0.2.0/24', 64496, false],
      ['192.0.0.0/16', 64496, true],
    ]);
  });

  it('takes an exception of a watch for the first hint', () => {
    const found = assess(one, PATH, ground('192.0.2.0/24', PATH), exception, NOW);
    expect([found.severity, found.hints[0]]).to.deep.equal([
      'info',
      {
        hint: 'scrubbing',
        text: 'AS64666 may announce it until 2027-01-01 00:00, says watch ours: scrubbing during attacks.',
      },
    ]);
  });

  it('knows what was over before anybody was told', () => {
    const blip: HintedCase = { ...one, state: 'resolved', ended: NOW + 42_000, peakWitnesses: 3, told: [] };
    const hint = (of: HintedCase) => assess(of, PATH, ground('192.0.2.0/24', PATH), null, NOW).hints[0];
    expect(hint(blip)).to.deep.equal({
      hint: 'blip',
      text: 'It was seen from 2026-11-22 04:00:00 to 2026-11-22 04:00:42 UTC by 3 peers at most, and is over now.',
    });
    expect(hint({ ...blip, told: ['begin'] })).to.equal(undefined);
  });

  it('knows a route that is only stuck somewhere', () => {
    const stale = { score: 0.5, reasons: ['all 4 others have let go'] };
    const hint = (witnesses: readonly Witness[]) =>
      assess({ ...one, witnesses }, PATH, ground('192.0.2.0/24', PATH), null, NOW).hints[0]?.text;
    expect(hint([{ ...witness, stale }])).to.equal(
      'Only peer tyo1 (AS64500) still shows it, all 4 others have let go: probably a stuck route there.',
    );
    expect(
      hint([
        { ...witness, stale },
        { ...witness, peer: 'osa1' },
      ]),
      'osa1 is a good witness',
    ).to.equal(undefined);
  });

  it('says that a route asks to drop what is sent to it, and softens nothing', () => {
    const asking = [
      { ...witness, blackhole: true },
      { ...witness, peer: 'osa1' },
      { ...witness, peer: 'osa2', blackhole: true, state: 'gone' as const },
    ];
    const { hints, severity } = assess({ ...one, witnesses: asking }, PATH, ground('192.0.2.0/24', PATH), null, NOW);
    expect(hints[0]).to.deep.include({ hint: 'blackhole' });
    expect(hints[0]!.text).to.match(/^The route asks to drop what is sent to it \(BLACKHOLE, RFC 7999\), at one peer:/);
    expect(severity).to.equal(assess(one, PATH, ground('192.0.2.0/24', PATH), null, NOW).severity);
  });

  it('goes down to info, not further', () => {
    const hints = (...names: CaseHint['hint'][]) => names.map(hint => ({ hint, text: '' }));
    expect(soften('critical', hints('stuck-route'))).to.equal('major');
    expect(soften('critical', hints('stuck-route', 'scrubbing', 'sibling'))).to.equal('info');
    expect(soften('info', hints('sibling'))).to.equal('info');
    expect(soften('major', hints('as-set')), 'an AS_SET is no excuse').to.equal('major');
  });
});
