import { expect } from 'chai';
import { formatFamily } from '../../src/bgp/family.ts';
import { listenBgp } from '../../src/bgp/listener.ts';
import type { Negotiated } from '../../src/bgp/negotiate.ts';
import { ceaseWith } from '../../src/bgp/notification.ts';
import { encodeRouteRefresh, refreshName } from '../../src/bgp/route-refresh.ts';
import { createSession, type Session } from '../../src/bgp/session.ts';
import { decodeUpdate } from '../../src/bgp/update.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, ROUTERS, type Router, type RouterKind, startRouter, until, whyNot } from './bgp-peers.ts';
import { record } from './matrix.ts';

const OUR_AS = 64500;
const ROUTER_AS = 4200000001;
const PORT = 1790;
const V4 = ['192.0.2.0/24', '198.51.100.0/24'];
const V6 = ['2001:db8:1::/48'];

/** Our end: a session with its listener, and the table that its UPDATEs make. */
interface Station {
  readonly address: string;
  readonly session: Session;
  readonly routes: Set<string>;
  readonly ends: Set<number>;
  /** Reasons why the session went down, in order. */
  readonly falls: string[];
  /** ROUTE-REFRESH messages of the router, in words. */
  readonly refreshes: string[];
  close(): Promise<void>;
}

async function startStation(neighbor: string, passive: boolean): Promise<Station> {
  const address = loopbackAddress();
  const routes = new Set<string>();
  const ends = new Set<number>();
  const falls: string[] = [];
  const refreshes: string[] = [];
  let agreed: Negotiated | null = null;
  const session = createSession({
    config: {
      neighbor,
      neighborPort: PORT,
      neighborAs: ROUTER_AS,
      localAddress: address,
      localAs: OUR_AS,
      passive,
      ipv4: true,
      ipv6: true,
      holdTime: 90_000,
      connectRetry: 1000,
    },
    routerId: address,
    idleHold: { first: 200, most: 2000 },
    handler: {
      stateChanged: () => {},
      established: negotiated => {
        agreed = negotiated;
      },
      update(buffer, start, end) {
        if (agreed === null) throw new Error('UPDATE before Established');
        const update = decodeUpdate(buffer, start, end, agreed);
        expect(update.errors).to.deep.equal([]);
        for (const prefix of update.withdrawn) routes.delete(formatPrefix(prefix));
        for (const prefix of update.announced) routes.add(formatPrefix(prefix));
        if (update.announced.length > 0) expect(update.attributes.path).to.deep.equal([{ type: 2, asns: [ROUTER_AS] }]);
        if (update.endOfRib) ends.add(update.endOfRib.afi);
        return null;
      },
      refresh: message => void refreshes.push(`${refreshName(message.subtype)} ${formatFamily(message)}`),
      down(reason) {
        falls.push(reason);
        routes.clear();
      },
    },
  });
  const listener = await listenBgp(
    { address, port: PORT },
    (socket, source) => source.address === neighbor && session.accept(socket),
  );
  session.start();
  return {
    address,
    session,
    routes,
    ends,
    falls,
    refreshes,
    async close() {
      await session.stop();
      await listener.close();
    },
  };
}

/** Who dials: the station, the router, or both at once. */
type Dialler = 'station' | 'router' | 'both';

describe('interop/session', function () {
  this.timeout(240_000);
  let station: Station;
  let router: Router;

  async function meet(kind: RouterKind, dialler: Dialler): Promise<void> {
    const address = loopbackAddress();
    station = await startStation(address, dialler === 'router');
    router = await startRouter(kind, {
      address,
      port: PORT,
      as: ROUTER_AS,
      neighbors: [{ address: station.address, port: PORT, as: OUR_AS, passive: dialler === 'station' }],
      prefixes: [...V4, ...V6],
    });
    await established();
  }
  const established = () => until('Established', () => station.session.status().state === 'Established', 30_000);
  const holds = (...prefixes: string[]) =>
    until(`routes ${prefixes.join(' ')}; router says ${router.log().slice(-500)}`, () => {
      const { routes } = station;
      return routes.size === prefixes.length && prefixes.every(prefix => routes.has(prefix));
    });

  for (const kind of ROUTERS)
    describe(kind, () => {
      before(function () {
        skipFor(this, whyNot(kind));
      });
      afterEach(async () => {
        await station.close();
        await router.stop();
      });

      for (const dialler of ['station', 'router', 'both'] as const)
        it(`gives its routes of both families when ${dialler === 'both' ? 'both dial' : `the ${dialler} dials`}`, async () => {
          await meet(kind, dialler);
          await holds(...V4, ...V6);
          expect(station.session.status().negotiated).to.include({
            as4: true,
            ipv4: true,
            ipv6: true,
            peerAs: ROUTER_AS,
          });
          await router.announce('203.0.113.0/24', '2001:db8:2::/48');
          await holds(...V4, ...V6, '203.0.113.0/24', '2001:db8:2::/48');
          await router.withdraw('203.0.113.0/24', V6[0]!);
          await holds(...V4, '2001:db8:2::/48');
          // GoBGP 3 marks the end of its table only with graceful restart of its own.
          if (kind !== 'gobgp') expect([...station.ends]).to.have.members([1, 2]);
          expect(station.falls, 'the session held all the while').to.deep.equal([]);
          record(kind, `session, ${dialler === 'both' ? 'both dial' : `the ${dialler} dials`}`);
        });

      it('sends its routes again when it is asked to, between marks where it knows them (RFC 7313)', async () => {
        await meet(kind, 'station');
        await holds(...V4, ...V6);
        const { negotiated, received } = station.session.status();
        for (const afi of [1, 2]) station.session.send(encodeRouteRefresh({ afi, safi: 1 }));
        const feature = negotiated?.enhancedRefresh ? 'enhanced route refresh (RFC 7313)' : 'route refresh (RFC 2918)';
        if (kind === 'openbgpd') {
          // Version 7.7 says of every family that it was not negotiated, sends nothing, and goes on.
          await until('it has heard', () => router.log().split('route refresh: AID').length === 3);
          record(kind, feature, 'no answer');
        } else {
          const { update } = received;
          await until('routes again', () => station.session.status().received.update >= update + 2);
          const marks = ['begin ipv4 unicast', 'end ipv4 unicast', 'begin ipv6 unicast', 'end ipv6 unicast'];
          if (negotiated?.enhancedRefresh)
            await until('the marks', () => marks.every(mark => station.refreshes.includes(mark)));
          record(kind, feature);
        }
        expect(station.falls).to.deep.equal([]);
      });

      it('says the words of its administrator', async () => {
        await meet(kind, 'station');
        await router.shutdown(station.address, 'moving to rack 7');
        await until('the session is down', () => station.falls.length > 0);
        // FRR takes us at our word that a NOTIFICATION alone would not end it for good (RFC 8538 section 3.1).
        const hard = kind === 'frr' ? 'Cease/Hard Reset: ' : '';
        expect(station.falls[0]).to.equal(`received ${hard}Cease/Administrative Shutdown "moving to rack 7"`);
        record(kind, 'shutdown communication received (RFC 9003)');
      });

      it('receives our NOTIFICATION', async () => {
        await meet(kind, 'station');
        await station.session.stop(ceaseWith(2, 'collector goes'));
        await until('the router heard it', () => router.sawCease());
        record(kind, 'shutdown communication sent (RFC 9003)');
      });

      it('is met again after it was restarted', async () => {
        await meet(kind, 'station');
        await holds(...V4, ...V6);
        await router.restart();
        await until('the session fell', () => station.falls.length > 0);
        await established();
        await holds(...V4, ...V6);
      });
    });
});
