/** A daemon that answers from constants: the other side of the control socket in the tests of control and vty. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryContacts } from '../../src/bridge/conclusion.ts';
import type { MachineCounts } from '../../src/bus/presence.ts';
import { noCounts } from '../../src/collector/ingest-peer.ts';
import type {
  NeighborRow,
  QuarantineRow,
  RibQuery,
  RibSize,
  RouteRow,
  SummaryRow,
} from '../../src/collector/messages.ts';
import type { QualityRow } from '../../src/collector/quality.ts';
import type { AuditRow } from '../../src/control/audit-rows.ts';
import type { CaseLineRow, DrillReport } from '../../src/control/case-rows.ts';
import type { ContactSheet } from '../../src/control/contact-rows.ts';
import type {
  Daemon,
  MemoryStatus,
  RibQuestion,
  RibRows,
  RpkiPayloadRow,
  SafetyStatus,
  StatusReport,
} from '../../src/control/daemon.ts';
import type { HttpStatus } from '../../src/control/http-rows.ts';
import type { IdsRow } from '../../src/control/ids-rows.ts';
import type { MachineRow, PartitionRow, SharedStatus } from '../../src/control/machine-rows.ts';
import type { MitigationPlan, MitigationRow } from '../../src/control/mitigation-rows.ts';
import type { Case } from '../../src/hijack/case.ts';
import { BEGIN, type SealedEvidence, seal } from '../../src/hijack/evidence-chain.ts';
import { planMitigation } from '../../src/hijack/mitigation-plan.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import type { TestResult } from '../../src/notify/test-notice.ts';
import type { RpkiCacheStatus } from '../../src/registry/rpki/payload-feed.ts';
import type { RpkiSourceStatus } from '../../src/registry/rpki/payload-source.ts';
import type { SetLookUp } from '../../src/registry/whois/look-up.ts';
import type { WhoisStatus } from '../../src/registry/whois/server.ts';
import type { OutboxRecord } from '../../src/store/records.ts';
import type { Approval } from '../../src/traceback/approval.ts';
import { newLeaf } from '../../src/traceback/branch.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { ANSWER, DRIFT, EXPLANATION } from './explained.ts';
import { PLANS } from './scripted-plans.ts';
import { STANDING_ANSWERS } from './scripted-standing.ts';
import { TRACEBACK } from './scripted-traceback.ts';

/** 2026-03-01 12:00:00Z, the hour of everything below. */
export const NOON = Date.UTC(2026, 2, 1, 12);
const HOUR = 3_600_000;

export const SUMMARY: readonly SummaryRow[] = [
  {
    peer: 'tyo1',
    address: '203.0.113.1',
    as: 64496,
    received: 2851,
    sent: 70,
    state: 'Established',
    since: NOON - HOUR - 123_000,
    prefixes: 8348,
    description: 'border router, Tokyo',
    lastError: '',
  },
  {
    peer: 'osa1',
    address: '203.0.113.5',
    as: 64497,
    received: 0,
    sent: 0,
    state: 'Active',
    since: NOON - 76 * HOUR,
    prefixes: 0,
    description: '',
    lastError: 'NOTIFICATION received: Cease/Administrative Shutdown',
  },
];

export const ROUTES: readonly RouteRow[] = [
  {
    prefix: '192.0.2.0/24',
    peer: 'tyo1',
    peerAs: 64496,
    peerAddress: '203.0.113.1',
    nextHop: '203.0.113.1',
    path: [64496, 64666],
    originCode: 'IGP',
    origin: 64666,
    communities: [],
    state: 'mismatch',
    rov: 'invalid',
  },
  {
    prefix: '192.0.2.0/24',
    peer: 'osa1',
    peerAs: 64497,
    peerAddress: '203.0.113.5',
    nextHop: '203.0.113.5',
    path: [64497, [64500, 64501]],
    originCode: 'incomplete',
    origin: null,
    communities: ['64497:100'],
    state: 'match',
    rov: 'valid',
  },
];

const COUNTS: MachineCounts = {
  ...{ room: 500_000, again: 2, lost: 1, asked: 7, told: 3, gaps: 1, twice: 5, taken: 4 },
  ...{ requests: 0, transactions: 900, usual: 4, longest: 61, refused: 4 },
};

const MACHINES: readonly MachineRow[] = [
  {
    ...{
      machine: '192.0.2.10',
      self: true,
      missed: false,
      heard: Date.now() - 400,
      version: '0.1.0',
      started: Date.now() - 86_400_000,
    },
    ...{ roles: ['collector', 'cases', 'traceback'], peers: 2, established: 1, routes: 8348 },
    ...{
      published: 1200,
      waiting: 0,
      dropped: 0,
      partitions: [0, 2],
      problems: [],
      ahead: 1,
      twice: false,
      unheard: false,
    },
    ...{ behind: [3, null], oldest: [40, 0], time: Date.now() - 400, counts: COUNTS },
  },
  {
    ...{
      machine: '192.0.2.20',
      self: false,
      missed: true,
      heard: Date.now() - 90_000,
      version: '0.1.0',
      started: Date.now() - 3_600_000,
    },
    ...{ roles: ['collector'], peers: 4, established: 4, routes: 4_012_345 },
    ...{ published: 310, waiting: 12, dropped: 0, partitions: [], problems: ['peer osa1 is down'] },
    ...{ ahead: -7200, twice: false, unheard: false },
  },
];

const SHARED: SharedStatus = {
  ...{ up: true, since: NOON - HOUR, known: 2, missed: ['192.0.2.20'], partitions: [0, 2], behind: 3 },
  ...{ published: 1_200, waiting: 0, dropped: 0, counts: COUNTS },
};

