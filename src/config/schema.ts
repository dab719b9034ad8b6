import { ARCHIVE } from './archive-statements.ts';
import { BMP } from './bmp-statements.ts';
import { INTERTRACK_2010, PACKTER, RID, RID_PEER } from './bridge-statements.ts';
import { CONTACTS } from './contact-statements.ts';
import { EXPORTER } from './exporter-statements.ts';
import { HTTP } from './http-statements.ts';
import { IDS } from './ids-statements.ts';
import { BUS, SHARED_STORE } from './machines-statements.ts';
import { MITIGATE } from './mitigate-statements.ts';
import { EXEC, MAIL, SYSLOG, WEBHOOK, XMPP } from './notify-statements.ts';
import { PROBE } from './probe-statements.ts';
import { RPKI } from './rpki-statements.ts';
import { SESSION } from './session-schema.ts';
import type { BlockName, Spec, StatementSpec } from './statement-spec.ts';
import {
  ANSWER,
  ASK,
  CHECKLISTS,
  FEDERATION,
  MEASURE,
  TRACE_DOMAIN,
  TRACE_PEER,
  TRACE_SITE,
  TRACEBACK,
} from './traceback-statements.ts';
import { TRANSLATOR } from './translator-statements.ts';
import { DAY, SECOND } from './units.ts';
import { readUsage } from './usage.ts';
import { WATCH } from './watch-statements.ts';
import { WHOIS } from './whois-statements.ts';

export interface BlockSpec {
  /** What the block is called in messages. */
  readonly title: string;
  readonly statements: readonly Spec[];
}

const GLOBAL: readonly StatementSpec[] = [
  { usage: 'include GLOB', help: 'Reads other files here', unique: [] },
  { usage: 'router id ROUTERID', help: 'BGP Identifier (RFC 4271 section 4.2)', required: true, hard: true },
  { usage: 'local as ASN', help: 'The AS of this daemon', required: true, hard: true },
  { usage: 'log stderr [level LEVEL]', help: 'Writes the log to standard error', defaults: { level: 'info' } },
  { usage: 'log syslog [level LEVEL]', help: 'Writes the log to syslog', defaults: { level: 'info' } },
  {
    usage: 'log file FILE [level LEVEL]',
    help: 'Writes the log to a file',
    defaults: { level: 'info' },
    unique: ['file'],
  },
  {
    usage: 'state DIRECTORY',
    help: 'Directory of the database',
    defaults: { directory: '/var/lib/intertrack' },
    hard: true,
  },
  {
    usage: 'audit retain DURATION',
    help: 'How long lines of the audit log are kept',
    defaults: { duration: 730 * DAY },
    bounds: { min: 30 * DAY, max: 36_500 * DAY },
  },
  {
    usage: 'control socket SOCKET',
    help: 'Where itctl connects',
    defaults: { socket: '/run/intertrack/intertrackd.sock' },
    block: 'socket',
    optionalBlock: true,
    hard: true,
  },
  {
    usage: 'reader socket SOCKET',
    help: 'Where itctl connects to look only',
    block: 'socket',
    optionalBlock: true,
    hard: true,
  },
  {
    usage: 'probe socket SOCKET',
    help: 'Where local probes connect; default: itprobe.sock beside the control socket',
    block: 'socket',
    optionalBlock: true,
    hard: true,
  },
  {
    usage: 'probe listen ADDRESS [port PORT]',
    help: 'Accepts probes of other machines here, by TLS',
    defaults: { port: 4955 },
    unique: ['address', 'port'],
    hard: true,
  },
  {
    usage: 'probe identity FILE certificate CERTIFICATE',
    help: 'Key and certificate that probes of other machines are shown; default: those of traceback',
    hard: true,
  },
  {
    usage: 'bgp listen [ADDRESS] [port PORT] [interface INTERFACE]',
    help: 'Accepts BGP sessions here',
    defaults: { address: '::', port: 179 },
    unique: ['address', 'port', 'interface'],
    hard: true,
  },
  { usage: 'template bgp NAME', help: 'Statements that several peers share', unique: ['name'], block: 'template' },
  { usage: 'protocol bgp NAME [from TEMPLATE]', help: 'A BGP session', unique: ['name'], block: 'peer' },
  { usage: 'protocol bmp NAME', help: 'A station that routers report to (BMP)', unique: ['name'], block: 'bmp' },
  { usage: 'role DUTY…', help: 'What this machine does, where several share the work; default: all', hard: true },
  {
    usage: 'bus nats NATS…',
    help: 'Carries what collectors judge to the machines that have the cases',
    block: 'bus',
    optionalBlock: true,
    hard: true,
  },
  {
    usage: 'store postgresql POSTGRESQL',
    help: 'Where machines that share the cases keep them',
    block: 'sharedstore',
    optionalBlock: true,
    hard: true,
  },
  { usage: 'archive mrt', help: 'Keeps what peers sent, in files', block: 'archive', optionalBlock: true },
  { usage: 'irr SOURCE', help: 'A source of RPSL objects', unique: ['source'], block: 'irr' },
  { usage: 'rpki NAME', help: 'Where validated payloads of the RPKI come from', unique: ['name'], block: 'rpki' },
  { usage: 'whois', help: 'Answers whois queries from the sources', block: 'whois', optionalBlock: true },
  { usage: 'accept risk RISK [for NAME…]', help: 'Somebody knows of this: it is not told any more', unique: ['risk'] },
  { usage: 'http', help: 'Serves the page, the API and the metrics', block: 'http', optionalBlock: true },
  { usage: 'watch NAME', help: 'What is guarded', unique: ['name'], block: 'watch' },
  { usage: 'notify mail', help: 'Tells about cases by mail', unique: [], block: 'mail' },
  {
    usage: 'notify webhook WEBHOOK',
    help: 'Tells about cases by a POST to a web server',
    unique: ['webhook'],
    block: 'webhook',
    optionalBlock: true,
    secret: true,
  },
  {
    usage: 'notify syslog ADDRESS [port PORT]',
    help: 'Tells about cases by syslog (RFC 5424)',
    unique: ['address', 'port'],
    block: 'syslog',
    optionalBlock: true,
  },
  {
    usage: 'notify exec FILE',
    help: 'Tells about cases by running a program',
    unique: ['file'],
    block: 'exec',
    optionalBlock: true,
  },
  { usage: 'notify xmpp ROOM', help: 'Tells about cases in a chat room (XMPP)', unique: ['room'], block: 'xmpp' },
  { usage: 'group NAME', help: 'People to tell', unique: ['name'], block: 'group' },
  { usage: 'contacts', help: 'Where contacts of ASes are looked up', block: 'contacts', optionalBlock: true },
  { usage: 'probe NAME', help: 'A tap whose packets are remembered', unique: ['name'], block: 'probe' },
  { usage: 'ids NAME', help: 'An intrusion detection system whose alerts are traced', unique: ['name'], block: 'ids' },
  { usage: 'traceback', help: 'Carries traces with other ASes', block: 'traceback' },
  { usage: 'rid', help: 'Takes requests for traces, and sends reports, by RID', block: 'rid' },
  { usage: 'packter', help: 'Takes requests for traces from PACKTER', block: 'packter', optionalBlock: true },
  {
    usage: 'intertrack2010',
    help: 'Takes requests for traces from clients of InterTrack of 2010',
    block: 'intertrack2010',
    optionalBlock: true,
  },
];

