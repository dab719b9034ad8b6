/** Decision point: the entry for whoever in this AS wants a packet traced. */
import { randomBytes } from 'node:crypto';
import type { Ask } from './asked.ts';
import { type AnswerNode, type Leaf, newBranch, newLeaf, snapshot } from './branch.ts';
import { certaintyOf, chancesOf } from './certainty.ts';
import { conclude } from './conclusion.ts';
import { loopsOf, markConflicts } from './contradiction.ts';
import type { Credit } from './credit.ts';
import type { Directory } from './directory.ts';
import { type FiledEvidence, fileEvidence } from './evidence-file.ts';
import { createExamining, type Examining, markRefuted } from './examining.ts';
import { intervalOf } from './interval.ts';
import { type Itm, MAX_WORK, type Search } from './itm.ts';
import { createOpening } from './opening.ts';
import type { AskedQuestion } from './proving.ts';
import { referralsOf } from './referrals.ts';
import type { RefusalBody, RefusalKind } from './refusals.ts';
import {
  type Class,
  LIFE,
  MAX_INTERVAL,
  MAX_QUESTIONS,
  type Purpose,
  packetsOf,
  referenceOf,
  signRequest,
  spanOf,
} from './request.ts';
import { say, type Voice } from './saying.ts';
import { sealKeys } from './seal.ts';
import { startStopwatch } from './stopwatch.ts';
import type { Trace, TraceNode } from './trace.ts';
import { ofFragment, withoutRepeats } from './tree.ts';
import { MAX_TTL } from './wire.ts';

/** When the first partial result is due, and how far apart the next ones are at least; ms. */
const PARTIAL = 250;
/** QUERYs a trace may cost, here and behind. */
export const BUDGET = 64;
/** When a search has to end before the trace has to, ms; and for each trace that runs: many may end at one time. */
const CONCLUDING = 50;
const CONCLUDING_EACH = 2;
/** Why a trace ends that `close` ends. */
const DAEMON_ENDS = 'the daemon ended';
/** Traces of this AS at once. */
const MAX_TRACES = 256;

export interface TraceQuestion {
  readonly epoch: number;
  /** 16 hex digits. */
  readonly digest: string;
  readonly packet?: number;
  /** When this packet was seen, ms; left out, the trace's time and interval are its own. */
  readonly time?: number;
}

export interface TraceRequest {
  /**
   * Digests of the packets; near the turn of an epoch one under each key (traceback/interval.ts, `epochsOf`). `packet`
   * tells packets of one attack apart; left out, all are of one.
   */
  readonly questions: readonly TraceQuestion[];
  /** How many of the packets one vantage has to have seen; 1 when left out. */
  readonly need?: number;
  /** The packet is a fragment: the datagram may have passed whole elsewhere, under another digest. */
  readonly fragment?: boolean;
  /** When the packet was seen, ms since the epoch. */
  readonly time: number;
  /** When it may have passed elsewhere; `time` and 2 s either side when left out. */
  readonly from?: number;
  readonly to?: number;
  readonly purpose?: Purpose;
  /** Ends the trace, with CANCEL to whoever still works on it; the reason is who ended it, in words. */
  readonly signal?: AbortSignal;
  /** Called once, with the trace's name and a way to look at what is known of it. */
  begun?(id: string, state: () => Trace): void;
  /** How hard the packets are to guess; `unknown` when left out. */
  readonly entropy?: Class;
  /** Who asked for it, in words, and that it was approved though it can be guessed: for the audit log alone. */
  readonly by?: string;
  readonly approved?: boolean;
  /** The trace whose questions are asked again by this one. */
  readonly repeats?: string;
  /** The operator's own reference, such as a case or a ticket: it is told to whoever is asked. */
  readonly case?: string;
  /** The trace is one that was in work when the daemon ended: its name, and when it was asked first. */
  readonly again?: { readonly id: string; readonly first: number };
}

export interface DPoint {
  /**
   * Traces; resolves with the final result within 2 s. `onPartial` gets the result so far after 250 ms, and from then
   * on when it changed; `keep` what the final result rests on, as it was signed. `store` gets the trace before anybody is
   * asked, and is waited for. Rejects when the request is wrong or too many traces run. A trace that `close` ends is
   * `interrupted`.
   */
  startTrace(
    request: TraceRequest,
    onPartial: (trace: Trace) => void,
    keep?: (evidence: FiledEvidence) => void,
    store?: (trace: Trace) => Promise<void>,
  ): Promise<Trace>;
  /** Ends every trace now, each with what it has. */
  close(): void;
}

