import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { IrrConfig } from '../../src/config/tree.ts';
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts';
import { openRegistry, type Registry, type RegistryGeneration } from '../../src/registry/registry.ts';
import type { SourceSize } from '../../src/registry/source-size.ts';
import { until } from '../interop/bgp-peers.ts';
import { type IrrServer, type ServedSource, startIrrServer } from './irr-server.ts';

const route = (prefix: string, as: number, source = 'JPIRR') =>
  `route: ${prefix}\norigin: AS${as}\nmnt-by: MAINT-A\nsource: ${source}\n`;

/** The registry with sources that are fetched and mirrored. */
describe('registry/mirrors', () => {
  let server: IrrServer;
  let jpirr: ServedSource;
  let directory: string;
  let registry: Registry;
  let generations: RegistryGeneration[];
  let troubles: string[];
  let alarms: string[];
  let whole: SourceSize[];

  const open = (earlier: readonly SourceSize[] = []) =>
    openRegistry(
      {
        onRefresh: generation => void generations.push(generation),
        onTrouble: (source, why) => void troubles.push(`${source}: ${why}`),
        onAlarm: (source, why) => void alarms.push(`${source}: ${why}`),
        onWhole: size => void whole.push(size),
      },
      { directory, earlier },
    );

  beforeEach(async () => {
    server = await startIrrServer();
    jpirr = server.source('JPIRR');
    for (let i = 0; i < 300; i++) jpirr.add(route(`10.${i >> 8}.${i & 255}.0/24`, 64496));
    directory = mkdtempSync(join(tmpdir(), 'mirrors-'));
    generations = [];
    troubles = [];
    alarms = [];
    whole = [];
    registry = await open();
  });
  afterEach(() => {
    registry.close();
    server.close();
    // What is being written at that moment is still written to its end.
    rmSync(directory, { recursive: true, maxRetries: 10 });
  });

  const irr = (more: Partial<IrrConfig> = {}): IrrConfig => ({
    name: 'JPIRR',
    dump: `${server.http}/JPIRR.db.gz`,
    nrtm: { host: server.host, port: server.port, version: 3 },
    authoritative: true,
    refresh: 0,
    ...more,
  });
  const status = (name = 'JPIRR') => registry.status().find(({ source }) => source === name)!;
  const state = (prefix: string, as: number) => registry.decide(parsePrefix(prefix)!, as).state;
  /** Asks all sources, as a reload does, and waits until JPIRR is at the serial of the server. */
  const caughtUp = async (configs: readonly IrrConfig[] = [irr()]) => {
    await registry.reload(configs, []);
    await until('JPIRR is at the serial of its server', () => status().serial === jpirr.serial);
    await until('it was looked at', () => status().succeeded !== null);
  };

  it('waits for no server: a source is awaited, and lacking, until it is there', async () => {
    const made = await registry.reload([irr()], []);
    expect(made.report.sources).to.deep.equal([{ source: 'JPIRR', what: 'awaited', objects: 0, why: '' }]);
    expect(registry.lacks('JPIRR')).to.equal(true);
    await until('it came', () => generations.length > 0);
    expect(generations[0]!.report.sources[0]).to.include({ what: 'loaded', objects: 300 });
    expect(generations[0]!.touched).to.equal(null);
    expect(registry.lacks('JPIRR')).to.equal(false);
    expect(state('10.0.0.0/24', 64497)).to.equal('mismatch');
    expect(whole).to.deep.equal([{ name: 'JPIRR', file: `${server.http}/JPIRR.db.gz`, objects: 300 }]);
  });

  it('makes an overlay of a transaction, and tells which prefixes it touched', async () => {
    await caughtUp();
    await until('it came', () => generations.length > 0);
    const { base } = generations.at(-1)!.layers;
    jpirr.add(route('192.0.2.0/24', 64500));
    jpirr.del(route('10.0.7.0/24', 64496));
    jpirr.add('mntner: MAINT-B\nsource: JPIRR\n');
    await registry.reloadSource('JPIRR', false); // a whole copy: a new base
    const before = generations.length;
    jpirr.add(route('192.0.2.0/24', 64501));
    jpirr.del(route('10.0.8.0/24', 64496));
    jpirr.add('mntner: MAINT-C\nsource: JPIRR\n');
    await caughtUp();
    const changed = generations.slice(before).filter(({ touched }) => touched !== null);
    expect(changed).to.have.length(1);
    expect(changed[0]!.touched!.map(formatPrefix).sort()).to.deep.equal(['10.0.8.0/24', '192.0.2.0/24']);
    expect(changed[0]!.report.sources[0]).to.deep.include({ what: 'changed', objects: 300 });
    expect(changed[0]!.layers.base).to.not.equal(base);
    expect([state('192.0.2.0/24', 64501), state('10.0.8.0/24', 64496), state('10.0.9.0/24', 64496)]).to.deep.equal([
      'match',
      'unknown',
      'match',
    ]);
    expect(status()).to.include({ objects: 300, transport: 'nrtm', operations: 3, lastError: '', stale: false });
  });

  it('lets the authoritative source speak for its prefixes, and keeps the order of the others', async () => {
    const [radb, altdb] = [server.source('RADB'), server.source('ALTDB')];
    for (const source of [radb, altdb]) source.add(route('10.0.0.0/24', 64511, source.name));
    radb.add(route('198.51.100.0/24', 64511, 'RADB'));
    const other = (name: string) => ({ name, dump: `${server.http}/${name}.db`, authoritative: false, refresh: 0 });
    await caughtUp([other('RADB'), irr(), other('ALTDB')]);
    await until('all came', () => registry.books().length === 3);
    expect(registry.books().map(({ source }) => source)).to.deep.equal(['JPIRR', 'RADB', 'ALTDB']);
    expect(registry.objectsFor(parsePrefix('10.0.0.0/24')!).map(({ source }) => source)[0]).to.equal('JPIRR');
    expect(state('10.0.0.0/24', 64511)).to.equal('mismatch');
    expect(state('198.51.100.0/24', 64511)).to.equal('match');
  });

  it('refuses a dump that has shrunk, until it is forced', async () => {
    const plain = irr({ nrtm: undefined } as unknown as Partial<IrrConfig>);
    await caughtUp([plain]);
    for (let i = 0; i < 40; i++) jpirr.del(route(`10.0.${i}.0/24`, 64496));
    const refused = await registry.reloadSource('JPIRR', false);
    expect(refused).to.include({ what: 'kept', objects: 300 });
    expect(refused!.why).to.match(/holds 260 route objects where the last copy held 300: more than 10 % fewer$/);
    expect(state('10.0.0.0/24', 64497)).to.equal('mismatch');
    expect(registry.lacks('JPIRR')).to.equal(false);
    expect(await registry.reloadSource('JPIRR', true)).to.deep.include({ what: 'loaded', objects: 260, why: '' });
    expect(status().lastError).to.equal('');
    expect(state('10.0.0.0/24', 64497)).to.equal('unknown');
    expect(await registry.reloadSource('RADB', true)).to.equal(null);
  });

  it('refuses a transaction that takes away a tenth, until it is forced', async () => {
    await caughtUp();
    for (let i = 0; i < 101; i++) jpirr.del(route(`10.0.${i}.0/24`, 64496));
    await registry.reload([irr()], []);
    await until('it is refused', () => status().lastError !== '');
    expect(status().lastError).to.equal('one transaction takes away 101 of 300 route objects: more than 10 %');
    expect(status()).to.include({ objects: 300, serial: 300 });
    expect(await registry.reloadSource('JPIRR', true)).to.include({ what: 'loaded', objects: 199 });
    expect(status()).to.include({ objects: 199, serial: 401, lastError: '' });
  });

  it('is not deceived by objects that are written anew in the same transaction', async () => {
    await caughtUp();
    for (let i = 0; i < 150; i++) jpirr.add(route(`10.1.${i % 44}.0/24`, 64496)); // changes 44, over and over
    for (let i = 0; i < 101; i++) jpirr.del(route(`10.0.${i}.0/24`, 64496));
    await registry.reload([irr()], []);
    await until('it is refused', () => status().lastError !== '');
    expect(status().lastError).to.equal('one transaction takes away 101 of 300 route objects: more than 10 %');
    expect(status()).to.include({ objects: 300, serial: 300 });
  });

  it('refuses a dump without its end mark, and one that lost a class of objects, until it is forced', async () => {
    const plain = irr({ nrtm: undefined, dump: `${server.http}/JPIRR.db` } as unknown as Partial<IrrConfig>);
    for (let i = 0; i < 10; i++) jpirr.add(`mntner: MAINT-${i}\nsource: JPIRR\n`);
    await caughtUp([plain]);
    server.files.set('/JPIRR.db', Buffer.from(jpirr.dump().slice(0, -'route: 1'.length)));
    expect((await registry.reloadSource('JPIRR', false))!.why).to.match(
      /JPIRR\.db: cut short: no "# EOF" at its end, where the last copy had one$/,
    );
    server.files.set('/JPIRR.db', Buffer.from(jpirr.dump().replaceAll(/^mntner:.*\nsource:.*\n\n/gm, '')));
    expect((await registry.reloadSource('JPIRR', false))!.why).to.match(
      /JPIRR\.db: holds 0 mntner objects where the last copy held 10: more than 10 % fewer$/,
    );
    expect(status()).to.include({ objects: 300 });
    expect(await registry.reloadSource('JPIRR', true)).to.include({ what: 'loaded', objects: 300, why: '' });
  });

  it('refuses a transaction that takes away the sets or maintainers', async () => {
    for (let i = 0; i < 150; i++) jpirr.add(`mntner: MAINT-${i}\nsource: JPIRR\n`);
    await caughtUp();
    for (let i = 0; i < 120; i++) jpirr.del(`mntner: MAINT-${i}\nsource: JPIRR\n`);
    await registry.reload([irr()], []);
    await until('it is refused', () => status().lastError !== '');
    expect(status().lastError).to.equal('one transaction takes away 120 of 150 mntner objects: more than 10 %');
  });

  it('raises an alarm when a tenth goes a few at a time', async () => {
    await caughtUp();
    for (let gone = 0; gone < 120; gone += 60) {
      for (let i = gone; i < gone + 60; i++) jpirr.del(route(`10.0.${i}.0/24`, 64496));
      await caughtUp();
    }
    expect(status()).to.include({ objects: 180, lastError: '' });
    const why = 'changes have taken away 120 of 300 route objects, a few at a time: more than 10 %';
    expect([alarms, status().alarms.map(alarm => alarm.why)]).to.deep.equal([[`JPIRR: ${why}`], [why]]);
  });

  it('takes nothing that is no dump for a first copy', async () => {
    server.files.set('/JPIRR.db', Buffer.from('<html><body>We have moved.</body></html>\n'));
    await registry.reload([irr({ dump: `${server.http}/JPIRR.db` })], []);
    await until('it is refused', () => troubles.length > 0);
    expect(troubles[0]).to.match(/JPIRR\.db: holds no route object$/);
    expect(registry.lacks('JPIRR')).to.equal(true);
  });

  it('uses a first copy that is too small, and does not believe what it lacks', async () => {
    registry.close();
    registry = await open([{ name: 'JPIRR', file: `${server.http}/JPIRR.db.gz`, objects: 1000 }]);
    await caughtUp();
    expect(status()).to.include({ objects: 300 });
    expect(registry.lacks('JPIRR')).to.equal(true);
    expect(status().lastError).to.match(/holds 300 .* held 1000/);
    expect(whole).to.deep.equal([]);
  });

  it('begins with what the last run had, though no server is there', async () => {
    await caughtUp();
    jpirr.add(route('192.0.2.0/24', 64500));
    await caughtUp();
    registry.close();
    server.close();
    registry = await open(whole);
    const made = await registry.reload([irr()], []);
    expect(made.report.sources[0]).to.deep.equal({ source: 'JPIRR', what: 'loaded', objects: 301, why: '' });
    expect(registry.lacks('JPIRR')).to.equal(false);
    expect(state('192.0.2.0/24', 64500)).to.equal('match');
    await until('the server is missed', () => troubles.length > 0);
    expect(troubles.at(-1)).to.match(
      /^JPIRR: nrtm 127\.0\.0\.1 port \d+: connection refused; the dump has nothing newer$|connection refused$/,
    );
    expect(status()).to.include({ objects: 301, serial: 301 });
  });

  it('is stale after three looks that did not succeed, by a clock that nobody sets', async () => {
    await caughtUp([irr({ refresh: 0 })]);
    server.manners = 'denies';
    await registry.reload([irr({ refresh: 50 })], []);
    await until('it is stale', () => status().stale);
    await until('it is told', () => troubles.some(text => text.startsWith('JPIRR: stale: nrtm')));
    expect(troubles.filter(text => text.includes('stale'))).to.have.length(1);
    expect(state('10.0.0.0/24', 64497), 'no verdict flips for lack of data').to.equal('mismatch');
    server.manners = 'well';
    await until('it is well again', () => !status().stale && status().lastError === '');
  });

  it('shows no age below zero when the clock was set back', async () => {
    await caughtUp();
    const [row] = registry.status(Date.now() - 86_400_000);
    expect(row).to.include({ age: 0, stale: false });
    expect(registry.status(Date.now() + 10 * 365 * 86_400_000)[0], 'or far ahead').to.include({ stale: false });
  });

  it('forgets a feed that is configured no more, and lets go of its server', async () => {
    await caughtUp();
    await registry.reload([], []);
    const asked = server.queries.length;
    expect(registry.status()).to.deep.equal([]);
    jpirr.add(route('192.0.2.0/24', 64500));
    expect(state('10.0.0.0/24', 64496)).to.equal('unknown');
    expect(server.queries.length).to.equal(asked);
    expect(alarms).to.deep.equal([
      `JPIRR: configured no more: what was kept of it in ${directory} is removed in 30 days`,
    ]);
  });

  it('tells an alarm once, though it is raised at every look', async () => {
    await caughtUp();
    server.files.set('/JPIRR.db.gz', gzipSync(jpirr.dump())).set('/JPIRR.CURRENTSERIAL', Buffer.from('300'));
    jpirr.add(route('192.0.2.0/24', 64500));
    jpirr.forget();
    await registry.reload([irr({ refresh: 30 })], []);
    await until('it was asked some times', () => server.queries.length > 6);
    expect(alarms).to.have.length(1);
    expect(status().alarms.map(({ why }) => why)).to.deep.equal([alarms[0]!.replace('JPIRR: ', '')]);
    expect(status().alarms[0]!.why).to.match(/Serials 301 - 302 do not exist$/);
    expect(status().lastError).to.match(/do not exist; the dump has nothing newer$/);
  });

  it('goes on with the copy that is kept when only its refresh is another', async () => {
    await caughtUp();
    jpirr.add(route('192.0.2.0/24', 64500));
    await caughtUp();
    const asked = server.requests.length;
    const made = await registry.reload([irr({ refresh: 60_000 })], []);
    expect(made.report.sources[0]).to.include({ what: 'loaded', objects: 301 });
    expect(server.requests.length).to.equal(asked);
  });

  it('takes another place for the same source without losing the copy meanwhile', async () => {
    await caughtUp();
    server.files.set('/small.db.gz', gzipSync(route('192.0.2.0/24', 64500)));
    const moved = irr({ dump: `${server.http}/small.db.gz`, serial: `${server.http}/JPIRR.CURRENTSERIAL` });
    await registry.reload([moved], []);
    await until('the other is in use', () => status().objects === 1);
    expect(status().lastError).to.equal('');
    expect(alarms).to.deep.equal([]);
  });
});
