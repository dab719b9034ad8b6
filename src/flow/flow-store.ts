/**
 * Flow records of a while, to be asked for by the headers of one packet: columns in typed arrays, in chunks that are dropped
 * whole when they are too old or memory is short. What it finds says where packets with such headers were counted; that one
 * packet was among them it cannot say.
 */
import type { FlowRecord } from './flow-record.ts';

/** Headers of a packet as flow records name them. */
export interface FlowKey {
  /** IANA protocol number. */
  readonly protocol: number;
  /** 4 or 16 octets each. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Null where the packet has none: ICMP, later fragments. */
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

/** What was counted at one place. */
export interface FlowCount {
  /** Numbers that `put` was given. */
  readonly vantage: number;
  readonly exporter: number;
  readonly input: number;
  readonly output: number;
  readonly records: number;
  /** As counted, of sampled packets only. */
  readonly packets: number;
  readonly octets: number;
  /** One packet in so many, the most of these records; 0: not stated. */
  readonly sampling: number;
  /** First and last packet, ms since the epoch. */
  readonly first: number;
  readonly last: number;
}

export interface FlowStore {
  /** Keeps a record that came at `now` (ms since the epoch), seen at a vantage of an exporter. */
  put(record: FlowRecord, vantage: number, exporter: number, now: number): void;
  /** Counts of records that overlap an interval, by place, those with most records first. */
  ask(key: FlowKey, from: number, to: number): FlowCount[];
  /** Drops what is too old at `now`. */
  expire(now: number): void;
  configure(limits: FlowStoreLimits): void;
  status(): FlowStoreStatus;
}

export interface FlowStoreLimits {
  /** Milliseconds. */
  readonly retention: number;
  /** Octets. */
  readonly memory: number;
}

export interface FlowStoreStatus {
  readonly records: number;
  readonly octets: number;
  /** Records dropped before their time. */
  readonly droppedForMemory: number;
  /** From when all is kept, and up to when; null when nothing came yet. */
  readonly retained: { readonly from: number; readonly to: number } | null;
}

/** Records of a chunk. */
const CHUNK = 8192;
const CHUNK_OCTETS = CHUNK * 98;
/** Places in one answer. */
const MOST_PLACES = 64;

interface Chunk {
  count: number;
  /** When its first record came, and when the last one did or its newest packet was. */
  readonly began: number;
  newest: number;
  readonly hash: Uint32Array;
  readonly family: Uint8Array;
  readonly protocol: Uint8Array;
  /** 32 octets a record: source, destination. */
  readonly addresses: Uint8Array;
  readonly ports: Int32Array;
  readonly interfaces: Uint32Array;
  readonly vantage: Uint16Array;
  readonly exporter: Uint16Array;
  readonly times: Float64Array;
  readonly counts: Float64Array;
  readonly sampling: Float32Array;
}

function newChunk(began: number): Chunk {
  return {
    ...{ count: 0, began, newest: 0 },
    hash: new Uint32Array(CHUNK),
    family: new Uint8Array(CHUNK),
    protocol: new Uint8Array(CHUNK),
    addresses: new Uint8Array(CHUNK * 32),
    ports: new Int32Array(CHUNK * 2),
    interfaces: new Uint32Array(CHUNK * 2),
    vantage: new Uint16Array(CHUNK),
    exporter: new Uint16Array(CHUNK),
    times: new Float64Array(CHUNK * 2),
    counts: new Float64Array(CHUNK * 2),
    sampling: new Float32Array(CHUNK),
  };
}

/** An empty store. */
export function flowStore(limits: FlowStoreLimits): FlowStore {
  let { retention, memory } = limits;
  let chunks: Chunk[] = [];
  let droppedForMemory = 0;
  let heldFrom = -1;
  let newest = 0;

  const makeRoom = () => {
    while (chunks.length > 1 && chunks.length * CHUNK_OCTETS > memory) {
      droppedForMemory += chunks[0]!.count;
      chunks.shift();
      heldFrom = chunks[0]!.began;
    }
  };

  const chunkAt = (now: number): Chunk => {
    const latest = chunks.at(-1);
    if (latest !== undefined && latest.count < CHUNK) return latest;
    const made = newChunk(now);
    chunks.push(made);
    makeRoom();
    return made;
  };

  return {
    put(record, vantage, exporter, now) {
      if (heldFrom < 0) heldFrom = now;
      const chunk = chunkAt(now);
      const i = chunk.count++;
      const { bytes, family } = record;
      const octets = family === 4 ? 4 : 16;
      const { addresses } = chunk;
      for (let j = 0; j < octets; j++) {
        addresses[i * 32 + j] = record.source < 0 ? 0 : bytes[record.source + j]!;
        addresses[i * 32 + 16 + j] = record.destination < 0 ? 0 : bytes[record.destination + j]!;
      }
      chunk.hash[i] = hashOf(addresses, i * 32, addresses, i * 32 + 16, octets);
      chunk.family[i] = family;
      chunk.protocol[i] = record.protocol;
      chunk.ports[i * 2] = record.sourcePort;
      chunk.ports[i * 2 + 1] = record.destinationPort;
      chunk.interfaces[i * 2] = record.input;
      chunk.interfaces[i * 2 + 1] = record.output;
      chunk.vantage[i] = vantage;
      chunk.exporter[i] = exporter;
      chunk.times[i * 2] = record.first;
      chunk.times[i * 2 + 1] = record.last;
      chunk.counts[i * 2] = record.packets;
      chunk.counts[i * 2 + 1] = record.octets;
      chunk.sampling[i] = record.sampling;
      chunk.newest = Math.max(chunk.newest, record.last, now);
      if (record.last > newest) newest = record.last;
    },
    ask(key, from, to) {
      const places = new Map<string, FlowCount>();
      const octets = key.source.length;
      const hash = hashOf(key.source, 0, key.destination, 0, octets);
      for (const chunk of chunks)
        for (let i = 0; i < chunk.count; i++)
          if (chunk.hash[i] === hash && matches(chunk, i, key, from, to)) note(places, chunk, i);
      return [...places.values()].sort((a, b) => b.records - a.records);
    },
    expire(now) {
      const oldest = now - retention;
      chunks = chunks.filter(chunk => chunk.newest >= oldest);
      if (heldFrom >= 0) heldFrom = Math.max(heldFrom, oldest);
    },
    configure(changed) {
      retention = changed.retention;
      memory = changed.memory;
      makeRoom();
    },
    status: () => ({
      records: chunks.reduce((sum, { count }) => sum + count, 0),
      octets: chunks.length * CHUNK_OCTETS,
      droppedForMemory,
      retained: heldFrom < 0 ? null : { from: heldFrom, to: Math.max(heldFrom, newest) },
    }),
  };
}

function matches(chunk: Chunk, i: number, key: FlowKey, from: number, to: number): boolean {
  const octets = key.source.length;
  if (chunk.times[i * 2]! > to || chunk.times[i * 2 + 1]! < from) return false;
  if (chunk.family[i] !== (octets === 4 ? 4 : 6) || chunk.protocol[i] !== key.protocol) return false;
  for (let j = 0; j < octets; j++) {
    if (chunk.addresses[i * 32 + j] !== key.source[j]) return false;
    if (chunk.addresses[i * 32 + 16 + j] !== key.destination[j]) return false;
  }
  return (
    (key.sourcePort === null || chunk.ports[i * 2] === key.sourcePort) &&
    (key.destinationPort === null || chunk.ports[i * 2 + 1] === key.destinationPort)
  );
}

function note(places: Map<string, FlowCount>, chunk: Chunk, i: number): void {
  const vantage = chunk.vantage[i]!;
  const exporter = chunk.exporter[i]!;
  const input = chunk.interfaces[i * 2]!;
  const output = chunk.interfaces[i * 2 + 1]!;
  const key = `${exporter} ${vantage} ${input} ${output}`;
  const known = places.get(key);
  if (known === undefined && places.size >= MOST_PLACES) return;
  places.set(key, {
    ...{ vantage, exporter, input, output },
    records: (known?.records ?? 0) + 1,
    packets: (known?.packets ?? 0) + chunk.counts[i * 2]!,
    octets: (known?.octets ?? 0) + chunk.counts[i * 2 + 1]!,
    sampling: Math.max(known?.sampling ?? 0, chunk.sampling[i]!),
    first: Math.min(known?.first ?? Number.POSITIVE_INFINITY, chunk.times[i * 2]!),
    last: Math.max(known?.last ?? 0, chunk.times[i * 2 + 1]!),
  });
}

/** FNV-1a of both addresses. Collisions cost a look, no more: nobody gains by making them. */
function hashOf(a: Uint8Array, from: number, b: Uint8Array, to: number, octets: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < octets; i++) {
    hash = Math.imul(hash ^ a[from + i]!, 0x01000193);
    hash = Math.imul(hash ^ b[to + i]!, 0x01000193);
  }
  return hash >>> 0;
}
