import { expect } from 'chai';
import type { RouteRow } from '../../src/collector/messages.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, ROUTERS, type Router, type RouterKind, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const PORT = 1790;
const AS: Readonly<Record<RouterKind, number>> = {
  bird: 4200000001,
  frr: 4200000002,
  gobgp: 4200000003,
  openbgpd: 4200000004,
};
/** A router's own prefixes, by its place in the list. */
const own4 = (kind: RouterKind) => `198.51.${100 + ROUTERS.indexOf(kind)}.0/24`;
const own6 = (kind: RouterKind) => `2001:db8:${1 + ROUTERS.indexOf(kind)}::/48`;

/** One daemon dials all routers, the other one is dialled by them; each router has a session with both. */
describe('interop/daemon-routers', function () {
  this.timeout(240_000);
  const [dialler, waiter] = [loopbackAddress(), loopbackAddress()];
  const addresses = new Map(ROUTERS.map(kind => [kind, loopbackAddress()]));
  const routers = new Map<RouterKind, Router>();
  let dialling: Intertrackd;
  let waiting: Intertrackd;

  const configuration = (address: string, statements: string) =>
    [
      `bgp listen ${address} port ${PORT};`,
      `template bgp border { local address ${address}; connect retry time 1s; ipv4; ipv6; ${statements} }`,
      ...ROUTERS.map(
        kind => `protocol bgp ${kind} from border { neighbor ${addresses.get(kind)} port ${PORT} as ${AS[kind]}; }`,
      ),
    ].join('\n');

  /** A test of each router that is installed. */
  function each(title: (kind: RouterKind) => string, test: (kind: RouterKind) => Promise<void>): void {
    for (const kind of ROUTERS)
      it(title(kind), async function () {
        skipFor(this, whyNot(kind));
        await test(kind);
      });
  }
  const holds = (daemon: Intertrackd, kind: RouterKind, prefix: string, held = true) =>
    until(`${held ? '' : 'no '}${prefix} of ${kind}`, async () => {
      const rows = await daemon.routes(prefix, 'exact', 'peer', kind);
      return rows.length === (held ? 1 : 0);
    });
  const fallen = (daemon: Intertrackd, kind: RouterKind, words: RegExp) =>
    until(`${kind}: ${words}`, async () => words.test((await daemon.neighbor(kind)).lastDown));

  before(async () => {
    dialling = intertrackd(dialler);
    dialling.configure(configuration(dialler, 'hold time 6s;'));
    waiting = intertrackd(waiter);
    waiting.configure(configuration(waiter, 'passive;'));
    const starting = ROUTERS.filter(kind => whyNot(kind) === null).map(async kind => {
      const neighbors = [
        { address: dialler, port: PORT, as: 64500, passive: true },
        { address: waiter, port: PORT, as: 64500, passive: false },
      ];
      const address = addresses.get(kind)!;
      const prefixes = [own4(kind), own6(kind)];
      routers.set(kind, await startRouter(kind, { address, port: PORT, as: AS[kind], neighbors, prefixes }));
    });
    await Promise.all([dialling.start(), waiting.start(), ...starting]);
  });
  after(async () => {
    await Promise.all([dialling.close(), waiting.close(), ...[...routers.values()].map(router => router.stop())]);
  });

  for (const passive of [false, true])
    describe(passive ? 'dialled by the router' : 'dialling the router', () => {
      let daemon: Intertrackd;
      before(() => {
        daemon = passive ? waiting : dialling;
      });

      each(
        kind => `holds the routes of ${kind} with path, next hop and origin`,
        async kind => {
          await holds(daemon, kind, own4(kind));
          await holds(daemon, kind, own6(kind));
          const [four] = await daemon.json<RouteRow[]>('show', 'route', own4(kind), 'peer', kind);
          expect(four).to.include({
            prefix: own4(kind),
            peerAs: AS[kind],
            peerAddress: addresses.get(kind),
            nextHop: addresses.get(kind),
            origin: AS[kind],
            originCode: kind === 'gobgp' ? 'incomplete' : 'IGP',
          });
          expect(four?.path).to.deep.equal([AS[kind]]);
          const [six] = await daemon.json<RouteRow[]>('show', 'route', own6(kind), 'peer', kind);
          expect(six).to.include({ prefix: own6(kind), origin: AS[kind] });
          expect(six?.path).to.deep.equal([AS[kind]]);
          // OpenBGPD has no IPv6 address to put there on a session over IPv4.
          expect(six?.nextHop).to.match(kind === 'openbgpd' ? /^[0-9a-f:.]+$/ : /^2001:db8:ffff::1$/);
          expect(await daemon.neighbor(kind)).to.deep.include({
            state: 'Established',
            passive,
            as4: true,
            families: ['IPv4 unicast', 'IPv6 unicast'],
            holdTime: passive ? 90 : 6,
          });
        },
      );
    });

  describe('a router at work', () => {
    each(
      kind => `follows what ${kind} announces and withdraws`,
      async kind => {
        const router = routers.get(kind)!;
        await router.announce('203.0.113.0/24', '2001:db8:ff::/48');
        for (const daemon of [dialling, waiting]) {
          await holds(daemon, kind, '203.0.113.0/24');
          await holds(daemon, kind, '2001:db8:ff::/48');
        }
        await router.withdraw('203.0.113.0/24', '2001:db8:ff::/48');
        for (const daemon of [dialling, waiting]) {
          await holds(daemon, kind, '203.0.113.0/24', false);
          await holds(daemon, kind, '2001:db8:ff::/48', false);
          await holds(daemon, kind, own4(kind));
          expect((await daemon.neighbor(kind)).lastDown, 'the session held all the while').to.equal('');
        }
      },
    );
  });

  describe('a router that is restarted', () => {
    before(() => Promise.all([...routers.values()].map(router => router.restart())));
    each(
      kind => `${kind} is met again from both sides`,
      async kind => {
        for (const daemon of [dialling, waiting]) {
          await until(`${kind} was lost`, async () => (await daemon.neighbor(kind)).lastDown !== '');
          await until('Established', async () => (await daemon.neighbor(kind)).state === 'Established', 30_000);
          await holds(daemon, kind, own4(kind));
          await holds(daemon, kind, own6(kind));
        }
      },
    );
  });

  describe('a router that falls silent', () => {
    before(() => {
      for (const router of routers.values()) router.freeze();
    });
    after(() => {
      for (const router of routers.values()) router.thaw();
    });
    each(
      kind => `${kind}: the hold timer expires, and its routes go`,
      async kind => {
        await fallen(dialling, kind, /^sent Hold Timer Expired/);
        await holds(dialling, kind, own4(kind), false);
        await holds(waiting, kind, own4(kind));
      },
    );
  });

  describe('a daemon that is ended', () => {
    before(async () => {
      expect(await waiting.end('SIGTERM')).to.equal(0);
    });
    each(
      kind => `${kind} is told by a Cease`,
      kind => until('the router heard it', () => routers.get(kind)!.sawCease()),
    );
  });

  describe('a session that the administrator of the router shuts', () => {
    each(
      kind => `shows the words of ${kind}'s administrator, and keeps them`,
      async kind => {
        await until('the session is back', async () => (await dialling.neighbor(kind)).state === 'Established', 30_000);
        await routers.get(kind)!.shutdown(dialler, 'moving to rack 7');
        // In a Hard Reset from a router that keeps routes through other NOTIFICATIONs (RFC 8538 section 3.1).
        const words = /received (Cease\/Hard Reset: )?Cease\/Administrative Shutdown "moving to rack 7"/;
        await fallen(dialling, kind, words);
        await holds(dialling, kind, own4(kind), false);
        const { stdout } = await dialling.itctl('show', 'bgp', 'neighbor', kind);
        expect(/Last down: +(.*)/.exec(stdout)?.[1]).to.match(words);
      },
    );
  });
});
