/** The registry as far as it lies on this machine: no server is asked, no file is written. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { IrrConfig } from '../../../src/config/tree.ts';
import { openRegistry } from '../../../src/registry/registry.ts';
import { type IrrServer, startIrrServer } from '../irr-server.ts';
import { nrtm4Publisher, routeText } from '../nrtm4-publisher.ts';

const route = (prefix: string) => `route: ${prefix}\norigin: AS64496\nmnt-by: MAINT-A\nsource: JPIRR\n`;

/** A registry of these sources; its route objects and what it was told. */
async function read(directory: string, offline: boolean, ...irr: readonly IrrConfig[]) {
  const said: string[] = [];
  const registry = await openRegistry(
    {
      onRefresh() {},
      onTrouble: (source, why) => said.push(`${source}: ${why}`),
      onAlarm: (source, why) => said.push(`${source}: ${why}`),
      onWhole() {},
    },
    { directory, offline },
  );
  const { report } = await registry.reload(irr, []);
  return { registry, said, sources: report.sources };
}

/** Every file below, with what is in it and when it was written. */
const filesIn = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter(name => statSync(join(directory, name)).isFile())
      .sort()
      .map(name => [name, `${statSync(join(directory, name)).mtimeMs} ${readFileSync(join(directory, name), 'hex')}`]),
  );

describe('registry offline', () => {
  let directory: string;
  let server: IrrServer;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'offline-'));
    server = await startIrrServer();
  });
  afterEach(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  it('has the dump that was kept and what NRTM brought since, and leaves both as they are', async () => {
    const jpirr = server.source('JPIRR');
    jpirr.add(route('192.0.2.0/24'));
    const config: IrrConfig = {
      ...{ name: 'JPIRR', dump: `${server.http}/JPIRR.db.gz`, authoritative: false, refresh: 0 },
      nrtm: { host: server.host, port: server.port, version: 3 },
    };
    const { registry } = await read(directory, false, config);
    await registry.reloadSource('JPIRR', false);
    jpirr.add(route('198.51.100.0/24'));
    await registry.reload([config], []);
    // It is in the journal only after it is in use.
    while (!readFileSync(join(directory, 'JPIRR.nrtm'), 'latin1').includes('%END'))
      await new Promise(resolve => setTimeout(resolve, 10));
    registry.close();
    // A writer that is at work, or has died, has left half a transaction.
    appendFileSync(join(directory, 'JPIRR.nrtm'), '%START Version: 3 JPIRR 3-3\n\nADD 3\n\nroute: 203');
    const before = filesIn(directory);
    const asked = server.requests.length + server.queries.length;

    const offline = await read(directory, true, config);
    expect(offline.sources.map(({ what, objects }) => [what, objects])).to.deep.equal([['loaded', 2]]);
    await new Promise(resolve => setTimeout(resolve, 50));
    offline.registry.close();
    expect(offline.said).to.deep.equal([]);
    expect(filesIn(directory)).to.deep.equal(before);
    expect(server.requests.length + server.queries.length).to.equal(asked);
  });

  it('has what was kept of NRTMv4', async () => {
    const publisher = await nrtm4Publisher();
    try {
      publisher.snapshot([routeText('192.0.2.0/24', 64500)]);
      publisher.delta([{ action: 'add_modify', object: routeText('2001:db8::/32', 64501) }]);
      const nrtm4 = { url: publisher.url, key: publisher.state.key.spki };
      const config: IrrConfig = { name: 'TEST', nrtm4, authoritative: false, refresh: 0 };
      const { registry } = await read(directory, false, config);
      while (registry.status()[0]!.objects < 2) await new Promise(resolve => setTimeout(resolve, 10));
      await registry.reloadSource('TEST', false); // its files are in their places
      registry.close();
      // A file that is damaged is not used; that it goes is up to the daemon.
      const before = filesIn(directory);
      publisher.requests.length = 0;
      const offline = await read(directory, true, config);
      expect(offline.sources.map(({ what, objects }) => [what, objects])).to.deep.equal([['loaded', 2]]);
      offline.registry.close();
      const delta = readdirSync(join(directory, 'TEST')).find(name => name.startsWith('delta'));
      if (delta !== undefined) {
        writeFileSync(join(directory, 'TEST', delta), 'oops');
        const damaged = await read(directory, true, config);
        expect(damaged.sources[0]!.what).to.equal('awaited');
        expect(damaged.said.join()).to.include('what was kept cannot be used');
        damaged.registry.close();
        expect(Object.keys(filesIn(directory))).to.deep.equal(Object.keys(before));
      } else expect(filesIn(directory)).to.deep.equal(before);
      expect(publisher.requests).to.deep.equal([]);
    } finally {
      await publisher.close();
    }
  });

  it('lacks what was never kept, and says so', async () => {
    const dump = `${server.http}/JPIRR.db.gz`;
    const { registry, sources } = await read(directory, true, {
      ...{ name: 'JPIRR', dump, authoritative: false, refresh: 60_000 },
    });
    expect(sources).to.deep.equal([{ source: 'JPIRR', what: 'awaited', objects: 0, why: '' }]);
    expect(registry.lacks('JPIRR')).to.equal(true);
    registry.close();
    expect(server.requests).to.deep.equal([]);
    expect(readdirSync(directory)).to.deep.equal([]);
  });
});