const PARTITIONS: readonly PartitionRow[] = [
  {
    ...{ partition: 0, holder: '192.0.2.10', host: 'tokyo', self: true, left: 5_200, fence: 12, behind: 3, oldest: 40 },
    ...{ openCases: 2, pending: 1, oldestPending: NOON - 60_000 },
    cursors: [{ collector: '192.0.2.20', life: NOON - HOUR, sequence: 310 }],
  },
  {
    ...{ partition: 1, holder: '192.0.2.30', host: 'osaka', self: false, left: 0, fence: 4 },
    ...{ behind: null, oldest: null, openCases: 0, pending: 0, oldestPending: null, cursors: [] },
  },
];

export const CASE: Case = {
  id: '2026-03-01-01',
  kind: 'more-specific',
  state: 'ongoing',
  prefix: '192.0.2.0/25',
  offender: 64666,
  expected: [64500],
  origin: 64666,
  ground: '',
  decidedBy: '192.0.2.0/24',
  watches: ['ours'],
  critical: true,
  opened: NOON - 600_000,
  changed: NOON - 600_000,
  ended: null,
  witnesses: [
    {
      peer: 'tyo1',
      as: 64496,
      address: '203.0.113.1',
      path: [64496, 64511, 64666],
      since: NOON - 600_000,
      until: null,
      state: 'holds',
    },
    {
      peer: 'osa1',
      as: 64497,
      address: '203.0.113.5',
      path: [64497, 64511, 64666],
      since: NOON - 600_000,
      until: NOON - 60_000,
      state: 'gone',
    },
  ],
  peakWitnesses: 2,
  upstream: 64511,
  objects: [
    {
      source: 'JPIRR',
      prefix: '192.0.2.0/24',
      origin: 64500,
      maintainers: ['MAINT-AS64500'],
      text: 'route:   192.0.2.0/24\norigin:  AS64500\nmnt-by:  MAINT-AS64500\n',
    },
  ],
  recipients: [
    { address: 'noc@example.net', because: 'x-keiro' },
    { address: 'duty@example.net', because: 'group noc' },
  ],
  timeline: [{ time: NOON - 600_000, what: 'opened: tyo1 holds the route', state: 'ongoing' }],
  told: ['begin'],
  severity: 'minor',
  hints: [
    {
      hint: 'customer-pa',
      text: "192.0.2.0/25 is inside AS64500's 192.0.2.0/24; AS64666 is reached through AS64500: probably its customer. If so, register this object.",
      object: 'route:      192.0.2.0/25\norigin:     AS64666',
    },
  ],
  why: {
    time: NOON - 600_000,
    rule: 'IRR mismatch-covering and ROV not-found make it major; customer-pa -1 make it minor',
    rov: 'not-found',
    rovReason: null,
    irr: 'mismatch-covering',
    aspa: 'unknown',
    severity: 'major',
    decidedBy: '192.0.2.0/24',
    path: [64496, 64511, 64666],
    objects: [{ source: 'JPIRR', serial: 1007, prefix: '192.0.2.0/24', origin: 64500, decides: true, disputed: null }],
    vrps: [{ prefix: '192.0.2.0/23', maxLength: 24, asn: 64500, matches: false }],
    why: {
      rov: 'no VRP covers it',
      irr: 'an object for 192.0.2.0/24 has another origin',
      aspa: 'there are no ASPAs',
    },
  },
  incident: 'I2026-03-01-01',
};

export const RESOLVED: Case = {
  ...CASE,
  id: '2026-02-28-01',
  state: 'resolved',
  critical: false,
  opened: NOON - 30 * HOUR,
  ended: NOON - 29 * HOUR,
  witnesses: [],
};

export const LINE: CaseLineRow = {
  time: NOON - 600_000,
  case: CASE.id,
  state: 'ongoing',
  severity: 'minor',
  kind: 'more-specific',
  prefix: '192.0.2.0/25',
  offender: 64666,
  holds: 1,
  peakWitnesses: 2,
  notice: 'begin',
  what: 'ongoing',
};

export const DRILL: DrillReport = {
  case: '2026-03-01-02',
  prefix: '192.0.2.0/24',
  as: 64666,
  watches: ['ours'],
  severity: 'major',
  begin: [
    { channel: 'mail', recipient: 'noc@example.net', state: 'sent', after: 41, attempts: 1, lastError: '' },
    {
      ...{ channel: 'mail', recipient: 'duty@example.net', state: 'pending', after: null, attempts: 2 },
      lastError: '451 try again',
    },
  ],
  end: [{ channel: 'mail', recipient: 'noc@example.net', state: 'sent', after: 33, attempts: 1, lastError: '' }],
};

export const SHEET: ContactSheet = {
  subject: 'AS64666',
  findings: [
    {
      source: 'irr JPIRR',
      name: 'EXAMPLE-AS, Example Inc.',
      contacts: [
        { role: 'technical', name: '', handle: 'EX1-JP', emails: [], phones: [] },
        { role: 'maintainer', name: 'upd-to', handle: 'MAINT-EX', emails: ['db@example.jp'], phones: [] },
      ],
      present: [],
      asked: null,
      why: '',
    },
    {
      source: 'peeringdb',
      name: 'Example',
      contacts: [{ role: 'noc', name: 'NOC', handle: '', emails: ['noc@example.net'], phones: ['+81 3 0000 0000'] }],
      present: ['EXAMPLE-IX 203.0.113.66'],
      asked: NOON - 49 * HOUR,
      why: 'status 429, it is asked too much; it is asked again in 60 s',
    },
    { source: 'rdap', name: '', contacts: [], present: [], asked: null, why: 'not asked yet' },
  ],
};

