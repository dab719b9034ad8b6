import { expect } from 'chai';
import { type Prefix, parsePrefix } from '../../src/net/prefix.ts';
import type { Hint, HintName } from '../../src/registry/hints.ts';
import type { RouteObject } from '../../src/registry/objects.ts';
import type { OriginRemark, RouteOrigin } from '../../src/registry/origin.ts';
import { checkRoute, type Grounds } from '../../src/registry/route-check.ts';
import { readRouteObject } from '../../src/registry/route-object.ts';
import type { Vrp } from '../../src/registry/rov.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';

const p = (text: string): Prefix => parsePrefix(text)!;
const NOW = Date.UTC(2026, 10, 29);

/** A route object out of its text; the maintainer is of its origin unless it is said. */
function object(
  prefix: string,
  origin: number,
  more: { source?: string; mntBy?: string; lines?: string } = {},
): RouteObject {
  const { source = 'JPIRR', mntBy = `MAINT-AS${origin}`, lines = '' } = more;
  const text = `route: ${prefix}\norigin: AS${origin}\nmnt-by: ${mntBy}\n${lines}source: ${source}\n`;
  const reading = readRouteObject(readRpslObject(Buffer.from(text))!, source);
  if (!reading.ok) throw new Error(reading.problem.why);
  return reading.object;
}

const vrp = (prefix: string, maxLength: number, asn: number): Vrp => ({ prefix: p(prefix), maxLength, asn });

interface Story extends Partial<Grounds> {
  readonly prefix: string;
  readonly origin: RouteOrigin;
  readonly path?: readonly (number | readonly number[])[];
  readonly remark?: OriginRemark;
}

function hintsOf({ prefix, origin, path, remark, ...grounds }: Story): readonly Hint[] {
  const none: Grounds = {
    objects: [],
    vrps: [],
    aspas: null,
    authoritative: new Set(),
    ixLans: [],
    maintainersOf: () => [],
    hasCustomer: () => false,
  };
  const route = { prefix: p(prefix), origin, remark: remark ?? null, path: path ?? null };
  return checkRoute({ ...route, direction: 'downstream', neighbor: null }, { ...none, ...grounds }, NOW).hints;
}

const names = (story: Story): HintName[] => hintsOf(story).map(({ hint }) => hint);

