import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Case } from '../../src/hijack/case.ts';
import { partsOf } from '../../src/hijack/mitigation.ts';
import { type MitigationPlan, type PlanGrounds, planMitigation } from '../../src/hijack/mitigation-plan.ts';
import type { Snippet } from '../../src/hijack/router-snippets.ts';
import { covers, formatPrefix, parsePrefix } from '../../src/net/prefix.ts';
import { checkRoute, type Grounds } from '../../src/registry/route-check.ts';
import { readRouteObject } from '../../src/registry/route-object.ts';
import { routeOf } from '../../src/registry/route-text.ts';
import type { Vrp } from '../../src/registry/rov.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { whyNot } from '../interop/bgp-peers.ts';
import { begun } from '../notify/cases.ts';
import { skipFor } from '../programs.ts';

const p = (text: string) => parsePrefix(text)!;
const OURS = 64496;

const caseOf = (prefix: string, more: Partial<Case> = {}): Case => ({
  ...begun,
  kind: 'origin',
  prefix,
  decidedBy: prefix,
  expected: [OURS],
  objects: [{ ...begun.objects[0]!, prefix, origin: OURS, maintainers: ['MAINT-A', 'MAINT-B'] }],
  ...more,
});

/** The rules of `check route` over a small registry: an object for each prefix, and these VRPs. */
function grounds(objects: readonly string[], vrps: readonly Vrp[], more: Partial<PlanGrounds> = {}): PlanGrounds {
  const registry: Grounds = {
    objects: objects.map(prefix => {
      const type = prefix.includes(':') ? 'route6' : 'route';
      const reading = readRouteObject(
        readRpslObject(Buffer.from(`${type}: ${prefix}\norigin: AS${OURS}\nmnt-by: MAINT-A\nsource: JPIRR\n`))!,
        'JPIRR',
      );
      if (!reading.ok) throw new Error(reading.problem.why);
      return reading.object;
    }),
    vrps,
    aspas: null,
    authoritative: new Set(['JPIRR']),
    ixLans: [],
    maintainersOf: () => [],
    hasCustomer: () => false,
  };
  return {
    localAs: OURS,
    check: async (prefix, origin) => {
      const route = routeOf(p(prefix), origin, null, 'provider');
      if (typeof route === 'string') throw new Error(route);
      return checkRoute(route, registry, 0);
    },
    held: [{ origin: OURS, rov: 'valid' }],
    authorised: [],
    length: null,
    waysFor: prefixes => [{ peer: 'edge', why: prefixes.length > 2 ? 'too many' : '' }],
    ...more,
  };
}
const vrp = (prefix: string, maxLength: number, asn = OURS): Vrp => ({ prefix: p(prefix), maxLength, asn });
const prefixes = (plan: MitigationPlan) => plan.announce.map(({ prefix }) => prefix);

