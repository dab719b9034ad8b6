/**
 * Answers about frames, remembered by the two link addresses, VLAN and interface: nearly all frames of a tap bear few of
 * them, and to find an answer again costs one line of memory. Packets are counted here and told on when an answer is
 * forgotten.
 */
import type { Binding } from './bindings.ts';

/** Where a frame was seen, and what told it. */
export interface Place {
  readonly vantage: number;
  readonly told: Binding | null;
}

/** Answers that are remembered, a power of two; of two that fall together the later one is. */
const ROWS = 4096;
/** 32-bit words of a key. */
const WORDS = 4;
/** Link addresses whose last frame is remembered beyond that. */
const MOST_SENDERS = 8192;

export interface Remembered {
  /** The vantage of so many frames seen in a second. */
  find(
    source: number,
    destination: number,
    vlan: number,
    at: number,
    outgoing: boolean,
    second: number,
    packets: number,
  ): number;
  /** Tells all that was counted on to the bindings. */
  count(): void;
  /** Forgets every answer; what was counted is told on. */
  forget(): void;
  /** The last second in which a link address sent a frame, as far as is remembered; -1: none. */
  lastSent(mac: number): number;
  /** Link addresses that have sent a frame in this second or later, as far as is remembered. */
  senders(since: number): number[];
}

/** Remembers what `resolve` says. `notable`: link addresses whose last frame is worth to be remembered for longer. */
export function remembered(
  resolve: (source: number, destination: number, vlan: number, at: number, outgoing: boolean) => Place,
  notable: (mac: number) => boolean,
): Remembered {
  const keys = new Uint32Array(ROWS * WORDS);
  /** 0: the row is free. */
  const vantages = new Uint16Array(ROWS);
  const packets = new Float64Array(ROWS);
  const seconds = new Float64Array(ROWS);
  const places: (Place | null)[] = Array(ROWS).fill(null);
  const sent = new Map<number, number>();

  const sourceOf = (row: number) => (keys[row * WORDS + 2]! >>> 16) * 0x1_0000_0000 + keys[row * WORDS]!;

  const noteSender = (mac: number, second: number) => {
    if (!notable(mac)) return;
    const before = sent.get(mac);
    if (before !== undefined) sent.delete(mac);
    else if (sent.size >= MOST_SENDERS) sent.delete(sent.keys().next().value!);
    sent.set(mac, Math.max(before ?? -1, second));
  };

  const tellOn = (row: number) => {
    const told = places[row]?.told;
    if (told && packets[row]! > 0) {
      told.packets += packets[row]!;
      told.lastSeen = Math.max(told.lastSeen, seconds[row]!);
    }
    packets[row] = 0;
  };

  const each = (visit: (row: number) => void) => {
    for (let row = 0; row < ROWS; row++) if (vantages[row] !== 0) visit(row);
  };

  return {
    find(source, destination, vlan, at, outgoing, second, more) {
      const a = source >>> 0;
      const b = destination >>> 0;
      const c = ((Math.floor(source / 0x1_0000_0000) << 16) | Math.floor(destination / 0x1_0000_0000)) >>> 0;
      const d = (((vlan + 1) << 13) | (at << 1) | (outgoing ? 1 : 0)) >>> 0;
      let h = Math.imul(a ^ Math.imul(b, 0x85ebca6b) ^ d, 0x9e3779b1) ^ Math.imul(c, 0xc2b2ae35);
      h ^= h >>> 15;
      const row = h & (ROWS - 1);
      const k = row * WORDS;
      const there = vantages[row]!;
      if (there !== 0 && keys[k] === a && keys[k + 1] === b && keys[k + 2] === c && keys[k + 3] === d) {
        packets[row]! += more;
        seconds[row] = second;
        return there - 1;
      }
      if (there !== 0) {
        tellOn(row);
        noteSender(sourceOf(row), seconds[row]!);
      }
      const place = resolve(source, destination, vlan, at, outgoing);
      keys[k] = a;
      keys[k + 1] = b;
      keys[k + 2] = c;
      keys[k + 3] = d;
      vantages[row] = place.vantage + 1;
      places[row] = place;
      packets[row] = more;
      seconds[row] = second;
      return place.vantage;
    },
    count: () => each(tellOn),
    forget() {
      each(row => {
        tellOn(row);
        noteSender(sourceOf(row), seconds[row]!);
        vantages[row] = 0;
        places[row] = null;
      });
    },
    senders(since) {
      const found = new Set<number>();
      each(row => {
        if (seconds[row]! >= since) found.add(sourceOf(row));
      });
      return [...found];
    },
    lastSent(mac) {
      let last = sent.get(mac) ?? -1;
      each(row => {
        if (sourceOf(row) === mac) last = Math.max(last, seconds[row]!);
      });
      return last;
    },
  };
}
