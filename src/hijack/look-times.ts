/**
 * When a case book has to look at its timers if its time is not that of a clock: a timer begins with a change and runs for
 * one of a few lengths, so it can be over at no other moments than these.
 */
export interface LookTimes {
  /** Something has changed at `time`, which never goes back: timers of each of these lengths may have begun. */
  began(time: number, lengths: readonly number[]): void;
  /** The first moment not after `until` at which a timer may be over, once; null when there is none. */
  next(until: number): number | null;
}

export function lookTimes(): LookTimes {
  /** By length the moments to come; each list ascends, since time does. */
  const queues = new Map<number, { moments: number[]; at: number }>();
  let last = Number.NEGATIVE_INFINITY;
  return {
    began(time, lengths) {
      if (time === last) return;
      last = time;
      for (const length of lengths) {
        const queue = queues.get(length) ?? { moments: [], at: 0 };
        queues.set(length, queue);
        queue.moments.push(time + length);
        if (queue.at > 1024 && queue.at * 2 > queue.moments.length) {
          queue.moments = queue.moments.slice(queue.at);
          queue.at = 0;
        }
      }
    },
    next(until) {
      let first = Number.POSITIVE_INFINITY;
      for (const { moments, at } of queues.values()) first = Math.min(first, moments[at] ?? first);
      if (first === Number.POSITIVE_INFINITY || first > until) return null;
      for (const queue of queues.values()) if (queue.moments[queue.at] === first) queue.at++;
      return first;
    },
  };
}
