import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { checkOptions, namesFiles } from '../../src/vty/check-options.ts';
import { offlineCommand, runOffline } from '../../src/vty/offline.ts';
import { programFile } from '../programs.ts';

const ITCTL = programFile('itctl');

const JPIRR = `% a remark
route:      198.51.100.0/22
descr:      Example Inc.
origin:     AS64496
mnt-by:     MAINT-AS64496
changed:    noc@example.jp 20260401
source:     JPIRR

*xxte:      192.0.2.0/24
origin:     AS64666

route:      192.0.2.0/24
origin:     AS64496
holes:      192.0.2.128/25
mnt-by:     MAINT-AS64496
source:     JPIRR

route6:     2001:db8::/32
origin:     AS64496
mnt-by:     MAINT-AS64496
source:     JPIRR

route:      10.0.0.0/33
origin:     AS64496

aut-num:    AS64511
mnt-by:     MAINT-AS64496
source:     JPIRR

# EOF
`;
const RADB = 'route: 192.0.02.0/24\norigin: as64497\nmnt-by: MAINT-X\nsource: RADB\n';
const RPKI = {
  metadata: { vrps: 4 },
  roas: [
    { asn: 64496, prefix: '192.0.2.0/24', maxLength: 24, ta: 'apnic', expires: 1800000000 },
    { asn: 'AS64496', prefix: '198.51.100.0/22', maxLength: 23, ta: 'apnic' },
    { asn: 0, prefix: '203.0.113.0/24', maxLength: 32, ta: 'apnic' },
    { asn: 64496, prefix: '2001:db8::/32', ta: 'apnic' },
  ],
  aspas: [
    { customer_asid: 64511, expires: 1800000000, providers: [64496] },
    { customer_asid: 64496, providers: [64500] },
    { customer_asid: 64500, providers: [0] },
  ],
};

