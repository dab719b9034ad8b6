import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { IrrConfig } from '../../../src/config/tree.ts';
import { parsePrefix } from '../../../src/net/prefix.ts';
import { openRegistry, type Registry, type RegistryGeneration } from '../../../src/registry/registry.ts';
import { watchOf } from '../../config/watch.ts';
import { type IrrServer, startIrrServer } from '../irr-server.ts';

const MEMBERS = watchOf('members', { keiro: [{ source: 'JPIRR' }] });
const PREFIX = parsePrefix('192.0.2.0/24')!;

describe('X-Keiro of a maintainer that changes by NRTM', () => {
  let server: IrrServer;
  let directory: string;
  let registry: Registry;
  let wake: (generation: RegistryGeneration) => void;

  beforeEach(async () => {
    server = await startIrrServer();
    directory = mkdtempSync(join(tmpdir(), 'inherited-'));
    wake = () => {};
    const deaf = { onTrouble: () => {}, onAlarm: () => {}, onWhole: () => {} };
    registry = await openRegistry({ ...deaf, onRefresh: generation => wake(generation) }, { directory });
  });
  afterEach(() => {
    registry.close();
    server.close();
    // A look may be under way.
    rmSync(directory, { recursive: true, maxRetries: 10 });
  });

  it('is passed on to all its objects, and taken from them', async () => {
    const jpirr = server.source('JPIRR');
    jpirr.add('route: 192.0.2.0/24\norigin: AS64496\nmnt-by: MAINT-A\nsource: JPIRR\n');
    const config: IrrConfig = {
      name: 'JPIRR',
      dump: `${server.http}/JPIRR.db.gz`,
      nrtm: { host: server.host, port: server.port, version: 3 },
      authoritative: true,
      keiroInherited: true,
      refresh: 20,
    };
    const refreshed = () =>
      new Promise<RegistryGeneration>(resolve => {
        wake = resolve;
      });
    const seen = () => [
      registry.decide(PREFIX, 64666).watched,
      registry.objectsFor(PREFIX)[0]!.inherited?.[0]?.addresses[0] ?? null,
    ];
    const first = refreshed();
    await registry.reload([config], [MEMBERS]);
    if (registry.books().length === 0) await first;
    expect(seen()).to.deep.equal([false, null]);

    const mntner = (more: string) => `mntner: MAINT-A\ndescr: A\n${more}mnt-by: MAINT-A\nsource: JPIRR\n`;
    jpirr.add(mntner(' X-Keiro: a@example.jp\n'));
    // Everything may be judged otherwise.
    expect((await refreshed()).touched).to.equal(null);
    expect(seen()).to.deep.equal([true, 'a@example.jp']);
    jpirr.add(mntner(' X-Keiro: b@example.jp\n'));
    await refreshed();
    expect(seen()).to.deep.equal([true, 'b@example.jp']);
    jpirr.del(mntner(''));
    await refreshed();
    expect(seen()).to.deep.equal([false, null]);
  });
});
