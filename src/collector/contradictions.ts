/**
 * The routes with which something is wrong that peers hold now, and what is told upward as they come and go. Only what is in
 * this book is ever told; a route that leaves is told once, with why it left.
 */

import type { JudgedChange } from '../registry/judged-change.ts';
import type { Finding } from './finding.ts';
import type { AsPath } from './messages.ts';

/** Such a route: its origin (0 for NONE), what is wrong, its attributes. */
export interface Held {
  readonly origin: number;
  readonly finding: Finding;
  readonly attribute: number;
}

/** A prefix by its family and id. */
export type Place = number;
export const placeOf = (afi: 1 | 2, prefixId: number): Place => prefixId * 2 + (afi - 1);
export const afiOf = (place: Place): 1 | 2 => ((place & 1) + 1) as 1 | 2;
export const prefixIdOf = (place: Place): number => (place - (place & 1)) / 2;

/** Why a peer that is there no longer holds a route. */
export type GoneWhy = 'withdraw' | 'replaced' | 'registry';

export interface Telling {
  /** Fills in what the book does not know: identity of the peer, text of the prefix, path, deciding object. */
  describe(
    place: Place,
    peer: number,
    held: Held,
  ): Omit<JudgedChange, 'what' | 'why' | 'time' | 'path'> & { path: AsPath };
  mark(place: Place, on: boolean): void;
  tell(change: JudgedChange): void;
  now(): number;
}

/** The same fact, though perhaps by other attributes. */
const same = (a: Held, b: Held): boolean =>
  a.origin === b.origin && a.finding.kind === b.finding.kind && a.finding.offender === b.finding.offender;

const isCovering = ({ finding }: Held): boolean => finding.kind === 'super-prefix';

export class Contradictions {
  /** What each peer holds of a prefix: of each fact one route. Only a peer with several paths has several. */
  private readonly book = new Map<Place, Map<number, readonly Held[]>>();
  /** Where some peer holds a `super-prefix`: they are looked at again and again. */
  private readonly covering = new Set<Place>();
  private readonly telling: Telling;

  constructor(telling: Telling) {
    this.telling = telling;
  }

  /** Facts (prefix, peer, what is wrong) held now. */
  get size(): number {
    let size = 0;
    for (const row of this.book.values()) for (const held of row.values()) size += held.length;
    return size;
  }

  /**
   * A peer holds a route with which something is wrong: tells it when that is new, or another, or has other attributes.
   * `why`: an UPDATE brought it, or the registry made it one.
   */
  hold(
    place: Place,
    peer: number,
    origin: number,
    finding: Finding,
    attribute: number,
    why: 'update' | 'registry',
  ): void {
    const held = this.book.get(place)?.get(peer);
    const now = { origin, finding, attribute };
    if (held?.length === 1 && held[0]!.attribute === attribute && same(held[0]!, now)) return;
    this.enter(place, peer, [now], why, why === 'registry' ? 'registry' : 'replaced');
  }

  /**
   * A peer that sends several paths for a prefix holds these wrong ones, and no others. It is a witness of a fact while any of
   * its paths has it; `gone`: why those it no longer holds have left.
   */
  holdPaths(place: Place, peer: number, paths: readonly Held[], why: 'update' | 'registry', gone: GoneWhy): void {
    const before = this.book.get(place)?.get(peer) ?? [];
    const held: Held[] = [];
    for (const path of paths) {
      if (held.some(one => same(one, path))) continue;
      const stays = (old: Held) =>
        same(old, path) && paths.some(one => same(one, old) && one.attribute === old.attribute);
      held.push(before.find(stays) ?? path);
    }
    this.enter(place, peer, held, why, gone, true);
  }

  /** A peer holds no such route of this prefix any more. Nothing is told when it held none. */
  leave(place: Place, peer: number, why: GoneWhy | 'session'): void {
    if (this.book.get(place)?.has(peer)) this.enter(place, peer, [], 'update', why);
  }

  /** Where peers hold such routes. */
  *holders(): Generator<readonly [place: Place, peer: number]> {
    for (const [place, row] of this.book) for (const peer of row.keys()) yield [place, peer];
  }

  heldBy(place: Place, peer: number): readonly Held[] {
    return this.book.get(place)?.get(peer) ?? [];
  }

  /** Calls `visit` with every `super-prefix`; it must not change the book. */
  forEachCovering(visit: (place: Place, peer: number, held: Held) => void): void {
    for (const place of this.covering)
      for (const [peer, held] of this.book.get(place)!)
        for (const one of held) if (isCovering(one)) visit(place, peer, one);
  }

  /** Tells a held route once more: what is around it has changed. */
  retell(place: Place, peer: number, held: Held): void {
    const beside = this.book.get(place)?.get(peer)?.length !== 1;
    const about = this.telling.describe(place, peer, held);
    this.telling.tell({ ...about, what: 'held', why: 'update', time: this.telling.now(), ...(beside && { beside }) });
  }

  /** The session of a peer is lost: what it held is now unseen. */
  lose(peer: number): void {
    for (const place of [...this.book.keys()]) this.leave(place, peer, 'session');
  }

  /** Puts what a peer holds of a prefix in the place of what it held, and tells the difference. */
  private enter(
    place: Place,
    peer: number,
    now: readonly Held[],
    why: 'update' | 'registry',
    gone: JudgedChange['why'],
    beside = false,
  ): void {
    const row = this.book.get(place) ?? new Map<number, readonly Held[]>();
    const before = row.get(peer) ?? [];
    for (const held of before) if (!now.some(one => same(one, held))) this.tellGone(place, peer, held, gone);
    if (now.length > 0) row.set(peer, now);
    else row.delete(peer);
    if (this.book.has(place) !== row.size > 0) this.telling.mark(place, row.size > 0);
    if (row.size > 0) this.book.set(place, row);
    else this.book.delete(place);
    if ([...row.values()].some(held => held.some(isCovering))) this.covering.add(place);
    else this.covering.delete(place);
    for (const one of now) {
      if (before.some(held => same(held, one) && held.attribute === one.attribute)) continue;
      const about = this.telling.describe(place, peer, one);
      const time = this.telling.now();
      this.telling.tell({ ...about, what: 'held', why, time, ...(beside && { beside }) });
    }
  }

  private tellGone(place: Place, peer: number, held: Held, why: JudgedChange['why']): void {
    const about = this.telling.describe(place, peer, { ...held, attribute: 0 });
    const what = why === 'session' ? 'unseen' : 'gone';
    this.telling.tell({ ...about, path: [], what, why, time: this.telling.now() });
  }
}
