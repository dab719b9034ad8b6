/** What the shell asks about standing traces, and about the traces of a case. */

import type { Config } from '../config/tree.ts';
import type { CaseTrace, StandingAnswers } from '../control/standing-rows.ts';
import type { Store } from '../store/records.ts';
import type { Trace } from '../traceback/trace.ts';
import { mustTrace } from './duties.ts';
import type { Ids } from './ids/ids.ts';
import type { StandingTraces } from './standing-traces.ts';

/** Traces that are listed of one case. */
const MOST_OF_CASE = 20;

/** `everywhere`: what all machines have stored. */
export function createStandingAnswers({
  everywhere,
  config,
  standing,
  ids,
}: {
  readonly everywhere: Pick<Store, 'read'>;
  readonly config: () => Pick<Config, 'duties'>;
  readonly standing: StandingTraces;
  readonly ids: Pick<Ids, 'rows'>;
}): StandingAnswers {
  return {
    async traceCase(caseId, until, by) {
      mustTrace(config());
      return standing.open({ caseId, until, by });
    },
    stopCaseTrace: (caseId, by) => standing.stop(caseId, by),
    standingTraces: async () => standing.list(),
    async tracesOf(caseId) {
      const rows = await everywhere.read('trace.of-case', { caseId, limit: MOST_OF_CASE });
      return rows.map(({ body }): CaseTrace => {
        const { id, asked, state, entry, certainty = null, source, claim } = JSON.parse(body) as Trace;
        const of = { id, asked, state, entry, certainty, claim: claim?.verdict ?? null };
        return source === undefined ? of : { ...of, source };
      });
    },
    bringsPackets: () => ids.rows().length > 0,
  };
}
