import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { open, scratch } from './fixture.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe('store, killed and out of space', () => {
  const directory = scratch();

  it('has all that was acknowledged, and each case with its notice, after kill -9 in mid-write', async () => {
    const state = join(directory, 'killed');
    const stored: string[] = [];
    // Several lives in the same directory: no life leaves a lock that stops the next.
    for (const life of [0, 1000, 2000]) {
      const child = spawn(process.execPath, [here('./writer.ts'), state, String(life)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface({ input: child.stdout });
      lines.on('line', id => {
        stored.push(id);
        if (stored.length % 40 === 0) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'close');
      expect(signal).to.equal('SIGKILL');
    }
    const store = await open(state);
    const cases = (await store.read('case.all', {})).map(row => row.id);
    const notices = (await store.read('outbox.pending', {})).map(row => row.caseId);
    expect(stored.length).to.be.at.least(120);
    expect(cases).to.include.members(stored);
    expect(notices.sort()).to.deep.equal(cases.sort());
    expect(await store.check()).to.equal('ok');
    await store.close();
  });

  it('says that the disk is full, loses nothing, and goes on when there is room', function () {
    const mounted = join(directory, 'small');
    mkdirSync(mounted);
    const script = 'mount -t tmpfs -o size=2m none "$1" && exec "$2" "$3" "$1"';
    const inside = ['-Urm', 'sh', '-c', script, 'sh', mounted, process.execPath, here('./filler.ts')];
    if (spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', mounted]).status !== 0) {
      if (process.env.REQUIRE_PEERS === '1') throw new Error('unshare -Urm cannot mount a tmpfs here');
      return this.skip();
    }
    const run = spawnSync('unshare', inside, { encoding: 'utf8', timeout: 15_000 });
    expect(run.stderr).to.equal('');
    const { stored, error, readable, check } = JSON.parse(run.stdout);
    expect(error).to.match(/state\/intertrack\.db: .*full.* \(SQLITE_FULL\): free space/);
    expect(stored).to.be.above(5);
    expect(readable).to.equal(stored);
    expect(check).to.equal('ok');
  });
});
