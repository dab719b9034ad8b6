/**
 * The trace side of the daemon: the federation's secret and its keys, the station that probes connect to, the managers,
 * and what becomes of a trace.
 */
import type { AskRib } from '../collector/thread.ts';
import type { Config } from '../config/tree.ts';
import { type Guessing, guessingOf } from '../packet/best-packets.ts';
import { type DigestKernel, loadKernel } from '../packet/digest-kernel.ts';
import { epochKey, keyCheck } from '../packet/itk1.ts';
import { openProbeStation, type ProbeStation } from '../probe/socket/station.ts';
import type { Store } from '../store/records.ts';
import type { BorderQuestion } from '../traceback/btm.ts';
import type { TraceRequest } from '../traceback/d-point.ts';
import type { FiledEvidence } from '../traceback/evidence-file.ts';
import type { Identity } from '../traceback/identity.ts';
import { createSamplers } from '../traceback/samplers.ts';
import type { Trace } from '../traceback/trace.ts';
import { createTraceback, type Traceback } from '../traceback/traceback.ts';
import type { PacketToTrace } from './asked-packets.ts';
import type { AuditLog } from './audit.ts';
import { type Checklists, createChecklists } from './checklists.ts';
import { commitmentsTo } from './commitments.ts';
import { watchEndingCertificates } from './ending-certificates.ts';
import { openHonesty } from './honesty.ts';
import { openApprovals } from './kept-approvals.ts';
import { keptRoots } from './kept-roots.ts';
import { createKeptTraces } from './kept-traces.ts';
import type { Live } from './live.ts';
import type { Log } from './log.ts';
import { createPacketTraces } from './packet-traces.ts';
import { createPastGraph } from './past-graph.ts';
import type { Claimed } from './path-claims.ts';
import { openProbeDoors } from './probe-doors.ts';
import { graphOf } from './rib-graph.ts';
import { createRunningTraces, type RunningTraces } from './running-traces.ts';
import { readPem } from './site-files.ts';
import { createTraceExchange } from './trace-exchange.ts';
import { methodsOf, openSecrets, readSecret, readTraceFiles, retentionOf } from './trace-files.ts';
import { watchTraceHints } from './trace-hints.ts';
import type { TraceReason } from './trace-reason.ts';
import { checkDPoint, createTraceSites, isSite, type TraceSites } from './trace-sites.ts';
import { type DigestToTrace, ofDigest, requestOf, type TraceTerms, termsOf } from './trace-terms.ts';
import { askInterrupted, knownBefore } from './traces-again.ts';
import { traceAtItm, tracesForSites } from './traces-at-site.ts';

export type { TraceReason };

export interface Traces {
  /** Traces packets of one attack, at least one. Resolves with the final trace, which is stored with its cause. */
  startTrace(packets: readonly PacketToTrace[], onPartial: (trace: Trace) => void, why?: TraceReason): Promise<Trace>;
  /** Traces a packet of which its digest is known. */
  startDigest(
    digest: DigestToTrace,
    onPartial: (trace: Trace) => void,
    why?: Omit<TraceReason, 'cause' | 'need' | 'trigger'>,
  ): Promise<Trace>;
  /** Traces packets that another system asks about by their digests. */
  startQuestions(
    asked: Pick<TraceRequest, 'questions' | 'time' | 'need' | 'from' | 'to'>,
    why: Required<Pick<TraceTerms, 'requester' | 'purpose'>>,
  ): Promise<Trace>;
  /** The key of an hour; null without a federation. */
  epochKey(epoch: number): Uint8Array | null;
  /** Asks a trace again, with the same digests. */
  startAgain(trace: Trace, onPartial: (trace: Trace) => void, why?: Pick<TraceReason, 'signal' | 'by'>): Promise<Trace>;
  /** What is to be said of secrets that are none, of certificates that end, and of the checklists of others, in words. */
  certificateProblems(): readonly string[];
  readonly checklists: Pick<Checklists, 'rowOf'>;
  readonly running: Pick<RunningTraces, 'list' | 'get' | 'cancel'>;
  /** What would be asked for packets, of our own probes and of others. Throws an Error, in words, when nothing can be. */
  questionOf(packets: readonly PacketToTrace[], need?: number): BorderQuestion;
  /** How hard the packet that would be asked for is to guess; or why it has no digest, in words. */
  guessingOf(packet: Omit<PacketToTrace, 'time'>): Guessing | { readonly reason: string };
  readonly station: ProbeStation;
  /** Looks through the routes for hints at other participants; else it is done every five minutes. */
  lookForHints(): Promise<void>;
  readonly sites: Pick<TraceSites, 'status' | 'itm' | 'ports'>;
  /** Null when there is no `traceback` block. */
  traceback(): Traceback | null;
  /** Takes another configuration. Rejects in words when a file or an address is wrong; then nothing has changed. */
  reconfigure(config: Config): Promise<void>;
  /** Asks again for what was in work when the daemon ended. Resolves when that is done; never rejects. */
  takeUpAgain(): Promise<void>;
  /** Ends what runs now: the daemon ends, and those who wait are about to be sent away. */
  interrupt(): void;
  close(): Promise<void>;
}

