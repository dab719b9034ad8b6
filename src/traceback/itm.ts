/**
 * Inter-domain traceback manager: answers for its AS and asks onward, past the ASes that take no part
 * (intertrack-protocol(7), ANSWERING A QUERY). The D-point asks it for a trace of its own, the peers by QUERY.
 */
import type { TracebackConfig } from '../config/traceback-tree.ts';
import type { AdjacencyExchange } from './adjacency.ts';
import type { Ask } from './asked.ts';
import { askOnward } from './asking.ts';
import { type AnswerNode, type Branch, type Leaf, newBranch, newLeaf, snapshot } from './branch.ts';
import { askBorder, type Border, type BorderQuestion, judgeBorder, type Probes } from './btm.ts';
import { printable } from './connection.ts';
import { judgeSource } from './dtm.ts';
import type { AsGraph } from './graph.ts';
import { insideOf } from './inside.ts';
import type { Members } from './members.ts';
import { createMemory, forgetFirst } from './memory.ts';
import { extend, type Group, planOnward, type Topology } from './onward.ts';
import type { Log, Peering } from './peering.ts';
import { type Followed, grafted, MAX_GUESSES, MAX_REFERRALS, MAX_ROUNDS, type Referral } from './referrals.ts';
import { startStopwatch } from './stopwatch.ts';
import type { TraceInside } from './trace.ts';
import { MAX_TTL } from './wire.ts';

/** The longest an AS works on one question, ms. */
export const MAX_WORK = 2000;
/** How long a trace is remembered, so that it is not led onward twice; ms. */
const MEMORY = 10_000;
const MAX_REMEMBERED = 16384;
/** Neighbours behind which it is remembered who was found. */
const MAX_FOUND = 4096;

/** Where packets are sampled, a no that is likelier than this leaves the AS as blind as one that holds nothing. */
const THIN = 0.2;

/** With less time than this nobody is asked any more, ms. */
const LEAST_TIME = 200;

/** What to find out. `hops` does not hold the local AS yet; times are ms since the epoch. */
export type Inquiry = Ask;

export interface Search {
  readonly tree: AnswerNode;
  /** What this AS itself says. */
  readonly own: Leaf;
  /** QUERYs sent so far, here and behind. */
  readonly queries: number;
  /** QUERYs and waves sent from here, and ANSWERs that came here. */
  readonly here: number;
  readonly answers: number;
  readonly waves: number;
  /** Of a trace that began here, what sites and domains of this AS say; null where it has none. */
  readonly inside: TraceInside | null;
}

export interface Itm {
  /** What the manager knows of whom it could ask. */
  readonly topology: Topology;
  /** What this AS itself says of packets, and whom it would ask; it asks its own probes and nobody else. */
  look(question: BorderQuestion, deadline: number): Promise<{ readonly leaf: Leaf; readonly whither: Whither }>;
  /**
   * Searches until every branch has ended, the deadline has passed or the signal aborts; never rejects. `changed` is
   * called with each state of the search that differs from the one before. Where the trace began, `follow` reads who is
   * named in the answers and could not be asked by those that name them: they are asked from here (referrals.ts). `mayAsk`: what
   * the probes are asked, where that is not all of the request.
   */
  search(
    inquiry: Inquiry,
    signal: AbortSignal,
    changed: (search: Search) => void,
    follow?: (search: Search) => readonly Referral[],
    mayAsk?: BorderQuestion,
  ): Promise<Search>;
}

export interface ItmOptions {
  readonly as: number;
  readonly probes: Probes;
  readonly graph: AsGraph;
  readonly answer: () => Pick<TracebackConfig['answer'], 'coverage'>;
  readonly peerings: () => ReadonlyMap<number, Peering>;
  readonly members: Pick<Members, 'askable' | 'ask' | 'withdrew'>;
  readonly isAdjacent: AdjacencyExchange['isAdjacent'];
  /** The federation whose keys this AS digests with, and those of another, by its record; null: it states none. */
  readonly federation?: () => string;
  readonly federationsOf?: (as: number) => readonly string[] | null;
  readonly clock: () => number;
  readonly log: Log;
  /** One line of the audit log: a QUERY is sent to `peer`. */
  asked(peer: number, ask: Ask): void;
  /** True when an AS that says yes says so of packets that never were, too. */
  examine?(as: number, ask: Ask): Promise<boolean | null>;
}

