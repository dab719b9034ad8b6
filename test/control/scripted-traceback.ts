/** What the scripted daemon says of the exchange of traces. Hour of everything: 2026-03-01 12:00:00Z. */
import type {
  SightRow,
  TracebackAnswers,
  TracebackFrontier,
  TracebackGraph,
  TracebackPeerRow,
  TraceSites,
} from '../../src/control/traceback-rows.ts';
import type { BelievedRecord } from '../../src/traceback/belief.ts';
import type { CanaryStatus } from '../../src/traceback/drawing.ts';
import type { HintRow } from '../../src/traceback/hints.ts';
import type { Honesty } from '../../src/traceback/honesty.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const HOUR = 3_600_000;

const RECORD: BelievedRecord['record'] = {
  ...{ as: 64510, sequence: 1772362800000, issued: NOON - HOUR, expires: NOON + 47 * HOUR, withdrawn: false },
  addresses: [{ address: '2001:db8::10', port: 4954 }],
  ...{ roles: ['itm', 'btm', 'dtm', 'dpoint'], methods: ['digest'], federations: ['jp-isp'] },
  ...{ retention: 3600, coverage: 0.98 },
};

export const BELIEVED: readonly BelievedRecord[] = [
  { record: RECORD, believed: 'configured', vouchedBy: [] },
  {
    record: { ...RECORD, as: 4200000001, addresses: [], withdrawn: true, retention: null, coverage: null },
    ...{ believed: 'authority', vouchedBy: ['jp-isp'] },
  },
];

export const SIGHT: SightRow = {
  ...{ time: NOON, proof: 'require', rate: 20, held: 1204, vouched: 30, unproved: 7, refused: 2 },
  committed: { from: NOON - 20_000, root: '00a1b2c3d4e5f607'.repeat(4) },
};

export const PEERS: readonly TracebackPeerRow[] = [
  {
    ...{ as: 64510, kind: 'peer', address: '2001:db8::10', port: 4954, in: 'allow', out: 'allow', rate: 100 },
    ...{ state: 'Established', since: NOON - HOUR, asked: 1204, received: 99120, answered: 99100, refused: 20 },
    ...{ lastError: '', said: '', disabled: null, latency: 12.4, adjacent: true, record: BELIEVED[0]! },
    checklist: {
      ...{ file: '/etc/intertrack/as64510.sig', believed: true, problem: '' },
      ...{ toldAt: NOON - 60_000, until: NOON + 1_140_000 },
    },
    open: {
      ...{ type: 'open', version: 2, least: 2, as: 64510, hold: 30, restart: 0, dialled: true },
      ...{ roles: ['itm', 'btm', 'dtm', 'dpoint'], methods: ['digest'], epochs: { length: 3600, overlap: 300 } },
      ...{ retention: 3600, coverage: 0.98, limits: { questions: 64, flight: 64, rate: 100 } },
    },
  },
  {
    ...{ as: 4200000001, kind: 'member', address: '', port: 0, in: 'deny', out: 'allow', rate: 10 },
    ...{ state: 'Active', since: NOON - 76 * HOUR, asked: 0, received: 0, answered: 0, refused: 0 },
    lastError: 'cannot connect to 198.51.100.7 port 4954: connect ECONNREFUSED 198.51.100.7:4954',
    ...{ said: '', disabled: null },
    ...{ latency: null, adjacent: false, record: null, open: null, checklist: null },
  },
];

export const SITES: TraceSites = {
  time: NOON,
  itm: null,
  sites: [
    {
      ...{ site: 'osaka', since: NOON - HOUR, connected: true, asked: 12, answered: 11, latency: 3.6, lastError: '' },
      uncommitted: { from: NOON - 2 * HOUR, to: NOON - HOUR - 60_000 },
      standing: { roles: ['btm', 'dtm'], retention: 3600, coverage: 1, probes: 2, domains: ['umeda', 'namba'] },
    },
    {
      ...{ site: 'tokyo', since: null, connected: false, asked: 12, answered: 0, latency: null, uncommitted: null },
      ...{ lastError: 'no site "edo" is configured', standing: null },
    },
  ],
};

