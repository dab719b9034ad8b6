/**
 * Inter-domain traceback manager: answers for its AS and asks onward, past the ASes that take no part
 * (intertrack-protocol(7), ANSWERING A QUERY). The D-point asks it for a trace of its own, the peers by QUERY.
 */
import type { TracebackConfig } from '../config/tree.ts';
import { askBorder, type Border, type Probes } from './btm.ts';
import { printable } from './connection.ts';
import { judgeSource } from './dtm.ts';
import type { AsGraph } from './graph.ts';
import type { Ask, Log, Peering } from './peering.ts';
import type { TraceNode, TraceVerdict } from './trace.ts';
import { type Branch, newBranch, snapshot, unflatten } from './tree.ts';
import { MAX_TTL } from './wire.ts';

/** The longest an AS works on one question, ms. */
export const MAX_WORK = 2000;
/** How long a trace is remembered, so that it is not led onward twice; ms. */
const MEMORY = 10_000;
const MAX_REMEMBERED = 16384;
/** ASes passed that are placed in the tree; the reason of the node above tells how many more there were. */
const MAX_PASSED = 32;

/** What to find out. `hops` does not hold the local AS yet; times are ms since the epoch. */
export type Inquiry = Ask;

export interface Search {
  readonly tree: TraceNode;
  /** QUERYs sent so far, here and behind. */
  readonly queries: number;
}

export interface Itm {
  /**
   * Searches until every branch has ended, the deadline has passed or the signal aborts; never rejects. `changed` is
   * called with each state of the search that differs from the one before.
   */
  search(inquiry: Inquiry, signal: AbortSignal, changed: (search: Search) => void): Promise<Search>;
}

export interface ItmOptions {
  readonly as: number;
  readonly probes: Probes;
  readonly graph: AsGraph;
  readonly answer: () => TracebackConfig['answer'];
  readonly peerings: () => ReadonlyMap<number, Peering>;
  readonly clock: () => number;
  readonly log: Log;
  /** One line of the audit log: a QUERY is sent to `peer`. */
  asked(peer: number, ask: Ask): void;
}

/** The manager of one AS. */
export function createItm(options: ItmOptions): Itm {
  const { as, clock } = options;
  /** Traces led onward from here, by name, and when that may be forgotten. */
  const remembered = new Map<string, number>();

  /** True the first time a trace comes here. */
  const first = (name: string): boolean => {
    const now = clock();
    for (const [old, until] of remembered) {
      if (until > now && remembered.size < MAX_REMEMBERED) break;
      remembered.delete(old);
    }
    if (remembered.has(name)) return false;
    remembered.set(name, now + MEMORY);
    return true;
  };

  return {
    async search(inquiry, signal, changed) {
      const began = clock();
      const deadline = Math.min(inquiry.deadline, began + MAX_WORK);
      const root = newBranch(as, 'cannot-know', 'the probes are being asked', 0);
      const spent = { here: 0, behind: new Map<Branch, number>() };
      const state = (): Search => ({
        tree: snapshot(root),
        queries: [...spent.behind.values()].reduce((sum, queries) => sum + queries, spent.here),
      });

      const isFirst = first(`${inquiry.origin}/${inquiry.trace}`);
      const { coverage } = options.answer();
      // Half of the time at most: an AS whose probes hang can still ask others.
      const patience = began + (deadline - began) / 2;
      const border = await askBorder(options.probes, inquiry.questions, coverage, patience, began, text =>
        options.log('error', text),
      );
      root.leaf = leafOf(as, border, clock() - began);
      if (signal.aborted) return state();

      const say = (more: string) => {
        root.leaf = { ...root.leaf, reason: printable(`${root.leaf.reason}; ${more}`) };
      };
      const blind =
        border.verdict === 'saw'
          ? !root.leaf.source && border.ingress.length === 0
          : inquiry.hops.length === 0 || ['cannot-know', 'expired', 'not-yet'].includes(border.verdict);
      if (blind || (border.verdict === 'saw' && !root.leaf.source)) {
        if (inquiry.ttl === 0 || inquiry.hops.length >= MAX_TTL) say('not led onward: hop limit');
        else if (!isFirst) say('led onward already in this trace');
        else {
          changed(state());
          const plan = await planOnward(options, inquiry, root, border, blind, () => clock() - began);
          if (!signal.aborted)
            await askAll(options, inquiry, deadline, began, plan, spent, signal, () => changed(state()));
        }
      }
      return state();
    },
  };
}

function leafOf(as: number, border: Border, after: number): Branch['leaf'] {
  const { source, reason } = judgeSource(border);
  return {
    as,
    verdict: border.verdict,
    reason: printable(reason),
    ingress: border.ingress,
    source,
    falsePositive: border.falsePositive,
    coverage: border.coverage,
    retainedFrom: border.retainedFrom,
    provisional: border.provisional,
    after,
  };
}