describe('registry/hints', () => {
  const block = object('198.51.100.0/22', 64496, {
    lines: 'notify: noc@example.jp\nchanged: reg@example.jp 20190401\n',
  });
  const own = object('192.0.2.0/24', 64496);
  const customer: Story = { prefix: '198.51.102.0/24', origin: 64511, objects: [block] };

  // research: hijack 3.6, a row each, and beside it what lacks the telling fact.
  const stories: readonly [what: string, Story, HintName[]][] = [
    ['an AS_SET in the middle of the path', { ...own12([64500, [64501, 64502], 64496]), origin: 64496 }, ['as-set']],
    ['a private AS behind the registered one', { ...own12([64500, 64496, 65001]), origin: 65001 }, ['private-as']],
    ['several private ASes', { ...own12([64500, 64496, 65002, 4200000000]), origin: 4200000000 }, ['private-as']],
    ['a private AS behind a stranger', { ...own12([64500, 64499, 65001]), origin: 65001 }, []],
    [
      'a private AS behind one that has a ROA, though nothing is registered',
      { prefix: '192.0.2.0/24', origin: 65001, path: [64500, 64496, 65001], vrps: [vrp('192.0.2.0/24', 24, 64496)] },
      ['private-as'],
    ],
    ['a private AS of which nothing more is known', { ...own12(), origin: 65001 }, []],
    [
      'a private AS behind one of the same maintainer',
      { ...own12([64500, 64499, 65001]), origin: 65001, maintainersOf: as => (as === 64499 ? ['MAINT-AS64496'] : []) },
      ['private-as'],
    ],
    ['a customer reached through the holder', { ...customer, path: [64500, 64496, 64511] }, ['customer-pa']],
    ['a customer that prepends', { ...customer, path: [64500, 64496, 64511, 64511] }, ['customer-pa']],
    ['a stranger reached past the holder', { ...customer, path: [64500, 64499, 64511] }, []],
    ['a customer by its ASPA', { ...customer, aspas: new Map([[64511, [64496]]]) }, ['customer-pa']],
    ['one whose ASPA names others', { ...customer, aspas: new Map([[64511, [64499]]]) }, []],
    [
      'a customer by the as-set',
      { ...customer, hasCustomer: (as, member) => as === 64496 && member === 64511 },
      ['customer-pa'],
    ],
    [
      'a customer by its maintainer, who may as well be a sibling',
      { ...customer, maintainersOf: as => (as === 64511 ? ['MAINT-AS64496'] : []) },
      ['sibling', 'customer-pa'],
    ],
    [
      'an exact object is no customer’s',
      { prefix: '192.0.2.0/24', origin: 64511, objects: [own], path: [64496, 64511] },
      [],
    ],
    ['a peering LAN', { prefix: '203.0.113.0/24', origin: 64511, ixLans: [p('203.0.113.0/24')] }, ['ix-lan']],
    ['a part of one', { prefix: '203.0.113.128/25', origin: 64511, ixLans: [p('203.0.113.0/24')] }, ['ix-lan']],
    ['what only covers one', { prefix: '203.0.112.0/23', origin: 64511, ixLans: [p('203.0.113.0/24')] }, []],
    [
      'an object that the RPKI contradicts, while it allows the route',
      { prefix: '192.0.2.0/24', origin: 64497, objects: [own], vrps: [vrp('192.0.2.0/24', 24, 64497)] },
      ['registration-error', 'disputed'],
    ],
    [
      'an object that the RPKI contradicts as it does the route',
      { prefix: '192.0.2.0/24', origin: 64666, objects: [own], vrps: [vrp('192.0.2.0/24', 24, 64497)] },
      ['disputed'],
    ],
    [
      'a stranger’s object that matches the stranger’s route',
      {
        prefix: '192.0.2.0/24',
        origin: 64666,
        objects: [object('192.0.2.0/24', 64666, { source: 'RADB' })],
        vrps: [vrp('192.0.2.0/24', 24, 64496)],
      },
      ['disputed'],
    ],
    [
      'no more than the object of the origin, where that matches',
      {
        prefix: '192.0.2.0/24',
        origin: 64496,
        objects: [own, object('192.0.2.0/24', 64666)],
        vrps: [vrp('192.0.2.0/24', 24, 64496)],
      },
      [],
    ],
    [
      'an object that a ROA bears out',
      { prefix: '192.0.2.0/24', origin: 64666, objects: [own], vrps: [vrp('192.0.2.0/24', 24, 64496)] },
      [],
    ],
    [
      'a registration that says it is a proxy',
      {
        prefix: '192.0.2.0/24',
        origin: 64666,
        objects: [
          object('192.0.2.0/24', 64496, { source: 'RADB', lines: 'remarks: Proxy registration for a customer\n' }),
        ],
      },
      ['proxy-object'],
    ],
    [
      'a registration in a source without a say',
      {
        prefix: '192.0.2.0/24',
        origin: 64666,
        objects: [object('192.0.2.0/24', 64496, { source: 'RADB' })],
        authoritative: new Set(['JPIRR']),
      },
      ['proxy-object'],
    ],
    [
      'a registration in one that has it',
      { prefix: '192.0.2.0/24', origin: 64666, objects: [own], authoritative: new Set(['JPIRR']) },
      [],
    ],
    [
      'one organisation, by the maintainers of both aut-nums',
      { prefix: '192.0.2.0/24', origin: 64497, objects: [own], maintainersOf: () => ['MAINT-EXAMPLE'] },
      ['sibling'],
    ],
    [
      'the holder of the block announcing its customer’s part',
      { prefix: '198.51.101.0/24', origin: 64496, objects: [object('198.51.101.0/24', 64511), block] },
      ['covering-holder'],
    ],
    ['a lost number of four octets', { ...own12(), origin: 23456, remark: 'unreadable' }, ['unreadable']],
    ['an AS_SET', { ...own12(), origin: [64496], remark: 'as-set' }, ['as-set']],
    ['nothing where the registry agrees', { ...own12([64500, 64496]), origin: 64496 }, []],
  ];
  function own12(path?: Story['path']): Story {
    return { prefix: '192.0.2.0/24', origin: 0, objects: [own], ...(path && { path }) };
  }
  for (const [what, story, expected] of stories)
    it(`knows ${what}`, () => expect(names(story)).to.deep.equal(expected));

  it('proposes an object that reads back, in the columns of JPIRR', () => {
    const [hint] = hintsOf({ ...customer, path: [64500, 64496, 64511] });
    expect(hint!.object).to.equal(
      [
        'route:      198.51.102.0/24',
        'descr:      AS64511, customer of AS64496',
        'origin:     AS64511',
        'mnt-by:     MAINT-AS64496',
        'changed:    reg@example.jp 20261129',
        'source:     JPIRR',
      ].join('\n'),
    );
    const reading = readRouteObject(readRpslObject(Buffer.from(hint!.object!))!, 'JPIRR');
    expect(reading.ok && reading.object.origin).to.equal(64511);
    // With it registered the route is in order.
    if (reading.ok) expect(names({ ...customer, objects: [reading.object, block] })).to.deep.equal([]);
  });
  it('takes the day from whichever date an object has', () => {
    const ripe = object('198.51.100.0/22', 64496, { lines: 'last-modified: 2020-02-03T04:05:06Z\n' });
    const vrps = [vrp('198.51.100.0/22', 22, 64497)];
    const [hint] = hintsOf({ prefix: '198.51.100.0/22', origin: 64497, objects: [ripe], vrps });
    expect(hint!.text).to.match(/\(changed 2020-02-03\)/);
  });
  it('says since when an object may be out of date', () => {
    const [hint] = hintsOf({
      prefix: '198.51.100.0/22',
      origin: 64497,
      objects: [block],
      vrps: [vrp('198.51.100.0/22', 22, 64497)],
    });
    expect(hint!.text).to.match(
      /^AS64497 is authorised by ROA 198\.51\.100\.0\/22-22 AS64497\. JPIRR's object .*\(changed 2019-04-01\)/,
    );
  });
});
