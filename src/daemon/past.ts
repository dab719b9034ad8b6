/** The past of prefixes: what the archive tells, with the names of today's peers and the verdicts of today's registry. */
import type { RouteRow, SummaryRow } from '../collector/messages.ts';
import type { CollectorThread } from '../collector/thread.ts';
import type { Daemon } from '../control/daemon.ts';
import type { PastRoute } from '../mrt/archive-reader.ts';
import { parsePrefix } from '../net/prefix.ts';
import type { Registry } from '../registry/registry.ts';
import { NO_ORIGIN } from '../registry/snapshot-builder.ts';
import type { Archive } from './archive.ts';

export type Past = Pick<Daemon, 'routesAt' | 'routeHistory'>;

export function createPast(
  archive: Pick<Archive, 'ask'>,
  collector: Pick<CollectorThread, 'query'>,
  registry: Pick<Registry, 'decide'>,
): Past {
  /** Names by address and AS; a peer that is no more is called by its address. */
  async function names(): Promise<(peer: { readonly peerAddress: string; readonly peerAs: number }) => string> {
    const { rows } = await collector.query({ about: 'summary' });
    const known = new Map((rows as readonly SummaryRow[]).map(({ peer, address, as }) => [`${address} ${as}`, peer]));
    return ({ peerAddress, peerAs }) => known.get(`${peerAddress} ${peerAs}`) ?? peerAddress;
  }

  function rowOf(route: PastRoute, peer: string): RouteRow {
    const { state, rov } = registry.decide(parsePrefix(route.prefix)!, route.origin ?? NO_ORIGIN);
    return { ...route, peer, state, rov };
  }

  return {
    async routesAt(question) {
      const [{ routes, remarks }, nameOf] = await Promise.all([archive.ask({ about: 'at', ...question }), names()]);
      return { rows: routes.map(route => rowOf(route, nameOf(route))), remarks };
    },
    async routeHistory(question) {
      const [{ events, remarks }, nameOf] = await Promise.all([
        archive.ask({ about: 'history', ...question }),
        names(),
      ]);
      const rows = events.map(event => {
        const peer = nameOf(event);
        return { ...event, peer, route: event.route === null ? null : rowOf(event.route, peer) };
      });
      return { rows, remarks };
    },
  };
}
