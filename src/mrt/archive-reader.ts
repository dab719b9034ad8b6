/**
 * Questions about the past of a prefix, answered from an archive: the last table before, and of all files since then the
 * records that the index names. A file without an index that can be believed is read whole. Everything here may block: it
 * runs in a thread of its own (archive-reader-worker.ts).
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { flattenPath, originOf } from '../bgp/as-path.ts';
import { formatAddress } from '../net/address.ts';
import { formatCommunity, formatLargeCommunity } from '../net/community.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../net/prefix.ts';
import { unpackBlock } from './archive-blocks.ts';
import { readGaps } from './archive-gaps.ts';
import { type ArchiveIndex, decodeIndex, INDEX, prefixKey, SESSIONS } from './archive-index.ts';
import { type ArchivedFile, inventory, PART } from './archive-inventory.ts';
import { type ArchivedEvent, type ArchivedRoute, createReplay, MOST_HELD, type ReplayScope } from './archive-replay.ts';
import { decodeDumped } from './dumped-attributes.ts';
import { HEADER_LENGTH, LONGEST_RECORD, type MrtRecord, mrtReader } from './records.ts';
import { openMrt, readMrt } from './source.ts';
import { createWalker } from './walk.ts';

/** Times are milliseconds since the epoch. */
export type ArchiveQuestion =
  | {
      readonly about: 'at';
      readonly prefix: string;
      /** The longest match, the prefix alone, all inside it, or all that cover it. */
      readonly scope: 'match' | 'exact' | 'longer' | 'shorter';
      readonly time: number;
    }
  | { readonly about: 'history'; readonly prefix: string; readonly from: number; readonly to: number };

/** A route as it stood, without what only the running daemon knows of it. */
export interface PastRoute {
  readonly prefix: string;
  readonly peerAs: number;
  readonly peerAddress: string;
  readonly nextHop: string;
  readonly path: ReturnType<typeof flattenPath>;
  readonly originCode: 'IGP' | 'EGP' | 'incomplete';
  readonly origin: number | null;
  readonly communities: readonly string[];
  readonly pathId?: number;
}

/** An event of a history; `route` is what was announced. */
export interface PastEvent extends Omit<ArchivedEvent, 'prefix' | 'pathId' | 'route'> {
  readonly prefix: string;
  readonly pathId?: number;
  readonly route: PastRoute | null;
}

export interface ArchiveAnswer {
  /** `at`: the routes at that time; `history`: those at its begin. */
  readonly routes: readonly PastRoute[];
  /** Of a history. */
  readonly events: readonly PastEvent[];
  /** What an asker must know: times without records, no table to begin with, files that could not be read. */
  readonly remarks: readonly string[];
  /** Files that were read by their index, and those that were read whole. */
  readonly indexed: number;
  readonly scanned: number;
}

/** Events of one history; what comes later is left off, and said to be. */
const MOST_EVENTS = 10_000;
/** How long the writing of a table may have taken: within it, it holds what came later than its time. */
const DUMPING = 60_000;
const ORIGIN_CODES = ['IGP', 'EGP', 'incomplete'] as const;

const shown = (time: number) => new Date(time).toISOString().slice(0, 19).concat('Z').replace('T', ' ');

/** The row of a route. */
function pastRoute(route: ArchivedRoute): PastRoute {
  const { peerAddress, peerAs, prefix, pathId, attributes, as4, nextHop } = route;
  const { set } = decodeDumped(attributes, 0, attributes.length, as4);
  const origin = originOf(set.path);
  const hop = nextHop.length === 4 ? 1 : 2;
  return {
    prefix: formatPrefix(prefix),
    peerAs,
    peerAddress,
    nextHop:
      nextHop.length === 0
        ? (set.nextHop ?? '')
        : formatAddress({ afi: hop, bytes: nextHop.subarray(0, hop === 1 ? 4 : 16) }),
    path: flattenPath(set.path),
    originCode: ORIGIN_CODES[set.originCode ?? 2],
    // An empty path is that of the peer's own AS.
    origin: origin === 'empty' ? peerAs : (origin ?? null),
    communities: [...set.communities.map(formatCommunity), ...set.largeCommunities.map(formatLargeCommunity)],
    ...(pathId !== null && { pathId }),
  };
}

