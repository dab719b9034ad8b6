import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { skipFor } from '../programs.ts';
import { ROOT } from './sources.ts';

/** Debian's administrative programs stand in sbin. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C', SYSTEMD_COLORS: '0' };
const UNITS = join(ROOT, 'contrib/systemd');
/** Of 10, as systemd weighs what a service may do; 10 is a service that nothing is taken from. */
const MOST_EXPOSED = 3;

/** Runs one of Debian's programs; skips where it is not installed. */
function run(context: Mocha.Context, program: string, ...words: string[]): { status: number | null; told: string } {
  const { error, status, stdout, stderr } = spawnSync(program, words, { env, encoding: 'utf8' });
  skipFor(context, error === undefined ? null : `${program} is not installed`);
  return { status, told: `${stdout}${stderr}` };
}

describe('what the Debian package gives to the system', () => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-units-'));
  after(() => rmSync(directory, { recursive: true }));
  const copy = (name: string, text: string) => {
    writeFileSync(join(directory, name), text, { mode: 0o644 });
    return join(directory, name);
  };

  const profile = readFileSync(join(ROOT, 'contrib/debian/apparmor'), 'utf8');
  it('an AppArmor profile that its parser understands', function () {
    // Without the cache, and without the kernel: syntax and what it includes.
    const good = run(this, 'apparmor_parser', '-Q', '-K', copy('profile', profile));
    expect(good.status, good.told).to.equal(0);
    const bad = run(
      this,
      'apparmor_parser',
      '-Q',
      '-K',
      copy('profile', profile.replace('network unix', 'netwrk unix')),
    );
    expect(bad.status).to.not.equal(0);
  });
  it('a profile that the unit of the daemon runs under', () => {
    const [, name] = /^profile (\S+) /m.exec(profile)!;
    expect(readFileSync(join(UNITS, 'intertrackd.service'), 'utf8')).to.include(`\nAppArmorProfile=-${name}\n`);
  });

  it('a changelog that begins with this version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(readFileSync(join(ROOT, 'contrib/debian/changelog'), 'utf8')).to.match(
      new RegExp(`^intertrack \\(${version.replaceAll('.', '\\.')}\\) `),
    );
  });

  it('a rotation of logs that logrotate understands', function () {
    // The user of the package is on no machine but those that have it.
    const text = readFileSync(join(ROOT, 'contrib/debian/logrotate'), 'utf8')
      .replace(' intertrack intertrack', '')
      .replace('/var/log/intertrack', directory);
    copy('daemon.log', 'one line\n');
    const { told } = run(this, 'logrotate', '-d', '-s', join(directory, 'state'), copy('logrotate', text));
    expect(told)
      .to.include(`considering log ${directory}/daemon.log`)
      .and.not.match(/^error/m);
  });

  for (const unit of readdirSync(UNITS).filter(name => name.endsWith('.service')))
    it(`${unit}: little that it may do`, function () {
      const { told } = run(this, 'systemd-analyze', 'security', '--offline=true', join(UNITS, unit));
      const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(told) ?? [];
      expect(exposure, told).to.not.equal(undefined);
      expect(Number(exposure), told).to.be.at.most(MOST_EXPOSED);
    });
});
