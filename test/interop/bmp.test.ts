import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import type { SummaryRow } from '../../src/collector/messages.ts';
import type { HistoryRow } from '../../src/control/daemon.ts';
import type { Case } from '../../src/hijack/case.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, type Router, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { record } from './matrix.ts';

const ROUTER_AS = 64501;
const FEED_AS = 64496;
const PORT = 1790;
const V4 = ['192.0.2.0/24', '198.51.100.0/24'];
const V6 = '2001:db8:1::/48';
const WATCHED = '203.0.113.0/24';

/** A BIRD that announces routes to a router, which reports them to intertrackd. */
describe('interop/bmp', function () {
  this.timeout(240_000);
  let daemon: Intertrackd;
  let router: Router;
  let feed: Router;
  /** What the daemon calls the BIRD behind the router. */
  let peer: string;

  const summary = async (name = peer) =>
    ((await daemon.ask('show', 'bgp', 'summary')) as SummaryRow[]).find(row => row.peer === name);
  const holds = (prefixes: number, name = peer) =>
    until(`${name} holds ${prefixes}\n${daemon.log().slice(-3000)}\n${router.log().slice(-1000)}`, async () => {
      const row = await summary(name);
      return row?.state === 'Established' && row.prefixes === prefixes;
    });
  const openCases = async () => (await daemon.cases()).filter(({ state }) => state !== 'resolved');
  const caseIs = (state: Case['state']) =>
    until(`a case is ${state}`, async () => (await daemon.cases()).some(one => one.state === state), 30_000);

  for (const kind of ['frr', 'gobgp'] as const)
    describe(kind, () => {
      before(async function () {
        skipFor(this, whyNot(kind) ?? whyNot('bird'));
        const station = { address: '127.0.0.1', port: randomInt(20_000, 30_000), name: 'edge1' };
        daemon = intertrackd('192.0.2.10');
        daemon.configure(`
          protocol bmp edge {
            description "border routers";
            listen ${station.address} port ${station.port};
            allow 127.0.0.1/32;
            rib pre-policy, loc-rib;
          }
          archive mrt { updates 1h; }
          watch dns { prefix ${WATCHED} origin 64511; hold down 0s; }`);
        await daemon.start();
        const [routerAddress, feedAddress] = [loopbackAddress(), loopbackAddress()];
        peer = `edge1/${feedAddress}`;
        router = await startRouter(kind, {
          address: routerAddress,
          port: PORT,
          as: ROUTER_AS,
          neighbors: [{ address: feedAddress, port: PORT, as: FEED_AS, passive: true }],
          prefixes: [],
          bmp: station,
        });
        feed = await startRouter('bird', {
          address: feedAddress,
          port: PORT,
          as: FEED_AS,
          neighbors: [{ address: routerAddress, port: PORT, as: ROUTER_AS, passive: false }],
          prefixes: [...V4, V6],
        });
      });
      after(async () => {
        await feed?.stop();
        await router?.stop();
        await daemon?.close();
      });

      it('archives what a peer behind the router sends', async () => {
        await holds(3);
        const [now] = await daemon.routes(V4[0]!, 'exact', 'peer', peer);
        let then: readonly unknown[] = [];
        await until('it is in the archive', async () => {
          then = await daemon.routes(V4[0]!, 'at', '-0s', 'exact', 'peer', peer).catch((error: Error) => {
            if (error.message.startsWith('the archive has nothing')) return [];
            throw error;
          });
          return then.length === 1;
        });
        expect(then).to.deep.equal([now]);
        // The other family comes in messages of its own, which reach the disk when they do.
        let events: readonly HistoryRow[] = [];
        const words = ['show', 'route', 'history', V6, 'since', '-10m', 'peer', peer];
        await until('the other family is in the archive', async () => {
          events = (await daemon.ask(...words)) as HistoryRow[];
          return events.length > 0;
        });
        expect(events.map(({ what }) => what)).to.deep.equal(['announce']);
      });
      it('shows the routes of a peer behind the router', async () => {
        await holds(3);
        const [row] = await daemon.routes(V4[0]!, 'exact', 'peer', peer);
        expect(row).to.include({ peer, peerAs: FEED_AS, origin: FEED_AS, nextHop: feed.setup.address });
        expect(row!.path.at(-1)).to.equal(FEED_AS);
        const [row6] = await daemon.routes(V6, 'exact', 'peer', peer);
        expect(row6).to.include({ prefix: V6, origin: FEED_AS, nextHop: '2001:db8:ffff::1' });
        record(kind, 'BMP (RFC 7854)');
      });

      it('says which router monitors it', async () => {
        const row = await daemon.neighbor(peer);
        expect(row).to.include({ as: FEED_AS, state: 'Established', description: 'border routers', prefixes6: 1 });
        expect(row).to.include({ peerId: feed.setup.address, localAddress: router.setup.address });
        expect(row.monitoring).to.include({
          router: 'edge1',
          routerAddress: '127.0.0.1',
          rib: 'pre-policy',
          assumed: false,
          unreadable: 0,
        });
        expect(row.families).to.deep.equal(['IPv4 unicast', 'IPv6 unicast']);
        expect((await daemon.itctl('show', 'bgp', 'neighbor', peer)).stdout).to.match(
          /Monitored:? +by edge1 \(127\.0\.0\.1\), pre-policy\n/,
        );
      });

      if (kind === 'gobgp')
        it('takes the routes of a Loc-RIB that comes without a Peer Up', async () => {
          const locRib = `edge1/${router.setup.address} (loc-rib)`;
          await holds(1, locRib); // the IPv4 routes have a next hop that GoBGP does not accept
          const row = await daemon.neighbor(locRib);
          expect(row.monitoring).to.include({ rib: 'loc-rib', assumed: true });
          expect(daemon.log()).to.include('without a Peer Up: taken with what their header says');
        });
      else
        it('counts the routes of tables that are not taken, and says so', () => {
          expect(daemon.log()).to.include('post-policy routes, which are not taken (rib pre-policy, loc-rib)');
        });

      it('opens a case when a watched prefix is announced, and ends it when it is withdrawn', async () => {
        await feed.announce(WATCHED);
        await caseIs('ongoing');
        const [one] = await openCases();
        expect(one).to.include({ prefix: WATCHED, offender: FEED_AS });
        expect(one!.witnesses.map(witness => [witness.peer, witness.as, witness.state])).to.deep.include([
          peer,
          FEED_AS,
          'holds',
        ]);
        await feed.withdraw(WATCHED);
        await caseIs('resolved');
        expect(await openCases()).to.deep.equal([]);
      });

      it('puts a peer out of sight while the router is away, and ends no case for that', async () => {
        await feed.announce(WATCHED);
        await caseIs('ongoing');
        expect((await daemon.itctl('reload')).status).to.equal(0);
        expect(
          (await openCases()).map(({ state }) => state),
          'after a reload',
        ).to.deep.equal(['ongoing']);
        await router.stop();
        await caseIs('unseen');
        expect(await summary()).to.include({ state: 'Unseen', prefixes: 0 });
        router = await startRouter(kind, router.setup);
        await holds(4);
        await caseIs('ongoing');
        await feed.withdraw(WATCHED);
        await until('no case is open', async () => (await openCases()).length === 0, 30_000);
      });

      it('says why the router lost its peer', async () => {
        await holds(3);
        await feed.shutdown(router.setup.address, 'moving to rack 7');
        await until('the peer is down', async () => (await summary())?.state === 'Down');
        expect((await summary())!.lastError).to.equal(
          'the peer ended the session, sent Cease/Administrative Shutdown "moving to rack 7"',
        );
      });
    });
});
