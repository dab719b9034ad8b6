import { expect } from 'chai';
import { type Bin, calibrate, type Setting } from '../lab/calibration/calibrate.ts';

const base: Setting = {
  ...{ nodes: 120, participation: 60, traces: 80, packets: 8, seed: 3 },
  ...{ samplings: [1], coverages: [1], falsePositive: 2 ** -8 },
};
const sum = (bins: readonly Bin[], of: (bin: Bin) => number) => bins.reduce((all, bin) => all + of(bin), 0);

describe('traceback: what is said to be likely, beside what is so', function () {
  this.timeout(240_000);

  // A wave that a busy machine holds up is followed by the next one sooner, and may spend what another trace would not: hence
  // the one in a hundred here and there.
  it('where all packets are kept: no entry is wrong, and who remains possible holds the truth', async () => {
    const found = await calibrate(base);
    expect(found.wrong).to.equal(0);
    expect(found.none).to.be.at.most(1);
    expect(found.right).to.be.greaterThan(0.7 * base.traces);
    expect(found.held, 'of those that remain open').to.be.at.least(found.open - 1);
    expect(found.named / found.open).to.be.lessThan(6);
    const sure = found.nodes.filter(({ from }) => from >= 0.95);
    expect(sum(sure, bin => bin.right)).to.be.at.least(0.99 * sum(sure, bin => bin.count));
    const out = found.nodes.filter(({ to }) => to <= 0.01);
    expect(sum(out, bin => bin.count)).to.be.greaterThan(100);
    expect(sum(out, bin => bin.right)).to.be.at.most(0.01 * sum(out, bin => bin.count));
  });

  it('where shares are kept and half borders watched: sure entries are right, doubted ASes seldom on the path', async () => {
    const found = await calibrate({
      ...base,
      ...{ samplings: [1, 1, 1 / 4, 1 / 16], coverages: [1, 0.97, 0.5], packets: 32, falsePositive: 2 ** -16 },
    });
    const sure = found.entries.filter(({ from }) => from >= 0.95);
    expect(sum(sure, bin => bin.count)).to.be.greaterThan(0.4 * base.traces);
    expect(sum(sure, bin => bin.right)).to.be.at.least(0.98 * sum(sure, bin => bin.count));
    // Over all ASes as many are on the path as was said, nearly.
    expect(sum(found.nodes, bin => bin.right) / sum(found.nodes, bin => bin.said)).to.be.within(0.75, 1.25);
  });

  it('finds with many packets what it does not with few, where one in sixteen is kept', async () => {
    const thin = { ...base, samplings: [1 / 16], falsePositive: 2 ** -16 };
    const [few, many] = [await calibrate(thin), await calibrate({ ...thin, packets: 64 })];
    expect(many.right).to.be.greaterThan(0.5 * base.traces);
    expect(few.right).to.be.lessThan(0.5 * many.right);
    expect(few.wrong + many.wrong).to.be.at.most(2);
  });
});
