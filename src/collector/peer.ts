/** A peer of a collector: its session, what its UPDATEs go through, and what it may hold. */
import { realClock } from '../bgp/clock.ts';
import { formatFamily, includesFamily, isHeld } from '../bgp/family.ts';
import type { Negotiated } from '../bgp/negotiate.ts';
import { REFRESH_BEGIN, REFRESH_END } from '../bgp/route-refresh.ts';
import { createSession, type Session } from '../bgp/session.ts';
import type { BgpPeerConfig, PrefixLimit } from '../config/tree.ts';
import { parseAddress } from '../net/address.ts';
import { leastTtlOf } from '../net/tcp-options.ts';
import { newOtherRoutes, type OtherRoutes } from '../rib/other-routes.ts';
import { agreementRow } from './agreement.ts';
import { type Announcer, createAnnouncer, type Encoder } from './announcer.ts';
import type { SessionForm } from './archive-feed.ts';
import { createDuplicates } from './duplicates.ts';
import { type IngestPeer, noCounts } from './ingest-peer.ts';
import { keepRefused, newQuarantine } from './malformed.ts';
import { exceeded, type RouteCounts, watchLimits } from './prefix-limits.ts';
import { createRestart } from './restart.ts';
import { safetyRow } from './safety.ts';
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
  /** What it is told. */
  readonly announcer: Announcer;
  /** Routes are kept of a session that is lost. */
  keeping(): boolean;
  /** Drops what is kept of a session that is lost: the peer is no more. */
  forget(): void;
}

/** What a peer needs of its collector. */
export interface PeerSurroundings
  extends Pick<
    Seating,
    'rib' | 'ingest' | 'archive' | 'lose' | 'later' | 'whole' | 'changed' | 'held' | 'log' | 'now'
  > {
  /** The session of a peer that came out of a range has ended. */
  readonly gone: (peer: Peer) => void;
  /** What writes announcements; null where no peer is to be told anything. */
  readonly encoder: () => Encoder | null;
  /** What is not as it should be, in words. */
  readonly problemsOf: (peer: Peer) => readonly string[];
}

/** How a peer writes what it sends, by what was negotiated; before that, as an OPEN is written. */
function formOf(of: BgpPeerConfig, negotiated: Negotiated | null): SessionForm {
  const pathIds = negotiated?.addPath.filter(isHeld).map(({ afi }) => afi) ?? [];
  const families = [...(negotiated?.ipv4 === false ? [] : [1]), ...(negotiated?.ipv6 === false ? [] : [2])];
  return {
    localAddress: parseAddress(negotiated?.localAddress ?? of.localAddress ?? ''),
    localAs: negotiated?.localAs ?? of.localAs,
    as: of.neighborAs,
    as4: negotiated?.as4 ?? true,
    pathIds,
    plain: families.filter(afi => !pathIds.includes(afi)),
  };
}

