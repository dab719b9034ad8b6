/** When a packet may have passed, and under which keys it may have been digested: intertrack-protocol(7), DIGESTS. */

/** Clocks of two ASes, and of a probe and its AS, differ by less than this; ms. */
export const CLOCK_ERROR = 2000;
/** So near the turn of an hour, ms, another clock may have led to the neighbouring epoch's key. */
export const EPOCH_OVERLAP = 300_000;
const EPOCH = 3_600_000;

/** The interval to ask for a packet seen at `time` (ms). */
export function intervalOf(time: number): { readonly from: number; readonly to: number } {
  return { from: Math.max(0, time - CLOCK_ERROR), to: time + CLOCK_ERROR };
}

/** True when the key of an epoch may have digested a packet that passed in an interval (ms). */
export function isEpochOf(epoch: number, { from, to }: { readonly from: number; readonly to: number }): boolean {
  return epoch >= Math.floor((from - EPOCH_OVERLAP) / EPOCH) && epoch <= Math.floor((to + EPOCH_OVERLAP) / EPOCH);
}

/**
 * The epochs whose keys may have digested a packet seen at `time` (ms): its hour's, and within 5 minutes of either end
 * of the hour also the neighbouring one. Whoever digests a packet to ask for it makes one question for each.
 */
export function epochsOf(time: number): number[] {
  const epoch = Math.floor(time / EPOCH);
  const into = time - epoch * EPOCH;
  if (into < EPOCH_OVERLAP && epoch > 0) return [epoch - 1, epoch];
  return into >= EPOCH - EPOCH_OVERLAP ? [epoch, epoch + 1] : [epoch];
}