/** Of a /23: the first half is ready, the second needs a ROA and an object. */
export const PLAN: MitigationPlan = await planMitigation(
  { ...CASE, kind: 'origin', prefix: '192.0.2.0/23', decidedBy: '192.0.2.0/23' },
  {
    localAs: 64500,
    check: async (prefix, origin) => ({
      ...ANSWER,
      ...{ prefix, origin, hints: [] },
      ...(prefix === '192.0.2.0/24'
        ? { rov: 'valid' as const, irr: 'match' as const, vrps: [] }
        : {
            ...{ rov: 'invalid' as const, irr: 'match-covering' as const },
            vrps: [{ prefix: '192.0.2.0/23', maxLength: 23, asn: 64500, matches: false }],
          }),
    }),
    held: [{ origin: 64500, rov: 'valid' }],
    authorised: [],
    length: null,
    waysFor: () => [
      { peer: 'tyo1', why: '' },
      { peer: 'osa1', why: '`mitigate` of osa1 does not permit 192.0.2.0/24' },
    ],
  },
);

export const MITIGATIONS: readonly MitigationRow[] = [
  {
    caseId: CASE.id,
    peer: 'tyo1',
    prefixes: ['192.0.2.0/24', '192.0.3.0/24'],
    since: NOON - 60_000,
    by: 'user root',
    until: null,
    ended: '',
    told: 2,
  },
  {
    caseId: '2026-02-28-01',
    peer: 'tyo1',
    prefixes: ['198.51.100.0/24'],
    since: NOON - 30 * HOUR,
    by: 'user root',
    until: NOON - 29 * HOUR,
    ended: 'the case is resolved',
    told: 0,
  },
];

/** What was frozen of CASE. */
export const EVIDENCE: readonly SealedEvidence[] = [
  seal(BEGIN, CASE, 'tyo1 (AS64496) holds it', CASE.opened, {
    file: '2026.03/updates.20260301.1150.gz',
    time: CASE.opened,
  }).record!,
];

export const NOTICES: readonly OutboxRecord[] = [
  {
    id: '2026-03-01-01.begin.1',
    channel: 'mail',
    recipient: 'noc@example.net',
    caseId: '2026-03-01-01',
    event: 'begin',
    body: '{}',
    state: 'sent',
    attempts: 1,
    due: NOON - 600_000,
    created: NOON - 600_000,
    lastError: '',
    doubt: null,
  },
  {
    id: '2026-03-01-01.begin.2',
    channel: 'mail',
    recipient: 'duty@example.net',
    caseId: '2026-03-01-01',
    event: 'begin',
    body: '{}',
    state: 'pending',
    attempts: 3,
    due: NOON + 240_000,
    created: NOON - 600_000,
    lastError: '451 4.3.0 try again',
    doubt: NOON - 300_000,
  },
  {
    id: '2026-03-01-01.begin.webhook-1a2b3c4d',
    channel: 'webhook',
    recipient: 'hooks.example.net #1a2b3c4d',
    caseId: '2026-03-01-01',
    event: 'begin',
    body: '{}',
    state: 'pending',
    attempts: 1,
    due: NOON + 30_000,
    created: NOON - 600_000,
    lastError: 'answers 503',
    doubt: null,
  },
];

export const TESTS: readonly TestResult[] = [
  { channel: 'mail', recipient: 'noc@example.net', result: 'sent', error: '', took: 84 },
  { channel: 'webhook', recipient: 'hooks.example.net #1a2b3c4d', result: 'deferred', error: 'answers 503', took: 12 },
];

function node(as: number, verdict: TraceNode['verdict'], more: Partial<TraceNode> = {}): TraceNode {
  return {
    ...newLeaf(as, verdict, '', 0),
    signed: 'own',
    children: [],
    ...more,
  };
}

export const TRACE: Trace = {
  id: 't20260301-120003-9f3a',
  asked: NOON + 3000,
  state: 'final',
  questions: [{ epoch: 492_000, digest: '0123456789abcdef' }],
  time: NOON + 3000,
  from: NOON + 2000,
  to: NOON + 4000,
  milliseconds: 182,
  queries: 5,
  tree: node(64500, 'saw', {
    ingress: [64501],
    after: 3,
    children: [
      node(64501, 'absent', {
        reason: 'takes no part',
        children: [
          node(64510, 'saw', { ingress: [64520], after: 182, falsePositive: 0.0039, provisional: true }),
          node(64511, 'clear-partial', { after: 94, coverage: 0.5 }),
        ],
      }),
      node(64502, 'silent', { after: 2000, reason: 'no answer in time' }),
    ],
  }),
  entry: { as: 64510, via: 64520, source: false },
  ambiguity: [],
};

/** Whom to call about the trace's entry. */
export const ENTRY_CONTACTS: readonly EntryContacts[] = [
  {
    as: 64510,
    lines: [
      { role: 'noc', name: 'Example NOC', reach: ['noc@example.net', '+81-3-5555-0100'], source: 'irr JPIRR' },
      { role: 'abuse', name: '', reach: ['abuse@example.net'], source: 'rdap' },
    ],
  },
  { as: 64520, lines: [] },
];

/** What a probe was asked. */
const ASKED = { questions: 12, lastQuestion: { at: NOON - 30_000, digests: 8, seen: 5 } };

/** What a probe has reported in half an hour: less at first, then more than it could take in. */
const HISTORY = Array.from({ length: 360 }, (_, i) => ({
  at: NOON - (360 - i) * 5000,
  rate: Math.round(900 + 600 * Math.sin(i / 40) + (i % 7) * 20),
  lost: Math.max(0, i - 300),
  fill: i < 300 ? 0.1 + (i % 9) / 100 : 0.95,
  sampling: i < 300 ? 1 : 0.5,
}));

/** What the trace looks like before AS64510 has answered. */
export const PARTIAL: Trace = { ...TRACE, state: 'partial', milliseconds: 3, entry: null, tree: node(64500, 'saw') };