const DECLARED: Readonly<Record<BlockName, { title: string; statements: readonly StatementSpec[] }>> = {
  global: { title: 'the configuration', statements: GLOBAL },
  template: { title: 'template bgp', statements: SESSION },
  peer: {
    title: 'protocol bgp',
    statements: [
      {
        usage: 'neighbor ADDRESS [port PORT] as ASN',
        help: 'The peer',
        defaults: { port: 179 },
        hard: true,
      },
      { usage: 'neighbor range PREFIX as ASN', help: 'Peers that connect from these addresses', hard: true },
      // Never in a template: who is told something is to be read in one place.
      { usage: 'announce', help: 'The prefixes that the peer is told, and no others', block: 'announce' },
      { usage: 'mitigate', help: 'The prefixes that the peer may be told on order', block: 'mitigate' },
      ...SESSION,
    ],
  },
  mitigate: { title: 'mitigate', statements: MITIGATE },
  announce: {
    title: 'announce',
    statements: [
      {
        usage: 'prefix PREFIX [community COMMUNITY…] [large community LARGE…] [next hop ADDRESS] [med MED]',
        help: 'A prefix to announce',
        unique: ['prefix'],
      },
    ],
  },
  bmp: { title: 'protocol bmp', statements: BMP },
  bus: { title: 'bus nats', statements: BUS },
  sharedstore: { title: 'store postgresql', statements: SHARED_STORE },
  archive: { title: 'archive mrt', statements: ARCHIVE },
  whois: { title: 'whois', statements: WHOIS },
  http: { title: 'http', statements: HTTP },
  socket: {
    title: 'socket',
    statements: [{ usage: 'group USERGROUP', help: 'Group of users that may connect', hard: true }],
  },
  irr: {
    title: 'irr',
    statements: [
      { usage: 'dump LOCATION', help: 'RPSL objects, plain or gzip: a file, or what is fetched from a server' },
      { usage: 'serial LOCATION', help: 'Serial of the dump (CURRENTSERIAL); default: guessed beside the dump' },
      {
        usage: 'nrtm HOST [port PORT] [version NRTMVERSION]',
        help: 'Goes on from the dump by NRTM',
        defaults: { port: 43, nrtmversion: '3' },
      },
      { usage: 'nrtm4 URL key PUBLICKEY', help: 'Mirrors by NRTMv4, from its Update Notification File' },
      {
        usage: 'whois HOST [port PORT]',
        help: 'Asks this server for what the mirror has not',
        defaults: { port: 43 },
      },
      { usage: 'authoritative [SWITCH]', help: 'Its objects outrank those of other sources' },
      { usage: 'x-keiro inherited [SWITCH]', help: 'An object without X-Keiro has that of its maintainers' },
      {
        usage: 'expiry [notice NOTICE] [removal REMOVAL]',
        help: 'The registry removes objects that nobody touches for so many months',
        defaults: { notice: 12, removal: 14 },
      },
      {
        usage: 'refresh DURATION',
        help: 'How often the source is looked at for change; 0s for only at reload. Default: 1m; 1h for a dump that is fetched and has no NRTM',
        bounds: { min: SECOND, max: DAY, zero: true },
      },
    ],
  },
  rpki: { title: 'rpki', statements: RPKI },
  watch: { title: 'watch', statements: WATCH },
  mail: { title: 'notify mail', statements: MAIL },
  webhook: { title: 'notify webhook', statements: WEBHOOK },
  syslog: { title: 'notify syslog', statements: SYSLOG },
  exec: { title: 'notify exec', statements: EXEC },
  xmpp: { title: 'notify xmpp', statements: XMPP },
  group: { title: 'group', statements: [{ usage: 'mail MAIL…', help: 'Mail addresses', required: true }] },
  contacts: { title: 'contacts', statements: CONTACTS },
  probe: { title: 'probe', statements: PROBE },
  exporter: { title: 'exporter', statements: EXPORTER },
  translator: { title: 'translator', statements: TRANSLATOR },
  ids: { title: 'ids', statements: IDS },
  traceback: { title: 'traceback', statements: TRACEBACK },
  rid: { title: 'rid', statements: RID },
  ridpeer: { title: 'peer', statements: RID_PEER },
  packter: { title: 'packter', statements: PACKTER },
  intertrack2010: { title: 'intertrack2010', statements: INTERTRACK_2010 },
  federation: { title: 'federation', statements: FEDERATION },
  tracepeer: { title: 'peer', statements: TRACE_PEER },
  checklists: { title: 'checklists', statements: CHECKLISTS },
  tracesite: { title: 'site', statements: TRACE_SITE },
  tracedomain: { title: 'domain', statements: TRACE_DOMAIN },
  answer: { title: 'answer', statements: ANSWER },
  ask: { title: 'ask', statements: ASK },
  measure: { title: 'measure', statements: MEASURE },
};

