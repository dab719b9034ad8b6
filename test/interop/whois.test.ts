import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect } from 'chai';
import type { WhoisStatus } from '../../src/registry/whois/server.ts';
import { ask, bookOf, serve, sourceOf } from '../registry/whois/serving.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { bgpq4, whyNoBgpq4 } from './bgpq4.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const PORT = 4343;
const object = (...lines: string[]) => `${lines.join('\n')}\n\n`;
const route = (prefix: string, as: number, source: string) =>
  object(
    `${prefix.includes(':') ? 'route6' : 'route'}: ${prefix}`,
    `origin: AS${as}`,
    'mnt-by: M',
    `source: ${source}`,
  );

const JPIRR = [
  route('10.0.0.0/23', 64496, 'JPIRR'),
  route('10.0.0.0/24', 64496, 'JPIRR'),
  route('10.0.1.0/24', 64496, 'JPIRR'),
  route('10.2.0.0/16', 64497, 'JPIRR'),
  route('2001:db8::/32', 64496, 'JPIRR'),
  route('2001:db8:8000::/33', 64497, 'JPIRR'),
  object('as-set: AS-TOP', 'members: AS64496, AS64500:AS-SUB, AS-GONE', 'source: JPIRR'),
  object('as-set: AS64500:AS-SUB', 'members: AS64497,', '+ AS64498, AS-TOP', 'mbrs-by-ref: M', 'source: JPIRR'),
  object('aut-num: AS64499', 'as-name: X', 'member-of: AS64500:AS-SUB', 'mnt-by: M', 'source: JPIRR'),
  object('route-set: RS-TOP', 'members: 192.0.2.0/24^25-26, RS-SUB, AS64497', 'source: JPIRR'),
  object('route-set: RS-SUB', 'members: 198.51.100.0/24', 'mp-members: 2001:db8:9::/48', 'source: JPIRR'),
].join('');
const RADB = [
  route('10.3.0.0/16', 64496, 'RADB'),
  route('10.2.0.0/16', 64497, 'RADB'),
  object('as-set: AS-TOP', 'members: AS64498', 'source: RADB'),
].join('');

/** The list of a JSON answer, an entry as bgpq4 writes it. */
const listOf = (stdout: string): string[] =>
  (
    JSON.parse(stdout) as { pl: { prefix: string; exact?: boolean; 'greater-equal'?: number; 'less-equal'?: number }[] }
  ).pl.map(one => `${one.prefix}${one.exact ? '' : ` ${one['greater-equal'] ?? ''}-${one['less-equal']}`}`);

