/**
 * A router that reports by BMP, and the peers that it monitors: each of its tables that is taken is a peer of the collector,
 * with a column of its own that fills by the same route path as that of a session.
 */
import { emptyLayout, locateUpdate } from '../bgp/update.ts';
import { type BmpError, formatBmpError, isBmpError } from '../bmp/errors.ts';
import { HEADER_LENGTH, ROUTE_MONITORING } from '../bmp/framer.ts';
import { SYS_DESCR, TEXT, textOf, VRF_NAME } from '../bmp/information.ts';
import { checkRouteMonitoring, decodeMessage, terminationReason, UPDATE_AT, UPDATE_BODY_AT } from '../bmp/messages.ts';
import { type MonitoredSession, monitoredSession } from '../bmp/monitored-session.ts';
import { formatPeerDown } from '../bmp/peer-down.ts';
import {
  decodePeerHeader,
  FLAG_A,
  flagsAt,
  LOC_RIB,
  PEER_HEADER_LENGTH,
  type PeerHeader,
  peerKeyAt,
  ribOf,
} from '../bmp/peer-header.ts';
import { type PeerEvent, type PeerState, step } from '../bmp/peer-state.ts';
import type { PeerUp } from '../bmp/peer-up.ts';
import { formatStatistic, type Statistic } from '../bmp/statistics.ts';
import type { MonitoredRib } from '../config/tree.ts';
import { Cursor } from '../net/cursor.ts';
import { findMultiprotocol, newAttributeScan } from '../rib/attribute-scan.ts';
import { isMilestone } from './milestone.ts';
import { peerName } from './monitored-name.ts';
import { createMonitoredPeer, type MonitoredPeer } from './monitored-peer.ts';
import type { Seating } from './seating.ts';

/** Peers that one router may monitor for us. */
const MOST_PEERS = 512;
/** How long a peer that is down, or whose router is gone, is remembered, milliseconds. */
const REMEMBERED = 24 * 3_600_000;
/** Octets of a message that is logged. */
const SHOWN_OCTETS = 512;

/** What a router says of itself, and the station it reports to. */
export interface RouterIdentity {
  /** As peers are called after it; unique among routers. */
  readonly name: string;
  readonly address: string;
  readonly ribs: readonly MonitoredRib[];
  /** Of the station, as configured now. */
  readonly description: () => string;
}

/** What a router should not do, or what it does in vain. */
type Oddity =
  | 'it could not be read'
  | 'there were too many peers'
  | 'it was of a table not taken'
  | 'Peer Up was missing'
  | 'a malformed message was mirrored'
  | 'mirrored messages were lost'
  | 'the type was unknown';

export interface Router {
  readonly identity: RouterIdentity;
  /** Takes a message in place. False when the router has said its last. */
  message(type: number, buffer: Uint8Array, start: number, end: number): boolean;
  /** The connection is gone: nobody knows what its peers hold. */
  lost(reason: string): void;
  /** Forgets peers that have been down or out of sight for a day; `all`: every one. True when none is left. */
  forget(all?: boolean): boolean;
  peers(): readonly MonitoredPeer[];
}

/** A session that the router monitors: one for all tables in which its routes are shown. */
interface Monitored {
  state: PeerState;
  /** When it last came up or went down. */
  since: number;
  session: MonitoredSession;
  /** The last Peer Up behind its per-peer header, to know it again. */
  up: Uint8Array | null;
  statistics: readonly Statistic[];
  /** By how much the router's clock was behind ours when it last reported them; null when it told no time. */
  clockBehind: number | null;
  readonly tables: ReadonlyMap<MonitoredRib, MonitoredPeer>;
}

