/**
 * Routes that wait to be announced again: those of a peer that restarts (RFC 4724 section 4.2, RFC 9494 section 4.2), and all
 * of a family while the peer sends them anew (RFC 7313 section 4). They are marked at once, an announcement takes the mark of
 * its route away, and what is marked in the end is swept. An octet a route, there only as long as something is marked.
 */
import type { Afi } from '../net/address.ts';
import { addCount, columnOf, countOf, type PeerTable, pathsOf, type Rib, staleOf, walkRoutes } from './adj-rib-in.ts';
import { type PathTable, takeRows } from './paths.ts';

/** Why routes are marked: their session is lost, and that for longer than the Restart Time; or they are being sent anew. */
export type StaleKind = 'stale' | 'llgr-stale' | 'refreshing';

export interface Stale {
  kind: StaleKind;
  /** When they came to be of this kind, milliseconds since the epoch. */
  since: number;
  /** By prefix id, or by row of a path table: 0 fresh, 1 stale, 2 stale since before the last fall of the session. */
  readonly marks: Uint8Array;
}

/** Prefix ids that a slice passes through, of a column and of a path table: some milliseconds. */
const SLICE = 65536;
const PATHS_SLICE = 16384;

/** True when the session that brought the marked routes is lost: nobody knows whether they still hold. */
export const isUnseen = (stale: Stale | null): boolean => stale !== null && stale.kind !== 'refreshing';

/**
 * Marks every route of a family. Those marked already for the same cause are marked as older, so that `sweepOlder` can tell
 * them (RFC 4724 section 4.2: of two restarts in a row, the routes of before the first one go).
 */
export function markAll(table: PeerTable, afi: Afi, kind: StaleKind, now: number): void {
  const before = staleOf(table, afi);
  const paths = pathsOf(table, afi);
  const marks = new Uint8Array(paths?.top ?? columnOf(table, afi).length);
  const older = isUnseen(before) && kind !== 'refreshing' ? before!.marks : null;
  walkRoutes(table, afi, 0, Number.POSITIVE_INFINITY, (_id, _pathId, _attribute, place) => {
    marks[place] = older !== null && (older[place] ?? 0) !== 0 ? 2 : 1;
  });
  setStale(table, afi, { kind, since: now, marks });
}

/** Marks nothing any more: what is held is fresh. */
export const unmark = (table: PeerTable, afi: Afi): void => setStale(table, afi, null);

function setStale(table: PeerTable, afi: Afi, stale: Stale | null): void {
  if (afi === 1) table.stale4 = stale;
  else table.stale6 = stale;
  const paths = pathsOf(table, afi);
  if (paths === null) return;
  paths.marks = stale?.marks ?? null;
  paths.marked = stale === null ? 0 : countOf(table, afi);
}

/** Marked routes that are still held. A walk of about a millisecond for a full table. */
export function countStale(table: PeerTable, afi: Afi): number {
  const marks = staleOf(table, afi)?.marks;
  if (marks === undefined) return 0;
  let count = 0;
  walkRoutes(table, afi, 0, Number.POSITIVE_INFINITY, (_id, _pathId, _attribute, place) => {
    if ((marks[place] ?? 0) !== 0) count++;
  });
  return count;
}

/** A sweep under way. */
export interface Sweep {
  /** Routes taken out so far. */
  readonly swept: number;
  /** Does one slice; true when all is done. */
  step(): boolean;
}

/**
 * Begins to take marked routes of a family out: those whose mark and attribute id `goes` says yes to. `gone` is called for each
 * prefix of which something was taken. Routes announced meanwhile stay. The marks themselves are left to the caller.
 */
export function beginSweep(
  rib: Rib,
  table: PeerTable,
  afi: Afi,
  goes: (mark: number, attribute: number) => boolean,
  gone: (prefixId: number) => void,
): Sweep {
  const stale = staleOf(table, afi);
  const { attributes } = rib;
  let next = 0;
  let swept = 0;
  const sweepColumn = (column: Int32Array, marks: Uint8Array, id: number): number => {
    const attribute = column[id]!;
    if (attribute === 0 || marks[id] === 0 || !goes(marks[id]!, attribute)) return 0;
    column[id] = 0;
    attributes.release(attribute);
    return 1;
  };
  const sweepPaths = (paths: PathTable, marks: Uint8Array, id: number): number => {
    let taken = 0;
    takeRows(
      paths,
      id,
      row => (marks[row] ?? 0) !== 0 && goes(marks[row]!, paths.attribute[row]!),
      attribute => {
        attributes.release(attribute);
        taken++;
      },
    );
    return taken;
  };
  return {
    get swept() {
      return swept;
    },
    step() {
      // Another marking, or another table, has come in the place of this one: it sees to its own end.
      if (stale === null || staleOf(table, afi) !== stale) return true;
      const { marks } = stale;
      const paths = pathsOf(table, afi);
      const column = columnOf(table, afi);
      // What lies behind the marks came after them.
      const size = paths?.head.length ?? Math.min(column.length, marks.length);
      const end = Math.min(next + (paths === null ? SLICE : PATHS_SLICE), size);
      for (let id = next; id < end; id++) {
        const taken = paths === null ? sweepColumn(column, marks, id) : sweepPaths(paths, marks, id);
        if (taken === 0) continue;
        addCount(table, afi, -taken);
        swept += taken;
        gone(id);
      }
      next = end;
      return next >= size;
    },
  };
}