describe('hijack/mitigation-plan', () => {
  it('splits what is announced in two, which wins everywhere, or finer when asked', async () => {
    const of = caseOf('192.0.2.0/23');
    const plan = await planMitigation(of, grounds(['192.0.2.0/23'], []));
    expect(plan).to.include({ effect: 'wins', origin: OURS });
    expect(prefixes(plan)).to.deep.equal(['192.0.2.0/24', '192.0.3.0/24']);
    expect(plan.ways).to.deep.equal([{ peer: 'edge', why: '' }]);
    const six = await planMitigation(caseOf('2001:db8::/45'), grounds([], [], { length: 48 }));
    expect(prefixes(six)).to.have.length(8).and.to.include('2001:db8:7::/48');
    const why = async (length: number, prefix = '192.0.0.0/16') =>
      planMitigation(caseOf(prefix), grounds([], [], { length })).then(String, (e: Error) => e.message);
    expect(await why(25, '192.0.2.0/23')).to.equal('for 192.0.2.0/23 the length can be 24 to 24, not 25');
    expect(await why(16)).to.equal('for 192.0.0.0/16 the length can be 17 to 24, not 16');
    expect(await why(48, '2001:db8::/32')).to.equal('for 2001:db8::/32 the length can be 33 to 40, not 48');
    expect(await why(24, '192.0.2.0/24')).to.match(/^nothing more specific than 192.0.2.0\/24 is taken/);
  });

  it('says why there is nothing more specific, and what there is instead', async () => {
    const plan = await planMitigation(caseOf('192.0.2.0/24'), grounds(['192.0.2.0/24'], []));
    expect(plan).to.deep.include({ effect: 'none', announce: [], ways: [] });
    expect(plan.why).to.match(/announced by us already: there is nothing more specific/);
    expect(plan.instead.map(({ what }) => what)).to.deep.equal(['call', 'rtbh', 'flowspec']);
    expect(plan.instead[0]!.why).to.match(/^AS64666 and AS64500 can end it/);
    expect(new Set(plan.snippets.map(({ use }) => use))).to.deep.equal(new Set(['rtbh', 'flowspec']));
    const long = await planMitigation(caseOf('192.0.2.0/25', { kind: 'more-specific' }), grounds([], []));
    expect(long.effect).to.equal('none');
    expect(long.why).to.match(/longer than the \/24 that most networks take/);
  });

  it('announces the very prefix where only a covering one is announced, or none: it competes', async () => {
    const of = caseOf('192.0.2.0/24', { kind: 'more-specific', decidedBy: '192.0.2.0/23' });
    const plan = await planMitigation(of, grounds(['192.0.2.0/23'], []));
    expect(plan.effect).to.equal('competes');
    expect(prefixes(plan)).to.deep.equal(['192.0.2.0/24']);
    const unheld = await planMitigation(
      caseOf('192.0.2.0/24'),
      grounds([], [], { held: [{ origin: 64666, rov: 'invalid' }] }),
    );
    expect(unheld.effect).to.equal('competes');
  });

  it('tells which ROAs and objects are needed, and which own ROA stands in the way', async () => {
    const of = caseOf('192.0.2.0/23');
    const plan = await planMitigation(
      of,
      grounds(['192.0.2.0/23', '192.0.2.0/24'], [vrp('192.0.2.0/23', 23), vrp('192.0.2.0/24', 24)]),
    );
    expect(plan.announce.map(({ rov, irr, roa, rpsl }) => [rov, irr, roa !== null, rpsl !== ''])).to.deep.equal([
      ['valid', 'match', false, false],
      ['invalid', 'match-covering', true, true],
    ]);
    expect(plan.announce[1]!.roa).to.deep.equal({ prefix: '192.0.3.0/24', maxLength: 24, asn: OURS });
    expect(plan.conflicts).to.include('192.0.2.0/23-23 AS64496');
    expect(plan.warnings.join('\n')).to.match(/^1 of 2 prefixes would be RPKI invalid: make the ROAs first/);
    const rpsl = readRouteObject(readRpslObject(Buffer.from(plan.announce[1]!.rpsl))!, 'X');
    expect(rpsl.ok && [formatPrefix(rpsl.object.prefix), rpsl.object.origin, ...rpsl.object.mntBy]).to.deep.equal([
      '192.0.3.0/24',
      OURS,
      'MAINT-A',
      'MAINT-B',
    ]);
    const roomy = await planMitigation(of, grounds([], [vrp('192.0.2.0/23', 24)]));
    expect(roomy.conflicts).to.deep.equal([]);
    expect(roomy.announce.every(({ rov }) => rov === 'valid')).to.equal(true);
    const foreign = await planMitigation(of, grounds([], [vrp('192.0.2.0/23', 24, 64666)]));
    expect(
      foreign.announce.every(({ roa }) => roa !== null),
      'a ROA of another makes ours invalid',
    ).to.equal(true);
    expect(foreign.conflicts, 'which is not an own one').to.deep.equal([]);
  });

  it('says what own announcement is invalid now, and who has to announce where it is not us', async () => {
    const held = [
      { origin: OURS, rov: 'invalid' as const },
      { origin: 64666, rov: 'invalid' as const },
    ];
    const plan = await planMitigation(caseOf('192.0.2.0/23'), grounds([], [], { held, localAs: 64500 }));
    expect(plan.invalidNow).to.deep.equal(['192.0.2.0/23 AS64496']);
    expect(plan.warnings[0]).to.equal('Registered for it is AS64496, not the own AS64500: that AS has to announce.');
    const nobody = await planMitigation(caseOf('192.0.2.0/23', { expected: [], objects: [] }), grounds([], []));
    expect(nobody).to.deep.include({ origin: null, effect: 'none', announce: [], snippets: [] });
  });

  it('goes by the kind of the case', async () => {
    const of = (kind: Case['kind'], more: Partial<Case> = {}) => caseOf('198.51.100.0/22', { kind, ...more });
    const plan = (one: Case, more: Partial<PlanGrounds> = {}) => planMitigation(one, grounds([], [], more));
    for (const kind of ['bogon', 'ix-lan', 'new-prefix'] as const)
      expect(await plan(of(kind, { expected: [] })), kind).to.deep.include({ effect: 'none', announce: [] });
    const covered = await plan(of('super-prefix', { decidedBy: '198.51.101.0/24' }));
    expect(covered.effect).to.equal('wins');
    expect(prefixes(covered)).to.deep.equal(['198.51.101.0/24']);
    const leak = await plan(of('leak', { origin: OURS, offender: OURS }));
    expect(leak.origin, 'the origin of a leak is right').to.equal(OURS);
    expect(leak.warnings.join()).to.match(/will pass on more specifics too/);
    const unused = await plan(of('squatting', { expected: [] }));
    expect(unused).to.include({ origin: OURS, effect: 'wins' });
    const hints = [{ hint: 'customer-pa' as const, text: 'AS64666 is probably your customer.' }];
    const harmless = await plan(of('origin', { hints, drill: true }));
    expect(harmless.warnings.slice(0, 2)).to.deep.equal([
      'The case is a drill: no such route exists.',
      'It may be harmless (customer-pa): AS64666 is probably your customer.',
    ]);
    const invalid = await plan(of('rpki-invalid', { expected: [64666] }), { authorised: [0, 64666, OURS] });
    expect(invalid.origin, 'who has the ROA, not who has the object').to.equal(OURS);
  });

  it('splits any prefix into parts that are in it, in order, and cover it', () => {
    const some = fc.tuple(
      fc.constantFrom('192.0.2.0/23', '10.0.0.0/8', '2001:db8::/32', '::/0'),
      fc.integer({ min: 0, max: 8 }),
    );
    fc.assert(
      fc.property(some, ([text, more]) => {
        const prefix = p(text);
        const parts = partsOf(prefix, prefix.length + more);
        expect(new Set(parts.map(formatPrefix)).size).to.equal(2 ** more);
        for (const part of parts)
          expect(covers(prefix, part) && parsePrefix(formatPrefix(part)) !== null).to.equal(true);
      }),
    );
  });
});

