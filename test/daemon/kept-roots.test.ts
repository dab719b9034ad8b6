import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { keptRoots } from '../../src/daemon/kept-roots.ts';
import type { Store } from '../../src/store/records.ts';
import { openStore } from '../../src/store/store.ts';

const W = 180_000_000;
const root = (name: number) => Buffer.alloc(32, name).toString('hex');
const told = (window: number, name: number) => ({ window, commitment: root(name) });

describe('daemon/kept-roots', () => {
  let folder: string;
  let store: Store;
  let now: number;
  const errors: string[] = [];
  const open = async () => {
    store = await openStore(folder, { onProblem: text => expect.fail(text) });
    return keptRoots(
      store,
      () => 3_600_000,
      (_, line) => errors.push(line),
      () => now,
    );
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    now = 1_800_000_000_000;
    errors.length = 0;
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it('finds what came before it is written, and after', async () => {
    const kept = await open();
    kept.hold(64501, [told(W, 1), told(W + 1, 2)], now);
    kept.hold(64502, [told(W, 3)], now + 1);
    kept.keepOwn(W, { commitment: root(9), roots: [root(5), root(6)] });
    for (let i = 0; i < 2; i++) {
      expect(await kept.held(64501, W)).to.deep.equal([{ commitment: root(1), received: now }]);
      expect(await kept.held(64501, W + 2)).to.deep.equal([]);
      expect(await kept.own(W)).to.deep.equal([{ commitment: root(9), roots: [root(5), root(6)] }]);
      await kept.settle();
    }
    // What was told first counts, written or not.
    kept.hold(64501, [told(W, 1), told(W, 4)], now + 500_000);
    expect(await kept.held(64501, W)).to.deep.equal([
      { commitment: root(1), received: now },
      { commitment: root(4), received: now + 500_000 },
    ]);
    await kept.settle();
    expect((await kept.held(64501, W)).map(({ received }) => received - now)).to.deep.equal([0, 500_000]);
    expect(errors).to.deep.equal([]);
  });

  it('forgets nothing at the start, for sites that keep windows for longer come a little later', async () => {
    const before = await open();
    const window = Math.floor(now / 10_000);
    before.keepOwn(window, { commitment: root(9), roots: [root(5)] });
    await before.settle();
    await store.close();
    now += 12 * 3_600_000;
    const after = await open();
    after.keepOwn(window + 4320, { commitment: root(8), roots: [root(6)] });
    await after.settle();
    expect(await after.own(window)).to.have.length(1);
    now += 3_600_000;
    after.keepOwn(window + 4680, { commitment: root(7), roots: [root(4)] });
    await after.settle();
    expect(await after.own(window)).to.deep.equal([]);
    expect(await after.own(window + 4680)).to.have.length(1);
  });

  it('has them after a restart, and forgets them with the windows of their time', async () => {
    const before = await open();
    const window = Math.floor(now / 10_000);
    before.hold(64501, [told(window, 1)], now);
    before.keepOwn(window, { commitment: root(9), roots: [root(5)] });
    await before.settle();
    await store.close();
    const after = await open();
    expect(await after.held(64501, window)).to.have.length(1);
    now += 2 * 3_600_000 + 20_000;
    after.hold(64501, [told(window + 800, 2)], now);
    await after.settle();
    expect(await after.held(64501, window)).to.deep.equal([]);
    expect(await after.own(window)).to.deep.equal([]);
    expect(await after.held(64501, window + 800)).to.have.length(1);
  });
});
