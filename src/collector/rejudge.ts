/**
 * Judging again what is held, after the registry has changed: prefix by prefix in slices, so that sessions and questions
 * are served between them. Where the registry has changed in a few places, only routes inside of those are judged. Routes
 * that arrive meanwhile are judged as well; a slice that comes to them later finds nothing to change.
 */
import type { Prefix } from '../net/prefix.ts';
import { pathsOf, type Rib, staleOf, walkRoutes } from '../rib/adj-rib-in.ts';
import { isUnseen } from '../rib/stale.ts';
import { afiOf, type Contradictions, placeOf } from './contradictions.ts';
import type { Rejudged } from './messages.ts';
import type { PathCheck } from './path-check.ts';
import { type PrefixSet, prefixSet } from './prefix-set.ts';
import type { VerdictMemo } from './verdict-memo.ts';
import { createWitnesses } from './witness.ts';

/** Prefix ids a slice passes through: about a millisecond of work a peer. */
const SLICE = 16384;
/** The same where most of them are passed over. */
const SPARSE_SLICE = 65536;

/**
 * Where to judge again: inside of these prefixes and where they are covered, or (null) everywhere; `marked`: where paths are
 * looked at, for nothing but what is demanded of them has changed.
 */
export type Scope = readonly Prefix[] | 'marked' | null;

/** The marked prefixes, as a set to judge within. */
const markedSet = (memo: VerdictMemo): PrefixSet => ({
  has: () => true,
  touches: (_rib, afi, id) => memo.marked(afi, id),
});

export interface Rejudging {
  /** Routes judged so far. */
  readonly routes: number;
  /** Does one slice; true when all is done. */
  step(): boolean;
}

/**
 * Returns what is to be called when `memo.snapshot` has become another one, with the place and the number of the change.
 * `done` is told each time when all is judged by it. What is touched while a judging is under way is judged behind it;
 * only a change of everything begins anew.
 */
export function createRejudge(
  rib: Rib,
  memo: VerdictMemo,
  book: Contradictions,
  paths: PathCheck,
  done: (done: Rejudged) => void,
  later: (work: () => void) => void = setImmediate,
): (scope: Scope, generation: number) => void {
  let running: Rejudging | null = null;
  /** What is to be judged when the one that runs is through: first one scope, then the other. */
  let waiting: { readonly scope: readonly Prefix[]; readonly generation: number } | null = null;
  let pathsWait: number | null = null;

  function begin(scope: Scope, generation: number): void {
    if (scope === null) memo.forgetAll();
    const began = performance.now();
    const mine = beginRejudging(rib, memo, book, paths, scope);
    running = mine;
    const slice = () => {
      if (running !== mine) return; // all begins anew
      if (!mine.step()) {
        later(slice);
        return;
      }
      running = null;
      const milliseconds = Math.round(performance.now() - began);
      done({ generation, partial: scope !== null, routes: mine.routes, milliseconds });
      if (waiting !== null) {
        const next = waiting;
        waiting = null;
        begin(next.scope, next.generation);
      } else if (pathsWait !== null) {
        const next = pathsWait;
        pathsWait = null;
        begin('marked', next);
      }
    };
    slice();
  }

  return (scope, generation) => {
    if (scope === null) [waiting, pathsWait] = [null, null];
    if (scope === null || running === null) begin(scope, generation);
    else if (scope === 'marked') pathsWait = generation;
    else waiting = { scope: [...(waiting?.scope ?? []), ...scope], generation };
  };
}

/**
 * Begins to judge held routes by `memo.snapshot`. Where everything is judged the memo must have forgotten the old
 * verdicts; inside of a scope it is made to forget them here.
 */
export function beginRejudging(
  rib: Rib,
  memo: VerdictMemo,
  book: Contradictions,
  paths: PathCheck,
  scope: Scope = null,
): Rejudging {
  const witnesses = createWitnesses(rib, memo, book, paths);
  const within = scope === null ? null : scope === 'marked' ? markedSet(memo) : prefixSet(scope);
  let afi: 1 | 2 = afiOf(0);
  let next = 0;
  let routes = 0;

  /** Judges what all peers hold of the prefix ids `from` to `end`. */
  function judge(from: number, end: number): void {
    rib.tables.forEach((table, peer) => {
      if (!table) return;
      const paths = pathsOf(table, afi) !== null;
      const stale = staleOf(table, afi);
      const unseen = isUnseen(stale);
      let last = -1;
      walkRoutes(table, afi, from, end, (id, _pathId, attribute, place) => {
        routes++;
        // Whether a stale route still holds is not known: its announcement, if it comes, is judged.
        if (unseen && (stale!.marks[place] ?? 0) !== 0) return;
        const origin = rib.attributes.originOf(attribute);
        const finding = witnesses.find(afi, id, origin, attribute, peer);
        if (finding === null && !memo.marked(afi, id)) return;
        if (paths) {
          if (id !== last) witnesses.judgePaths({ number: peer, table }, afi, id, 'registry', 'registry');
          last = id;
        } else if (finding !== null) book.hold(placeOf(afi, id), peer, origin, finding, attribute, 'registry');
        else book.leave(placeOf(afi, id), peer, 'registry');
      });
    });
  }

  function judgeWithin(set: PrefixSet, from: number, end: number): void {
    for (let id = from; id < end; id++) {
      if (!set.touches(rib, afi, id)) continue;
      memo.forgetOne(afi, id);
      judge(id, id + 1);
    }
  }

  return {
    get routes() {
      return routes;
    },
    step() {
      const size = afi === 1 ? rib.ids4.size : rib.ids6.size;
      const end = Math.min(next + (within === null ? SLICE : SPARSE_SLICE), size);
      if (within === null) judge(next, end);
      else if (within.has(afi)) judgeWithin(within, next, end);
      next = within === null || within.has(afi) ? end : size;
      if (next < size) return false;
      if (afi === 2) return true;
      afi = 2;
      next = 0;
      return false;
    },
  };
}
