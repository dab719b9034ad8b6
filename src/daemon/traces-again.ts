/** What becomes, at the start of the daemon, of the traces that were in work when it ended. */
import type { Store } from '../store/records.ts';
import type { TraceRequest } from '../traceback/d-point.ts';
import type { Trace } from '../traceback/trace.ts';
import type { Traceback } from '../traceback/traceback.ts';
import { type InterruptedTrace, interruptedTraces, leaveInterrupted } from './kept-traces.ts';
import type { Log } from './log.ts';

/** Traces that are asked again; more than so many were interrupted by a daemon that had too much to do. */
const MOST_AGAIN = 32;
/** How long it is waited for sessions and probes, ms, and how often it is looked. */
const PATIENCE = 10_000;
const LOOK = 250;
/** How long windows are thought to be kept where no probe says so, s. */
const UNSTATED_RETENTION = 3600;

export interface TracesAgainOptions {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly log: Log;
  readonly clock: () => number;
  readonly traceback: () => Pick<Traceback, 'status'> | null;
  /** Seconds for which windows are kept; null when that is not known. */
  readonly retention: () => number | null;
  /** True when every probe that is configured is connected. */
  readonly probesReady: () => boolean;
  /** Asks again, and stores what comes of it. */
  ask(request: TraceRequest, before: Trace): Promise<Trace>;
}

/**
 * Asks again for what can still be known, once: a trace whose second asking was interrupted too might be what ends the
 * daemon. All others are left as interrupted. Never rejects; `signal` ends the waiting.
 */
export async function askInterrupted(options: TracesAgainOptions, signal: AbortSignal): Promise<void> {
  const { store, log } = options;
  try {
    const found = await interruptedTraces(store);
    if (found.length === 0) return;
    const again: InterruptedTrace[] = [];
    for (const one of found) {
      const why = whyNot(one, again.length, options);
      if (why === null) again.push(one);
      else await leave(one.trace, why);
    }
    if (again.length > 0) await ready(options, signal);
    for (const { trace, request } of again) {
      if (signal.aborted) return;
      const first = trace.again?.first ?? trace.asked;
      log('info', `trace ${trace.id} was in work when the daemon ended: it is asked again`);
      await options
        .ask({ ...request, again: { id: trace.id, first } }, trace)
        .catch((e: Error) => leave(trace, `it was not asked again: ${e.message}`));
    }
  } catch (e) {
    log('error', `traces that were in work: ${(e as Error).message}`);
  }

  async function leave(trace: Trace, reason: string): Promise<void> {
    log('warn', `trace ${trace.id} was interrupted: ${reason}`);
    await leaveInterrupted(store, trace, reason);
  }
}

/** What was known of a trace that no AS is asked for. */
export function knownBefore(trace: Trace): Partial<Trace> {
  const { flows, cause, requester, reflection, trigger, translation, caseId, source } = trace;
  const known = { flows, cause, requester, reflection, trigger, translation, caseId, source };
  return Object.fromEntries(Object.entries(known).filter(([, one]) => one !== undefined));
}

/** Null when a trace is to be asked again. */
function whyNot(
  { trace, tried }: InterruptedTrace,
  before: number,
  { traceback, retention, clock }: TracesAgainOptions,
): string | null {
  if (tried) return 'the daemon ended a second time while it was in work';
  if (traceback() === null) return 'the daemon ended, and has no traceback block now';
  if (clock() - trace.from > (retention() ?? UNSTATED_RETENTION) * 1000)
    return 'the daemon ended, and windows of that time are no longer kept';
  return before >= MOST_AGAIN ? `the daemon ended, and ${MOST_AGAIN} later ones were asked again` : null;
}

/** Resolves when sessions and probes are there, or it has been waited long enough. */
async function ready({ traceback, probesReady, clock }: TracesAgainOptions, signal: AbortSignal): Promise<void> {
  const end = clock() + PATIENCE;
  const all = () => (traceback()?.status() ?? []).every(({ state }) => state === 'Established') && probesReady();
  while (!signal.aborted && clock() < end && !all()) await new Promise(resolve => setTimeout(resolve, LOOK));
}
