/**
 * The changes of one event with what all of them have in common said once: most are of one peer, and in a storm of one offender
 * and one path. `decidedBy` is left out where it is the prefix itself.
 */
type Fields = Readonly<Record<string, unknown>>;

export interface SaidOnce {
  /** Fields of every change. */
  readonly same: Fields;
  /** What is left of each. */
  readonly changes: readonly Fields[];
}

/** Paths are lists, each its own: two are the same when they read the same. */
const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => isSame(one, b[i])));

export function sayOnce(changes: readonly object[]): SaidOnce {
  const all = changes as readonly Fields[];
  const [first, ...rest] = all;
  if (first === undefined || rest.length === 0) return { same: {}, changes: all.map(withoutDecider) };
  const same = Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every(change => isSame(change[name], value))),
  );
  return {
    same,
    changes: all.map(change =>
      withoutDecider(Object.fromEntries(Object.entries(change).filter(([name]) => !Object.hasOwn(same, name)))),
    ),
  };
}

const withoutDecider = (change: Fields): Fields => {
  if (change.prefix === undefined || change.decidedBy !== change.prefix) return change;
  const { decidedBy: _, ...rest } = change;
  return rest;
};

/** A change as it was before; what it says itself counts. */
export function whole(same: Fields, change: Fields): Fields {
  const all = { ...same, ...change };
  return all.decidedBy === undefined ? { ...all, decidedBy: all.prefix } : all;
}
