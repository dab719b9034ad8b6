/**
 * Hash-consistent sampling under overload: of each second a share of the digests is kept, those that are low as numbers of
 * 16 hex digits. All who keep the same share keep the same packets, and of each digest one knows whether it would have been
 * kept: where it would not, there is no answer, instead of a no.
 */
import { KEEP_ALL } from '../packet/digest-kernel.ts';

/** Less than one packet in 65,536 is as good as none. */
const LEAST_SHARE = 2 ** -16;
/** Seconds without overload after which the share is doubled. */
const RECOVERY = 30;
/** Seconds that a smaller share takes to show: until then it is not halved again. */
const EFFECT = 2;

/** True when a digest, 16 hex digits or its first 8 octets, would be kept at a share (a power of two). */
export function inSample(digest: Uint8Array, share: number): boolean {
  const upper = ((digest[0]! << 24) | (digest[1]! << 16) | (digest[2]! << 8) | digest[3]!) >>> 0;
  return upper < share * 4294967296;
}

/** The highest digest that is kept at a share, for DigestKernel.sample. */
export function highestKept(share: number): bigint {
  return share >= 1 ? KEEP_ALL : BigInt(share * 2 ** 64) - 1n;
}

export interface SampleBook {
  /** Share that is kept now: a power of two. */
  readonly share: number;
  /** Least share that was kept of a second. */
  of(second: number): number;
  /** There is more than can be taken in, in this second. True when the share was halved for it. */
  overloaded(second: number): boolean;
  /** Packets of a second are taken in from now on. True when the share has recovered. */
  begin(second: number): boolean;
  /** What was kept of seconds before one is no longer asked. */
  forget(before: number): void;
}

/** Nothing left out yet. */
export function sampleBook(): SampleBook {
  let share = 1;
  /** Second of the last overload, and of the last change. */
  let overload = Number.NEGATIVE_INFINITY;
  let changed = Number.NEGATIVE_INFINITY;
  const less = new Map<number, number>();
  const note = (second: number) => {
    if (share < 1) less.set(second, Math.min(share, less.get(second) ?? 1));
  };
  return {
    get share() {
      return share;
    },
    of: second => less.get(second) ?? 1,
    overloaded(second) {
      overload = Math.max(overload, second);
      if (share <= LEAST_SHARE || second < changed + EFFECT) return false;
      share /= 2;
      changed = second;
      note(second);
      return true;
    },
    begin(second) {
      const recovered = share < 1 && second >= Math.max(overload, changed) + RECOVERY;
      if (recovered) {
        share *= 2;
        changed = second;
      }
      note(second);
      return recovered;
    },
    forget(before) {
      for (const second of less.keys()) if (second < before) less.delete(second);
    },
  };
}
