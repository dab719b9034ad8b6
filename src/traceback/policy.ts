/** Who may ask what, how often, and how much is told: intertrack-protocol(7), ANSWERING A QUERY. */
import type { TracebackConfig, TracePeerConfig } from '../config/traceback-tree.ts';
import { type Bucket, takeToken } from '../net/rate.ts';
import { type AnswerNode, isSeen, type Leaf } from './branch.ts';
import type { Asked } from './in-work.ts';
import { isEpochOf } from './interval.ts';
import type { RefusalKind } from './refusals.ts';
import { MAX_EXPIRY } from './wire.ts';

/** QUERYs one peer may have in work at once. */
export const MAX_FLIGHT = 64;
/** Nonces remembered for one peer. */
const MAX_NONCES = 16384;
/** QUERYs sent for one QUERY, whatever its budget says, and for each of those that a peer may ask in a second. */
const MOST_BUDGET = 256;
const BUDGET_OF_RATE = 64;
/** Told `busy` so often in a second, whatever its rate, a peer may still be an honest one in a hurry. */
const MIN_PATIENCE = 100;

/** What is remembered of one peer's asking. */
export interface Gate {
  bucket: Bucket | null;
  /** Nonce to the instant it expires. */
  readonly nonces: Map<string, number>;
  flight: number;
  /** What is left of the QUERYs that may be sent for the peer's. */
  budget: Bucket | null;
  /** QUERYs over the rate in the running second. */
  over: { readonly since: number; readonly count: number };
}

export function newGate(): Gate {
  return { bucket: null, nonces: new Map(), flight: 0, budget: null, over: { since: 0, count: 0 } };
}

export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly kind: RefusalKind;
      readonly verdict: 'refused' | 'busy';
      readonly reason: string;
      /** So far over that the session should end. */
      readonly flood: boolean;
    };

/** Decides on a QUERY from `peer` at `now` (ms), and writes into the gate what it cost. */
export function admit(
  gate: Gate,
  query: Asked,
  peer: TracePeerConfig,
  answer: TracebackConfig['answer'],
  localAs: number,
  now: number,
): Admission {
  // Counted before anything is looked at: a peer that may not ask is held to the rate as well.
  const { bucket, taken } = takeToken(gate.bucket, peer.rate, now);
  gate.bucket = bucket;
  if (!taken) {
    const fresh = now - gate.over.since >= 1000 || now < gate.over.since;
    gate.over = fresh ? { since: now, count: 1 } : { since: gate.over.since, count: gate.over.count + 1 };
  }
  const flood = !taken && gate.over.count > Math.max(MIN_PATIENCE, peer.rate * 10);
  const no = (kind: RefusalKind, verdict: 'refused' | 'busy', reason: string) =>
    ({ admitted: false, kind, verdict, reason, flood }) as const;

  if (peer.in === 'deny') return no('policy', 'refused', 'policy does not let this peer ask');
  const { purpose } = query.signed.request;
  if (peer.purposes?.includes(purpose) === false)
    return no('purpose', 'refused', `policy does not let this peer ask for ${purpose}`);
  if (answer.detail === 'none') return no('policy', 'refused', 'this AS gives no detail');
  if (!taken) return no('rate', 'busy', `rate of ${peer.rate}/s is used up`);
  if (gate.flight >= MAX_FLIGHT) return no('flight', 'busy', `${MAX_FLIGHT} queries are in work`);

  if (query.hops.includes(localAs)) return no('loop', 'refused', `loop: AS ${localAs} is in the hop list`);
  const { request } = query.signed;
  if (query.hops[0] !== request.origin) return no('hops', 'refused', 'the first hop is not the origin');
  if (query.hops.at(-1) !== peer.as) return no('hops', 'refused', 'the last hop is not the sender');

  if (query.expires <= now) return no('expired', 'refused', 'the query has expired (do the clocks agree?)');
  if (query.expires > now + MAX_EXPIRY)
    return no('expired', 'refused', 'the query expires too far ahead (do the clocks agree?)');
  if (request.expires <= now) return no('expired', 'refused', 'the request has expired (do the clocks agree?)');
  if (request.issued > now + MAX_EXPIRY)
    return no('expired', 'refused', 'the request is from the future (do the clocks agree?)');
  const odd = request.questions.find(question => !isEpochOf(question.epoch, question));
  if (odd !== undefined) return no('epoch', 'refused', `the key of epoch ${odd.epoch} is not that of its interval`);
  if (query.deadline <= now) return no('expired', 'refused', 'the deadline has passed (do the clocks agree?)');
  if (gate.nonces.has(query.nonce)) return no('replay', 'refused', 'replay: the nonce was seen before');
  if (gate.nonces.size >= MAX_NONCES) {
    for (const [nonce, expires] of gate.nonces) if (expires <= now) gate.nonces.delete(nonce);
    if (gate.nonces.size >= MAX_NONCES) return no('flight', 'busy', 'too many nonces to remember');
  }
  gate.nonces.set(query.nonce, query.expires);
  return { admitted: true };
}

/**
 * How many QUERYs may be sent for one of a peer, of the `budget` that it gives: who asks without end must not have others
 * asked 65535 times as often. Writes into the gate what it cost; the rest of a budget is not given back.
 */
export function grant(gate: Gate, budget: number, rate: number, now: number): number {
  const each = BUDGET_OF_RATE * rate;
  const full = Math.max(each, MOST_BUDGET);
  const left = takeToken(gate.budget, each, now, full, 0).bucket.tokens;
  const granted = Math.min(budget, MOST_BUDGET, Math.floor(left));
  gate.budget = takeToken(gate.budget, each, now, full, granted).bucket;
  return granted;
}

/**
 * The tree as others may see it: all, or at `status` without the neighbours this AS itself names, and without what it
 * placed itself. What other ASes have sealed goes on in either case: it is theirs to tell.
 */
export function disclose(tree: AnswerNode, detail: TracebackConfig['answer']['detail']): AnswerNode {
  if (detail === 'neighbor-as' || !('leaf' in tree)) return tree;
  const { leaf } = tree;
  // The words name the neighbours too.
  const reason = isSeen(leaf.verdict) ? 'seen; the neighbours are not told' : leaf.reason;
  return { ...tree, leaf: withheld(leaf, reason), children: ownWords(tree.children) };
}

/** The same object for the same leaf, so that it is signed once. */
const withheldLeaves = new WeakMap<Leaf, Leaf>();
function withheld(leaf: Leaf, reason: string): Leaf {
  const known = withheldLeaves.get(leaf) ?? { ...leaf, reason, ingress: [], egress: [] };
  withheldLeaves.set(leaf, known);
  return known;
}

/** Leaves out nodes that were placed here and not said by the AS itself; what lies under them moves up. */
function ownWords(nodes: readonly AnswerNode[]): AnswerNode[] {
  return nodes.flatMap(node => ('leaf' in node ? ownWords(node.children) : [node]));
}
