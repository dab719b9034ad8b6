/**
 * Routes of one family of a peer that sends several for a prefix (ADD-PATH, RFC 7911): a row for each (prefix, path
 * identifier), the rows of a prefix chained in the order in which they came. Four octets a prefix and twelve a path; freed
 * rows are used again.
 */
import { extend } from '../net/prefix-ids.ts';

/** Paths of one prefix that are held: more would make a chain that each announcement has to walk. */
export const MOST_PATHS = 1024;

export interface PathTable {
  /** The first row of each prefix id; 0: none. */
  head: Int32Array;
  /** By row; row 0 is never used. A path identifier is kept as a signed number: `>>> 0` makes it what it was. */
  pathId: Int32Array;
  attribute: Int32Array;
  /** The next row of the same prefix, or the next free one. */
  next: Int32Array;
  /** First row never used, and the first of the freed ones. */
  top: number;
  free: number;
  /** By row, while routes are marked (stale.ts): a row used anew is not. */
  marks: Uint8Array | null;
  /** Rows that are marked. */
  marked: number;
}

export function newPathTable(): PathTable {
  const column = () => new Int32Array(0);
  const columns = { head: column(), pathId: column(), attribute: column(), next: column() };
  return { ...columns, top: 1, free: 0, marks: null, marked: 0 };
}

/** The attribute id of a path, or 0. */
export function pathAttribute(paths: PathTable, prefixId: number, pathId: number): number {
  for (let row = paths.head[prefixId] ?? 0; row !== 0; row = paths.next[row]!)
    if (paths.pathId[row] === (pathId | 0)) return paths.attribute[row]!;
  return 0;
}

/**
 * Holds a path, fresh, and returns the attribute id that it had before: 0 when it is new, -1 when the prefix has so many
 * paths that it is not held. `capacity`: prefix ids that there can be.
 */
export function putPath(
  paths: PathTable,
  capacity: number,
  prefixId: number,
  pathId: number,
  attribute: number,
): number {
  if (prefixId >= paths.head.length) paths.head = extend(paths.head, capacity);
  let last = 0;
  let length = 0;
  for (let row = paths.head[prefixId]!; row !== 0; row = paths.next[row]!) {
    if (paths.pathId[row] === (pathId | 0)) {
      const before = paths.attribute[row]!;
      paths.attribute[row] = attribute;
      freshen(paths, row);
      return before;
    }
    last = row;
    length++;
  }
  if (length >= MOST_PATHS) return -1;
  const row = takeRow(paths);
  paths.pathId[row] = pathId;
  paths.attribute[row] = attribute;
  paths.next[row] = 0;
  freshen(paths, row);
  if (last === 0) paths.head[prefixId] = row;
  else paths.next[last] = row;
  return 0;
}

/** Takes a path away and returns the attribute id that it had; 0 when there was none. */
export function takePath(paths: PathTable, prefixId: number, pathId: number): number {
  return takeRows(paths, prefixId, row => paths.pathId[row] === (pathId | 0));
}

/** Takes the paths of a prefix away whose row is chosen; returns the attribute id of the last of them, and 0 without. */
export function takeRows(
  paths: PathTable,
  prefixId: number,
  chosen: (row: number) => boolean,
  taken: (attribute: number) => void = () => {},
): number {
  let attribute = 0;
  let last = 0;
  for (let row = paths.head[prefixId] ?? 0; row !== 0; ) {
    const next = paths.next[row]!;
    if (chosen(row)) {
      if (last === 0) paths.head[prefixId] = next;
      else paths.next[last] = next;
      attribute = paths.attribute[row]!;
      paths.next[row] = paths.free;
      paths.free = row;
      freshen(paths, row);
      taken(attribute);
    } else last = row;
    row = next;
  }
  return attribute;
}

function takeRow(paths: PathTable): number {
  const freed = paths.free;
  if (freed !== 0) {
    paths.free = paths.next[freed]!;
    return freed;
  }
  if (paths.top >= paths.next.length) {
    const length = Math.max(256, paths.next.length * 2);
    paths.pathId = extend(paths.pathId, length);
    paths.attribute = extend(paths.attribute, length);
    paths.next = extend(paths.next, length);
  }
  return paths.top++;
}

/** Takes the mark of a row away. Rows that came after the marking have none. */
function freshen(paths: PathTable, row: number): void {
  if (paths.marks === null || (paths.marks[row] ?? 0) === 0) return;
  paths.marks[row] = 0;
  paths.marked--;
}