export const IDS: readonly IdsRow[] = [
  {
    ids: 'suricata',
    sources: [
      { source: 'eve file /var/log/suricata/eve.json', taken: 120_000, problem: '' },
      { source: 'spool /var/spool/pcap', taken: 2, problem: 'ENOENT: no such file or directory' },
    ],
    counts: {
      ...{ lines: 120_000, unreadable: 1, tooLong: 0, captures: 2, alerts: 311, matched: 40, withoutPacket: 3 },
      ...{ withoutDigest: 1, duplicates: 25, overBudget: 2, leftOut: 0, failed: 0, traces: 11 },
    },
    budget: '10/1h',
    latest: { id: TRACE.id, at: NOON + 3000 },
    lastError: 'the budget of 10/1h is spent: alerts are not traced',
  },
];

export const HTTP: HttpStatus = {
  listen: [
    { at: '127.0.0.1:8480', tls: false, problem: '' },
    { at: '192.0.2.1:8443', tls: true, problem: 'cannot listen for HTTP on 192.0.2.1:8443: listen EADDRNOTAVAIL' },
  ],
  ...{ answering: 1, mostAnswering: 64, watching: 3, mostWatching: 128 },
  risLive: {
    ...{ host: 'rrc-tokyo', sent: 4711, lost: 12 },
    clients: [
      {
        ...{ by: 'http token noc from 192.0.2.7', since: NOON - 3_600_000 },
        ...{ subscriptions: 2, sent: 4000, lost: 12 },
      },
    ],
  },
  lookingGlass: true,
};

export const STATUS: StatusReport = {
  version: '0.1.0',
  routerId: '192.0.2.10',
  as: 64500,
  pid: 4711,
  started: NOON - 26 * HOUR,
  time: NOON,
  memory: 97_910_784,
  collectors: 1,
  peers: 2,
  established: 1,
  lost: ['osa1'],
  prefixes: 8348,
  routes: 8348,
  registry: { objects: 12_000, oldest: 60_000, stale: [] },
  openCases: 1,
  outbox: { pending: 1, oldest: NOON - 600_000 },
  probes: { configured: 1, connected: 1 },
  tracePeers: { configured: 2, established: 1 },
  problems: ['session with osa1 is down for 3d04h'],
};

export const MEMORY: MemoryStatus = {
  rss: 300 * 2 ** 20,
  main: { heap: 20 * 2 ** 20, heapUsed: 12 * 2 ** 20, arrays: 2 ** 20, external: 2 ** 20 },
  collectors: [
    {
      parts: [
        { part: 'IPv4 prefix table', octets: 10 * 2 ** 20, holds: 8000, of: 'prefixes' },
        { part: 'attribute sets', octets: 40 * 2 ** 20, holds: 1000, of: 'sets' },
        { part: "peers' tables", octets: 8 * 2 ** 20, holds: 8348, of: 'routes' },
      ],
      peers: [{ peer: 'tyo1', octets: 8 * 2 ** 20, routes: 8348 }],
      setsInUse: 30 * 2 ** 20,
      snapshot: 5 * 2 ** 20,
      heap: { heap: 30 * 2 ** 20, heapUsed: 20 * 2 ** 20, arrays: 60 * 2 ** 20, external: 2 ** 20 },
      forecast: { prefixes: 8348, columns: 40_000, ownSets: 30 * 2 ** 20 },
    },
  ],
};

const CACHE: RpkiCacheStatus = {
  ...{
    cache: 'tcp rpki1.example.net:323',
    kind: 'rtr',
    state: 'synchronised',
    vrps: 480_000,
    aspas: 12,
    routerKeys: 1,
  },
  ...{ version: 2, session: 4711, serial: 17, age: 65_000, refresh: 3_600_000, retry: 600_000, expire: 7_200_000 },
  ...{ updates: 9, faults: 1, expired: 0, refused: 0, lastError: '' },
};
const RPKI: readonly RpkiSourceStatus[] = [
  {
    ...{ source: 'validators', inUse: 'tcp rpki1.example.net:323', stale: false, doubt: '' },
    slurm: { file: '/etc/intertrack/slurm.json', filters: 1, assertions: 2 },
    problems: ['/srv/vrps.json: 1 entries cannot be read: roas[7]: no prefix'],
    caches: [
      CACHE,
      {
        ...CACHE,
        ...{ cache: '/srv/vrps.json', kind: 'file', state: 'off', vrps: 0, aspas: 0, routerKeys: 0, version: null },
        ...{
          session: null,
          serial: null,
          age: null,
          refresh: 60_000,
          retry: null,
          expire: null,
          updates: 0,
          faults: 0,
        },
        ...{ expired: 2, refused: 1, lastError: '' },
      },
    ],
  },
];
const VRP: RpkiPayloadRow = { what: 'vrp', prefix: '192.0.2.0/24', maxLength: 28, as: 64500 };
const ASPA: RpkiPayloadRow = { what: 'aspa', customer: 64500, providers: [64496, 64497] };
export const SET_LOOK_UP = (set: string): SetLookUp => ({
  set,
  from: 'whois.example.net port 43, RADB',
  by: 'sets',
  members: [64496, 64497, 64498, 64499, 64500, 64501, 64502, 64503, 64504],
  missing: ['AS-GONE'],
  refused: 1,
  stopped: '',
  failures: [],
});

export const WHOIS: WhoisStatus = {
  listeners: [
    { address: '127.0.0.1', port: 43, problem: '' },
    { address: '192.0.2.10', port: 43, problem: 'cannot listen for whois on 192.0.2.10 port 43: EADDRNOTAVAIL' },
  ],
  clients: [
    { address: '127.0.0.1', client: 'bgpq4 1.9', since: NOON - 3000, queries: 12, octets: 2_621_850, state: 'sending' },
  ],
  counts: {
    ...{ connections: 17, queries: 4711, octets: 9_000_000, errors: 4, large: 1, delayed: 2 },
    ...{ refused: 3, full: 0, crowded: 5, idle: 6, slow: 7, long: 8, changed: 0 },
  },
};

