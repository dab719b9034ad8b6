import { expect } from 'chai';
import { ask, bookOf, type Serving, serve, sourceOf } from './serving.ts';

const object = (...lines: string[]) => `${lines.join('\n')}\n\n`;
const route = (prefix: string, origin: number, source: string, ...more: string[]) =>
  object(
    `${prefix.includes(':') ? 'route6' : 'route'}: ${prefix}`,
    `origin: AS${origin}`,
    ...more,
    `source: ${source}`,
  );

const HELD = 'mnt-by: MAINT-A';
const JPIRR = [
  route('10.0.0.0/8', 1, 'JPIRR', HELD),
  route('10.1.0.0/16', 1, 'JPIRR', HELD, 'member-of: RS-REF'),
  route('10.1.0.0/16', 2, 'JPIRR', 'mnt-by: MAINT-B', 'member-of: RS-REF'),
  route('10.1.2.0/24', 2, 'JPIRR', 'mnt-by: MAINT-B'),
  route('2001:db8::/32', 1, 'JPIRR', HELD),
  object('aut-num: AS1', 'as-name: ONE', 'member-of: AS-REF', HELD, 'source: JPIRR'),
  object('aut-num: AS2', 'as-name: TWO', 'member-of: AS-REF, AS-ANYREF', 'mnt-by: MAINT-B', 'source: JPIRR'),
  object('as-set: AS-TOP', 'members: AS1, AS-SUB,', '  AS-GONE', HELD, 'source: JPIRR'),
  object('as-set: AS-SUB', 'members: AS2, AS-TOP', HELD, 'source: JPIRR'),
  object('as-set: AS-REF', 'mbrs-by-ref: MAINT-A', HELD, 'source: JPIRR'),
  object('as-set: AS-ANYREF', 'mbrs-by-ref: ANY', HELD, 'source: JPIRR'),
  object('as-set: AS-EMPTY', HELD, 'source: JPIRR'),
  object('route-set: RS-TOP', 'members: 192.0.2.0/24^+', 'mp-members: 2001:db8:1::/48, RS-SUB', HELD, 'source: JPIRR'),
  object('route-set: RS-SUB', 'members: 198.51.100.0/24, AS1, AS-SUB', HELD, 'source: JPIRR'),
  object('route-set: RS-REF', 'mbrs-by-ref: MAINT-A', HELD, 'source: JPIRR'),
  object(
    'mntner: MAINT-A',
    'auth: CRYPT-PW abcdefghijklm # old',
    'auth: MD5-PW',
    '+ $1$a$b',
    'auth: PGPKEY-1',
    HELD,
    'source: JPIRR',
  ),
].join('');
const RADB = [
  route('10.1.0.0/16', 1, 'RADB', 'descr: 日本'),
  route('10.1.0.0/17', 3, 'RADB'),
  object('as-set: AS-SUB', 'members: AS3', 'source: RADB'),
].join('');

const ONE = 'route: 10.1.0.0/16\norigin: AS1\nmnt-by: MAINT-A\nmember-of: RS-REF\nsource: JPIRR\n';
const TWO = 'route: 10.1.0.0/16\norigin: AS2\nmnt-by: MAINT-B\nmember-of: RS-REF\nsource: JPIRR\n';
const RADB_ONE = 'route: 10.1.0.0/16\norigin: AS1\ndescr: 日本\nsource: RADB\n';
const HALF = 'route: 10.1.0.0/17\norigin: AS3\nsource: RADB\n';
const EIGHT = 'route: 10.0.0.0/8\norigin: AS1\nmnt-by: MAINT-A\nsource: JPIRR\n';
const SMALL = 'route: 10.1.2.0/24\norigin: AS2\nmnt-by: MAINT-B\nsource: JPIRR\n';
const NONE = '%  No entries found for the selected source(s).\n\n\n';
const UNAVAILABLE = 'One or more selected sources are unavailable.';

/** The answer with this data. */
const irrd = (...objects: string[]) => {
  const data = objects.join('\n');
  return `A${Buffer.byteLength(data)}\n${data}C\n`;
};
const ripe = (...objects: string[]) => `${objects.join('\n')}\n\n`;

