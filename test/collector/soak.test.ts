import { expect } from 'chai';
import { type SoakSample, soak } from '../bench/soak.ts';

describe('collector soak, in small', function () {
  this.timeout(240_000);

  it('takes prefix ids and attribute sets back that nobody holds, through churn, flaps and reloads', async () => {
    const samples: SoakSample[] = [];
    const left = await soak({ held: 2000, changes: 8000, rounds: 6 }, one => samples.push(one));
    expect(samples).to.have.length(6);
    for (const { routes, prefixes4, attributeSets } of samples) {
      expect(routes).to.equal(8000);
      // 96,000 prefixes came and went; the table of ids has not grown beyond its first size.
      expect(prefixes4).to.be.at.most(1 << 15);
      expect(attributeSets).to.be.at.most(routes);
    }
    expect([left.routes, left.attributeSets]).to.deep.equal([0, 0]);
  });
});
