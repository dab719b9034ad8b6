/** Traces as the page's tests show them: one with all that a trace may tell, and one of a thousand ASes. */
import type { TraceDetail } from '../../src/control/trace-rows.ts';
import { newLeaf } from '../../src/traceback/branch.ts';
import type { TraceNode } from '../../src/traceback/trace.ts';
import { CASE, ENTRY_CONTACTS, NOON, TRACE } from '../control/scripted.ts';

const node = (as: number, verdict: TraceNode['verdict'], more: Partial<TraceNode> = {}, ...children: TraceNode[]) => ({
  ...{ ...newLeaf(as, verdict, '', 40), signed: 'good' as const, by: as },
  ...more,
  children,
});

const SAW = {
  packets: 8,
  windows: 3,
  falsePositive: 0.0039,
  coverage: 0.98,
  loss: 0.001,
  sampling: 1,
  likelihood: 2.1e6,
};

const SILENT = Array.from({ length: 9 }, (_, i) =>
  node(64530 + i, 'clear', { after: 60 + i, windows: 3, coverage: 1, likelihood: 1e-3 }),
);

/** Past an AS that takes no part, with ASes that could not know; the source is forged, and it is for a case. */
export const FORGED: TraceDetail = {
  ...TRACE,
  ...{ packets: 8, need: 4, queries: 19, attested: 'both', certainty: 0.99987, purpose: 'attack', reference: 'DDoS 1' },
  ...{ caseId: CASE.id, source: 'ids nfqueue', cost: { budget: 256, here: 7, waves: 2, answers: 11 } },
  questions: [{ epoch: 492_000, digest: '0123456789abcdef' }],
  tree: node(
    64500,
    'saw',
    { ...SAW, signed: 'own', ingress: [64501], after: 3 },
    node(
      64501,
      'absent',
      { reason: 'takes no part', signed: 'own' },
      node(
        64510,
        'saw',
        { ...SAW, ingress: [64520], egress: [64501], after: 82 },
        node(64520, 'absent', { reason: 'takes no part; its customers are not known', signed: 'own' }),
        node(64521, 'clear', { after: 131, windows: 2, coverage: 1, likelihood: 2e-3 }),
      ),
      node(64511, 'clear-partial', { after: 94, coverage: 0.5, likelihood: 0.5 }),
      node(64512, 'expired', { reason: 'windows are kept for 60 s', retainedFrom: NOON + 60_000 }),
      ...SILENT,
    ),
    node(64502, 'silent', { after: 2000, reason: 'no answer by the deadline', signed: 'own' }),
    node(64503, 'refused', { after: 21, reason: 'policy: no questions of this purpose' }),
  ),
  entry: { as: 64510, via: 64520, source: false },
  ambiguity: [64520, 64512, 64502],
  unknown: [
    { as: 64520, verdict: 'absent', reason: 'takes no part', retainedFrom: null },
    { as: 64512, verdict: 'expired', reason: 'windows are kept for 60 s', retainedFrom: NOON + 60_000 },
    { as: 64502, verdict: 'silent', reason: 'no answer by the deadline', retainedFrom: null },
  ],
  chances: [
    { as: 64500, chance: 1 },
    { as: 64501, chance: 0.99991 },
    { as: 64510, chance: 0.99987 },
    { as: 64520, chance: 0.71 },
    { as: 64511, chance: 0.00002 },
    { as: 64512, chance: 0.00004 },
    { as: 64502, chance: 0.00003 },
  ],
  runnerUp: { as: 64512, via: 64501, certainty: 0.00004 },
  doubts: ['AS 64511 says that it did not come in there'],
  measured: [{ as: 64510, text: 'of 20 canaries it saw 19' }],
  claim: {
    paths: [
      { path: [64502, 64540, 64541], origin: 64541, peers: 2 },
      { path: [64501, 64540, 64541], origin: 64541, peers: 1 },
    ],
    of: 'then',
    seen: [64501],
    verdict: 'elsewhere',
  },
  contacts: ENTRY_CONTACTS,
};

/** A thousand ASes in four layers; the way to the entry is the first branch of each. */
export const THOUSAND: TraceDetail = {
  ...TRACE,
  tree: node(
    64500,
    'saw',
    { ...SAW, ingress: [65_000] },
    ...Array.from({ length: 37 }, (_, i) =>
      node(
        65_000 + i,
        i === 0 ? 'saw' : 'cannot-know',
        {},
        ...Array.from({ length: 26 }, (_, j) => node(70_000 + 26 * i + j, i === 0 && j === 0 ? 'saw' : 'clear', SAW)),
      ),
    ),
  ),
  entry: { as: 70_000, via: null, source: false },
  ambiguity: [],
};