describe('registry/whois/answer', () => {
  let serving: Serving;
  before(async () => {
    const sources = [sourceOf(bookOf('JPIRR', JPIRR), 4711), sourceOf(bookOf('RADB', RADB))];
    serving = await serve(() => sources);
  });
  after(() => serving.server.close());

  const table: readonly (readonly [string, string])[] = [
    ['!v', irrd('InterTrack -- version 1.2\n')],
    ['!nbgpq4', 'C\n'],
    ['!t5', 'C\n'],
    ['!s-lc', irrd('JPIRR,RADB\n')],
    ['!sradb', 'C\n'],
    ['!sradb,X', `F ${UNAVAILABLE}\n`],
    ['!gAS1', irrd('10.0.0.0/8 10.1.0.0/16\n')],
    ['!g2', irrd('10.1.0.0/16 10.1.2.0/24\n')],
    ['!6AS1', irrd('2001:db8::/32\n')],
    ['!6AS2', 'D\n'],
    ['!gAS64496', 'D\n'],
    ['!iAS-TOP', irrd('AS-GONE AS-SUB AS1\n')],
    ['!ias-top,1', irrd('AS1 AS2\n')],
    ['!iAS-REF', irrd('AS1\n')],
    ['!iAS-ANYREF', irrd('AS2\n')],
    ['!iAS-EMPTY', 'D\n'],
    ['!iAS-GONE,1', 'D\n'],
    ['!iRS-TOP', irrd('192.0.2.0/24^+ 2001:db8:1::/48 RS-SUB\n')],
    [
      '!iRS-TOP,1',
      irrd('192.0.2.0/24^+ 2001:db8:1::/48 198.51.100.0/24 10.0.0.0/8 10.1.0.0/16 2001:db8::/32 10.1.2.0/24\n'),
    ],
    ['!iRS-REF', irrd('10.1.0.0/16\n')],
    ['!aAS-TOP', irrd('10.0.0.0/8 10.1.0.0/16 10.1.2.0/24 2001:db8::/32\n')],
    ['!a4AS-SUB', irrd('10.0.0.0/8 10.1.0.0/16 10.1.2.0/24\n')],
    ['!a6AS-TOP', irrd('2001:db8::/32\n')],
    ['!a6AS-GONE', 'D\n'],
    ['!a', 'F Missing required set name for A query\n'],
    ['!r10.1.0.0/16', irrd(ONE, TWO, RADB_ONE)],
    ['!r10.1.0.0/16,o', irrd('AS1 AS2\n')],
    ['!r10.1.2.3,l', irrd(SMALL)],
    ['!r10.1.2.0/24,l', irrd(HALF)],
    ['!r10.1.0.0/17,L', irrd(ONE, TWO, EIGHT, HALF, RADB_ONE)],
    ['!r10.1.0.0/16,M', irrd(SMALL, HALF)],
    ['!r192.0.2.0/24', 'D\n'],
    ['!r0.0.0.0/0,l', 'D\n'],
    ['!mroute,10.1.0.0/16AS2', irrd(TWO)],
    ['!mroute,10.1.0.0/16 AS1', irrd(ONE)],
    ['!mroute,10.1.0.0/16-AS1', irrd(ONE)],
    ['!mroute6,10.1.0.0/16AS1', 'D\n'],
    ['!maut-num,as1', irrd('aut-num: AS1\nas-name: ONE\nmember-of: AS-REF\nmnt-by: MAINT-A\nsource: JPIRR\n')],
    ['!mas-set,AS-SUB', irrd('as-set: AS-SUB\nmembers: AS2, AS-TOP\nmnt-by: MAINT-A\nsource: JPIRR\n')],
    ['!mperson,AA1', 'D\n'],
    [
      '!mmntner,MAINT-A',
      irrd(
        'mntner: MAINT-A\nauth: CRYPT-PW DummyValue  # Filtered for security\nauth: MD5-PW DummyValue  # Filtered for security\nauth: PGPKEY-1\nmnt-by: MAINT-A\nsource: JPIRR\n',
      ),
    ],
    [
      '!oMAINT-B',
      irrd('aut-num: AS2\nas-name: TWO\nmember-of: AS-REF, AS-ANYREF\nmnt-by: MAINT-B\nsource: JPIRR\n', TWO, SMALL),
    ],
    ['!oMAINT-X', 'D\n'],
    ['!j-*', irrd('JPIRR:N:0-4711\nRADB:N:-\n')],
    ['!jX,jpirr', irrd('JPIRR:N:0-4711\nX:X:Database unknown\n')],
    ['!fno-rpki-filter', irrd('Nothing is filtered: what ROAs contradict is told as well.\n')],
    ['!x', 'F Unrecognised command: x\n'],
    ['-x 10.1.0.0/16', ripe(ONE, TWO, RADB_ONE)],
    ['-K -x 10.1.0.0/16', ripe('route: 10.1.0.0/16\norigin: AS1\n', 'route: 10.1.0.0/16\norigin: AS2\n')],
    ['-s RADB -x 10.1.0.0/16', ripe(RADB_ONE)],
    ['-s RADB,JPIRR -l 10.1.0.0/17', ripe(RADB_ONE, ONE, TWO)],
    ['-s X -x 10.1.0.0/16', `%% ERROR: ${UNAVAILABLE}\n\n\n`],
    ['-L 10.0.0.0/9', ripe(EIGHT)],
    ['-M 10.1.0.0/16', ripe(SMALL, HALF)],
    ['-T route6 -i origin AS1', ripe('route6: 2001:db8::/32\norigin: AS1\nmnt-by: MAINT-A\nsource: JPIRR\n')],
    ['-i origin AS3', ripe(HALF)],
    ['-i origin X', NONE],
    ['-s JPIRR -T route -i mnt-by MAINT-B', ripe(TWO, SMALL)],
    ['-i member-of RS-REF', ripe(ONE, TWO)],
    ['-K -i member-of AS-REF', ripe('aut-num: AS1\n', 'aut-num: AS2\n')],
    ['-K -i members AS3', ripe('as-set: AS-SUB\nmembers: AS3\n')],
    ['-i descr x', /^%% ERROR: Inverse attribute search not supported for descr, /.source],
    ['-K -T as-set AS-SUB', ripe('as-set: AS-SUB\nmembers: AS2\nmembers: AS-TOP\n', 'as-set: AS-SUB\nmembers: AS3\n')],
    ['10.1.2.3', ripe(SMALL, ONE, TWO, EIGHT, HALF, RADB_ONE)],
    ['10.1.0.0/16AS2', ripe(TWO)],
    ['AS64496', NONE],
    ['-q sources', 'JPIRR:3:X:0-4711\nRADB:3:X:0-0\n\n\n'],
    ['-q version', '% InterTrack 1.2\n\n\n'],
    ['-z', '%% ERROR: Unrecognised flag/search: z\n\n\n'],
    ['', NONE],
  ];
  for (const [query, answer] of table)
    it(`answers ${query || 'an empty line'}`, async () => {
      const got = await ask(serving.port, `${query}\n`);
      if (answer.startsWith('^')) expect(got).to.match(new RegExp(answer));
      else expect(got).to.equal(answer);
    });

  it('keeps what a client has set, and the connection', async () => {
    const queries = [
      '!!',
      '!sRADB',
      '!gAS1',
      '-s JPIRR -K -x 10.0.0.0/8',
      '!s-lc',
      '-a -q version',
      '!s-lc',
      '!q',
      '!v',
    ];
    expect(await ask(serving.port, `${queries.join('\r\n')}\n`)).to.equal(
      `C\nA12\n10.1.0.0/16\nC\n${ripe('route: 10.0.0.0/8\norigin: AS1\n')}A6\nJPIRR\nC\n% InterTrack 1.2\n\n\nA11\nJPIRR,RADB\nC\n`,
    );
  });
  it('ends behind one answer without `!!` or `-k`', async () => {
    expect(await ask(serving.port, '!6AS1\n!gAS1\n')).to.equal('A14\n2001:db8::/32\nC\n');
    const version = '% InterTrack 1.2\n\n\n';
    expect(await ask(serving.port, '-k -q version\n!v\n-q version\n')).to.equal(
      `${version}A26\nInterTrack -- version 1.2\nC\n${version}`,
    );
  });
  it('tells the state of the sources as JSON', async () => {
    const got = await ask(serving.port, '!JJPIRR,X\n');
    const status = JSON.parse(got.slice(got.indexOf('\n'), got.lastIndexOf('C')));
    expect(status.JPIRR).to.include({ serial_newest_mirror: 4711, last_update: '2026-11-29T00:00:00.000Z' });
    expect(status.X).to.deep.equal({ error: 'Unknown source' });
  });
});
