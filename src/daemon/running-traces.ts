/** Traces that run now: they can be looked at, and ended. */
import type { Trace } from '../traceback/trace.ts';

/** What a trace that begins is given, and what it tells of itself. */
export interface Running {
  /** Aborts when the trace is to end; the reason is who ended it, in words. */
  readonly signal: AbortSignal;
  /** The trace has a name; `state` tells what is known of it so far. */
  begun(id: string, state: () => Trace): void;
}

export interface RunningTraces {
  /**
   * Runs a trace. It is ended by `cancel`, and when `outer` aborts: whoever asked for it is gone, or wants it no more, and
   * that is told of it as `by`.
   */
  run(start: (running: Running) => Promise<Trace>, outer?: AbortSignal, by?: string): Promise<Trace>;
  /** As far as they have come, the latest first. */
  list(): Trace[];
  get(id: string): Trace | null;
  /** Ends a trace; resolves with what became of it once that is stored. Null: no such trace runs. */
  cancel(id: string, by: string): Promise<Trace> | null;
}

/** `over`: is told of each that runs no more. */
export function createRunningTraces(over: (id: string) => void = () => {}): RunningTraces {
  const running = new Map<string, { state(): Trace; readonly end: AbortController; done: Promise<Trace> }>();
  return {
    run(start, outer, by = 'whoever asked for it') {
      const end = new AbortController();
      const gone = () => end.abort(by);
      if (outer?.aborted) gone();
      outer?.addEventListener('abort', gone);
      let name: string | null = null;
      let settle = (_: Promise<Trace>): void => {};
      const done = new Promise<Trace>(resolve => {
        settle = resolve;
      });
      done.catch(() => {}); // it is told to whoever began the trace
      const traced = start({
        signal: end.signal,
        begun(id, state) {
          name = id;
          running.set(id, { state, end, done });
        },
      }).finally(() => {
        outer?.removeEventListener('abort', gone);
        if (name === null) return;
        running.delete(name);
        over(name);
      });
      settle(traced);
      return traced;
    },
    list: () => [...running.values()].map(({ state }) => state()).reverse(),
    get: id => running.get(id)?.state() ?? null,
    cancel(id, by) {
      const one = running.get(id);
      if (one === undefined) return null;
      one.end.abort(by);
      return one.done;
    },
  };
}
