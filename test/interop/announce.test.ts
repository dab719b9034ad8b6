import { expect } from 'chai';
import type { SafetyStatus } from '../../src/control/daemon.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, ROUTERS, type Router, type RouterKind, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { record } from './matrix.ts';

const PORT = 1790;
const OUR_AS = 64500;
const HOLE = '192.0.2.1/32';
const MORE = '198.51.100.128/25';
const SIX = '2001:db8:77::/48';

/** How each router is asked for all it holds of a family, with communities, in its own words. */
const TABLE: Readonly<Record<RouterKind, (family: 'ipv4' | 'ipv6') => readonly string[]>> = {
  bird: family => ['show', 'route', 'all', 'table', family === 'ipv4' ? 'master4' : 'master6'],
  frr: family => [
    ...['-c', `show bgp ${family} unicast json`],
    ...['-c', `show bgp ${family} unicast ${family === 'ipv4' ? HOLE : SIX} json`],
  ],
  gobgp: family => ['global', 'rib', '-a', family, '-j'],
  openbgpd: family => ['show', 'rib', 'detail', family === 'ipv4' ? 'inet' : 'inet6'],
};

/** How each router is made to ask a neighbor for its routes again (RFC 2918); GoBGP never asks, it keeps them. */
const ASKS_AGAIN: Readonly<Record<Exclude<RouterKind, 'gobgp'>, (neighbor: string) => readonly string[]>> = {
  bird: () => ['reload', 'in', 'n0'],
  frr: neighbor => ['-c', `clear bgp ${neighbor} soft in`],
  openbgpd: neighbor => ['neighbor', neighbor, 'refresh'],
};

/** The prefixes in a router's answer, and its words about the communities that are sent here. */
const HELD: Readonly<Record<RouterKind, RegExp>> = {
  bird: /^([\da-f.:]+\/\d+)/gm,
  frr: /"network":\s*"([^"]+)"/g,
  gobgp: /"prefix":"([^"]+)"/g,
  openbgpd: /BGP routing table entry for ([\da-f.:]+\/\d+)/g,
};
const BLACKHOLE: Readonly<Record<RouterKind, RegExp>> = {
  bird: /\(65535,666\)/,
  frr: /blackhole/,
  gobgp: /4294902426/,
  openbgpd: /BLACKHOLE/,
};
const LARGE: Readonly<Record<RouterKind, RegExp>> = {
  bird: /\(64500, 1, 20\)/,
  frr: /64500:1:20/,
  gobgp: /"ASN":64500,"LocalData1":1,"LocalData2":20/,
  openbgpd: /64500:1:20/,
};

