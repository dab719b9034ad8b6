/** Lines that come by themselves while a person works: at most so many at a time, the others counted. */

/** Lines that are shown at once, and ms between two times. */
const MOST = 50;
const PAUSE = 1000;

export interface Monitor {
  /** A line to be shown as soon as it may be. */
  take(line: string): void;
  /** Lines were counted by who sent them: they did not come. */
  missed(lines: number): void;
  /** Shows now what waits, since nothing holds it back any more. */
  flush(): void;
  /** Forgets what waits. */
  clear(): void;
}

export interface MonitorOptions {
  /** Lines are not to be shown now: an answer is being printed. */
  readonly held: () => boolean;
  readonly show: (lines: readonly string[]) => void;
}

export function createMonitor({ held, show }: MonitorOptions): Monitor {
  let waiting: string[] = [];
  let left = 0;
  let timer: NodeJS.Timeout | undefined;
  let shown = Number.NEGATIVE_INFINITY;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (held() || (waiting.length === 0 && left === 0)) return;
    const lines = left === 0 ? waiting : [...waiting, `${left} ${left === 1 ? 'line' : 'lines'} left out`];
    waiting = [];
    left = 0;
    shown = performance.now();
    show(lines);
  }
  function later(): void {
    if (timer !== undefined || held()) return;
    timer = setTimeout(flush, Math.max(0, shown + PAUSE - performance.now()));
    timer.unref();
  }

  return {
    take(line) {
      if (waiting.length < MOST) waiting.push(line);
      else left++;
      later();
    },
    missed(lines) {
      left += lines;
      later();
    },
    flush,
    clear() {
      clearTimeout(timer);
      timer = undefined;
      waiting = [];
      left = 0;
    },
  };
}
