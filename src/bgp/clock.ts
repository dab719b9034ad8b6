/** The time a session lives by, so that tests can turn the hands. Milliseconds throughout. */
export interface Clock {
  /** Monotonic. */
  now(): number;
  /** Calls once, later. The answer takes it back. */
  after(delay: number, call: () => void): () => void;
  /** A factor that spreads timers, 0.75 to 1 (RFC 4271 section 10). */
  jitter(): number;
}

/** The machine's own time. */
export const realClock: Clock = {
  now: () => performance.now(),
  after: (delay, call) => {
    const timer = setTimeout(call, delay);
    return () => clearTimeout(timer);
  },
  jitter: () => 0.75 + Math.random() / 4,
};