describe('interop/announce', function () {
  this.timeout(240_000);

  for (const kind of ROUTERS)
    describe(kind, () => {
      const [ours, theirs] = [loopbackAddress(), loopbackAddress()];
      let daemon: Intertrackd;
      let router: Router;

      const configure = (announce: string, as: number) =>
        daemon.configure(
          [
            `bgp listen ${ours} port ${PORT};`,
            `protocol bgp peer { neighbor ${theirs} port ${PORT} as ${as}; local address ${ours}; connect retry time 1s; ${announce} }`,
          ].join('\n'),
        );
      const safety = async () => (await daemon.ask('show', 'safety'))[0] as SafetyStatus;
      const table = (family: 'ipv4' | 'ipv6') => router.command(...TABLE[kind](family));
      const held = async () => {
        const text = (await table('ipv4')) + (await table('ipv6'));
        return [...new Set([...text.matchAll(HELD[kind])].map(([, prefix]) => prefix!))].sort();
      };
      const holds = (...prefixes: string[]) =>
        until(`the router holds ${prefixes.join(' ')}; it says ${router.log().slice(-300)}`, async () => {
          const now = await held();
          return now.length === prefixes.length && prefixes.every(prefix => now.includes(prefix));
        });

      async function meet(announce: string, as: number): Promise<void> {
        daemon = intertrackd(ours, OUR_AS);
        configure(announce, as);
        router = await startRouter(kind, {
          address: theirs,
          port: PORT,
          as,
          neighbors: [{ address: ours, port: PORT, as: OUR_AS, passive: false }],
          prefixes: [],
        });
        await daemon.start();
        await until('the session is up', async () => (await daemon.neighbor('peer')).state === 'Established', 30_000);
      }

      before(function () {
        skipFor(this, whyNot(kind));
      });
      afterEach(async () => {
        await daemon.close();
        await router.stop();
      });

      it('is told exactly what is listed, and what a reload changes, over one session', async () => {
        await meet(
          `announce {
             prefix ${HOLE} community blackhole, no-export next hop 192.0.2.254;
             prefix ${SIX} large community 64500:1:20 next hop 2001:db8::254;
           }`,
          64496,
        );
        await holds(HOLE, SIX);
        expect(await table('ipv4')).to.match(BLACKHOLE[kind]);
        expect(await table('ipv6')).to.match(LARGE[kind]);
        const since = (await daemon.neighbor('peer')).since;

        configure(
          `announce { prefix ${MORE} next hop 192.0.2.254 med 7; prefix ${HOLE} next hop 192.0.2.254; }`,
          64496,
        );
        await daemon.ask('reload');
        await holds(HOLE, MORE);
        expect(await table('ipv4')).not.to.match(BLACKHOLE[kind]);
        configure('', 64496);
        await daemon.ask('reload');
        await holds();
        expect((await daemon.neighbor('peer')).since, 'the session held all the while').to.equal(since);
        record(kind, 'announce listed prefixes with communities, withdraw by reload');
        expect((await safety()).threads.find(({ thread }) => thread === 'collector')?.encoder).to.be.a('number');
      });

      if (kind !== 'gobgp')
        it('is told all again when it asks', async () => {
          await meet(`announce { prefix ${HOLE} next hop 192.0.2.254; }`, 64496);
          await holds(HOLE);
          const before = (await daemon.neighbor('peer')).messagesSent.update!;
          await router.command(...ASKS_AGAIN[kind](ours));
          await until('it is told', async () => (await daemon.neighbor('peer')).messagesSent.update! > before);
          expect((await daemon.neighbor('peer')).messagesReceived.routeRefresh).to.be.at.least(1);
          await holds(HOLE);
          record(kind, 'route refresh answered');
        });

      it('tells its routes again when it is asked, and comes back when the session is reset', async () => {
        await meet('', 64496);
        await router.announce('203.0.113.0/24');
        await until('its route is here', async () => (await daemon.routes('203.0.113.0/24')).length === 1);
        const updates = async () => (await daemon.neighbor('peer')).messagesReceived.update!;
        const before = await updates();
        await daemon.ask('refresh', 'bgp', 'peer', 'ipv4');
        // OpenBGPD takes the request, and then says of every family that it was not negotiated, which it was.
        if (kind === 'openbgpd')
          await until('it refuses', () => /route refresh: AID IPv4 unicast not/.test(router.log()));
        else await until('it tells them again', async () => (await updates()) > before);
        record(kind, 'route refresh asked by us', kind === 'openbgpd' ? 'refused by it' : 'ok');

        const { since } = await daemon.neighbor('peer');
        await daemon.ask('clear', 'bgp', 'peer', 'reason', 'moving to rack 7');
        await until(
          'another session',
          async () => {
            const now = await daemon.neighbor('peer');
            return now.state === 'Established' && now.since > since;
          },
          30_000,
        );
        expect((await daemon.neighbor('peer')).lastDown).to.include('Administrative Reset "moving to rack 7"');
        await until('its route is here again', async () => (await daemon.routes('203.0.113.0/24')).length === 1);
        record(kind, 'administrative reset by us');
      });

      it('is told over an internal session too', async () => {
        await meet(`announce { prefix ${HOLE} community 64500:66 next hop 192.0.2.254; }`, OUR_AS);
        await holds(HOLE);
      });

      it('is told nothing where nothing is listed, but End-of-RIB when it restarts', async () => {
        await meet('', 64496);
        await router.announce('203.0.113.0/24');
        await until('its route is here', async () => (await daemon.routes('203.0.113.0/24')).length === 1);
        const { messagesSent } = await daemon.neighbor('peer');
        const { threads, peers } = await safety();
        expect(threads.map(({ encoder }) => encoder)).to.deep.equal([null, null]);
        expect(peers.map(({ may, told, updates }) => [may.length, told.length, updates])).to.deep.equal([[0, 0, 0]]);
        expect(peers[0]!.marks).to.equal(messagesSent.update).and.to.be.oneOf([0, 2]);
        expect((await held()).filter(prefix => prefix !== '203.0.113.0/24')).to.deep.equal([]);
      });
    });
});