/** Octets of a file by their place in it unpacked, through its index. */
interface OpenFile {
  readonly index: ArchiveIndex;
  /** The whole record that begins there. Throws when none does. */
  record(offset: number): Uint8Array;
  close(): void;
}

function openIndexed({ path, name }: ArchivedFile): OpenFile | null {
  let packed: Buffer;
  try {
    packed = readFileSync(`${path}${INDEX}`);
  } catch {
    return null;
  }
  const file = openSync(path, 'r');
  const index = decodeIndex(packed, fstatSync(file).size);
  if (index === null) {
    closeSync(file);
    return null;
  }
  let last: { readonly start: number; readonly octets: Uint8Array } | null = null;

  /** The unpacked octets from `offset` to the end of its block. */
  function rest(offset: number): Uint8Array {
    if (last === null || offset < last.start || offset >= last.start + last.octets.length) {
      const block = index!.blockAt(offset);
      if (block === undefined) throw new Error(`no block has octet ${offset}`);
      const bytes = Buffer.alloc(block.length);
      if (readSync(file, bytes, 0, block.length, block.offset) < block.length) throw new Error('a block is cut off');
      last = { start: block.start, octets: unpackBlock(bytes, name.compress) };
      if (last.octets.length !== block.octets) throw new Error('a block is of another length');
    }
    return last.octets.subarray(offset - last.start);
  }

  function octets(offset: number, count: number): Uint8Array {
    const first = rest(offset);
    if (first.length >= count) return first.subarray(0, count);
    const joined = new Uint8Array(count);
    joined.set(first);
    for (let at = first.length; at < count; ) {
      const next = rest(offset + at).subarray(0, count - at);
      joined.set(next, at);
      at += next.length;
    }
    return joined;
  }

  return {
    index,
    record(offset) {
      const head = octets(offset, HEADER_LENGTH);
      const length = new DataView(head.buffer, head.byteOffset).getUint32(8);
      if (length > LONGEST_RECORD) throw new Error(`no record begins at octet ${offset}`);
      return octets(offset, HEADER_LENGTH + length);
    },
    close: () => closeSync(file),
  };
}

/**
 * Shows `take` the records of a file that may have one of the keys; null: all of them. True when the index named them.
 */
async function readFile(
  file: ArchivedFile,
  keys: readonly number[] | null,
  take: (record: MrtRecord) => void,
): Promise<boolean> {
  const indexed = file.open || keys === null ? null : openIndexed(file);
  if (indexed === null || keys === null) {
    const whole = readMrt(openMrt(file.path), { record: take, gap() {} });
    // A file that is being written ends anywhere.
    await whole.catch((error: NodeJS.ErrnoException) => {
      if (!file.open || error.code === 'ENOENT') throw error;
    });
    return false;
  }
  try {
    const offsets = new Set(keys.flatMap(key => indexed.index.offsetsOf(key)));
    // The peers of a table stand in its first record.
    if (file.name.kind === 'bview') offsets.add(0);
    for (const offset of [...offsets].sort((a, b) => a - b)) {
      const reader = mrtReader();
      reader.feed(indexed.record(offset));
      reader.finish();
      if (reader.next() !== 'record') throw new Error(`no record begins at octet ${offset}`);
      take(reader.record);
    }
  } finally {
    indexed.close();
  }
  return true;
}

