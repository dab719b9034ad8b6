/**
 * Routes that a peer still holds although most others have withdrawn theirs: what a withdrawal that got lost on the way leaves
 * behind. The columns of all peers are compared every few minutes, in slices; one octet a prefix remembers that it was
 * widely held.
 */
import type { Afi } from '../net/address.ts';
import { columnOf, pathsOf, type Rib } from '../rib/adj-rib-in.ts';
import type { KnownPrefix } from '../rib/query.ts';

/** Fewer tables say nothing about "most others". */
export const LEAST_TABLES = 3;
/** Suspects that are remembered. */
const MOST_SUSPECTS = 10_000;
/** Prefixes compared in one turn. */
const SLICE = 1 << 14;

/** A route of one peer that others no longer have. */
export interface Suspect extends KnownPrefix {
  readonly peer: number;
  /** When it was first seen so, milliseconds since the epoch. */
  readonly since: number;
}

export interface StuckWatch {
  /** Compares the tables of these peers, all of them whole and of like size; yields between slices. */
  compare(afi: Afi, peers: readonly number[], now: number): Generator<undefined>;
  suspects(peer: number): readonly Suspect[];
  /** Suspects that there was no room for at the last comparison. */
  readonly overflow: number;
}

export function createStuckWatch(rib: Rib): StuckWatch {
  /** By prefix id: a fingerprint of the prefix when most peers held it, else 0. The id may stand for another one later. */
  const wide = { 1: new Uint8Array(0), 2: new Uint8Array(0) };
  let suspects = new Map<string, Suspect>();
  let overflow = 0;

  function fingerprint(afi: Afi, id: number): number {
    const ids = afi === 1 ? rib.ids4 : rib.ids6;
    let hash = ids.length[id]!;
    const width = afi === 1 ? 1 : 4;
    for (let i = 0; i < width; i++) hash = Math.imul(hash ^ ids.address[id * width + i]!, 0x9e3779b1);
    return 128 | (hash >>> 25);
  }

  return {
    *compare(afi, peers, now) {
      const ids = afi === 1 ? rib.ids4 : rib.ids6;
      if (wide[afi].length < ids.size) {
        const longer = new Uint8Array(ids.capacity);
        longer.set(wide[afi]);
        wide[afi] = longer;
      }
      const mine = wide[afi];
      const few = Math.max(1, Math.floor(peers.length / 10));
      const next = new Map([...suspects].filter(([, one]) => one.afi !== afi));
      overflow = 0;
      for (let from = 0; from < ids.size && from < mine.length; from += SLICE) {
        // Columns grow and go while others work: they are looked up anew in each slice.
        const columns = peers.map(number => {
          const table = rib.tables[number];
          return table ? (pathsOf(table, afi)?.head ?? columnOf(table, afi)) : null;
        });
        const end = Math.min(from + SLICE, ids.size, mine.length);
        for (let id = from; id < end; id++) {
          let holders = 0;
          for (const column of columns) if (column !== null && id < column.length && column[id] !== 0) holders++;
          if (holders * 2 >= peers.length) mine[id] = fingerprint(afi, id);
          else if (holders === 0) mine[id] = 0;
          else if (holders <= few && mine[id] === fingerprint(afi, id))
            for (const [i, column] of columns.entries()) {
              if (column === null || id >= column.length || column[id] === 0) continue;
              const peer = peers[i]!;
              const key = `${afi} ${id} ${peer}`;
              if (next.size < MOST_SUSPECTS) next.set(key, suspects.get(key) ?? { afi, id, peer, since: now });
              else overflow++;
            }
        }
        yield;
      }
      suspects = next;
    },
    suspects: peer => [...suspects.values()].filter(one => one.peer === peer),
    get overflow() {
      return overflow;
    },
  };
}
