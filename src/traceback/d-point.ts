/** Decision point: the entry for whoever in this AS wants a packet traced. */
import { randomBytes } from 'node:crypto';
import { intervalOf } from './interval.ts';
import { type Itm, MAX_WORK, type Search } from './itm.ts';
import type { Trace } from './trace.ts';
import { conclude, ofFragment, withoutRepeats } from './tree.ts';
import { MAX_INTERVAL, MAX_QUESTIONS, MAX_TTL, type Purpose } from './wire.ts';

/** When the first partial result is due, and how far apart the next ones are at least; ms. */
const PARTIAL = 250;
/** QUERYs a trace may cost, here and behind. */
export const BUDGET = 64;
/** Traces of this AS at once. */
const MAX_TRACES = 256;

export interface TraceRequest {
  /** The packet's digests; near the turn of an epoch one under each key (traceback/interval.ts, `epochsOf`). */
  readonly questions: readonly { readonly epoch: number; readonly digest: string }[];
  /** The packet is a fragment: the datagram may have passed whole elsewhere, under another digest. */
  readonly fragment?: boolean;
  /** When the packet was seen, ms since the epoch. */
  readonly time: number;
  /** When it may have passed elsewhere; `time` and 2 s either side when left out. */
  readonly from?: number;
  readonly to?: number;
  readonly purpose?: Purpose;
  /** The operator's own reference; it is logged here and not sent. */
  readonly case?: string;
}

export interface DPoint {
  /**
   * Traces; resolves with the final result within 2 s. `onPartial` gets the result so far after 250 ms, and from then
   * on when it changed. Rejects when the request is wrong or too many traces run.
   */
  startTrace(request: TraceRequest, onPartial: (trace: Trace) => void): Promise<Trace>;
  /** Ends every trace now, each with what it has. */
  close(): void;
}

export interface DPointOptions {
  readonly as: number;
  readonly itm: Itm;
  readonly clock: () => number;
  /** One line of the audit log: what was asked and what came of it. */
  audit(what: 'trace.start' | 'trace.end', body: Readonly<Record<string, unknown>>): void;
}

/** The decision point of one AS. */
export function createDPoint(options: DPointOptions): DPoint {
  const { as, itm, clock, audit } = options;
  const running = new Set<AbortController>();

  return {
    async startTrace(request, onPartial) {
      const wrong = checkRequest(request);
      if (wrong !== null) throw new Error(wrong);
      if (running.size >= MAX_TRACES) throw new Error(`${MAX_TRACES} traces run already`);
      const asked = clock();
      const interval = { ...intervalOf(request.time) };
      const from = Math.floor(request.from ?? interval.from);
      const to = Math.ceil(request.to ?? interval.to);
      const questions = request.questions.map(({ epoch, digest }) => ({ epoch, digest }));
      const name = randomBytes(8).toString('hex');
      const id = `t${new Date(asked).toISOString().replace(/\D/g, '').slice(0, 14)}`.replace(/^(t\d{8})/, '$1-');
      const base = { id: `${id}-${name.slice(0, 4)}`, asked, questions, time: request.time, from, to };
      const traceOf = (state: Trace['state'], search: Search): Trace => {
        const tree = request.fragment ? ofFragment(search.tree) : search.tree;
        const milliseconds = clock() - asked;
        return { ...base, state, milliseconds, queries: search.queries, tree: withoutRepeats(tree), ...conclude(tree) };
      };
      const purpose = request.purpose ?? 'attack';
      audit('trace.start', { id: base.id, trace: name, case: request.case ?? null, purpose, questions, from, to });

      let latest: Search | null = null;
      let timer: NodeJS.Timeout | undefined;
      let due = false;
      const tell = () => {
        due = latest === null;
        if (latest === null) return;
        const search = latest;
        latest = null;
        timer = setTimeout(tell, PARTIAL);
        onPartial(traceOf('partial', search));
      };
      timer = setTimeout(tell, PARTIAL);

      const controller = new AbortController();
      running.add(controller);
      try {
        const search = await itm.search(
          {
            trace: name,
            origin: as,
            hops: [],
            ttl: MAX_TTL,
            deadline: asked + MAX_WORK,
            budget: BUDGET,
            purpose,
            questions: questions.map(question => ({ ...question, from, to })),
          },
          controller.signal,
          changed => {
            latest = changed;
            if (due) tell();
          },
        );
        const trace = traceOf('final', search);
        audit('trace.end', {
          id: base.id,
          queries: trace.queries,
          milliseconds: trace.milliseconds,
          entry: trace.entry,
        });
        return trace;
      } finally {
        clearTimeout(timer);
        running.delete(controller);
      }
    },
    close() {
      for (const controller of running) controller.abort();
    },
  };
}

function checkRequest({ questions, time, from, to }: TraceRequest): string | null {
  if (questions.length < 1 || questions.length > MAX_QUESTIONS)
    return `a trace asks 1 to ${MAX_QUESTIONS} digests, not ${questions.length}`;
  for (const { epoch, digest } of questions) {
    if (!/^[0-9a-f]{16}$/.test(digest)) return `a digest is 16 lower-case hex digits, not ${JSON.stringify(digest)}`;
    if (!Number.isInteger(epoch) || epoch < 0 || epoch > 0xffffffff) return `${epoch} is no epoch`;
  }
  const interval = intervalOf(time);
  const [begin, end] = [from ?? interval.from, to ?? interval.to];
  if (!(begin >= 0 && end <= Number.MAX_SAFE_INTEGER)) return 'the time of the packet is no time';
  if (end < begin) return 'the interval ends before it begins';
  return end - begin > MAX_INTERVAL ? `the interval is wider than ${MAX_INTERVAL / 60_000} minutes` : null;
}
