/** Asks onward, wave by wave, under one budget and one deadline. */

import type { Ask } from './asked.ts';
import { type Branch, hasSeen, newBranch, snapshot, unflatten } from './branch.ts';
import { extend, type Group } from './onward.ts';
import type { Peering } from './peering.ts';
import type { Stopwatch } from './stopwatch.ts';

/**
 * How long a wave is waited for before the next one goes out as well, ms: who has seen the packet says so before it asks
 * onward, and on the way around the world and back such an answer takes little longer. Less where time is short.
 */
const PATIENCE = 150;

/** ASes whose yes is looked into in one search: each costs a QUERY beside the budget. */
const MAX_EXAMINED = 16;

export interface Asking {
  readonly as: number;
  readonly inquiry: Ask;
  /** When all has to be over, ms since the epoch. */
  readonly deadline: number;
  /** Since the search began. */
  readonly elapsed: Stopwatch;
  readonly clock: () => number;
  readonly signal: AbortSignal;
  /** The peering with a peer or a member; null when there is none any more. */
  peering(as: number): Peering | null;
  /** QUERYs sent from here, ANSWERs that came, waves sent, and what each branch says that it has sent. */
  readonly spent: { here: number; answers: number; waves: number; readonly behind: Map<Branch, number> };
  asked(peer: number, ask: Ask): void;
  /**
   * Asks one that says yes, and that no neighbour names, for packets that never were (measuring.ts): true when it says yes
   * to those as well, so that its yes is worth nothing.
   */
  readonly examine?: ((as: number, ask: Ask) => Promise<boolean | null>) | undefined;
  /** A participant behind a neighbour has seen the packet. */
  hit(behind: number, as: number): void;
  changed(): void;
}

/**
 * Asks the groups at once, each with an even part of the budget, and in each its waves one after the other until one has
 * seen the packet. A wave that is late is waited for beside the next. Resolves when all have ended or the time is up.
 */
export function askOnward(asking: Asking, groups: readonly Group[]): Promise<void> {
  const { inquiry, deadline, elapsed, clock, signal, changed } = asking;
  const start = clock();
  const reserve = Math.max(20, (deadline - start) / 10);
  const end = deadline - reserve / 2;

  return new Promise(resolve => {
    const waiting = new Map<Branch, () => void>();
    const timers = new Set<NodeJS.Timeout>();
    /** Those whose connection is cut and may come back. */
    const gone = new Set<Branch>();
    let examinations = 0;
    let working = groups.length;
    const stop = () => {
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      for (const [branch, cancel] of waiting) {
        cancel();
        const said = branch.answer === null ? 'no answer' : 'no final answer';
        const why = gone.has(branch) ? ': the connection was lost and is not back' : '';
        const until = signal.aborted ? 'before the trace was cancelled' : 'by the deadline';
        cutOff(branch, 'silent', `${said} ${until}${why}`, elapsed());
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

    const askOne = (
      who: number,
      under: Branch,
      budget: number,
      told: (branch: Branch, ask: Ask, ended: boolean) => void,
    ): boolean => {
      const sent = elapsed();
      const branch = newBranch(who, 'silent', 'no answer yet', sent);
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
        told(branch, ask, true);
        changed();
        idle();
      };
      const cancel = asking.peering(who)?.ask(ask, {
        answer(answer) {
          asking.spent.answers++;
          branch.answer = unflatten(answer.nodes, sent);
          // A peer cannot have used more than it was given; what it claims beyond is not believed.
          asking.spent.behind.set(branch, Math.min(answer.queries, ask.budget));
          if (answer.final) return over();
          told(branch, ask, false);
          changed();
        },
        lost(late) {
          const verdict = late === undefined ? 'unreachable' : 'silent';
          cutOff(branch, verdict, late ?? 'the session was lost', elapsed());
          over();
        },
        cut: () => void gone.add(branch),
        again: () => void gone.delete(branch),
      });
      if (cancel === undefined || cancel === null) {
        branch.leaf = { ...branch.leaf, verdict: 'unreachable', reason: 'no session' };
        return false;
      }
      waiting.set(branch, cancel);
      asking.spent.here++;
      asking.asked(who, ask);
      return true;
    };

    /** Those whose yes is worth nothing: they say it of what never was. */
    const refuted = new Set<Branch>();

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
      const given = new Map<Branch, number>();
      /** What those who have ended were given and did not use: it is for the waves to come. */
      const unused = () =>
        [...given].reduce(
          (sum, [branch, had]) => (waiting.has(branch) ? sum : sum + had - (asking.spent.behind.get(branch) ?? 0)),
          0,
        );
      let complete = false;
      let next: (() => void) | null = null;
      /** Those whose yes nobody bears out, and those of them that have not answered for it yet. */
      const examined = new Set<Branch>();
      const pending = new Set<Branch>();
      const found = () => [...before, ...asked].some(branch => !refuted.has(branch) && hasSeen(snapshot(branch)));
      const examine = (branch: Branch, ask: Ask) => {
        if (
          asking.examine === undefined ||
          behind === null ||
          !branch.answer?.seen ||
          examined.has(branch) ||
          examinations >= MAX_EXAMINED
        )
          return;
        examinations++;
        examined.add(branch);
        pending.add(branch);
        void asking.examine?.(branch.leaf.as, ask).then(falsely => {
          pending.delete(branch);
          if (falsely === true) refuted.add(branch);
          ready();
          idle();
        });
      };
      const ready = () => {
        if (complete && pending.size === 0 && [...asked].every(one => !waiting.has(one))) close();
        else if (late && pending.size === 0) close();
      };
      let late = false;
      const close = () => {
        if (next === null) return;
        next();
        next = null;
        if (behind !== null)
          for (const branch of asked)
            if (branch.answer?.seen && !refuted.has(branch)) asking.hit(behind, branch.leaf.as);
        if (found()) {
          working--;
          return;
        }
        const unasked = all.length - now.length + further;
        const kept = rest - onward + unused();
        if (further > 0 && kept > 0) wave(group, number + 1, kept, [...before, ...asked]);
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
        late = true;
        ready();
        idle();
      });
      const at = under.branches.length;
      const sent = now.filter((who, i) =>
        askOne(who, under, part(i), (branch, ask, ended) => {
          examine(branch, ask);
          if (ended) ready();
        }),
      ).length;
      for (const [i, branch] of under.branches.slice(at).entries()) {
        asked.add(branch);
        given.set(branch, part(i));
      }
      complete = true;
      if (sent > 0) asking.spent.waves++;
      else close();
    };

    const share = (i: number) =>
      Math.floor(inquiry.budget / groups.length) + (i < inquiry.budget % groups.length ? 1 : 0);
    for (const [i, group] of groups.entries()) {
      if (share(i) > 0) wave(group, 0, share(i), []);
      else {
        working--;
        notAsked(group, elapsed());
      }
    }
    changed();
    idle();
  });
}

/** Places those for whom there is no budget. */
function notAsked({ under, waves }: Group, after: number): void {
  for (const who of waves.flat())
    under.branches.push(newBranch(who, 'unreachable', 'not asked: the budget of queries is spent', after));
}

/**
 * Says that an AS was not heard to its end. What it has said stays as it is, for it is signed: this AS's finding stands
 * beside it.
 */
function cutOff(branch: Branch, verdict: 'silent' | 'unreachable', reason: string, after: number): void {
  if (branch.answer === null) branch.leaf = { ...branch.leaf, verdict, reason, after };
  else branch.branches.push(newBranch(branch.leaf.as, verdict, reason, after));
}
