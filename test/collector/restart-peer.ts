/** A peer on the route path whose session is played by hand, and whose clock is: what is kept of it over its restarts. */

import type { SessionEnd } from '../../src/bgp/graceful-restart.ts';
import { encodeMessage, UPDATE } from '../../src/bgp/message.ts';
import type { Negotiated } from '../../src/bgp/negotiate.ts';
import { REFRESH_BEGIN, REFRESH_END } from '../../src/bgp/route-refresh.ts';
import { type IngestPeer, noCounts } from '../../src/collector/ingest-peer.ts';
import { createPathCheck } from '../../src/collector/path-check.ts';
import { beginRejudging } from '../../src/collector/rejudge.ts';
import { createRestart, type Slices } from '../../src/collector/restart.ts';
import type { RestartConfig } from '../../src/config/tree.ts';
import { formatPrefix, parsePrefix } from '../../src/net/prefix.ts';
import { type PeerTable, routesOf } from '../../src/rib/adj-rib-in.ts';
import { prefixById } from '../../src/rib/query.ts';
import { handClock } from '../bgp/clock.ts';
import { updateBody } from '../bgp/octets.ts';
import { routePath } from './route-path.ts';

/** The community of RFC 9494 section 5, as octets in hex. */
export const NO_LLGR = 'ffff0007';

/** What the peer says in its OPEN; without `preserved` no F bit, with `seconds` null no graceful restart. */
export interface Said {
  readonly seconds?: number | null;
  readonly notification?: boolean;
  readonly preserved?: boolean;
  /** Seconds of its long-lived stale time. */
  readonly longLived?: number;
  readonly addPath?: boolean;
}

const FAMILIES = [1, 2].map(afi => ({ afi, safi: 1 }));
const hex = (value: number, octets: number) => value.toString(16).padStart(octets * 2, '0');

export function restartPeer(options: Partial<RestartConfig> & { readonly held?: () => boolean } = {}) {
  const path = routePath();
  const { rib } = path;
  const clock = handClock();
  const config = {
    ...{ graceful: true, longLived: true, stalePathTime: 360_000, longLivedStaleTime: 86_400_000, ...options },
  };
  const work: Slices[] = [];
  const said: string[] = [];
  const whole: number[] = [];
  const witnessed = new Set<string>();
  let told: string[] = [];
  let ingest: IngestPeer | null = null;
  let held: PeerTable | null = null;

  /** Does the work in slices, and takes what was told. */
  function settle(): void {
    for (const one of work.splice(0)) while (!one.step());
    for (const line of path.told.splice(0)) {
      const [, what, why, prefix, origin] = line.split(' ');
      told.push(`${what} ${why} ${prefix} ${origin}`);
      if (what === 'held') witnessed.add(prefix!);
      else witnessed.delete(prefix!);
    }
  }

  const restart = createRestart({
    ...{ rib, number: 0, clock, config: () => config, now: () => clock.now() },
    held: () => options.held?.() === true,
    say: words => said.push(words),
    later: one => work.push(one),
    lose: () => path.book.lose(0),
    left: (table, afi, id) => path.ingest.left({ number: 0, table }, afi, id, 'withdraw'),
    whole: afi => whole.push(afi),
    emptied: () => {},
  });

  const nlri = (prefix: string, pathId: number | null) => {
    const { bytes, length } = parsePrefix(prefix)!;
    const octets = Buffer.from(bytes.subarray(0, (length + 7) >> 3)).toString('hex');
    return `${pathId === null ? '' : hex(pathId, 4)}${hex(length, 1)}${octets}`;
  };
  const feed = (withdrawn: string, attributes: string, routes: string) => {
    const message = encodeMessage(UPDATE, updateBody(withdrawn, attributes, routes));
    if (path.ingest.update(ingest!, message, 19, message.length) !== null) throw new Error('it ended the session');
    settle();
  };

  return {
    ...{ rib, restart, registry: path.registry },
    clock: {
      turn(milliseconds: number) {
        clock.turn(milliseconds);
        settle();
      },
    },
    up({ seconds = 120, notification = false, preserved = false, longLived, addPath = false }: Said = {}) {
      const families = FAMILIES.map(family => ({ ...family, preserved }));
      const negotiated: Negotiated = {
        ...{ as4: true, ebgp: true, ipv4: true, ipv6: true, others: [], extendedMessage: false, enhancedRefresh: true },
        ...{
          addPath: addPath ? FAMILIES : [],
          extendedNextHop: [],
          holdTime: 90,
          capabilities: [],
          ourCapabilities: [],
        },
        ...{ peerAs: 64496, peerId: '192.0.2.1', localAs: 64500, localAddress: '', remoteAddress: '' },
        restart: seconds === null ? null : { seconds, restarting: preserved, notification, families },
        longLived: longLived === undefined ? [] : families.map(family => ({ ...family, seconds: longLived })),
      };
      held = restart.up(negotiated);
      ingest = { ...negotiated, number: 0, table: held, counts: noCounts() };
      settle();
    },
    down(end: SessionEnd) {
      ingest = null;
      restart.down(end);
      settle();
    },
    announce(prefix: string, origin: number, communities: readonly string[] = [], pathId: number | null = null) {
      const list = communities.length === 0 ? '' : `c008${hex(communities.length * 4, 1)}${communities.join('')}`;
      const attributes = `400101004002060201${hex(origin, 4)}400304c0000201${list}`;
      feed('', attributes, nlri(prefix, pathId));
    },
    withdraw: (prefix: string, pathId: number | null = null) => feed(nlri(prefix, pathId), '', ''),
    endOfRib(afi: 1 | 2) {
      restart.endOfRib(afi);
      settle();
    },
    /** `early`: End-of-RIB is still to come. */
    refresh(what: 'begin' | 'end', early = false) {
      const subtype = what === 'begin' ? REFRESH_BEGIN : REFRESH_END;
      restart.refresh({ afi: 1, safi: 1, subtype, filters: new Uint8Array(0) }, () => early);
      settle();
    },
    rejudge() {
      const rejudging = beginRejudging(
        rib,
        path.memo,
        path.book,
        createPathCheck(rib, () => undefined),
      );
      while (!rejudging.step());
      settle();
    },
    /** `PREFIX origin`, with path identifier and why the route is stale. */
    held(): string[] {
      const table = rib.tables[0];
      if (!table) return [];
      const rows: string[] = [];
      for (let id = 0; id < rib.ids4.size; id++)
        for (const { pathId, attribute, stale } of routesOf(table, 1, id)) {
          const kind = stale && table.stale4?.kind !== 'refreshing' ? ` ${table.stale4?.kind}` : '';
          const path = pathId === null ? '' : ` path ${pathId}`;
          rows.push(`${formatPrefix(prefixById(rib, 1, id))} ${rib.attributes.originOf(attribute)}${path}${kind}`);
        }
      return rows.sort();
    },
    table: (): PeerTable => held!,
    live: () => rib.attributes.live,
    said: () => said.splice(0),
    whole: () => whole.splice(0),
    /** What the book was told since it was last asked. */
    told(): string[] {
      const lines = told;
      told = [];
      return lines;
    },
    /** Prefixes that the peer is a witness of. */
    witnessed: () => [...witnessed].sort(),
  };
}
