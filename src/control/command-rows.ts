import type { TraceDocument } from '../bridge/trace-document.ts';
import type {
  CountRow,
  FamilyRouteRow,
  NeighborRow,
  OrderRow,
  QuarantineRow,
  RouteRow,
  SummaryRow,
} from '../collector/messages.ts';
import type { QualityRow } from '../collector/quality.ts';
import type { Case } from '../hijack/case.ts';
import type { IncidentSummary } from '../hijack/incident-summary.ts';
import type { TestResult } from '../notify/test-notice.ts';
import type { VantageRow } from '../probe/neighbors/vantage-rows.ts';
import type { RpkiSourceStatus } from '../registry/rpki/payload-source.ts';
import type { SourceReport } from '../registry/sources.ts';
import type { LookUp, SetLookUp } from '../registry/whois/look-up.ts';
import type { WhoisStatus } from '../registry/whois/server.ts';
import type { Approval } from '../traceback/approval.ts';
import type { BelievedRecord } from '../traceback/belief.ts';
import type { HintRow } from '../traceback/hints.ts';
import type { Honesty } from '../traceback/honesty.ts';
import type { Trace } from '../traceback/trace.ts';
import type { BridgeRow, RidEntry, RidPeerRow } from './bridge-rows.ts';
import type {
  CaseDetail,
  CaseEvidence,
  CaseExport,
  CaseLineRow,
  CaseTimeline,
  CheckedEvidence,
  DrillReport,
  IncidentDetail,
  IodefExport,
} from './case-rows.ts';
import type { ConfigCheck, ConfigDiff } from './config-rows.ts';
import type { CaseSheet, ContactSheet } from './contact-rows.ts';
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
} from './daemon.ts';
import type { DriftReport } from './drift-rows.ts';
import type { HttpStatus } from './http-rows.ts';
import type { IdsRow } from './ids-rows.ts';
import type { AnyRow, GoneRow, LeftOutRow, LiveRow, LogRow, MarkRow, TraceLineRow } from './live-rows.ts';
import type {
  ForgottenRow,
  MachineDetail,
  MachineRouteRow,
  MachineRow,
  MachineSummaryRow,
  PartitionRow,
  SilentRow,
} from './machine-rows.ts';
import type { MitigationOrdered, MitigationPlan, MitigationRow } from './mitigation-rows.ts';
import type { PlacementReport, TracePlan } from './plan-rows.ts';
import type { FlowRow } from './probe-rows.ts';
import type { Completion } from './protocol.ts';
import type { StandingRow } from './standing-rows.ts';
import type { TextExport, TraceDetail } from './trace-rows.ts';
import type {
  HonestyDetail,
  SightRow,
  TracebackFrontier,
  TracebackGraph,
  TracebackPeerRow,
  TraceSites,
} from './traceback-rows.ts';
import type { Explanation, RouteAnswer } from './verdict-rows.ts';

/** Row of `help`. */
export interface HelpRow {
  readonly syntax: string;
  readonly help: string;
}

/** `show config`. */
export interface ConfigText {
  /** The configuration in force, as text that parses to the same; secrets are not in it. */
  readonly config: string;
}

/**
 * What each command answers with, by its name (commands.ts, commandName): the object of one that has `one`, a row of all others.
 * The schemas of answers are made of these types (contrib/make-schemas.ts), renderings are held to them.
 */
