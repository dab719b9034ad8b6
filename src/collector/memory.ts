/**
 * What a collector's memory is for, counted when somebody asks: every typed array that can be reached from a part is looked
 * at, each once, so that a part which grows in another way tomorrow is counted all the same.
 */
import type { Rib } from '../rib/adj-rib-in.ts';
import type { VerdictMemo } from './verdict-memo.ts';

/** A part of the memory: octets of its typed arrays, reserved whether or not they are filled. */
export interface MemoryPart {
  /** Its name. */
  readonly part: string;
  readonly octets: number;
  /** What it holds: so many of these. */
  readonly holds: number;
  /** What the things are that it holds, in words. */
  readonly of: string;
}

/** One thread's heap, as V8 counts it; octets. */
export interface HeapRow {
  /** Committed for JavaScript objects, and of that what is in use. */
  readonly heap: number;
  readonly heapUsed: number;
  /** Typed arrays and buffers, and what else objects hold outside the heap. */
  readonly arrays: number;
  /** What else objects hold outside the heap, octets. */
  readonly external: number;
}

export interface MemoryReport {
  /** The parts of it that are known by name. */
  readonly parts: readonly MemoryPart[];
  /** Tables of peers that hold one. */
  readonly peers: readonly { readonly peer: string; readonly octets: number; readonly routes: number }[];
  /** Octets of the attribute sets that are in use; the rest of their part is free for new ones. */
  readonly setsInUse: number;
  /** The registry snapshot, which all threads share. */
  readonly snapshot: number;
  readonly heap: HeapRow;
  readonly forecast: Forecast;
}

/** What one more peer with every prefix that is held now would cost, octets. */
export interface Forecast {
  readonly prefixes: number;
  /** Its columns: all of it, when its attribute sets are those of other peers. */
  readonly columns: number;
  /** Besides, when it brings as many attribute sets of its own as peers have on average. */
  readonly ownSets: number;
}

/** Octets of the buffers behind every typed array reachable from `root` through fields, lists and maps; those seen are not counted again. */
export function arrayOctets(root: unknown, seen: Set<object>): number {
  let octets = 0;
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    if (ArrayBuffer.isView(one)) {
      if (seen.has(one.buffer)) continue;
      seen.add(one.buffer);
      octets += one.buffer.byteLength;
    } else if (one instanceof Map) for (const value of one.values()) waiting.push(value);
    else for (const value of Object.values(one)) if (typeof value === 'object') waiting.push(value);
  }
  return octets;
}

/** The heap of the thread that asks. */
export function heapRow(): HeapRow {
  const { heapTotal, heapUsed, arrayBuffers, external } = process.memoryUsage();
  return { heap: heapTotal, heapUsed, arrays: arrayBuffers, external: Math.max(0, external - arrayBuffers) };
}

/** Counts all; some milliseconds. `contradictions`: routes in their book, whose objects are in the heap. */
export function memoryReport(
  rib: Rib,
  memo: VerdictMemo,
  contradictions: number,
  nameOf: (number: number) => string,
): MemoryReport {
  const seen = new Set<object>();
  const { ids4, ids6, attributes, tables } = rib;
  const part = (name: string, root: unknown, holds: number, of: string): MemoryPart => ({
    part: name,
    octets: arrayOctets(root, seen),
    holds,
    of,
  });
  const table4 = part('IPv4 prefix table', ids4, ids4.live, 'prefixes');
  const table6 = part('IPv6 prefix table', ids6, ids6.live, 'prefixes');
  const sets = part('attribute sets', attributes, attributes.live, 'sets');
  const peers = tables.flatMap((table, number) =>
    table === null
      ? []
      : [{ peer: nameOf(number), octets: arrayOctets(table, seen), routes: table.count4 + table.count6 }],
  );
  const routes = peers.reduce((sum, one) => sum + one.routes, 0);
  const columns = peers.reduce((sum, one) => sum + one.octets, 0);
  return {
    parts: [
      table4,
      table6,
      sets,
      { part: "peers' tables", octets: columns, holds: routes, of: 'routes' },
      part('verdict memo', memo, ids4.live + ids6.live, 'prefixes'),
      { part: 'contradictions', octets: 0, holds: contradictions, of: 'routes, in the heap' },
    ],
    peers,
    setsInUse: attributes.usedOctets,
    snapshot: memo.snapshot?.octets ?? 0,
    heap: heapRow(),
    forecast: {
      prefixes: ids4.live + ids6.live,
      columns: (ids4.size + ids6.size) * Int32Array.BYTES_PER_ELEMENT,
      ownSets: peers.length === 0 ? 0 : Math.round(attributes.usedOctets / peers.length),
    },
  };
}
