/** What stands in the records of a file, whatever their type: routes, messages, state changes. */
import type { Cursor } from '../net/cursor.ts';
import {
  type DumpedMessage,
  type DumpedState,
  decodeMessage,
  decodeOldStateChange,
  decodeOldUpdate,
  decodeStateChange,
} from './bgp4mp.ts';
import { decodePeerIndex, type PeerIndex } from './peer-index.ts';
import {
  BGP,
  BGP_STATE_CHANGE,
  BGP_UPDATE,
  BGP4MP,
  BGP4MP_ET,
  MESSAGE_SUBTYPES,
  PEER_INDEX_TABLE,
  RIB_SUBTYPES,
  type RibSubtype,
  STATE_CHANGE,
  STATE_CHANGE_AS4,
  TABLE_DUMP,
  TABLE_DUMP_V2,
} from './record-types.ts';
import { bodyOf, type MrtRecord } from './records.ts';
import { decodeRibHead, emptyRibEntry, readRibEntry } from './rib.ts';
import { decodeTableDump } from './table-dump.ts';

/** One route of a table dump, of either version. The object is overwritten by the next one; offsets are the record's. */
export interface DumpedRoute {
  afi: 1 | 2;
  safi: 1 | 2;
  prefix: number;
  prefixLength: number;
  addPath: boolean;
  pathId: number;
  /** Seconds since the epoch. */
  originated: number;
  /** The address of the peer: `peerBytes[peerAddress]` and on. */
  peerBytes: Uint8Array;
  peerAddress: number;
  peerAfi: 1 | 2;
  peerAs: number;
  /** Position in the PEER_INDEX_TABLE; -1 in a TABLE_DUMP. */
  peerIndex: number;
  as4: boolean;
  attributesStart: number;
  attributesEnd: number;
}

/** Gets what is found. The arguments are valid until the call returns. */
export interface MrtVisitor {
  route(record: MrtRecord, route: DumpedRoute): void;
  message(record: MrtRecord, message: DumpedMessage): void;
  state(record: MrtRecord, state: DumpedState): void;
  /** A record that holds none of these: the peer table, a RIB_GENERIC, other protocols. */
  other(record: MrtRecord): void;
}

export interface MrtWalker {
  /** Shows the record to the visitor. The answer is null, or what is wrong with the record, in words. */
  walk(record: MrtRecord): string | null;
  /** The last PEER_INDEX_TABLE. */
  readonly peers: () => PeerIndex | null;
}

/** A walker over the records of one file. Never throws, whatever the octets, unless the visitor does. */
export function createWalker(visitor: MrtVisitor): MrtWalker {
  let peers: PeerIndex | null = null;
  const entry = emptyRibEntry();
  const route: DumpedRoute = {
    afi: 1,
    safi: 1,
    prefix: 0,
    prefixLength: 0,
    addPath: false,
    pathId: 0,
    originated: 0,
    peerBytes: new Uint8Array(0),
    peerAddress: 0,
    peerAfi: 1,
    peerAs: 0,
    peerIndex: -1,
    as4: false,
    attributesStart: 0,
    attributesEnd: 0,
  };

  function walkRib(record: MrtRecord, body: Cursor, subtype: RibSubtype): string | null {
    const head = decodeRibHead(body, subtype);
    if (typeof head === 'string') return head;
    if (peers === null) return 'no PEER_INDEX_TABLE stands before it';
    route.afi = subtype.afi;
    route.safi = subtype.safi;
    route.prefix = head.prefix;
    route.prefixLength = head.prefixLength;
    route.addPath = subtype.addPath;
    route.peerAddress = 0;
    route.as4 = true;
    let wrong: string | null = null;
    for (let i = 0; i < head.entries; i++) {
      if (!readRibEntry(body, subtype.addPath, entry)) return `the record is cut off inside entry ${i}`;
      const peer = peers.peers[entry.peerIndex];
      if (peer === undefined) {
        wrong ??= `entry ${i} is of peer ${entry.peerIndex}, the table has ${peers.peers.length}`;
        continue;
      }
      route.pathId = entry.pathId;
      route.originated = entry.originated;
      route.peerIndex = entry.peerIndex;
      route.peerBytes = peer.address.bytes;
      route.peerAfi = peer.address.afi;
      route.peerAs = peer.as;
      route.attributesStart = entry.attributesStart;
      route.attributesEnd = entry.attributesEnd;
      visitor.route(record, route);
    }
    return wrong;
  }

  function walkTableDump(record: MrtRecord, body: Cursor): string | null {
    const dump = decodeTableDump(body, record.subtype);
    if (typeof dump === 'string') return dump;
    route.afi = dump.afi;
    route.safi = 1;
    route.prefix = dump.prefix;
    route.prefixLength = dump.prefixLength;
    route.addPath = false;
    route.pathId = 0;
    route.originated = dump.originated;
    route.peerBytes = body.bytes;
    route.peerAddress = dump.peerAddress;
    route.peerAfi = dump.afi;
    route.peerAs = dump.peerAs;
    route.peerIndex = -1;
    route.as4 = dump.as4;
    route.attributesStart = dump.attributesStart;
    route.attributesEnd = dump.attributesEnd;
    visitor.route(record, route);
    return null;
  }

  function walkTableDumpV2(record: MrtRecord, body: Cursor): string | null {
    const subtype = RIB_SUBTYPES[record.subtype];
    if (subtype !== undefined) return walkRib(record, body, subtype);
    if (record.subtype === PEER_INDEX_TABLE) {
      const table = decodePeerIndex(body);
      if (typeof table === 'string') return table;
      peers = table;
    }
    visitor.other(record);
    return null;
  }

  const showMessage = (record: MrtRecord, message: DumpedMessage | string): string | null => {
    if (typeof message === 'string') return message;
    visitor.message(record, message);
    return null;
  };
  const showState = (record: MrtRecord, state: DumpedState | string): string | null => {
    if (typeof state === 'string') return state;
    visitor.state(record, state);
    return null;
  };

  function walkBgp4mp(record: MrtRecord, body: Cursor): string | null {
    const subtype = MESSAGE_SUBTYPES[record.subtype];
    if (subtype !== undefined) return showMessage(record, decodeMessage(body, subtype));
    if (record.subtype === STATE_CHANGE || record.subtype === STATE_CHANGE_AS4)
      return showState(record, decodeStateChange(body, record.subtype === STATE_CHANGE_AS4));
    visitor.other(record);
    return null;
  }

  return {
    peers: () => peers,
    walk(record) {
      const body = bodyOf(record);
      switch (record.type) {
        case TABLE_DUMP_V2:
          return walkTableDumpV2(record, body);
        case BGP4MP:
        case BGP4MP_ET:
          return walkBgp4mp(record, body);
        case TABLE_DUMP:
          return walkTableDump(record, body);
        case BGP:
          if (record.subtype === BGP_UPDATE) return showMessage(record, decodeOldUpdate(body));
          if (record.subtype === BGP_STATE_CHANGE) return showState(record, decodeOldStateChange(body));
      }
      visitor.other(record);
      return null;
    },
  };
}