export async function openTraces(
  initial: Config,
  query: AskRib,
  store: Store,
  audit: Pick<AuditLog, 'add' | 'recorded'>,
  log: Log,
  /** What BGP claims of the way to packets' sources; nobody says when left out. */
  claims: (packets: readonly PacketToTrace[]) => Promise<Claimed | null> = async () => null,
  live: Pick<Live, 'trace' | 'traceOver'> = { trace: () => {}, traceOver: () => {} },
): Promise<Traces> {
  let config = initial;
  let secret: Uint8Array | null = null;
  const exchange = createTraceExchange(begin, log);
  let methods = methodsOf(config);
  let kernel: DigestKernel | null = null;
  /** Compiled when the first packet is traced. */
  const theKernel = () => {
    kernel ??= loadKernel();
    return kernel;
  };
  const certificates = watchEndingCertificates(log);
  const checklists = createChecklists({ log, clock: Date.now, changed: trusts => exchange.now()?.believe(trusts) });

  const roots = keptRoots(store, () => sites.windowsKept(), log);
  const station = await openProbeStation({
    socket: config.probeSocket,
    probes: config.probes,
    epochKey: epoch => secret && epochKey(secret, epoch),
    committed: commitmentsTo(store, log),
    sealed(_, windows) {
      exchange.now()?.sealed(windows);
      sites.sealed(windows);
    },
    log,
  }).catch((e: Error) => {
    throw new Error(`probe socket ${e.message}`);
  });
  const doors = openProbeDoors(station, log);
  const sites = createTraceSites({
    station,
    keyOf: epoch => secret && keyCheck(epochKey(secret, epoch)),
    retention: of => retentionOf(of),
    sealed: windows => exchange.now()?.sealed(windows),
    trace: tracesForSites(
      () => running,
      () => config.traceback?.ask,
      (request, onPartial) => askDigests(request, onPartial, {}, false),
    ),
    audit: (what, body) => audit.add({ time: Date.now(), what, body: JSON.stringify(body) }),
    log,
  });
  const honesty = await openHonesty(store, log);
  const approvals = await openApprovals(store, log);
  const running = createRunningTraces(live.traceOver);
  const samplers = createSamplers();
  const hinted = () => config.traceback?.hints ?? null;
  const hints = watchTraceHints(hinted, query, exchange.now, log);

  const past = createPastGraph(() => config);
  const graph = graphOf(query, past);

  async function take(next: Config): Promise<void> {
    const opening = await doors.prepare(next);
    let siting: Awaited<ReturnType<TraceSites['prepare']>> | null = null;
    try {
      siting = await sites.prepare(next);
      await takeTraceback(next);
    } catch (e) {
      siting?.abandon();
      opening.abandon();
      throw e;
    }
    station.reconfigure(next.probes);
    opening.commit();
    config = next;
    siting.commit();
    for (const open of openSecrets(next.traceback)) log('warn', `traceback: ${open}`);
  }

  async function takeTraceback(next: Config): Promise<void> {
    if (next.traceback === null || isSite(next)) {
      const read = next.traceback && readSecret(next.traceback);
      const none = await checklists.prepare(null);
      exchange.end();
      secret = read;
      certificates.use(next.traceback && { certificate: readPem(next.traceback).certificate, site: true });
      none.commit();
    } else {
      const files = readTraceFiles(next.traceback, next.localAs);
      const listed = await checklists.prepare(next.traceback);
      const before = methods;
      methods = methodsOf(next); // what is announced names them
      try {
        await exchange.take(next, { ...files.identity, checklists: listed.trusts() });
      } catch (e) {
        methods = before;
        throw e;
      }
      secret = files.secret;
      certificates.use(files.identity);
      listed.commit();
    }
  }

  function begin(of: Config, identity: Identity): Promise<Traceback> {
    return createTraceback({
      as: of.localAs,
      config: of.traceback!,
      identity,
      probes: sites.probes,
      graph,
      commitments: roots,
      retention: retentionOf(of),
      behind: sites.behind,
      methods: () => methods,
      audit: audit.add,
      recorded: audit.recorded,
      honesty: honesty.book,
      keepFalseYes: honesty.keepFalseYes,
      approvals,
      log,
      clock: Date.now,
    });
  }

  try {
    await take(initial);
  } catch (e) {
    sites.close();
    doors.close();
    await station.close();
    throw e;
  }

  const kept = createKeptTraces(store, log, live.trace);
  const ending = new AbortController();

  /** Asks the ASes, and keeps the trace from its begin on with `more` in it, which may still grow. */
  async function tracing(
    request: TraceRequest,
    onPartial: (trace: Trace) => void,
    more: () => Partial<Trace>,
    local = true,
  ): Promise<{ readonly trace: Trace; readonly evidence: FiledEvidence | null }> {
    await past.prepare(request.time);
    const traceback = exchange.now();
    checkDPoint(config, traceback, local);
    const tell = (known: Trace) => {
      kept.partial(known);
      onPartial(known);
    };
    // What it rests on is filed by the ITM then.
    if (traceback === null) return { trace: await traceAtItm(sites, request, tell, more), evidence: null };
    let evidence: FiledEvidence | null = null;
    const { begun: tellBegun } = request;
    const trace = await traceback.startTrace(
      // Who looks at one that runs sees why it was begun, as of one that is over.
      { ...request, ...(tellBegun && { begun: (id, state) => tellBegun(id, () => ({ ...state(), ...more() })) }) },
      partial => tell({ ...partial, ...more() }),
      signed => {
        evidence = signed;
      },
      begun => kept.begun({ ...begun, ...more() }, request),
    );
    return { trace, evidence };
  }

  const packets = createPacketTraces({
    ...{ station, samplers, claims, kernel: theKernel, participants: () => exchange.now()?.participants() ?? [] },
    secret: () => secret,
    methods: () => methods,
    ask: () => config.traceback?.ask,
    check: () => checkDPoint(config, exchange.now()),
    ...{ tracing, ended: kept.ended },
  });

  async function askDigests(
    request: TraceRequest,
    onPartial: (trace: Trace) => void,
    about: Partial<Trace> = {},
    local = true,
  ): Promise<Trace> {
    const { trace, evidence } = await tracing(request, onPartial, () => about, local);
    return kept.ended({ ...trace, ...about }, evidence);
  }

  return {
    station,
    lookForHints: hints.look,
    sites,
    running,
    traceback: exchange.now,
    startTrace: (given, onPartial, why = {}) =>
      running.run(one => packets.trace(given, onPartial, why, one), why.signal, why.by),
    startDigest: (digest, onPartial, why = {}) =>
      running.run(one => askDigests({ ...ofDigest(digest, config, why), ...one }, onPartial), why.signal, why.by),
    epochKey: epoch => secret && epochKey(secret, epoch),
    startQuestions(asked, why) {
      const request = { ...asked, ...termsOf(config.traceback?.ask, why, { entropy: 'unknown', bits: 0 }) };
      return running.run(one => askDigests({ ...request, ...one }, () => {}, { requester: why.requester }));
    },
    startAgain: (trace, onPartial, { signal, by } = {}) =>
      running.run(
        one => askDigests({ ...requestOf(trace), ...(by !== undefined && { by }), ...one }, onPartial),
        signal,
        by,
      ),
    questionOf: packets.questionOf,
    guessingOf: ({ frame, linkType, wire }) => guessingOf(theKernel(), frame, linkType, wire),
    reconfigure: take,
    certificateProblems: () => [...openSecrets(config.traceback), ...certificates.problems(), ...checklists.problems()],
    checklists,
    takeUpAgain: () =>
      askInterrupted(
        {
          ...{ store, log, clock: Date.now, traceback: exchange.now },
          retention: () => retentionOf(config),
          probesReady: () => station.status().every(({ connectedSince }) => connectedSince !== null),
          ask: (request, before) =>
            running.run(one => askDigests({ ...request, ...one }, () => {}, knownBefore(before))),
        },
        ending.signal,
      ),
    interrupt() {
      ending.abort();
      exchange.now()?.interrupt();
    },
    async close() {
      certificates.close();
      checklists.close();
      hints.close();
      past.close();
      ending.abort();
      exchange.now()?.close();
      sites.close();
      doors.close();
      await station.close();
      await roots.settle();
    },
  };
}