/** Answers a question. Rejects, in words, when it cannot be answered at all. */
export async function askArchive(directory: string, question: ArchiveQuestion): Promise<ArchiveAnswer> {
  const asked = parsePrefix(question.prefix);
  if (asked === null) throw new Error(`${question.prefix} is no prefix`);
  const begin = question.about === 'at' ? question.time : question.from;
  const end = question.about === 'at' ? question.time : question.to;
  const wanted = question.about === 'at' ? question.scope : 'match';
  const scope: ReplayScope = wanted === 'exact' ? 'exact' : wanted === 'longer' ? 'inside' : 'covering';
  const files = await inventory(directory);
  const remarks: string[] = [];
  let indexed = 0;
  let scanned = 0;
  let between = { from: 0, to: 0 };
  let events: ArchivedEvent[] = [];
  const replay = createReplay(
    asked,
    scope,
    () => between,
    event => {
      if (event.time >= begin) events.push(event);
    },
  );
  // What lies inside a prefix no index names: then the files are read whole.
  const keys = scope === 'inside' ? null : [SESSIONS];
  for (let length = scope === 'exact' ? asked.length : 0; length <= asked.length; length++)
    keys?.push(prefixKey(asked.afi, asked.bytes, 0, length));

  async function read(file: ArchivedFile, take: (record: MrtRecord) => void): Promise<void> {
    try {
      if (await readFile(file, keys, take)) indexed++;
      else scanned++;
    } catch (error) {
      // A file that was open got its name, and a table or an old file may have gone, since the list was made.
      if (file.open && (error as NodeJS.ErrnoException).code === 'ENOENT') {
        await read({ ...file, open: false, path: file.path.slice(0, -PART.length) }, take);
        return;
      }
      remarks.push(`${file.path} cannot be read to its end: ${(error as Error).message}`);
    }
  }

  /** The time of a table, from its first record. */
  async function timeOf(table: ArchivedFile): Promise<number> {
    for await (const chunk of openMrt(table.path))
      return new DataView(chunk.buffer, chunk.byteOffset).getUint32(0) * 1000;
    return Number.POSITIVE_INFINITY;
  }

  /** The last table before `begin`, and its time. One that was perhaps still being written then, only when there is no other. */
  async function base(): Promise<{ readonly table: ArchivedFile; readonly time: number } | null> {
    let second: { readonly table: ArchivedFile; readonly time: number } | null = null;
    for (const table of files
      .filter(({ name, open }) => name.kind === 'bview' && !open && !name.incomplete)
      .reverse()) {
      if (table.name.start > begin) continue;
      const time = await timeOf(table).catch(() => Number.POSITIVE_INFINITY);
      if (time + DUMPING <= begin) return { table, time };
      if (time <= begin) second ??= { table, time };
    }
    return second;
  }

  const updates = files.filter(({ name }) => name.kind === 'updates' && name.start <= end);
  const first = updates[0]?.name.start ?? files[0]?.name.start;
  if (first === undefined || first > end) throw new Error(`the archive has nothing of ${shown(end)} or before`);
  const from = await base();
  if (from === null)
    remarks.push(`no table was written before ${shown(begin)}: what was announced before ${shown(first)} is not known`);
  const since = from?.time ?? first;
  between = { from: since, to: end };
  const walker = createWalker(replay.visitor);
  if (from !== null) await read(from.table, record => void walker.walk(record));
  const later = updates.findIndex(({ name }) => name.start > since);
  const relevant = later < 0 ? updates.slice(-1) : updates.slice(Math.max(0, later - 1));

  let atBegin: readonly ArchivedRoute[] | null = null;
  const take = (record: MrtRecord) => {
    if (atBegin === null && record.seconds * 1000 + record.microseconds / 1000 >= begin) atBegin = replay.held();
    walker.walk(record);
  };
  for (const file of relevant) await read(file, take);
  const last = replay.held();
  if (replay.overflowed())
    throw new Error(`more than ${MOST_HELD} routes were held inside ${question.prefix}: ask for a longer prefix`);

  for (const gap of await readGaps(directory))
    if (gap.to >= since && gap.from <= end)
      remarks.push(`no records from ${shown(gap.from)} to ${shown(gap.to)}: ${gap.why}`);
  const held = question.about === 'at' ? last : (atBegin ?? last);
  if (events.length > MOST_EVENTS) {
    remarks.push(`${events.length - MOST_EVENTS} later events are left off: ask for a shorter time`);
    events = events.slice(0, MOST_EVENTS);
  }
  const longest = [...held, ...events].reduce((most, { prefix }) => Math.max(most, prefix.length), 0);
  const isShown = ({ prefix }: { readonly prefix: Prefix }) =>
    wanted === 'shorter' || wanted === 'longer' || prefix.length === longest;
  const byPlace = ({ prefix: a }: ArchivedRoute, { prefix: b }: ArchivedRoute) =>
    Buffer.compare(a.bytes, b.bytes) || a.length - b.length;
  return {
    routes: held.filter(isShown).sort(byPlace).map(pastRoute),
    events:
      question.about === 'at'
        ? []
        : events.filter(isShown).map(({ prefix, pathId, route, ...event }) => ({
            ...event,
            prefix: formatPrefix(prefix),
            ...(pathId !== null && { pathId }),
            route: route === null ? null : pastRoute(route),
          })),
    remarks,
    indexed,
    scanned,
  };
}