export const SAFETY: SafetyStatus = {
  threads: [
    { thread: 'main', encoder: null },
    { thread: 'collector', encoder: NOON - HOUR },
  ],
  peers: [
    {
      peer: 'tyo1',
      address: '203.0.113.1',
      as: 64496,
      state: 'Established',
      may: [
        { prefix: '192.0.2.1/32', communities: ['blackhole', 'no-export'], largeCommunities: [], med: 10 },
        { prefix: '2001:db8::/48', communities: [], largeCommunities: ['64500:1:20'], nextHop: '2001:db8::1' },
      ],
      mitigate: {
        prefixes: [{ prefix: '192.0.2.0/23', communities: [], largeCommunities: [], nextHop: '203.0.113.3' }],
        most: 4,
      },
      told: [
        {
          prefix: '192.0.2.1/32',
          communities: ['blackhole', 'no-export'],
          largeCommunities: [],
          med: 10,
          nextHop: '203.0.113.2',
        },
      ],
      updates: 2,
      marks: 2,
      password: true,
      leastTtl: 255,
    },
    {
      peer: 'osa1',
      address: '203.0.113.5',
      as: 64497,
      state: 'Active',
      may: [],
      mitigate: null,
      told: [],
      updates: 0,
      marks: 0,
      password: false,
      leastTtl: null,
    },
  ],
};

export const QUALITY: QualityRow = {
  peer: 'tyo1',
  address: '203.0.113.1',
  as: 64496,
  state: 'Established',
  since: NOON - HOUR,
  history: {
    since: NOON - 10 * HOUR,
    up: 9 * HOUR,
    falls: 2,
    fallsLastHour: 0,
    lastFalls: [{ time: NOON - HOUR - 60_000, reason: 'received Cease/Administrative Reset' }],
    most: { routes: 9000, time: NOON - HOUR / 2 },
    mostLastHour: 9000,
  },
  routes: 7200,
  left: 0.8,
  endOfRib: { missing: ['IPv6'], owed: false },
  nearMisses: 1,
  duplicates: { seen: 100, unchanged: 7 },
  malformed: {
    treatAsWithdraw: 2,
    attributeDiscard: 0,
    ignored: 1,
    unagreedPathIds: 0,
    excessPaths: 0,
    excessOthers: 0,
  },
  quarantined: 3,
  clock: null,
  stuck: { compared: 4, count: 1, young: 2, prefixes: [{ prefix: '192.0.2.0/24', since: NOON - HOUR / 4 }] },
  unknown: ['clock: BGP messages bear no time'],
  remarks: ["the table has shrunk to 80% of the last hour's most", '1 route seems stuck'],
};

export const APPROVALS: readonly Approval[] = [
  {
    ...{ id: 'p3f9a02c1', origin: 64511, peer: 64510, entropy: 'guessable', purpose: 'attack', reference: 'CASE-7' },
    ...{ packets: 1, from: NOON - 3_600_000, to: NOON - 3_596_000, first: NOON - 60_000, last: NOON - 5000, asked: 2 },
    ...{ state: 'pending', by: '', reason: '', until: NOON + 86_340_000 },
  },
  {
    ...{ id: 'p00000002', origin: 64510, peer: 64510, entropy: 'high', purpose: 'test', reference: '' },
    ...{ packets: 8, from: NOON - 7_200_000, to: NOON - 7_196_000, first: NOON - 60_000, last: NOON - 6000, asked: 1 },
    ...{ state: 'denied', by: 'uid 1000 (taro), pid 7', reason: 'not of ours', until: NOON + 3_600_000 },
  },
];

export const AUDIT: readonly AuditRow[] = [
  {
    number: 41,
    time: NOON,
    what: 'query.answered',
    body: {
      peer: 64510,
      origin: 64511,
      purpose: 'attack',
      reference: 'C-7',
      verdict: 'clear',
      reason: 'no tap saw it',
    },
    hash: '11'.repeat(32),
  },
  {
    number: 42,
    time: NOON + 1500,
    what: 'query.refused',
    body: { peer: 64512, reason: 'policy does not let this peer ask', from: NOON, hops: [64511, 64512], request: 'ab' },
    hash: '22'.repeat(32),
  },
];

const SIZE: RibSize = {
  ...{ routes: 8348, prefixes4: 8000, prefixes6: 348, attributeSets: 1000, attributeOctets: 40 * 2 ** 20 },
  ...{ contradictions: 1, problems: [] },
};

/** An UPDATE whose ORIGIN is none. */
export const QUARANTINED: QuarantineRow = {
  ...{ peer: 'tyo1', message: `${'ff'.repeat(16)}001b02000000044001010300`, dropped: 0, at: NOON, type: 2 },
  action: 'treat-as-withdraw',
  errors: [{ code: 1, offset: 26, clause: 'RFC 7606 section 7.1', what: 'ORIGIN of 3', action: 'treat-as-withdraw' }],
  ...{ prefixes: ['192.0.2.0/24'], hit: 1 },
};

