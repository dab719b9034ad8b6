import { expect } from 'chai';
import { commitmentsTo } from '../../src/daemon/commitments.ts';
import { open, scratch } from '../store/fixture.ts';

const DAY = 86_400_000;

describe('daemon/commitments', () => {
  const directory = scratch();

  it('keeps what probes commit to as it was told first, for two months', async () => {
    const store = await open(directory);
    let now = 1_700_000_000_000;
    const committed = commitmentsTo(
      store,
      () => {},
      () => now,
    );
    const latest = {
      ...{ from: now - 20_000, vantages: 1, packets: 5, octets: 64, kind: 'each' as const, bits: 16, sampling: 1 },
      root: 'ab'.repeat(32),
    };
    committed('tap1', { head: '01'.repeat(32), latest: null });
    now += 5000;
    committed('tap1', { head: '02'.repeat(32), latest });
    now += 5000;
    committed('tap1', { head: '01'.repeat(32), latest });
    committed('tap2', { head: '02'.repeat(32), latest: null });
    const rows = await store.read('commitment.since', { told: 0 });
    expect(rows.map(({ probe, head, told, window }) => [probe, head.slice(0, 2), told, window])).to.deep.equal([
      ['tap1', '01', 1_700_000_000_000, null],
      ['tap1', '02', 1_700_000_005_000, 1_699_999_980_000],
      ['tap2', '02', 1_700_000_010_000, null],
    ]);
    expect(rows[1]!.root).to.equal('ab'.repeat(32));
    now += 61 * DAY;
    committed('tap1', { head: '03'.repeat(32), latest: null });
    expect((await store.read('commitment.since', { told: 0 })).map(({ head }) => head.slice(0, 2))).to.deep.equal([
      '03',
    ]);
  });
});
