import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { IrrConfig } from '../../../src/config/tree.ts';
import { retryAfter } from '../../../src/registry/irr/dump-feed.ts';
import { DUMP_LIMITS } from '../../../src/registry/irr/dump-place.ts';
import { readDump } from '../../../src/registry/irr/dump-reader.ts';
import type { DumpProgress } from '../../../src/registry/irr/feed.ts';
import { NRTM_TIMES } from '../../../src/registry/irr/nrtm3-client.ts';
import { until } from '../../interop/bgp-peers.ts';
import { makeCertificate } from '../../traceback/certificates.ts';
import { type IrrServer, type Manners, type ServedSource, startIrrServer } from '../irr-server.ts';
import { held, type Mirror, mirrorOf, settled } from './mirror.ts';

const route = (prefix: string, as = 64496) =>
  `route: ${prefix}\ndescr: caf\xe9\norigin: AS${as}\nmnt-by: MAINT-A\nsource: JPIRR\n`;
const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => route(`10.${(from + i) >> 8}.${(from + i) & 255}.0/24`));

describe('registry/irr/dump-feed', () => {
  let server: IrrServer;
  let jpirr: ServedSource;
  let directory: string;
  let mirrors: Mirror[];

  beforeEach(async () => {
    server = await startIrrServer();
    jpirr = server.source('JPIRR');
    for (const object of many(0, 20)) jpirr.add(object);
    directory = mkdtempSync(join(tmpdir(), 'dump-feed-'));
    mirrors = [];
  });
  afterEach(() => {
    for (const { feed } of mirrors) feed.stop();
    server.close();
    rmSync(directory, { recursive: true });
  });

  function mirror(config: Partial<IrrConfig>, times = NRTM_TIMES, limits = DUMP_LIMITS): Mirror {
    const dump = config.dump ?? `${server.http}/JPIRR.db.gz`;
    const one = mirrorOf(
      { name: 'JPIRR', authoritative: false, refresh: 0, ...config, dump },
      directory,
      times,
      limits,
    );
    mirrors.push(one);
    return one;
  }
  const nrtm = (version: 1 | 3 = 3) => ({ host: server.host, port: server.port, version });
  const dumps = () => server.requests.filter(path => path.endsWith('.db.gz')).length;

  describe('a dump that is fetched', () => {
    for (const [what, dump] of [
      ['HTTP, gzip', () => `${server.http}/JPIRR.db.gz`],
      ['HTTP, plain', () => `${server.http}/JPIRR.db`],
      ['FTP, gzip', () => `${server.ftp.url}/JPIRR.db.gz`],
      ['FTP, plain', () => `${server.ftp.url}/JPIRR.db`],
    ] as const)
      it(`comes by ${what}, its serial before it, and is in use at once at the next start`, async () => {
        const first = await settled(mirror({ dump: dump() }));
        expect([held(first), first.feed.status.serial, first.trouble]).to.deep.equal([20, 20, '']);
        expect(first.origins).to.have.length(1);
        first.feed.stop();
        const second = mirror({ dump: dump() });
        await second.feed.started;
        expect(held(second)).to.equal(20);
        expect(second.origins[0]).to.include({ serial: 20, kept: true });
        await settled(second);
        expect(second.origins, 'the same is not fetched again').to.have.length(1);
        expect(second.feed.status.succeeded).to.be.a('number');
        expect(second.book!.routes.object(0).text).to.include('caf\ufffd');
      });

    it('comes by HTTPS from a server whose certificate is trusted, and from no other; and leads to no plain HTTP', async () => {
      const { key, certificate } = makeCertificate(64500, { addresses: ['127.0.0.1'] });
      const secure = await startIrrServer({ key, cert: certificate });
      const trusted = getCACertificates('default');
      try {
        secure.source('JPIRR').add(route('192.0.2.0/24'));
        const dump = `${secure.http}/JPIRR.db.gz`;
        const one = await settled(mirror({ dump }));
        expect(one.trouble).to.match(/self-signed certificate/);
        setDefaultCACertificates([...trusted, certificate]);
        await settled(one);
        expect([held(one), one.trouble, one.feed.status.transport]).to.deep.equal([1, '', 'https']);
        secure.redirects.set('/JPIRR.db.gz', `${server.http}/JPIRR.db.gz`);
        await settled(one, true);
        expect(one.trouble).to.match(/it redirects to .*, which is not followed$/);
        secure.redirects.set('/JPIRR.db.gz', '/JPIRR.db.gz');
        await settled(one, true);
        expect(one.trouble).to.match(/it redirects more than 3 times$/);
        expect(held(one)).to.equal(1);
      } finally {
        setDefaultCACertificates(trusted);
        secure.close();
      }
    });

    it('is asked for by its tag where it has no serial', async () => {
      server.files.set('/JPIRR.CURRENTSERIAL', null);
      const one = await settled(mirror({}));
      expect([held(one), one.feed.status.serial]).to.deep.equal([20, null]);
      await settled(one);
      expect(dumps()).to.equal(2);
      expect(one.origins).to.have.length(1);
      jpirr.add(route('192.0.2.0/24'));
      await settled(one);
      expect([held(one), one.origins.length]).to.deep.equal([21, 2]);
    });

    it('needs the serial that the configuration names', async () => {
      const serial = `${server.http}/serial/JPIRR`;
      const one = await settled(mirror({ serial }));
      expect([one.trouble, held(one)]).to.deep.equal([`${serial}: no such file`, null]);
      server.files.set('/serial/JPIRR', Buffer.from('19\r\n'));
      await settled(one);
      expect([one.trouble, held(one), one.feed.status.serial]).to.deep.equal(['', 20, 19]);
    });

    it('waits for another serial, unless a whole copy is asked for', async () => {
      const one = await settled(mirror({}));
      await settled(one);
      expect(dumps()).to.equal(1);
      await settled(one, true);
      expect(dumps()).to.equal(2);
      expect(one.origins).to.have.length(2);
      jpirr.add(route('192.0.2.0/24'));
      await settled(one);
      expect([held(one), one.feed.status.serial]).to.deep.equal([21, 21]);
    });

    it('is refused when its serial goes back', async () => {
      const one = await settled(mirror({}));
      jpirr.setBack(7);
      await settled(one);
      expect(one.trouble).to.match(/its serial is 7, behind 20 of the copy in use$/);
      expect(one.feed.status.serial).to.equal(20);
      await settled(one, true);
      expect([one.trouble, one.feed.status.serial]).to.deep.equal(['', 7]);
    });

    const bad: [what: string, spoil: () => void, why: RegExp][] = [
      ['is gone', () => server.files.set('/JPIRR.db.gz', null), /the server answers with status 404$/],
      ['cannot be had', () => (server.http5xx = /gz$/), /the server answers with status 503$/],
      ['is cut short', () => cut('/JPIRR.db.gz'), /gzip data is cut short$/],
      ['has something behind its gzip data', () => behind(Buffer.from('<html>\n')), /no good gzip data/],
      [
        'has something like gzip behind it',
        () => behind(Buffer.from([0x1f, 0x8b, 1, 2, 3])),
        /no good gzip data|cut short/,
      ],
      ['is no gzip', () => server.files.set('/JPIRR.db.gz', Buffer.from('<html>\n')), /no good gzip data/],
      [
        'has another serial that is none',
        () => server.files.set('/JPIRR.CURRENTSERIAL', Buffer.from('<html>')),
        /it is no serial$/,
      ],
    ];
    const behind = (octets: Buffer) =>
      server.files.set('/JPIRR.db.gz', Buffer.concat([gzipSync(jpirr.dump()), octets]));
    const cut = (path: string) => server.files.set(path, gzipSync(jpirr.dump()).subarray(0, -30));
    for (const [what, spoil, why] of bad)
      it(`leaves the last good copy in use, and on the disk, when it ${what}`, async () => {
        const one = await settled(mirror({}));
        const kept = readFileSync(join(directory, 'JPIRR.db.gz'));
        jpirr.add(route('192.0.2.0/24'));
        spoil();
        for (let i = 0; i < 2; i++) {
          await settled(one);
          expect(one.trouble).to.match(why);
          expect(held(one)).to.equal(20);
        }
        expect(readFileSync(join(directory, 'JPIRR.db.gz'))).to.deep.equal(kept);
        server.files.clear();
        server.http5xx = null;
        jpirr.add(route('198.51.100.0/24'));
        await settled(one);
        expect([held(one), one.trouble]).to.deep.equal([22, '']);
      });

    it('may be of several gzip members, with zeros behind the last one', async () => {
      const text = Buffer.from(jpirr.dump(), 'latin1');
      const members = [gzipSync(text.subarray(0, 333)), gzipSync(text.subarray(333)), Buffer.alloc(512)];
      server.files.set('/JPIRR.db.gz', Buffer.concat(members));
      const one = await settled(mirror({}));
      expect([held(one), one.trouble]).to.deep.equal([20, '']);
      one.feed.stop();
      const two = mirror({});
      await two.feed.started;
      expect(held(two)).to.equal(20);
    });

    it('is not read again while it is one that was refused', async () => {
      const one = await settled(mirror({}));
      jpirr.add(route('192.0.2.0/24'));
      one.refuse = 'too small';
      for (let i = 0; i < 3; i++) await settled(one);
      expect([dumps(), one.trouble, held(one)]).to.deep.equal([2, 'too small', 20]);
      one.refuse = null;
      await settled(one, true);
      expect([held(one), one.trouble]).to.deep.equal([21, '']);
    });

    it('is looked at again now and then though its serial is the same, and read when it was put right', async () => {
      const config: IrrConfig = { name: 'JPIRR', authoritative: false, refresh: 0 };
      const dump = `${server.http}/JPIRR.db.gz`;
      const one = await settled(mirrorOf({ ...config, dump }, directory, NRTM_TIMES, DUMP_LIMITS, 0));
      mirrors.push(one);
      jpirr.add(route('192.0.2.0/24'));
      cut('/JPIRR.db.gz');
      for (let i = 0; i < 2; i++) {
        await settled(one);
        expect([held(one), /cut short$/.test(one.trouble)]).to.deep.equal([20, true]);
      }
      server.files.delete('/JPIRR.db.gz');
      await settled(one);
      expect([held(one), one.trouble, one.feed.status.serial]).to.deep.equal([21, '', 21]);
    });

    it('over FTP is told to be cut, and may be of a server that tells neither size nor time', async () => {
      const dump = `${server.ftp.url}/JPIRR.db`;
      server.ftp.manners = 'cuts';
      const one = await settled(mirror({ dump }));
      expect(one.trouble).to.match(/it has \d+ octets, and \d+ came$/);
      expect(held(one)).to.equal(null);
      server.ftp.manners = 'mute';
      await settled(one);
      expect([held(one), one.trouble]).to.deep.equal([20, '']);
    });

    it('over FTP is given up when the server stalls', async () => {
      server.files.set('/JPIRR.CURRENTSERIAL', null);
      server.ftp.manners = 'stalls';
      const one = mirror({ dump: `${server.ftp.url}/JPIRR.db` }, NRTM_TIMES, { ...DUMP_LIMITS, silence: 200 });
      await settled(one);
      expect(one.trouble).to.match(/Timeout/);
    });

    it('tells how far it is read, and no more once it is', async () => {
      server.files.set('/JPIRR.CURRENTSERIAL', null);
      server.ftp.manners = 'stalls';
      const one = mirror({ dump: `${server.ftp.url}/JPIRR.db` }, NRTM_TIMES, { ...DUMP_LIMITS, silence: 2000 });
      await until('some of it is read', () => (one.feed.status.reading?.octets ?? 0) > 0);
      await settled(one);
      expect(one.feed.status).not.to.have.property('reading');
      const told: DumpProgress[] = [];
      const body = Readable.from([Buffer.from(`${route('10.0.0.0/24')}\n`), Buffer.from(`${route('10.0.1.0/24')}\n`)]);
      await readDump('JPIRR', body, false, undefined, far => told.push(far));
      expect(told.at(-1)!.octets).to.be.above(100);
      expect(told.map(({ objects }) => objects)).to.satisfy((counts: number[]) =>
        counts.every((n, i) => n <= 2 && (i === 0 || n >= counts[i - 1]!)),
      );
    });

    it('is given up when it goes on without end, packed or not', async () => {
      const limits = { ...DUMP_LIMITS, octets: 100_000 };
      server.files.set('/JPIRR.db', Buffer.alloc(200_000, 'x'));
      const one = await settled(mirror({ dump: `${server.http}/JPIRR.db` }, NRTM_TIMES, limits));
      expect(one.trouble).to.match(/it has 200000 octets, more than 100000$/);
      server.ftp.manners = 'mute';
      const two = await settled(mirror({ dump: `${server.ftp.url}/JPIRR.db` }, NRTM_TIMES, limits));
      expect(two.trouble).to.match(/it has more than 100000 octets$/);
      expect([held(one), held(two)]).to.deep.equal([null, null]);
      const bomb = gzipSync(Buffer.alloc(1_000_000, '\n'));
      const read = readDump('JPIRR', [bomb] as unknown as AsyncIterable<Buffer>, true, 500_000);
      expect(await read.catch((error: Error) => error.message)).to.equal('more than 500000 octets when unpacked');
    });

    it('is given up when it is next to nothing that was packed', async () => {
      const member = gzipSync(Buffer.alloc(16 * 2 ** 20, '% remark\n'));
      async function* members() {
        for (let i = 0; i < 100; i++) yield member;
      }
      const read = readDump('JPIRR', members(), true);
      expect(await read.catch((error: Error) => error.message)).to.equal(
        'more than 100 times its octets when unpacked',
      );
    });

    it('reads past a line of two gigabytes, and holds none of it', async () => {
      const chunk = Buffer.alloc(1 << 20, 'x');
      async function* dump() {
        yield Buffer.from(`${route('10.0.0.0/24')}\nroute: `);
        for (let i = 0; i < 2048; i++) yield chunk;
        yield Buffer.from(`\n\n${route('10.0.1.0/24')}\n`);
      }
      // What other tests of this process have left is not this one's.
      const before = process.memoryUsage.rss();
      const { book, problems, firstProblems } = await readDump('JPIRR', dump(), false);
      const grown = process.memoryUsage.rss() - before;
      expect([book.routes.count, problems]).to.deep.equal([2, 1]);
      expect(firstProblems).to.deep.equal([{ line: 7, why: 'line longer than 65536 octets: its object is left out' }]);
      expect(grown).to.be.lessThan(500_000_000);
    });

    it('begins no other command by its path', async () => {
      const one = await settled(mirror({ dump: `${server.ftp.url}/x%0d%0aDELE%20y` }));
      expect(one.trouble).to.match(/its path has control characters$/);
      expect(server.ftp.commands.join()).to.not.include('DELE');
    });

    it('is in use though it cannot be kept', async () => {
      mkdirSync(directory, { recursive: true });
      symlinkSync('/dev/full', join(directory, 'JPIRR.db.gz.new'));
      const one = await settled(mirror({}));
      expect([held(one), one.trouble]).to.deep.equal([20, '']);
      expect(one.alarms.join()).to.match(/^the copy cannot be kept in .*: no space left on device$/);
    });

    for (const [what, spoil] of [
      ['cut short', (file: string) => truncateSync(file, 200)],
      ['no copy', (file: string) => writeFileSync(file, gzipSync('route: 10.0.0.0/8\n'))],
      ['no gzip', (file: string) => writeFileSync(file, 'x')],
    ] as const)
      it(`is fetched when what was kept is ${what}`, async () => {
        (await settled(mirror({}))).feed.stop();
        spoil(join(directory, 'JPIRR.db.gz'));
        const two = await settled(mirror({}));
        expect(two.alarms).to.have.length(1);
        expect([held(two), two.origins.map(({ kept }) => kept)]).to.deep.equal([20, [false]]);
      });

    it('says nothing more once it is stopped', async () => {
      const one = mirror({});
      one.feed.stop();
      await one.feed.look(true);
      expect([held(one), one.trouble, one.alarms]).to.deep.equal([null, '', []]);
    });
  });

  describe('NRTM behind it', () => {
    for (const version of [1, 3] as const)
      for (const ripe of [false, true])
        it(`goes on from the dump's serial by version ${version}, of ${ripe ? 'RIPE' : 'IRRd'}`, async () => {
          server.ripe = ripe;
          const one = await settled(mirror({ nrtm: nrtm(version) }));
          expect([held(one), one.trouble]).to.deep.equal([20, '']);
          jpirr.add(route('192.0.2.0/24', 64497));
          jpirr.del(route('10.0.0.0/24'));
          if (version === 3) jpirr.skip(5);
          jpirr.add('as-set: AS-X\nmembers: AS64496\nsource: JPIRR\n');
          await settled(one);
          expect([held(one), one.feed.status.serial, one.trouble]).to.deep.equal([20, jpirr.serial, '']);
          expect(one.feed.status).to.include({ transport: 'nrtm', operations: 3, replayed: 0 });
          expect(one.book!.others.get('as-set', 'AS-X')).to.not.equal(null);
          await settled(one);
          expect([server.queries.at(-1), one.trouble]).to.deep.equal([
            `-g JPIRR:${version}:${jpirr.serial + 1}-LAST`,
            '',
          ]);
          expect(dumps()).to.equal(1);
        });

    it('goes on at the next start from where the last run was, without the dump', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      for (const object of many(20, 25)) jpirr.add(object);
      await settled(one);
      jpirr.del(route('10.0.3.0/24'));
      await settled(one);
      one.feed.stop();
      jpirr.forget();
      jpirr.add(route('192.0.2.0/24'));
      const two = mirror({ nrtm: nrtm() });
      await two.feed.started;
      expect([held(two), two.feed.status.serial]).to.deep.equal([24, 26]);
      await settled(two);
      expect([held(two), two.feed.status.serial, two.trouble, dumps()]).to.deep.equal([25, 27, '', 1]);
    });

    it('takes up the journal where it was torn', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      jpirr.add(route('192.0.2.0/24'));
      await settled(one);
      jpirr.add(route('198.51.100.0/24'));
      await settled(one);
      one.feed.stop();
      const file = join(directory, 'JPIRR.nrtm');
      truncateSync(file, readFileSync(file).length - 9);
      const two = mirror({ nrtm: nrtm() });
      await two.feed.started;
      expect([held(two), two.feed.status.serial]).to.deep.equal([21, 21]);
      await settled(two);
      two.feed.stop();
      const three = mirror({ nrtm: nrtm() });
      await three.feed.started;
      expect([held(three), three.feed.status.serial]).to.deep.equal([22, 22]);
    });

    it('goes on from a file, too', async () => {
      const dump = join(directory, 'jpirr.db');
      writeFileSync(dump, jpirr.dump(), 'latin1');
      writeFileSync(join(directory, 'JPIRR.CURRENTSERIAL'), '20\n');
      jpirr.add(route('192.0.2.0/24'));
      const one = await settled(mirror({ dump, nrtm: nrtm() }));
      expect([held(one), one.feed.status.serial]).to.deep.equal([21, 21]);
      one.feed.stop();
      const two = mirror({ dump, nrtm: nrtm() });
      await two.feed.started;
      expect([held(two), two.feed.status.serial], 'by the journal').to.deep.equal([21, 21]);
    });

    it('keeps what comes behind a file though the next file was refused', async () => {
      const dump = join(directory, 'jpirr.db');
      writeFileSync(dump, jpirr.dump(), 'latin1');
      writeFileSync(join(directory, 'JPIRR.CURRENTSERIAL'), '20\n');
      const one = await settled(mirror({ dump, nrtm: nrtm() }));
      jpirr.add(route('192.0.2.0/24'));
      writeFileSync(dump, jpirr.dump(), 'latin1');
      writeFileSync(join(directory, 'JPIRR.CURRENTSERIAL'), '21\n');
      one.refuse = 'too small';
      await settled(one, true);
      expect([one.trouble, one.feed.status.serial]).to.deep.equal(['too small', 20]);
      one.refuse = null;
      await settled(one);
      expect([held(one), one.feed.status.serial, one.trouble, one.alarms]).to.deep.equal([21, 21, '', []]);
      expect(readFileSync(join(directory, 'JPIRR.nrtm'), 'latin1')).to.match(/192\.0\.2\.0/);
    });

    it('says what it lacks to go on', async () => {
      server.files.set('/JPIRR.CURRENTSERIAL', null);
      const one = await settled(mirror({ nrtm: nrtm() }));
      expect(held(one)).to.equal(20);
      expect(one.trouble).to.match(/nothing tells its serial, which NRTM must go on from$/);
    });

    for (const ripe of [false, true])
      it(`reads the dump again when the server has the serials no more, in ${ripe ? "RIPE's" : "IRRd's"} words`, async () => {
        server.ripe = ripe;
        const one = await settled(mirror({ nrtm: nrtm() }));
        for (const object of many(20, 30)) jpirr.add(object);
        jpirr.forget();
        await settled(one);
        expect([held(one), one.feed.status.serial, one.trouble, dumps()]).to.deep.equal([30, 30, '', 2]);
        expect(one.alarms.join()).to.match(ripe ? /Not within 31-30/ : /Serials 21 - 31 do not exist/);
      });

    it('does not read the same dump again and again', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      server.files.set('/JPIRR.db.gz', gzipSync(jpirr.dump())).set('/JPIRR.CURRENTSERIAL', Buffer.from('20'));
      jpirr.add(route('192.0.2.0/24'));
      jpirr.forget();
      for (let i = 0; i < 3; i++) await settled(one);
      expect(dumps()).to.equal(1);
      expect(one.trouble).to.match(/Serials 21 - 22 do not exist; the dump has nothing newer$/);
      expect(held(one)).to.equal(20);
    });

    it('does not fetch a dump again and again that was refused', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      jpirr.add(route('192.0.2.0/24'));
      await settled(one);
      jpirr.add(route('198.51.100.0/24'));
      jpirr.forget();
      one.refuse = 'too small';
      for (let i = 0; i < 3; i++) await settled(one);
      expect([dumps(), one.trouble, held(one)]).to.deep.equal([2, 'too small', 21]);
      one.refuse = null;
      await settled(one, true);
      expect([dumps(), one.trouble, held(one)]).to.deep.equal([3, '', 22]);
    });

    it('raises an alarm and reads the dump again when serials go back', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      jpirr.add(route('192.0.2.0/24'));
      await settled(one);
      jpirr.setBack(3);
      for (let i = 0; i < 2; i++) {
        await settled(one);
        expect(one.trouble).to.match(/^serials went back: nrtm .*: ERROR: Serials 3 - 22 do not exist$/);
        expect([held(one), one.feed.status.serial, one.alarms]).to.deep.equal([21, 21, []]);
      }
      await settled(one);
      expect(one.alarms.join()).to.match(/^serials went back: nrtm .*: ERROR: Serials 3 - 22 do not exist$/);
      expect([held(one), one.feed.status.serial, one.trouble]).to.deep.equal([21, 3, '']);
    });

    it('reads it again also when nothing had come by NRTM, and not again and again', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      jpirr.setBack(3);
      jpirr.del(route('10.0.0.0/24'));
      for (let i = 0; i < 3; i++) await settled(one);
      expect([held(one), one.feed.status.serial, one.trouble, dumps()]).to.deep.equal([19, 4, '', 2]);
      server.files.set('/JPIRR.db.gz', gzipSync(jpirr.dump())).set('/JPIRR.CURRENTSERIAL', Buffer.from('4'));
      jpirr.setBack(2);
      for (let i = 0; i < 5; i++) await settled(one);
      expect(one.trouble).to.match(/^serials went back: .*; the dump has nothing newer$/);
      expect([held(one), one.feed.status.serial, dumps()]).to.deep.equal([19, 4, 2]);
    });

    it('does not go back for one of several servers that is slower than the others', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      jpirr.add(route('192.0.2.0/24'));
      jpirr.add(route('198.51.100.0/24'));
      await settled(one);
      for (const serial of [20, 22, 19, 20, 22]) {
        jpirr.setBack(serial);
        await settled(one);
        expect([held(one), one.feed.status.serial, one.trouble === '']).to.deep.equal([22, 22, serial === 22]);
      }
      expect([dumps(), one.alarms]).to.deep.equal([1, []]);
    });

    /** The dump stays as it is now, whatever happens to its source. */
    const freezeDump = () =>
      server.files
        .set('/JPIRR.db.gz', gzipSync(Buffer.from(jpirr.dump(), 'latin1')))
        .set('/JPIRR.CURRENTSERIAL', Buffer.from(`${jpirr.serial}`));

    for (const [what, spoil] of [
      ['has the serials no more', () => jpirr.forget()],
      ['sends what is no NRTM', () => (server.manners = 'cuts')],
    ] as const)
      it(`does not go back to an older dump when the server ${what}`, async () => {
        const one = await settled(mirror({ nrtm: nrtm() }));
        jpirr.add(route('192.0.2.0/24'));
        freezeDump();
        jpirr.add(route('198.51.100.0/24'));
        await settled(one);
        jpirr.add(route('203.0.113.0/24'));
        spoil();
        for (let i = 0; i < 4; i++) await settled(one);
        expect(one.trouble).to.match(/; the dump has nothing newer$/);
        expect([held(one), one.feed.status.serial, dumps(), one.origins.length]).to.deep.equal([22, 22, 1, 1]);
      });

    it('takes an older dump that is asked for only together with what NRTM has told since', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      freezeDump();
      jpirr.add(route('192.0.2.0/24'));
      jpirr.del(route('10.0.0.0/24'));
      await settled(one);
      jpirr.add(route('198.51.100.0/24'));
      await settled(one, true);
      expect(one.origins.map(({ serial }) => serial)).to.deep.equal([20, 23]);
      expect([held(one), one.feed.status.serial, one.trouble, one.alarms]).to.deep.equal([21, 23, '', []]);
      one.feed.stop();
      const two = mirror({ nrtm: nrtm() });
      await two.feed.started;
      expect([held(two), two.feed.status.serial], 'by the journal').to.deep.equal([21, 23]);
    });

    it('takes it as it is when NRTM does not lead on, and says so', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      freezeDump();
      jpirr.add(route('192.0.2.0/24'));
      await settled(one);
      server.manners = 'denies';
      await settled(one, true);
      expect([held(one), one.feed.status.serial]).to.deep.equal([20, 20]);
      expect(one.alarms.join()).to.match(
        /: at serial 20, behind 21 of the copy in use, and NRTM does not lead on: .*Access denied$/,
      );
    });

    it('exchanges a long journal for a newer dump, though that is behind the copy', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      const long = (i: number) => `mntner: MAINT-${i}\n${`remarks: ${'x'.repeat(1000)}\n`.repeat(240)}source: JPIRR\n`;
      for (let i = 0; i < 289; i++) jpirr.add(long(i));
      freezeDump();
      jpirr.add(long(289));
      await settled(one);
      const journal = join(directory, 'JPIRR.nrtm');
      expect(readFileSync(journal).length).to.be.greaterThan(64 * 2 ** 20);
      jpirr.add(route('192.0.2.0/24'));
      await settled(one);
      expect([held(one), one.feed.status.serial, dumps(), one.trouble]).to.deep.equal([21, 311, 2, '']);
      expect(readFileSync(journal).length).to.be.lessThan(2 ** 20);
      expect(one.origins.map(({ serial }) => serial)).to.deep.equal([20, 311]);
    });

    it('keeps its place when nothing tells the serial of the dump any more', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      server.files.set('/JPIRR.CURRENTSERIAL', null);
      for (const object of many(20, 22)) jpirr.add(object);
      jpirr.forget();
      await settled(one);
      expect(one.trouble).to.match(/: nothing tells its serial any more$/);
      expect([held(one), one.feed.status.serial]).to.deep.equal([20, 20]);
      server.files.clear();
      await settled(one);
      expect([held(one), one.feed.status.serial, one.trouble]).to.deep.equal([22, 22, '']);
    });

    it('leaves out and counts what is sent again', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      jpirr.del(route('10.0.0.0/24'));
      server.manners = 'replays';
      await settled(one);
      expect(one.feed.status).to.include({ serial: 21, operations: 1, replayed: 20 });
      expect([held(one), one.trouble]).to.deep.equal([19, '']);
    });

    const hostile: [manners: Manners, why: RegExp][] = [
      ['denies', /ERROR: Access denied$/],
      ['denies as RIPE', /ERROR:402: not authorised to mirror the database$/],
      ['silent', /the server says nothing for 0\.3 s$/],
      ['stalls', /the server says nothing for 0\.3 s$/],
      ['cuts', /cut short: there is no %END$/],
      ['cuts an object', /cut short: there is no %END$/],
      ['floods', /the answer goes on for 0\.6 s$/],
      ['sends an endless line', /line longer than 65536 octets$/],
      ['reorders', /serial 21 comes after 22$/],
      ['answers for another source', /asked for JPIRR, got OTHER$/],
      ['sends a web page', /"<html><body>moved<\/body><\/html>" is no line of NRTM$/],
    ];
    for (const [manners, why] of hostile)
      it(`applies nothing of a server that ${manners}, and goes on when it is well again`, async () => {
        const patience =
          manners === 'floods' ? { total: 600 } : ['silent', 'stalls'].includes(manners) ? { silence: 300 } : {};
        const one = await settled(mirror({ nrtm: nrtm() }, { ...NRTM_TIMES, ...patience }));
        jpirr.add(route('192.0.2.0/24'));
        jpirr.add(route('198.51.100.0/24'));
        server.manners = manners;
        await settled(one);
        expect(one.trouble).to.match(why);
        expect([held(one), one.feed.status.serial]).to.deep.equal([20, 20]);
        server.manners = 'well';
        await settled(one);
        expect([held(one), one.feed.status.serial, one.trouble]).to.deep.equal([22, 22, '']);
      });

    it('reads the dump after three answers in a row that are no NRTM', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      jpirr.add(route('192.0.2.0/24'));
      server.manners = 'cuts';
      for (let i = 0; i < 2; i++) await settled(one);
      expect(held(one)).to.equal(20);
      await settled(one);
      expect([held(one), one.feed.status.serial, dumps()]).to.deep.equal([21, 21, 2]);
    });

    it('keeps what was refused from the book and from the journal', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      jpirr.add(route('192.0.2.0/24'));
      one.refuse = 'one transaction takes away too much';
      await settled(one);
      expect([one.trouble, one.feed.status.serial]).to.deep.equal([one.refuse, 20]);
      expect(readFileSync(join(directory, 'JPIRR.nrtm'), 'latin1')).to.not.include('192.0.2.0');
    });

    it('tells of operations that cannot be read, and takes the others', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      jpirr.add('junk\n');
      jpirr.add(route('192.0.2.0/24'));
      await settled(one);
      expect([held(one), one.trouble]).to.deep.equal([21, '']);
      expect(one.alarms).to.deep.equal([
        'nrtm: 1 operations cannot be read, the first: serial 21: "junk" is no attribute',
      ]);
    });

    it('goes on though the journal cannot be written, and starts from the copy then', async () => {
      const one = await settled(mirror({ nrtm: nrtm() }));
      rmSync(join(directory, 'JPIRR.nrtm'));
      symlinkSync('/dev/full', join(directory, 'JPIRR.nrtm'));
      for (const object of many(20, 22)) {
        jpirr.add(object);
        await settled(one);
      }
      expect([held(one), one.trouble]).to.deep.equal([22, '']);
      expect(one.alarms.join()).to.match(/changes cannot be kept in .*: no space left on device/);
      one.feed.stop();
      rmSync(join(directory, 'JPIRR.nrtm'));
      const two = mirror({ nrtm: nrtm() });
      await two.feed.started;
      expect(held(two)).to.equal(20);
      await settled(two);
      expect([held(two), two.trouble]).to.deep.equal([22, '']);
    });
  });

  it('looks again soon after a look that failed, and less and less soon', () => {
    const hour = 3_600_000;
    expect([0, 1, 2, 3, 7, 8, 99].map(failures => retryAfter(failures, hour) / 1000)).to.deep.equal([
      3600, 30, 60, 120, 1920, 3600, 3600,
    ]);
    expect([0, 1, 9].map(failures => retryAfter(failures, 5000))).to.deep.equal([5000, 5000, 5000]);
    expect(retryAfter(3, 0), 'only at a reload').to.equal(0);
  });

  it('keeps a copy that any reader of RPSL can read', async () => {
    await settled(mirror({}));
    const text = gunzipSync(readFileSync(join(directory, 'JPIRR.db.gz'))).toString('latin1');
    expect(text.slice(0, 12)).to.equal('% intertrack');
    expect(text.slice(4096)).to.equal(jpirr.dump());
  });
});