/** Answers everything; `over` replaces what a test wants otherwise. */
export function scriptedDaemon(over: Partial<Daemon> = {}): Daemon {
  const rows = (query: RibQuery): readonly unknown[] => {
    switch (query.about) {
      case 'summary':
        return SUMMARY;
      case 'neighbor':
        return SUMMARY.filter(row => query.peer === undefined || [row.peer, row.address].includes(query.peer)).map(
          (row): NeighborRow => {
            const up = row.state === 'Established';
            return {
              ...row,
              messagesReceived: { open: up ? 1 : 0, update: row.received },
              messagesSent: { open: 1, keepalive: row.sent },
              lastDown: row.lastError,
              prefixes4: row.prefixes,
              prefixes6: 0,
              passive: false,
              holdTime: up ? 90 : null,
              peerId: up ? '203.0.113.1' : null,
              localAddress: up ? '203.0.113.2' : null,
              as4: up ? true : null,
              families: up ? ['IPv4 unicast'] : [],
              malformed: up ? { ...noCounts(), treatAsWithdraw: 2, ignored: 1 } : null,
            };
          },
        );
      case 'quality':
        return [QUALITY];
      case 'quarantine':
        return [QUARANTINED];
      case 'size':
        return [SIZE];
      case 'verdicts':
        return [
          { irr: 'match', rov: 'valid', verdicts: 8000 },
          { irr: 'mismatch', rov: 'invalid', verdicts: 1 },
        ];
      default:
        return [
          { peer: 'tyo1', ipv4: 8000, ipv6: 348 },
          { peer: 'osa1', ipv4: 0, ipv6: 0 },
        ];
    }
  };
  return {
    status: async () => STATUS,
    ribQuery: async <K extends keyof RibRows>(query: RibQuestion<K>) => rows(query) as readonly RibRows[K][],
    async routes({ peer, scope }, take) {
      await take(ROUTES.filter(row => peer === undefined || row.peer === peer));
      return { changed: scope === 'longer' ? 3 : 0 };
    },
    familyRoutes: (_, take) => take([]),
    cases: async () => [CASE],
    machines: async () => MACHINES,
    shared: async () => SHARED,
    forgetMachine: async () => ({
      rows: [
        { machine: '192.0.2.10', partitions: [0, 2], cases: 1, witnesses: 3, silent: '' },
        { machine: '192.0.2.30', partitions: [], cases: 0, witnesses: 0, silent: 'it did not answer within 3 s' },
      ],
      notes: ['not done in partitions 1, 3: give the command again once a machine has them'],
    }),
    partitions: async () => PARTITIONS,
    refused: async () => [
      { what: 'judged', machine: '192.0.2.20', times: 3, last: NOON, why: 'it is no JSON in UTF-8' },
      { what: 'question', machine: '', times: 1, last: NOON, why: 'it is no question' },
    ],
    askAll: async words => [
      { machine: '192.0.2.10', rows: words[1] === 'route' ? ROUTES : SUMMARY, silent: '' },
      { machine: '192.0.2.20', rows: [], silent: 'it did not answer within 3 s' },
    ],
    caseElsewhere: () => null,
    case: async id => [CASE, RESOLVED].find(one => one.id === id) ?? null,
    follow: (topics, since, take) => {
      take({ mark: since ?? 'mijz0o5c.0', about: null, key: null, row: {} });
      for (const [i, state] of (['suspected', 'ongoing'] as const).entries())
        if (topics.includes('cases'))
          take({
            ...{ mark: `mijz0o5c.${i + 1}`, about: 'cases', key: null },
            row: { ...LINE, state, notice: state === 'ongoing' ? 'begin' : null, what: state },
          });
      return () => {};
    },
    followTrace: () => null,
    followUpdates: () => ({ want: () => {}, close: () => {} }),
    http: async () => HTTP,
    followLog(level, take) {
      take({ time: NOON, level: level === 'debug' ? 'debug' : 'warn', text: `case ${CASE.id} ongoing: tyo1 holds it` });
      return () => {};
    },
    drill: async ({ prefix, as }) => ({ ...DRILL, prefix, as }),
    evidence: async id => (id === CASE.id ? EVIDENCE : []),
    incident: async id => (id === CASE.incident ? [CASE] : []),
    creator: () => ({ name: 'it.example.net', contact: 'keiro@example.net' }),
    markCase: async (id, { what, by, reason, until }) => {
      if (id !== CASE.id) throw new Error(`there is no case ${id}`);
      const line = { time: NOON, what: `${what}: ${reason}`, state: CASE.state, by };
      return { ...CASE, timeline: [...CASE.timeline, line], ...(until !== null && { changed: NOON }) };
    },
    casesBefore: async one => (one === null ? [CASE, RESOLVED] : []),
    outboxOf: async id => NOTICES.filter(notice => notice.caseId === id),
    async testNotify(kind, _by, take) {
      for (const result of TESTS) if (kind === null || result.channel === kind) await take(result);
    },
    outbox: async () => NOTICES.filter(notice => notice.state === 'pending'),
    traces: async () => [TRACE],
    trace: async id => (id === TRACE.id ? TRACE : null),
    startTrace: async ({ onPartial }) => {
      onPartial(PARTIAL);
      return TRACE;
    },
    traceDigest: async () => TRACE,
    traceEvidence: async () => null,
    bridges: async () => [],
    ridPeers: async () => [],
    ridEntries: async () => [],
    ridDecide: async number => {
      throw new Error(`no request ${number} waits for a person`);
    },
    ridSend: async (_trace, peer) => {
      throw new Error(`no rid peer ${peer} is configured`);
    },
    tracesAs: () => ({ as: 64500, federation: 'jp-isp' }),
    traceContacts: async () => ENTRY_CONTACTS,
    ...STANDING_ANSWERS,
    ...PLANS,
    ...TRACEBACK,
    audit: async ({ as, denied }, take) =>
      take(
        AUDIT.filter(({ what, body }) => (as === null || body.peer === as) && (!denied || what.endsWith('.refused'))),
      ),
    auditHead: async () => AUDIT.at(-1)!,
    traceAgain: async () => TRACE,
    certificateProblems: async () => [],
    approvals: async () => APPROVALS,
    approve: async (_, milliseconds, by) => ({
      ...APPROVALS[0]!,
      ...{ state: 'approved', by, until: NOON + milliseconds },
    }),
    deny: async (_, reason, by) => ({ ...APPROVALS[0]!, state: 'denied', by, reason }),
    irrStatus: async () => [
      {
        source: 'JPIRR',
        objects: 12_000,
        refused: 3,
        authoritative: true,
        transport: 'nrtm',
        place: 'https://irr.example.net/jpirr.db.gz',
        serial: 1007,
        loaded: NOON - 86_400_000,
        changed: NOON - 60_000,
        checked: NOON - 5000,
        age: 5000,
        operations: 12,
        replayed: 1,
        stale: false,
        alarms: [{ time: NOON - 7_200_000, why: 'nrtm: serials went back' }],
        lastError: '',
      },
      {
        source: 'RADB',
        objects: 0,
        refused: 0,
        authoritative: false,
        transport: 'file',
        place: '/srv/irr/radb.db',
        serial: null,
        loaded: null,
        changed: null,
        checked: null,
        age: null,
        operations: 0,
        replayed: 0,
        stale: true,
        alarms: [],
        lastError: '/srv/irr/radb.db: no such file',
      },
    ],
    reloadIrr: async source => (source === 'JPIRR' ? { source, what: 'loaded', objects: 12_000, why: '' } : null),
    whois: async () => WHOIS,
    rpkiStatus: async () => RPKI,
    rpkiPayloads: async question => ({ rows: 'as' in question ? [ASPA, VRP] : [VRP], omitted: 0 }),
    lookUp: async query => {
      const found = { query, from: 'mirror', text: 'aut-num: AS64500\nsource: JPIRR\n', failures: [] };
      return query === 'AS64500'
        ? found
        : { query, from: '', text: '', failures: ['whois x port 43: no answer for 30 s'] };
    },
    lookUpSet: async set => SET_LOOK_UP(set),
    irrObjects: async prefix =>
      prefix.startsWith('192.0.2.')
        ? [
            {
              source: 'JPIRR',
              prefix: parsePrefix('192.0.2.0/24')!,
              origin: 64500,
              mntBy: ['MAINT-AS64500'],
              holes: [],
              memberOf: [],
              keiro: ['noc@example.net'],
              notify: [],
              descr: 'Example',
              text: 'route:   192.0.2.0/24\ndescr:   Example\norigin:  AS64500\nsource:  JPIRR\n',
              created: null,
              changed: NOON - 86_400_000,
              lastModified: null,
              due: null,
              serial: 1007,
              age: 5000,
            },
          ]
        : [],
    irrNamed: async name =>
      name === 'AS-EXAMPLE'
        ? {
            rows: [
              {
                what: 'object',
                from: 'mirror',
                source: 'JPIRR',
                class: 'as-set',
                key: 'AS-EXAMPLE',
                created: null,
                changed: NOON - 400 * 86_400_000,
                lastModified: null,
                due: { notice: NOON - 35 * 86_400_000, removal: NOON + 25 * 86_400_000, state: 'notice' },
                problems: [{ line: 2, why: 'members: "FOO" is neither AS nor as-set: left out' }],
                text: 'as-set:  AS-EXAMPLE\nmembers: AS64500, FOO, AS-GONE\nsource:  JPIRR',
                expansion: { members: 1, sets: 1, missing: ['AS-GONE'], missingCount: 1, refused: 1, stopped: '' },
                maintains: null,
                serial: 1007,
                age: 5000,
              },
            ],
            remarks: [],
          }
        : { rows: [], remarks: [] },
    probes: async () => [
      {
        probe: 'tap1',
        connected: true,
        since: NOON - HOUR,
        windows: 720,
        retained: { from: NOON - HOUR, to: NOON },
        packets: 997,
        lost: 3,
        rate: 1200,
        dropped: 2,
        ...ASKED,
      },
    ],
    flows: async () => [
      {
        ...{ what: 'exporter', probe: 'flows1', exporter: '192.0.2.1', versions: ['NetFlow 9', 'sFlow 5'] },
        ...{
          datagrams: 1200,
          records: 9000,
          sections: 4000,
          translations: 12,
          options: 3,
          templates: 40,
          templatesDropped: 0,
        },
        ...{ withoutTemplate: 5, passedOver: 300, malformed: 1, domains: 2, templatesHeld: 4, lost: 17, restarts: 0 },
        ...{ otherDomains: 0, sampling: 1000, seen: NOON - 2000 },
      },
      { what: 'probe', probe: 'flows1', refused: 7, dropped: 0, records: 5000, droppedForMemory: 0 },
    ],
    probe: async probe => {
      if (probe !== 'tap1') throw new Error(`no probe ${probe} is configured`);
      return {
        probe,
        connected: true,
        since: NOON - HOUR,
        windows: 720,
        retained: { from: NOON - HOUR, to: NOON },
        packets: 997,
        lost: 3,
        rate: 1200,
        dropped: 2,
        ...ASKED,
        history: HISTORY,
        kept: {
          memory: 5 * 2 ** 20,
          disk: 7 * 2 ** 20,
          unread: 3,
          unsaved: 2,
          dropped: 1,
          unsealed: 0,
          trouble: 'ENOSPC: no space left on device, write',
          sampling: 1 / 4,
          fill: 0.5,
          holes: [{ from: NOON - 600_000, to: NOON - 590_000 }],
          latest: {
            from: NOON - 20_000,
            vantages: 8,
            packets: 8000,
            octets: 17_000,
            kind: 'each',
            bits: 16,
            sampling: 1 / 2,
            root: 'ab'.repeat(32),
          },
          head: 'cd'.repeat(32),
        },
      };
    },
    retention: async () => ({
      rows: [
        {
          probe: 'tap1',
          epoch: Math.floor(NOON / HOUR) - 2,
          key: '0123456789abcdef',
          created: NOON - 2 * HOUR,
          destroyed: NOON,
          windows: 360,
          first: null,
          last: null,
          root: '12'.repeat(32),
          chain: '34'.repeat(32),
        },
        {
          probe: 'tap1',
          epoch: Math.floor(NOON / HOUR) - 1,
          key: 'fedcba9876543210',
          created: NOON - HOUR,
          destroyed: null,
          windows: 360,
          first: Math.floor(NOON / 10_000) - 360,
          last: Math.floor(NOON / 10_000) - 1,
          root: '56'.repeat(32),
          chain: '78'.repeat(32),
        },
      ],
      notes: [`tap1: the chain ends with ${'78'.repeat(32)}`],
    }),
    probeVantages: async () => ({
      rows: [
        {
          ...{ mac: '00:00:5e:00:53:01', vlan: null, interface: null, direction: 'both', as: 64496 },
          ...{ from: 'configured', conflict: '', packets: 990, lastSeen: NOON - 2000 },
        },
        {
          ...{ mac: '00:00:5e:00:53:02', vlan: 100, interface: null, direction: 'both', as: null },
          ...{
            from: 'bgp 192.0.2.7, 192.0.2.8',
            conflict: 'it has addresses of AS 64497, 64498',
            packets: 0,
            lastSeen: null,
          },
        },
        {
          ...{ mac: '00:00:5e:00:53:99', vlan: null, interface: null, direction: 'inside', as: null },
          ...{ from: 'configured', conflict: '', packets: 5, lastSeen: NOON },
        },
        {
          ...{ mac: null, vlan: null, interface: 'eth1', direction: 'in', as: 64499 },
          ...{ from: 'configured', conflict: '', packets: 2, lastSeen: NOON },
        },
      ],
      notes: ['192.0.2.9 of AS 64500 is at 00:00:5e:00:53:03 and was claimed 4 times by 00:00:5e:00:53:66'],
    }),
    order: async ({ peer, what }, by) => ({ peer, done: `${what} by ${by.replace(/\d+/g, 'N')}` }),
    memory: async () => MEMORY,
    safety: async () => SAFETY,
    ids: async () => IDS,
    tracePeers: async () => [
      {
        as: 64510,
        address: '198.51.100.7',
        state: 'Established',
        since: NOON - HOUR,
        in: 'allow',
        out: 'deny',
        asked: 5,
        answered: 4,
        refused: 1,
        lastError: '',
        said: '',
        disabled: null,
        checklist: {
          ...{ file: '/etc/intertrack/as64510.sig', believed: true, problem: '' },
          ...{ toldAt: NOON - 60_000, until: NOON + 1_140_000 },
        },
      },
    ],
    contacts: async subject => ['as' in subject ? SHEET : { ...SHEET, subject: subject.prefix }],
    calls: async () => [{ ...SHEET, draft: 'Subject: Unauthorised BGP announcement\n\nDear colleagues,\n' }],
    planMitigation: async () => PLAN,
    announceMitigation: async ({ caseId, peer, confirmed }) => ({
      ...{ caseId, peer, prefixes: ['192.0.2.0/24', '192.0.3.0/24'] },
      announced: confirmed !== null,
    }),
    stopMitigation: async () => MITIGATIONS.slice(1),
    mitigations: async () => MITIGATIONS,
    drift: async days => ({ ...DRIFT, days }),
    checkRoute: async () => ANSWER,
    explain: async () => EXPLANATION,
    explainHeld: async () => [EXPLANATION],
    routesAt: async ({ prefix }) =>
      prefix.startsWith('192.0.2.')
        ? {
            rows: ROUTES,
            remarks: ['no records from 2026-03-01 10:00:00Z to 2026-03-01 10:01:00Z: no archive was open'],
          }
        : { rows: [], remarks: [] },
    routeHistory: async () => ({
      rows: [
        {
          time: NOON - HOUR,
          what: 'announce' as const,
          prefix: '192.0.2.0/25',
          peer: 'tyo1',
          peerAs: 64496,
          peerAddress: '203.0.113.1',
          route: ROUTES[0]!,
        },
        {
          time: NOON,
          what: 'down' as const,
          prefix: '192.0.2.0/25',
          peer: 'tyo1',
          peerAs: 64496,
          peerAddress: '203.0.113.1',
          route: null,
        },
      ],
      remarks: [],
    }),
    archive: async () => ({
      directory: '/var/lib/intertrack/mrt',
      updates: 300_000,
      rib: 8 * HOUR,
      retain: 30 * 24 * HOUR,
      compress: 'gzip' as const,
      failure: '',
      alarms: [{ time: NOON - HOUR, text: '7 records were lost; from now on they are kept again' }],
      held: { files: 300, octets: 3 << 20, oldest: NOON - 25 * HOUR },
      state: {
        records: 4711,
        lost: 7,
        files: 12,
        waiting: 2048,
        current: '2026.03/updates.20260301.1200.gz',
        gaps: 1,
        verified: '2026.03/updates.20260301.1155.gz',
        differing: 0,
        synced: NOON - 3000,
        lastTable: NOON - 4 * HOUR,
        trouble: '',
      },
    }),
    configCheck: async () => ({
      ...{ file: '/etc/intertrack/intertrackd.conf', errors: [], warnings: [] },
      risks: [
        {
          ...{ risk: 'bgp-no-limit', file: '/etc/intertrack/intertrackd.conf', line: 7, column: 1 },
          message: 'peer tyo1 of another AS may send any number of routes, expected `maximum prefix`',
          excerpt: '  protocol bgp tyo1 {\n  ^~~~~~~~~~~~~~~~~',
        },
      ],
    }),
    configDiff: async () => ({
      ...{ file: '/etc/intertrack/intertrackd.conf', errors: [] },
      changes: [{ section: 'peer', name: 'tyo1', how: 'added', hard: true, words: 'peer tyo1: added' }],
    }),
    configText: async () => 'router id 192.0.2.10;\nlocal as 64500;\n',
    reload: async () => ({ applied: true, changes: ['protocol bgp osa1: description changed'], errors: [] }),
    ...over,
  };
}

/** A directory for one test's sockets and files; remove it with the function returned. */
export function scratch(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'itctl-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
