/**
 * How long something takes, by a clock that nobody sets: the clock of the day may be put back or forward while a trace
 * runs, and what is told and stored of it must not say that an answer came before it was asked for.
 */

/** Milliseconds since it was started, whole ones, never below 0. */
export type Stopwatch = () => number;

/** Starts one. `steady`: milliseconds from any beginning, which only grow; the process's own, but in tests. */
export function startStopwatch(steady: () => number = () => performance.now()): Stopwatch {
  const began = steady();
  return () => Math.max(0, Math.round(steady() - began));
}
