/**
 * Work for many clients on one thread: each does a slice, then lets the others and the event loop go first. However many
 * wait, no more than one slice is done in a turn of the loop.
 */
export interface Turns {
  /** To be called often: null as long as the slice in hand is not used up, then a promise of the next one. */
  pause(): Promise<void> | null;
}

/** `milliseconds`: length of a slice. */
export function turns(milliseconds = 4): Turns {
  const waiting: (() => void)[] = [];
  let begun = Number.NEGATIVE_INFINITY;
  let scheduled = false;

  function next(): void {
    begun = performance.now();
    // It goes on before the next callback of the loop, which is the time its slice is counted from.
    waiting.shift()?.();
    scheduled = waiting.length > 0;
    if (scheduled) setImmediate(next);
  }

  return {
    pause() {
      if (performance.now() - begun < milliseconds) return null;
      return new Promise(resolve => {
        waiting.push(resolve);
        if (!scheduled) setImmediate(next);
        scheduled = true;
      });
    },
  };
}
