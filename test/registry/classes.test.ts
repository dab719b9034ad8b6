import { expect } from 'chai';
import fc from 'fast-check';
import { formatPrefix } from '../../src/net/prefix.ts';
import { readAsSet } from '../../src/registry/as-set.ts';
import { readAutNum } from '../../src/registry/aut-num.ts';
import { readInetRtr } from '../../src/registry/inet-rtr.ts';
import { readMntner } from '../../src/registry/mntner.ts';
import {
  applyChange,
  chain,
  changeOf,
  formatOperator,
  formatRange,
  type PrefixRange,
  parsePrefixRange,
  type RangeOperator,
  splitOperator,
} from '../../src/registry/prefix-range.ts';
import type { Reading } from '../../src/registry/registration.ts';
import { readRouteSet } from '../../src/registry/route-set.ts';
import { type RpslObject, readRpslObject } from '../../src/registry/rpsl.ts';
import { setName } from '../../src/registry/set-name.ts';

function read<Read>(reader: (rpsl: RpslObject) => Reading<Read>, text: string) {
  const reading = reader(readRpslObject(Buffer.from(text))!);
  if (!reading.ok) throw new Error(`line ${reading.problem.line}: ${reading.problem.why}`);
  return { object: reading.object, problems: reading.problems.map(({ line, why }) => `${line}: ${why}`) };
}

const DAY = (text: string) => Date.parse(`${text}T00:00:00Z`);

