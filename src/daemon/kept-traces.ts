/**
 * Keeps traces from when they begin, so that none vanishes with the daemon: what is asked for is stored before anybody is
 * asked, what is known whenever it is told, and at the next start the trace is asked again or shown as it was.
 */
import type { Store } from '../store/records.ts';
import type { TraceRequest } from '../traceback/d-point.ts';
import type { FiledEvidence } from '../traceback/evidence-file.ts';
import type { Trace } from '../traceback/trace.ts';
import type { Log } from './log.ts';

/** A trace as it is stored while it runs. */
export interface KeptTrace {
  /** It has begun: resolves when that is on disk. Never rejects. */
  begun(trace: Trace, request: TraceRequest): Promise<void>;
  partial(trace: Trace): void;
  /** Stores the final trace with what it rests on; one that was interrupted stays in work. Resolves with it. */
  ended(trace: Trace, evidence: FiledEvidence | null): Promise<Trace>;
}

/** What is stored of a trace in work. */
interface Work {
  readonly request: TraceRequest;
  /** How often it was asked again. */
  readonly tries: number;
}

/** A trace that was in work when the daemon ended. */
export interface InterruptedTrace {
  readonly trace: Trace;
  readonly request: TraceRequest;
  /** True when it was asked again before, and the daemon ended again. */
  readonly tried: boolean;
}

const putOf = (trace: Trace) => ({
  op: 'trace.put' as const,
  record: { id: trace.id, asked: trace.asked, body: JSON.stringify(trace) },
});

/** `tell`: is told of a trace that has begun, of which more is known, and that is stored as over. */
export function createKeptTraces(store: Pick<Store, 'write'>, log: Log, tell: (trace: Trace) => void): KeptTrace {
  const failed = (trace: Trace) => (e: Error) => log('error', `trace ${trace.id} cannot be stored: ${e.message}`);
  return {
    begun(trace, { signal: _signal, begun: _begun, ...request }) {
      const work: Work = { request, tries: request.again === undefined ? 0 : 1 };
      const { id } = trace;
      tell(trace);
      return store.write([putOf(trace), { op: 'trace.begun', id, body: JSON.stringify(work) }]).catch(failed(trace));
    },
    partial(trace) {
      tell(trace);
      store.write([putOf(trace)]).catch(failed(trace));
    },
    async ended(trace, evidence) {
      const { id } = trace;
      await store.write([
        putOf(trace),
        ...(evidence === null ? [] : [{ op: 'trace.rests-on' as const, id, body: JSON.stringify(evidence) }]),
        ...(trace.state === 'interrupted' ? [] : [{ op: 'trace.over' as const, id }]),
      ]);
      tell(trace);
      return trace;
    },
  };
}

/** The traces that were in work when the daemon ended, the latest first. */
export async function interruptedTraces(store: Pick<Store, 'read'>): Promise<InterruptedTrace[]> {
  const rows = await store.read('trace.work', {});
  return rows.map(({ body, work }) => {
    const { request, tries } = JSON.parse(work) as Work;
    return { trace: JSON.parse(body) as Trace, request, tried: tries > 0 };
  });
}

/** Shows a trace as interrupted, for good, with what was known. */
export async function leaveInterrupted(store: Pick<Store, 'write'>, trace: Trace, reason: string): Promise<void> {
  await store.write([
    putOf({ ...trace, state: 'interrupted', interrupted: reason }),
    { op: 'trace.over', id: trace.id },
  ]);
}
