/** Long walks through a table of VRPs. */
import { prefixOfWords } from '../../net/prefix.ts';
import type { Vrp } from '../rov.ts';
import { slicer } from '../slice.ts';
import type { EachVrp, Vrps } from './vrp-table.ts';

/** Places of a table that are walked in one go. */
const SLICE = 2048;

/** Walks a table in slices of a few milliseconds. */
export async function walkVrps(table: Vrps, each: EachVrp): Promise<void> {
  const pause = slicer();
  for (let place = 0; place < table.places; place += SLICE) {
    await pause();
    table.forEach(each, place, place + SLICE);
  }
}

/** The first `limit` VRPs of an AS that the walk comes upon, and how many it has. */
export async function vrpsOfAs(table: Vrps, as: number, limit: number): Promise<{ found: Vrp[]; count: number }> {
  const found: Vrp[] = [];
  let count = 0;
  await walkVrps(table, (afi, w0, w1, w2, w3, length, maxLength, asn) => {
    if (asn === as && count++ < limit)
      found.push({ prefix: prefixOfWords(afi, w0, w1, w2, w3, length), maxLength, asn });
  });
  return { found, count };
}
