/** How large the segments of a slice are made: from what its vantage has seen before. */

/** Digests of the smallest segment; each larger size is twice the one before. */
export const LEAST_SEGMENT = 640;
/** Sizes of segments: the largest, of 81,920 digests, has a filter of 128 KiB, which a processor's second cache holds. */
export const SEGMENT_SIZES = 8;
/** A slice is made for the peak of the last minute, and as much more. */
const HEADROOM = 1.3;
const MINUTE = 60;

export interface SliceSizes {
  /** Digests that a slice of this vantage and second is made for; 0 when nothing is known. */
  expected(vantage: number, second: number): number;
  /** Takes note of what a slice of a second has come to. */
  note(vantage: number, second: number, digests: number): void;
}

interface Peak {
  minute: number;
  now: number;
  before: number;
}

/** Nothing seen yet. */
export function sliceSizes(): SliceSizes {
  const peaks = new Map<number, Peak>();
  /** The peak of a vantage, in this minute and in the one before. */
  const at = (peak: Peak, minute: number): Peak => {
    if (minute > peak.minute) {
      peak.before = minute === peak.minute + 1 ? peak.now : 0;
      peak.now = 0;
      peak.minute = minute;
    }
    return peak;
  };
  return {
    expected(vantage, second) {
      const peak = peaks.get(vantage);
      if (peak === undefined) return 0;
      const { now, before } = at(peak, Math.floor(second / MINUTE));
      return Math.ceil(Math.max(now, before) * HEADROOM);
    },
    note(vantage, second, digests) {
      const minute = Math.floor(second / MINUTE);
      const peak = peaks.get(vantage);
      if (peak === undefined) peaks.set(vantage, { minute, now: digests, before: 0 });
      else at(peak, minute).now = Math.max(peak.now, digests);
    },
  };
}

/**
 * Size (0 to SEGMENT_SIZES - 1) of the next segment of a slice that is made for `expected` digests and has room for
 * `there`. The largest that is not too large: what is missing is made up of smaller and smaller ones, so that no more than
 * the smallest is wasted. Beyond what was expected, by half as much as there is.
 */
export function nextSegmentSize(expected: number, there: number): number {
  const wanted = expected > there ? expected - there : there / 2;
  const size = Math.floor(Math.log2(Math.max(wanted / LEAST_SEGMENT, 1)));
  return Math.min(size, SEGMENT_SIZES - 1);
}
