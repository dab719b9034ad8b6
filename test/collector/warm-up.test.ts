import { expect } from 'chai';
import { Contradictions } from '../../src/collector/contradictions.ts';
import { createIngest } from '../../src/collector/ingest.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { warmUp } from '../../src/collector/warm-up.ts';
import { newRib } from '../../src/rib/adj-rib-in.ts';
import { reclaimPrefixIds } from '../../src/rib/held-prefixes.ts';

describe('collector/warm-up', () => {
  it('is well-formed, tells nobody, and leaves nothing behind', () => {
    const rib = newRib();
    const memo = new VerdictMemo(rib);
    reclaimPrefixIds(rib, afi => memo.forget(afi));
    const never = () => {
      throw new Error('nothing of this is to be told');
    };
    const book = new Contradictions({ describe: never, tell: never, mark: never, now: Date.now });
    const ingest = createIngest(
      rib,
      { memo, book, paths: createPathCheck(rib, () => undefined) },
      { endOfRib: never, malformed: never, passedOver: never },
    );
    warmUp(rib, memo, ingest);
    expect([rib.tables.length, rib.attributes.live, rib.ids4.live, rib.ids6.live]).to.deep.equal([0, 0, 0, 0]);
    expect(memo.snapshot).to.equal(null);
  });
});
