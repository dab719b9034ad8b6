/**
 * The peers of MRT files as peers of a collector: what a record says goes the way of an UPDATE from a socket (ingest.ts), in
 * the time of the files. What comes of it is told in the messages of a collector thread.
 */
import type { SessionError } from '../bgp/errors.ts';
import { UNICAST } from '../bgp/family.ts';
import { NOTIFICATION, OPEN, UPDATE } from '../bgp/message.ts';
import { emptyLayout, locateUpdate } from '../bgp/update.ts';
import { emptyPlaces, locateAttributes, MP_REACH_NLRI, MP_UNREACH_NLRI } from '../mrt/attribute-places.ts';
import type { DumpedMessage, DumpedState } from '../mrt/bgp4mp.ts';
import { PEER_INDEX_TABLE, TABLE_DUMP, TABLE_DUMP_V2 } from '../mrt/record-types.ts';
import type { MrtRecord } from '../mrt/records.ts';
import { routeUpdateWriter } from '../mrt/route-update.ts';
import type { DumpedRoute, MrtVisitor } from '../mrt/walk.ts';
import { type Afi, formatAddress } from '../net/address.ts';
import type { Layers } from '../registry/compile.ts';
import type { AspaTable } from '../registry/rpki/aspa.ts';
import { dropTable, newPeerTable, newRib, pathsOf } from '../rib/adj-rib-in.ts';
import { reclaimPrefixIds } from '../rib/held-prefixes.ts';
import { createIngest } from './ingest.ts';
import { type IngestPeer, noCounts } from './ingest-peer.ts';
import { createJudging } from './judging.ts';
import type { FromCollector } from './messages.ts';
import type { RowPeer } from './rows.ts';
import { createWholeness } from './wholeness.ts';

/** The messages of a collector that peers of files cause. */
export type FromFiles = Extract<FromCollector, { type: 'judged' | 'session' | 'end-of-rib' }>;

export interface FilePeersOptions {
  /** What routes are judged by. */
  readonly layers: Layers;
  /** By which paths are; null: by none. */
  readonly aspas: AspaTable | null;
  readonly localAs: number;
  /** Now, in the time of the files: ms since the epoch. */
  readonly now: () => number;
  /** Its name, and our role towards it where one is configured. */
  readonly known: (address: string, as: number, collector: string) => Pick<RowPeer, 'name' | 'role'>;
  readonly tell: (message: FromFiles) => void;
}

/** What was taken, and what was not. */
export interface FileCounts {
  updates: number;
  routes: number;
  /** UPDATEs with a fault (RFC 7606). */
  malformed: number;
  readonly leftOut: Map<string, number>;
}

export interface FilePeers {
  /** One for each file. `complain`: an UPDATE cannot be read, in words. */
  file(collector: string, complain: (text: string) => void): FileVisitor;
  /**
   * Looks whether tables that tell no end count as whole, and what has come of routes that cover watched ones: about every
   * ten seconds while `wants`.
   */
  look(): void;
  readonly wants: boolean;
  /** Tells what waits. */
  flush(): void;
  readonly counts: FileCounts;
  /** How many peers were met. */
  readonly peers: number;
}

export interface FileVisitor {
  readonly visitor: MrtVisitor;
  /** To be told of each record before the visitor is: a table is over when another kind of record comes. */
  meet(record: MrtRecord): void;
  end(): void;
}

/** Judged changes in one message. */
const BATCH = 512;
const ESTABLISHED = 6;
const wordsOf = (error: SessionError): string => error.what ?? `error ${error.code}/${error.subcode}`;

interface FilePeer {
  readonly row: RowPeer;
  readonly ebgp: boolean;
  /** The same table behind both: whether AS numbers have 2 or 4 octets is said by each record. */
  ingest: { readonly as4: IngestPeer; readonly as2: IngestPeer };
  up: boolean;
  /** When it came up last. */
  since: number;
  /** Its sessions are told by state changes. */
  states: boolean;
  /** Families that it was ever heard of. */
  readonly families: Set<Afi>;
  /** Families whose End-of-RIB is still to come. */
  readonly awaiting: Set<Afi>;
  /** Families that a table was taken of since it came up. */
  readonly tabled: Set<Afi>;
}

