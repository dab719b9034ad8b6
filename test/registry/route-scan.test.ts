import { expect } from 'chai';
import fc from 'fast-check';
import { formatPrefix, wordsOf } from '../../src/net/prefix.ts';
import { readRouteObject } from '../../src/registry/route-object.ts';
import { routeScan } from '../../src/registry/route-scan.ts';
import { listOf, type RpslObject, type RpslProblem, rpslReader } from '../../src/registry/rpsl.ts';

const scan = routeScan();

/** What the other reader makes of the octets, with everything that it has to say. */
function plainly(octets: Buffer) {
  const objects: RpslObject[] = [];
  const problems: RpslProblem[] = [];
  const reader = rpslReader(
    object => objects.push(object),
    problem => problems.push(problem),
  );
  reader.push(octets);
  reader.end();
  const reading = objects.length === 1 ? readRouteObject(objects[0]!, 'X') : null;
  if (!reading?.ok) return null;
  const { object, refused } = reading;
  const special = object.keiro.length + object.holes.length + object.memberOf.length;
  return problems.length + refused.length + special > 0 ? null : object;
}

const scanned = (text: string | Buffer, afi: 1 | 2 = 1) => {
  const octets = Buffer.from(text);
  return scan.scan(octets, 0, octets.length, afi);
};

const PLAIN =
  'route:      192.0.2.0/24\ndescr:      Example\n+           more\norigin:     AS64496\nnotify:     noc@example.jp\n' +
  'mnt-by:     MAINT-A, maint-b\nmnt-by: C\nchanged:    noc@example.jp 20260401\nsource:     JPIRR\n';

