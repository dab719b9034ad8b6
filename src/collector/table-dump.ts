/**
 * The tables of all peers as RIB records of TABLE_DUMP_V2 (RFC 6396 section 4.3), in slices between which sessions are
 * served. The table goes on changing meanwhile: what changed behind the slice is in the updates of the archive, whose replay
 * from the beginning of the dump gives the table of any later time.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FromSource } from '../mrt/archive-messages.ts';
import type { IndexedPeer } from '../mrt/peer-index.ts';
import { ribRecordWriter } from '../mrt/rib.ts';
import { widenAttributes } from '../mrt/wide-attributes.ts';
import { type Afi, parseAddress } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import { NO_PREFIX } from '../net/prefix-ids.ts';
import { type PeerTable, pathsOf, type Rib, routeOf, walkRoutes } from '../rib/adj-rib-in.ts';
import { CONTEXT_AS4 } from '../rib/attribute-store.ts';
import { prefixById } from '../rib/query.ts';
import type { SeatedPeer } from './seating.ts';

/** Prefixes looked at, and routes written, in one slice: a few milliseconds. */
const SLICE = 8192;
const SLICE_ROUTES = 2048;
/** Octets in one message, and under way before the next slice waits. */
const BATCH = 1 << 18;
const MOST_AHEAD = 4 << 20;

const OPTIONAL = 0x80;
const MP_REACH_NLRI = 14;
const UNKNOWN_ID = Uint8Array.of(0, 0, 0, 0);

export interface TableDump {
  /** The peers by their position in the records. */
  readonly peers: readonly IndexedPeer[];
  /** Writes a slice; true when there is none left. Nothing is written while too much is under way. */
  step(): boolean;
  /** True while what is under way must be taken first. */
  readonly waits: () => boolean;
  /** So many octets were taken. */
  took(octets: number): void;
}

/** MP_REACH_NLRI cut to its next hop: flags, code, length, and length of the next hop stand before it. */
const REACH_HEAD = 4;

/**
 * Writes attributes as a RIB entry has them to `at` of `out`: AS numbers of 4 octets, MP_REACH_NLRI cut to its next hop
 * (RFC 6396 section 4.3.4). Returns the place behind them.
 */
function writeAttributes({ attributes: store }: Rib, id: number, out: Uint8Array, at: number): number {
  const behind = store.copyNextHop(id, out, at + REACH_HEAD);
  const hop = behind - at - REACH_HEAD;
  if (hop > 0) {
    out[at] = OPTIONAL;
    out[at + 1] = MP_REACH_NLRI;
    out[at + 2] = hop + 1;
    out[at + 3] = hop;
  }
  return store.copyAttributes(id, out, hop > 0 ? behind : at);
}

/** Begins a dump of `time`, milliseconds since the epoch, of those of the peers that hold a table and have a name there. */
export function beginTableDump(rib: Rib, all: readonly SeatedPeer[], time: number, port: MessagePort): TableDump {
  const seconds = Math.floor(time / 1000);
  const held: { readonly number: number; readonly table: PeerTable }[] = [];
  const peers: IndexedPeer[] = [];
  for (const { row, archived, session } of all) {
    const table = rib.tables[row.number];
    const peer = archived.peer();
    if (!table || peer === null) continue;
    const id = parseAddress(session.status().negotiated?.peerId ?? '');
    peers.push({ id: id?.afi === 1 ? id.bytes : UNKNOWN_ID, address: peer.address, as: peer.as });
    held.push({ number: row.number, table });
  }
  let afi: Afi = 1;
  let next = 0;
  let ahead = 0;
  let batch = new Uint8Array(BATCH);
  let filled = 0;
  /** Written in this slice. */
  let routes = 0;

  const send = (message: FromSource, buffers: ArrayBuffer[] = []) => port.postMessage(message, buffers);
  function flush(): void {
    if (filled === 0) return;
    const octets = batch.subarray(0, filled);
    ahead += filled;
    send({ type: 'rib', time, octets }, [batch.buffer]);
    batch = new Uint8Array(BATCH);
    filled = 0;
  }

  function write(record: Uint8Array): void {
    if (filled + record.length > batch.length) flush();
    if (record.length > batch.length) batch = new Uint8Array(record.length);
    batch.set(record, filled);
    filled += record.length;
  }

  const record = ribRecordWriter();
  let severalPaths = false;

  function put(peerIndex: number, pathId: number | null, attribute: number): void {
    routes++;
    if ((rib.attributes.contextOf(attribute) & CONTEXT_AS4) === 0) {
      putNarrow(peerIndex, pathId, attribute);
      return;
    }
    const { out, at } = record.attributes(REACH_HEAD + rib.attributes.octetsOf(attribute));
    record.entry(peerIndex, seconds, pathId ?? 0, writeAttributes(rib, attribute, out, at));
  }

  /** The same from a session with AS numbers of 2 octets. */
  function putNarrow(peerIndex: number, pathId: number | null, attribute: number): void {
    const narrow = new Uint8Array(REACH_HEAD + rib.attributes.octetsOf(attribute));
    const wide = widenAttributes(narrow, 0, writeAttributes(rib, attribute, narrow, 0));
    const { out, at } = record.attributes(wide.length);
    out.set(wide, at);
    record.entry(peerIndex, seconds, pathId ?? 0, at + wide.length);
  }

  /** The entries of a prefix with path identifiers, or those without: they stand in records of two kinds. */
  function dumpForm(id: number, prefix: Prefix, addPath: boolean): void {
    record.begin(seconds, prefix, addPath);
    for (const [peerIndex, { number, table }] of held.entries()) {
      // A peer that went down meanwhile holds nothing any more, whoever has its number now.
      if (rib.tables[number] !== table) continue;
      if ((pathsOf(table, afi) !== null) !== addPath) continue;
      if (addPath) walkRoutes(table, afi, id, id + 1, (_, pathId, attribute) => put(peerIndex, pathId, attribute));
      else {
        const attribute = routeOf(table, afi, id);
        if (attribute !== 0) put(peerIndex, null, attribute);
      }
    }
    if (record.count() > 0) write(record.end());
  }

  function dump(id: number): void {
    const prefix = prefixById(rib, afi, id);
    if (prefix.length === NO_PREFIX) return;
    dumpForm(id, prefix, false);
    if (severalPaths) dumpForm(id, prefix, true);
  }

  return {
    peers,
    waits: () => ahead > MOST_AHEAD,
    took(octets) {
      ahead -= octets;
    },
    step() {
      if (ahead > MOST_AHEAD) return false;
      severalPaths = held.some(({ table }) => pathsOf(table, afi) !== null);
      const end = Math.min(next + SLICE, (afi === 1 ? rib.ids4 : rib.ids6).size);
      routes = 0;
      for (; next < end && routes < SLICE_ROUTES; next++) dump(next);
      if (next < (afi === 1 ? rib.ids4 : rib.ids6).size) return false;
      if (afi === 1) {
        afi = 2;
        next = 0;
        return false;
      }
      flush();
      send({ type: 'rib-end', time });
      return true;
    },
  };
}
