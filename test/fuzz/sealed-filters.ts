/** Filters of sealed windows, as they lie in a file: decoded, and asked. */
import { ask, decodeFilter, falseSightings } from '../../src/probe/filters/sealed-filter.ts';
import { openSealer } from '../../src/probe/filters/sealer.ts';
import { digestsOf } from '../probe/filters/digests.ts';
import { mutate } from './mutate.ts';
import type { Target } from './target.ts';

/** The target; begins with filters of either kind, with digests that several vantages saw. */
export function sealedFilterTarget(): Target {
  const sealer = openSealer();
  const seeds = [0, 1, 3, 20].map(vantages => {
    const seen = Array.from({ length: vantages }, (_, i) => ({ vantage: i, keys: digestsOf(12, `${i >> 2}`) }));
    return Uint8Array.from(sealer.seal(seen, 8)!.filter.octets);
  });
  const asked = digestsOf(32, 'asked');
  return {
    name: 'sealed filters',
    seeds,
    mutate,
    judge(octets) {
      const filter = decodeFilter(octets);
      if ('wrong' in filter) {
        if (filter.offset < 0 || filter.offset > octets.length) throw new Error('an error outside the filter');
        return filter.wrong.replace(/\d+/g, '#');
      }
      let found = 0;
      for (let i = 0; i < asked.length; i += 2)
        for (const vantage of ask(filter, asked[i]!, asked[i + 1]!)) {
          if (!filter.vantages.includes(vantage)) throw new Error(`vantage ${vantage} is none of the filter's`);
          found++;
        }
      if (!(falseSightings(filter) >= 0)) throw new Error('a chance that is none');
      return `${filter.kind} ${filter.tables.length} ${Math.min(found, 3)}`;
    },
    begin() {},
  };
}
