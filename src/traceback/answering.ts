/** Answers the QUERYs of peers: decides, searches, tells what policy lets be told, and writes the audit line. */
import type { TracebackConfig } from '../config/tree.ts';
import type { Itm, Search } from './itm.ts';
import type { Log, Peering, PeeringOptions } from './peering.ts';
import { admit, disclose, type Gate, newGate } from './policy.ts';
import { flatten, newBranch, snapshot } from './tree.ts';
import { type Answer, MAX_ANSWERS } from './wire.ts';

/** Partial ANSWERs to one QUERY are at least so far apart, ms. */
const STREAM = 50;

type Reply = Omit<Answer, 'type' | 'id'>;

export interface AnsweringOptions {
  readonly as: number;
  readonly itm: Itm;
  readonly answer: () => TracebackConfig['answer'];
  readonly clock: () => number;
  readonly log: Log;
  audit(what: string, body: Readonly<Record<string, unknown>>): void;
}

/** What a peering does with a QUERY that came in. */
export function createAnswering(options: AnsweringOptions): PeeringOptions['query'] {
  const { as, itm, clock, log, audit } = options;
  const gates = new WeakMap<Peering, Gate>();

  return (query, peering, reply, signal) => {
    const gate = gates.get(peering) ?? newGate();
    gates.set(peering, gate);
    const decision = admit(gate, query, peering.config(), options.answer(), as, clock());
    const { type: _type, id: _id, nonce: _nonce, expires: _expires, ...inquiry } = query;
    const told = { peer: peering.as, ...inquiry };

    if (!decision.admitted) {
      const { verdict, reason, flood } = decision;
      peering.countRefused();
      // What is over the rate gets one line when the session ends for it: a line each would let a flood fill the disk.
      if (verdict === 'refused' && !decision.over) audit('query.refused', { ...told, reason });
      reply({ final: true, queries: 0, nodes: flatten(snapshot(newBranch(as, verdict, reason, 0))) });
      if (flood) {
        audit('peer.shunned', { ...told, reason });
        peering.shun({ code: 'limit', text: `far more than the ${peering.config().rate} queries a second allowed` });
      }
      return;
    }

    gate.flight++;
    const stream = spaced(reply);
    const shown = (final: boolean, search: Search): Reply => ({
      final,
      queries: search.queries,
      nodes: flatten(disclose(search.tree, options.answer().detail)),
    });
    itm
      .search(inquiry, signal, search => stream.partial(() => shown(false, search)))
      .then(search => {
        stream.final(shown(true, search));
        const { verdict, reason } = search.tree;
        audit('query.answered', { ...told, verdict, reason, queries: search.queries, cancelled: signal.aborted });
      })
      .catch((error: unknown) => log('error', `traceback: a query of AS ${peering.as} was lost: ${String(error)}`))
      .finally(() => {
        gate.flight--;
      });
  };
}

/** Spaces partial ANSWERs out, the first at once, and keeps room for the final one. */
function spaced(reply: (answer: Reply) => void) {
  let waiting: (() => Reply) | null = null;
  let timer: NodeJS.Timeout | null = null;
  let sent = 0;
  const flush = () => {
    timer = null;
    if (waiting === null || sent >= MAX_ANSWERS - 1) return;
    const make = waiting;
    waiting = null;
    sent++;
    timer = setTimeout(flush, STREAM);
    reply(make());
  };
  return {
    partial(make: () => Reply) {
      waiting = make;
      if (timer === null) flush();
    },
    final(answer: Reply) {
      if (timer !== null) clearTimeout(timer);
      reply(answer);
    },
  };
}
