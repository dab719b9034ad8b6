import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from './sources.ts';

/** The Debian package, put on this machine below an overlay that is thrown away. */
describe('make deb', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'intertrack-deb-'));
  /** Where the overlay is mounted. */
  const lab = join(folder, 'lab');
  /** What each step of deb-lab.sh printed. */
  let steps: Map<string, string>;

  before(function () {
    mkdirSync(lab);
    const why = whyNot(lab);
    if (why !== null) {
      console.log(`      skipped: ${why}`);
      this.skip();
    }
    if (!existsSync(join(ROOT, 'dist/.built'))) throw new Error('not built: run make first');
    const env = { ...process.env, COMPRESS: 'none' };
    const built = execFileSync(join(ROOT, 'contrib/deb'), [folder], { env, encoding: 'utf8' }).trim();
    const said = spawnSync('unshare', ['-m', join(ROOT, 'test/house/deb-lab.sh'), built, lab], { encoding: 'utf8' });
    if (said.status !== 0) throw new Error(`${said.stdout}${said.stderr}`);
    steps = new Map(
      said.stdout
        .split(/^>/m)
        .slice(1)
        .map(step => [step.slice(0, step.indexOf('\n')), step.slice(step.indexOf('\n') + 1).trim()]),
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('installs, and keeps what may hold passwords from others', () => {
    expect(steps.get('files')!.split('\n')).to.deep.equal([
      '750 root:intertrack /etc/intertrack',
      '640 root:intertrack /etc/intertrack/intertrackd.conf',
      'itprobe intertrack',
    ]);
  });

  it('works at once with the configuration that it brings, and has an example that is right', () => {
    expect(steps.get('check')).to.equal('right');
    expect(steps.get('example')).to.equal('right');
    expect(steps.get('examples')!.split('\n')).to.include.members(readdirSync(join(ROOT, 'conf/examples')));
    expect(steps.get('status')).to.include('AS64512').and.to.include('No problems.');
  });

  it('has units that systemd understands, and the manual', () => {
    expect(steps.get('units')).to.equal('');
    expect(steps.get('manual')).to.match(/man8\/intertrackd\.8\.gz\n.*man7\/intertrack-api\.7\.gz$/);
  });

  it('keeps a configuration that was changed when it is installed again, and when it is removed', () => {
    expect(steps.get('again')).to.match(/# mine$/);
    expect(steps.get('remove')).to.match(/cannot access '\/usr\/lib\/intertrack'/);
    expect(steps.get('remove')).to.match(/intertrackd\.conf$/);
  });

  it('leaves nothing behind when it is purged', () => {
    for (const one of ['/etc/intertrack', '/var/lib/intertrack', '/var/log/intertrack'])
      expect(steps.get('purge')).to.include(`cannot access '${one}'`);
  });
});

/** Why no package can be tried here; null: it can. */
function whyNot(folder: string): string | null {
  if (spawnSync('dpkg-deb', ['--version']).status !== 0) return 'this is no Debian';
  const able = spawnSync('unshare', [
    ...['-m', 'sh', '-c'],
    'mount -t tmpfs tmpfs $0 && cd $0 && mkdir u w r && mount -t overlay o -o lowerdir=/,upperdir=u,workdir=w r',
    folder,
  ]);
  return able.status === 0 ? null : 'no overlays in mount namespaces here';
}