describe('registry/route-scan', () => {
  it('reads a plain object', () => {
    expect(scanned(PLAIN)).to.equal(true);
    const { w0, length, origin, mntBy } = scan;
    expect([w0 >>> 0, length, origin, listOf(mntBy)]).to.deep.equal([
      0xc0000200,
      24,
      64496,
      ['MAINT-A', 'maint-b', 'C'],
    ]);
    expect(scanned('route6: 2001:DB8::/32\norigin: as1\n', 2)).to.equal(true);
    expect([scan.w0, scan.w1, scan.w2, scan.w3, scan.length, scan.origin]).to.deep.equal([0x20010db8, 0, 0, 0, 32, 1]);
  });

  const others: readonly string[] = [
    'route: 192.0.2.0/24\norigin: AS1\nremarks: X-Keiro: a@example.net\n',
    'route: 192.0.2.0/24\norigin: AS1\ndescr: a\n   x-keiro : a@example.net\n',
    'route: 192.0.2.0/24\norigin: AS1\ndescr: a\n+\u00a0X-Keiro:a@example.net\n',
    'route: 192.0.2.0/24\norigin: AS1\nholes: 192.0.2.0/25\n',
    'route: 192.0.2.0/24\norigin: AS1\nmember-of: RS-A\n',
    'route: 192.0.2.0/24\norigin: AS1\nX-KEIRO: a@example.net\n',
    'route: 192.0.2.1/24\norigin: AS1\n',
    'route: 192.0.2.0/24\norigin: AS1.1\n',
    'route: 192.0.2.0/24 # a\norigin: AS1\n',
    'route: 192.0.2.0/24\norigin: AS1\norigin: AS2\n',
    'route: 192.0.2.0/24\norigin: AS\n+1\n',
    'route: 192.0.2.0/24\n',
    'route: 192.0.2.0/24\norigin: AS1\nno attribute\n',
    'route: 192.0.2.0/24\norigin: AS1\nnotify: a@b\n',
    'route: 192.0.2.0/24\norigin: AS1\nnotify: a@b.c, d@e.f\n',
  ];
  for (const text of others)
    it(`leaves ${JSON.stringify(text)} to the other reader`, () => expect(scanned(text)).to.equal(false));

  const line = fc.constantFrom(
    ...[
      'descr: Example',
      'descr:',
      'descr: x',
      'remarks: ',
      '+ more',
      '\tmore',
      ' X-Keiro: a@example.net',
      '  # c',
      '% remark',
    ],
    ...[
      'origin: AS64496',
      'ORIGIN:as1',
      'origin : AS2',
      'origin: AS4294967296',
      'origin: AS0',
      'origin: AS007',
      'origin:\tAS9\r',
    ],
    ...['mnt-by: A', 'mnt-by: A,B ,c', 'mnt-by:', 'mnt-by: A # b', 'Mnt-By: Ä', 'holes: 10.0.0.0/9', 'member-of: RS-A'],
    ...[
      'notify: a@b.cc',
      'notify: a.b-c@d-e.ff',
      'notify: -a@b.cc',
      'notify: a..b@c.dd',
      'notify: a@b.c1',
      'notify: a@b.11',
    ],
    ...[
      'notify: <a@b.cc>',
      'notify: a@-b.cc',
      'notify: a@b-.cc',
      'notify: a@b_c.dd',
      'notify:',
      'notify: A@B.CC',
      'notify: .a@b.cc',
    ],
    ...[
      'no attribute',
      '1a: b',
      ': b',
      'x-keiro: a@b.cc',
      'x-keiro:',
      'route: 10.0.0.0/8',
      'route6: ::/1',
      'source: X',
      'descr: é',
    ],
  );
  const prefix4 = fc
    .constantFrom('10.0.0.0/8', '192.0.02.0/24', '010.0.0.0/08', '10.0.0.0', '10.0.0.0/33', '10.0.0.1/8', '0.0.0.0/0')
    .map(text => ['route', text] as const);
  const hex = fc.constantFrom('0', '00', '1', '2001', 'db8', 'DB8', 'ffff', '00001', 'g', '', '::', '192.0.2.1');
  const prefix6 = fc
    .tuple(
      fc.array(hex, { minLength: 1, maxLength: 9 }),
      fc.constantFrom(':', ':', ':', '::'),
      fc.integer({ min: 0, max: 140 }),
    )
    .map(([groups, sign, length]) => ['route6', `${groups.join(sign).replaceAll(/:{3,}/g, '::')}/${length}`] as const);
  const whole6 = fc
    .tuple(fc.ipV6(), fc.integer({ min: 1, max: 128 }))
    .map(([address, length]) => ['route6', `${address}/${length}`] as const);

  it('says nothing but what the other reader says', () => {
    let yes = 0;
    fc.assert(
      fc.property(
        fc.oneof(prefix4, prefix6, whole6),
        fc.array(line, { maxLength: 6 }),
        fc.boolean(),
        (key, lines, plain) => {
          const rest = plain ? ['origin: AS1', ...lines.filter(one => !/^origin/i.test(one))] : lines;
          const octets = Buffer.from(`${[`${key[0]}: ${key[1]}`, ...rest].join('\n')}\n`);
          if (!scan.scan(octets, 0, octets.length, key[0] === 'route' ? 1 : 2)) return;
          yes++;
          const object = plainly(octets);
          expect(object, octets.toString()).to.not.equal(null);
          const { prefix, origin, mntBy } = object!;
          const words = [scan.w0, scan.w1, scan.w2, scan.w3];
          expect(words, formatPrefix(prefix)).to.deep.equal([...wordsOf(prefix)]);
          expect([scan.length, scan.origin, listOf(scan.mntBy)]).to.deep.equal([prefix.length, origin, mntBy]);
        },
      ),
      { numRuns: 30_000 },
    );
    expect(yes).to.be.above(500);
  });

  it('reads addresses and prefixes wherever the other reader does', () => {
    fc.assert(
      fc.property(fc.oneof(prefix4, prefix6, whole6), ([name, text]) => {
        const octets = Buffer.from(`${name}: ${text}\norigin: AS1\n`);
        const yes = scan.scan(octets, 0, octets.length, name === 'route' ? 1 : 2);
        if (!yes && !text.includes('.')) expect(plainly(octets), text).to.equal(null);
      }),
      { numRuns: 5_000 },
    );
  });

  it('stays within any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(1 as const, 2 as const), (tail, afi) => {
        const octets = Buffer.concat([Buffer.from(PLAIN.slice(0, 25)), tail]);
        if (scan.scan(octets, 0, octets.length, afi)) expect(plainly(octets)).to.not.equal(null);
      }),
      { numRuns: 5_000 },
    );
  });
});