/** The manager of one AS. */
export function createItm(options: ItmOptions): Itm {
  const { as, clock } = options;
  /** Traces led onward from here, by name. */
  const remembered = createMemory<true>(MAX_REMEMBERED, MEMORY, clock);

  /** True the first time a trace comes here. */
  const first = (name: string): boolean => {
    if (remembered.get(name)) return false;
    remembered.set(name, true);
    return true;
  };

  /** For neighbours that take no part, who was found behind them and how often; the oldest neighbour is forgotten first. */
  const found = new Map<number, Map<number, number>>();
  const remember = (behind: number, peer: number) => {
    const there = found.get(behind) ?? new Map<number, number>();
    found.delete(behind);
    found.set(behind, there.set(peer, (there.get(peer) ?? 0) + 1));
    forgetFirst(found, MAX_FOUND);
  };
  const topology: Topology = {
    ...{ as, graph: options.graph, peerings: options.peerings, log: options.log },
    members: options.members.askable,
    ...{ member: options.members.ask, withdrew: options.members.withdrew },
    isAdjacent: options.isAdjacent,
    shares(other, federation) {
      const those = options.federationsOf?.(other) ?? null;
      return federation === '' || those === null || those.length === 0 || those.includes(federation);
    },
    hits: (behind: number, peer: number) => found.get(behind)?.get(peer) ?? 0,
  };

  return {
    topology,
    async look(question, deadline) {
      const [now, elapsed] = [clock(), startStopwatch()];
      const border = await askBorder(options.probes, question, options.answer().coverage, deadline, now, text =>
        options.log('error', text),
      );
      const leaf = leafOf(as, border, elapsed());
      return { leaf, whither: whitherOf(border, leaf.source, true) };
    },
    async search(inquiry, signal, changed, follow, mayAsk = inquiry.signed.request) {
      const [began, elapsed] = [clock(), startStopwatch()];
      const deadline = Math.min(inquiry.deadline, began + MAX_WORK);
      const root = newBranch(as, 'cannot-know', 'the probes are being asked', 0);
      const spent = { here: 0, answers: 0, waves: 0, behind: new Map<Branch, number>() };
      const followed: Followed[] = [];
      let inside: TraceInside | null = null;
      const state = (): Search => ({
        inside,
        tree: grafted(snapshot(root), followed),
        own: root.leaf,
        ...{ here: spent.here, answers: spent.answers, waves: spent.waves },
        queries: [...spent.behind.values()].reduce((sum, queries) => sum + queries, spent.here),
      });

      const tried = new Set<string>();

      const { request } = inquiry.signed;
      const isFirst = first(`${request.origin}/${request.trace}`);
      const { coverage } = options.answer();
      // Half of the time at most: an AS whose probes hang can still ask others.
      const patience = began + (deadline - began) / 2;
      const ours = options.federation?.() ?? '';
      const border =
        request.federation === '' || ours === '' || request.federation === ours
          ? await askBorder(options.probes, mayAsk, coverage, patience, began, text => options.log('error', text))
          : { ...judgeBorder([], [], request, coverage), reason: 'no key of that federation is used here' };
      root.leaf = leafOf(as, border, elapsed());
      if (border.groups !== undefined && inquiry.hops.length === 0)
        inside = insideOf(border.groups, request, root.leaf.source);
      if (signal.aborted) return state();

      const whither = whitherOf(border, root.leaf.source, inquiry.hops.length === 0);
      if (whither !== 'nobody') {
        if (inquiry.ttl === 0 || inquiry.hops.length >= MAX_TTL) extend(root, 'not led onward: hop limit');
        else if (!isFirst) extend(root, 'led onward already in this trace');
        else {
          changed(state());
          const blind = whither === 'everybody';
          const groups = await planOnward(topology, inquiry, root, border, blind, elapsed);
          const asking = {
            ...{ as, inquiry, deadline, elapsed, clock, signal, spent, hit: remember, asked: options.asked },
            examine: options.examine,
            peering: (who: number) => options.peerings().get(who) ?? options.members.ask(who),
            changed: () => changed(state()),
          };
          if (!signal.aborted && groups.length > 0) await askOnward(asking, groups);
          let guesses = 0;
          for (let round = 0; follow !== undefined && round < MAX_ROUNDS && !signal.aborted; round++) {
            const fresh = follow(state()).filter(
              ({ from, neighbor }) => !tried.has(`${from} ${neighbor}`) && tried.size < MAX_REFERRALS,
            );
            const left = () => inquiry.budget - state().queries;
            if (fresh.length === 0 || left() <= 0 || deadline - clock() < LEAST_TIME) break;
            const named: Group[] = [];
            for (const one of fresh) {
              tried.add(`${one.from} ${one.neighbor}`);
              const holder = newBranch(one.from, 'absent', '', elapsed());
              const behind = await planOnward(
                topology,
                { ...inquiry, hops: one.heard },
                holder,
                { ingress: [one.neighbor], here: one.from },
                false,
                elapsed,
              );
              if (behind.every(group => group.behind !== null) && guesses >= MAX_GUESSES) continue;
              if (behind.length > 0) followed.push({ ...one, holder });
              named.push(...behind);
            }
            const ask = async (groups: readonly Group[], budget: number) => {
              if (groups.length > 0 && !signal.aborted)
                await askOnward({ ...asking, inquiry: { ...inquiry, budget } }, groups);
            };
            await ask(
              named.filter(({ behind }) => behind === null),
              left(),
            );
            const before = state().queries;
            await ask(
              named.filter(({ behind }) => behind !== null),
              Math.max(0, Math.min(left(), MAX_GUESSES - guesses)),
            );
            guesses += state().queries - before;
          }
        }
      }
      return state();
    },
  };
}