describe('registry classes', () => {
  it('reads an as-set (RFC 2622 section 5.1)', () => {
    const { object, problems } = read(
      readAsSet,
      `as-set:     as-Example
descr:      Example and customers
            X-Keiro: noc@example.jp
members:    AS64496, as-cust,   AS1.10
            AS64500:AS-Peers
members:    AS-ANY, 64497, RS-X # odd ones
mbrs-by-ref: maint-as64496, ANY
tech-c:     BB000JP
mnt-by:     MAINT-AS64496
changed:    noc@example.jp 20250401
changed:    noc@example.jp 20260401
source:     jpirr
`,
    );
    expect(object).to.deep.equal({
      name: 'AS-EXAMPLE',
      members: [{ as: 64496 }, { set: 'AS-CUST' }, { as: 65546 }, { set: 'AS64500:AS-PEERS' }],
      mbrsByRef: ['MAINT-AS64496', 'ANY'],
      descr: 'Example and customers\nX-Keiro: noc@example.jp',
      mntBy: ['MAINT-AS64496'],
      notify: [],
      keiro: ['noc@example.jp'],
      dates: { created: null, changed: DAY('2026-04-01'), lastModified: null },
      source: 'JPIRR',
    });
    expect(problems).to.deep.equal([
      '6: members: "AS-ANY" is neither AS nor as-set: left out',
      '6: members: "64497" is neither AS nor as-set: left out',
      '6: members: "RS-X" is neither AS nor as-set: left out',
    ]);
  });

  it('reads a route-set (RFC 2622 section 5.2, RFC 4012 section 4)', () => {
    const { object, problems } = read(
      readRouteSet,
      `route-set: RS-Example
members: 192.0.2.0/24, 198.51.100.0/22^+, 203.0.113.0/24^-, 10.0.0.0/8^16-24, 10.0.0.0/8^24
members: RS-OTHER^+, AS64496, AS-CUST^24-32, 192.0.2.1/24, 192.0.2.0/24^33, 192.0.2.0/24^+^-, FOO
mp-members: 2001:db8::/32^48, 192.0.2.0/25
`,
    );
    const shown = object.members.map(member =>
      'range' in member ? `${formatPrefix(member.range.prefix)} ${member.range.low}-${member.range.high}` : member,
    );
    expect(shown).to.deep.equal([
      '192.0.2.0/24 24-24',
      '198.51.100.0/22 22-32',
      '203.0.113.0/24 25-32',
      '10.0.0.0/8 16-24',
      '10.0.0.0/8 24-24',
      { routeSet: 'RS-OTHER', operator: '+' },
      { as: 64496, operator: null },
      { asSet: 'AS-CUST', operator: { from: 24, to: 32 } },
      '2001:db8::/32 48-48',
      '192.0.2.0/25 25-25',
    ]);
    expect(problems).to.deep.equal([
      '3: members: "192.0.2.1/24" is no prefix, or has bits set behind its length: left out',
      '3: members: "192.0.2.0/24^33" has a length over 32: left out',
      '3: members: "192.0.2.0/24^+^-" has no range operator (^-, ^+, ^n, ^n-m) behind its ^: left out',
      '3: members: "FOO" is neither prefix, route-set, as-set nor AS: left out',
    ]);
  });

  it('reads a mntner, X-Keiro in its descr', () => {
    const { object, problems } = read(
      readMntner,
      `mntner:     maint-as64496
descr:      Example Inc.
            X-keiro : a@example.jp; b@example.net
remarks:    X-KEIRO:c@example.org
upd-to:     noc@example.jp
mnt-nfy:    noc@example.jp, root
auth:       CRYPT-PW HIDDENCRYPTPW
mnt-by:     MAINT-AS64496
last-modified: 2026-03-01T12:00:00Z
created:    2019-03-01T12:00:00Z
`,
    );
    expect([object.name, object.updTo, object.mntNfy]).to.deep.equal([
      'MAINT-AS64496',
      ['noc@example.jp'],
      ['noc@example.jp'],
    ]);
    expect(object.keiro).to.deep.equal(['a@example.jp', 'b@example.net', 'c@example.org']);
    expect(object.dates).to.deep.equal({
      created: Date.parse('2019-03-01T12:00:00Z'),
      changed: null,
      lastModified: Date.parse('2026-03-01T12:00:00Z'),
    });
    expect(problems).to.deep.equal(['6: mnt-nfy: "root" is no plain mail address: refused']);
  });

  it('reads an aut-num and who its neighbours are', () => {
    const { object } = read(
      readAutNum,
      `aut-num: as64496
as-name: EXAMPLE
member-of: as-example, AS-Two
import: from AS64500 accept ANY
import: from AS64501 192.0.2.1 at 192.0.2.2 action pref=10; accept AS64501
   from AS1.10 accept ANY
mp-export: afi any.unicast to AS64500 announce AS-EXAMPLE
export: to AS-PEERS announce AS64496
default: to AS64500
`,
    );
    expect([object.asn, object.asName, object.memberOf]).to.deep.equal([64496, 'EXAMPLE', ['AS-EXAMPLE', 'AS-TWO']]);
    expect(object.policies.map(({ direction, neighbors }) => [direction, neighbors])).to.deep.equal([
      ['import', [64500]],
      ['import', [64501, 65546]],
      ['export', [64500]],
      ['export', []],
    ]);
  });

  it('reads an inet-rtr (RFC 2622 section 9)', () => {
    const { object, problems } = read(
      readInetRtr,
      `inet-rtr: rtr1.example.jp
local-as: AS64496
ifaddr: 192.0.2.1 masklen 24
interface: 2001:db8::1 masklen 64
ifaddr: eth0
peer: BGP4 192.0.2.2 asno(AS64500)
peer: BGP4 rtrs-ibgp asno(PeerAS)
mp-peer: MPBGP 2001:db8::2 asno(AS64501), flap_damp()
`,
    );
    expect([object.name, object.localAs, object.addresses]).to.deep.equal([
      'RTR1.EXAMPLE.JP',
      64496,
      ['192.0.2.1', '2001:db8::1'],
    ]);
    expect(object.peers).to.deep.equal([
      { protocol: 'BGP4', address: '192.0.2.2', as: 64500 },
      { protocol: 'MPBGP', address: '2001:db8::2', as: 64501 },
    ]);
    expect(problems).to.deep.equal(['5: ifaddr: no address in "eth0": left out']);
  });

  const refused: [reader: (rpsl: RpslObject) => Reading<unknown>, text: string, why: RegExp][] = [
    [readAsSet, 'as-set: EXAMPLE\n', /^line 1: as-set: "EXAMPLE" is no as-set name$/],
    [readAsSet, 'as-set: AS64496\n', /no as-set name/],
    [readAsSet, 'route-set: RS-X\n', /not of class as-set/],
    [readRouteSet, 'route-set: AS-X\n', /no route-set name/],
    [readMntner, 'mntner: TWO WORDS\n', /no name/],
    [readAutNum, 'aut-num: 64496\n', /no AS number/],
    [readInetRtr, 'inet-rtr: a b\nlocal-as: AS1\n', /no DNS name/],
    [readInetRtr, 'inet-rtr: a.example\n', /without local-as/],
    [readInetRtr, 'inet-rtr: a.example\nlocal-as: X\n', /^line 2: local-as: "X" is no AS number/],
  ];
  for (const [reader, text, why] of refused)
    it(`refuses ${JSON.stringify(text)}`, () => expect(() => read(reader, text)).to.throw(why));

  const names: [text: string, kind: 'as-set' | 'route-set', name: string | null][] = [
    ['AS-X', 'as-set', 'AS-X'],
    ['as64496:as-cust', 'as-set', 'AS64496:AS-CUST'],
    ['AS64496:AS-A:AS64497', 'as-set', 'AS64496:AS-A:AS64497'],
    ['AS64496:AS64497', 'as-set', null],
    ['AS-', 'as-set', null],
    ['AS-X:', 'as-set', null],
    ['AS-X:RS-Y', 'as-set', null],
    ['RS-A_1-b', 'route-set', 'RS-A_1-B'],
    ['AS1:RS-A', 'route-set', 'AS1:RS-A'],
    ['RS-ANY', 'route-set', null],
    ['AS-A.B', 'as-set', null],
    [Array(17).fill('AS-X').join(':'), 'as-set', null],
  ];
  for (const [text, kind, name] of names)
    it(`${text} is ${name ?? 'no name'} of an ${kind}`, () => expect(setName(text, kind)).to.equal(name));

  // RFC 2622 section 2: operators on sets of ranges.
  const operators: [range: string, operator: string, left: string | null][] = [
    ['192.0.2.0/24', '^+', '24-32'],
    ['192.0.2.0/24', '^-', '25-32'],
    ['30.0.0.0/8^24-28', '^27-30', '27-30'],
    ['30.0.0.0/8^24-28', '^26', '26-26'],
    ['30.0.0.0/8^24-28', '^16-20', null],
    ['30.0.0.0/8^24-28', '^+', '24-32'],
    ['30.0.0.0/8^24-28', '^-', '25-32'],
    ['192.0.2.1/32', '^-', null],
    ['2001:db8::/32', '^48-128', '48-128'],
  ];
  for (const [text, tail, left] of operators)
    it(`{${text}}${tail} is ${left ?? 'nothing'}`, () => {
      const range = parsePrefixRange(text);
      const split = splitOperator(`X${tail}`);
      if (typeof range === 'string' || typeof split === 'string') throw new Error('unread');
      expect(formatOperator(split.operator)).to.equal(tail);
      const made = applyChange(range, changeOf(split.operator));
      expect(made && `${made.low}-${made.high}`).to.equal(left);
    });

  it('writes a range back as it was read', () => {
    for (const text of ['192.0.2.0/24', '192.0.2.0/24^+', '192.0.2.0/24^-', '10.0.0.0/8^16-24', '2001:db8::/32^48'])
      expect(formatRange(parsePrefixRange(text) as PrefixRange)).to.equal(text);
  });

  it('chains operators to the same as one after the other', () => {
    const operator = fc.oneof(
      fc.constantFrom<RangeOperator>('+', '-'),
      fc.tuple(fc.nat(34), fc.nat(34)).map(([a, b]): RangeOperator => ({ from: Math.min(a, b), to: Math.max(a, b) })),
    );
    const start = fc.constantFrom('10.0.0.0/8', '10.0.0.0/8^16-20', '192.0.2.1/32', '2001:db8::/32^+');
    fc.assert(
      fc.property(start, fc.array(operator, { maxLength: 5 }), (text, operators) => {
        const range = parsePrefixRange(text) as PrefixRange;
        let one: PrefixRange | null = range;
        for (const step of operators) one = one && applyChange(one, changeOf(step));
        let whole: ReturnType<typeof chain> = changeOf(null);
        for (const step of operators) whole = whole && chain(whole, changeOf(step));
        expect(whole && applyChange(range, whole)).to.deep.equal(one);
      }),
    );
  });

  it('never throws, whatever stands in an object', () => {
    const word = fc.constantFrom(
      'AS1',
      'as-x',
      'RS-X^+',
      '10.0.0.0/8^9-8',
      ',',
      'ANY',
      'from',
      'to',
      '^',
      ':',
      '2001:db8::/32^-',
    );
    const value = fc.oneof(
      fc.array(word, { maxLength: 6 }).map(words => words.join(' ')),
      fc.string({ maxLength: 20 }),
    );
    const name = fc.constantFrom(
      'members',
      'mp-members',
      'mbrs-by-ref',
      'member-of',
      'mnt-by',
      'changed',
      'import',
      'ifaddr',
      'peer',
    );
    const head = fc.constantFrom('as-set', 'route-set', 'mntner', 'aut-num', 'inet-rtr');
    fc.assert(
      fc.property(head, fc.array(fc.tuple(name, value), { maxLength: 8 }), (first, rest) => {
        const text = [[first, 'AS-X'] as const, ...rest].map(([n, v]) => `${n}: ${v}`).join('\n');
        const rpsl = readRpslObject(Buffer.from(text))!;
        for (const reader of [readAsSet, readRouteSet, readMntner, readAutNum, readInetRtr]) reader(rpsl);
      }),
      { numRuns: 300 },
    );
  });
});
