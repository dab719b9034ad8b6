import type { OrderRow, RouteRow } from '../../collector/messages.ts';
import type { CommandRows } from '../../control/command-rows.ts';
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
import { renderConfigCheck, renderConfigDiff } from './config.ts';
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
import { renderAll, renderLive, renderLog } from './live.ts';
import { renderForgotten, renderMachine, renderMachines, renderRoutesOfAll, renderSummaryOfAll } from './machine.ts';
import { renderMemory } from './memory.ts';
import { renderMitigationOrdered, renderMitigations, renderPlan } from './mitigation.ts';
import { asIs } from './page.ts';
import { renderPartition, renderPartitions } from './partition.ts';
import { renderPlacement, renderTracePlan } from './plan.ts';
import { renderQuality } from './quality.ts';
import { renderFamily, renderRoutes, routePages } from './route.ts';
import { renderPayloads, renderRpki, renderRpkiSource } from './rpki.ts';
import { renderSafety } from './safety.ts';
import { renderSight } from './sight.ts';
import { renderStanding, renderStandingOne } from './standing.ts';
import { renderProbes, renderReload, renderStatus, renderTracePeers } from './status.ts';
import { fitted, plain } from './text.ts';
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

/** Each shows the rows of its command; `now` in ms. */
type Renderings = {
  readonly [Name in keyof CommandRows]: (rows: readonly CommandRows[Name][], now: number) => readonly string[];
};

/** The rendering of one object, as that of a list which has it. */
function first<T>(render: (row: T, now: number) => readonly string[]) {
  return (rows: readonly T[], now: number) => (rows.length === 0 ? [] : render(rows[0]!, now));
}

