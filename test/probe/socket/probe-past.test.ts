import { expect } from 'chai';
import { createProbePasts } from '../../../src/probe/socket/probe-past.ts';

const REPORT = { packets: 9, windows: 1, retained: null, lost: 2 };

describe('probe/probe-past', () => {
  it('keeps the reports of half an hour, not two of one moment', () => {
    let now = 1_000_000;
    const pasts = createProbePasts(() => now);
    for (let i = 0; i < 1000; i++, now += 5000) {
      pasts.reported('tap1', { ...REPORT, rate: i });
      pasts.reported('tap1', { ...REPORT, rate: -1 });
    }
    const { samples } = pasts.of('tap1');
    expect(samples).to.have.length(360);
    expect(samples[0]).to.deep.equal({ at: now - 360 * 5000, rate: 640, lost: 2, fill: null, sampling: null });
    expect(samples.at(-1)!.rate).to.equal(999);
  });

  it('goes on when the clock was set back', () => {
    let now = 10_000_000;
    const pasts = createProbePasts(() => now);
    pasts.reported('tap1', REPORT);
    now -= 3_600_000;
    pasts.reported('tap1', REPORT);
    expect(pasts.of('tap1').samples.map(({ at }) => at)).to.deep.equal([10_000_000, 6_400_000]);
  });

  it('counts questions, and knows what came of the last one', () => {
    const pasts = createProbePasts(() => 7);
    expect(pasts.of('tap1')).to.deep.equal({ questions: 0, lastQuestion: null, samples: [] });
    pasts.asked('tap1', 8, 3);
    pasts.asked('tap1', 2, null);
    expect(pasts.of('tap1')).to.deep.include({ questions: 2, lastQuestion: { at: 7, digests: 2, seen: null } });
  });

  it('forgets probes that are configured no more', () => {
    const pasts = createProbePasts(() => 7);
    pasts.asked('tap1', 8, 3);
    pasts.asked('tap2', 8, 3);
    pasts.keep(new Set(['tap2']));
    expect(pasts.of('tap1').questions).to.equal(0);
    expect(pasts.of('tap2').questions).to.equal(1);
  });
});
