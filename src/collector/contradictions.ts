/**
 * The contradicting routes of watched space that peers hold now, and what is told upward as they come and go. Only what is
 * in this book is ever told; a route that leaves is told once, with why it left.
 */
import type { AsPath, JudgedChange } from './messages.ts';

interface Held {
  readonly origin: number;
  readonly attribute: number;
}

/** A prefix by its family and id. */
export type Place = number;
export const placeOf = (afi: 1 | 2, prefixId: number): Place => prefixId * 2 + (afi - 1);
export const afiOf = (place: Place): 1 | 2 => ((place & 1) + 1) as 1 | 2;
export const prefixIdOf = (place: Place): number => (place - (place & 1)) / 2;

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
  private readonly book = new Map<Place, Map<number, Held>>();
  private readonly telling: Telling;

  constructor(telling: Telling) {
    this.telling = telling;
  }

  /** Contradicting (prefix, peer) pairs held now. */
  get size(): number {
    let pairs = 0;
    for (const row of this.book.values()) pairs += row.size;
    return pairs;
  }

  /**
   * A peer holds a contradicting route: tells it when it is new, or has another origin or other attributes. `why`: an
   * UPDATE brought it, or the registry made it one.
   */
  hold(place: Place, peer: number, origin: number, attribute: number, why: 'update' | 'registry'): void {
    let row = this.book.get(place);
    const held = row?.get(peer);
    if (held?.origin === origin && held.attribute === attribute) return;
    if (held && held.origin !== origin) this.tellGone(place, peer, held, 'gone', 'replaced');
    if (!row) {
      row = new Map();
      this.book.set(place, row);
      this.telling.mark(place, true);
    }
    row.set(peer, { origin, attribute });
    const about = this.telling.describe(place, peer, origin, attribute);
    this.telling.tell({ ...about, what: 'held', why, time: this.telling.now() });
  }

  /** A peer holds no contradicting route of this prefix any more. Nothing is told when it held none. */
  leave(place: Place, peer: number, why: 'withdraw' | 'replaced' | 'registry' | 'session'): void {
    const row = this.book.get(place);
    const held = row?.get(peer);
    if (!row || !held) return;
    row.delete(peer);
    if (row.size === 0) {
      this.book.delete(place);
      this.telling.mark(place, false);
    }
    this.tellGone(place, peer, held, why === 'session' ? 'unseen' : 'gone', why);
  }

  /** The session of a peer is lost: what it held is now unseen. */
  lose(peer: number): void {
    for (const place of [...this.book.keys()]) this.leave(place, peer, 'session');
  }

  private tellGone(place: Place, peer: number, held: Held, what: 'gone' | 'unseen', why: JudgedChange['why']): void {
    const about = this.telling.describe(place, peer, held.origin, 0);
    this.telling.tell({ ...about, path: [], what, why, time: this.telling.now() });
  }
}