export interface CommandRows {
  readonly help: HelpRow;
  readonly '?': Completion;
  readonly 'case CASE-ID': CaseDetail;
  readonly 'case ack CASE-ID': Case;
  readonly 'case dismiss CASE-ID reason TEXT': Case;
  readonly 'case export CASE-ID': CaseExport | IodefExport;
  readonly 'case note CASE-ID TEXT': Case;
  readonly 'case reopen CASE-ID': Case;
  readonly 'check evidence CASE-ID': CheckedEvidence;
  readonly 'check route PREFIX AS': RouteAnswer;
  readonly 'clear bgp PEER': OrderRow;
  readonly 'clear collector MACHINE': ForgottenRow;
  readonly 'clear traceback AS': OrderRow;
  readonly 'disable traceback': OrderRow;
  readonly 'disable traceback AS': OrderRow;
  readonly 'enable traceback': OrderRow;
  readonly 'enable traceback AS': OrderRow;
  readonly 'disable bgp PEER': OrderRow;
  readonly 'drill PREFIX AS': DrillReport;
  readonly 'enable bgp PEER': OrderRow;
  readonly 'explain PREFIX AS': Explanation;
  readonly 'explain route PREFIX': Explanation;
  readonly 'mitigate announce CASE-ID peer PEER': MitigationOrdered;
  readonly 'mitigate plan CASE-ID': MitigationPlan;
  readonly 'mitigate stop CASE-ID': MitigationRow;
  readonly 'refresh bgp PEER': OrderRow;
  readonly 'reload irr SOURCE': SourceReport;
  readonly reload: ReloadReport;
  readonly 'rid approve REQUEST': RidEntry;
  readonly 'rid deny REQUEST': RidEntry;
  readonly 'retention prove': RetentionRow;
  readonly 'show archive': ArchiveRow;
  readonly 'show audit': AuditRow;
  readonly 'show audit head': AuditRow;
  readonly 'show bgp neighbor': NeighborRow;
  readonly 'show bgp summary': SummaryRow;
  readonly 'show bgp summary all': MachineSummaryRow | SilentRow;
  readonly 'show traceback bridges': BridgeRow;
  readonly 'show rid': RidPeerRow;
  readonly 'show rid requests': RidEntry;
  readonly 'show collector': MachineRow;
  readonly 'show collector MACHINE': MachineDetail;
  readonly 'show case': Case;
  readonly 'show case all': Case;
  readonly 'show case CASE-ID': CaseDetail;
  readonly 'show case CASE-ID detail': CaseDetail;
  readonly 'show case CASE-ID evidence': CaseEvidence;
  readonly 'show case CASE-ID timeline': CaseTimeline;
  readonly 'show case all detail': CaseDetail;
  readonly 'show case all evidence': CaseEvidence;
  readonly 'show case all timeline': CaseTimeline;
  readonly 'show case detail': CaseDetail;
  readonly 'show case open detail': CaseDetail;
  readonly 'show case evidence': CaseEvidence;
  readonly 'show case open evidence': CaseEvidence;
  readonly 'show case timeline': CaseTimeline;
  readonly 'show case open timeline': CaseTimeline;
  readonly 'config check': ConfigCheck;
  readonly 'config diff': ConfigDiff;
  readonly 'config show': ConfigText;
  readonly 'show config': ConfigText;
  readonly 'show contact AS': ContactSheet;
  readonly 'show contact CASE-ID': CaseSheet;
  readonly 'show contact PREFIX': ContactSheet;
  readonly 'show drift': DriftReport;
  readonly 'show http': HttpStatus;
  readonly 'show ids': IdsRow;
  readonly 'show incident': IncidentSummary;
  readonly 'show incident INCIDENT-ID': IncidentDetail;
  readonly 'show incident all': IncidentSummary;
  readonly 'show irr': IrrStatusRow;
  readonly 'show irr NAME': IrrNamedRow;
  readonly 'show irr PREFIX': IrrObjectRow;
  readonly 'show memory': MemoryStatus;
  readonly 'show mitigation': MitigationRow;
  readonly 'show outbox': NoticeRow;
  readonly 'show partition': PartitionRow;
  readonly 'show partition PARTITION': PartitionRow;
  readonly 'show peer PEER quality': QualityRow;
  readonly 'show flow': FlowRow;
  readonly 'show probe PROBE vantages': VantageRow;
  readonly 'show probe PROBE': ProbeDetail;
  readonly 'show probe': ProbeStatusRow;
  readonly 'show quarantine': QuarantineRow;
  readonly 'show quarantine PEER': QuarantineRow;
  readonly 'show route PREFIX all': MachineRouteRow | SilentRow;
  readonly 'show route PREFIX at TIME': RouteRow;
  readonly 'show route history PREFIX since TIME': HistoryRow;
  readonly 'show route PREFIX': RouteRow;
  readonly 'show route family FAMILY': FamilyRouteRow;
  readonly 'show route count': CountRow;
  readonly 'show rpki': RpkiSourceStatus;
  readonly 'show rpki AS': RpkiPayloadRow;
  readonly 'show rpki PREFIX': RpkiPayloadRow;
  readonly 'show rpki cache RPKI': RpkiSourceStatus;
  readonly 'show safety': SafetyStatus;
  readonly 'show status': StatusReport;
  readonly 'show trace': Trace;
  readonly 'show trace TRACE-ID': TraceDetail;
  readonly 'show trace TRACE-ID cost': TraceDetail;
  readonly 'show trace TRACE-ID evidence': TraceDetail;
  readonly 'show trace TRACE-ID tree': TraceDetail;
  readonly 'show trace standing': StandingRow;
  readonly 'show traceback': TracePeerRow;
  readonly 'show traceback frontier AS': TracebackFrontier;
  readonly 'show traceback graph': TracebackGraph;
  readonly 'show traceback hints': HintRow;
  readonly 'show traceback honesty': Honesty;
  readonly 'show traceback honesty AS': HonestyDetail;
  readonly 'show traceback participants': BelievedRecord;
  readonly 'show traceback sites': TraceSites;
  readonly 'show traceback peers': TracebackPeerRow;
  readonly 'show traceback peers AS': TracebackPeerRow;
  readonly 'show traceback sight': SightRow;
  readonly 'show traceback pending': Approval;
  readonly 'trace again TRACE-ID': Trace;
  readonly 'trace approve APPROVAL': Approval;
  readonly 'trace deny APPROVAL reason TEXT': Approval;
  readonly 'test notify': TestResult;
  readonly 'show whois': WhoisStatus;
  readonly 'watch all': AnyRow | MarkRow | LeftOutRow;
  readonly 'watch cases': LiveRow<CaseLineRow>;
  readonly 'watch log': LogRow | LeftOutRow;
  readonly 'watch machines': LiveRow<MachineRow> | GoneRow<MachineRow, 'machine'>;
  readonly 'watch notices': LiveRow<NoticeRow>;
  readonly 'watch probes': LiveRow<ProbeStatusRow> | GoneRow<ProbeStatusRow, 'probe'>;
  readonly 'watch sessions': LiveRow<SummaryRow> | GoneRow<SummaryRow, 'peer'>;
  readonly 'watch sources': LiveRow<IrrStatusRow> | GoneRow<IrrStatusRow, 'source'>;
  readonly 'watch status': LiveRow<StatusReport>;
  readonly 'watch trace TRACE-ID': Trace;
  readonly 'watch traceback': LiveRow<TracePeerRow> | GoneRow<TracePeerRow, 'as'>;
  readonly 'watch traces': LiveRow<TraceLineRow>;
  readonly 'whois QUERY': LookUp;
  readonly 'whois set SET': SetLookUp;
  readonly 'trace case CASE-ID': StandingRow;
  readonly 'trace case CASE-ID stop': StandingRow;
  readonly 'trace cancel TRACE-ID': Trace;
  readonly 'trace digest DIGEST TIME': Trace;
  readonly 'trace export TRACE-ID': TextExport | TraceDocument;
  readonly 'trace export TRACE-ID --evidence': TraceEvidence;
  readonly 'trace report TRACE-ID to RIDPEER': RidEntry;
  readonly 'plan placement': PlacementReport;
  readonly 'trace plan AS': TracePlan;
  readonly 'trace plan digest DIGEST TIME': TracePlan;
  readonly 'trace plan packet FILE': TracePlan;
  readonly 'trace plan set FILE': TracePlan;
  readonly 'trace packet FILE': Trace;
  readonly 'trace set FILE': Trace;
}