export interface DPointOptions {
  readonly as: number;
  readonly itm: Itm;
  readonly voice: Voice;
  readonly directory: Directory;
  /** The federation whose keys the digests are made with. */
  readonly federation: () => string;
  readonly clock: () => number;
  /** Items of a request's `proof`; none when left out. */
  readonly prove?: (questions: readonly AskedQuestion[]) => Promise<readonly Uint8Array[]>;
  /** How far others are believed; as ASes of which nothing was measured when left out. */
  readonly credit?: Credit;
  /** What was measured of an AS, in words; null where nothing was. */
  measured?(as: number): string | null;
  /** Hears what others said in a trace that has ended. */
  heard?(tree: TraceNode): void;
  /** Asks an AS for packets that never were (measuring.ts); nobody is asked so when left out. */
  examine?(as: number, ask: Ask): Promise<boolean | null>;
  /** One line of the audit log: what was asked and what came of it. */
  audit(what: 'trace.start' | 'trace.end', body: Readonly<Record<string, unknown>>): void;
  /** Resolves when those lines are on disk; rejects in words when they cannot be. */
  recorded(): Promise<void>;
  /** An answer is refused. */
  refused(kind: RefusalKind, body: RefusalBody): void;
}

/** Names of traces, `tYYYYMMDD-HHMMSS-XXXX`: none twice, though a thousand may begin in one second. */
function traceNames(): { next(time: number): string } {
  let second = '';
  const given = new Set<string>();
  return {
    next(time) {
      const now = new Date(time).toISOString().replace(/\D/g, '').slice(0, 14);
      if (now !== second) given.clear();
      second = now;
      for (;;) {
        const end = randomBytes(2).toString('hex');
        if (given.has(end)) continue;
        given.add(end);
        return `t${now.slice(0, 8)}-${now.slice(8)}-${end}`;
      }
    },
  };
}

/** The decision point of one AS. */
export function createDPoint(options: DPointOptions): DPoint {
  const { as, itm, clock, audit } = options;
  const running = new Set<AbortController>();
  const names = traceNames();

  return {
    async startTrace(request, onPartial, keep, store) {
      const wrong = checkRequest(request);
      if (wrong !== null) throw new Error(wrong);
      if (running.size >= MAX_TRACES) throw new Error(`${MAX_TRACES} traces run already`);
      // It is counted from now on: many may begin while their first lines are written down.
      const controller = new AbortController();
      running.add(controller);
      return carry(request, controller, onPartial, keep, store).finally(() => running.delete(controller));
    },
    close() {
      for (const controller of running) controller.abort(DAEMON_ENDS);
    },
  };

  async function carry(
    request: TraceRequest,
    controller: AbortController,
    onPartial: (trace: Trace) => void,
    keep?: (evidence: FiledEvidence) => void,
    store?: (trace: Trace) => Promise<void>,
  ): Promise<Trace> {
    const [asked, elapsed] = [clock(), startStopwatch()];
    const interval = intervalOf(request.time);
    const from = Math.floor(request.from ?? interval.from);
    const to = Math.ceil(request.to ?? interval.to);
    const questions = request.questions.map(({ packet = 0, epoch, digest, time }) => ({
      ...{ packet, epoch, digest },
      ...(time !== undefined && { time }),
    }));
    const inFull = questions.map(({ packet, epoch, digest, time }) => ({
      ...{ packet, epoch, digest },
      ...(time === undefined ? { from, to } : intervalOf(time)),
    }));
    const packets = packetsOf({ questions });
    const need = request.need ?? 1;
    const name = randomBytes(8).toString('hex');
    const base = {
      id: request.again?.id ?? names.next(asked),
      ...{ asked, questions, packets, need, time: request.time },
      ...spanOf(inFull),
      ...{ purpose: request.purpose ?? 'attack', reference: referenceOf(request.case ?? '') },
      ...(request.fragment && { fragment: true as const }),
      entropy: request.entropy ?? ('unknown' as const),
      ...(request.repeats !== undefined && { repeats: request.repeats }),
      ...(request.again !== undefined && { again: { first: request.again.first } }),
    };
    const { purpose, reference, entropy } = base;
    const keys = sealKeys();
    const proof = (await options.prove?.(inFull)) ?? [];
    const signed = signRequest(
      {
        trace: name,
        origin: as,
        issued: asked,
        expires: asked + LIFE,
        ...{ purpose, reference, entropy, need },
        federation: options.federation(),
        questions: inFull,
        seal: keys.seal,
        proof,
      },
      options.voice.key(),
      options.voice.record(),
    );
    const opening = createOpening(as, signed, keys, options.directory, clock, options.refused);
    let examining: Examining | null = null;
    const traceOf = (state: Trace['state'], search: Search): Trace => {
      const opened = markRefuted(opening.open(search.tree), examining?.refuted() ?? new Set());
      const tree = markConflicts(request.fragment ? ofFragment(opened) : opened);
      const { weighed, ...concluded } = conclude(tree, options.credit);
      const { queries, here, answers, waves } = search;
      return {
        ...{ ...base, state, milliseconds: elapsed(), queries, cost: { budget: BUDGET, here, waves, answers } },
        ...{ tree: withoutRepeats(tree), ...concluded },
        ...certaintyOf(weighed, concluded.entry, concluded.ambiguity),
        chances: chancesOf(weighed),
        loops: loopsOf(tree),
        ...measuredOf(tree, options.measured),
        ...(search.inside !== null && { inside: search.inside }),
      };
    };
    const endedAs = ({ aborted, reason }: AbortSignal, search: Search): Trace => {
      if (!aborted) return traceOf('final', search);
      return reason === DAEMON_ENDS
        ? { ...traceOf('interrupted', search), interrupted: DAEMON_ENDS }
        : { ...traceOf('cancelled', search), cancelledBy: String(reason) };
    };
    audit('trace.start', {
      id: base.id,
      trace: name,
      case: request.case ?? null,
      reference,
      purpose,
      entropy,
      ...(request.by !== undefined && { by: request.by }),
      ...(request.approved && { approved: true }),
      ...(request.repeats !== undefined && { repeats: request.repeats }),
      questions,
      from,
      to,
    });
    // What cannot be written down is not asked.
    await Promise.all([options.recorded(), store?.(traceOf('partial', nothingYet(as)))]);

    let latest: Search | null = null;
    let newest: Search | null = null;
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

    const end = () => controller.abort(request.signal?.reason);
    request.signal?.addEventListener('abort', end);
    if (request.signal?.aborted) end();
    request.begun?.(base.id, () => traceOf('partial', newest ?? nothingYet(as)));
    try {
      const ask: Ask = {
        hops: [],
        ttl: MAX_TTL,
        deadline: asked + MAX_WORK - CONCLUDING - running.size * CONCLUDING_EACH,
        budget: BUDGET,
        signed,
      };
      const { examine } = options;
      if (examine !== undefined) examining = createExamining(as, ask, examine);
      const search = await itm.search(
        ask,
        controller.signal,
        changed => {
          newest = changed;
          opening.look(changed.tree);
          examining?.look(changed.tree);
          latest = changed;
          if (due) tell();
        },
        search => referralsOf(opening.open(search.tree)),
      );
      examining?.look(search.tree);
      if (!controller.signal.aborted) await examining?.settled();
      const trace = endedAs(controller.signal, search);
      const own = leavesOf(search.tree).map(leaf => say(options.voice, signed.hash, leaf));
      options.heard?.(opening.open(search.tree));
      keep?.(fileEvidence(signed, [...own, ...opening.statements()]));
      audit('trace.end', {
        id: base.id,
        queries: trace.queries,
        milliseconds: trace.milliseconds,
        entry: trace.entry,
        ...(trace.cancelledBy !== undefined && { cancelled: trace.cancelledBy }),
      });
      return trace;
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', end);
    }
  }
}

