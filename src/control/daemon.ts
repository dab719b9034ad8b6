/**
 * What the commands need of the daemon: `intertrackd.ts` implements it, tests script it. Every answer is plain data that
 * can be written as JSON. A rejected promise fails the command with the error's message. Times are ms since the epoch.
 */

import type { HeapRow, MemoryReport } from '../collector/memory.ts';
import type {
  CountRow,
  FamilyRouteRow,
  NeighborRow,
  Order,
  OrderRow,
  QuarantineRow,
  RibQuery,
  RibSize,
  RouteRow,
  SummaryRow,
} from '../collector/messages.ts';
import type { QualityRow } from '../collector/quality.ts';
import type { SafetyRow } from '../collector/safety.ts';
import type { VerdictCount } from '../collector/verdict-memo.ts';
import type { NotifyConfig } from '../config/tree.ts';
import type { Case } from '../hijack/case.ts';
import type { SealedEvidence } from '../hijack/evidence-chain.ts';
import type { TestResult } from '../notify/test-notice.ts';
import type { VantageReport } from '../probe/neighbors/vantage-rows.ts';
import type { RpkiSourceStatus } from '../registry/rpki/payload-source.ts';
import type { SourceReport } from '../registry/sources.ts';
import type { LookUp, SetLookUp } from '../registry/whois/look-up.ts';
import type { WhoisStatus } from '../registry/whois/server.ts';
import type { OutboxRecord } from '../store/records.ts';
import type { Approval } from '../traceback/approval.ts';
import type { FiledEvidence, FORMAT } from '../traceback/evidence-file.ts';
import type { Purpose } from '../traceback/request.ts';
import type { Trace } from '../traceback/trace.ts';
import type { ArchiveRow, HistoryRow, PastRows } from './archive-rows.ts';
import type { AuditQuestion, AuditRow } from './audit-rows.ts';
import type { BridgeAnswers } from './bridge-rows.ts';
import type { CaseElsewhere, DrillReport } from './case-rows.ts';
import type { ConfigCheck, ConfigDiff } from './config-rows.ts';
import type { CaseSheet, ContactSheet } from './contact-rows.ts';
import type { DriftReport } from './drift-rows.ts';
import type { HttpStatus } from './http-rows.ts';
import type { IdsRow } from './ids-rows.ts';
import type { IrrNamedRow, IrrObject, IrrStatusRow } from './irr-rows.ts';
import type { LiveAnswers } from './live-rows.ts';
import type { Loading } from './loading.ts';
import type { MachineAnswers, SharedStatus } from './machine-rows.ts';
import type { MitigationOrder, MitigationOrdered, MitigationPlan, MitigationRow } from './mitigation-rows.ts';
import type { DecodedPacket } from './packet-data.ts';
import type { PlanAnswers } from './plan-rows.ts';
import type { FlowRow, ProbeDetail, ProbeStatusRow, RetentionRow } from './probe-rows.ts';
import type { RpkiPayloadRow } from './rpki-rows.ts';
import type { StandingAnswers } from './standing-rows.ts';
import type { TracebackAnswers, TracePeerRow } from './traceback-rows.ts';
import type { Explanation, RouteAnswer, VerdictQuestion } from './verdict-rows.ts';

/** The rows each question about routes is answered by. */
export interface RibRows {
  readonly summary: SummaryRow;
  readonly neighbor: NeighborRow;
  readonly count: CountRow;
  readonly quarantine: QuarantineRow;
  readonly quality: QualityRow;
  readonly size: RibSize;
  readonly verdicts: VerdictCount;
}

export type RibQuestion<K extends keyof RibRows> = Extract<RibQuery, { readonly about: K }>;

