import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writePcap } from '../../src/packet/pcap.ts';
import { complaintsAbout } from './mandoc.ts';
import { ROOT } from './sources.ts';

const PREFIX = '/opt/track';
const ETHERNET = 1;

describe('make install', () => {
  const destdir = mkdtempSync(join(tmpdir(), 'intertrack-install-'));
  const below = (...path: string[]) => join(destdir, ...path);
  const program = (name: string) => below(PREFIX, name === 'intertrackd' ? 'sbin' : 'bin', name);
  const library = below(PREFIX, 'lib/intertrack');
  const configuration = below('etc/intertrack/intertrackd.conf');
  const install = () => execFileSync(join(ROOT, 'contrib/install'), [destdir, PREFIX], { encoding: 'utf8' });
  /** Runs an installed program as somebody would who never saw the sources. */
  const run = (name: string, ...words: string[]) =>
    spawnSync(program(name), words, { cwd: '/', env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8' });

  before(function () {
    if (!existsSync(join(ROOT, 'dist/.built'))) throw new Error('not built: run make first');
    this.timeout(240_000);
    install();
  });
  after(() => rmSync(destdir, { recursive: true }));

  it('lays out programs, manual, configuration and units, and nothing beside them', () => {
    expect(readdirSync(destdir).sort()).to.deep.equal(['etc', 'lib', 'opt', 'usr']);
    expect(readdirSync(below(PREFIX)).sort()).to.deep.equal(['bin', 'lib', 'sbin', 'share']);
    expect(readdirSync(library).sort()).to.deep.equal(
      ['LICENSE', 'bin', 'build', 'dist', 'node_modules', 'package.json'].sort(),
    );
    expect(readdirSync(below('etc/intertrack'))).to.deep.equal(['intertrackd.conf']);
    expect(readdirSync(below(PREFIX, 'share/intertrack/schema')).sort()).to.deep.equal([
      ...['answers.schema.json', 'intertrack-trace-1.schema.json'],
    ]);
    const examples = below(PREFIX, 'share/doc/intertrack/examples');
    expect(readdirSync(examples).sort()).to.deep.equal([...readdirSync(join(ROOT, 'conf/examples')), 'routers'].sort());
    expect(readdirSync(join(examples, 'routers'))).to.deep.equal(readdirSync(join(ROOT, 'conf/routers')));
    expect(readdirSync(below('lib/systemd/system')).sort()).to.deep.equal([
      'intertrackd.service',
      'itprobe-translator@.service',
      'itprobe@.service',
    ]);
  });

  it('takes along what the programs need, and no tool and no native addon but one', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    // One of an organisation is a directory deeper.
    const modules = readdirSync(join(library, 'node_modules')).flatMap(name =>
      name.startsWith('@') ? readdirSync(join(library, 'node_modules', name)).map(one => `${name}/${one}`) : [name],
    );
    expect(modules).to.include.members(Object.keys(dependencies));
    expect(modules).not.to.include.members(['mocha', 'typescript', 'fast-check']);
    const files = readdirSync(library, { recursive: true, encoding: 'utf8' });
    const native = files.filter(file => file.endsWith('.node') || file.endsWith('.gyp'));
    expect(native).to.have.length(1);
    expect(native[0]).to.match(/^node_modules\/@koromix\/koffi-linux-\w+\/linux_\w+\/koffi\.node$/);
  });

  it('has programs that know their version and their options', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(run('intertrackd', '--version')).to.include({ stdout: `${version}\n`, status: 0 });
    for (const name of ['intertrackd', 'itctl', 'itprobe']) {
      const { stdout, stderr, status } = run(name, '--help');
      expect(stdout, stderr).to.include(name);
      expect(status).to.equal(0);
    }
  });

  it('has an example configuration that is right', () => {
    expect(run('intertrackd', '-t', '-c', configuration)).to.include({ stdout: '', stderr: '', status: 0 });
  });

  it('reaches the C library, without which there are no socket options and no capture', () => {
    const file = below('native.conf');
    const session = 'neighbor 192.0.2.1 as 64500; password "of both sides"; ttl security;';
    writeFileSync(file, `router id 192.0.2.10; local as 64500; protocol bgp r1 { ${session} }\n`, { mode: 0o600 });
    // Where the kernel cannot do what is demanded, that is an error of the configuration.
    expect(run('intertrackd', '-t', '-c', file)).to.include({ stdout: '', stderr: '', status: 0 });
    rmSync(file);
  });

  it('has a daemon that runs, and a shell that asks it', async () => {
    const [file, socket] = [below('run.conf'), below('ctl')];
    writeFileSync(
      file,
      `router id 192.0.2.10; local as 64500; state "${below('state')}"; control socket "${socket}";\n`,
    );
    const daemon = spawn(program('intertrackd'), ['-c', file], { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    daemon.stderr.on('data', chunk => (said += chunk));
    const ended = once(daemon, 'exit');
    while (!existsSync(socket) && daemon.exitCode === null) await new Promise(resolve => setTimeout(resolve, 50));
    expect(daemon.exitCode, said).to.equal(null);
    const { stdout, stderr } = run('itctl', '-s', socket, 'show', 'status');
    daemon.kill('SIGTERM');
    expect(stdout, stderr).to.include('AS64500').and.to.include('No problems.');
    expect((await ended)[0], said).to.equal(0);
    rmSync(file);
    rmSync(below('state'), { recursive: true });
  });

  it('has a probe that finds its digest kernel', () => {
    const [capture, secret] = [below('empty.pcap'), below('secret')];
    writeFileSync(capture, writePcap(ETHERNET, []));
    writeFileSync(secret, '0123456789abcdef0123456789abcdef');
    const { status, stderr } = run('itprobe', '-d', '-k', secret, '-r', capture);
    expect(status, stderr).to.equal(0);
  });

  it('has units whose programs are there', () => {
    for (const unit of readdirSync(below('lib/systemd/system'))) {
      const text = readFileSync(below('lib/systemd/system', unit), 'utf8');
      const ours = text.match(/(?<=[=\s])\/\S+\/s?bin\/(?:intertrackd|itprobe)(?= )/g) ?? [];
      expect(ours.length, unit).to.be.greaterThan(0);
      for (const path of ours) expect(existsSync(below(path)), `${unit}: ${path}`).to.equal(true);
    }
  });

  it('has the manual, clean', function () {
    for (const page of readdirSync(join(ROOT, 'man'))) {
      const installed = below(PREFIX, `share/man/man${page.at(-1)}`, page);
      expect(readFileSync(installed, 'utf8')).to.equal(readFileSync(join(ROOT, 'man', page), 'utf8'));
      const complaints = complaintsAbout(installed);
      if (complaints === null) {
        console.log('      skipped: mandoc is not installed');
        return this.skip();
      }
      expect(complaints).to.deep.equal([]);
    }
  });

  it('leaves a configuration that somebody has changed as it is', () => {
    const own = 'router id 192.0.2.11; local as 64511;\n';
    writeFileSync(configuration, own);
    expect(install()).to.include(`kept ${configuration}`);
    expect(readFileSync(configuration, 'utf8')).to.equal(own);
    expect(readFileSync(`${configuration}.new`, 'utf8')).to.equal(
      readFileSync(join(ROOT, 'conf/intertrackd.conf'), 'utf8'),
    );
  }).timeout(240_000);

  it('refuses a prefix that is no absolute path', () => {
    const { status, stderr } = spawnSync(join(ROOT, 'contrib/install'), [destdir, 'opt'], { encoding: 'utf8' });
    expect(status).to.equal(64);
    expect(stderr).to.include('PREFIX must begin with /');
  });
});
