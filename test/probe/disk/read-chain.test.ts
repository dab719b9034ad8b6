import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readChain } from '../../../src/probe/disk/read-chain.ts';
import { openDirectory } from '../../../src/probe/disk/window-directory.ts';
import { type Commitment, commit, FIRST_HASH } from '../../../src/probe/proof/commitments.ts';

const KEY = '0123456789abcdef';
const root = (digit: string) => digit.repeat(64);

/** An hour: its key, two windows, and its end when it has one. */
function hour(epoch: number, over: boolean): Commitment[] {
  const window = (part: number) => ({
    ...({ what: 'window', at: 2, epoch, number: epoch * 360, part, packets: 7, root: root(`${part}`) } as const),
  });
  const entries: Commitment[] = [{ what: 'key', at: 1, epoch, key: KEY }, window(0), window(1)];
  if (over) entries.push({ what: 'destroyed', at: 3, epoch, key: KEY, windows: 2, root: root('a') });
  return entries;
}

function chained(entries: readonly Commitment[]): { lines: string[]; head: string } {
  let head = FIRST_HASH;
  const lines = entries.map(entry => {
    const { line, hash } = commit(head, entry);
    head = hash;
    return line;
  });
  return { lines, head };
}

describe('probe/read-chain', () => {
  let path: string;
  const said: string[] = [];
  const read = async (long?: number) =>
    readChain(
      await openDirectory(path),
      () => 1234,
      line => said.push(line),
      long,
    );
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'chain-'));
    said.length = 0;
  });
  afterEach(() => rm(path, { recursive: true }));

  it('is empty in a new directory', async () => {
    const { records, head } = await read();
    expect(head).to.equal(FIRST_HASH);
    expect(records.list()).to.deep.equal([]);
  });

  it('goes on where it was cut off while it was written', async () => {
    const { lines, head } = chained(hour(5, false));
    await writeFile(join(path, 'chain'), `${lines.join('\n')}\n${lines[0]!.slice(0, 100)}`);
    const { records, head: found } = await read();
    expect(found).to.equal(head);
    expect([...records.rootsOf(5)!.values()]).to.deep.equal([root('0'), root('1')]);
    expect(await readFile(join(path, 'chain'), 'utf8')).to.equal(`${lines.join('\n')}\n`);
    expect(said).to.deep.equal([]);
  });

  it('begins anew behind a damaged line, with what was right before it', async () => {
    const { lines } = chained([...hour(5, true), ...hour(6, false)]);
    const { head } = chained([...hour(5, true), ...hour(6, false).slice(0, 2)]);
    lines[6] = lines[6]!.replace('"packets":7', '"packets":8');
    await writeFile(join(path, 'chain'), `${lines.join('\n')}\n`);
    const { records, head: found } = await read();
    expect(said).to.have.length(1);
    expect(said[0]).to.match(/^line 7 of the chain is damaged: its hash is another one; it goes on in a new file/);
    expect([...records.rootsOf(6)!.keys()]).to.deep.equal(['2160-0']);
    expect(records.list().map(({ epoch, destroyed }) => [epoch, destroyed])).to.deep.equal([
      [5, 3],
      [6, null],
    ]);
    expect(await readdir(path)).to.include('chain.damaged-1234');
    // The new one begins with what the old one came to, and is read like any.
    const anew = await readFile(join(path, 'chain'), 'utf8');
    expect(anew.split('\n')[0]).to.include(`{"what":"begun","at":1234,"after":"${head}"}`);
    expect((await read()).head).to.equal(found);
    expect(said).to.have.length(1);
  });

  it('begins anew when it has become long, without what is of no use any more', async () => {
    const hours = Array.from({ length: 1100 }, (_, epoch) => hour(epoch, epoch < 1090)).flat();
    const { lines } = chained(hours);
    await writeFile(join(path, 'chain'), `${lines.join('\n')}\n`);
    const { records } = await read(4000);
    expect(said[0]).to.equal('the chain has 4390 lines; it goes on in a new file, the old one is chain.until-1234');
    const anew = (await readFile(join(path, 'chain'), 'utf8')).split('\n');
    // Its beginning, a key and an end for the last thousand, all of the ten that go on, and the end of the last line.
    expect(anew).to.have.length(1 + 1000 * 2 + 10 * 3 + 1);
    expect(records.list()).to.have.length(1010);
    expect(records.rootsOf(1095)!.size).to.equal(2);
  });

  it('takes a file of something else for damaged', async () => {
    for (const text of ['\n', 'x', `${'x'.repeat(10_000)}`, '\n\n\0\n']) {
      await writeFile(join(path, 'chain'), text);
      expect((await read()).records.list()).to.deep.equal([]);
      await appendFile(join(path, 'chain'), '');
    }
  });
});