/** By the name a reply carries (control/commands.ts: commandName). The daemon of the same version sends these rows. */
const RENDERINGS: Renderings = {
  help: renderCommands,
  '?': renderChoices,
  'case CASE-ID': first(renderCase),
  'case ack CASE-ID': first(renderMarked),
  'case dismiss CASE-ID reason TEXT': first(renderMarked),
  'case export CASE-ID': first(renderExport),
  'case note CASE-ID TEXT': first(renderMarked),
  'case reopen CASE-ID': first(renderMarked),
  'check evidence CASE-ID': first(renderChecked),
  'check route PREFIX AS': first(renderAnswered),
  'clear bgp PEER': first(renderOrder),
  'clear collector MACHINE': renderForgotten,
  'clear traceback AS': first(renderOrder),
  'disable traceback': first(renderOrder),
  'disable traceback AS': first(renderOrder),
  'enable traceback': first(renderOrder),
  'enable traceback AS': first(renderOrder),
  'disable bgp PEER': first(renderOrder),
  'drill PREFIX AS': first(renderDrill),
  'enable bgp PEER': first(renderOrder),
  'explain PREFIX AS': first(renderExplanation),
  'explain route PREFIX': renderExplanations,
  'mitigate announce CASE-ID peer PEER': first(renderMitigationOrdered),
  'mitigate plan CASE-ID': first(renderPlan),
  'mitigate stop CASE-ID': renderMitigations,
  'refresh bgp PEER': first(renderOrder),
  'reload irr SOURCE': first(renderIrrReload),
  reload: first(renderReload),
  'rid approve REQUEST': first(renderRidEntry),
  'rid deny REQUEST': first(renderRidEntry),
  'retention prove': renderRetention,
  'show archive': first(renderArchive),
  'show audit': renderAudit,
  'show audit head': first(renderAuditHead),
  'show bgp neighbor': renderNeighbors,
  'show bgp summary': renderSummary,
  'show bgp summary all': renderSummaryOfAll,
  'show collector': renderMachines,
  'show collector MACHINE': first(renderMachine),
  'show traceback bridges': renderBridges,
  'show rid': renderRidPeers,
  'show rid requests': renderRidEntries,
  'show case': renderCases,
  'show case all': renderCases,
  'show case CASE-ID': first(renderCase),
  'show case CASE-ID detail': renderDetails,
  'show case CASE-ID evidence': renderEvidence,
  'show case CASE-ID timeline': renderTimelines,
  'show case all detail': renderDetails,
  'show case all evidence': renderEvidence,
  'show case all timeline': renderTimelines,
  'show case detail': renderDetails,
  'show case open detail': renderDetails,
  'show case evidence': renderEvidence,
  'show case open evidence': renderEvidence,
  'show case timeline': renderTimelines,
  'show case open timeline': renderTimelines,
  'config check': first(renderConfigCheck),
  'config diff': first(renderConfigDiff),
  'config show': first(row => asIs(row.config.trimEnd().split('\n'))),
  'show config': first(row => asIs(row.config.trimEnd().split('\n'))),
  'show contact AS': renderContacts,
  'show contact CASE-ID': renderCalls,
  'show contact PREFIX': renderContacts,
  'show drift': first(renderDrift),
  'show http': first(renderHttp),
  'show ids': renderIds,
  'show incident': renderIncidents,
  'show incident INCIDENT-ID': first(renderIncident),
  'show incident all': renderIncidents,
  'show irr': renderIrr,
  'show irr NAME': renderIrrNamed,
  'show irr PREFIX': renderIrrObjects,
  'show memory': first(renderMemory),
  'show mitigation': renderMitigations,
  'show outbox': renderOutbox,
  'show partition': renderPartitions,
  'show partition PARTITION': first(renderPartition),
  'show peer PEER quality': first(renderQuality),
  'show flow': renderFlow,
  'show probe PROBE vantages': renderVantages,
  'show probe PROBE': first(renderProbe),
  'show probe': renderProbes,
  'show quarantine': renderQuarantined,
  'show quarantine PEER': renderQuarantined,
  'show route PREFIX all': renderRoutesOfAll,
  'show route PREFIX at TIME': renderRoutes,
  'show route history PREFIX since TIME': renderHistory,
  'show route PREFIX': renderRoutes,
  'show route family FAMILY': renderFamily,
  'show route count': renderCount,
  'show rpki': renderRpki,
  'show rpki AS': renderPayloads,
  'show rpki PREFIX': renderPayloads,
  'show rpki cache RPKI': first(renderRpkiSource),
  'show safety': first(renderSafety),
  'show status': first(renderStatus),
  'show trace': renderTraces,
  'show trace TRACE-ID': first(renderTrace),
  'show trace TRACE-ID cost': first(renderCost),
  'show trace TRACE-ID evidence': first(renderTraceEvidence),
  'show trace TRACE-ID tree': first(renderTrace),
  'show trace standing': renderStanding,
  'show traceback': renderTracePeers,
  'show traceback frontier AS': first(renderFrontier),
  'show traceback graph': first(renderGraph),
  'show traceback hints': renderHints,
  'show traceback honesty': renderHonesty,
  'show traceback honesty AS': first(renderHonestyOf),
  'show traceback participants': renderParticipants,
  'show traceback sites': first(renderTraceSites),
  'show traceback peers': renderTracebackPeers,
  'show traceback peers AS': first(renderTracebackPeer),
  'show traceback sight': first(renderSight),
  'show traceback pending': renderApprovals,
  'trace again TRACE-ID': first(renderTrace),
  'trace approve APPROVAL': first(renderDecided),
  'trace deny APPROVAL reason TEXT': first(renderDecided),
  'test notify': renderTests,
  'show whois': first(renderWhois),
  'watch log': renderLog,
  'watch all': renderAll,
  'watch cases': renderLive('cases'),
  'watch machines': renderLive('machines'),
  'watch notices': renderLive('notices'),
  'watch probes': renderLive('probes'),
  'watch sessions': renderLive('sessions'),
  'watch sources': renderLive('sources'),
  'watch status': renderLive('status'),
  'watch trace TRACE-ID': first(renderTrace),
  'watch traceback': renderLive('traceback'),
  'watch traces': renderLive('traces'),
  'whois QUERY': first(renderLookUp),
  'whois set SET': first(renderSetLookUp),
  'trace case CASE-ID': first(renderStandingOne),
  'trace case CASE-ID stop': first(renderStandingOne),
  'trace cancel TRACE-ID': first(renderTrace),
  'trace digest DIGEST TIME': first(renderTrace),
  'trace export TRACE-ID': first(renderTraceExport),
  'trace export TRACE-ID --evidence': first(row => asIs([JSON.stringify(row)])),
  'trace report TRACE-ID to RIDPEER': first(renderRidEntry),
  'plan placement': first(renderPlacement),
  'trace plan AS': first(renderTracePlan),
  'trace plan digest DIGEST TIME': first(renderTracePlan),
  'trace plan packet FILE': first(renderTracePlan),
  'trace plan set FILE': first(renderTracePlan),
  'trace packet FILE': first(renderTrace),
  'trace set FILE': first(renderTrace),
};

type Rendering = (rows: readonly never[], now: number) => readonly string[];

/** Names of the commands that have a rendering. */
export const RENDERED: readonly string[] = Object.keys(RENDERINGS);

/** The answer to a command as lines for a person; `now` in ms. A command of a newer daemon is shown as JSON, a row a line. */
export function renderAnswer(command: string, rows: readonly unknown[], now: number): string[] {
  const render = (RENDERINGS as Readonly<Record<string, Rendering>>)[command];
  const lines = render === undefined ? rows.map(row => JSON.stringify(row)) : render(rows as readonly never[], now);
  return fitted(lines.map(plain));
}

/** The rendering of an answer that comes in pages, to be called with each page in turn. */
export function pages(command: string): (rows: readonly unknown[], now: number) => string[] {
  if (command !== 'show route PREFIX') return (rows, now) => renderAnswer(command, rows, now);
  const render = routePages();
  return rows => fitted(render(rows as readonly RouteRow[]).map(plain));
}

/** The answer as one JSON document: an object when the command has one, else an array. */
export function renderJson(rows: readonly unknown[], one: boolean): string {
  return JSON.stringify(one ? (rows[0] ?? null) : rows);
}
