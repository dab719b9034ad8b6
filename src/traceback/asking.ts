/** Asks onward, wave by wave, under one budget and one deadline. */
import { extend, type Group } from './onward.ts';
import type { Ask, Peering } from './peering.ts';
import type { TraceNode } from './trace.ts';
import { type Branch, newBranch, unflatten } from './tree.ts';

/**
 * How long a wave is waited for before the next one goes out as well, ms: who has seen the packet says so before it asks
 * onward, and on the way around the world and back such an answer takes little longer. Less where time is short.
 */
const PATIENCE = 150;

export interface Asking {
  readonly as: number;
  readonly inquiry: Ask;
  /** When all has to be over, and when the search began; ms since the epoch. */
  readonly deadline: number;
  readonly began: number;
  readonly clock: () => number;
  readonly signal: AbortSignal;
  /** QUERYs sent from here, and what each branch says that it has sent. */
  readonly spent: { here: number; readonly behind: Map<Branch, number> };
  asked(peer: number, ask: Ask): void;
  /** A participant behind a neighbour has seen the packet. */
  hit(behind: number, as: number): void;
  changed(): void;
}

/** True when somebody in the branch saw the packet. */
function hasSeen({ leaf, branches, heard }: Branch): boolean {
  const saw = (node: TraceNode): boolean => node.verdict === 'saw' || node.children.some(saw);
  return leaf.verdict === 'saw' || branches.some(hasSeen) || heard.some(saw);
}

/**
 * Asks the groups at once, each with an even part of the budget, and in each its waves one after the other until one has
 * seen the packet. A wave that is late is waited for beside the next. Resolves when all have ended or the time is up.
 */
export function askOnward(asking: Asking, groups: readonly Group[]): Promise<void> {
  const { inquiry, deadline, began, clock, signal, changed } = asking;
  const start = clock();
  const reserve = Math.max(20, (deadline - start) / 10);
  const end = deadline - reserve / 2;

  return new Promise(resolve => {
    const waiting = new Map<Branch, () => void>();
    const timers = new Set<NodeJS.Timeout>();
    let working = groups.length;
    const stop = () => {
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      for (const [branch, cancel] of waiting) {
        cancel();
        if (branch.leaf.verdict === 'silent') branch.leaf = { ...branch.leaf, reason: 'no answer by the deadline' };
        else extend(branch, 'no final answer by the deadline');
        branch.leaf = { ...branch.leaf, after: branch.leaf.verdict === 'silent' ? clock() - began : branch.leaf.after };
      }
      waiting.clear();
      resolve();
    };
    const after = (ms: number, then: () => void) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        then();
      }, ms);
      timers.add(timer);
      return () => {
        clearTimeout(timer);
        timers.delete(timer);
      };
    };
    const idle = () => {
      if (working === 0 && waiting.size === 0) stop();
    };
    after(Math.max(0, end - start), stop);
    signal.addEventListener('abort', stop);

    const askOne = (peering: Peering, under: Branch, budget: number, ended: (branch: Branch) => void): boolean => {
      const sent = clock() - began;
      const branch = newBranch(peering.as, 'silent', 'no answer yet', sent);
      under.branches.push(branch);
      const ask: Ask = {
        ...inquiry,
        hops: [...inquiry.hops, asking.as],
        ttl: inquiry.ttl - 1,
        deadline: Math.floor(deadline - reserve),
        budget,
      };
      const over = () => {
        waiting.delete(branch);
        ended(branch);
        changed();
        idle();
      };
      const cancel = peering.ask(ask, {
        answer(answer) {
          const { children, ...leaf } = unflatten(answer.nodes, sent);
          branch.leaf = leaf;
          branch.heard = children;
          // A peer cannot have used more than it was given; what it claims beyond is not believed.
          asking.spent.behind.set(branch, Math.min(answer.queries, ask.budget));
          if (answer.final) over();
          else changed();
        },
        lost() {
          if (branch.leaf.verdict !== 'silent') extend(branch, 'the session was lost');
          else {
            const lostAfter = clock() - began;
            branch.leaf = { ...branch.leaf, verdict: 'unreachable', reason: 'the session was lost', after: lostAfter };
          }
          over();
        },
      });
      if (cancel === null) {
        branch.leaf = { ...branch.leaf, verdict: 'unreachable', reason: 'no session' };
        return false;
      }
      waiting.set(branch, cancel);
      asking.spent.here++;
      asking.asked(peering.as, ask);
      return true;
    };

    /** Sends wave `number` of a group that has `left` of the budget. */
    const wave = (group: Group, number: number, left: number, before: readonly Branch[]): void => {
      const { under, behind, waves } = group;
      const all = waves[number]!;
      const now = all.slice(0, left);
      const further = waves.slice(number + 1).reduce((sum, { length }) => sum + length, 0);
      const rest = left - now.length;
      // Half of what is left stays here for the waves to come.
      const onward = further > 0 ? Math.floor(rest / 2) : rest;
      const part = (i: number) => Math.floor(onward / now.length) + (i < onward % now.length ? 1 : 0);

      const asked = new Set<Branch>();
      let complete = false;
      let next: (() => void) | null = null;
      const found = () => [...before, ...asked].some(hasSeen);
      const close = () => {
        if (next === null) return;
        next();
        next = null;
        if (found()) {
          working--;
          return;
        }
        const unasked = all.length - now.length + further;
        if (further > 0 && rest - onward > 0) wave(group, number + 1, rest - onward, [...before, ...asked]);
        else {
          working--;
          if (unasked > 0)
            extend(under, `${unasked} participants behind it are not asked: the budget of queries is spent`);
        }
        changed();
      };
      const wavesLeft = waves.length - number;
      const patience = Math.min(PATIENCE, Math.max(0, (end - clock()) / (wavesLeft + 1)));
      next = after(patience, () => {
        close();
        idle();
      });
      const at = under.branches.length;
      const sent = now.filter((peering, i) =>
        askOne(peering, under, part(i), branch => {
          if (behind !== null && branch.leaf.verdict === 'saw') asking.hit(behind, branch.leaf.as);
          if (complete && [...asked].every(one => !waiting.has(one))) close();
        }),
      ).length;
      for (const branch of under.branches.slice(at)) asked.add(branch);
      complete = true;
      if (sent === 0) close();
    };

    const share = (i: number) =>
      Math.floor(inquiry.budget / groups.length) + (i < inquiry.budget % groups.length ? 1 : 0);
    for (const [i, group] of groups.entries()) {
      if (share(i) > 0) wave(group, 0, share(i), []);
      else {
        working--;
        notAsked(group, clock() - began);
      }
    }
    changed();
    idle();
  });
}

/** Places those for whom there is no budget. */
function notAsked({ under, waves }: Group, after: number): void {
  for (const peering of waves.flat())
    under.branches.push(newBranch(peering.as, 'unreachable', 'not asked: the budget of queries is spent', after));
}