/** Places what is known without asking and returns whom to ask, each with its place in the tree. */
async function planOnward(
  options: ItmOptions,
  inquiry: Inquiry,
  root: Branch,
  border: Border,
  blind: boolean,
  after: () => number,
): Promise<{ peering: Peering; branch: Branch }[]> {
  const { as } = options;
  const gone = new Set([...inquiry.hops, as]);
  const usable = new Map<number, Peering>();
  for (const [peer, peering] of options.peerings())
    if (!gone.has(peer) && peering.config().out === 'allow' && peering.reachable()) usable.set(peer, peering);

  const plan: { peering: Peering; branch: Branch }[] = [];
  const placed = new Set<number>();
  const place = (under: Branch, who: number, verdict: TraceVerdict, reason: string): Branch => {
    const branch = newBranch(who, verdict, reason, after());
    placed.add(who);
    under.branches.push(branch);
    return branch;
  };
  const toAsk = (under: Branch, peering: Peering) =>
    plan.push({ peering, branch: place(under, peering.as, 'silent', 'no answer yet') });
  const whyNot = (who: number): [TraceVerdict, string] => {
    const peering = options.peerings().get(who);
    if (peering === undefined) return ['absent', 'takes no part'];
    return ['unreachable', peering.config().out === 'allow' ? 'no session' : 'policy does not let us ask'];
  };

  if (blind)
    for (const [peer, peering] of options.peerings()) {
      const session = usable.get(peer);
      if (session !== undefined) toAsk(root, session);
      else if (!gone.has(peer) && peering.config().out === 'allow') place(root, peer, ...whyNot(peer));
    }

  for (const neighbor of blind ? [] : border.ingress) {
    // A packet that comes in from where the question came from goes round in the data plane; it was asked there.
    if (gone.has(neighbor) || placed.has(neighbor)) continue;
    const session = usable.get(neighbor);
    if (session !== undefined) {
      toAsk(root, session);
      continue;
    }
    const between = place(root, neighbor, ...whyNot(neighbor));
    const among = [...usable.keys()].filter(peer => !placed.has(peer));
    try {
      const { frontier, passed } = await options.graph.frontier(neighbor, [...gone], among);
      for (const peer of frontier) if (usable.has(peer) && !placed.has(peer)) toAsk(between, usable.get(peer)!);
      const others = passed.filter(who => who !== neighbor && !gone.has(who) && !placed.has(who));
      for (const who of others.slice(0, MAX_PASSED)) place(between, who, ...whyNot(who));
      if (others.length > MAX_PASSED) extend(between, `${others.length - MAX_PASSED} more behind it are not shown`);
      if (frontier.length === 0) extend(between, 'no participant is known behind it');
    } catch (error) {
      extend(between, 'the AS graph cannot be asked');
      options.log('error', `traceback: frontier of AS ${neighbor}: ${String(error)}`);
    }
  }
  return plan;
}

function extend(branch: Branch, more: string): void {
  branch.leaf = { ...branch.leaf, reason: printable(`${branch.leaf.reason}; ${more}`) };
}

/** Asks all of a plan at once, dividing the budget, and waits until all have ended or the time is up. */
function askAll(
  options: ItmOptions,
  inquiry: Inquiry,
  deadline: number,
  began: number,
  plan: readonly { peering: Peering; branch: Branch }[],
  spent: { here: number; behind: Map<Branch, number> },
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  const { clock } = options;
  const now = clock();
  const reserve = Math.max(20, (deadline - now) / 10);
  const asking = plan.slice(0, inquiry.budget);
  for (const { branch } of plan.slice(inquiry.budget)) {
    branch.leaf = { ...branch.leaf, verdict: 'unreachable', reason: 'not asked: the budget of queries is spent' };
  }
  // Each gets an even part of what is left after the QUERYs themselves; the remainder goes to the first ones.
  const rest = inquiry.budget - asking.length;
  const part = (i: number) => Math.floor(rest / asking.length) + (i < rest % asking.length ? 1 : 0);

  return new Promise(resolve => {
    const waiting = new Map<Branch, () => void>();
    const stop = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      for (const [branch, cancel] of waiting) {
        cancel();
        if (branch.leaf.verdict === 'silent') branch.leaf = { ...branch.leaf, reason: 'no answer by the deadline' };
        else extend(branch, 'no final answer by the deadline');
        branch.leaf = { ...branch.leaf, after: branch.leaf.verdict === 'silent' ? clock() - began : branch.leaf.after };
      }
      resolve();
    };
    const timer = setTimeout(stop, Math.max(0, deadline - reserve / 2 - now));
    signal.addEventListener('abort', stop);
    const ended = (branch: Branch) => {
      waiting.delete(branch);
      changed();
      if (waiting.size === 0) stop();
    };

    for (const [i, { peering, branch }] of asking.entries()) {
      const sent = clock() - began;
      const ask: Ask = {
        ...inquiry,
        hops: [...inquiry.hops, options.as],
        ttl: inquiry.ttl - 1,
        deadline: Math.floor(deadline - reserve),
        budget: part(i),
      };
      const cancel = peering.ask(ask, {
        answer(answer) {
          const { children, ...leaf } = unflatten(answer.nodes, sent);
          branch.leaf = leaf;
          branch.heard = children;
          // A peer cannot have used more than it was given; what it claims beyond is not believed.
          spent.behind.set(branch, Math.min(answer.queries, ask.budget));
          if (answer.final) ended(branch);
          else changed();
        },
        lost() {
          if (branch.leaf.verdict !== 'silent') extend(branch, 'the session was lost');
          else {
            const after = clock() - began;
            branch.leaf = { ...branch.leaf, verdict: 'unreachable', reason: 'the session was lost', after };
          }
          ended(branch);
        },
      });
      if (cancel === null) branch.leaf = { ...branch.leaf, verdict: 'unreachable', reason: 'no session' };
      else {
        waiting.set(branch, cancel);
        spent.here++;
        options.asked(peering.as, ask);
      }
    }
    changed();
    if (waiting.size === 0) stop();
  });
}
