import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { IrrConfig, WatchConfig } from '../../src/config/tree.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../../src/net/prefix.ts';
import { DUMP_LIMITS, fetchPlace } from '../../src/registry/irr/dump-place.ts';
import { openRegistry, type Registry, type RegistryGeneration } from '../../src/registry/registry.ts';
import { openSnapshot } from '../../src/registry/snapshot.ts';
import { NO_ORIGIN } from '../../src/registry/snapshot-builder.ts';
import type { SourceSize } from '../../src/registry/source-size.ts';
import { watchOf } from '../config/watch.ts';

const asking = { limits: DUMP_LIMITS, signal: new AbortController().signal };

const p = (text: string): Prefix => parsePrefix(text)!;

const route = (prefix: string, as: number, more = 'mnt-by: MAINT-A') =>
  `route${prefix.includes(':') ? '6' : ''}: ${prefix}\n${more}\norigin: AS${as}\nsource: X\n\n`;

const watch = (name: string, selectors: Partial<WatchConfig>): WatchConfig =>
  watchOf(name, { holdDown: 0, ...selectors });

describe('registry/registry', () => {
  let directory: string;
  let registry: Registry;
  let refreshed: RegistryGeneration[];
  let troubles: string[];
  let wake: () => void;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'registry-'));
    refreshed = [];
    troubles = [];
    wake = () => {};
    registry = await openRegistry(
      {
        onRefresh: generation => {
          refreshed.push(generation);
          wake();
        },
        onTrouble: (source, why) => {
          troubles.push(`${source}: ${why}`);
          wake();
        },
        onAlarm: () => {},
        onWhole: () => {},
      },
      { directory: join(directory, 'irr') },
    );
  });
  afterEach(async () => {
    registry.close();
    await rm(directory, { recursive: true });
  });

  let age = 0;
  /** Writes a dump; each has a modification time of its own. */
  async function dump(name: string, content: string | Uint8Array): Promise<void> {
    const file = join(directory, name);
    await writeFile(`${file}.new`, content);
    age++;
    await utimes(`${file}.new`, 1_700_000_000 + age, 1_700_000_000 + age);
    await rename(`${file}.new`, file); // who looks meanwhile sees the one or the other
  }

  const irr = (name: string, file = `${name}.db`, more: Partial<IrrConfig> = {}): IrrConfig => ({
    name,
    dump: join(directory, file),
    authoritative: false,
    refresh: 0,
    ...more,
  });

  const states = (routes: readonly [string, number][]) =>
    routes.map(([prefix, as]) => {
      const { state, watched } = registry.decide(p(prefix), as);
      return watched ? `${state} watched` : state;
    });

  it('is empty before its first reload', () => {
    expect(states([['192.0.2.0/24', 1]])).to.deep.equal(['unknown']);
    expect(registry.status()).to.deep.equal([]);
  });

  it('joins sources, authoritative ones first, and hands their snapshot out', async () => {
    await dump('A.db', route('192.0.2.0/24', 64496) + route('2001:db8::/32', 64496));
    await dump('B.db', route('192.0.2.0/24', 64497));
    const made = await registry.reload([irr('B'), irr('A', 'A.db', { authoritative: true })], []);
    expect(made.generation).to.equal(1);
    expect(made.report.sources).to.deep.equal([
      { source: 'B', what: 'loaded', objects: 1, why: '' },
      { source: 'A', what: 'loaded', objects: 2, why: '' },
    ]);
    expect(made.report).to.include({ prefixes: 2, objects: 2, overruled: 0 });
    const snapshot = openSnapshot(made.layers.base, made.layers.overlay);
    // Where the authority has an object for the prefix, others do not count; they are shown all the same.
    expect(snapshot.decide(p('192.0.2.0/24'), 64496).state).to.equal('match');
    expect(snapshot.decide(p('192.0.2.0/24'), 64497).state).to.equal('mismatch');
    expect(registry.objectsFor(p('192.0.2.128/25')).map(o => [o.source, o.origin])).to.deep.equal([
      ['A', 64496],
      ['B', 64497],
    ]);
    expect(registry.objectsFor(p('198.51.100.0/24'))).to.deep.equal([]);
  });

  it('uses a first copy that is far smaller than the last run knew it, but does not call it whole', async () => {
    const whole: number[] = [];
    const listener = {
      onRefresh: () => {},
      onTrouble: () => {},
      onAlarm: () => {},
      onWhole: (size: SourceSize) => whole.push(size.objects),
    };
    const last = { name: 'A', file: join(directory, 'A.db'), objects: 3 };
    const again = await openRegistry(listener, { directory, earlier: [last] });
    const routes = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'].map(prefix => route(prefix, 1));
    await dump('A.db', routes[0]!);
    await again.reload([irr('A')], []);
    expect(again.decide(p('192.0.2.0/24'), 2).state).to.equal('mismatch');
    expect(again.lacks('A')).to.equal(true);
    expect(again.status()[0]?.lastError).to.match(/holds 1 route objects where the last copy held 3/);
    expect(whole).to.deep.equal([]);

    await dump('A.db', '');
    await again.reload([irr('A')], []);
    expect(again.status()[0]?.objects, 'what is worse is not taken').to.equal(1);

    await dump('A.db', routes.join(''));
    await again.reload([irr('A')], []);
    expect(again.lacks('A')).to.equal(false);
    expect(again.status()[0]).to.include({ objects: 3, lastError: '' });
    expect(whole).to.deep.equal([3]);
    again.close();
  });

  it('looks again at a file that could not be read for a passing reason', async () => {
    // Read at its beginning, where nothing is mapped, it answers EIO and never changes.
    const source = irr('A', 'A.db', { dump: '/proc/self/mem' });
    await registry.reload([source], []);
    expect(registry.status()[0]?.lastError).to.match(/EIO/);
    const come = await fetchPlace(source.dump!, { ...asking, tag: null }, () => {});
    expect(come).to.deep.include({ what: 'failed', tag: null });
  });

  it('watches by maintainer, X-Keiro and prefix, in one source or in any', async () => {
    await dump(
      'A.db',
      route('192.0.2.0/24', 1, 'mnt-by: maint-a') +
        route('198.51.100.0/24', 1, 'mnt-by: M\ndescr: x\n X-Keiro: a@example.jp') +
        route('203.0.113.0/25', 1, 'mnt-by: M') +
        route('10.0.0.0/8', 1, 'mnt-by: M'),
    );
    await dump('B.db', route('192.88.99.0/24', 1) + route('10.0.0.0/9', 1, 'remarks: X-Keiro: b@example.jp'));
    const watches = [
      watch('mnt', { maintainers: [{ maintainer: 'MAINT-A', source: 'A' }] }),
      watch('keiro', { keiro: [{ source: null }] }),
      watch('place', { prefixes: [{ prefix: '203.0.113.0/24', origins: [] }] }),
    ];
    await registry.reload([irr('A'), irr('B')], watches);
    const expected: [prefix: string, state: string, watches: string[]][] = [
      ['192.0.2.0/24', 'match watched', ['mnt']],
      ['192.0.2.0/25', 'match-covering watched', ['mnt']],
      ['198.51.100.0/24', 'match watched', ['keiro']],
      ['203.0.113.0/24', 'unknown watched', ['place']],
      ['203.0.113.0/25', 'match watched', ['place']],
      ['203.0.113.128/25', 'unknown watched', ['place']],
      ['10.0.0.0/8', 'match', []],
      ['10.0.0.0/9', 'match watched', ['keiro']],
      ['192.88.99.0/24', 'match', []],
    ];
    for (const [prefix, state, names] of expected) {
      expect(states([[prefix, 1]]), prefix).to.deep.equal([state]);
      expect(
        registry.watchesFor(p(prefix)).map(({ name }) => name),
        prefix,
      ).to.deep.equal(names);
    }
    expect(registry.guards(registry.objectsFor(p('10.0.0.0/9'))[0]!).map(({ name }) => name)).to.deep.equal(['keiro']);
  });

  it('lets the origins that a watch declares win for their prefix', async () => {
    await dump('A.db', route('192.0.2.0/24', 64666) + route('192.0.2.0/24', 64500) + route('192.0.2.0/25', 64501));
    const made = await registry.reload(
      [irr('A')],
      [watch('dns', { prefixes: [{ prefix: '192.0.2.0/24', origins: [64500] }] })],
    );
    expect(made.report.overruled).to.equal(1);
    expect(
      states([
        ['192.0.2.0/24', 64500],
        ['192.0.2.0/24', 64666],
        ['192.0.2.0/25', 64501],
        ['192.0.2.128/25', 64666],
      ]),
    ).to.deep.equal(['match watched', 'mismatch watched', 'match watched', 'mismatch-covering watched']);
    expect(registry.objectsFor(p('192.0.2.0/24')).map(o => `${o.source} ${o.origin} ${o.text}`)).to.deep.equal([
      'CONFIG 64500 watch dns { prefix 192.0.2.0/24 origin 64500; }',
      'A 64500 route: 192.0.2.0/24\nmnt-by: MAINT-A\norigin: AS64500\nsource: X',
    ]);
  });

  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => route(`10.${i >> 8}.${i & 255}.0/24`, 64496)).join('');

  const refusals: [what: string, file: string, good: Uint8Array, bad: Uint8Array | null, why: RegExp][] = [
    ['is gone', 'A.db', Buffer.from(many(20)), null, /A\.db: no such file$/],
    [
      'lost more than a tenth',
      'A.db',
      Buffer.from(many(20)),
      Buffer.from(many(17)),
      /holds 17 .* held 20: more than 10 % fewer$/,
    ],
    ['is empty', 'A.db', Buffer.from(many(20)), Buffer.alloc(0), /holds 0/],
    ['is cut short', 'A.db.gz', gzipSync(many(20)), gzipSync(many(20)).subarray(0, -30), /gzip data is cut short$/],
    ['is no gzip', 'A.db.gz', gzipSync(many(20)), Buffer.from(many(20)), /no good gzip data/],
  ];
  for (const [what, file, good, bad, why] of refusals)
    it(`keeps the last good copy when the new file ${what}`, async () => {
      await dump(file, good);
      await registry.reload([irr('A', file)], []);
      const before = registry.status()[0]!;
      expect(before).to.include({ objects: 20, lastError: '' });
      if (bad === null) await rm(join(directory, file));
      else await dump(file, bad);
      for (let i = 0; i < 2; i++) {
        const made = await registry.reload([irr('A', file)], []);
        expect(made.report.sources[0]).to.include({ what: 'kept', objects: 20 });
        expect(made.report.sources[0]!.why).to.match(why);
      }
      expect(troubles, 'said once').to.have.length(1);
      expect(states([['10.0.19.0/24', 64496]])).to.deep.equal(['match']);
      const now = registry.status(before.mtime! + 5000)[0]!;
      expect(now).to.include({ objects: 20, mtime: before.mtime, loaded: before.loaded, age: 5000 });
      expect(now.lastError).to.match(why);
      expect(registry.lacks('A')).to.equal(false);
      await dump(file, good);
      expect((await registry.reload([irr('A', file)], [])).report.sources[0]).to.include({ what: 'loaded', why: '' });
      expect(registry.status()[0]!.lastError).to.equal('');
    });

  it('says what it lacks, and goes on with the rest', async () => {
    await dump('B.db', route('192.0.2.0/24', 64496));
    const made = await registry.reload([irr('A'), irr('B')], []);
    expect(made.report.sources.map(({ what }) => what)).to.deep.equal(['missing', 'loaded']);
    expect([registry.lacks('A'), registry.lacks('B'), registry.lacks('CONFIG')]).to.deep.equal([true, false, false]);
    expect(registry.status()[0]).to.include({ objects: 0, loaded: null, mtime: null, age: null });
  });

  it('reads a file again only when it changed, and forgets a source that is not configured any more', async () => {
    await dump('A.db', many(20));
    await registry.reload([irr('A')], []);
    expect((await registry.reload([irr('A')], [])).report.sources[0]!.what).to.equal('unchanged');
    await dump('A.db', many(19));
    expect((await registry.reload([irr('A')], [])).report.sources[0]).to.include({ what: 'loaded', objects: 19 });
    await dump('small.db', many(1));
    const other = await registry.reload([irr('A', 'small.db')], []);
    expect(other.report.sources[0], 'another file is taken whatever its size').to.include({
      what: 'loaded',
      objects: 1,
    });
    await registry.reload([], []);
    expect(states([['10.0.0.0/24', 1]])).to.deep.equal(['unknown']);
  });

  it('notices a changed file by itself', async () => {
    await dump('A.db', many(20));
    await registry.reload([irr('A', 'A.db', { refresh: 20 })], []);
    const next = new Promise<void>(resolve => {
      wake = resolve;
    });
    await dump('A.db', many(30));
    await next;
    expect(refreshed.map(({ generation, report }) => [generation, report.sources[0]!.objects])).to.deep.equal([
      [2, 30],
    ]);
    expect(states([['10.0.29.0/24', 64496]])).to.deep.equal(['match']);
    const trouble = new Promise<void>(resolve => {
      wake = resolve;
    });
    await rm(join(directory, 'A.db'));
    await trouble;
    expect(troubles).to.have.length(1);
    expect(refreshed).to.have.length(1);
  });

  it('counts what it cannot read and shows the first of it with its line', async () => {
    await dump(
      'A.db',
      `${route('192.0.2.0/24', 1, 'notify: root')}${route('192.0.2.1/24', 1)}*xxte: 192.0.2.0/24\n\nperson: M\n\n junk\n`,
    );
    await registry.reload([irr('A')], []);
    const [status] = registry.status();
    expect(status).to.include({ objects: 1, skipped: 1, dead: 1, problems: 3, refusedAddresses: 1 });
    expect(status!.firstProblems.map(({ line }) => line)).to.deep.equal([2, 6, 15]);
  });

  it('reads every object back as it was, over many blocks', async () => {
    await dump('A.db.gz', gzipSync(many(20_000)));
    const made = await registry.reload([irr('A', 'A.db.gz')], []);
    expect(made.report.objects).to.equal(20_000);
    for (const i of [0, 1, 8191, 8192, 19_999]) {
      const prefix = `10.${i >> 8}.${i & 255}.0/24`;
      expect(registry.objectsFor(p(prefix)).map(o => formatPrefix(o.prefix))).to.deep.equal([prefix]);
      expect(registry.decide(p(prefix), NO_ORIGIN).origins).to.deep.equal([64496]);
    }
  });

  it('queues reloads, and refuses them once closed', async () => {
    await dump('A.db', many(20));
    const made = await Promise.all([1, 2, 3].map(() => registry.reload([irr('A')], [])));
    expect(made.map(({ generation }) => generation)).to.deep.equal([1, 2, 3]);
    registry.close();
    const late = await registry.reload([], []).catch((error: Error) => error.message);
    expect(late).to.equal('the registry is closed');
  });

  it('makes no generation of half a configuration, whatever changes while it is read', async () => {
    await dump('A.db', many(20));
    await registry.reload([irr('A')], []);
    const reloaded = registry.reload([irr('B', 'A.db')], []);
    registry.vrpsChanged(null);
    registry.vrpsChanged([p('10.0.1.0/24')]);
    await reloaded;
    await registry.reload([irr('B', 'A.db')], []);
    for (const { layers, generation } of refreshed)
      expect(openSnapshot(layers.base, layers.overlay).decide(p('10.0.1.0/24'), 64496).state, `${generation}`).to.equal(
        'match',
      );
  });
});
