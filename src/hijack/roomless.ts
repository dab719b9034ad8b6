/**
 * Peers that hold the route of a case and found no room among its witnesses (witness-room.ts). Nobody is told of them, but
 * as long as there is one the case does not end: that nobody holds it any more is not said while somebody does.
 */
import type { Witness } from './case.ts';
import type { Judged } from './judged.ts';
import { witnessOf } from './witness-of.ts';
import type { WitnessRoom } from './witness-room.ts';

export interface Roomless {
  /** How many may still hold it. */
  readonly size: number;
  /** How many are known to hold it now. */
  readonly holding: number;
  /** There were more than names can be kept of: who they are, and whether they still hold it, is not known. */
  readonly nameless: boolean;
  get(peer: string): Witness | undefined;
  /** A peer of the change holds it, and is no witness. Of its path nothing is kept. */
  hold(change: Judged): void;
  /** Its session is lost. */
  lose(peer: string): void;
  /** The peer does not hold it any more, or has become a witness. False: it was none of these. */
  drop(peer: string): boolean;
  values(): IterableIterator<Witness>;
  /** The case is over: gives all room back. */
  clear(): void;
}

export function roomless(room: Pick<WitnessRoom, 'name' | 'unname'>): Roomless {
  const peers = new Map<string, Witness>();
  let holding = 0;
  let nameless = false;
  const holds = (one: Witness | undefined) => (one?.state === 'holds' ? 1 : 0);

  function set(one: Witness): void {
    holding += holds(one) - holds(peers.get(one.peer));
    peers.set(one.peer, one);
  }

  function drop(peer: string): boolean {
    holding -= holds(peers.get(peer));
    if (!peers.delete(peer)) return false;
    room.unname(1);
    return true;
  }

  return {
    get size() {
      return peers.size;
    },
    get holding() {
      return holding;
    },
    get nameless() {
      return nameless;
    },
    get: peer => peers.get(peer),
    hold(change) {
      if (!peers.has(change.peer) && !room.name()) nameless = true;
      else set({ ...witnessOf(change, change.time), path: [] });
    },
    lose(peer) {
      const one = peers.get(peer);
      if (one !== undefined) set({ ...one, state: 'unseen' });
    },
    drop,
    values: () => peers.values(),
    clear() {
      room.unname(peers.size);
      peers.clear();
      holding = 0;
    },
  };
}
