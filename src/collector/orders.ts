/** What an administrator orders of a session: reset, shutdown, and the routes once more. */
import { ROUTE_REFRESH_CAPABILITY } from '../bgp/capabilities.ts';
import { formatFamily, isHeld } from '../bgp/family.ts';
import { ADMINISTRATIVE_RESET, ADMINISTRATIVE_SHUTDOWN, ceaseWith } from '../bgp/notification.ts';
import { encodeRouteRefresh } from '../bgp/route-refresh.ts';
import type { Order, OrderRow } from './messages.ts';
import type { Peer } from './peer.ts';

/** Code of the route refresh capability before RFC 2918. */
const OLD_ROUTE_REFRESH = 128;

/** Who shut a session, with which words for the peer, and when, milliseconds since the epoch. */
export interface Shutdown {
  readonly by: string;
  readonly reason: string;
  readonly since: number;
}

export interface Orders {
  /** Carries it out. Throws an Error in words when that cannot be. */
  carryOut(order: Order, by: string): OrderRow;
  /** Why the session with this peer must not be started; null when it may. */
  shutdownOf(name: string): Shutdown | null;
}

/** Orders about the sessions of a collector; `monitored` says of a name that its session is a router's. */
export function createOrders(
  peers: () => readonly Peer[],
  monitored: (name: string) => boolean,
  log: (words: string) => void,
): Orders {
  const shut = new Map<string, Shutdown>();

  function find(name: string): Peer {
    const found = peers().find(({ row }) => row.name === name || row.address === name);
    if (found !== undefined) return found;
    throw new Error(
      monitored(name)
        ? `${name} is a router's session: nothing can be ordered of it here`
        : `no peer is called ${name}`,
    );
  }

  function clear(peer: Peer, reason: string): string {
    const { session, row } = peer;
    const held = shut.get(row.name);
    if (held !== undefined) throw new Error(`${row.name} is disabled by ${held.by}: enable it first`);
    const { state } = session.status();
    peer.overLimit = null;
    session.reset(ceaseWith(ADMINISTRATIVE_RESET, reason));
    return state === 'Established' ? 'the session is reset' : `the session was ${state}: it begins anew`;
  }

  function disable(peer: Peer, by: string, reason: string): string {
    const { session, row } = peer;
    if (shut.has(row.name)) return 'the session is disabled already';
    shut.set(row.name, { by, reason, since: Date.now() });
    void session.stop(ceaseWith(ADMINISTRATIVE_SHUTDOWN, reason));
    peer.forget();
    return 'the session is disabled until `enable` or the next start of the daemon';
  }

  function enable({ session, row }: Peer): string {
    if (!shut.delete(row.name)) return 'the session is not disabled';
    session.start();
    return 'the session is enabled';
  }

  function refresh({ session, row }: Peer, wanted: 'ipv4' | 'ipv6' | undefined): string {
    const { negotiated, state } = session.status();
    if (negotiated === null) throw new Error(`the session with ${row.name} is ${state}, not Established`);
    const asks = negotiated.capabilities.some(({ code }) =>
      [ROUTE_REFRESH_CAPABILITY, OLD_ROUTE_REFRESH].includes(code),
    );
    if (!asks) throw new Error(`${row.name} does not know route refresh (RFC 2918)`);
    const families = [
      ...(negotiated.ipv4 && wanted !== 'ipv6' ? [{ afi: 1, safi: 1 }] : []),
      ...(negotiated.ipv6 && wanted !== 'ipv4' ? [{ afi: 2, safi: 1 }] : []),
      ...(wanted === undefined ? negotiated.others.filter(family => !isHeld(family)) : []),
    ];
    if (families.length === 0) throw new Error(`the session with ${row.name} carries no ${wanted} routes`);
    for (const family of families) session.send(encodeRouteRefresh(family));
    return `asked for ${families.map(formatFamily).join(', ')} again`;
  }

  function done(peer: Peer, order: Order, by: string): string {
    switch (order.what) {
      case 'clear':
        return clear(peer, order.reason);
      case 'disable':
        return disable(peer, by, order.reason);
      case 'enable':
        return enable(peer);
      case 'refresh':
        return refresh(peer, order.family);
    }
  }

  return {
    carryOut(order, by) {
      const peer = find(order.peer);
      const row = { peer: peer.row.name, done: done(peer, order, by) };
      const words = 'reason' in order && order.reason !== '' ? ` "${order.reason}"` : '';
      log(`${row.peer}: ${order.what}${words} by ${by}: ${row.done}`);
      return row;
    },
    shutdownOf: name => shut.get(name) ?? null,
  };
}

/** What there is to say of a session that was shut, in words. */
export const shutProblems = (shutdown: Shutdown | null): string[] =>
  shutdown === null
    ? []
    : [
        `is disabled since ${new Date(shutdown.since).toISOString().slice(0, 19)}Z by ${shutdown.by}${shutdown.reason === '' ? '' : `: ${shutdown.reason}`}`,
      ];