/** A search that has heard of nobody. */
function nothingYet(as: number): Search {
  const tree = snapshot(newBranch(as, 'cannot-know', 'the probes are being asked', 0));
  return { tree, own: newLeaf(as, 'cannot-know', '', 0), queries: 0, here: 0, answers: 0, waves: 0, inside: null };
}

/** What this AS itself says in a tree. */
function leavesOf(node: AnswerNode): Leaf[] {
  return [...('leaf' in node ? [node.leaf] : []), ...node.children.flatMap(leavesOf)];
}

function checkRequest({ questions, need = 1, time, from, to }: TraceRequest): string | null {
  if (questions.length < 1 || questions.length > MAX_QUESTIONS)
    return `a trace asks 1 to ${MAX_QUESTIONS} digests, not ${questions.length}`;
  for (const { packet = 0, epoch, digest, time: at = 0 } of questions) {
    if (!Number.isSafeInteger(at) || at < 0) return 'the time of a packet is no time';
    if (!/^[0-9a-f]{16}$/.test(digest)) return `a digest is 16 lower-case hex digits, not ${JSON.stringify(digest)}`;
    if (!Number.isInteger(packet) || packet < 0 || packet >= MAX_QUESTIONS) return `${packet} is no packet's number`;
    if (!Number.isInteger(epoch) || epoch < 0 || epoch > 0xffffffff) return `${epoch} is no epoch`;
  }
  const packets = new Set(questions.map(({ packet = 0 }) => packet)).size;
  if (!Number.isInteger(need) || need < 1 || need > packets) return `${need} of ${packets} packets cannot be needed`;
  const interval = intervalOf(time);
  const [begin, end] = [from ?? interval.from, to ?? interval.to];
  if (!(begin >= 0 && end <= Number.MAX_SAFE_INTEGER)) return 'the time of the packet is no time';
  if (end < begin) return 'the interval ends before it begins';
  return end - begin > MAX_INTERVAL ? `the interval is wider than ${MAX_INTERVAL / 60_000} minutes` : null;
}

/** What was measured of the ASes of a tree. */
function measuredOf(tree: TraceNode, wordsOf: DPointOptions['measured']): Pick<Trace, 'measured'> {
  if (wordsOf === undefined) return {};
  const all = (node: TraceNode): number[] => [node.as, ...node.children.flatMap(all)];
  const measured = [...new Set(all(tree))].flatMap(as => {
    const text = wordsOf(as);
    return text === null ? [] : [{ as, text }];
  });
  return measured.length === 0 ? {} : { measured };
}