describe('hijack/router-snippets', () => {
  const directory = mkdtempSync(join(tmpdir(), 'snippets-'));
  chmodSync(directory, 0o755); // bgpd reads as a user of its own
  after(() => rmSync(directory, { recursive: true }));
  let snippets: readonly Snippet[] = [];
  before(async () => {
    const four = await planMitigation(caseOf('198.51.100.0/22'), grounds([], [], { length: 24 }));
    const six = await planMitigation(caseOf('2001:db8::/46'), grounds([], []));
    snippets = [...four.snippets, ...six.snippets];
  });
  const of = (router: Snippet['router']) => snippets.filter(one => one.router === router);
  /** bgpd's `-C` ends well whatever it reads, and says on its way what it does not take. */
  const check = (program: string, args: readonly string[], file: string, text: string) => {
    const path = join(directory, file);
    writeFileSync(path, text);
    const { status, stdout, stderr } = spawnSync(program, [...args, path], { encoding: 'utf8' });
    const said = `${stdout}${stderr}`;
    if (status !== 0 || /on config line|Malformed|^%/m.test(said)) expect.fail(`${program} refuses:\n${said}\n${text}`);
  };
  const unlessThere = (context: Mocha.Context, kind: 'bird' | 'frr') => skipFor(context, whyNot(kind));

  it('are there for each router and use, but for what FRR cannot do', () => {
    expect(of('bird')).to.have.length(6);
    expect(of('frr')).to.have.length(4);
    expect(of('ios-xr')).to.have.length(6);
    expect(of('junos')).to.have.length(6);
    for (const { text } of snippets) expect(text).not.to.match(/undefined|NaN|,,/);
  });

  it('are what BIRD takes, each alone and all of a case together', function () {
    unlessThere(this, 'bird');
    const head = 'router id 192.0.2.10;\nprotocol device {}\n';
    for (const [i, { text }] of of('bird').entries()) check('bird', ['-p', '-c'], `bird${i}.conf`, head + text);
    const four = of('bird')
      .slice(0, 3)
      .map(({ text }) => text);
    const bgp = `protocol kernel { ipv4 { export filter { if net ~ mitigate_2026_11_22_01_set then reject; accept; }; }; }
protocol bgp up { local as 64496; neighbor 203.0.113.9 as 64500;
  ipv4 { import all; export filter { if net ~ mitigate_2026_11_22_01_set then accept; reject; }; };
  flow4 { table mitigate_2026_11_22_01_flow4; import none; export all; }; }\n`;
    check('bird', ['-p', '-c'], 'all.conf', head + four.join('') + bgp);
  });

  it('are what FRR takes', function () {
    unlessThere(this, 'frr');
    const wrong = 'router bgp 64500\n nonsense\n';
    expect(() => check('/usr/lib/frr/bgpd', ['-C', '-f'], 'wrong.conf', wrong)).to.throw('refuses');
    for (const [i, { text }] of of('frr').entries()) check('/usr/lib/frr/bgpd', ['-C', '-f'], `frr${i}.conf`, text);
  });
});
