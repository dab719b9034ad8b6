/**
 * What one peer is told: the routes of its `announce` block and no others (RFC 8212). The encoder of announcements comes in
 * from outside, and only where there is such a block; here it is a type.
 */
import { AS_SEQUENCE } from '../bgp/as-path.ts';
import { encodeEndOfRib } from '../bgp/end-of-rib.ts';
import type { Negotiated } from '../bgp/negotiate.ts';
import {
  encodeRouteRefresh,
  REFRESH_BEGIN,
  REFRESH_END,
  REFRESH_REQUEST,
  type RouteRefresh,
} from '../bgp/route-refresh.ts';
import type { AnnouncedRoute } from '../config/tree.ts';
import { type Afi, parseAddress } from '../net/address.ts';
import { parseCommunity, parseLargeCommunity } from '../net/community.ts';
import { type Prefix, parsePrefix } from '../net/prefix.ts';

/** The module that writes announcements, once it is loaded. */
export type Encoder = typeof import('../bgp/announce.ts');

/** A route as it goes out over one session. */
export interface ToldRoute extends AnnouncedRoute {
  readonly nextHop: string;
}

/** LOCAL_PREF towards peers of our own AS, which must be sent (RFC 4271 section 5.1.5); the value is every router's default. */
const LOCAL_PREF = 100;
/** Our roles towards a peer whose routes must not go further up (RFC 9234 section 5, egress rule 1). */
const MARKS_OTC: readonly string[] = ['provider', 'peer', 'rs'];

const prefixOf = (text: string): Prefix => parsePrefix(text)!;
const afiOf = ({ prefix }: AnnouncedRoute): Afi => prefixOf(prefix).afi;

/** The routes of a block that a session carries, each with its next hop: its own, or our address of the session. */
export function routesOver(
  block: readonly AnnouncedRoute[],
  { ipv4, ipv6, localAddress }: Pick<Negotiated, 'ipv4' | 'ipv6' | 'localAddress'>,
): ToldRoute[] {
  return block.flatMap(route => {
    const afi = afiOf(route);
    const nextHop = route.nextHop ?? localAddress;
    const carried = afi === 1 ? ipv4 : ipv6;
    return carried && parseAddress(nextHop)?.afi === afi ? [{ ...route, nextHop }] : [];
  });
}

/** What makes a peer that was told `before` know `after`, and no more: withdrawn, and told anew. */
export function difference(
  before: readonly ToldRoute[],
  after: readonly ToldRoute[],
): { readonly withdraw: readonly ToldRoute[]; readonly announce: readonly ToldRoute[] } {
  const [was, is] = [before, after].map(routes => new Map(routes.map(route => [route.prefix, sameness(route)])));
  return {
    withdraw: before.filter(({ prefix }) => !is!.has(prefix)),
    announce: after.filter(route => was!.get(route.prefix) !== sameness(route)),
  };
}

/** All of a route but its prefix, as text: routes in which it is the same can share an UPDATE. */
const sameness = ({ communities, largeCommunities, nextHop, med }: ToldRoute): string =>
  JSON.stringify([communities, largeCommunities, nextHop, med]);

/** UPDATEs for these routes over a session: one for all prefixes that are told alike. */
export function encodeRoutes(encoder: Encoder, routes: readonly ToldRoute[], session: Negotiated): Uint8Array[] {
  const { ebgp, localAs, as4, role } = session;
  const alike = Map.groupBy(routes, route => `${afiOf(route)} ${sameness(route)}`);
  return [...alike.values()].flatMap(group => {
    const { communities, largeCommunities, nextHop, med } = group[0]!;
    return encoder.encodeAnnounce(
      group.map(({ prefix }) => prefixOf(prefix)),
      {
        originCode: 0,
        path: ebgp ? [{ type: AS_SEQUENCE, asns: [localAs] }] : [],
        nextHop,
        communities: communities.map(text => parseCommunity(text)!),
        largeCommunities: largeCommunities.map(text => parseLargeCommunity(text)!),
        ...(med !== undefined && { med }),
        ...(!ebgp && { localPref: LOCAL_PREF }),
        ...(role !== undefined && ebgp && MARKS_OTC.includes(role.ours) && { otc: localAs }),
      },
      { as4 },
    );
  });
}

export interface Announcer {
  /** The session is up: tells all, then End-of-RIB; with nothing to tell, that only to a peer that restarts. */
  up(session: Negotiated, block: readonly AnnouncedRoute[]): void;
  /** Another block holds: tells what is different. */
  change(block: readonly AnnouncedRoute[]): void;
  /** The peer asks for a family again (RFC 2918, RFC 7313). */
  refresh(message: RouteRefresh): void;
  down(): void;
  /** End-of-RIB markers sent, in all sessions. */
  marks(): number;
  /** What the peer knows now; empty while the session is down. */
  told(): readonly ToldRoute[];
}

/** An announcer that sends by `send` and says what. `encoder` must not answer null where a block has routes. */
export function createAnnouncer(
  send: (message: Uint8Array) => void,
  encoder: () => Encoder | null,
  say: (words: string) => void,
): Announcer {
  let session: Negotiated | null = null;
  let told: readonly ToldRoute[] = [];
  let marks = 0;

  function tell(routes: readonly ToldRoute[]): void {
    const loaded = encoder();
    if (loaded === null || session === null) return;
    for (const message of encodeRoutes(loaded, routes, session)) send(message);
    if (routes.length > 0) say(`is told ${routes.map(({ prefix }) => prefix).join(', ')}`);
  }

  return {
    up(agreed, block) {
      session = agreed;
      told = routesOver(block, agreed);
      // One that restarts chooses and sends no route before it has this of everybody (RFC 4724 section 4.1).
      if (block.length === 0 && !agreed.restart?.restarting) return;
      tell(told);
      for (const afi of [1, 2] as const) {
        if (!(afi === 1 ? agreed.ipv4 : agreed.ipv6)) continue;
        send(encodeEndOfRib(afi));
        marks++;
      }
    },
    change(block) {
      if (session === null) return;
      const next = routesOver(block, session);
      const { withdraw, announce } = difference(told, next);
      told = next;
      const gone = withdraw.map(({ prefix }) => prefix);
      if (gone.length > 0) {
        for (const message of encoder()!.encodeWithdraw(gone.map(prefixOf))) send(message);
        say(`is told no more of ${gone.join(', ')}`);
      }
      tell(announce);
    },
    refresh(family) {
      const { afi, safi, subtype } = family;
      if (session === null || subtype !== REFRESH_REQUEST || safi !== 1) return;
      if (!(afi === 1 ? session.ipv4 : afi === 2 && session.ipv6)) return;
      // RFC 7313 section 4.1: what is not told between the marks is no more; with nothing to tell that is said too.
      const { enhancedRefresh } = session;
      if (enhancedRefresh) send(encodeRouteRefresh(family, REFRESH_BEGIN));
      tell(told.filter(route => afiOf(route) === afi));
      if (enhancedRefresh) send(encodeRouteRefresh(family, REFRESH_END));
    },
    down() {
      session = null;
      told = [];
    },
    marks: () => marks,
    told: () => told,
  };
}
