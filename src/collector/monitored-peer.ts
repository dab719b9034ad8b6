/** One table of a peer that a router monitors: a peer of the collector without a session of its own. */

import type { SessionError } from '../bgp/errors.ts';
import { UNICAST } from '../bgp/family.ts';
import { noMessages } from '../bgp/machine.ts';
import { HEADER_LENGTH } from '../bgp/message.ts';
import type { MonitoredSession } from '../bmp/monitored-session.ts';
import type { PeerState } from '../bmp/peer-state.ts';
import type { MonitoredRib } from '../config/tree.ts';
import { parseAddress } from '../net/address.ts';
import { newPeerTable, pathsOf } from '../rib/adj-rib-in.ts';
import type { SessionForm } from './archive-feed.ts';
import type { RouterIdentity } from './bmp-router.ts';
import { type IngestPeer, noCounts } from './ingest-peer.ts';
import { newQuarantine } from './malformed.ts';
import type { SeatedPeer, Seating } from './seating.ts';

/** What a table is of; what can change is asked for. */
export interface MonitoredTable {
  readonly name: string;
  readonly address: string;
  readonly rib: MonitoredRib;
  readonly router: RouterIdentity;
  readonly session: () => MonitoredSession;
  readonly state: () => PeerState;
  readonly since: () => number;
  readonly clockBehind: () => number | null;
  readonly statistics: () => readonly (readonly [string, number])[];
}

export interface MonitoredPeer extends SeatedPeer {
  /** Begins with an empty table; the routes come. */
  open(): void;
  /** Goes on with the table, by what is known of the session now. */
  learn(): void;
  /** The routes are out of sight. */
  close(reason: string): void;
  /** Why it last went down, for `show`. */
  note(reason: string): void;
  /** VRF/Table Name (RFC 9069 section 5.3). */
  tableName(name: string): void;
  /** The body of an UPDATE, its header before it; `as2`: AS numbers in it have 2 octets. Returns what makes it unreadable. */
  update(as2: boolean, buffer: Uint8Array, start: number, end: number): SessionError | null;
  /** Gives its number back. */
  leave(): void;
}

export function createMonitoredPeer(table: MonitoredTable, seating: Seating): MonitoredPeer {
  /** The same table behind both: whether AS numbers have 2 or 4 octets is said by each message. */
  let ingest: { readonly as4: IngestPeer; readonly as2: IngestPeer } | null = null;
  let updates = 0;
  let unreadable = 0;
  let lastError = '';
  let vrf = '';
  /** AS numbers in the messages that went to the archive last have 2 octets. */
  let archivedAs2 = false;
  const isUp = () => table.state() === 'Established' || table.state() === 'Assumed';

  function form(): SessionForm {
    const { peerAs, routerAs, localAddress, pathIds } = table.session();
    return {
      localAddress: parseAddress(localAddress),
      localAs: routerAs ?? seating.localAs(),
      as: peerAs,
      as4: !archivedAs2,
      pathIds,
      plain: [1, 2].filter(afi => !pathIds.includes(afi)),
    };
  }

  function learn(number: number): void {
    const { ebgp, routerAs, pathIds } = table.session();
    archived.form(form());
    const before = ingest?.as4.table;
    // A table that began without a Peer Up was read in another form: it held what nobody announced.
    const misread = before && ([1, 2] as const).some(afi => (pathsOf(before, afi) !== null) !== pathIds.includes(afi));
    if (misread) seating.drop(number);
    const held = {
      table: misread || before === undefined ? newPeerTable(pathIds) : before,
      counts: ingest?.as4.counts ?? noCounts(),
    };
    seating.rib.tables[number] = held.table;
    const common = {
      number,
      table: held.table,
      counts: held.counts,
      ebgp: ebgp && table.rib === 'pre-policy',
      ipv4: true,
      ipv6: true,
      addPath: pathIds.map(afi => ({ afi, safi: UNICAST })),
      localAs: routerAs ?? seating.localAs(),
      anyNextHop: true as const,
    };
    ingest = { as4: { ...common, as4: true }, as2: { ...common, as4: false } };
  }

  const archived = seating.archive.session(table.name, parseAddress(table.address)!, form());
  const peer: MonitoredPeer = seating.seat(number => ({
    get row() {
      return { number, name: table.name, as: table.session().peerAs, address: table.address };
    },
    awaiting: new Set<1 | 2>(),
    archived,
    quarantine: newQuarantine(),
    get config() {
      return { description: table.router.description(), passive: false };
    },
    clockBehind: table.clockBehind,
    get counts() {
      return ingest?.as4.counts ?? null;
    },
    session: {
      status() {
        const { peerId, localAddress, holdTime, ipv4, ipv6 } = table.session();
        return {
          state: isUp() ? 'Established' : table.state(),
          since: table.since(),
          received: { ...noMessages(), update: updates },
          sent: noMessages(),
          lastError,
          lastDown: lastError,
          negotiated:
            table.state() === 'Established' ? { peerId, ipv4, ipv6, localAddress, holdTime, as4: null } : null,
        };
      },
    },
    get monitoring() {
      return {
        router: table.router.name,
        routerAddress: table.router.address,
        rib: table.rib,
        vrf,
        assumed: table.state() === 'Assumed',
        unreadable,
        statistics: Object.fromEntries(table.statistics()),
      };
    },
    open() {
      ingest = null;
      learn(number);
      const { ipv4, ipv6 } = table.session();
      peer.awaiting.clear();
      if (ipv4) peer.awaiting.add(1);
      if (ipv6) peer.awaiting.add(2);
      archived.state('Established');
      seating.changed(peer.row, 'Established');
    },
    learn: () => learn(number),
    close(reason) {
      ingest = null;
      peer.awaiting.clear();
      seating.drop(number);
      archived.state('Idle');
      seating.changed(peer.row, table.state() === 'Established' ? 'Down' : table.state(), reason);
    },
    note(reason) {
      lastError = reason;
    },
    tableName(name) {
      vrf = name;
    },
    update(as2, buffer, start, end) {
      if (ingest === null) return null;
      updates++;
      if (as2 !== archivedAs2) {
        archivedAs2 = as2;
        archived.form(form());
      }
      archived.message(buffer, start - HEADER_LENGTH, end);
      const wrong = seating.ingest.update(as2 ? ingest.as2 : ingest.as4, buffer, start, end);
      if (wrong !== null) unreadable++;
      return wrong;
    },
    leave() {
      if (ingest !== null) seating.drop(number);
      ingest = null;
      seating.forgotten(peer.row);
      seating.unseat(peer);
    },
  }));
  return peer;
}
