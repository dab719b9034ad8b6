import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { parseAsNumber } from '../../src/registry/route-object.ts';

const generator = new URL('../../../shared/bench/gen/ribgen.c', import.meta.url).pathname;

describe('registry on a generated Internet', () => {
  let directory: string;

  before(function () {
    if (!existsSync(generator)) this.skip();
    directory = mkdtempSync(join(tmpdir(), 'registry-'));
    try {
      execFileSync('cc', ['-O1', '-o', join(directory, 'ribgen'), generator, '-lm'], { stdio: 'pipe' });
    } catch {
      this.skip();
    }
    const data = join(directory, 'data');
    execFileSync(join(directory, 'ribgen'), ['--out', data, '--prefixes', '10000', '--peers', '1'], { stdio: 'pipe' });
  });
  after(() => {
    if (directory !== undefined) rmSync(directory, { recursive: true });
  });

  it('reads every object that the generator says it wrote, and refuses those it broke', async () => {
    const meta = JSON.parse(readFileSync(join(directory, 'data/meta.json'), 'utf8')).irr;
    const files = readdirSync(join(directory, 'data/irr')).map(file => join(directory, 'data/irr', file));
    const registry = await openRegistry(
      { onRefresh: () => {}, onTrouble: () => {}, onAlarm: () => {}, onWhole: () => {} },
      { directory },
    );
    await registry.reload(
      files.map((dump, i) => ({ name: `S${i}`, dump, authoritative: false, refresh: 0 })),
      [],
    );
    const status = registry.status();
    expect(status.reduce((sum, { problems }) => sum + problems, 0)).to.equal(meta.broken);

    // Held against the plainest reading of the same files, where of one key the last object counts.
    let keiro = 0;
    let objects = 0;
    let replaced = 0;
    for (const file of files) {
      const texts = new Map<string, string>();
      for (const text of readFileSync(file, 'utf8').split('\n\n')) {
        const prefix = parsePrefix(/^route6?:\s*(\S+)/m.exec(text)?.[1] ?? '');
        if (prefix === null) continue;
        const origin = parseAsNumber(/^origin:\s*(\S+)/m.exec(text)![1]!);
        expect(registry.decide(prefix, origin).state).to.equal('match');
        const key = `${formatPrefix(prefix)} ${origin}`;
        if (texts.has(key)) replaced++;
        texts.set(key, text);
        if (/x-keiro/i.test(text)) keiro++;
      }
      for (const [key, text] of texts) {
        const found = registry.objectsFor(parsePrefix(key.split(' ')[0]!)!);
        const object = found.find(o => o.text === text.replace(/^([%#].*\n+)+/, '').trimEnd());
        expect(object, text).to.not.equal(undefined);
        expect(object!.keiro.length > 0).to.equal(/x-keiro/i.test(text));
        objects++;
      }
    }
    expect(status.reduce((sum, one) => sum + one.objects, 0)).to.equal(objects);
    expect(objects + replaced).to.equal(meta.objects - meta.broken);
    expect(keiro).to.equal(meta.x_keiro);
    registry.close();
  });
});
