/**
 * What a JSON file says of its VRPs beyond themselves: until when each is good, and of which trust anchor it comes. One entry
 * for each of the file; the same VRP may stand in several. Columns, for half a million of them.
 */
import { slicer } from '../slice.ts';
import { formatVrp } from './payloads.ts';
import type { VrpLog } from './vrp-log.ts';

export interface VrpMarks {
  readonly vrps: VrpLog;
  /** When each is over, whole seconds since the epoch; 0: it is not said. */
  readonly expires: Uint32Array;
  /** Place of its trust anchor in `names`, from 1; 0: it is not said. */
  readonly anchors: Uint16Array;
  readonly names: readonly string[];
}

/** What is said of one VRP: the latest of its ends (ms since the epoch; null: none is said), and its trust anchors. */
export interface VrpMark {
  readonly expires: number | null;
  readonly anchors: readonly string[];
}

/** Entries between two looks at the clock. */
const SLICE = 2048;

/** What is said of the VRPs that are `wanted` (as `formatVrp` writes them), in slices. `ases`: all that are in them. */
export async function marksOf(
  { vrps, expires, anchors, names }: VrpMarks,
  wanted: ReadonlySet<string>,
  ases: ReadonlySet<number>,
): Promise<ReadonlyMap<string, VrpMark>> {
  const found = new Map<string, VrpMark>();
  const pause = slicer();
  for (let from = 0; from < vrps.count; from += SLICE) {
    await pause();
    let at = from;
    vrps.forEach(
      (_announce, afi, w0, w1, w2, w3, length, maxLength, asn) => {
        const i = at++;
        if (!ases.has(asn)) return;
        const key = formatVrp(afi, w0, w1, w2, w3, length, maxLength, asn);
        if (!wanted.has(key)) return;
        const before = found.get(key);
        const name = names[anchors[i]! - 1];
        found.set(key, {
          expires: later(before?.expires ?? null, expires[i]! === 0 ? null : expires[i]! * 1000),
          anchors: [...new Set([...(before?.anchors ?? []), ...(name === undefined ? [] : [name])])],
        });
      },
      from,
      from + SLICE,
    );
  }
  return found;
}

/** The later of two times; null where neither is known. */
export const later = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);
