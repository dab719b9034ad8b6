/** Values that are told as they change, instead of being asked for again and again. */
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { TraceLineRow } from '../../control/live-rows.ts';
import type { TraceDetail } from '../../control/trace-rows.ts';
import type { Trace } from '../../traceback/trace.ts';
import { follow } from './api.ts';
import { ChangesContext, type Reading, useAsk } from './context.ts';

/** How long it waits before it listens again when it was cut off, ms. */
const PAUSE = 3000;
/** Changes that come within so many ms are one. */
const GATHERED = 300;

/** One that was interrupted may be asked again; any other that is over does not change any more. */
const untilOver = (trace: TraceDetail | null): number => (trace?.state === 'interrupted' ? PAUSE : 0);

/** A trace, which grows as answers come while it runs. */
export function useTrace(id: string): Reading<TraceDetail> {
  const reading = useAsk<TraceDetail>('show trace', { 'trace-id': id }, untilOver);
  const [live, setLive] = useState<Trace | null>(null);
  const { value, again } = reading;
  const runs = value?.state === 'partial';
  useEffect(() => {
    if (!runs) return;
    const gone = new AbortController();
    let timer = 0;
    const take = (row: unknown) => {
      // The line that ends the answer is no trace.
      if ((row as Partial<Trace>).id === id) setLive(row as Trace);
    };
    void follow('watch trace', take, gone.signal, { 'trace-id': id }).then(ended => {
      // Over: what is stored of it has more, such as whom to call.
      if (!gone.signal.aborted) timer = window.setTimeout(again, ended.ok ? 0 : PAUSE);
    });
    return () => {
      gone.abort();
      window.clearTimeout(timer);
    };
  }, [id, value]);
  const newer = runs && live?.id === id ? { ...value, ...live } : value;
  return { ...reading, value: newer };
}

/** Calls back when something of a case has changed. */
export function useCaseChanges(changed: () => void): void {
  const changes = useContext(ChangesContext);
  const known = useRef(changes);
  useEffect(() => {
    if (known.current === changes) return;
    known.current = changes;
    changed();
  }, [changes]);
}

/** Calls back when a trace begins, hears an answer or is over; not while the tab is hidden. */
export function useTraceChanges(changed: () => void): void {
  const [hidden, setHidden] = useState(document.hidden);
  useEffect(() => {
    const turned = () => setHidden(document.hidden);
    document.addEventListener('visibilitychange', turned);
    return () => document.removeEventListener('visibilitychange', turned);
  }, []);
  useEffect(() => {
    // A browser has few connections for one server, and every tab that nobody looks at would hold one.
    if (hidden) return;
    const gone = new AbortController();
    let timer = 0;
    let gathering = 0;
    const take = (row: unknown) => {
      if ((row as Partial<TraceLineRow>).trace === undefined) return;
      gathering ||= window.setTimeout(() => {
        gathering = 0;
        changed();
      }, GATHERED);
    };
    const listen = async () => {
      await follow('watch traces', take, gone.signal);
      if (!gone.signal.aborted) timer = window.setTimeout(listen, PAUSE);
    };
    void listen();
    return () => {
      gone.abort();
      window.clearTimeout(timer);
      window.clearTimeout(gathering);
    };
  }, [hidden]);
}
