import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import type { WindowDirectory, WindowName } from '../../../src/probe/disk/window-directory.ts';
import { windowKeeper } from '../../../src/probe/disk/window-keeper.ts';
import { FIRST_HASH } from '../../../src/probe/proof/commitments.ts';
import { epochRecords } from '../../../src/probe/proof/epoch-records.ts';
import { partOf, sealed } from '../sealing.ts';

const EPOCH = 351_564;

/** A directory on a disk that can be full. */
function disk() {
  const files = new Map<string, number>();
  const full = { is: false };
  const nameOf = ({ number, part }: WindowName) => `${number}-${part}`;
  const take = () => {
    if (full.is) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  const directory: WindowDirectory = {
    windows: async () => [],
    pathOf: nameOf,
    async save(name, pieces) {
      take();
      const octets = pieces.reduce((sum, piece) => sum + piece.length, 0);
      files.set(nameOf(name), octets);
      return octets;
    },
    async remove(name) {
      files.delete(nameOf(name));
    },
    keys: async () => new Map(),
    saveKey: async () => take(),
    destroyKey: async () => {},
    chain: async function* () {},
    // A line finds room where a window has none.
    append: async () => {},
    setChainAside: async () => '',
  };
  return { directory, files, full };
}

function kept() {
  const { directory, files, full } = disk();
  const records = epochRecords();
  const keeper = windowKeeper({ directory, keys: new Map(), records, head: FIRST_HASH, clock: () => 0 });
  return { keeper, files, full };
}

describe('probe/window-keeper', () => {
  it('writes what a full disk had refused, once it takes something again', async () => {
    const { keeper, files, full } = kept();
    full.is = true;
    const stored: string[] = [];
    for (const number of [1, 2, 3]) keeper.keep(sealed(partOf(number, [20])), EPOCH, () => stored.push(`${number}`));
    await keeper.settled();
    expect(keeper).to.include({ unsaved: 3, trouble: 'no space left on device' });
    // Another file can be taken away meanwhile: that is no end of it.
    keeper.drop({ epoch: EPOCH, number: 0, part: 0 });
    await keeper.settled();
    expect(keeper).to.include({ unsaved: 3, trouble: 'no space left on device' });
    full.is = false;
    keeper.keep(sealed(partOf(4, [20])), EPOCH, () => stored.push('4'));
    await keeper.settled();
    expect(keeper).to.include({ unsaved: 0, trouble: '' });
    expect([...files.keys()]).to.deep.equal(['4-0', '1-0', '2-0', '3-0']);
    expect(stored).to.deep.equal(['4', '1', '2', '3']);
  });

  it('forgets windows that are dropped while the disk is full, memory and all', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { keeper, files, full } = kept();
    full.is = true;
    const keep = (number: number) => {
      const window = sealed(partOf(number, [20]));
      keeper.keep(window, EPOCH, () => {});
      return new WeakRef(window.filters[0]!);
    };
    const filters = Array.from({ length: 20 }, (_, number) => keep(number));
    await keeper.settled();
    for (let number = 0; number < 20; number++) keeper.drop({ epoch: EPOCH, number, part: 0 });
    await keeper.settled();
    expect(keeper.unsaved).to.equal(0);
    // What a WeakRef was made of stays until this turn of the loop is over.
    await new Promise(resolve => setImmediate(resolve));
    collect();
    expect(filters.filter(filter => filter.deref() !== undefined)).to.have.length(0);
    full.is = false;
    keep(30);
    await keeper.settled();
    expect([...files.keys()]).to.deep.equal(['30-0']);
  });

  it('writes a window that comes again under the name of one that was dropped', async () => {
    const { keeper, files, full } = kept();
    full.is = true;
    const [before, after] = [sealed(partOf(7, [20])), sealed(partOf(7, [2000]))];
    const stored: string[] = [];
    keeper.keep(before, EPOCH, () => stored.push('before'));
    keeper.drop({ epoch: EPOCH, number: 7, part: 0 });
    keeper.keep(after, EPOCH, () => stored.push('after'));
    full.is = false;
    await keeper.settled();
    expect(stored).to.deep.equal(['after']);
    expect(files.get('7-0')).to.be.greaterThan(after.filters[0]!.octets.length);
  });
});
