import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { held, type Mirror, mirrorOf, settled } from '../registry/irr/mirror.ts';
import { freePort } from '../registry/rpki/stayrtr.ts';
import { makeCertificate } from '../traceback/certificates.ts';
import { until } from './bgp-peers.ts';

const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

const listens = (port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

const dump = (count: number) =>
  Array.from({ length: count }, (_, i) => `route: 10.0.${i}.0/24\norigin: AS64496\nsource: JPIRR\n\n`).join('');

/** Dumps at servers as registries run them: vsftpd, and nginx with and without TLS. */
describe('interop/dump-servers', function () {
  this.timeout(240_000);
  let directory: string;
  let served: string;
  let mirrors: Mirror[];
  const children: ChildProcess[] = [];
  const kill = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.on('exit', kill);
  const { key, certificate } = makeCertificate(64500, { addresses: ['127.0.0.1'] });
  const trusted = getCACertificates('default');
  const bases = { ftp: '', http: '', https: '' };

  /** Starts a program in the foreground, and waits until it listens. */
  async function start(port: number, program: string, ...words: string[]): Promise<void> {
    const child = spawn(program, words, { env: ENV, stdio: 'ignore' });
    children.push(child);
    await until(`${program} listens`, () => listens(port));
  }

  before(async function () {
    for (const program of ['vsftpd', 'nginx'])
      if (spawnSync(program, ['-v'], { env: ENV }).error !== undefined) {
        if (process.env.REQUIRE_PEERS === '1') throw new Error(`${program} is not installed`);
        console.log(`    ${program} is not installed`);
        this.skip();
      }
    directory = mkdtempSync(join(tmpdir(), 'dump-servers-'));
    served = join(directory, 'served');
    for (const name of ['served', 'empty']) mkdirSync(join(directory, name), { mode: 0o755 });
    const at = (name: string, text: string) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const [ftp, http, https] = [await freePort(), await freePort(), await freePort()];
    Object.assign(bases, {
      ftp: `ftp://127.0.0.1:${ftp}`,
      http: `http://127.0.0.1:${http}`,
      https: `https://127.0.0.1:${https}`,
    });
    const vsftpd = at(
      'vsftpd.conf',
      `listen=YES
listen_ipv6=NO
listen_address=127.0.0.1
listen_port=${ftp}
background=NO
anonymous_enable=YES
anon_root=${served}
secure_chroot_dir=${join(directory, 'empty')}
seccomp_sandbox=NO
run_as_launching_user=YES
vsftpd_log_file=${join(directory, 'vsftpd.log')}
`,
    );
    const nginx = at(
      'nginx.conf',
      `daemon off; master_process off; pid ${join(directory, 'pid')}; error_log ${join(directory, 'nginx.log')};
events { }
http {
  access_log off; root ${served};
  client_body_temp_path ${directory}; proxy_temp_path ${directory}; fastcgi_temp_path ${directory};
  uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
  server { listen 127.0.0.1:${http}; etag off; }
  server {
    listen 127.0.0.1:${https} ssl;
    ssl_certificate ${at('cert.pem', certificate)};
    ssl_certificate_key ${at('key.pem', key)};
  }
}
`,
    );
    await start(ftp, 'vsftpd', vsftpd);
    await start(http, 'nginx', '-c', nginx, '-e', join(directory, 'nginx.log'));
    await until('nginx listens with TLS', () => listens(https));
    setDefaultCACertificates([...trusted, certificate]);
  });
  beforeEach(() => {
    mirrors = [];
  });
  afterEach(() => {
    for (const { feed } of mirrors) feed.stop();
  });
  after(() => {
    setDefaultCACertificates(trusted);
    kill();
    if (directory !== undefined) rmSync(directory, { recursive: true });
  });

  let age = 0;
  /** Puts a file where the servers find it; each has a time of its own. */
  function put(name: string, octets: Buffer | string): void {
    writeFileSync(join(served, name), octets);
    age += 60;
    utimesSync(join(served, name), 1_700_000_000 + age, 1_700_000_000 + age);
  }

  for (const way of ['ftp', 'http', 'https'] as const)
    for (const name of ['JPIRR.db.gz', 'JPIRR.db'])
      it(`fetches ${name} over ${way}, once for each state of it`, async () => {
        const write = (count: number) => put(name, name.endsWith('.gz') ? gzipSync(dump(count)) : dump(count));
        rmSync(join(served, 'JPIRR.CURRENTSERIAL'), { force: true });
        write(20);
        const keep = mkdtempSync(join(directory, 'kept-'));
        const config = { name: 'JPIRR', dump: `${bases[way]}/${name}`, authoritative: false, refresh: 0 };
        const one = mirrorOf(config, keep);
        mirrors.push(one);
        await settled(one);
        expect([one.trouble, held(one), one.feed.status.serial]).to.deep.equal(['', 20, null]);
        expect(one.origins[0]!.written, 'the server tells when it was written').to.equal((1_700_000_000 + age) * 1000);
        await settled(one);
        expect(one.origins, 'it has not changed').to.have.length(1);
        write(21);
        await settled(one);
        expect([held(one), one.origins.length]).to.deep.equal([21, 2]);
        put('JPIRR.CURRENTSERIAL', '77\n');
        write(22);
        await settled(one);
        expect([held(one), one.feed.status.serial]).to.deep.equal([22, 77]);
        write(23);
        await settled(one);
        expect(held(one), 'the serial is the same').to.equal(22);
        rmSync(join(served, name));
        await settled(one, true);
        expect(one.trouble).to.match(way === 'ftp' ? /: no such file$/ : /: the server answers with status 404$/);
        expect(held(one)).to.equal(22);
        one.feed.stop();
        const two = mirrorOf(config, keep);
        mirrors.push(two);
        await two.feed.started;
        expect([held(two), two.feed.status.serial]).to.deep.equal([22, 77]);
      });
});
