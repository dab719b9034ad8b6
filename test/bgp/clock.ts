import type { Clock } from '../../src/bgp/clock.ts';

/** A clock that stands still until it is turned. */
export interface HandClock extends Clock {
  /** Turns the hands on by so many milliseconds; what is due is called in its order. */
  turn(milliseconds: number): void;
}

/** Makes a clock at zero, without jitter. */
export function handClock(): HandClock {
  let time = 0;
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    now: () => time,
    jitter: () => 1,
    after(delay, call) {
      const timer = { at: time + delay, call };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    turn(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        const [next] = [...timers].filter(timer => timer.at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        time = Math.max(time, next.at);
        next.call();
      }
      time = end;
    },
  };
}
