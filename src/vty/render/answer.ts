import type { TraceDocument } from '../../bridge/trace-document.ts';
import type {
  CountRow,
  FamilyRouteRow,
  NeighborRow,
  OrderRow,
  QuarantineRow,
  RouteRow,
  SummaryRow,
} from '../../collector/messages.ts';
import type { QualityRow } from '../../collector/quality.ts';
import type { BridgeRow, RidEntry, RidPeerRow } from '../../control/bridge-rows.ts';
import type {
  CaseDetail,
  CaseEvidence,
  CaseExport,
  CaseTimeline,
  CheckedEvidence,
  DrillReport,
  IncidentDetail,
  IodefExport,
} from '../../control/case-rows.ts';
import type { CaseSheet, ContactSheet } from '../../control/contact-rows.ts';
import type {
  ArchiveRow,
  AuditRow,
  HistoryRow,
  IrrNamedRow,
  IrrObjectRow,
  IrrStatusRow,
  MemoryStatus,
  NoticeRow,
  ProbeDetail,
  ProbeStatusRow,
  ReloadReport,
  RetentionRow,
  RpkiPayloadRow,
  SafetyStatus,
  StatusReport,
  TraceEvidence,
  TracePeerRow,
} from '../../control/daemon.ts';
import type { DriftReport } from '../../control/drift-rows.ts';
import type { HttpStatus } from '../../control/http-rows.ts';
import type { IdsRow } from '../../control/ids-rows.ts';
import { LOGGED, TABLES } from '../../control/live-rows.ts';
import type { MitigationOrdered, MitigationPlan, MitigationRow } from '../../control/mitigation-rows.ts';
import type { PlacementReport, TracePlan } from '../../control/plan-rows.ts';
import type { FlowRow } from '../../control/probe-rows.ts';
import type { Completion } from '../../control/protocol.ts';
import type { StandingRow } from '../../control/standing-rows.ts';
import type { TextExport, TraceDetail } from '../../control/trace-rows.ts';
import type {
  HonestyDetail,
  SightRow,
  TracebackFrontier,
  TracebackGraph,
  TracebackPeerRow,
  TraceSites,
} from '../../control/traceback-rows.ts';
import type { Explanation, RouteAnswer } from '../../control/verdict-rows.ts';
import type { Case } from '../../hijack/case.ts';
import type { IncidentSummary } from '../../hijack/incident-summary.ts';
import type { TestResult } from '../../notify/test-notice.ts';
import type { VantageRow } from '../../probe/vantage-rows.ts';
import type { RpkiSourceStatus } from '../../registry/rpki/payload-source.ts';
import type { SourceReport } from '../../registry/sources.ts';
import type { LookUp, SetLookUp } from '../../registry/whois/look-up.ts';
import type { WhoisStatus } from '../../registry/whois/server.ts';
import type { Approval } from '../../traceback/approval.ts';
import type { BelievedRecord } from '../../traceback/belief.ts';
import type { HintRow } from '../../traceback/hints.ts';
import type { Honesty } from '../../traceback/honesty.ts';
import type { Trace } from '../../traceback/trace.ts';
import { renderApprovals, renderDecided } from './approval.ts';
import { renderArchive } from './archive.ts';
import { renderAudit, renderAuditHead } from './audit.ts';
import { renderCount, renderNeighbors, renderQuarantined, renderSummary } from './bgp.ts';
import { renderBridges, renderRidEntries, renderRidEntry, renderRidPeers } from './bridge.ts';
import {
  renderCase,
  renderCases,
  renderChecked,
  renderDetails,
  renderEvidence,
  renderExport,
  renderMarked,
  renderOutbox,
  renderTests,
  renderTimelines,
} from './case.ts';
import { renderCalls, renderContacts } from './contact.ts';
import { renderDrift } from './drift.ts';
import { renderDrill } from './drill.ts';
import { renderAnswered, renderExplanation, renderExplanations } from './explain.ts';
import { renderFlow } from './flow.ts';
import { renderChoices, renderCommands } from './help.ts';
import { renderHistory } from './history.ts';
import { renderHonesty, renderHonestyOf } from './honesty.ts';
import { renderHttp } from './http.ts';
import { renderIds } from './ids.ts';
import { renderIncident, renderIncidents } from './incident.ts';
import { renderIrr, renderIrrNamed, renderIrrObjects, renderIrrReload } from './irr.ts';
import { renderAll, renderLive } from './live.ts';
import { renderMemory } from './memory.ts';
import { renderMitigationOrdered, renderMitigations, renderPlan } from './mitigation.ts';
import { renderPlacement, renderTracePlan } from './plan.ts';
import { renderQuality } from './quality.ts';
import { renderFamily, renderRoutes, routePages } from './route.ts';
import { renderPayloads, renderRpki, renderRpkiSource } from './rpki.ts';
import { renderSafety } from './safety.ts';
import { renderSight } from './sight.ts';
import { renderStanding, renderStandingOne } from './standing.ts';
import { renderProbes, renderReload, renderStatus, renderTracePeers } from './status.ts';
import { plain } from './text.ts';
import { renderTrace, renderTraceExport, renderTraces } from './trace.ts';
import { renderFrontier, renderGraph } from './trace-graph.ts';
import { renderTraceSites } from './trace-sites.ts';
import { renderCost, renderTraceEvidence } from './trace-views.ts';
import { renderHints, renderParticipants, renderTracebackPeer, renderTracebackPeers } from './traceback.ts';
import { renderVantages } from './vantages.ts';
import { renderLookUp, renderSetLookUp, renderWhois } from './whois.ts';
import { renderProbe, renderRetention } from './windows.ts';