const read = ({ title, statements }: { title: string; statements: readonly StatementSpec[] }): BlockSpec => ({
  title,
  statements: statements.map(spec => ({ ...spec, ...readUsage(spec.usage) })),
});

/** The whole language: every block and what can stand in it. */
export const BLOCKS: Readonly<Record<BlockName, BlockSpec>> = {
  global: read(DECLARED.global),
  template: read(DECLARED.template),
  peer: read(DECLARED.peer),
  announce: read(DECLARED.announce),
  mitigate: read(DECLARED.mitigate),
  bmp: read(DECLARED.bmp),
  archive: read(DECLARED.archive),
  socket: read(DECLARED.socket),
  irr: read(DECLARED.irr),
  rpki: read(DECLARED.rpki),
  whois: read(DECLARED.whois),
  bus: read(DECLARED.bus),
  sharedstore: read(DECLARED.sharedstore),
  http: read(DECLARED.http),
  watch: read(DECLARED.watch),
  mail: read(DECLARED.mail),
  webhook: read(DECLARED.webhook),
  syslog: read(DECLARED.syslog),
  exec: read(DECLARED.exec),
  xmpp: read(DECLARED.xmpp),
  group: read(DECLARED.group),
  contacts: read(DECLARED.contacts),
  probe: read(DECLARED.probe),
  exporter: read(DECLARED.exporter),
  translator: read(DECLARED.translator),
  ids: read(DECLARED.ids),
  traceback: read(DECLARED.traceback),
  rid: read(DECLARED.rid),
  ridpeer: read(DECLARED.ridpeer),
  packter: read(DECLARED.packter),
  intertrack2010: read(DECLARED.intertrack2010),
  federation: read(DECLARED.federation),
  tracepeer: read(DECLARED.tracepeer),
  checklists: read(DECLARED.checklists),
  tracesite: read(DECLARED.tracesite),
  tracedomain: read(DECLARED.tracedomain),
  answer: read(DECLARED.answer),
  ask: read(DECLARED.ask),
  measure: read(DECLARED.measure),
};

/** The statement of a block whose head is `head`, words joined by a blank; the name must be right. */
export function specOf(block: BlockName, head: string): Spec {
  const spec = BLOCKS[block].statements.find(candidate => candidate.head.join(' ') === head);
  if (spec === undefined) throw new RangeError(`no statement ${head} in ${block}`);
  return spec;
}