/** Makes a peer; its session is to be started by the caller. */
export function createPeer(
  of: BgpPeerConfig,
  number: number,
  range: string | null,
  routerId: string,
  surroundings: PeerSurroundings,
): Peer {
  const { rib, ingest, archive, lose, later, whole, changed, held, log, now, gone, encoder, problemsOf } = surroundings;
  const role = of.role && { ours: of.role, peerAs: of.neighborAs };
  const row = { number, name: of.name, as: of.neighborAs, address: of.neighbor, ...(role && { role }) };
  let current: IngestPeer | null = null;
  let limits = watchLimits(() => {});
  let connected = false;
  const archived = archive.session(of.name, parseAddress(of.neighbor)!, formOf(of, null));

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
        if (range !== null && connected && !talks && peer.overLimit === null && !restart.keeping) gone(peer);
        connected ||= talks;
        if (state === 'Established' && current !== null && !hasUnicast(current)) whole(number, 1);
      },
      heard: archived.message,
      established(negotiated) {
        const { others, addPath } = negotiated;
        archived.form(formOf(of, negotiated));
        const table = restart.up(negotiated);
        peer.awaiting.clear();
        if (negotiated.ipv4) peer.awaiting.add(1);
        if (negotiated.ipv6) peer.awaiting.add(2);
        if (!hasUnicast(negotiated)) peer.awaiting.add(1);
        const otherRoutes = newOtherRoutes(rib.attributes, others, family => includesFamily(addPath, family));
        current = { ...negotiated, number, table, counts: noCounts(), otherRoutes };
        limits = watchLimits(words => log('warn', `${row.name} ${words}`));
        if (held()) session.pause();
        announcer.up(negotiated, peer.config.announce ?? []);
      },
      ahead(buffer, start, end) {
        if (current !== null) ingest.lookAhead(current, buffer, start, end);
      },
      update(buffer, start, end) {
        if (current === null) return null;
        // Only of a whole table: while it loads nothing is told twice.
        const error =
          duplicates.due() && peer.awaiting.size === 0
            ? watched(current, buffer, start, end)
            : ingest.update(current, buffer, start, end);
        if (error !== null || peer.config.prefixLimits.length === 0) return error;
        const excess = limits.judge(peer.config.prefixLimits, routeCounts(current));
        if (excess === null) return null;
        peer.overLimit = excess.limit;
        session.stayDown(excess.limit.action === 'down' ? Number.POSITIVE_INFINITY : excess.limit.after);
        return excess.error;
      },
      refused(message) {
        const agreed = session.status().negotiated?.extendedMessage === true;
        log('warn', `${row.name}: ${keepRefused(peer.quarantine, message, agreed, now())}`);
      },
      refresh(message) {
        announcer.refresh(message);
        restart.refresh(message, afi => peer.awaiting.has(afi));
        if (message.subtype === REFRESH_BEGIN) current?.otherRoutes?.refresh(message, 'begin');
        if (message.subtype === REFRESH_END) current?.otherRoutes?.refresh(message, 'end');
      },
      down(_reason, end) {
        announcer.down();
        current?.otherRoutes?.drop();
        current = null;
        restart.down(end);
      },
    },
  });

  const duplicates = createDuplicates(rib);
  const watched = (mine: IngestPeer, buffer: Uint8Array, start: number, end: number) =>
    duplicates.watch(mine, buffer, start, end, () => ingest.update(mine, buffer, start, end));
  const restart = createRestart({
    ...{ rib, number, clock: realClock, now, held, later },
    config: () => peer.config.restart,
    say: words => log('info', `${row.name} ${words}`),
    lose: () => lose(number),
    left: (table, afi, id) => ingest.left({ number, table }, afi, id, 'withdraw'),
    whole: afi => whole(number, afi),
    emptied() {
      const { state } = session.status();
      if (range !== null && (state === 'Idle' || state === 'Active') && peer.overLimit === null) gone(peer);
    },
  });
  const announcer = createAnnouncer(
    message => session.send(message),
    encoder,
    words => log('info', `${row.name} ${words}`),
  );
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
    announcer,
    ended: afi => restart.endOfRib(afi),
    restart: () => restart.rows(),
    keeping: () => restart.keeping,
    forget: () => restart.forget(),
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
    agreement() {
      const { negotiated } = session.status();
      return negotiated && agreementRow(negotiated);
    },
    get otherRoutes() {
      return current?.otherRoutes ?? null;
    },
    owesEndOfRib: () => (session.status().negotiated?.restart ?? null) !== null,
    duplicates: duplicates.counts,
    safety: () => safetyRow(row, peer.config, session.status(), announcer),
    get counts() {
      return current?.counts ?? null;
    },
  };
  return peer;
}

/** A session without unicast families brings nothing that is judged: it is whole from the beginning. */
const hasUnicast = ({ ipv4, ipv6 }: { readonly ipv4: boolean; readonly ipv6: boolean }) => ipv4 || ipv6;

/** What counts against a limit. A stale path does not: its peer may have sent the route again by another identifier. */
const routeCounts = ({ table, otherRoutes }: IngestPeer): RouteCounts => ({
  count4: table.count4 - (table.paths4?.marked ?? 0),
  count6: table.count6 - (table.paths6?.marked ?? 0),
  others: otherRoutes?.count ?? 0,
});

/** Families that are not held whole, in words. */
function familyProblems(otherRoutes: OtherRoutes | undefined): string[] {
  return (otherRoutes?.counts() ?? []).flatMap(one => {
    if (one.disabled !== '') return [`has ${formatFamily(one)} disabled for this session: ${one.disabled}`];
    return one.refused === 0 ? [] : [`has ${one.refused} routes of ${formatFamily(one)} that found no room`];
  });
}

/** What is wrong with a peer's number of routes, in words. */
export function limitProblems({ config, ingest, overLimit }: Peer): string[] {
  if (overLimit === null) {
    const limits = ingest === null ? [] : exceeded(config.prefixLimits, routeCounts(ingest));
    return [...limits, ...familyProblems(ingest?.otherRoutes)];
  }
  const { action, most, after } = overLimit;
  return [
    action === 'down'
      ? `is down since it had more than ${most} routes: it stays so until \`maximum prefix\` is changed`
      : `is down since it had more than ${most} routes: it is tried again ${after / 60_000} min after that`,
  ];
}
