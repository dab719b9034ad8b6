/**
 * The contradicting routes of watched space that peers hold now, and what is told upward as they come and go. Only what is
 * in this book is ever told; a route that leaves is told once, with why it left.
 */
import type { AsPath, JudgedChange } from './messages.ts';

/** A contradicting route. */
export interface Held {
  readonly origin: number;
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
    origin: number,
    attribute: number,
  ): Omit<JudgedChange, 'what' | 'why' | 'time' | 'path'> & { path: AsPath };
  mark(place: Place, on: boolean): void;
  tell(change: JudgedChange): void;
  now(): number;
}

export class Contradictions {
  /** What each peer holds of a prefix: of each origin one route. Only a peer with several paths has several. */
  private readonly book = new Map<Place, Map<number, readonly Held[]>>();
  private readonly telling: Telling;

  constructor(telling: Telling) {
    this.telling = telling;
  }

  /** Contradicting (prefix, peer, origin) held now. */
  get size(): number {
    let size = 0;
    for (const row of this.book.values()) for (const held of row.values()) size += held.length;
    return size;
  }

  /**
   * A peer holds a contradicting route: tells it when it is new, or has another origin or other attributes. `why`: an
   * UPDATE brought it, or the registry made it one.
   */
  hold(place: Place, peer: number, origin: number, attribute: number, why: 'update' | 'registry'): void {
    const held = this.book.get(place)?.get(peer);
    if (held?.length === 1 && held[0]!.origin === origin && held[0]!.attribute === attribute) return;
    this.enter(place, peer, [{ origin, attribute }], why, 'replaced');
  }

  /**
   * A peer that sends several paths for a prefix holds these contradicting ones, and no others. It is a witness of an origin
   * while any of its paths has it; `gone`: why those it no longer holds have left.
   */
  holdPaths(place: Place, peer: number, paths: readonly Held[], why: 'update' | 'registry', gone: GoneWhy): void {
    const before = this.book.get(place)?.get(peer) ?? [];
    const held: Held[] = [];
    for (const path of paths) {
      if (held.some(({ origin }) => origin === path.origin)) continue;
      const same = ({ origin, attribute }: Held) =>
        origin === path.origin && paths.some(one => one.origin === origin && one.attribute === attribute);
      held.push(before.find(same) ?? path);
    }
    this.enter(place, peer, held, why, gone, true);
  }

  /** A peer holds no contradicting route of this prefix any more. Nothing is told when it held none. */
  leave(place: Place, peer: number, why: GoneWhy | 'session'): void {
    if (this.book.get(place)?.has(peer)) this.enter(place, peer, [], 'update', why);
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
    for (const held of before)
      if (!now.some(({ origin }) => origin === held.origin)) this.tellGone(place, peer, held, gone);
    if (now.length > 0) row.set(peer, now);
    else row.delete(peer);
    if (this.book.has(place) !== row.size > 0) this.telling.mark(place, row.size > 0);
    if (row.size > 0) this.book.set(place, row);
    else this.book.delete(place);
    for (const { origin, attribute } of now) {
      if (before.some(held => held.origin === origin && held.attribute === attribute)) continue;
      const about = this.telling.describe(place, peer, origin, attribute);
      const time = this.telling.now();
      this.telling.tell({ ...about, what: 'held', why, time, ...(beside && { beside }) });
    }
  }

  private tellGone(place: Place, peer: number, held: Held, why: JudgedChange['why']): void {
    const about = this.telling.describe(place, peer, held.origin, 0);
    const what = why === 'session' ? 'unseen' : 'gone';
    this.telling.tell({ ...about, path: [], what, why, time: this.telling.now() });
  }
}