/** Not seen where so few packets are kept that it says next to nothing. */
function isThin({ verdict, sampling, likelihood }: Border): boolean {
  return verdict === 'clear-partial' && (sampling ?? 1) < 1 && (likelihood ?? 1) > THIN;
}

/** Whom an AS asks onward: nobody, the neighbours that the packet came in from, or, where it is blind, everybody. */
export type Whither = 'nobody' | 'ingress' | 'everybody';

/** `source`: the packet began here; `origin`: the trace did. */
function whitherOf(border: Border, source: boolean, origin: boolean): Whither {
  const { verdict, ingress } = border;
  if (verdict === 'saw') return source ? 'nobody' : ingress.length === 0 ? 'everybody' : 'ingress';
  if ((origin && ingress.length === 0) || ['cannot-know', 'expired', 'not-yet'].includes(verdict) || isThin(border))
    return 'everybody';
  // Some of the packets, and likely enough: those that it names are asked, and the trace is not held up for it.
  return verdict === 'saw-weak' && ingress.length > 0 ? 'ingress' : 'nobody';
}

function leafOf(as: number, border: Border, after: number): Branch['leaf'] {
  const { source, reason } = judgeSource(border);
  return {
    ...newLeaf(as, border.verdict, printable(reason), after),
    ingress: border.ingress,
    egress: border.egress,
    source,
    falsePositive: border.falsePositive,
    coverage: border.coverage,
    loss: border.loss,
    sampling: border.sampling,
    retainedFrom: border.retainedFrom,
    retainedTo: border.retainedTo,
    packets: border.packets,
    windows: border.windows,
    provisional: border.provisional,
    likelihood: border.likelihood,
  };
}
