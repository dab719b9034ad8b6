/** What the scripted daemon says of standing traces. */
import type { CaseTrace, StandingAnswers, StandingRow } from '../../src/control/standing-rows.ts';

const NOON = Date.UTC(2026, 2, 1, 12);

export const STANDING: readonly StandingRow[] = [
  {
    ...{ caseId: '2026-03-01-01', prefix: '192.0.2.0/25', since: NOON - 600_000, until: NOON + 3_600_000 },
    ...{ by: 'user root', seen: 120, traced: 7, leftOut: 113, lastError: '' },
  },
  {
    ...{ caseId: '2026-03-01-02', prefix: '198.51.100.0/24', since: NOON - 600_000, until: null, by: 'watch ours' },
    ...{ seen: 1, traced: 0, leftOut: 1, lastError: 'no traceback block is configured' },
  },
];

export const CASE_TRACES: readonly CaseTrace[] = [
  {
    ...{ id: 't20260301-120003-9f3a', asked: NOON, state: 'final', entry: { as: 64510, via: 64520, source: false } },
    ...{ certainty: 0.99, source: 'ids suricata', claim: 'elsewhere' },
  },
  { id: 't20260301-115903-0001', asked: NOON - 60_000, state: 'cancelled', entry: null, certainty: null, claim: null },
];

export const STANDING_ANSWERS: StandingAnswers = {
  traceCase: async (caseId, until, by) => ({ ...STANDING[0]!, caseId, until, by }),
  async stopCaseTrace(caseId) {
    throw new Error(`case ${caseId} has no standing trace`);
  },
  standingTraces: async () => STANDING,
  tracesOf: async () => [],
  bringsPackets: () => false,
};
