import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KEPT_FOR, sweepLeftOver } from '../../../src/registry/irr/left-over.ts';

describe('registry/irr/left-over', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'left-over-'));
    for (const name of ['JPIRR.db.gz', 'JPIRR.nrtm', 'RADB.db.gz.new', 'notes.txt', '.db.gz'])
      writeFileSync(join(directory, name), name);
    for (const name of ['RIPE', 'mine']) mkdirSync(join(directory, name));
    for (const name of ['state.json', 'snapshot.1.x.json']) writeFileSync(join(directory, 'RIPE', name), name);
    writeFileSync(join(directory, 'mine', 'letter'), 'dear');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const names = () => readdirSync(directory).sort();
  const sweep = (configured: readonly string[], after = 0) =>
    sweepLeftOver(directory, new Set(configured), Date.now() + after);
  const MARKED = `configured no more: what was kept of it in`;

  it('marks what no source is configured for, tells it once, and leaves it for 30 days', async () => {
    const before = names();
    const told = await sweep(['RIPE']);
    expect(told.map(({ source }) => source).sort()).to.deep.equal(['JPIRR', 'RADB']);
    for (const { what } of told) expect(what).to.equal(`${MARKED} ${directory} is removed in 30 days`);
    expect(await sweep(['RIPE'])).to.deep.equal([]);
    expect(await sweep(['RIPE'], KEPT_FOR - 60_000)).to.deep.equal([]);
    expect(names()).to.deep.equal([...before, 'JPIRR.gone', 'RADB.gone'].sort());
  });

  it('removes it then, and nothing that is not ours', async () => {
    await sweep([]);
    const told = await sweep([], KEPT_FOR + 60_000);
    expect(told.map(({ source }) => source).sort()).to.deep.equal(['JPIRR', 'RADB', 'RIPE']);
    for (const { what } of told) expect(what).to.match(/^configured no more for 30 days: .* is removed$/);
    expect(names()).to.deep.equal(['.db.gz', 'mine', 'notes.txt']);
  });

  it('forgets the mark of a source that is configured again', async () => {
    await sweep([]);
    expect(await sweep(['JPIRR', 'RADB', 'RIPE'], KEPT_FOR + 60_000)).to.deep.equal([]);
    expect(names().filter(name => name.endsWith('.gone'))).to.deep.equal([]);
    expect((await sweep(['RADB', 'RIPE'], KEPT_FOR + 60_000)).map(({ what }) => what)).to.deep.equal([
      `${MARKED} ${directory} is removed in 30 days`,
    ]);
    expect(existsSync(join(directory, 'JPIRR.db.gz'))).to.equal(true);
  });

  it('follows no link, and finds nothing where there is no directory', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    writeFileSync(join(elsewhere, 'state.json'), '{}');
    symlinkSync(elsewhere, join(directory, 'LINK'));
    await sweep([]);
    await sweep([], KEPT_FOR + 60_000);
    expect(readdirSync(elsewhere)).to.deep.equal(['state.json']);
    rmSync(elsewhere, { recursive: true });
    expect(await sweepLeftOver(join(directory, 'nowhere'), new Set())).to.deep.equal([]);
  });
});
