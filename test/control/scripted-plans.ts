/** What the scripted daemon plans. */
import type { PlacementReport, PlanAnswers, TracePlan } from '../../src/control/plan-rows.ts';
import { FRONTIER } from './scripted-traceback.ts';

export const TRACE_PLAN: TracePlan = {
  here: { verdict: 'saw', reason: 'seen coming in from AS 64501', ingress: [64501], source: false },
  ingress: [64501],
  groups: FRONTIER.groups,
  unasked: [{ as: 64501, verdict: 'absent', reason: 'takes no part' }],
  ...{ packets: 8, need: 4, digests: 16, budget: 64, least: 2, most: 2, deadline: 2000 },
  ...{ as: 64500, federation: 'jp-isp' },
};

export const PLACEMENT: PlacementReport = {
  ...{ ases: 80_012, links: 512_345, victims: [64500], missing: [], participants: 12, neighbors: 4, untapped: 1 },
  ...{ ambiguity: 11_204.6, found: 0.12 },
  steps: [
    { kind: 'as', as: 64510, cone: 31_200, ambiguity: 2103.2, found: 0.19 },
    { kind: 'tap', as: 64502, cone: 3, ambiguity: 88.25, found: 0.2 },
  ],
  ...{ unknown: ['198.51.100.0/24'], milliseconds: 4321 },
};

export const PLANS: PlanAnswers = {
  planTrace: async question => ('neighbor' in question ? { ...TRACE_PLAN, here: null } : TRACE_PLAN),
  async planPlacement(_, progress) {
    progress({ done: 1, of: 4 });
    return PLACEMENT;
  },
};