describe('itctl check route, by files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'check-route-'));
  const file = (name: string, content: string | Uint8Array) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  const jpirr = file('jpirr.db', JPIRR);
  const radb = file('radb.db.gz', gzipSync(RADB));
  const rpki = file('rpki.json', JSON.stringify(RPKI));
  after(() => rmSync(directory, { recursive: true }));

  /** In this process: what a program costs to start is not wanted forty times. */
  async function run(...words: readonly string[]) {
    const [out, err]: [string[], string[]] = [[], []];
    const stdout = new Writable({ write: (text, _, done) => done(void out.push(String(text))) });
    const command = offlineCommand(words.filter(word => word !== '-j'));
    if (command === null) throw new Error('not an offline command');
    const streams = { stdin: process.stdin, stdout, err: (text: string) => void err.push(`itctl: ${text}\n`) };
    const status = await runOffline(
      command,
      words.filter(word => word !== '-j'),
      words.includes('-j'),
      streams,
    );
    return { status, out: out.join(''), err: err.join('') };
  }
  const ALL = ['--irr', jpirr, radb, '--vrp', rpki, '--aspa', rpki];
  const check = async (...words: readonly string[]) => {
    const { status, out } = await run('-j', 'check', 'route', ...words, ...ALL);
    expect(status).to.equal(0);
    return JSON.parse(out);
  };

  it('answers one object', async () => {
    const answer = await check('198.51.102.0/24', 'AS64511', '--path', '64500 64496 64511');
    expect(answer).to.include({
      prefix: '198.51.102.0/24',
      origin: 64511,
      rov: 'invalid',
      rovReason: 'as',
      irr: 'mismatch-covering',
      aspa: 'valid',
      severity: 'critical',
      decidedBy: '198.51.100.0/22',
    });
    expect(answer.objects.map((one: { source: string; origin: number }) => [one.source, one.origin])).to.deep.equal([
      ['JPIRR', 64496],
    ]);
    expect(answer.hints.map((one: { hint: string }) => one.hint)).to.deep.equal(['sibling', 'customer-pa']);
    expect(answer.vrps).to.deep.equal([{ prefix: '198.51.100.0/22', maxLength: 23, asn: 64496, matches: false }]);
  });

  const cases: readonly [words: readonly string[], expected: Readonly<Record<string, unknown>>][] = [
    [['192.0.2.0/24', '64496'], { rov: 'valid', rovReason: null, irr: 'match', aspa: 'unknown', severity: 'ok' }],
    [['192.0.2.0/24', 'AS64497'], { rov: 'invalid', rovReason: 'as', irr: 'match', severity: 'minor' }],
    [['192.0.2.0/25', 'AS64496'], { rov: 'invalid', rovReason: 'length', irr: 'match-covering', severity: 'minor' }],
    [['192.0.2.128/25', 'AS64496'], { rov: 'invalid', rovReason: 'length', irr: 'mismatch-covering' }],
    [['192.0.2.0/24', '64666'], { rov: 'invalid', irr: 'mismatch', severity: 'critical' }],
    [['203.0.113.0/24', '64496'], { rov: 'invalid', rovReason: 'as0', irr: 'unknown', severity: 'major' }],
    [['203.0.112.0/24', '64496'], { rov: 'not-found', rovReason: null, irr: 'unknown', severity: 'no-opinion' }],
    [['2001:db8::/32', '64496'], { rov: 'valid', irr: 'match' }],
    [['2001:db8:1::/48', '64496'], { rov: 'invalid', rovReason: 'length', irr: 'match-covering' }],
    [
      ['192.0.2.0/24', '64496', '--path', '64500 {64496,64497}'],
      { rov: 'invalid', rovReason: 'as-set', irr: 'match', aspa: 'invalid', origin: [64496, 64497] },
    ],
    [['192.0.2.0/24', '64496', '--path', '64500 {64496,64666}'], { rovReason: 'as-set', irr: 'mismatch' }],
    [['192.0.2.0/24', '64496', '--path', '64500 64511 64496'], { rov: 'valid', aspa: 'invalid' }],
    [['192.0.2.0/24', '64496', '--path', '64500 64496', '--from', 'customer'], { aspa: 'valid' }],
    [['192.0.2.0/24', '64496', '--path', '64496 64496 (65001)'], { aspa: 'valid', origin: 64496 }],
    [['0.0.0.0/0', '64496'], { rov: 'not-found', irr: 'unknown' }],
  ];
  for (const [words, expected] of cases)
    it(`${words.join(' ')}: ${Object.values(expected).join(', ')}`, async () => {
      const answer = await check(...words);
      for (const [name, value] of Object.entries(expected)) expect(answer[name], name).to.deep.equal(value);
    });

  it('names the LAN of an exchange point', async () => {
    const { hints } = await check('203.0.113.0/25', '64496', '--ix-lan', '203.0.113.0/24');
    expect(hints[0].hint).to.equal('ix-lan');
  });
  it('says it to a person, and tells what it could not read with its line', async () => {
    const { status, out, err } = await run('check', 'route', '192.0.2.0/24', 'AS64666', '--irr', `HERE=${jpirr}`);
    expect(status).to.equal(0);
    expect(out.split('\n')[0]).to.equal('192.0.2.0/24 AS64666: major');
    expect(out).to.match(/^IRR: {2}mismatch: objects for the prefix have AS64496, not AS64666$/m);
    expect(out).to.match(/^ {2}HERE +192\.0\.2\.0\/24 AS64496 MAINT-AS64496 decides$/m);
    expect(err).to.equal(`itctl: ${jpirr}:23: route: "10.0.0.0/33" is no prefix, or has bits set behind its length\n`);
  });
  it('takes for the source of an object what it says itself, unless the file is named', async () => {
    const both = file('both.db', `${RADB}\nroute: 192.0.2.0/24\norigin: AS64497\nmnt-by: MAINT-X\nsource: altdb\n`);
    const sources = async (...words: readonly string[]) => {
      const { out } = await run('-j', 'check', 'route', '192.0.2.0/24', '64497', '--irr', ...words);
      return JSON.parse(out).objects.map((one: { source: string }) => one.source);
    };
    expect(await sources(both)).to.deep.equal(['RADB', 'ALTDB']);
    expect(await sources(`HERE=${both}`)).to.deep.equal(['HERE']);
    const none = file('none.db', 'route: 192.0.2.0/24\norigin: AS64497\n');
    expect(await sources(none)).to.deep.equal(['NONE']);
  });
  it('takes the last of several objects with the same key, as registries do', async () => {
    const twice = `route: 192.0.2.0/24\norigin: AS64496\nmnt-by: MAINT-A\n\nroute: 192.0.2.0/24\norigin: AS64496\nmnt-by: MAINT-B\n`;
    const { out } = await run('-j', 'check', 'route', '192.0.2.0/24', '64496', '--irr', file('twice.db', twice));
    expect(JSON.parse(out).objects.map((one: { mntBy: string[] }) => one.mntBy)).to.deep.equal([['MAINT-B']]);
  });
  it('knows who is whose customer or sibling by aut-nums and as-sets', async () => {
    const hintsOf = async (more: string) => {
      const dump = `route: 198.51.100.0/22\norigin: AS64496\nmnt-by: MAINT-A\n\n${more}`;
      const { out } = await run('-j', 'check', 'route', '198.51.102.0/24', '64511', '--irr', file('more.db', dump));
      return JSON.parse(out).hints.map((one: { hint: string }) => one.hint);
    };
    const autNum = (as: number, mntner: string) => `aut-num: AS${as}\nmnt-by: ${mntner}\n\n`;
    const asSet = (name: string, mntner: string) => `as-set: ${name}\nmembers: AS64511\nmnt-by: ${mntner}\n\n`;
    expect(await hintsOf('')).to.deep.equal([]);
    expect(await hintsOf(autNum(64496, 'MAINT-B') + autNum(64511, 'MAINT-B'))).to.deep.equal(['sibling']);
    expect(await hintsOf(autNum(64496, 'MAINT-B') + asSet('AS-CUSTOMERS', 'MAINT-B'))).to.deep.equal(['customer-pa']);
    expect(await hintsOf(asSet('AS64496:AS-CUSTOMERS', 'MAINT-C'))).to.deep.equal(['customer-pa']);
    expect(await hintsOf(asSet('AS64499:AS-CUSTOMERS', 'MAINT-C'))).to.deep.equal([]);
  });
  it('says in the first line that the path is no good where the origin is', async () => {
    const words = ['192.0.2.0/24', '64496', '--path', '64500 64511 64496'];
    const { out } = await run('check', 'route', ...words, ...ALL);
    expect(out.split('\n')[0]).to.equal('192.0.2.0/24 AS64496: ok by its origin; the path is invalid by ASPA');
  });
  it('does not tell of objects that cannot be read and are certain to lie elsewhere', async () => {
    const odd = ['10.1.2.3/8', '192.0.2.1/24', '192.0.2.0', '2001:db8::/32'];
    const dump = odd.map(one => `route: ${one}\norigin: AS1\n\n`).join('');
    const { err } = await run('check', 'route', '192.0.2.0/24', '64496', '--irr', file('odd.db', dump));
    const lines = err.trim().split('\n');
    expect(lines.map(line => /odd\.db:(\d+): route: "([^"]*)"/.exec(line)?.slice(1))).to.deep.equal([
      ['4', '192.0.2.1/24'],
      ['7', '192.0.2.0'],
    ]);
  });
  it('tells a VRP once that several files have', async () => {
    const { out } = await run('-j', 'check', 'route', '192.0.2.0/24', '64496', '--vrp', rpki, rpki);
    expect(JSON.parse(out).vrps).to.have.length(1);
  });
  it('reads ASPAs in the older form, apart for each address family', async () => {
    const older = { ipv4: [{ customer_asid: 64511, providers: [64496] }], ipv6: [{ customer_asid: 'AS64496' }] };
    const aspas = file('older.json', JSON.stringify({ provider_authorizations: older }));
    const words = ['192.0.2.0/24', '64511', '--path', '64500 64511', '--from', 'customer', '--aspa', aspas];
    const { status, out, err } = await run('-j', 'check', 'route', ...words);
    expect([status, JSON.parse(out).aspa]).to.deep.equal([0, 'invalid']);
    expect(err).to.match(/provider_authorizations\.ipv6\[0\]: no providers/);
  });
  it('leaves out what was over its time when the file was made', async () => {
    const roas = [{ ...RPKI.roas[0], expires: 1_800_000_000 }];
    const made = async (buildtime: string) => {
      const vrps = file('made.json', JSON.stringify({ metadata: { buildtime }, roas }));
      return JSON.parse((await run('-j', 'check', 'route', '192.0.2.0/24', '64496', '--vrp', vrps)).out).rov;
    };
    expect(await made('2027-01-01T00:00:00Z')).to.equal('valid');
    expect(await made('2027-02-01T00:00:00Z')).to.equal('not-found');
  });
  it('reads a file of ASPAs alone, and VRPs that are over their time', async () => {
    const aspas = file('aspas.json', JSON.stringify({ aspas: RPKI.aspas }));
    const old = file('old.json', JSON.stringify({ roas: [{ ...RPKI.roas[0], expires: 1 }] }));
    const words = ['192.0.2.0/24', '64496', '--path', '64500 64511 64496', '--vrp', old, '--aspa', aspas];
    const { out } = await run('-j', 'check', 'route', ...words);
    expect(JSON.parse(out)).to.include({ rov: 'valid', aspa: 'invalid' });
  });
  it('names places in lists of the RPKI', async () => {
    const broken = file(
      'broken.json',
      JSON.stringify({
        roas: [{}, { asn: 1, prefix: '192.0.2.0/24', maxLength: 8 }, 7],
        aspas: [{ customer_asid: 1 }],
      }),
    );
    const { status, err } = await run('check', 'route', '192.0.2.0/24', '1', '--vrp', broken, '--aspa', broken);
    expect(status).to.equal(0);
    expect(
      err
        .trim()
        .split('\n')
        .map(line => line.replace(/^.*broken\.json: /, '')),
    ).to.deep.equal(['roas[0]: no AS number', 'roas[1]: maxLength 8', 'roas[2]: no object', 'aspas[0]: no providers']);
  });

  const unreadable: readonly [what: string, option: string, content: string | Uint8Array, RegExp][] = [
    ['a dump that is cut short', '--irr', gzipSync(JPIRR).subarray(0, 100), /unexpected end of file/],
    ['a dump that is no RPSL', '--irr', '{"roas":[]}', /no RPSL/],
    ['gzip that is none', '--irr', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), /./],
    ['VRPs that are no JSON', '--vrp', '{"roas":[}', /no JSON/],
    ['JSON without VRPs', '--vrp', '{"aspas":[]}', /no `roas` in it/],
    ['JSON that is no object', '--aspa', 'null', /no `aspas` in it/],
  ];
  for (const [what, option, content, why] of unreadable)
    it(`gives no answer by ${what}`, async () => {
      const { status, out, err } = await run('check', 'route', '192.0.2.0/24', '64496', option, file('bad', content));
      expect([status, out]).to.deep.equal([1, '']);
      expect(err).to.match(why);
    });
  it('gives no answer by a file that is not there', async () => {
    const { status, out, err } = await run('check', 'route', '192.0.2.0/24', '64496', '--irr', join(directory, 'none'));
    expect([status, out]).to.deep.equal([1, '']);
    expect(err).to.match(/none: no such file or directory/);
  });

  const usage: readonly [words: readonly string[], why: RegExp][] = [
    [[], /^a prefix is missing/],
    [['192.0.2.0/24'], /^an AS number is missing/],
    [['192.0.2.1/24', '64496'], /^"192.0.2.1\/24" is no prefix: it has host bits; its network is 192.0.2.0\/24$/],
    [['192.0.2.0/33', '64496'], /^"192.0.2.0\/33" is no prefix: IPv4 has 32 bits$/],
    [['2001:db8::/129', '64496'], /^"2001:db8::\/129" is no prefix: IPv6 has 128 bits$/],
    [['192.0.2.0/24/7', '64496'], /^"192.0.2.0\/24\/7" is no prefix or address$/],
    [['192.0.2/24', '64496'], /^"192.0.2\/24" is no prefix or address$/],
    [['192.0.2.0/24', 'x'], /is no AS number/],
    [['192.0.2.0/24', '4294967296'], /is no AS number/],
    [['192.0.2.0/24', '64496', 'more'], /^unexpected "more"/],
    [['192.0.2.0/24', '64496', '--irr'], /^--irr needs a value/],
    [['192.0.2.0/24', '64496', '--irr', '--vrp', 'x'], /^--irr needs a value/],
    [['192.0.2.0/24', '64496', '--roa', 'x'], /^unknown option --roa/],
    [['192.0.2.0/24', '64496', '--path', '64500 64497'], /does not end in AS64496/],
    [['192.0.2.0/24', '64496', '--path', '64500 {64497,64498}'], /does not end in AS64496/],
    [['192.0.2.0/24', '64496', '--path', '64500 x'], /"x" is no AS number/],
    [['192.0.2.0/24', '64496', '--path', '64500 {}'], /empty segment/],
    [['192.0.2.0/24', '64496', '--path', '0 64496'], /AS 0/],
    [['192.0.2.0/24', '64496', '--ix-lan', 'x'], /--ix-lan x is no prefix/],
    [['192.0.2.0/24', '64496', '--from', 'x'], /--from x is none of/],
  ];
  for (const [words, why] of usage) it(`refuses: ${words.join(' ')}`, () => expect(checkOptions(words)).to.match(why));
  it('reads AS numbers in every form, and files in any place', async () => {
    const route = ['192.0.2.0/24', '1.10'];
    const files = ['--irr', 'A=a', '/x/b.db.gz', '--vrp=v'];
    for (const words of [
      [...route, ...files],
      [...files, ...route],
    ]) {
      const read = checkOptions([...words, '--path', 'AS5 65546']);
      if (typeof read === 'string') throw new Error(read);
      expect(read.route.origin).to.equal(65546);
      expect(read.route.path).to.deep.equal([5, 65546]);
      expect(read.irr).to.deep.equal([
        { name: 'A', file: 'a', fixed: true },
        { name: 'B', file: '/x/b.db.gz', fixed: false },
      ]);
      expect(read.vrp).to.deep.equal(['v']);
    }
  });
  it('asks the daemon where no file is named', async () => {
    expect(namesFiles(['192.0.2.0/24', '64496', '--path', '64496'])).to.equal(false);
    expect(namesFiles(['192.0.2.0/24', '64496', '--vrp=x'])).to.equal(true);
    const words = ['check', 'route', '192.0.2.0/24', '64496', '-s', join(directory, 'no.sock')];
    const { status, stderr } = spawnSync(process.execPath, [ITCTL, ...words], { encoding: 'utf8' });
    expect(status, 'no daemon').to.equal(4);
    expect(stderr).to.match(/no\.sock/);
  });
});
