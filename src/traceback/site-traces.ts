/**
 * Traces that begin at a site, at both ends of its connection with the ITM of its AS: the site asks by digests, the ITM
 * traces as it does for its own D-point, and tells what it knows.
 */
import { printable } from './connection.ts';
import type { TraceRequest } from './d-point.ts';
import type { SiteConnection } from './site-connection.ts';
import type { SiteMessage, SiteTrace } from './site-wire.ts';
import type { Trace } from './trace.ts';
import { readTraceText, writeTraceText } from './trace-text.ts';

/** Traces of one site at once. */
const MOST_AT_ONCE = 64;
/** A trace has two seconds; one of which the end has not come after so long is given up by the site, and cancelled; ms. */
const PATIENCE = 10_000;

/** Begins a trace at the ITM; `by` is who asks at the site, in words. */
export type TraceForSite = (
  request: TraceRequest,
  by: string,
  signal: AbortSignal,
  onPartial: (trace: Trace) => void,
) => Promise<Trace>;

/** The ITM's end of one connection. */
export interface TracesOfSite {
  hear(message: Extract<SiteMessage, { type: 'trace' | 'cancel' }>): void;
  /** The connection is over: what runs for it ends. */
  gone(): void;
}

/** `mayTrace`: the site has the role `dpoint`. */
export function createTracesOfSite(
  connection: Pick<SiteConnection, 'send'>,
  mayTrace: () => boolean,
  trace: TraceForSite,
): TracesOfSite {
  const running = new Map<number, AbortController>();
  const begin = async (message: SiteTrace): Promise<void> => {
    const { id } = message;
    const refuse = (reason: string) =>
      connection.send({ type: 'untraced', id, reason: printable(reason).slice(0, 120) });
    if (!mayTrace()) return refuse('the site has not the role `dpoint`');
    if (running.has(id)) return refuse('a trace of this number runs already');
    if (running.size >= MOST_AT_ONCE) return refuse(`${MOST_AT_ONCE} traces of this site run already`);
    const end = new AbortController();
    running.set(id, end);
    const tell = (told: Trace, over: boolean) => {
      const octets = writeTraceText(told);
      if (octets !== null) connection.send({ type: 'traced', id, over, trace: octets });
      else if (over) refuse(`trace ${told.id} is too long to be told; the ITM has it`);
    };
    try {
      const ended = await trace(requestOf(message), message.by, end.signal, partial => {
        if (!end.signal.aborted) tell(partial, false);
      });
      tell(ended, true);
    } catch (error) {
      refuse((error as Error).message);
    } finally {
      running.delete(id);
    }
  };
  return {
    hear(message) {
      if (message.type === 'trace') void begin(message);
      else running.get(message.id)?.abort(message.reason);
    },
    gone() {
      for (const end of running.values()) end.abort('the site is not connected any more');
    },
  };
}

function requestOf({
  questions,
  from,
  to,
  fragment,
  approved,
  by,
  case: reference,
  repeats,
  ...message
}: SiteTrace): TraceRequest {
  const { need, time, purpose, entropy } = message;
  return {
    questions: questions.map(({ time: at, ...asked }) => ({ ...asked, ...(at !== null && { time: at }) })),
    ...{ need, time, purpose, entropy, case: reference },
    ...(from !== null && { from }),
    ...(to !== null && { to }),
    ...(fragment && { fragment: true }),
    ...(approved && { approved: true }),
    ...(by !== '' && { by }),
    ...(repeats !== '' && { repeats }),
  };
}

/** A site's end. */
export interface TracesAtItm {
  /** Traces; rejects in words when the ITM is away, refuses, or is lost before the end. */
  trace(request: TraceRequest, onPartial: (trace: Trace) => void): Promise<Trace>;
  /** False for a message that belongs to no trace that runs: it is late. */
  hear(message: Extract<SiteMessage, { type: 'traced' | 'untraced' }>): void;
  gone(reason: string): void;
}

/** `send`: null while the ITM is away. `patience`: `PATIENCE`, but for tests. */
export function createTracesAtItm(send: () => SiteConnection['send'] | null, patience = PATIENCE): TracesAtItm {
  const running = new Map<
    number,
    { told(trace: Trace): void; ended(trace: Trace): void; failed(reason: string): void }
  >();
  let lastId = 0;
  return {
    trace(request, onPartial) {
      const to = send();
      if (to === null) return Promise.reject(new Error('the ITM of this AS is not connected: no trace can begin'));
      const id = lastId;
      lastId = (lastId + 1) >>> 0;
      return new Promise((resolve, reject) => {
        const end = (reason: string) => send()?.({ type: 'cancel', id, reason: printable(reason).slice(0, 60) });
        const cancel = () => end(String(request.signal?.reason));
        const finish = (tell: () => void) => {
          clearTimeout(timer);
          request.signal?.removeEventListener('abort', cancel);
          running.delete(id);
          tell();
        };
        const failed = (reason: string) => finish(() => reject(new Error(`the ITM: ${reason}`)));
        const timer = setTimeout(() => {
          // Else the ITM would go on for nobody.
          end('the site has waited too long');
          failed('nothing came of the trace in time');
        }, patience);
        running.set(id, { told: onPartial, ended: trace => finish(() => resolve(trace)), failed });
        request.signal?.addEventListener('abort', cancel);
        to(messageOf(id, request));
        if (request.signal?.aborted) cancel();
      });
    },
    hear(message) {
      const one = running.get(message.id);
      if (one === undefined) return;
      if (message.type === 'untraced') return one.failed(message.reason);
      const got = readTraceText(message.trace);
      if ('wrong' in got) return one.failed(`${got.at}: ${got.wrong}`);
      if (message.over) one.ended(got.trace);
      else one.told(got.trace);
    },
    gone(reason) {
      for (const { failed } of running.values()) failed(`${reason}; what it found is stored there`);
    },
  };
}

function messageOf(id: number, request: TraceRequest): SiteTrace {
  const { questions, need = 1, time, from = null, to = null, fragment = false, approved = false } = request;
  const { purpose = 'attack', entropy = 'unknown', by = '', repeats = '' } = request;
  const inWords = (words: string) => printable(words).slice(0, 60);
  return {
    ...{ type: 'trace', id, need, fragment, time, purpose, entropy, approved, repeats },
    ...{ from: from && Math.floor(from), to: to && Math.ceil(to), by: inWords(by), case: inWords(request.case ?? '') },
    questions: questions.map(({ packet = 0, epoch, digest, time: at = null }) => ({ packet, epoch, digest, time: at })),
  };
}