export interface Daemon
  extends PlanAnswers,
    StandingAnswers,
    TracebackAnswers,
    BridgeAnswers,
    LiveAnswers,
    MachineAnswers {
  status(): Promise<StatusReport>;
  /** Asks every collector. */
  ribQuery<K extends keyof RibRows>(query: RibQuestion<K>): Promise<readonly RibRows[K][]>;
  /**
   * Routes in the order of their addresses, in batches as they are found; the next batch waits until `take` has taken one
   * in. `changed`: UPDATEs that came meanwhile.
   */
  routes(
    query: Extract<RibQuery, { readonly about: 'route' }>,
    take: (rows: readonly RouteRow[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly changed: number }>;
  /** The same for routes of a family that is held apart, peer by peer. */
  familyRoutes(
    query: Extract<RibQuery, { readonly about: 'family' }>,
    take: (rows: readonly FamilyRouteRow[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Has something done with a session; `by`: who wants it, in words. */
  order(order: Order, by: string): Promise<OrderRow>;
  /** What the daemon's memory is for. */
  memory(): Promise<MemoryStatus>;
  /** What can leave the daemon. */
  safety(): Promise<SafetyStatus>;
  /** Cases that are not over, in any order. */
  cases(): Promise<readonly Case[]>;
  /** One case, over or not; null: there is none. */
  case(id: string): Promise<Case | null>;
  /** Which other machine has a case that is not over; null: it is here. */
  caseElsewhere(id: string): CaseElsewhere | null;
  /** Cases, over or not, that were opened before this one, the latest first; null: from the latest on. */
  casesBefore(one: Pick<Case, 'opened' | 'id'> | null, limit: number): Promise<readonly Case[]>;
  /** Runs a drill. Rejects in words when such a route would open no case. */
  drill(
    question: { readonly prefix: string; readonly as: number; readonly by: string },
    signal: AbortSignal,
  ): Promise<DrillReport>;
  /** The chain of evidence of a case, the first record first; empty for one of an older version. */
  evidence(id: string): Promise<readonly SealedEvidence[]>;
  /** All cases of an incident in the order of their opening; empty: there is no such incident. */
  incident(id: string): Promise<readonly Case[]>;
  /** Who this daemon is to others: the name of its host, and a mail address where there is one. */
  creator(): { readonly name: string; readonly contact: string | null };
  /**
   * Does what a person wants with a case, and resolves with it when that is on disk. Rejects in words: there is no such case,
   * it is over (but for a note), it is not set aside (`reopen`).
   */
  markCase(id: string, order: CaseOrder): Promise<Case>;
  /** Notices of one case, whatever became of them. */
  outboxOf(caseId: string): Promise<readonly OutboxRecord[]>;
  /** Notices that are pending. */
  outbox(): Promise<readonly OutboxRecord[]>;
  /** Sends test notices through every channel, or those of one kind, and tells of each when it has ended. */
  testNotify(
    kind: NotifyConfig['kind'] | null,
    by: string,
    take: (result: TestResult) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** The latest traces, latest first. */
  traces(limit: number): Promise<readonly Trace[]>;
  trace(id: string): Promise<Trace | null>;
  /** What a trace rests on; null when there is no such trace, or none of it is kept. */
  traceEvidence(id: string): Promise<TraceEvidence | null>;
  /** Resolves with the final trace. `onPartial` gets the trace so far at each answer. An abort ends the asking. */
  startTrace(start: TraceStart): Promise<Trace>;
  traceDigest(digest: TraceDigest): Promise<Trace>;
  /** Asks a trace again with the same digests; rejects in words when there is none. */
  traceAgain(id: string, watched: TraceWatched): Promise<Trace>;
  /** What is to be said of certificates that end, of this AS and of others, and of the checklists of its peers. */
  certificateProblems(): Promise<readonly string[]>;
  /** Questions of other ASes that wait for a person, or that one has decided on, the latest asked first. */
  approvals(): Promise<readonly Approval[]>;
  /** Lets a question be answered for so many ms, or not at all. Rejects in words when there is none. */
  approve(id: string, milliseconds: number, by: string): Promise<Approval>;
  deny(id: string, reason: string, by: string): Promise<Approval>;
  /** The HTTP side: where it listens, who is served. */
  http(): Promise<HttpStatus>;
  irrStatus(): Promise<readonly IrrStatusRow[]>;
  /** The whois server: where it listens, who asks, what was refused. */
  whois(): Promise<WhoisStatus>;
  /** A whois query, answered from the mirror or by the servers of the configuration; `source`: of it alone. */
  lookUp(query: string, source: string | null, signal: AbortSignal): Promise<LookUp>;
  lookUpSet(set: string, source: string | null, signal: AbortSignal): Promise<SetLookUp>;
  /** Objects for the prefix and for those that cover it, the longest first. */
  irrObjects(prefix: string): Promise<readonly IrrObject[]>;
  /** What is registered under a name, or the source of that name; and what an asker must know of the answer. */
  irrNamed(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly rows: readonly IrrNamedRow[]; readonly remarks: readonly string[] }>;
  /** Whom to call about an AS or a prefix: first of itself, then of the ASes that the prefix is registered to. */
  contacts(
    subject: { readonly as: number } | { readonly prefix: string },
    signal: AbortSignal,
  ): Promise<readonly ContactSheet[]>;
  /** Whom to call about a case, each with a draft. */
  calls(of: Case, language: 'ja' | 'en', signal: AbortSignal): Promise<readonly CaseSheet[]>;
  /** What can be done against a case; `length`: of what is to be announced. Rejects when it cannot be so long. */
  planMitigation(caseId: string, length: number | null): Promise<MitigationPlan>;
  /** Announces against a case once it is confirmed. Rejects, in words, when it is not permitted. */
  announceMitigation(order: MitigationOrder, by: string): Promise<MitigationOrdered>;
  /** Withdraws all that is announced against a case. */
  stopMitigation(caseId: string, by: string): Promise<readonly MitigationRow[]>;
  /** What is and was announced against cases, the latest first. */
  mitigations(): Promise<readonly MitigationRow[]>;
  rpkiStatus(): Promise<readonly RpkiSourceStatus[]>;
  /** VRPs that cover a prefix, the longest first; or those of an AS and its ASPA. `omitted`: VRPs that are not told. */
  rpkiPayloads(
    question: { readonly prefix: string } | { readonly as: number },
  ): Promise<{ readonly rows: readonly RpkiPayloadRow[]; readonly omitted: number }>;
  probes(): Promise<readonly ProbeStatusRow[]>;
  flows(): Promise<readonly FlowRow[]>;
  /** Rejects, in words, when no such probe is configured. */
  probe(probe: string): Promise<ProbeDetail>;
  /** What the probe, or every one that is connected, has committed to; the notes tell where the chain of each ends. */
  retention(probe: string | null): Promise<{ rows: readonly RetentionRow[]; notes: readonly string[] }>;
  /** Rejects, in words, when the probe is not there to be asked. */
  probeVantages(probe: string): Promise<VantageReport>;
  ids(): Promise<readonly IdsRow[]>;
  tracePeers(): Promise<readonly TracePeerRow[]>;
  /** Routes that were held at a time, and what an asker must know of the answer. Rejects without an archive. */
  routesAt(question: {
    readonly prefix: string;
    readonly scope: 'match' | 'exact' | 'longer' | 'shorter';
    readonly time: number;
  }): Promise<PastRows<RouteRow>>;
  /** What befell the routes of the longest match, oldest first. */
  routeHistory(question: {
    readonly prefix: string;
    readonly from: number;
    readonly to: number;
  }): Promise<PastRows<HistoryRow>>;
  /** What the registry in force says of a route, asked about or held. Rejects in words when the path does not fit. */
  checkRoute(question: VerdictQuestion): Promise<RouteAnswer>;
  explain(question: VerdictQuestion): Promise<Explanation>;
  /** Registered and not seen for so many days, and the rest of `show drift`. */
  drift(days: number): Promise<DriftReport>;
  /** One for each origin of the longest match. Rejects when nothing is held. */
  explainHeld(prefix: string, peer: string | null): Promise<readonly Explanation[]>;
  /** Null without an archive. */
  archive(): Promise<ArchiveRow | null>;
  /** Lines of the audit log in their order, in batches as they are found. */
  audit(
    question: AuditQuestion,
    take: (rows: readonly AuditRow[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** The last line of the audit log; null before the first. */
  auditHead(): Promise<AuditRow | null>;
  /** The configuration in force, as text that parses to the same. */
  configText(): Promise<string>;
  /** What is to be said of the configuration file as it is now, and what a reload would change. */
  configCheck(): Promise<ConfigCheck>;
  configDiff(): Promise<ConfigDiff>;
  reload(): Promise<ReloadReport>;
  /** Asks for a whole copy of one IRR source, to be taken though it be small with `force`. Null: no such source. */
  reloadIrr(source: string, force: boolean): Promise<SourceReport | null>;
}

/** What a person does with a case. `by`: who it is, in words; `until`: when a dismissal ends, null for never. */
export interface CaseOrder {
  readonly what: 'ack' | 'dismiss' | 'note' | 'reopen';
  readonly by: string;
  readonly reason: string;
  readonly until: number | null;
}

/** How a trace that a person asked for is watched, and ended. */
export interface TraceWatched {
  readonly onPartial: (trace: Trace) => void;
  /** Aborts when whoever asked is gone, or wants it no more: it is then ended by this person, in words. */
  readonly signal: AbortSignal;
  readonly by: string;
}

/** `trace export TRACE-ID --evidence`. */
export interface TraceEvidence {
  /** The name of this format, and its version. */
  readonly format: typeof FORMAT;
  /** The trace as it was stored. */
  readonly trace: Trace;
  /** What it rests on, signed by who said it. */
  readonly evidence: FiledEvidence;
}

/** On which terms a person traces. */
export interface TracePersonTerms {
  readonly purpose?: Purpose;
  readonly reference?: string;
  /** The packets can be guessed, and that is approved. */
  readonly approve?: boolean;
}

export interface TraceStart extends TraceWatched, TracePersonTerms {
  /** Packets of one attack, all of which are asked for. */
  readonly packets: readonly DecodedPacket[];
  /** How many of them have to be seen at one place; null: half of them. */
  readonly need: number | null;
  /** They are replies, and what triggered them is to be traced. */
  readonly trigger: boolean;
}

export interface TraceDigest extends TraceWatched, TracePersonTerms {
  /** 16 hex digits. */
  readonly digest: string;
  /** When its packet was seen, ms. */
  readonly time: number;
  /** Under whose key it was made; null: the key of the hour. */
  readonly epoch: number | null;
}

/** `show status`. */
export interface StatusReport {
  readonly version: string;
  readonly routerId: string;
  readonly as: number;
  readonly pid: number;
  readonly started: number;
  /** The daemon's clock now. */
  readonly time: number;
  /** Resident memory, octets. */
  readonly memory: number;
  readonly collectors: number;
  /** Peers that are configured. */
  readonly peers: number;
  readonly established: number;
  /** Names of the peers whose session is down and not so by configuration: feeds lost. */
  readonly lost: readonly string[];
  /** Distinct prefixes held, and routes: one for each prefix and peer. */
  readonly prefixes: number;
  readonly routes: number;
  /** Not there when the table of every peer that is up is whole. */
  readonly loading?: Loading;
  /** Objects in force; age of the oldest source's copy (null: no source); sources past their time. */
  readonly registry: {
    readonly objects: number;
    /** Age of the copy of the source that is oldest, milliseconds; null: there is no source. */
    readonly oldest: number | null;
    readonly stale: readonly string[];
  };
  /** Prefixes watched because our own routers originate them; not there when no watch has `originated`. */
  readonly originated?: number;
  /** Machines that share the work; not there where this one is alone. */
  readonly machines?: SharedStatus;
  /** Cases that are neither resolved nor dismissed. */
  readonly openCases: number;
  /** Notices that are on the way; when the oldest of them was written, null without one. */
  readonly outbox: {
    readonly pending: number;
    /** When the oldest of them was written; null: none is on the way. */
    readonly oldest: number | null;
  };
  /** Probes: how many are configured, and how many are connected. */
  readonly probes: { readonly configured: number; readonly connected: number };
  /** Trace peers: how many are configured, and with how many a session is up. */
  readonly tracePeers: { readonly configured: number; readonly established: number };
  /** A line for each limit hit, loss, and thing that is not as it should be. */
  readonly problems: readonly string[];
}

/** `show memory`; octets. */
export interface MemoryStatus {
  /** Resident memory of the process. */
  readonly rss: number;
  readonly main: HeapRow;
  /** Each collector's memory. */
  readonly collectors: readonly MemoryReport[];
}

/** `show safety`. */
export interface SafetyStatus {
  /** Every thread that has a part in sessions, and since when it could write an announcement; null: it cannot. */
  readonly threads: readonly {
    /** Which thread of the process. */
    readonly thread: 'main' | 'collector';
    /** Since when it could write an announcement, milliseconds since the epoch; null: it cannot. */
    readonly encoder: number | null;
  }[];
  /** What may be told to each peer, and what is. */
  readonly peers: readonly SafetyRow[];
}

/** Answer of `reload`. */
export interface ReloadReport {
  /** False when the file has errors: then nothing changed. */
  readonly applied: boolean;
  /** What the reload has changed, a line each. */
  readonly changes: readonly string[];
  /** `FILE:LINE:COL: …`, with source line and caret as further lines. */
  readonly errors: readonly string[];
}

/** An outbox record without the message itself: row of `show outbox` and of a case's notices. */
export type NoticeRow = Omit<OutboxRecord, 'body'>;

export type { RpkiSourceStatus } from '../registry/rpki/payload-source.ts';
export type { ArchiveRow, HistoryRow, PastRows } from './archive-rows.ts';
export type { AuditQuestion, AuditRow } from './audit-rows.ts';
export type { CaseDetail } from './case-rows.ts';
export type {
  IrrFreshness,
  IrrNamedObject,
  IrrNamedRow,
  IrrObject,
  IrrObjectRow,
  IrrSourceRow,
  IrrStatusRow,
} from './irr-rows.ts';
export type { ProbeDetail, ProbeStatusRow, RetentionRow } from './probe-rows.ts';
export type { TracePeerRow } from './traceback-rows.ts';
export type { RpkiPayloadRow };
