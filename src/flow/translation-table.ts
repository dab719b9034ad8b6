/**
 * Which tuple was which on the other side of a translator, and when: sessions and blocks of ports, from any log, each with
 * its beginning and end. Records of a fixed size lie in a ring: memory is bounded, and the oldest go first.
 *
 * A record has two sides, `near` (as the first packet of the session was before it was translated) and `far` (after). A
 * packet is looked for with its tuple as it is and turned round, on both sides. What a log does not state is looked for as
 * if it were not there: a session without its other end, a block by its outside address alone.
 *
 *     octets of a record
 *     1 protocol, 255 for all   1 flags   2 first port of a block   2 last   2 step
 *     8 from   8 to   ms since the epoch, doubles; to is infinite while it lasts
 *     16 16 2 2   near: source, destination, their ports       16 16 2 2   far
 */
import type { FlowEnds, Translation } from './translation.ts';

/** A translation that was in force: the same packet before and after, as the packet itself goes. */
export interface TranslatedTuple {
  /** The other form; what is null the log does not tell. */
  readonly ends: FlowEnds;
  /** `near`: the form inside, before the session's first packet was translated. */
  readonly side: 'near' | 'far';
  readonly from: number;
  /** Infinity while it lasts. */
  readonly to: number;
}

/** A packet's tuple; of ICMP queries the identifier stands for both ports. */
export interface PacketTuple {
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface TranslationTable {
  take(translation: Translation): void;
  /** The other forms of a packet of a time, within `slack` ms of it: of several sessions the latest begun first. */
  find(packet: PacketTuple, time: number, slack: number): TranslatedTuple[];
  /**
   * Ends at `time` what lasts and was not told of since `mark` returned `since`: after a log had a gap and all that lasts was
   * told anew.
   */
  sweep(since: number, time: number): void;
  /** A number for `sweep`. */
  mark(): number;
  /** Drops what ended before `time`. */
  dropBefore(time: number): void;
  readonly size: number;
  /** Records that were dropped though they lasted, or had not reached their age: memory is too small. */
  readonly evicted: number;
  /**
   * Times at which a place had more than `MOST_WALKED` records: what lies behind was not looked at, so that an older session
   * was not found, or goes on though its end was told.
   */
  readonly cutShort: number;
  readonly octets: number;
}

const RECORD = 96;
/** Beside each record: two links forth and two back, two places, and what it was told of last. */
export const OCTETS_A_RECORD = RECORD + 4 * 7;
/**
 * Records of one place that are walked for one that is looked for, the latest first. A translator that puts very many
 * sessions behind one address, or a log that makes them up, would have each packet and each line walk all of them.
 */
const MOST_WALKED = 16_384;
const ANY = 255;
const NONE = -1;

// Flags: what is stated.
const USED = 1;
const V6_NEAR = 2;
const V6_FAR = 4;
const DESTINATION = 8;
const PORT_NEAR = 16;
const PORT_FAR = 32;
const BLOCK = 64;

const FROM = 8;
const TO = 16;
const NEAR = 24;
const FAR = 60;

/** How a record is looked for: by the whole tuple, by its source and port, or by its source address alone. */
const WHOLE = 0;
const SOURCE = 1;
const ADDRESS = 2;

/** A table in at most `memory` octets, for 16 records at least. `mostWalked`: `MOST_WALKED`, but in tests. */
export function translationTable(memory: number, mostWalked = MOST_WALKED): TranslationTable {
  const capacity = Math.max(16, Math.floor(memory / (OCTETS_A_RECORD + 8)));
  const buckets = 2 ** Math.ceil(Math.log2(capacity * 2));
  let records = new Uint8Array(0);
  let view = new DataView(records.buffer);
  const heads = new Int32Array(buckets).fill(NONE);
  /** Links of both sides of each record: node 2i is the near side of record i, 2i + 1 the far one. */
  let next = new Int32Array(0);
  /** The way back: unlinking takes as long however many are in a place. */
  let back = new Int32Array(0);
  let told = new Float64Array(0);
  let position = 0;
  let size = 0;
  let evicted = 0;
  let cutShort = 0;
  let clock = 0;

  /** Memory comes as it is needed, doubled each time. */
  const grow = () => {
    const rows = Math.min(capacity, Math.max(64, told.length * 2));
    const enlarge = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    records = enlarge(new Uint8Array(rows * RECORD), records);
    view = new DataView(records.buffer);
    next = enlarge(new Int32Array(rows * 2).fill(NONE), next);
    back = enlarge(new Int32Array(rows * 2).fill(NONE), back);
    told = enlarge(new Float64Array(rows), told);
  };

  const sideAt = (node: number) => (node >> 1) * RECORD + ((node & 1) === 0 ? NEAR : FAR);
  const flagsOf = (row: number) => records[row * RECORD + 1]!;
  const kindOf = (node: number): number => {
    const flags = flagsOf(node >> 1);
    if ((flags & (node & 1 ? PORT_FAR : PORT_NEAR)) === 0) return ADDRESS;
    return (flags & DESTINATION) === 0 ? SOURCE : WHOLE;
  };
  /** FNV-1a over what a node is looked for by. */
  const hashAt = (bytes: Uint8Array, at: number, kind: number): number => {
    let hash = 0x811c9dc5 ^ kind;
    const add = (from: number, count: number) => {
      for (let i = 0; i < count; i++) hash = Math.imul(hash ^ bytes[from + i]!, 0x01000193);
    };
    add(at, 16);
    if (kind !== ADDRESS) add(at + 32, 2);
    if (kind === WHOLE) {
      add(at + 16, 16);
      add(at + 34, 2);
    }
    return (hash ^ (hash >>> 15)) & (buckets - 1);
  };
  const unlink = (node: number) => {
    const after = next[node]!;
    const before = back[node]!;
    if (after !== NONE) back[after] = before;
    if (before === NONE) heads[hashAt(records, sideAt(node), kindOf(node))] = after;
    else next[before] = after;
  };
  const remove = (row: number) => {
    unlink(row * 2);
    unlink(row * 2 + 1);
    records[row * RECORD + 1] = 0;
    size--;
  };
  const link = (node: number) => {
    const bucket = hashAt(records, sideAt(node), kindOf(node));
    const after = heads[bucket]!;
    next[node] = after;
    back[node] = NONE;
    if (after !== NONE) back[after] = node;
    heads[bucket] = node;
  };

  /** What is taken, in the ring's own layout, so that equal records are equal octets. */
  const scratch = new Uint8Array(RECORD);
  const scratchView = new DataView(scratch.buffer);
  const writeSide = (at: number, { source, destination, sourcePort, destinationPort }: FlowEnds) => {
    if (source !== null) scratch.set(source, at);
    if (destination !== null) scratch.set(destination, at + 16);
    scratchView.setUint16(at + 32, sourcePort ?? 0);
    scratchView.setUint16(at + 34, destinationPort ?? 0);
  };

  /** The record that lasts and says the same as `scratch`, or NONE. */
  const lasting = (): number => {
    const flags = scratch[1]!;
    const kind = (flags & PORT_NEAR) === 0 ? ADDRESS : (flags & DESTINATION) === 0 ? SOURCE : WHOLE;
    let walked = 0;
    for (let node = heads[hashAt(scratch, NEAR, kind)]!; node !== NONE; node = next[node]!) {
      if (walked++ === mostWalked) {
        cutShort++;
        break;
      }
      const row = node >> 1;
      const at = row * RECORD;
      if ((node & 1) === 1 || view.getFloat64(at + TO) !== Number.POSITIVE_INFINITY) continue;
      let same = true;
      for (let i = 0; i < RECORD && same; i++) if (i < FROM || i >= NEAR) same = records[at + i] === scratch[i];
      if (same) return row;
    }
    return NONE;
  };

  const place = (): number => {
    if (position === told.length && told.length < capacity) grow();
    if (position === told.length) position = 0;
    const row = position++;
    if (flagsOf(row) !== 0) {
      evicted++;
      remove(row);
    }
    return row;
  };

  return {
    take({ time, event, protocol, inside, outside, block }) {
      if (inside.source === null || outside.source === null) return;
      const ends = event === 'delete' || event === 'block-delete';
      // What a log leaves out of one side it leaves out of both: a session is looked for from either.
      const far = block === null && inside.destination !== null && outside.destination !== null;
      const flags =
        USED |
        (inside.source.length === 16 ? V6_NEAR : 0) |
        (outside.source.length === 16 ? V6_FAR : 0) |
        (far ? DESTINATION : 0) |
        (block === null && inside.sourcePort !== null ? PORT_NEAR : 0) |
        (block === null && outside.sourcePort !== null ? PORT_FAR : 0) |
        (block === null ? 0 : BLOCK);
      const without = { destination: null, destinationPort: null, ...(block === null ? {} : { sourcePort: null }) };
      scratch.fill(0);
      scratch[0] = protocol ?? ANY;
      scratch[1] = flags;
      scratchView.setUint16(2, block?.first ?? 0);
      scratchView.setUint16(4, block?.last ?? 0);
      scratchView.setUint16(6, block?.step ?? 0);
      writeSide(NEAR, far ? inside : { ...inside, ...without });
      writeSide(FAR, far ? outside : { ...outside, ...without });

      const known = lasting();
      if (known !== NONE) {
        told[known] = clock;
        // One that begins anew must have ended: its end was not told.
        if (ends || event === 'create') view.setFloat64(known * RECORD + TO, time);
        if (event !== 'create') return;
      }
      const row = place();
      records.set(scratch, row * RECORD);
      // Of one that is told of late, only that it was there is known.
      view.setFloat64(row * RECORD + FROM, event === 'create' || event === 'block-create' ? time : 0);
      view.setFloat64(row * RECORD + TO, ends ? time : Number.POSITIVE_INFINITY);
      told[row] = clock;
      link(row * 2);
      link(row * 2 + 1);
      size++;
    },

    find(packet, time, slack) {
      const found: TranslatedTuple[] = [];
      const rows = new Set<number>();
      const asked = new Uint8Array(36);
      const port = new DataView(asked.buffer);
      for (const turned of [false, true]) {
        const { protocol } = packet;
        const [source, destination] = turned
          ? [packet.destination, packet.source]
          : [packet.source, packet.destination];
        const [from, to] = turned
          ? [packet.destinationPort, packet.sourcePort]
          : [packet.sourcePort, packet.destinationPort];
        asked.fill(0);
        asked.set(source);
        asked.set(destination, 16);
        port.setUint16(32, from);
        port.setUint16(34, to);
        for (const kind of [WHOLE, SOURCE, ADDRESS]) {
          let walked = 0;
          for (let node = heads[hashAt(asked, 0, kind)]!; node !== NONE; node = next[node]!) {
            if (walked++ === mostWalked) {
              cutShort++;
              break;
            }
            const row = node >> 1;
            const base = row * RECORD;
            const isFar = (node & 1) === 1;
            const at = sideAt(node);
            const six = (flagsOf(row) & (isFar ? V6_FAR : V6_NEAR)) !== 0;
            if (kindOf(node) !== kind || six !== (source.length === 16)) continue;
            if (records[base] !== ANY && records[base] !== protocol) continue;
            if (!sameOctets(records, at, asked, 0, 16)) continue;
            if (kind !== ADDRESS && !sameOctets(records, at + 32, asked, 32, 2)) continue;
            if (
              kind === WHOLE &&
              !(sameOctets(records, at + 16, asked, 16, 16) && sameOctets(records, at + 34, asked, 34, 2))
            )
              continue;
            if (isFar && (flagsOf(row) & BLOCK) !== 0 && !inBlock(base, from)) continue;
            const begin = view.getFloat64(base + FROM);
            const end = view.getFloat64(base + TO);
            if (time + slack < begin || time - slack > end || rows.has(row)) continue;
            rows.add(row);
            const ends = otherEnds(row, isFar, source.length, destination, to);
            found.push({ ends: turned ? turn(ends) : ends, side: isFar ? 'near' : 'far', from: begin, to: end });
          }
        }
      }
      return found.sort((a, b) => b.from - a.from);
    },

    mark: () => ++clock,
    sweep(since, time) {
      for (let row = 0; row < told.length; row++)
        if (flagsOf(row) !== 0 && told[row]! < since && view.getFloat64(row * RECORD + TO) === Number.POSITIVE_INFINITY)
          view.setFloat64(row * RECORD + TO, time);
    },
    dropBefore(time) {
      for (let row = 0; row < told.length; row++)
        if (flagsOf(row) !== 0 && view.getFloat64(row * RECORD + TO) < time) remove(row);
    },
    get size() {
      return size;
    },
    get evicted() {
      return evicted;
    },
    get cutShort() {
      return cutShort;
    },
    get octets() {
      return told.length * OCTETS_A_RECORD + buckets * 4;
    },
  };

  function inBlock(base: number, port: number): boolean {
    const [first, last, step] = [2, 4, 6].map(at => view.getUint16(base + at)) as [number, number, number];
    return port >= first && port <= last && (port - first) % Math.max(1, step) === 0;
  }

  /** The form on the other side than the one that was found; the other end of the packet where the log has none. */
  function otherEnds(row: number, isFar: boolean, family: number, destination: Uint8Array, port: number): FlowEnds {
    const flags = flagsOf(row);
    const at = row * RECORD + (isFar ? NEAR : FAR);
    const octets = (flags & (isFar ? V6_NEAR : V6_FAR)) === 0 ? 4 : 16;
    const stated = (flags & (isFar ? PORT_NEAR : PORT_FAR)) !== 0;
    const whole = (flags & DESTINATION) !== 0;
    return {
      source: records.slice(at, at + octets),
      sourcePort: stated ? view.getUint16(at + 32) : null,
      // A translator of the source alone leaves the other end as it is, but one between families does not.
      destination: whole ? records.slice(at + 16, at + 16 + octets) : octets === family ? destination : null,
      destinationPort: whole ? view.getUint16(at + 34) : port,
    };
  }
}

const turn = ({ source, destination, sourcePort, destinationPort }: FlowEnds): FlowEnds => ({
  ...{ source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort },
});

function sameOctets(a: Uint8Array, at: number, b: Uint8Array, from: number, count: number): boolean {
  for (let i = 0; i < count; i++) if (a[at + i] !== b[from + i]) return false;
  return true;
}
