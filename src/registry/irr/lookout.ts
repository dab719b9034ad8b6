/** The turns of a feed: one look after the other, every so often or when asked. */

export interface Lookout {
  /** Looks now, or after the one that is under way; those asked for meanwhile are one. Never rejects. */
  now(whole: boolean): Promise<void>;
  /** Waits for the next turn. */
  wait(): void;
  /** The source has answered, with something new or that there is nothing new. */
  succeeded(): void;
  /** See FeedStatus. `silence` by the clock that nobody sets. */
  times(): { readonly succeeded: number | null; readonly silence: number };
}

/** Looks `delay()` milliseconds after the end of the last look; 0: only when asked. The signal ends it. */
export function lookout(delay: () => number, signal: AbortSignal, look: (whole: boolean) => Promise<void>): Lookout {
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  let waiting: { readonly done: Promise<void>; whole: boolean } | null = null;
  let succeeded: number | null = null;
  let heard = performance.now();

  function wait(): void {
    clearTimeout(timer);
    const milliseconds = delay();
    if (milliseconds <= 0 || signal.aborted) return;
    timer = setTimeout(() => void now(false), milliseconds);
    timer.unref();
  }

  function now(whole: boolean): Promise<void> {
    if (waiting !== null) {
      waiting.whole ||= whole;
      return waiting.done;
    }
    clearTimeout(timer);
    const mine = {
      whole,
      done: turn.then(async () => {
        waiting = null;
        if (signal.aborted) return;
        await look(mine.whole).finally(wait);
      }),
    };
    waiting = mine;
    turn = mine.done.catch(() => {}); // told to whoever waits for it
    return mine.done;
  }

  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return {
    now,
    wait,
    succeeded() {
      succeeded = Date.now();
      heard = performance.now();
    },
    times: () => ({ succeeded, silence: performance.now() - heard }),
  };
}