/** What came of an order. */
const renderOrder = ({ peer, done }: OrderRow): string[] => [`${peer}: ${done}`];

type Rendering = (rows: readonly never[], now: number) => readonly string[];

/** The rendering of one object, as that of a list which has it. */
function first<T>(render: (row: T, now: number) => readonly string[]): Rendering {
  return (rows: readonly T[], now: number) => (rows.length === 0 ? [] : render(rows[0]!, now));
}

/** By the name a reply carries (control/commands.ts: commandName). The daemon of the same version sends these rows. */
const RENDERINGS: Readonly<Record<string, Rendering>> = {
  help: (rows: readonly { syntax: string; help: string }[]) => renderCommands(rows),
  '?': (rows: readonly Completion[]) => renderChoices(rows),
  'case CASE-ID': first<CaseDetail>(renderCase),
  'case ack CASE-ID': first<Case>(renderMarked),
  'case dismiss CASE-ID reason TEXT': first<Case>(renderMarked),
  'case export CASE-ID': first<CaseExport | IodefExport>(renderExport),
  'case note CASE-ID TEXT': first<Case>(renderMarked),
  'case reopen CASE-ID': first<Case>(renderMarked),
  'check evidence CASE-ID': first<CheckedEvidence>(renderChecked),
  'check route PREFIX AS': first<RouteAnswer>(renderAnswered),
  'clear bgp PEER': first<OrderRow>(renderOrder),
  'clear traceback AS': first<OrderRow>(renderOrder),
  'disable traceback': first<OrderRow>(renderOrder),
  'disable traceback AS': first<OrderRow>(renderOrder),
  'enable traceback': first<OrderRow>(renderOrder),
  'enable traceback AS': first<OrderRow>(renderOrder),
  'disable bgp PEER': first<OrderRow>(renderOrder),
  'drill PREFIX AS': first<DrillReport>(renderDrill),
  'enable bgp PEER': first<OrderRow>(renderOrder),
  'explain PREFIX AS': first<Explanation>(renderExplanation),
  'explain route PREFIX': (rows: readonly Explanation[]) => renderExplanations(rows),
  'mitigate announce CASE-ID peer PEER': first<MitigationOrdered>(renderMitigationOrdered),
  'mitigate plan CASE-ID': first<MitigationPlan>(renderPlan),
  'mitigate stop CASE-ID': (rows: readonly MitigationRow[], now) => renderMitigations(rows, now),
  'refresh bgp PEER': first<OrderRow>(renderOrder),
  'reload irr SOURCE': first<SourceReport>(renderIrrReload),
  reload: first<ReloadReport>(renderReload),
  'rid approve REQUEST': first<RidEntry>(renderRidEntry),
  'rid deny REQUEST': first<RidEntry>(renderRidEntry),
  'retention prove': (rows: readonly RetentionRow[]) => renderRetention(rows),
  'show archive': first<ArchiveRow>(renderArchive),
  'show audit': (rows: readonly AuditRow[]) => renderAudit(rows),
  'show audit head': first<AuditRow>(renderAuditHead),
  'show bgp neighbor': (rows: readonly NeighborRow[], now) => renderNeighbors(rows, now),
  'show bgp summary': (rows: readonly SummaryRow[], now) => renderSummary(rows, now),
  'show traceback bridges': (rows: readonly BridgeRow[]) => renderBridges(rows),
  'show rid': (rows: readonly RidPeerRow[]) => renderRidPeers(rows),
  'show rid requests': (rows: readonly RidEntry[]) => renderRidEntries(rows),
  'show case': (rows: readonly Case[], now) => renderCases(rows, now),
  'show case all': (rows: readonly Case[], now) => renderCases(rows, now),
  'show case CASE-ID': first<CaseDetail>(renderCase),
  'show case CASE-ID detail': (rows: readonly CaseDetail[], now) => renderDetails(rows, now),
  'show case CASE-ID evidence': (rows: readonly CaseEvidence[]) => renderEvidence(rows),
  'show case CASE-ID timeline': (rows: readonly CaseTimeline[]) => renderTimelines(rows),
  'show case all detail': (rows: readonly CaseDetail[], now) => renderDetails(rows, now),
  'show case all evidence': (rows: readonly CaseEvidence[]) => renderEvidence(rows),
  'show case all timeline': (rows: readonly CaseTimeline[]) => renderTimelines(rows),
  'show case detail': (rows: readonly CaseDetail[], now) => renderDetails(rows, now),
  'show case open detail': (rows: readonly CaseDetail[], now) => renderDetails(rows, now),
  'show case evidence': (rows: readonly CaseEvidence[]) => renderEvidence(rows),
  'show case open evidence': (rows: readonly CaseEvidence[]) => renderEvidence(rows),
  'show case timeline': (rows: readonly CaseTimeline[]) => renderTimelines(rows),
  'show case open timeline': (rows: readonly CaseTimeline[]) => renderTimelines(rows),
  'show config': first<{ config: string }>(row => row.config.trimEnd().split('\n')),
  'show contact AS': (rows: readonly ContactSheet[], now) => renderContacts(rows, now),
  'show contact CASE-ID': (rows: readonly CaseSheet[], now) => renderCalls(rows, now),
  'show contact PREFIX': (rows: readonly ContactSheet[], now) => renderContacts(rows, now),
  'show drift': first<DriftReport>(renderDrift),
  'show http': first<HttpStatus>(renderHttp),
  'show ids': (rows: readonly IdsRow[]) => renderIds(rows),
  'show incident': (rows: readonly IncidentSummary[], now) => renderIncidents(rows, now),
  'show incident INCIDENT-ID': first<IncidentDetail>(renderIncident),
  'show incident all': (rows: readonly IncidentSummary[], now) => renderIncidents(rows, now),
  'show irr': (rows: readonly IrrStatusRow[], now) => renderIrr(rows, now),
  'show irr NAME': (rows: readonly IrrNamedRow[], now) => renderIrrNamed(rows, now),
  'show irr PREFIX': (rows: readonly IrrObjectRow[]) => renderIrrObjects(rows),
  'show memory': first<MemoryStatus>(renderMemory),
  'show mitigation': (rows: readonly MitigationRow[], now) => renderMitigations(rows, now),
  'show outbox': (rows: readonly NoticeRow[], now) => renderOutbox(rows, now),
  'show peer PEER quality': first<QualityRow>(renderQuality),
  'show flow': (rows: readonly FlowRow[], now) => renderFlow(rows, now),
  'show probe PROBE vantages': (rows: readonly VantageRow[], now) => renderVantages(rows, now),
  'show probe PROBE': first<ProbeDetail>(renderProbe),
  'show probe': (rows: readonly ProbeStatusRow[], now) => renderProbes(rows, now),
  'show quarantine': (rows: readonly QuarantineRow[]) => renderQuarantined(rows),
  'show quarantine PEER': (rows: readonly QuarantineRow[]) => renderQuarantined(rows),
  'show route PREFIX at TIME': (rows: readonly RouteRow[]) => renderRoutes(rows),
  'show route history PREFIX since TIME': (rows: readonly HistoryRow[]) => renderHistory(rows),
  'show route PREFIX': (rows: readonly RouteRow[]) => renderRoutes(rows),
  'show route family FAMILY': (rows: readonly FamilyRouteRow[]) => renderFamily(rows),
  'show route count': (rows: readonly CountRow[]) => renderCount(rows),
  'show rpki': (rows: readonly RpkiSourceStatus[]) => renderRpki(rows),
  'show rpki AS': (rows: readonly RpkiPayloadRow[]) => renderPayloads(rows),
  'show rpki PREFIX': (rows: readonly RpkiPayloadRow[]) => renderPayloads(rows),
  'show rpki cache RPKI': first<RpkiSourceStatus>(renderRpkiSource),
  'show safety': first<SafetyStatus>(renderSafety),
  'show status': first<StatusReport>(renderStatus),
  'show trace': (rows: readonly Trace[]) => renderTraces(rows),
  'show trace TRACE-ID': first<TraceDetail>(renderTrace),
  'show trace TRACE-ID cost': first<Trace>(renderCost),
  'show trace TRACE-ID evidence': first<Trace>(renderTraceEvidence),
  'show trace TRACE-ID tree': first<TraceDetail>(renderTrace),
  'show trace standing': (rows: readonly StandingRow[], now) => renderStanding(rows, now),
  'show traceback': (rows: readonly TracePeerRow[], now) => renderTracePeers(rows, now),
  'show traceback frontier AS': first<TracebackFrontier>(renderFrontier),
  'show traceback graph': first<TracebackGraph>(renderGraph),
  'show traceback hints': (rows: readonly HintRow[]) => renderHints(rows),
  'show traceback honesty': (rows: readonly Honesty[]) => renderHonesty(rows),
  'show traceback honesty AS': first<HonestyDetail>(renderHonestyOf),
  'show traceback participants': (rows: readonly BelievedRecord[], now) => renderParticipants(rows, now),
  'show traceback sites': first<TraceSites>(renderTraceSites),
  'show traceback peers': (rows: readonly TracebackPeerRow[], now) => renderTracebackPeers(rows, now),
  'show traceback peers AS': first<TracebackPeerRow>(renderTracebackPeer),
  'show traceback sight': first<SightRow>(renderSight),
  'show traceback pending': (rows: readonly Approval[], now) => renderApprovals(rows, now),
  'trace again TRACE-ID': first<Trace>(renderTrace),
  'trace approve APPROVAL': first<Approval>(renderDecided),
  'trace deny APPROVAL reason TEXT': first<Approval>(renderDecided),
  'test notify': (rows: readonly TestResult[]) => renderTests(rows),
  'show whois': first<WhoisStatus>(renderWhois),
  'watch all': renderAll,
  ...Object.fromEntries([...LOGGED, ...TABLES].map(topic => [`watch ${topic}`, renderLive(topic)])),
  'watch trace TRACE-ID': first<Trace>(renderTrace),
  'whois QUERY': first<LookUp>(renderLookUp),
  'whois set SET': first<SetLookUp>(renderSetLookUp),
  'trace case CASE-ID': first<StandingRow>(renderStandingOne),
  'trace case CASE-ID stop': first<StandingRow>(renderStandingOne),
  'trace cancel TRACE-ID': first<Trace>(renderTrace),
  'trace digest DIGEST TIME': first<Trace>(renderTrace),
  'trace export TRACE-ID': first<TextExport | TraceDocument>(renderTraceExport),
  'trace export TRACE-ID --evidence': first<TraceEvidence>(row => [JSON.stringify(row)]),
  'trace report TRACE-ID to RIDPEER': first<RidEntry>(renderRidEntry),
  'plan placement': first<PlacementReport>(renderPlacement),
  'trace plan AS': first<TracePlan>(renderTracePlan),
  'trace plan digest DIGEST TIME': first<TracePlan>(renderTracePlan),
  'trace plan packet FILE': first<TracePlan>(renderTracePlan),
  'trace packet FILE': first<Trace>(renderTrace),
  'trace set FILE': first<Trace>(renderTrace),
};

/** Names of the commands that have a rendering. */
export const RENDERED: readonly string[] = Object.keys(RENDERINGS);

/** The answer to a command as lines for a person; `now` in ms. A command of a newer daemon is shown as JSON, a row a line. */
export function renderAnswer(command: string, rows: readonly unknown[], now: number): string[] {
  const render = RENDERINGS[command];
  const lines = render === undefined ? rows.map(row => JSON.stringify(row)) : render(rows as readonly never[], now);
  return lines.map(plain);
}

/** The rendering of an answer that comes in pages, to be called with each page in turn. */
export function pages(command: string): (rows: readonly unknown[], now: number) => string[] {
  if (command !== 'show route PREFIX') return (rows, now) => renderAnswer(command, rows, now);
  const render = routePages();
  return rows => render(rows as readonly RouteRow[]).map(plain);
}

/** The answer as one JSON document: an object when the command has one, else an array. */
export function renderJson(rows: readonly unknown[], one: boolean): string {
  return JSON.stringify(one ? (rows[0] ?? null) : rows);
}
