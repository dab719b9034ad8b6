/**
 * The links of an AS graph while it is built: undirected, between nodes numbered from 0, each with a number of its own.
 * A hop is a link walked in one direction: its number times 2, plus 1 when it is walked from the higher node to the lower.
 */
export interface AsEdges {
  readonly size: number;
  /** Lower and higher node of each link; longer than `size`. */
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** The hop from one node to another, which is not the same; the link is added when it is new. */
  add(from: number, to: number): number;
  /** The hop from one node to another, -1 where there is no link. */
  find(from: number, to: number): number;
}

/** No links. */
export function newAsEdges(): AsEdges {
  let slots = new Int32Array(1 << 12).fill(-1);
  let low = new Int32Array(1 << 11);
  let high = new Int32Array(1 << 11);
  let size = 0;

  const hash = (a: number, b: number) => (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 3;
  /** The slot of a link, or the free one where it belongs. */
  const slotOf = (a: number, b: number): number => {
    const mask = slots.length - 1;
    let slot = hash(a, b) & mask;
    for (; slots[slot] !== -1; slot = (slot + 1) & mask) {
      const edge = slots[slot]!;
      if (low[edge] === a && high[edge] === b) break;
    }
    return slot;
  };
  const grow = () => {
    const wider = (old: Int32Array<ArrayBuffer>) => {
      const next = new Int32Array(old.length * 2);
      next.set(old);
      return next;
    };
    low = wider(low);
    high = wider(high);
    slots = new Int32Array(slots.length * 2).fill(-1);
    for (let edge = 0; edge < size; edge++) slots[slotOf(low[edge]!, high[edge]!)] = edge;
  };

  return {
    get size() {
      return size;
    },
    get low() {
      return low;
    },
    get high() {
      return high;
    },
    add(from, to) {
      const down = from > to;
      const [a, b] = down ? [to, from] : [from, to];
      let slot = slotOf(a, b);
      if (slots[slot] === -1) {
        if (size === low.length) {
          grow();
          slot = slotOf(a, b);
        }
        low[size] = a;
        high[size] = b;
        slots[slot] = size++;
      }
      return slots[slot]! * 2 + (down ? 1 : 0);
    },
    find(from, to) {
      const edge = from > to ? slots[slotOf(to, from)]! : slots[slotOf(from, to)]!;
      return edge === -1 ? -1 : edge * 2 + (from > to ? 1 : 0);
    },
  };
}
