/** The rows of `show traceback`. */
import type { Config } from '../config/tree.ts';
import type { TracePeerRow } from '../control/traceback-rows.ts';
import type { Traces } from './traces.ts';

/** One row for each configured trace peer; none without `traceback`. */
export function tracePeerRows(config: Config, traces: Pick<Traces, 'traceback' | 'checklists'>): TracePeerRow[] {
  const configured = config.traceback?.peers ?? [];
  return (traces.traceback()?.status() ?? []).map(row => {
    const peer = configured.find(({ as }) => as === row.as);
    return {
      as: row.as,
      address: row.address,
      state: row.state,
      since: row.since,
      in: peer?.in ?? 'deny',
      out: peer?.out ?? 'deny',
      asked: row.queriesOut,
      answered: row.queriesIn - row.refused,
      refused: row.refused,
      lastError: row.lastError,
      said: row.said,
      disabled: row.disabled && { by: row.disabled.by, reason: row.disabled.reason },
      checklist: traces.checklists.rowOf(row.as),
    };
  });
}
