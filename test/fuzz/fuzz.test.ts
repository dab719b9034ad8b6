import { begin, end, fuzz } from './fuzz.ts';
import { targets } from './targets.ts';

const INPUTS = 400;

// The same inputs every time: what `make fuzz` does for minutes, in small. What that finds becomes a vector elsewhere.
describe('fuzz', () => {
  for (const target of targets(true))
    it(`breaks no promise of ${target.name}`, async function () {
      if (target.seeds.length === 0) this.skip();
      this.timeout(240_000);
      const fuzzed = await begin(target, 20261128);
      await fuzz(fuzzed, INPUTS);
      end(fuzzed);
    });
});
