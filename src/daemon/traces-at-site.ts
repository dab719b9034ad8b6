/** What a site has of traces that its ITM carries, and an ITM of those that sites ask for. */
import type { TracebackConfig } from '../config/traceback-tree.ts';
import type { TraceRequest } from '../traceback/d-point.ts';
import type { TraceForSite } from '../traceback/site-traces.ts';
import type { Trace } from '../traceback/trace.ts';
import type { Running, RunningTraces } from './running-traces.ts';
import type { TraceSites } from './trace-sites.ts';
import { checkGuessable } from './trace-terms.ts';

/** Has the ITM trace. What it tells has `more` in it, which this daemon knows itself; from the first word on it has a name. */
export function traceAtItm(
  { trace }: Pick<TraceSites, 'trace'>,
  request: TraceRequest,
  tell: (trace: Trace) => void,
  more: () => Partial<Trace>,
): Promise<Trace> {
  let latest: Trace | null = null;
  return trace(request, partial => {
    const first = latest === null;
    latest = { ...partial, ...more() };
    if (first) request.begun?.(partial.id, () => latest!);
    tell(latest);
  });
}

/**
 * Traces for sites, among those that run; who asks is told in the audit log as of the site. `policy`: which packets a person
 * has to approve, in this daemon too.
 */
export function tracesForSites(
  running: () => Pick<RunningTraces, 'run'>,
  policy: () => TracebackConfig['ask'],
  ask: (request: TraceRequest & Running, onPartial: (trace: Trace) => void) => Promise<Trace>,
): (site: string) => TraceForSite {
  return site => (request, by, signal, onPartial) => {
    const asker = `site ${site}${by === '' ? '' : `: ${by}`}`;
    const run = async (one: Running) => {
      checkGuessable(policy(), request.entropy, request.approved === true);
      return ask({ ...request, by: asker, ...one }, onPartial);
    };
    return running().run(run, signal, asker);
  };
}
