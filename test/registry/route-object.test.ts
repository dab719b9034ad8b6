import { expect } from 'chai';
import fc from 'fast-check';
import { formatPrefix } from '../../src/net/prefix.ts';
import { isAddrSpec } from '../../src/registry/addr-spec.ts';
import { MAX_ADDRESSES } from '../../src/registry/keiro.ts';
import { parseAsNumber, parseRpslPrefix, readRouteObject } from '../../src/registry/route-object.ts';
import { rpslReader } from '../../src/registry/rpsl.ts';

function read(text: string | Uint8Array) {
  const readings: ReturnType<typeof readRouteObject>[] = [];
  const reader = rpslReader(
    object => readings.push(readRouteObject(object, 'JPIRR')),
    () => {},
  );
  reader.push(typeof text === 'string' ? Buffer.from(text) : text);
  reader.end();
  return readings[0]!;
}

function objectOf(text: string) {
  const reading = read(text);
  if (!reading.ok) throw new Error(reading.problem.why);
  return reading.object;
}

const withLines = (lines: string) => `route: 192.0.2.0/24\n${lines}\norigin: AS64496\n`;

describe('registry/route-object', () => {
  it('reads an object as JPIRR holds it', () => {
    const text = [
      'route:      192.0.2.0/24',
      'descr:      Example Inc.',
      '            X-Keiro : alert@example.jp',
      'origin:     AS64496',
      'member-of:  RS-EXAMPLE',
      'notify:     noc@example.jp',
      'mnt-by:     MAINT-AS64496, MAINT-X',
      'changed:    noc@example.jp 20260401',
      'source:     JPIRR',
    ].join('\n');
    const object = objectOf(`${text}\n`);
    expect({ ...object, prefix: formatPrefix(object.prefix) }).to.deep.equal({
      source: 'JPIRR',
      prefix: '192.0.2.0/24',
      origin: 64496,
      mntBy: ['MAINT-AS64496', 'MAINT-X'],
      holes: [],
      memberOf: ['RS-EXAMPLE'],
      keiro: ['alert@example.jp'],
      notify: ['noc@example.jp'],
      descr: 'Example Inc.\nX-Keiro : alert@example.jp',
      text,
    });
  });

  it('reads route6 objects', () => {
    const object = objectOf('route6: 2001:0DB8::/32\norigin: as65536\n');
    expect([formatPrefix(object.prefix), object.origin]).to.deep.equal(['2001:db8::/32', 65536]);
  });

  it('reads holes, and refuses those that are not inside', () => {
    const reading = read(withLines('holes: 192.0.2.64/26, 192.0.2.128/25\n+ 198.51.100.0/24 192.0.2.0/24 x'));
    if (!reading.ok) throw new Error(reading.problem.why);
    expect(reading.object.holes.map(formatPrefix)).to.deep.equal(['192.0.2.64/26', '192.0.2.128/25']);
    expect(reading.refused.map(({ why }) => why)).to.deep.equal([
      'holes: "198.51.100.0/24" is not inside of the object\'s prefix',
      'holes: "192.0.2.0/24" is not inside of the object\'s prefix',
      'holes: "x" has no prefix length',
    ]);
  });

  const keiro: [what: string, lines: string, addresses: string[]][] = [
    ['continuation line of descr', 'descr: A\n            X-Keiro:a@example.jp', ['a@example.jp']],
    ['mixed case, blanks round the colon', 'descr: A\n\tx-kEIRO \t :  a@example.jp', ['a@example.jp']],
    ['plus continuation', 'descr: A\n+ X-Keiro: a@example.jp', ['a@example.jp']],
    ['repeated descr', 'descr: A\ndescr: X-keiro : a@example.jp', ['a@example.jp']],
    ['remarks', 'remarks: X-KEIRO: a@example.jp', ['a@example.jp']],
    ['a true attribute', 'x-keiro: a@example.jp\n b@example.net', ['a@example.jp', 'b@example.net']],
    [
      'several addresses, several lines',
      'descr: A\n X-Keiro: a@example.jp, b@example.net;c@example.org d@example.com\n X-Keiro: e@example.jp',
      ['a@example.jp', 'b@example.net', 'c@example.org', 'd@example.com', 'e@example.jp'],
    ],
    [
      'a list that goes on',
      'descr: A\n X-Keiro: a@example.jp,\n  b@example.jp;\n\tc@example.jp\n more',
      ['a@example.jp', 'b@example.jp', 'c@example.jp'],
    ],
    [
      'a list that goes on and ends in a comma',
      'descr: A\n X-Keiro: a@example.jp,\norg: b@example.jp',
      ['a@example.jp'],
    ],
    ['the same address twice', 'descr: A\n X-Keiro: a@example.jp, A@EXAMPLE.JP', ['a@example.jp']],
    ['angle brackets and a comment', 'descr: A\n X-Keiro: <a@example.jp> # night shift', ['a@example.jp']],
    ['not in the middle of a line', 'descr: see X-Keiro: a@example.jp', []],
    ['another word', 'descr: X-Keiro-Old: a@example.jp', []],
    ['no value', 'descr: A\n X-Keiro:', []],
  ];
  for (const [what, lines, addresses] of keiro)
    it(`X-Keiro: ${what}`, () => expect(objectOf(withLines(lines)).keiro).to.deep.equal(addresses));

  it('refuses addresses that are not plain, says which and where, and keeps the others', () => {
    const reading = read(withLines('descr: A\n X-Keiro: root, a@example.jp, b@localhost\nnotify: |sh@example.jp'));
    expect(reading.ok && reading.object.keiro).to.deep.equal(['a@example.jp']);
    expect(reading.ok && reading.refused).to.deep.equal([
      { line: 3, why: 'X-Keiro: "root" is no plain mail address: refused' },
      { line: 3, why: 'X-Keiro: "b@localhost" is no plain mail address: refused' },
      { line: 4, why: 'notify: "|sh@example.jp" is no plain mail address: refused' },
    ]);
  });

  it('refuses addresses that are local by their name, and what would end a line of a mail', () => {
    for (const address of [
      'root@localhost.localdomain',
      'a@LOCALHOST',
      'a@b.localhost',
      'a@printer.local',
      'a@[127.0.0.1]',
    ])
      expect(isAddrSpec(address), address).to.equal(false);
    expect(isAddrSpec('a@local.example.jp')).to.equal(true);
    const reading = read(
      withLines('descr: A\n X-Keiro: a@example.jp\rBcc:b@example.jp \u0000c@example.jp d@example.jp\u2028'),
    );
    expect(reading.ok && reading.object.keiro).to.deep.equal(['a@example.jp', 'd@example.jp']);
  });

  it('reads values with comments or nothing on lines of their own', () => {
    const object = objectOf('route:\n 192.0.2.0/24\n # ours\norigin: # whose?\n+ AS64496\n #\nmnt-by:\n M\n');
    expect([formatPrefix(object.prefix), object.origin, object.mntBy]).to.deep.equal(['192.0.2.0/24', 64496, ['M']]);
  });

  it('takes no more addresses than a sane object has', () => {
    const many = Array.from({ length: 1000 }, (_, i) => `n${i}@example.jp`).join(',');
    const reading = read(withLines(`descr: A\n X-Keiro: ${many}`));
    expect(reading.ok && reading.object.keiro.length).to.equal(MAX_ADDRESSES);
    expect(reading.ok && reading.refused.length).to.equal(1);
  });

  const bad: [text: string, line: number, why: RegExp][] = [
    ['route: 192.0.2.0/24\nsource: X\n', 1, /^route object without origin$/],
    ['route: 192.0.2.0/24\norigin: 64496\n', 2, /^origin: "64496" is no AS number/],
    ['route: 192.0.2.0/24\norigin: AS4294967296\n', 2, /no AS number/],
    ['route: 192.0.2.0/24\norigin: AS1\norigin: AS2\n', 3, /^origin: given twice$/],
    ['route: 192.0.2.1/24\norigin: AS1\n', 1, /bits set behind its length/],
    ['route: 192.0.2.0\norigin: AS1\n', 1, /has no prefix length/],
    ['route: 0.0.0.0/0\norigin: AS1\n', 1, /default route/],
    ['route: 2001:db8::/32\norigin: AS1\n', 1, /is no prefix/],
    ['route6: 192.0.2.0/24\norigin: AS1\n', 1, /not of the class's address family/],
    ['route: 192.0.2.0/24, 198.51.100.0/24\norigin: AS1\n', 1, /is no prefix/],
  ];
  for (const [text, line, why] of bad)
    it(`refuses ${JSON.stringify(text)}`, () => {
      const reading = read(text);
      expect(reading.ok).to.equal(false);
      if (reading.ok) return;
      expect(reading.problem.line).to.equal(line);
      expect(reading.problem.why).to.match(why);
    });

  const prefixes: [text: string, prefix: string | null][] = [
    ['192.0.02.0/24', '192.0.2.0/24'],
    ['010.000.000.0/08', '10.0.0.0/8'],
    ['192.0.2.1/32', '192.0.2.1/32'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['128.0.0.0/1', '128.0.0.0/1'],
    ['192.0.2.0/33', null],
    ['192.0.2/24', null],
    ['192.0.2.0.0/24', null],
    ['192.0.2.0000/24', null],
    ['192.0.2.256/32', null],
    ['192.0.2.0/', null],
    ['/24', null],
    ['192..2.0/24', null],
    ['192.0.2.0/24 ', null],
    ['192.0.2.0/2/4', null],
    ['192/0.2.0/24', null],
  ];
  for (const [text, prefix] of prefixes)
    it(`prefix ${text} is ${prefix ?? 'refused'}`, () => {
      const read = parseRpslPrefix(text, 1);
      expect(typeof read === 'string' ? null : formatPrefix(read)).to.equal(prefix);
    });

  const numbers: [text: string, as: number][] = [
    ['AS64496', 64496],
    ['as64496', 64496],
    ['AS1.10', 65546],
    ['AS65535.65535', 4294967295],
    ['AS4294967295', 4294967295],
    ['AS0', 0],
    ['AS65536.1', -1],
    ['AS1.65536', -1],
    ['AS', -1],
    ['AS-SET', -1],
    ['AS1 AS2', -1],
  ];
  for (const [text, as] of numbers)
    it(`AS number ${text} is ${as < 0 ? 'refused' : as}`, () => expect(parseAsNumber(text)).to.equal(as));

  for (const address of ['a@example.jp', 'first.last+tag@sub.example.co.jp', "o'neil@example.com", 'a@xn--wgv71a.jp'])
    it(`mail address ${address} is plain`, () => expect(isAddrSpec(address)).to.equal(true));
  for (const address of [
    'a@example.jp\r\nBcc: b@example.jp',
    'a@example.jp\n',
    '"a b"@example.jp',
    'a b@example.jp',
    'a@[192.0.2.1]',
    'a@192.0.2.1',
    'a@example',
    'a@@example.jp',
    '@example.jp',
    'a@',
    'a.@example.jp',
    '.a@example.jp',
    'a..b@example.jp',
    '-oQ/tmp@example.jp',
    '|cat@example.jp',
    '/dev/null@example.jp',
    'a%b@example.jp',
    'a!b@example.jp',
    'a,b@example.jp',
    'a(x)@example.jp',
    'a@-example.jp',
    'a@exa_mple.jp',
    'a@example..jp',
    'ü@example.jp',
    'a@example.jp\0',
    `${'a'.repeat(65)}@example.jp`,
    `a@${'b.'.repeat(130)}jp`,
  ])
    it(`mail address ${JSON.stringify(address)} is refused`, () => expect(isAddrSpec(address)).to.equal(false));

  it('never lets an octet through that could end a header or a command', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), text => {
        if (isAddrSpec(text))
          expect(text)
            .to.match(/^[\x21-\x7e]+$/)
            .and.not.match(/[<>()[\]\\,;:"|`]/);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, whatever stands in the object', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const reader = rpslReader(
          object => readRouteObject(object, 'X'),
          () => {},
        );
        reader.push(Buffer.concat([Buffer.from('route: 192.0.2.0/24\norigin: AS1\ndescr: '), bytes]));
        reader.end();
      }),
    );
  });
});
