/** What the shell asks about the exchange of traces, answered from its parts. */
import type { GraphRow } from '../collector/graph-row.ts';
import type { AskRib } from '../collector/thread.ts';
import type { TracebackAnswers, TracebackPeerRow } from '../control/traceback-rows.ts';
import type { Store } from '../store/records.ts';
import type { PeerStatus } from '../traceback/peer-status.ts';
import type { Traceback } from '../traceback/traceback.ts';
import { whyNoTraceback } from './trace-sites.ts';
import type { Traces } from './traces.ts';

export interface TracebackParts {
  readonly traces: Pick<Traces, 'traceback' | 'running' | 'sites' | 'lookForHints' | 'checklists'>;
  readonly store: Pick<Store, 'read'>;
  readonly query: AskRib;
}

/** The running exchange. Throws an Error, in words, when there is none. */
export function mustTraceback(traces: Pick<Traces, 'traceback' | 'sites'>): Traceback {
  const traceback = traces.traceback();
  if (traceback === null) throw new Error(whyNoTraceback(traces.sites.itm() !== null));
  return traceback;
}

export function createTracebackAnswers({ traces, store, query }: TracebackParts): TracebackAnswers {
  return {
    async cancelTrace(id, by) {
      const cancelled = traces.running.cancel(id, by);
      if (cancelled !== null) return cancelled;
      const [record] = await store.read('trace.get', { id });
      throw new Error(record === undefined ? `there is no trace ${id}` : `trace ${id} has ended already`);
    },
    tracebackHonesty: async () => mustTraceback(traces).honesty.all(),
    tracebackCanaries: async () => mustTraceback(traces).canaries(),
    async tracebackHonestyOf(as) {
      const found = mustTraceback(traces).honesty.of(as);
      if (found === null) throw new Error(`nothing was measured of AS${as}`);
      const proofs = await store.read('false-yes.of', { asn: as });
      const falseYeses = proofs.map(({ time, trace, body }) => ({ time, trace, ...JSON.parse(body) }));
      return { ...found, falseYeses };
    },
    async tracebackPeers() {
      const traceback = mustTraceback(traces);
      const records = new Map(traceback.believed().map(one => [one.record.as, one]));
      const adjacent = new Set(traceback.adjacent());
      const rowOf = ({ queriesIn, queriesOut, ...status }: PeerStatus, kind: TracebackPeerRow['kind']) => {
        const { port, in: inward, out, rate } = traceback.policyOf(status.as)!;
        return {
          ...status,
          ...{ kind, port, in: inward, out, rate },
          ...{ asked: queriesOut, received: queriesIn, answered: queriesIn - status.refused },
          ...{ adjacent: adjacent.has(status.as), record: records.get(status.as) ?? null },
          checklist: traces.checklists.rowOf(status.as),
        };
      };
      return [
        ...traceback.status().map(row => rowOf(row, 'peer')),
        ...traceback.members().map(row => rowOf(row, 'member')),
      ];
    },
    tracebackSight: async () => ({ time: Date.now(), ...mustTraceback(traces).sight() }),
    async tracebackGraph() {
      const among = mustTraceback(traces).askable();
      const { rows } = await query({ about: 'as-graph', among });
      return { ...(rows[0] as GraphRow), time: Date.now(), participants: among.length };
    },
    async tracebackFrontier(as) {
      const traceback = mustTraceback(traces);
      const { groups, unasked } = await traceback.foresee([as]);
      return {
        as,
        takesPart: groups.some(({ behind }) => behind === null),
        groups,
        reasons: unasked.filter(one => one.as === as).map(({ reason }) => reason),
      };
    },
    async tracebackHints() {
      await traces.lookForHints();
      return mustTraceback(traces).hints.rows();
    },
    async tracebackParticipants() {
      return mustTraceback(traces).believed();
    },
    async traceSites() {
      const itm = traces.sites.itm();
      if (itm === null) mustTraceback(traces);
      return {
        time: Date.now(),
        itm,
        sites: traces.sites.status().map(({ standing, ...row }) => ({
          ...row,
          standing: standing && {
            ...{ roles: standing.roles, retention: standing.retention, coverage: standing.coverage },
            probes: standing.domains.size,
            domains: [...new Set(standing.domains.values())].filter(domain => domain !== ''),
          },
        })),
      };
    },
    async orderTraceback(order, by) {
      const done = mustTraceback(traces).order(order, by);
      return { peer: order.peer === undefined ? 'traceback' : `AS${order.peer}`, done };
    },
  };
}
