/** Answers the QUERYs of peers: decides, searches, tells what policy lets be told, and writes the audit line. */
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { type Approval, type Approvals, needsApproval } from './approval.ts';
import { auditable } from './audit.ts';
import { flatten, newBranch, snapshot } from './branch.ts';
import { printable } from './connection.ts';
import type { Directory } from './directory.ts';
import type { Reply } from './in-work.ts';
import type { Itm, Search } from './itm.ts';
import type { Log, Peering, PeeringOptions } from './peering.ts';
import { admit, disclose, type Gate, grant, newGate } from './policy.ts';
import type { RefusalBody, RefusalKind } from './refusals.ts';
import { isRequestOf } from './request.ts';
import { isSealable, sealing, type Voice } from './saying.ts';
import type { SightGate } from './sight-gate.ts';
import { MAX_ANSWERS } from './wire.ts';

/** Partial ANSWERs to one QUERY are at least so far apart, ms. */
const STREAM = 50;

export interface AnsweringOptions {
  readonly as: number;
  readonly itm: Itm;
  readonly voice: Voice;
  readonly directory: Directory;
  readonly answer: () => TracebackConfig['answer'];
  readonly clock: () => number;
  readonly log: Log;
  audit(what: string, body: Readonly<Record<string, unknown>>): void;
  /** Resolves when all lines so far are on disk; rejects in words when they cannot be. */
  recorded(): Promise<void>;
  refused(kind: RefusalKind, body: RefusalBody): void;
  readonly approvals: Pick<Approvals, 'look'>;
  readonly sight: Pick<SightGate, 'judge'>;
}

/** What a peering does with a QUERY that came in. */
export function createAnswering(options: AnsweringOptions): PeeringOptions['query'] {
  const { as, itm, clock, log, audit } = options;
  const gates = new WeakMap<Peering, Gate>();

  return (query, peering, reply, signal) => {
    const gate = gates.get(peering) ?? newGate();
    gates.set(peering, gate);
    const decision = admit(gate, query, peering.config(), options.answer(), as, clock());
    const { nonce: _nonce, expires: _expires, ...inquiry } = query;
    const told = { peer: peering.as, ...auditable(inquiry) };
    const seal = sealing(options.voice, query.signed);
    const refuse = (verdict: 'refused' | 'busy' | 'pending', reason: string) => {
      const nodes = flatten(snapshot(newBranch(as, verdict, reason, 0)), seal);
      if (nodes.length > 0) reply({ final: true, queries: 0, nodes });
      else unsealable();
    };
    const unsealable = () => {
      const text = 'request: seal: is no key';
      options.refused('seal', { ...told, reason: text });
      peering.shun({ code: 'malformed', text, refusal: null });
    };

    if (!decision.admitted) {
      const { kind, verdict, reason, flood } = decision;
      peering.countRefused();
      options.refused(kind, { ...told, reason });
      refuse(verdict, reason);
      if (flood) {
        audit('peer.shunned', { ...told, reason });
        peering.shun({
          code: 'limit',
          text: `far more than the ${peering.config().rate} queries a second allowed`,
          refusal: null,
        });
      }
      return;
    }

    // The dearest check comes last: it costs a tenth of a millisecond.
    const { signed } = query;
    const key = options.directory.keyOf(signed.request.origin, signed.record, clock());
    const forged =
      typeof key === 'string'
        ? `origin: ${key}`
        : isRequestOf(signed, key.key)
          ? null
          : 'the request is not signed by its origin';
    if (forged !== null) {
      peering.countRefused();
      options.refused('forged', { ...told, reason: printable(forged) });
      return refuse('refused', printable(forged));
    }

    if (!isSealable(signed)) return unsealable();

    // A person's word holds for the digests, whichever way the question comes.
    let approved = {};
    if (needsApproval(options.answer().approval, signed.request)) {
      const approval = options.approvals.look(signed.request, peering.as);
      if (approval?.state !== 'approved') {
        const [kind, verdict, reason] = unapproved(approval);
        peering.countRefused();
        options.refused(kind, { ...told, approval: approval?.id ?? null, reason });
        if (approval?.asked === 1) log('warn', `traceback: ${wordsOf(approval)}: \`show traceback pending\``);
        return refuse(verdict, printable(reason));
      }
      approved = { approval: approval.id, approvedBy: approval.by };
    }
    // An origin that nothing here vouches for is vouched for by the peer that asks for it, and the log says so.
    const vouched = typeof key === 'string' || key.doubt === null ? {} : { vouchedBy: peering.as };

    gate.flight++;
    const budget = grant(gate, inquiry.budget, peering.config().rate, clock());
    const stream = spaced(reply);
    const shown = (final: boolean, search: Search): Reply => ({
      final,
      queries: search.queries,
      nodes: flatten(disclose(search.tree, options.answer().detail), seal),
    });
    // Nothing is told before it is written down that it is: once, with what this AS itself says.
    let written: Promise<boolean> | null = null;
    let seen: Readonly<Record<string, unknown>> = {};
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort());
    const writeDown = ({ own: { verdict, reason } }: Search): Promise<boolean> => {
      if (written !== null) return written;
      audit('query.answered', { ...told, ...vouched, ...seen, ...approved, verdict, reason });
      written = options.recorded().then(
        () => true,
        () => {
          stop.abort();
          return false;
        },
      );
      return written;
    };
    const answer = async () => {
      const { origin } = signed.request;
      const vouches = query.proved === true && origin !== peering.as;
      // Whoever speaks for an origin that nobody believes is accountable for it.
      const accountable = 'vouchedBy' in vouched ? peering.as : origin;
      const sight = await options.sight.judge(signed, vouches, accountable);
      if ('verdict' in sight) {
        peering.countRefused();
        options.refused(sight.fault ? 'sight' : 'unseen', { ...told, ...sight.told, reason: sight.reason });
        return refuse(sight.verdict, printable(sight.reason));
      }
      seen = sight.told;
      const search = await itm.search(
        { ...inquiry, budget, proved: sight.proved },
        stop.signal,
        async search => {
          if (await writeDown(search)) stream.partial(() => shown(false, search));
        },
        undefined,
        sight.ask,
      );
      if (await writeDown(search)) return stream.final(shown(true, search));
      peering.countRefused();
      options.refused('unwritten', { ...told, reason: 'the audit log cannot be written' });
      refuse('refused', 'its audit log cannot be written');
    };
    answer()
      .catch((error: unknown) => log('error', `traceback: a query of AS ${peering.as} was lost: ${String(error)}`))
      .finally(() => {
        gate.flight--;
      });
  };
}

/** Why a question is not answered that nobody has approved. */
function unapproved(
  approval: Approval | null,
): readonly ['waiting' | 'denied' | 'pending', 'refused' | 'pending', string] {
  if (approval === null) return ['waiting', 'refused', 'too many questions wait for approval already'];
  if (approval.state === 'denied') return ['denied', 'refused', approval.reason];
  return ['pending', 'pending', `a person has to approve it, as ${approval.id}`];
}

function wordsOf({ id, origin, entropy, purpose, reference }: Approval): string {
  const why = reference === '' ? purpose : `${purpose}, reference ${reference}`;
  return `AS ${origin} asks about packets of class ${entropy} (${why}) and waits for approval of ${id}`;
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
