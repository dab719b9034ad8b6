import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../src/config/index.ts';
import type { Config } from '../../src/config/tree.ts';
import type { Daemon, IrrNamedObject, IrrSourceRow, IrrStatusRow } from '../../src/control/daemon.ts';
import { createIrrAnswers } from '../../src/daemon/irr-answers.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';

const JPIRR = `mntner: MAINT-A
descr: A
 X-Keiro: a@example.jp
mnt-by: MAINT-A

route: 192.0.2.0/24
origin: AS64496
mnt-by: MAINT-A
changed: noc@example.jp 20200401

route: 198.51.100.0/24
origin: AS64497
mnt-by: MAINT-B

as-set: AS-X
members: AS64496, AS-GONE
mnt-by: MAINT-A
`;

const THERE = 'as-set: AS-THERE\nmembers: AS64499\nsource: radb\n\nperson: P\nsource: RADB\n';

describe('daemon/irr-answers', () => {
  let directory: string;
  let config: Config;
  let registry: Registry;
  const { signal } = new AbortController();

  function configure(more: string): void {
    const text = `router id 192.0.2.1; local as 64500; watch w { x-keiro in JPIRR; }
      irr JPIRR { dump "${join(directory, 'jpirr.db')}"; authoritative; refresh 0s; ${more} }
      irr RADB { dump "${join(directory, 'radb.db')}"; refresh 0s; }`;
    const parsed = parseConfig(text, 'test', { read: () => ({ text: '', readableByAll: false }), list: () => [] });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed));
    config = parsed.config;
  }
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'irr-'));
    writeFileSync(join(directory, 'jpirr.db'), JPIRR);
    writeFileSync(join(directory, 'radb.db'), 'as-set: AS-X\nmembers: AS64498, AS64499\n');
    const deaf = { onRefresh: () => {}, onTrouble: () => {}, onAlarm: () => {}, onWhole: () => {} };
    registry = await openRegistry(deaf, { directory: join(directory, 'irr') });
  });
  afterEach(() => {
    registry.close();
    rmSync(directory, { recursive: true });
  });

  async function answers(more: string) {
    configure(more);
    await registry.reload(config.irr, config.watches);
    const sources = () => registry.status().map(row => ({ ...row, age: 7 }) as unknown as IrrStatusRow);
    const lookUp: Daemon['lookUp'] = async query =>
      query === 'AS-THERE'
        ? { query, from: 'whois.example.net port 43, RADB', text: THERE, failures: ['whois a.example port 43: silent'] }
        : { query, from: '', text: '', failures: [] };
    return createIrrAnswers(registry, () => config, sources, lookUp);
  }

  it('tells the objects of a prefix with their dates, and what they inherit', async () => {
    const { irrObjects } = await answers('x-keiro inherited; expiry;');
    const [object] = await irrObjects('192.0.2.0/25');
    expect(object).to.deep.include({
      changed: Date.parse('2020-04-01T00:00:00Z'),
      due: {
        notice: Date.parse('2021-04-01T00:00:00Z'),
        removal: Date.parse('2021-06-01T00:00:00Z'),
        state: 'removal',
      },
      inherited: [{ mntner: 'MAINT-A', addresses: ['a@example.jp'] }],
      age: 7,
      serial: null,
    });
    expect((await irrObjects('198.51.100.0/24'))[0]).to.deep.include({ changed: null, due: null });
    expect(registry.watchesFor(parsePrefix('192.0.2.0/24')!).map(({ name }) => name)).to.deep.equal(['w']);
    expect(registry.watchesFor(parsePrefix('198.51.100.0/24')!)).to.deep.equal([]);
  });

  it('lets nothing be inherited, and foretells nothing, without the statements', async () => {
    const { irrObjects } = await answers('');
    expect((await irrObjects('192.0.2.0/24'))[0])
      .to.include({ due: null })
      .and.not.to.have.property('inherited');
    expect(registry.watchesFor(parsePrefix('192.0.2.0/24')!)).to.deep.equal([]);
  });

  it('takes a changed configuration and a changed maintainer at a reload', async () => {
    await answers('');
    const { irrObjects } = await answers('x-keiro inherited;');
    expect((await irrObjects('192.0.2.0/24'))[0]).to.have.property('inherited');
    writeFileSync(join(directory, 'jpirr.db'), JPIRR.replace(' X-Keiro: a@example.jp\n', ''));
    await registry.reload(config.irr, config.watches);
    expect((await irrObjects('192.0.2.0/24'))[0]).not.to.have.property('inherited');
    expect(registry.decide(parsePrefix('192.0.2.0/24')!, 64666).watched).to.equal(false);
  });

  it('tells what is registered under a name, and of a source all', async () => {
    const { irrNamed } = await answers('expiry;');
    const { rows } = await irrNamed('as-x', signal);
    expect(
      (rows as IrrNamedObject[]).map(({ what, source, key, expansion }) => [what, source, key, expansion]),
    ).to.deep.equal([
      [
        'object',
        'JPIRR',
        'AS-X',
        { members: 1, sets: 1, missing: ['AS-GONE'], missingCount: 1, refused: 0, stopped: '' },
      ],
      ['object', 'RADB', 'AS-X', null],
    ]);
    const [source] = (await irrNamed('jpirr', signal)).rows as IrrSourceRow[];
    expect(source).to.include({ what: 'source', source: 'JPIRR', authoritative: true });
    expect(source!.classes).to.deep.equal({ route: 2, mntner: 1, 'as-set': 1 });
    expect(source!.expiring).to.include({ noticed: 1, overdue: 1, undated: 3 });
    expect(await irrNamed('MAINT-NOBODY', signal)).to.deep.equal({ rows: [], remarks: [] });
  });

  it('shows what a server has of what the mirror has not', async () => {
    const { irrNamed } = await answers('');
    const { rows, remarks } = await irrNamed('AS-THERE', signal);
    expect(rows).to.have.length(1);
    expect(rows[0]).to.include({
      source: 'RADB',
      class: 'as-set',
      key: 'AS-THERE',
      from: 'whois.example.net port 43, RADB',
      age: null,
    });
    expect(remarks).to.deep.equal(['whois a.example port 43: silent']);
  });

  it('shows the object of one source alone when that is named with it', async () => {
    const { irrNamed } = await answers('');
    const { rows } = await irrNamed('radb::as-x', signal);
    expect((rows as IrrNamedObject[]).map(({ source, expansion }) => [source, expansion?.members])).to.deep.equal([
      ['RADB', 2],
    ]);
    expect((await irrNamed('RADB::AS64496', signal)).rows).to.deep.equal([]);
  });
});
