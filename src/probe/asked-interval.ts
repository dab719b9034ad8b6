/** The time that a question is about. */
import { EPOCH_MILLISECONDS } from '../packet/itk1.ts';
import type { Question } from './question.ts';

/** Milliseconds since the epoch, both ends included; nothing when `to` is before `from`. */
export interface AskedInterval {
  readonly from: number;
  readonly to: number;
}

/** A digest of an epoch's key is found in that epoch's windows only. */
export function intervalOf({ epoch, from, to }: Question): AskedInterval {
  return {
    from: Math.max(from, epoch * EPOCH_MILLISECONDS),
    to: Math.min(to, (epoch + 1) * EPOCH_MILLISECONDS - 1),
  };
}

/** True when the interval and the seconds from `first` to `last` have a moment in common. */
export function overlaps({ from, to }: AskedInterval, first: number, last: number): boolean {
  return first * 1000 <= to && (last + 1) * 1000 > from;
}
