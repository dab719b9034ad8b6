import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { formatErrors, parseConfig } from '../../src/config/index.ts';
import { COMMANDS, resolveCommand } from '../../src/control/commands.ts';
import { offlineCommand } from '../../src/vty/offline.ts';
import { splitWords } from '../../src/vty/words.ts';
import { skipFor } from '../programs.ts';
import { ROOT } from './sources.ts';

const read = (name: string) => readFileSync(join(ROOT, name), 'utf8');
const README = read('README.md');
const PAGES = { 'README.md': README, 'CONTRIBUTING.md': read('CONTRIBUTING.md') };

/** The fenced blocks of README in a language. */
const blocks = (language: string): string[] =>
  [...README.matchAll(/^ *```(\S*)\n([\s\S]*?)^ *```$/gm)]
    .filter(([, of]) => of === language)
    .map(([, , text]) => text!);

const check = (text: string) =>
  parseConfig(text, 'intertrackd.conf', { read: () => ({ text: '', readableByAll: false }), list: () => [] });

describe('README.md and CONTRIBUTING.md', () => {
  for (const [page, text] of Object.entries(PAGES)) {
    it(`${page} names only targets of the Makefile`, () => {
      const targets = [...read('Makefile').matchAll(/^([a-z]+):/gm)].map(([, name]) => name!);
      for (const [, target] of text.matchAll(/(?:^|`)make ([a-z]+)/gm)) expect(targets).to.include(target);
    });
    it(`${page} names only files that there are`, () => {
      const names = [...text.matchAll(/`((?:src|test|contrib|conf|man|bin)\/[^\s`*]*)`/g)].map(([, name]) => name!);
      const links = [...text.matchAll(/\]\(([^):]+)\)/g)].map(([, name]) => name!);
      for (const name of [...names, ...links]) expect(existsSync(join(ROOT, name)), name).to.equal(true);
    });
  }

  it('show commands that itctl knows', () => {
    const shown = [...README.matchAll(/(?:[$#] |`)itctl ([a-z][^`\n]*)/g)].map(([, words]) => words!.trim());
    expect(shown.length).to.be.greaterThan(5);
    for (const words of shown) {
      const found = resolveCommand(splitWords(words).words);
      const begins = COMMANDS.some(({ syntax }) => syntax.startsWith(words));
      const offline = offlineCommand(words.split(' ')) !== null;
      expect('entry' in found || begins || offline, words).to.equal(true);
    }
  });
});

describe('the configurations of README.md', () => {
  it('are right', () => {
    const [first, traces] = blocks('intertrackd');
    for (const text of [first!, `router id 192.0.2.10; local as 64500;\n${traces}`]) {
      const loaded = check(text);
      expect(loaded.ok ? '' : formatErrors(loaded.errors)).to.equal('');
    }
  });

  it('are told about as shown when they are wrong', () => {
    const wrong = blocks('intertrackd')[0]!.replace('ipv4; }', 'ipv4 }').replace('maintainer', 'maintaner');
    const loaded = check(wrong);
    const told = loaded.ok ? '' : formatErrors(loaded.errors);
    const shown = blocks('').find(text => text.includes('$ intertrackd -t\n'));
    expect(shown?.replace(/^ {3}/gm, '')).to.equal(`$ intertrackd -t\n${told.trimEnd()}\n`);
  });
});

/** How each router's own program checks a file, and what a whole file has before the snippet. */
const ROUTERS: readonly [name: string, head: string, command: (file: string) => [string, ...string[]]][] = [
  ['bird.conf', 'router id 192.0.2.1;\nprotocol device {}\n', file => ['bird', '-p', '-c', file]],
  ['frr.conf', '', file => ['/usr/lib/frr/bgpd', '-S', '-p', '0', '-C', '-f', file, '-i', `${file}.pid`]],
  ['openbgpd.conf', 'AS 64500\nrouter-id 192.0.2.1\n', file => ['/usr/sbin/bgpd', '-n', '-f', file]],
];

describe('the router snippets of conf/routers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-snippets-'));
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  after(() => rmSync(directory, { recursive: true }));

  for (const [name, head, command] of ROUTERS)
    it(`${name} is one that its program takes`, function () {
      const file = join(directory, name);
      writeFileSync(file, head + read(`conf/routers/${name}`), { mode: 0o600 });
      const [program, ...words] = command(file);
      const { error, status, stderr } = spawnSync(program, words, { env, encoding: 'utf8' });
      skipFor(this, error === undefined ? null : `${program} is not installed`);
      expect(status, stderr).to.equal(0);
    });

  it('are those of five routers, and that of README is one of them', () => {
    const names = ['bird.conf', 'frr.conf', 'ios-xr.txt', 'junos.txt', 'openbgpd.conf'];
    expect(readdirSync(join(ROOT, 'conf/routers')).sort()).to.deep.equal(names);
    expect(read('conf/routers/bird.conf').replace(/^#.*\n/gm, '')).to.equal(blocks('bird')[0]);
  });

  for (const name of readdirSync(join(ROOT, 'conf/routers')))
    it(`${name} takes nothing from the collector, in either family`, () => {
      const snippet = read(`conf/routers/${name}`);
      const nothing = /import none|route-map NOTHING in|deny from group|route-policy NOTHING in|import NOTHING/g;
      const perFamily = ['bird.conf', 'frr.conf', 'ios-xr.txt'].includes(name);
      expect(snippet.match(nothing)).to.have.length(perFamily ? 2 : 1);
      expect(snippet).to.include('192.0.2.10').and.to.include('2001:db8::10');
    });
});

describe('the commands for a certificate in README.md', () => {
  it('makes one that names the AS', function () {
    if (spawnSync('openssl', ['version']).error !== undefined) return this.skip();
    const directory = mkdtempSync(join(tmpdir(), 'intertrack-certificate-'));
    const command = blocks('').find(text => text.startsWith('itctl key make'))!;
    const env = { ...process.env, PATH: `${new URL('../../bin', import.meta.url).pathname}:${process.env.PATH}` };
    execFileSync('sh', ['-ec', command], { cwd: directory, stdio: 'pipe', env });
    const text = execFileSync('openssl', ['x509', '-noout', '-ext', 'subjectAltName', '-in', 'as64500.crt'], {
      cwd: directory,
      encoding: 'utf8',
    });
    expect(text).to.include('URI:urn:intertrack:as:64500');
    rmSync(directory, { recursive: true });
  });
});
