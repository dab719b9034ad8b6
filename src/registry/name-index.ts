/** Names of one index, each as often as a row has it: they stand in the JavaScript heap. The largest has some 500,000. */
export const MAX_NAMES = 4_000_000;

/** Rows of a store by the names in their objects; a row is there once for each of its names. */
export interface NameIndex {
  /** Rows in no order, of a name in upper case. */
  of(name: string): readonly number[];
  add(name: string, row: number): void;
  remove(name: string, row: number): void;
  /** Names in it, each as often as a row has it. */
  readonly size: number;
}

/** An empty index. */
export function nameIndex(): NameIndex {
  const rows = new Map<string, number[]>();
  let size = 0;
  return {
    of: name => rows.get(name) ?? [],
    add(name, row) {
      size++;
      const list = rows.get(name);
      if (list === undefined) rows.set(name, [row]);
      else list.push(row);
    },
    remove(name, row) {
      const list = rows.get(name) ?? [];
      const at = list.lastIndexOf(row);
      if (at < 0) return;
      size--;
      const last = list.pop()!;
      if (list.length === 0) rows.delete(name);
      else if (at < list.length) list[at] = last;
    },
    get size() {
      return size;
    },
  };
}