export function createRouter(identity: RouterIdentity, seating: Seating): Router {
  const monitored = new Map<string, Monitored>();
  const { name, ribs } = identity;
  /** How often what was so. */
  const counts = new Map<Oddity, number>();
  /** The AS of the router, from the last OPEN that it sent. */
  let as: number | null = null;
  const layout = emptyLayout();
  const found = newAttributeScan();

  /** Counts an oddity, and says it at every power of ten. */
  function tell(oddity: Oddity, what: string, fields: Record<string, unknown> = {}): void {
    const times = (counts.get(oddity) ?? 0) + 1;
    counts.set(oddity, times);
    const often = times === 1 ? '' : ` (${times} times that ${oddity})`;
    if (isMilestone(times)) seating.log('warn', `router ${name}: ${what}${often}`, fields);
  }

  const shown = (buffer: Uint8Array, start: number, end: number) => ({
    octets: end - start,
    hex: Buffer.from(buffer.subarray(start, Math.min(end, start + SHOWN_OCTETS))).toString('hex'),
  });

  function unreadable(error: BmpError, buffer: Uint8Array, start: number, end: number): void {
    tell('it could not be read', `a message that cannot be read: ${formatBmpError(error)}`, shown(buffer, start, end));
  }

  /** The peer that a message is about, as it is known or as it now becomes known; null when there are too many. */
  function monitoredOf(key: string, header: PeerHeader): Monitored | null {
    const known = monitored.get(key);
    if (known !== undefined) return known;
    if (monitored.size >= MOST_PEERS) {
      tell('there were too many peers', `more than ${MOST_PEERS} peers: the others are ignored`);
      return null;
    }
    const session = monitoredSession(header, null, as ?? seating.localAs());
    const taken = (header.type === LOC_RIB ? ['loc-rib' as const] : (['pre-policy', 'post-policy'] as const)).filter(
      rib => ribs.includes(rib),
    );
    const tables = new Map<MonitoredRib, MonitoredPeer>();
    const peer: Monitored = {
      state: 'Down',
      since: seating.now(),
      session,
      up: null,
      statistics: [],
      clockBehind: null,
      tables,
    };
    for (const rib of taken) {
      const view = {
        name: peerName(name, header, rib),
        address: header.type === LOC_RIB ? header.id : header.address,
        rib,
        router: identity,
        session: () => peer.session,
        state: () => peer.state,
        since: () => peer.since,
        clockBehind: () => peer.clockBehind,
        statistics: () => peer.statistics.map(one => [formatStatistic(one), one.value] as const),
      };
      tables.set(rib, createMonitoredPeer(view, seating));
    }
    monitored.set(key, peer);
    return peer;
  }

  /** Lets an event happen to a peer: its state, and what follows for its tables. */
  function happen(peer: Monitored, event: PeerEvent, reason = ''): void {
    const { state, actions } = step(peer.state, event);
    if (state !== peer.state || actions.length > 0) peer.since = seating.now();
    peer.state = state;
    for (const table of peer.tables.values())
      for (const action of actions)
        if (action === 'close') table.close(reason);
        else if (action === 'open') table.open();
        else table.learn();
    if (reason !== '') for (const table of peer.tables.values()) table.note(reason);
  }

  function peerUp(key: string, header: PeerHeader, up: PeerUp, octets: Uint8Array): void {
    const peer = monitoredOf(key, header);
    if (peer === null) return;
    const again = peer.up !== null && Buffer.compare(peer.up, octets) === 0;
    peer.up = octets;
    peer.session = monitoredSession(header, up, as ?? seating.localAs());
    as = peer.session.routerAs ?? as;
    happen(
      peer,
      again ? 'peer-up-again' : 'peer-up',
      peer.state === 'Established' && !again ? 'a new Peer Up came' : '',
    );
    const vrf = textOf(up.information, VRF_NAME);
    for (const table of peer.tables.values()) table.tableName(vrf);
  }

  /** Route Monitoring: the hot path. */
  function routes(buffer: Uint8Array, start: number, end: number): void {
    const error = checkRouteMonitoring(buffer, start, end);
    if (error !== null) {
      unreadable(error, buffer, start, end);
      return;
    }
    const type = buffer[start + HEADER_LENGTH]!;
    const flags = flagsAt(buffer, start);
    const rib = ribOf(type, flags);
    if (rib === 'adj-rib-out') {
      tell('it was of a table not taken', 'adj-rib-out routes, which are not taken');
      return;
    }
    if (!ribs.includes(rib)) {
      tell('it was of a table not taken', `${rib} routes, which are not taken (rib ${ribs.join(', ')})`);
      return;
    }
    const key = peerKeyAt(buffer, start);
    let peer = monitored.get(key);
    if (peer === undefined || peer.state === 'Down' || peer.state === 'Unseen') {
      if (!announces(buffer, start + UPDATE_BODY_AT, end)) return;
      const header = decodePeerHeader(new Cursor(buffer, start + HEADER_LENGTH, start + UPDATE_AT));
      const assumed = monitoredOf(key, header);
      if (assumed === null) return;
      tell(
        'Peer Up was missing',
        `routes of ${peerName(name, header, rib)} without a Peer Up: taken with what their header says`,
      );
      assumed.session = monitoredSession(header, null, as ?? seating.localAs());
      assumed.up = null;
      happen(assumed, 'routes');
      peer = assumed;
    }
    const wrong = peer.tables
      .get(rib)
      ?.update(rib !== 'loc-rib' && (flags & FLAG_A) !== 0, buffer, start + UPDATE_BODY_AT, end);
    if (wrong)
      tell('it could not be read', `an UPDATE that cannot be read: ${wrong.what ?? ''}`, shown(buffer, start, end));
  }

  /** True when an UPDATE has routes to hold; a withdrawal or End-of-RIB makes nobody a peer. */
  function announces(buffer: Uint8Array, start: number, end: number): boolean {
    if (locateUpdate(buffer, start, end, layout) !== null) return false;
    if (layout.nlriEnd > layout.nlriStart) return true;
    return findMultiprotocol(buffer, layout.attributesStart, layout.attributesEnd, found) && found.reachStart >= 0;
  }

  return {
    identity,
    message(type, buffer, start, end) {
      if (type === ROUTE_MONITORING) {
        routes(buffer, start, end);
        return true;
      }
      const message = decodeMessage(buffer, start, end);
      if (isBmpError(message)) {
        unreadable(message, buffer, start, end);
        return true;
      }
      switch (message.kind) {
        case 'initiation':
          seating.log('info', `router ${name} (${identity.address}): ${textOf(message.information, SYS_DESCR)}`);
          break;
        case 'termination':
          seating.log('info', `router ${name} ends: ${terminationReason(message.information)}`, {
            text: textOf(message.information, TEXT),
          });
          return false;
        case 'peer-up': {
          const octets = new Uint8Array(buffer.subarray(start + HEADER_LENGTH + PEER_HEADER_LENGTH, end));
          peerUp(peerKeyAt(buffer, start), message.peer, message.up, octets);
          break;
        }
        case 'peer-down': {
          const peer = monitoredOf(peerKeyAt(buffer, start), message.peer);
          if (peer !== null) happen(peer, 'peer-down', formatPeerDown(message.down));
          break;
        }
        case 'statistics': {
          const peer = monitored.get(peerKeyAt(buffer, start));
          if (peer === undefined) break;
          peer.statistics = message.statistics;
          if (message.peer.time > 0) peer.clockBehind = seating.now() - message.peer.time;
          break;
        }
        case 'route-mirroring':
          if (message.mirrored.errored)
            tell(
              'a malformed message was mirrored',
              `${message.peer.address} sent it a malformed message`,
              shown(buffer, start, end),
            );
          if (message.mirrored.lost) tell('mirrored messages were lost', 'not all of what it mirrors reached us');
          break;
        case 'unknown':
          tell('the type was unknown', `a message of type ${message.type}, passed over`);
          break;
        case 'route-monitoring':
          break;
      }
      return true;
    },
    lost(reason) {
      for (const peer of monitored.values()) happen(peer, 'router-lost', `no longer monitored: ${reason}`);
    },
    forget(all = false) {
      const until = seating.now() - REMEMBERED;
      for (const [key, { state, since, tables }] of monitored) {
        const idle = (state === 'Down' || state === 'Unseen') && since <= until;
        if (!all && !idle) continue;
        for (const table of tables.values()) table.leave();
        monitored.delete(key);
      }
      return monitored.size === 0;
    },
    peers: () => [...monitored.values()].flatMap(({ tables }) => [...tables.values()]),
  };
}
