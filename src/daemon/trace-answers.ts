/** What the command set asks of the sessions with trace peers. */
import type { Config } from '../config/tree.ts';
import type { Daemon } from '../control/daemon.ts';
import type { TracePeerRow } from '../control/trace-rows.ts';
import type { Traces } from './traces.ts';

export interface TraceAnswers extends Pick<Daemon, 'tracePeers' | 'orderTraceback'> {
  /** The rows of `tracePeers`, at once. */
  peers(): TracePeerRow[];
}

export function createTraceAnswers(config: () => Config, traces: Pick<Traces, 'traceback'>): TraceAnswers {
  function peers(): TracePeerRow[] {
    const configured = config().traceback?.peers ?? [];
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
      };
    });
  }
  return {
    peers,
    tracePeers: async () => peers(),
    async orderTraceback(order, by) {
      const traceback = traces.traceback();
      if (traceback === null) throw new Error('no traceback block is configured');
      return { peer: order.peer === undefined ? 'traceback' : `AS${order.peer}`, done: traceback.order(order, by) };
    },
  };
}