export function createFilePeers({ layers, aspas, localAs, now, known: knownAs, tell }: FilePeersOptions): FilePeers {
  const rib = newRib();
  const byNumber: FilePeer[] = [];
  const byKey = new Map<string, FilePeer>();
  const counts: FileCounts = { updates: 0, routes: 0, malformed: 0, leftOut: new Map() };
  const writer = routeUpdateWriter();
  const layout = emptyLayout();
  const places = emptyPlaces();

  let judged: Extract<FromFiles, { type: 'judged' }>['changes'][number][] = [];
  function flush(): void {
    if (judged.length === 0) return;
    const changes = judged;
    judged = [];
    tell({ type: 'judged', changes });
  }

  const judging = createJudging({
    rib,
    rowOf: number => byNumber[number]?.row,
    isWhole: (number, afi) => byNumber[number]?.awaiting.has(afi) === false,
    tell(change) {
      judged.push(change);
      if (judged.length >= BATCH) flush();
    },
    done: () => {},
    later: work => work(),
    now,
  });
  reclaimPrefixIds(rib, afi => judging.memo.forget(afi));
  judging.registry({ ...layers, touched: null, generation: 1 });
  judging.attest(aspas);

  /** Routes have come or gone since the last look. */
  let changedSince = false;
  const leaveOut = (reason: string) => void counts.leftOut.set(reason, (counts.leftOut.get(reason) ?? 0) + 1);

  const ingest = createIngest(rib, judging, {
    endOfRib: (peer, afi) => whole(byNumber[peer.number]!, afi),
    malformed: () => {
      counts.malformed++;
    },
    passedOver: (_peer, what) => leaveOut(what),
  });

  const wholeness = createWholeness(now);

  /** A peer's table begins anew, with these families in path tables. */
  function freshIngest(number: number, ebgp: boolean, pathIds: readonly Afi[]): FilePeer['ingest'] {
    const table = newPeerTable(pathIds);
    rib.tables[number] = table;
    const addPath = pathIds.map(afi => ({ afi, safi: UNICAST }));
    const anyNextHop = true as const;
    const one = { number, table, ebgp, addPath, localAs, anyNextHop, ipv4: true, ipv6: true, counts: noCounts() };
    return { as4: { ...one, as4: true }, as2: { ...one, as4: false } };
  }

  function peerOf(collector: string, afi: Afi, bytes: Uint8Array, at: number, as: number, local: number): FilePeer {
    const octets = bytes.subarray(at, at + (afi === 1 ? 4 : 16));
    const key = `${collector} ${as} ${Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')}`;
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const number = byNumber.length;
    const address = formatAddress({ afi, bytes: octets });
    const ebgp = as !== local;
    const peer: FilePeer = {
      row: { number, as, address, ...knownAs(address, as, collector) },
      ebgp,
      ingest: freshIngest(number, ebgp, []),
      up: false,
      since: 0,
      states: false,
      families: new Set(),
      awaiting: new Set(),
      tabled: new Set(),
    };
    byNumber.push(peer);
    byKey.set(key, peer);
    return peer;
  }

  function changed({ name, as, address }: RowPeer, state: string): void {
    flush(); // what the peer held goes before the word that it is down
    tell({ type: 'session', change: { peer: name, peerAs: as, peerAddress: address, state, time: now() } });
  }

  function comeUp(peer: FilePeer): void {
    peer.up = true;
    peer.since = now();
    for (const afi of peer.families) peer.awaiting.add(afi);
    changed(peer.row, 'Established');
  }

  /** Its routes are out of sight. `pathIds`: families whose routes come with path identifiers from now on. */
  function goDown(peer: FilePeer, pathIds: readonly Afi[] = []): void {
    const { number } = peer.row;
    peer.up = false;
    peer.awaiting.clear();
    peer.tabled.clear();
    judging.lose(number);
    dropTable(rib, number);
    changedSince = true;
    peer.ingest = freshIngest(number, peer.ebgp, pathIds);
    changed(peer.row, 'Idle');
  }

  function whole(peer: FilePeer, afi: Afi): void {
    if (!peer.awaiting.delete(afi)) return;
    judging.whole(peer.row.number, afi);
    if (peer.awaiting.size > 0) return;
    judging.look();
    changedSince = false;
    flush(); // what the table holds goes before the word that it is whole
    tell({ type: 'end-of-rib', peer: peer.row.name, time: now() });
  }

  /** Makes a family take routes with path identifiers, or without; that changes only with the session. */
  function agree(peer: FilePeer, afi: Afi, addPath: boolean): void {
    const { table } = peer.ingest.as4;
    const other: Afi = afi === 1 ? 2 : 1;
    if ((pathsOf(table, afi) !== null) === addPath) return;
    const pathIds: Afi[] = addPath ? [afi] : [];
    if (pathsOf(table, other) !== null) pathIds.push(other);
    if (table.count4 + table.count6 > 0) {
      goDown(peer, pathIds);
      comeUp(peer);
    } else peer.ingest = freshIngest(peer.row.number, peer.ebgp, pathIds);
  }

  function heard(peer: FilePeer, afi: Afi, addPath: boolean): void {
    peer.families.add(afi);
    agree(peer, afi, addPath);
  }

  /** Looks which families an UPDATE is of. */
  function agreeOn(peer: FilePeer, bytes: Uint8Array, { start, end, addPath }: DumpedMessage): void {
    if (locateUpdate(bytes, start, end, layout) !== null) return;
    if (layout.withdrawnStart < layout.withdrawnEnd || layout.nlriStart < layout.nlriEnd) heard(peer, 1, addPath);
    locateAttributes(bytes, layout.attributesStart, layout.attributesEnd, places);
    for (const code of [MP_REACH_NLRI, MP_UNREACH_NLRI]) {
      const at = places.starts[code]!;
      if (at < 0 || places.ends[code]! - at <= 3 || bytes[at] !== 0 || bytes[at + 2] !== UNICAST) continue;
      const afi = bytes[at + 1];
      if (afi === 1 || afi === 2) heard(peer, afi, addPath);
    }
  }

  function file(collector: string, complain: (text: string) => void): FileVisitor {
    /** The families of each peer that the table under way has routes of. */
    const dumped = new Map<FilePeer, Set<Afi>>();
    /** Peers by their position in the peer table. */
    let indexed: FilePeer[] = [];

    function endTable(): void {
      indexed = [];
      for (const [peer, families] of dumped)
        for (const afi of families) {
          peer.tabled.add(afi);
          whole(peer, afi);
        }
      dumped.clear();
    }

    function routePeer({ peerIndex, peerAfi, peerBytes, peerAddress, peerAs }: DumpedRoute): FilePeer {
      if (peerIndex < 0) return peerOf(collector, peerAfi, peerBytes, peerAddress, peerAs, localAs);
      indexed[peerIndex] ??= peerOf(collector, peerAfi, peerBytes, peerAddress, peerAs, localAs);
      return indexed[peerIndex];
    }

    return {
      meet({ type, subtype }) {
        if (dumped.size > 0 && ((type !== TABLE_DUMP && type !== TABLE_DUMP_V2) || isPeerIndex(type, subtype)))
          endTable();
        else if (isPeerIndex(type, subtype)) indexed = [];
      },
      end: endTable,
      visitor: {
        route({ bytes }, route) {
          if (route.safi !== UNICAST) return leaveOut('of a family other than IPv4 and IPv6 unicast');
          const peer = routePeer(route);
          const { afi, addPath, as4 } = route;
          if (peer.up && peer.tabled.has(afi)) return leaveOut('of a later table');
          if (!peer.up) comeUp(peer);
          const families = dumped.get(peer);
          if (families === undefined) dumped.set(peer, new Set([afi]));
          else families.add(afi);
          heard(peer, afi, addPath);
          peer.awaiting.add(afi);
          counts.routes++;
          const end = writer.write(bytes, route);
          const wrong = ingest.update(as4 ? peer.ingest.as4 : peer.ingest.as2, writer.out(), 0, end);
          if (wrong !== null) complain(wordsOf(wrong));
        },
        message({ bytes }, message) {
          const { afi, peerAddress, peerAs, localAs: local, type, as4, addPath, start, end } = message;
          if (message.local) return leaveOut('sent by the collector');
          const peer = peerOf(collector, afi, bytes, peerAddress, peerAs, local);
          if ((type === OPEN || type === NOTIFICATION) && peer.up && !peer.states) goDown(peer);
          if (type !== UPDATE) return;
          if (message.missing > 0) return leaveOut('cut short in the archive');
          if (!peer.up) comeUp(peer);
          const { table } = peer.ingest.as4;
          const agreed = (table.paths4 !== null) === addPath && (table.paths6 !== null) === addPath;
          if (!agreed || peer.families.size < 2) agreeOn(peer, bytes, message);
          counts.updates++;
          changedSince = true;
          const wrong = ingest.update(as4 ? peer.ingest.as4 : peer.ingest.as2, bytes, start, end);
          if (wrong !== null) complain(wordsOf(wrong));
        },
        state({ bytes }, { afi, peerAddress, peerAs, localAs: local, to }: DumpedState) {
          const peer = peerOf(collector, afi, bytes, peerAddress, peerAs, local === 0 ? localAs : local);
          peer.states = true;
          if (peer.up) goDown(peer);
          if (to === ESTABLISHED) comeUp(peer);
        },
        other() {},
      },
    };
  }

  return {
    file,
    flush,
    counts,
    get peers() {
      return byNumber.length;
    },
    get wants() {
      return changedSince || byNumber.some(({ up, awaiting }) => up && awaiting.size > 0);
    },
    look() {
      if (changedSince) judging.look();
      changedSince = false;
      const awaited = byNumber.flatMap(({ row: { number }, up, since, awaiting }) => {
        const table = rib.tables[number];
        return up && awaiting.size > 0 && table ? [{ number, since, routes: table.count4 + table.count6 }] : [];
      });
      for (const number of wholeness.look(awaited, false)) {
        const peer = byNumber[number]!;
        for (const afi of [...peer.awaiting]) whole(peer, afi);
      }
    },
  };
}

const isPeerIndex = (type: number, subtype: number): boolean => type === TABLE_DUMP_V2 && subtype === PEER_INDEX_TABLE;
