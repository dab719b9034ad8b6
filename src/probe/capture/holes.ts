/** Stretches of time in which a tap did not see what passed, such as while its interface was down. */

export interface Holes {
  /** Something that is looked at is not seen from now on. Times are milliseconds since the epoch. */
  begin(what: string, from: number): void;
  /** It is seen again. */
  end(what: string, to: number): void;
  /** True when nothing is missing of an interval, its end included. */
  covers(from: number, to: number): boolean;
}

/** Holes that are told apart; the two oldest become one beyond. */
const MOST_HOLES = 1000;

/** Nothing missing yet. */
export function openHoles(): Holes {
  const open = new Map<string, number>();
  const closed: { from: number; to: number }[] = [];
  return {
    begin(what, from) {
      if (!open.has(what)) open.set(what, from);
    },
    end(what, to) {
      const from = open.get(what);
      if (from === undefined) return;
      open.delete(what);
      closed.push({ from, to });
      if (closed.length > MOST_HOLES) {
        const [first, second] = closed.splice(0, 2);
        // What is between them is missed too, then: to say less than one knows is no lie.
        closed.unshift({ from: Math.min(first!.from, second!.from), to: Math.max(first!.to, second!.to) });
      }
    },
    covers(from, to) {
      for (const began of open.values()) if (to >= began) return false;
      return closed.every(hole => to < hole.from || from > hole.to);
    },
  };
}
