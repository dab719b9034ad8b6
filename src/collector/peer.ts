/** A peer of a collector: its session, what its UPDATEs go through, and what it may hold. */
import { createSession, type Session } from '../bgp/session.ts';
import type { BgpPeerConfig, PrefixLimit } from '../config/tree.ts';
import { parseAddress } from '../net/address.ts';
import { leastTtlOf } from '../net/tcp-options.ts';
import { newPeerTable } from '../rib/adj-rib-in.ts';
import type { IngestPeer } from './ingest.ts';
import { newQuarantine } from './malformed.ts';
import { exceeded, watchLimits } from './prefix-limits.ts';
import type { SeatedPeer, Seating } from './seating.ts';

export interface Peer extends SeatedPeer {
  config: BgpPeerConfig;
  readonly session: Session;
  /** The `neighbor range` that it came out of; null when it is configured itself. */
  readonly range: string | null;
  /** Set while the session is Established. */
  readonly ingest: IngestPeer | null;
  /** True once the session got as far as an OPEN. */
  readonly connected: () => boolean;
  /** The limit that keeps the session down. */
  overLimit: PrefixLimit | null;
}

/** What a peer needs of its collector. */
export interface PeerSurroundings
  extends Pick<Seating, 'rib' | 'ingest' | 'archive' | 'drop' | 'changed' | 'held' | 'log'> {
  /** The session of a peer that came out of a range has ended. */
  readonly gone: (peer: Peer) => void;
  /** What is not as it should be, in words. */
  readonly problemsOf: (peer: Peer) => readonly string[];
}

/** Makes a peer; its session is to be started by the caller. */
export function createPeer(
  of: BgpPeerConfig,
  number: number,
  range: string | null,
  routerId: string,
  { rib, ingest, archive, drop, changed, held, log, gone, problemsOf }: PeerSurroundings,
): Peer {
  const row = { number, name: of.name, as: of.neighborAs, address: of.neighbor };
  let current: IngestPeer | null = null;
  let limits = watchLimits(() => {});
  let connected = false;
  const archived = archive.session(of.name, parseAddress(of.neighbor)!, {
    localAddress: parseAddress(of.localAddress ?? ''),
    localAs: of.localAs,
    as: of.neighborAs,
    as4: true,
    pathIds: [],
    plain: [1, 2],
  });

  const session = createSession({
    config: of,
    routerId,
    handler: {
      stateChanged(state, reason) {
        archived.state(state);
        changed(row, state, reason);
        if (state !== 'Idle') peer.overLimit = null;
        const talks = state !== 'Idle' && state !== 'Active';
        // One that is held down stays, so that it cannot come back before its time.
        if (range !== null && connected && !talks && peer.overLimit === null) gone(peer);
        connected ||= talks;
      },
      heard: archived.message,
      established({ as4, ebgp, ipv4, ipv6, localAs, localAddress, addPath }) {
        const pathIds = addPath.filter(({ safi }) => safi === 1).map(({ afi }) => afi);
        const plain = [...(ipv4 ? [1] : []), ...(ipv6 ? [2] : [])].filter(afi => !pathIds.includes(afi));
        const form = { localAddress: parseAddress(localAddress), localAs, as: of.neighborAs, as4, pathIds, plain };
        archived.form(form);
        const table = newPeerTable();
        rib.tables[number] = table;
        peer.awaiting.clear();
        if (ipv4) peer.awaiting.add(1);
        if (ipv6) peer.awaiting.add(2);
        const counts = { treatAsWithdraw: 0, attributeDiscard: 0, ignored: 0 };
        current = { number, table, as4, ebgp, ipv4, ipv6, localAs, counts };
        limits = watchLimits(words => log('warn', `${row.name} ${words}`));
        if (held()) session.pause();
      },
      update(buffer, start, end) {
        if (current === null) return null;
        const error = ingest.update(current, buffer, start, end);
        if (error !== null || peer.config.prefixLimits.length === 0) return error;
        const excess = limits.judge(peer.config.prefixLimits, current.table);
        if (excess === null) return null;
        peer.overLimit = excess.limit;
        session.stayDown(excess.limit.action === 'down' ? Number.POSITIVE_INFINITY : excess.limit.after);
        return excess.error;
      },
      down() {
        current = null;
        drop(number);
      },
    },
  });

  const peer: Peer = {
    row,
    config: of,
    range,
    session,
    connected: () => connected,
    awaiting: new Set(),
    archived,
    quarantine: newQuarantine(),
    overLimit: null,
    get ingest() {
      return current;
    },
    protection() {
      const { password, ttlSecurity, interface: device, prefixLimits } = peer.config;
      return {
        range,
        password: password !== undefined,
        leastTtl: ttlSecurity === null ? null : leastTtlOf(ttlSecurity),
        interface: device ?? null,
        prefixLimits,
        problems: problemsOf(peer),
      };
    },
    get counts() {
      return current?.counts ?? null;
    },
  };
  return peer;
}

/** What is wrong with a peer's number of routes, in words. */
export function limitProblems({ config, ingest, overLimit }: Peer): string[] {
  if (overLimit === null) return ingest === null ? [] : exceeded(config.prefixLimits, ingest.table);
  const { action, most, after } = overLimit;
  return [
    action === 'down'
      ? `is down since it had more than ${most} routes: it stays so until \`maximum prefix\` is changed`
      : `is down since it had more than ${most} routes: it is tried again ${after / 60_000} min after that`,
  ];
}
