import { expect } from 'chai';
import fc from 'fast-check';
import {
  MAX_LINE,
  MAX_OBJECT,
  namesIn,
  type RpslObject,
  type RpslProblem,
  readRpslObject,
  rpslReader,
} from '../../src/registry/rpsl.ts';

type Plain = Omit<RpslObject, 'bytes'>;

/** Reads octets in chunks of the given sizes (the last one repeats). */
function read(input: string | Uint8Array, sizes: readonly number[] = [1 << 20], wanted?: ReadonlySet<string>) {
  const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : input;
  const objects: Plain[] = [];
  const problems: RpslProblem[] = [];
  const reader = rpslReader(
    ({ bytes: _, ...object }) => objects.push(object),
    problem => problems.push(problem),
    wanted,
  );
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[Math.min(i, sizes.length - 1)]!;
    reader.push(bytes.subarray(at, at + size));
    at += size;
  }
  reader.end();
  return { objects, problems, counts: reader.counts };
}

const attributesOf = (input: string) => read(input).objects[0]!.attributes.map(({ name, value }) => [name, value]);

describe('registry/rpsl', () => {
  it('reads an object with its lines', () => {
    const { objects, counts } = read('\nroute:      192.0.2.0/24\norigin:     AS64496\nsource:     JPIRR\n\n\n');
    expect(objects).to.deep.equal([
      {
        class: 'route',
        line: 2,
        attributes: [
          { name: 'route', value: '192.0.2.0/24', line: 2 },
          { name: 'origin', value: 'AS64496', line: 3 },
          { name: 'source', value: 'JPIRR', line: 4 },
        ],
        text: 'route:      192.0.2.0/24\norigin:     AS64496\nsource:     JPIRR',
      },
    ]);
    expect(counts).to.include({ objects: 1, skipped: 0, dead: 0, problems: 0, lines: 6 });
  });

  it('joins continuation lines that begin with a blank, a tab or a plus (RFC 2622 section 2)', () => {
    expect(attributesOf('route: 192.0.2.0/24\ndescr: one\n  two\n\tthree\n+four\n+\n+ five\n')).to.deep.equal([
      ['route', '192.0.2.0/24'],
      ['descr', 'one\ntwo\nthree\nfour\n\nfive'],
    ]);
  });

  it('lets a line of blanks go on an attribute, as it lets any other line that begins with one', () => {
    expect(attributesOf('route: 192.0.2.0/24\ndescr: one\n   \n two\n\t\norigin: AS1\n')).to.deep.equal([
      ['route', '192.0.2.0/24'],
      ['descr', 'one\n\ntwo\n'],
      ['origin', 'AS1'],
    ]);
  });

  for (const [what, between] of [
    ['blanks', '   '],
    ['a tab', '\t'],
    ['blanks and CR LF', '  \r'],
    ['several such lines', '  \n \n\t'],
    ['such a line and a comment', ' \n# next'],
    ['an empty line and such a line', '\n  '],
    ['such a line and an empty one', '  \n'],
  ] as const)
    it(`ends an object where another begins behind ${what}`, () => {
      const input = `route: 192.0.2.0/24\norigin: AS1\n${between}\nroute:198.51.100.0/24\n${between}\n*xxte: x\n${between}\nperson: P\n${between}\nRoute : 203.0.113.0/24\n`;
      for (const sizes of [[1 << 20], [1], [7, 3]]) {
        const { objects, problems, counts } = read(input, sizes);
        expect(problems).to.deep.equal([]);
        expect(objects.map(({ attributes }) => attributes.map(({ value }) => value.trim()))).to.deep.equal([
          ['192.0.2.0/24', 'AS1'],
          ['198.51.100.0/24'],
          ['203.0.113.0/24'],
        ]);
        expect(objects[0]!.text).to.equal('route: 192.0.2.0/24\norigin: AS1');
        expect(counts).to.include({ objects: 3, dead: 1, skipped: 1, problems: 0 });
      }
    });

  it('cuts comments off and passes over comment lines and server remarks', () => {
    expect(
      attributesOf('% remark\n# batch 7\nroute: 192.0.2.0/24 # ours\n# a line\n% another\norigin:AS64496#x\n  #\n'),
    ).to.deep.equal([
      ['route', '192.0.2.0/24'],
      ['origin', 'AS64496\n'],
    ]);
  });

  it('takes attribute names in any case', () =>
    expect(attributesOf('ROUTE: 192.0.2.0/24\nMnt-By: M\n')[1]).to.deep.equal(['mnt-by', 'M']));

  it('counts and skips objects that were deleted in place', () => {
    const { objects, counts } = read(
      '*xxte: 192.0.2.0/24\norigin: AS64496\n\n*XXte6: 2001:db8::/32\n\nroute: 1.0.0.0/8\n',
    );
    expect(objects.map(o => o.attributes[0]!.value)).to.deep.equal(['1.0.0.0/8']);
    expect(counts).to.include({ objects: 1, dead: 2, skipped: 0, problems: 0 });
  });

  it('counts and skips other classes, known or not', () => {
    const { counts } = read('mntner: M\nauth: x\n\nfancy-new-class: 1\n\nroute: 192.0.2.0/24\n\nas-set: AS-X\n');
    expect(counts).to.include({ objects: 1, skipped: 3, problems: 0 });
  });

  it('hands on other classes on demand', () => {
    const { objects } = read('mntner: M\n\nroute: 192.0.2.0/24\n', [9], new Set(['mntner']));
    expect(objects.map(o => o.class)).to.deep.equal(['mntner']);
  });

  it('reads CR LF and a file without a newline at its end', () => {
    const { objects } = read('route: 192.0.2.0/24\r\norigin: AS64496\r\n\r\nroute: 198.51.100.0/24\r\norigin: AS64497');
    expect(objects.map(o => o.text)).to.deep.equal([
      'route: 192.0.2.0/24\norigin: AS64496',
      'route: 198.51.100.0/24\norigin: AS64497',
    ]);
  });

  it('keeps ASCII attributes among octets of Latin-1 and EUC-JP', () => {
    const latin1 = Buffer.from('route: 192.0.2.0/24\ndescr: Z\xfcrich\norigin: AS64496\n', 'latin1');
    expect(read(latin1).objects[0]!.attributes.map(a => a.value)).to.deep.equal([
      '192.0.2.0/24',
      'Z\ufffdrich',
      'AS64496',
    ]);
    // "日本" in EUC-JP.
    const euc = Buffer.concat([
      Buffer.from('route: 192.0.2.0/24\ndescr: '),
      Uint8Array.from([0xc6, 0xfc, 0xcb, 0xdc]),
      Buffer.from('\n X-Keiro: noc@example.jp\norigin: AS64496\n'),
    ]);
    const { attributes } = read(euc).objects[0]!;
    expect(attributes[1]!.value).to.match(/\nX-Keiro: noc@example\.jp$/);
    expect(attributes[2]).to.deep.equal({ name: 'origin', value: 'AS64496', line: 4 });
  });

  const problems: [what: string, input: string, problem: RpslProblem, objects: number][] = [
    [
      'an object that begins with a continuation line',
      ' lost\n\nroute: 192.0.2.0/24\n',
      { line: 1, why: 'continuation line where an object should begin' },
      1,
    ],
    [
      'an object that begins with no attribute',
      'route: 192.0.2.0/24\n\nHTTP/1.1 200 OK\nx: y\n',
      { line: 3, why: 'object begins with a line that is no attribute (name, colon, value)' },
      1,
    ],
    [
      'a line that is no attribute, with its continuation',
      'route: 192.0.2.0/24\ndescr: a\nwrapped text\n more\norigin: AS1\n',
      { line: 3, why: 'line is no attribute (name, colon, value): left out' },
      1,
    ],
    [
      'an over-long line',
      `route: 192.0.2.0/24\ndescr: ${'x'.repeat(MAX_LINE)}\norigin: AS1\n\nroute: 198.51.100.0/24\n`,
      { line: 2, why: `line longer than ${MAX_LINE} octets: its object is left out` },
      1,
    ],
    [
      'an over-long object',
      `route: 192.0.2.0/24\n\nroute: 192.0.2.0/25\n${`descr: ${'x'.repeat(1000)}\n`.repeat(MAX_OBJECT / 1000)}`,
      { line: 3, why: `object longer than ${MAX_OBJECT} octets: left out` },
      1,
    ],
  ];
  for (const [what, input, problem, objects] of problems)
    it(`reports ${what} with its line`, () => {
      for (const sizes of [[1 << 22], [1000], [7, 65536]]) {
        const result = read(input, sizes);
        expect(result.problems).to.deep.equal([problem]);
        expect(result.counts).to.include({ objects, problems: 1 });
      }
    });

  it('passes over a comment of any length', () => {
    const { counts } = read(`# ${'x'.repeat(5 * MAX_LINE)}\nroute: 192.0.2.0/24\n`, [777]);
    expect(counts).to.include({ objects: 1, problems: 0, lines: 2 });
  });

  it('passes over a byte order mark', () => {
    const { objects, problems } = read('\ufeffroute: 192.0.2.0/24\n\n\ufeffroute: 192.0.2.0/25\n', [1]);
    expect(objects.map(o => o.attributes[0]!.value)).to.deep.equal(['192.0.2.0/24']);
    expect(problems.map(({ line }) => line)).to.deep.equal([3]);
    expect(read('\ufeff% remark\n\nroute: 192.0.2.0/24\n').counts).to.include({ objects: 1, problems: 0 });
  });

  const ends: [input: string, eof: boolean][] = [
    ['route: 192.0.2.0/24\n\n# EOF\n', true],
    ['route: 192.0.2.0/24\n\n#EOF', true],
    ['route: 192.0.2.0/24\r\n\r\n# eof\r\n\r\n', true],
    ['route: 192.0.2.0/24\n', false],
    ['# EOF\n\nroute: 192.0.2.0/24\n', false],
    ['# EOF of part 1\n', false],
    ['', false],
  ];
  for (const [input, eof] of ends)
    it(`${eof ? 'sees' : 'sees no'} end mark in ${JSON.stringify(input)}`, () =>
      expect(read(input).counts.eof).to.equal(eof));

  it('reads the octets of an object again', () => {
    const first = read('\n\nroute: 192.0.2.0/24 # ours\r\ndescr: a\r\n b\r\n').objects[0]!;
    const again = readRpslObject(Buffer.from('route: 192.0.2.0/24 # ours\r\ndescr: a\r\n b\r\n'))!;
    expect(again.text).to.equal(first.text);
    expect(again.attributes.map(({ line }) => line)).to.deep.equal([1, 2]);
    expect(readRpslObject(Buffer.from('% nothing\n'))).to.equal(null);
  });

  it('lists names in upper case, each once', () => {
    const object = readRpslObject(Buffer.from('route: x\nmnt-by: maint-a, MAINT-B\n MAINT-C\nmnt-by: Maint-A\n'))!;
    expect(namesIn(object, 'mnt-by')).to.deep.equal(['MAINT-A', 'MAINT-B', 'MAINT-C']);
  });

  const line = fc.oneof(
    fc.constantFrom(
      'route: 192.0.2.0/24',
      'route6: 2001:db8::/32',
      'origin: AS64496',
      'mntner: M',
      '*xxte: 192.0.2.0/24',
      ' continued',
      '  ',
      '\t\r',
      '+',
      '# comment',
      '% remark',
      '',
      '\r',
      'no attribute',
      ': nameless',
      'descr: X # y\r',
    ),
    fc.string({ maxLength: 12 }),
  );
  const file = fc.oneof(
    fc.array(line, { maxLength: 40 }).map(lines => Buffer.from(lines.join('\n'))),
    fc.uint8Array({ maxLength: 300 }),
  );

  it('never throws, and reads the same however the octets are split', () => {
    fc.assert(
      fc.property(file, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), (bytes, sizes) => {
        expect(read(bytes, sizes)).to.deep.equal(read(bytes));
      }),
      { numRuns: 500 },
    );
  });
});