/** bgpq4 makes its lists of what the daemon has mirrored. */
describe('interop/whois', function () {
  this.timeout(240_000);
  const address = loopbackAddress();
  const server = `${address}:${PORT}`;
  let daemon: Intertrackd;
  before(async function () {
    const why = whyNoBgpq4();
    if (why !== null) {
      console.log(`      ${why}`);
      this.skip();
    }
    daemon = intertrackd(address);
    writeFileSync(daemon.at('jpirr.db'), JPIRR);
    writeFileSync(daemon.at('radb.db'), RADB);
    daemon.configure(`
irr RADB { dump "${daemon.at('radb.db')}"; refresh 1s; }
irr ELSEWHERE { whois "${address}" port ${PORT + 2}; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; refresh 1s; }
whois { listen ${address} port ${PORT}; }
`);
    await daemon.start();
    await until(
      'it listens',
      async () => ((await daemon.ask('show', 'whois')) as WhoisStatus[])[0]!.listeners.length > 0,
    );
  });
  after(() => daemon?.close());

  const list = async (...words: string[]) => {
    const { status, stdout, stderr } = await bgpq4(server, '-j', '-l', 'pl', ...words);
    expect([status, stderr]).to.deep.equal([0, '']);
    return listOf(stdout);
  };
  const EVERYWHERE = ['10.0.0.0/23', '10.0.0.0/24', '10.0.1.0/24', '10.2.0.0/16', '10.3.0.0/16'];

  it('lists the prefixes of an AS, IPv4 and IPv6', async () => {
    expect(await list('AS64496')).to.deep.equal(EVERYWHERE.filter(prefix => prefix !== '10.2.0.0/16'));
    expect(await list('-6', 'AS64496')).to.deep.equal(['2001:db8::/32']);
  });
  it('lists those of an AS-SET with all sets in it, IPv4 and IPv6', async () => {
    expect(await list('AS-TOP')).to.deep.equal(EVERYWHERE);
    expect(await list('-6', 'AS-TOP')).to.deep.equal(['2001:db8::/32', '2001:db8:8000::/33']);
    expect(await list('AS64500:AS-SUB')).to.deep.equal(EVERYWHERE);
  });
  it('aggregates', async () => {
    expect(await list('-A', '-S', 'JPIRR', 'AS64496')).to.deep.equal(['10.0.0.0/23 -24']);
    expect(await list('-R', '24', 'AS64497')).to.deep.equal(['10.2.0.0/16 -24']);
  });
  it('looks at the sources it is told to, in their order', async () => {
    expect(await list('-S', 'JPIRR', 'AS-TOP')).to.deep.equal(EVERYWHERE.slice(0, 4));
    // There the set of the same name is another one.
    const { stdout } = await bgpq4(server, '-S', 'RADB,JPIRR', '-t', '-j', '-l', 'pl', 'AS-TOP');
    expect(JSON.parse(stdout)).to.deep.equal({ pl: [64498] });
    const unknown = await bgpq4(server, '-S', 'LEVEL3', 'AS64496');
    expect(unknown.stderr).to.match(/Invalid source\(s\) 'LEVEL3': F One or more selected sources are unavailable/);
  });
  it('lists the ASes of an AS-SET, with those that join by reference', async () => {
    const { stdout } = await bgpq4(server, '-t', '-j', '-l', 'pl', 'AS-TOP');
    expect(JSON.parse(stdout)).to.deep.equal({ pl: [64496, 64497, 64498, 64499] });
    const paths = await bgpq4(server, '-f', '64500', '-l', 'pl', 'AS-TOP');
    expect(paths.stdout).to.equal(
      [
        'no ip as-path access-list pl',
        'ip as-path access-list pl permit ^64500(_[0-9]+)*_(64496|64497|64498|64499)$\n',
      ].join('\n'),
    );
  });
  it('goes from set to set itself, its queries sent before the answers have come or after', async () => {
    for (const words of [['-L', '5'], ['-T'], ['-T', '-L', '5']])
      expect(await list(...words, 'AS-TOP'), words.join(' ')).to.deep.equal(EVERYWHERE);
    expect(await list('-L', '1', 'AS-TOP')).to.deep.equal(EVERYWHERE.filter(prefix => prefix !== '10.2.0.0/16'));
    expect(await list('AS-TOP', 'EXCEPT', 'AS64500:AS-SUB')).to.deep.equal(
      EVERYWHERE.filter(prefix => prefix !== '10.2.0.0/16'),
    );
  });
  it('lists a route-set with its ranges', async () => {
    expect(await list('RS-TOP')).to.deep.equal([
      '10.2.0.0/16',
      ...['0/25', '0/26', '64/26', '128/25', '128/26', '192/26'].map(host => `192.0.2.${host}`),
      '198.51.100.0/24',
    ]);
    // It complains of the range of the other family, and leaves it out.
    const six = await bgpq4(server, '-6', '-j', '-l', 'pl', 'RS-TOP');
    expect(listOf(six.stdout)).to.deep.equal(['2001:db8:9::/48', '2001:db8:8000::/33']);
  });
  it('says what is not there', async () => {
    expect(await list('AS-NOWHERE')).to.deep.equal([]);
    expect(await list('AS64511')).to.deep.equal([]);
  });
  it('takes what has changed', async () => {
    writeFileSync(daemon.at('radb.db'), `${RADB}${route('10.4.0.0/16', 64498, 'RADB')}`);
    await until('the new copy is in use', async () => (await ask0('!gAS64498\n')).includes('10.4.0.0/16'));
    expect(await list('AS-TOP')).to.deep.equal([...EVERYWHERE, '10.4.0.0/16']);
  });
  const ask0 = (query: string) => ask(PORT, query, true, address);

  it('answers itctl from the mirror, and asks where it has nothing', async () => {
    const source = sourceOf(bookOf('ELSEWHERE', object('as-set: AS-FAR', 'members: AS64510', 'source: ELSEWHERE')));
    const far = await serve(() => [source], { listen: [{ address, port: PORT + 2 }] });
    const near = await daemon.itctl('whois', '-x 10.2.0.0/16');
    expect(near.stdout).to.match(/^# from mirror\nroute: 10\.2\.0\.0\/16\norigin: AS64497\n/);
    const set = await daemon.itctl('whois', 'set', 'AS-FAR');
    expect(set.stdout).to.equal(
      `# AS-FAR, from ${address} port ${PORT + 2}, ELSEWHERE, which followed the sets itself\nAS64510\n1 AS\n`,
    );
    expect((await daemon.itctl('whois', 'AS-FAR', 'source', 'elsewhere')).stdout).to.match(
      /^# from 127.*members: AS64510/s,
    );
    await far.server.close();
    const nowhere = await daemon.itctl('whois', 'AS-FAR');
    expect(nowhere.stderr)
      .to.match(/ECONNREFUSED/)
      .and.to.match(/nothing was found for AS-FAR/);
  });

  it('shows who asked, and follows a reload', async () => {
    const [before] = (await daemon.ask('show', 'whois')) as WhoisStatus[];
    expect(before!.listeners).to.deep.equal([{ address, port: PORT, problem: '' }]);
    expect(before!.counts.queries).to.be.above(60);
    const { stdout } = await daemon.itctl('show', 'whois');
    expect(stdout).to.include(`Listens on ${address} port ${PORT}\n`);
    expect(await ask0('!j-*\n')).to.equal('A19\nJPIRR:N:-\nRADB:N:-\nC\n');
    daemon.configure(`whois { listen ${address} port ${PORT + 1}; }`);
    expect((await daemon.itctl('reload')).stdout).to.match(/whois: .*no more listen/);
    expect(await ask(PORT + 1, '!s-lc\n', true, address)).to.equal('C\n');
    const taken = createServer().listen(PORT, address);
    await until('nobody else listens there', () => taken.listening);
    daemon.configure(`whois { listen ${address} port ${PORT}; }`);
    await daemon.itctl('reload');
    expect((await daemon.status()).problems.join('\n')).to.include(
      `cannot listen for whois on ${address} port ${PORT}`,
    );
    taken.close();
  });
});
