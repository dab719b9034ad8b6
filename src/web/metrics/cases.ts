/** Metrics of cases and of their notices. */
import type { CaseState } from '../../hijack/case.ts';
import { type Look, looking, type Maker } from './maker.ts';

/** The states of cases that are not over: told though there be none, so that a rule can tell none from unknown. */
const STATES: readonly CaseState[] = ['suspected', 'ongoing', 'flapping', 'dormant', 'unseen', 'dismissed'];

export function caseMetrics({ gauge }: Maker): Look {
  const metrics = {
    cases: gauge('cases', 'Cases that are not over, by state', ['state']),
    pending: gauge('notices_pending', 'Notices that are on the way'),
    oldest: gauge('notices_oldest_seconds', 'Age of the oldest notice that is on the way; 0 without one'),
  };
  return looking(
    metrics,
    daemon => Promise.all([daemon.cases(), daemon.status()]),
    ([cases, { outbox, time }]) => {
      const states = new Map<CaseState, number>(STATES.map(state => [state, 0]));
      for (const { state } of cases) states.set(state, (states.get(state) ?? 0) + 1);
      for (const [state, count] of states) metrics.cases.set({ state }, count);
      metrics.pending.set({}, outbox.pending);
      metrics.oldest.set({}, outbox.oldest === null ? 0 : Math.max(0, time - outbox.oldest) / 1000);
    },
  );
}