export const GRAPH: TracebackGraph = {
  ...{ ases: 80_012, links: 512_345, transit: 160_000, peering: 352_000, unknown: 345, otc: 12 },
  ...{ roles: 3, aspas: 4000, inferred: 507_997, built: NOON - 60_000, changed: true, time: NOON },
  ...{ participants: 3, on: [64510, 64511], off: [4200000001] },
  sketch: {
    ases: [
      { as: 64500, distance: 0 },
      { as: 64501, distance: 1 },
      { as: 64502, distance: 1 },
      { as: 64510, distance: 2 },
      { as: 64511, distance: 2 },
    ],
    links: [
      { from: 64500, to: 64501, relation: 'provider' },
      { from: 64500, to: 64502, relation: 'peer' },
      { from: 64510, to: 64501, relation: 'provider' },
      { from: 64511, to: 64502, relation: 'provider' },
      { from: 64501, to: 64502, relation: null },
    ],
    leftOut: 0,
  },
};

export const FRONTIER: TracebackFrontier = {
  as: 64501,
  takesPart: false,
  groups: [
    {
      ...{ behind: 64501, relation: 'provider' },
      waves: [
        [
          { as: 64510, kind: 'peer', cone: 312, adjacent: true, hits: 2, latency: 12.4 },
          { as: 4200000001, kind: 'member', cone: 1, adjacent: false, hits: 0, latency: null },
        ],
      ],
      ...{ passed: [64502], beyond: 40 },
    },
  ],
  reasons: ['takes no part; 40 more behind it are not shown'],
};

export const HINTS: readonly HintRow[] = [
  {
    ...{ as: 64510, address: '198.51.100.7', port: 4954, prefix: '198.51.100.0/24', state: 'known' },
    ...{ at: null, error: '' },
  },
  {
    ...{ as: 4200000001, address: '2001:db8::7', port: 4955, prefix: '2001:db8::/32', state: 'asked' },
    ...{ at: Date.UTC(2026, 2, 1, 12), error: 'AS 4200000001: is not signed by it' },
  },
];

/** Says yes to five decoys of six, and states 0.002 %. */
export const HONESTY: Honesty = {
  ...{ as: 64511, at: NOON, decoys: 6, yes: 5, yesStated: 0.00012, canaries: 20, seen: 19, covered: 20, held: 20 },
  ...{ named: 19, misnamed: 0 },
  falseYes: { rate: 5 / 6, low: 0.436, high: 0.97, stated: 0.00002 },
  recall: { rate: 0.95, low: 0.764, high: 0.991, stated: 1 },
  misnames: { rate: 0, low: 0, high: 0.168 },
  contradictions: ['says yes falsely: of 6 decoys it saw 5, so at least 27 %; it states 0.002 %'],
};

/** Twelve were drawn. */
export const CANARIES: CanaryStatus = {
  ...{ every: 600_000, drawn: 12, waiting: 1, asked: 10, counted: 9, leftAlone: 1, dropped: 1 },
  last: { time: NOON, as: 64511 },
};

export const TRACEBACK: TracebackAnswers = {
  cancelTrace: async id => {
    throw new Error(`there is no trace ${id}`);
  },
  traceSites: async () => SITES,
  orderTraceback: async ({ peer, what }, by) => ({
    ...{ peer: peer === undefined ? 'traceback' : `AS${peer}`, done: `${what} by ${by.replace(/\d+/g, 'N')}` },
  }),
  tracebackPeers: async () => PEERS,
  tracebackGraph: async () => GRAPH,
  tracebackFrontier: async as => ({ ...FRONTIER, as }),
  tracebackHints: async () => HINTS,
  tracebackParticipants: async () => BELIEVED,
  tracebackHonesty: async () => [HONESTY],
  tracebackCanaries: async () => CANARIES,
  tracebackHonestyOf: async as => {
    if (as !== HONESTY.as) throw new Error(`nothing was measured of AS${as}`);
    return { ...HONESTY, falseYeses: [] };
  },
  tracebackSight: async () => SIGHT,
};
