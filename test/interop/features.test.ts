/** What may be agreed on besides the least, with those of the four daemons that know it. */
import { expect } from 'chai';
import type { FamilyRouteRow, NeighborRow, RouteRow } from '../../src/collector/messages.ts';
import { type HandRouter, handRouter } from '../collector/router.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, type Router, type RouterKind, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Collecting, startCollecting } from './collecting.ts';
import { record } from './matrix.ts';

const PORT = 1791;
const AS = 64496;
const lines = (...text: readonly (string | readonly string[])[]) => `${text.flat().join('\n')}\n`;

/** The places that a configuration needs. */
interface Place {
  /** Of the router, of the collector, and of two routers that feed it. */
  readonly router: string;
  readonly us: string;
  readonly feeders: readonly [string, string];
}

/** BIRD with these lines at the top, in its session with us, and the channels of that. */
const bird = ({ router, us, feeders }: Place, top: readonly string[], session: readonly string[]) =>
  lines(
    ['log stderr all;', `router id ${router};`, 'protocol device { scan time 1; }', ...top],
    [`protocol bgp n0 { local ${router} port ${PORT} as ${AS}; neighbor ${us} port ${PORT} as 64500;`],
    ['  multihop 255; strict bind; connect delay time 1; connect retry time 1; error wait time 1, 2;', ...session, '}'],
    feeders.map(
      (feeder, i) =>
        `protocol bgp f${i} { local ${router} port ${PORT} as ${AS}; neighbor ${feeder} as ${64601 + i}; passive; multihop 255; strict bind; ipv4 { import all; export none; }; }`,
    ),
  );

const frr = ({ router, us, feeders }: Place, session: readonly string[], families: readonly string[] = []) =>
  lines(
    ['frr defaults traditional', 'log stdout', `router bgp ${AS}`, ` bgp router-id ${router}`],
    [' no bgp ebgp-requires-policy', ' no bgp network import-check', ' bgp allow-martian-nexthop'],
    [us, ...feeders].flatMap((peer, i) => [
      ` neighbor ${peer} remote-as ${[64500, 64601, 64602][i]}`,
      ` neighbor ${peer} port ${PORT}`,
      ` neighbor ${peer} update-source ${router}`,
      ` neighbor ${peer} ebgp-multihop 255`,
      ` neighbor ${peer} disable-connected-check`,
      ` neighbor ${peer} timers connect 1`,
      ` neighbor ${peer} advertisement-interval 0`,
      ...(i === 0 ? [] : [` neighbor ${peer} passive`]),
    ]),
    session.map(line => ` neighbor ${us} ${line}`),
    families.map(line => ` ${line}`),
    'exit',
  );

const gobgp = ({ router, us, feeders }: Place, families: readonly string[], session: readonly string[] = []) =>
  lines(
    ['[global.config]', `as = ${AS}`, `router-id = "${router}"`, `port = ${PORT}`],
    [`local-address-list = ["${router}"]`],
    [us, ...feeders].flatMap((peer, i) => [
      ...['[[neighbors]]', '[neighbors.config]', `neighbor-address = "${peer}"`],
      `peer-as = ${[64500, 64601, 64602][i]}`,
      ...['[neighbors.timers.config]', 'connect-retry = 1', 'idle-hold-time-after-reset = 1'],
      ...['[neighbors.transport.config]', `local-address = "${router}"`, `remote-port = ${PORT}`],
      `passive-mode = ${i > 0}`,
      ...['[neighbors.ebgp-multihop.config]', 'enabled = true', 'multihop-ttl = 64'],
      ...(i === 0 ? session : []),
      ...(i === 0 ? families : ['ipv4-unicast']).flatMap(family => [
        ...['[[neighbors.afi-safis]]', '[neighbors.afi-safis.config]', `afi-safi-name = "${family}"`],
      ]),
    ]),
  );

const openbgpd = ({ router, us, feeders }: Place, session: readonly string[], top: readonly string[] = []) =>
  lines(
    [`AS ${AS}`, `router-id ${router}`, `listen on ${router} port ${PORT}`, 'fib-update no', 'connect-retry 1'],
    ['nexthop qualify via default', 'socket "SOCKET"', ...top],
    [us, ...feeders].flatMap((peer, i) => [
      ...[`neighbor ${peer} {`, `  remote-as ${[64500, 64601, 64602][i]}`, `  port ${PORT}`],
      ...[`  local-address ${router}`, '  multihop 255', '  enforce neighbor-as no'],
      ...(i === 0 ? session : ['  passive']),
      '}',
    ]),
    ['allow from any', 'allow to any'],
  );

interface Scenario {
  readonly feature: string;
  readonly kind: RouterKind;
  /** Of our session. */
  readonly ours: string;
  readonly config: (place: Place) => string;
  /** Feeds it the same prefix over two paths. */
  readonly fed?: true;
  readonly check: (station: Collecting, router: Router) => Promise<void>;
}

const agreement = async (station: Collecting): Promise<NonNullable<NeighborRow['agreement']>> => {
  const { agreement: found } = await station.neighbor('r');
  if (!found) throw new Error('nothing is agreed on');
  return found;
};

/** Waits for routes of a family; the answer is their texts. */
async function familyRoutes(station: Collecting, family: string, count: number): Promise<readonly FamilyRouteRow[]> {
  let rows: readonly FamilyRouteRow[] = [];
  await until(`${count} routes of ${family}`, async () => {
    rows = await station.ask<FamilyRouteRow>({ about: 'family', family });
    return rows.length === count;
  });
  return rows;
}

/** So many communities that their route fits no message of 4096 octets. */
const COMMUNITIES = Array.from({ length: 1100 }, (_, i) => i + 1);

const longMessages = async (station: Collecting) => {
  expect((await agreement(station)).extendedMessage).to.equal(true);
  let rows: readonly RouteRow[] = [];
  await until('the route', async () => {
    rows = await station.ask<RouteRow>({ about: 'route', prefix: '192.0.2.0/24', scope: 'exact' });
    return rows.length === 1;
  });
  expect(rows[0]?.communities).to.have.length(COMMUNITIES.length);
};

const severalPaths = async (station: Collecting) => {
  expect((await agreement(station)).addPath).to.include('ipv4 unicast');
  let rows: readonly RouteRow[] = [];
  await until('both paths', async () => {
    rows = await station.ask<RouteRow>({ about: 'route', prefix: '10.0.1.0/24', scope: 'exact' });
    return rows.length === 2;
  });
  expect(rows.map(({ path }) => path.at(-1)).sort()).to.deep.equal([64601, 64602]);
  expect(new Set(rows.map(({ pathId }) => pathId)).size).to.equal(2);
};

const roles = async (station: Collecting) => {
  expect((await agreement(station)).role).to.deep.equal({ ours: 'customer', theirs: 'provider' });
};

const SCENARIOS: readonly Scenario[] = [
  {
    feature: 'extended messages (RFC 8654)',
    kind: 'bird',
    ours: 'ipv4;',
    config: place =>
      bird(
        place,
        [
          'protocol static { ipv4; route 192.0.2.0/24 blackhole; }',
          `filter wordy { ${COMMUNITIES.map(n => `bgp_community.add((64496, ${n}));`).join(' ')} accept; }`,
        ],
        ['enable extended messages; ipv4 { import none; export filter wordy; next hop self; };'],
      ),
    check: longMessages,
  },
  {
    feature: 'extended messages (RFC 8654)',
    kind: 'frr',
    ours: 'ipv4;',
    config: place =>
      lines(
        Array.from({ length: 11 }, (_, i) => {
          const run = COMMUNITIES.slice(i * 100, i * 100 + 100).map(n => `64496:${n}`);
          return `route-map LONG permit ${i + 1}\n set community ${run.join(' ')} additive\n${i < 10 ? ' on-match next\n' : ''}exit`;
        }),
        frr(place, [], ['network 192.0.2.0/24 route-map LONG']),
      ),
    check: longMessages,
  },
  {
    feature: 'several paths (RFC 7911)',
    kind: 'bird',
    ours: 'ipv4; add paths;',
    fed: true,
    config: place => bird(place, [], ['ipv4 { import none; export all; next hop self; add paths tx; };']),
    check: severalPaths,
  },
  {
    feature: 'several paths (RFC 7911)',
    kind: 'frr',
    ours: 'ipv4; add paths;',
    fed: true,
    config: place => frr(place, ['addpath-tx-all-paths']),
    check: severalPaths,
  },
  {
    feature: 'several paths (RFC 7911)',
    kind: 'gobgp',
    ours: 'ipv4; add paths;',
    fed: true,
    config: place => gobgp(place, ['ipv4-unicast'], ['[neighbors.add-paths.config]', 'send-max = 8']),
    check: severalPaths,
  },
  {
    feature: 'several paths (RFC 7911)',
    kind: 'openbgpd',
    ours: 'ipv4; add paths;',
    fed: true,
    config: place => openbgpd(place, ['  announce add-path send all']),
    check: severalPaths,
  },
  {
    feature: 'roles (RFC 9234)',
    kind: 'bird',
    ours: 'ipv4; role customer strict;',
    config: place => bird(place, [], ['local role provider; require roles; ipv4 { import none; export all; };']),
    check: roles,
  },
  {
    feature: 'roles (RFC 9234)',
    kind: 'frr',
    ours: 'ipv4; role customer strict;',
    config: place => frr(place, ['local-role provider strict-mode']),
    check: roles,
  },
  {
    feature: 'roles (RFC 9234)',
    kind: 'openbgpd',
    ours: 'ipv4; role customer strict;',
    config: place => openbgpd(place, ['  announce policy provider enforce']),
    check: roles,
  },
  {
    feature: 'route leaks (RFC 9234)',
    kind: 'bird',
    ours: 'ipv4; role provider;',
    config: place =>
      bird(
        place,
        [
          'protocol static { ipv4; route 192.0.2.0/24 blackhole; route 198.51.100.0/24 blackhole; }',
          'filter leaky { if net = 192.0.2.0/24 then bgp_otc = 64999; accept; }',
        ],
        ['ipv4 { import none; export filter leaky; next hop self; };'],
      ),
    async check(station) {
      await until('the routes', async () => (await station.neighbor('r')).prefixes4 === 2);
      expect((await station.neighbor('r')).leaks).to.equal(1);
      const [leak] = await station.ask<RouteRow>({ about: 'route', prefix: '192.0.2.0/24', scope: 'exact' });
      expect(leak?.leak).to.equal('route leak: a customer sent ONLY_TO_CUSTOMER 64999');
    },
  },
  {
    feature: 'labelled (RFC 8277)',
    kind: 'frr',
    // FRR has either plain or labelled unicast with a neighbor.
    ours: 'ipv4 no; ipv6 no; ipv4 labelled; ipv6 labelled;',
    config: place =>
      frr(
        place,
        [],
        [
          ...['address-family ipv4 unicast', ` no neighbor ${place.us} activate`, 'exit-address-family'],
          ...['address-family ipv4 labeled-unicast', ` neighbor ${place.us} activate`, 'exit-address-family'],
          ...['address-family ipv6 labeled-unicast', ` neighbor ${place.us} activate`, 'exit-address-family'],
        ],
      ),
    async check(station) {
      expect((await station.neighbor('r')).families).to.deep.equal(['IPv4 labelled', 'IPv6 labelled']);
    },
  },
  {
    feature: 'multicast (RFC 4760)',
    kind: 'gobgp',
    ours: 'ipv4; ipv4 multicast;',
    config: place => gobgp(place, ['ipv4-unicast', 'ipv4-multicast']),
    async check(station) {
      expect((await station.neighbor('r')).families).to.deep.equal(['IPv4 unicast', 'IPv4 multicast']);
    },
  },
  {
    feature: 'multicast (RFC 4760)',
    kind: 'bird',
    ours: 'ipv4; ipv4 multicast;',
    config: place =>
      bird(
        place,
        ['ipv4 table m4;', 'protocol static { ipv4 { table m4; }; route 192.0.2.0/24 blackhole; }'],
        ['ipv4 { import none; export all; };', 'ipv4 multicast { table m4; import none; export all; next hop self; };'],
      ),
    async check(station) {
      expect((await familyRoutes(station, 'ipv4 multicast', 1))[0]?.route).to.equal('192.0.2.0/24');
    },
  },
  {
    feature: 'multicast (RFC 4760)',
    kind: 'frr',
    ours: 'ipv4; ipv4 multicast;',
    config: place =>
      frr(
        place,
        [],
        [
          ...['address-family ipv4 multicast', ' network 192.0.2.0/24', ` neighbor ${place.us} activate`],
          'exit-address-family',
        ],
      ),
    async check(station) {
      expect((await familyRoutes(station, 'ipv4 multicast', 1))[0]?.route).to.equal('192.0.2.0/24');
    },
  },
  {
    feature: 'labelled (RFC 8277)',
    kind: 'gobgp',
    ours: 'ipv4; ipv4 labelled;',
    config: place => gobgp(place, ['ipv4-unicast', 'ipv4-labelled-unicast']),
    async check(station, router) {
      await router.command('global', 'rib', '-a', 'ipv4-mpls', 'add', '192.0.2.0/24', '1000');
      expect((await familyRoutes(station, 'ipv4 labelled', 1))[0]?.route).to.equal('192.0.2.0/24 label 1000');
    },
  },
  {
    feature: 'VPN (RFC 4364)',
    kind: 'frr',
    ours: 'ipv4; ipv4 vpn;',
    config: place =>
      frr(
        place,
        [],
        [
          ...[
            'address-family ipv4 vpn',
            ' network 192.0.2.0/24 rd 65000:1 label 1000',
            ` neighbor ${place.us} activate`,
          ],
          'exit-address-family',
        ],
      ),
    async check(station) {
      expect((await familyRoutes(station, 'ipv4 vpn', 1))[0]?.route).to.match(
        /^192\.0\.2\.0\/24 rd 65000:1 label \d+$/,
      );
    },
  },
  {
    feature: 'VPN (RFC 4364)',
    kind: 'gobgp',
    ours: 'ipv4; ipv4 vpn; ipv6 vpn;',
    config: place => gobgp(place, ['ipv4-unicast', 'l3vpn-ipv4-unicast', 'l3vpn-ipv6-unicast']),
    async check(station, router) {
      const vpn = ['label', '1000', 'rd', '65000:1', 'rt', '65000:2'];
      await router.command('global', 'rib', '-a', 'vpnv4', 'add', '192.0.2.0/24', ...vpn);
      await router.command('global', 'rib', '-a', 'vpnv6', 'add', '2001:db8::/32', ...vpn);
      const [v4] = await familyRoutes(station, 'ipv4 vpn', 1);
      expect(v4?.route).to.equal('192.0.2.0/24 rd 65000:1 label 1000');
      expect(v4?.attributes).to.deep.include({ name: 'EXTENDED_COMMUNITIES', text: 'rt 65000:2' });
      expect((await familyRoutes(station, 'ipv6 vpn', 1))[0]?.route).to.equal('2001:db8::/32 rd 65000:1 label 1000');
    },
  },
  {
    feature: 'VPN (RFC 4364)',
    kind: 'bird',
    ours: 'ipv4; ipv4 vpn;',
    config: place =>
      bird(
        place,
        ['vpn4 table v4;', 'protocol static { vpn4 { table v4; }; route 65000:1 192.0.2.0/24 blackhole; }'],
        ['ipv4 { import none; export all; };', 'vpn4 mpls { table v4; import none; export all; next hop self; };'],
      ),
    async check(station) {
      expect((await familyRoutes(station, 'ipv4 vpn', 1))[0]?.route).to.match(
        /^192\.0\.2\.0\/24 rd 65000:1 label \d+$/,
      );
    },
  },
  {
    feature: 'VPN (RFC 4364)',
    kind: 'openbgpd',
    ours: 'ipv4; ipv4 vpn;',
    config: place => openbgpd(place, ['  announce IPv4 unicast', '  announce IPv4 vpn']),
    async check(station) {
      expect((await station.neighbor('r')).families).to.deep.equal(['IPv4 unicast', 'IPv4 vpn']);
    },
  },
  {
    feature: 'FlowSpec (RFC 8955)',
    kind: 'bird',
    ours: 'ipv4; ipv4 flowspec; ipv6 flowspec;',
    config: place =>
      bird(
        place,
        [
          ...['flow4 table fl4;', 'flow6 table fl6;', 'protocol static { flow4 { table fl4; };'],
          'route flow4 { dst 192.0.2.0/24; proto = 6; dport 80, 8000..8080; tcp flags 0x2/0x12; }; }',
          'protocol static { flow6 { table fl6; }; route flow6 { dst 2001:db8::/32; next header = 17; }; }',
        ],
        [
          'ipv4 { import none; export all; };',
          'flow4 { table fl4; import none; export all; }; flow6 { table fl6; import none; export all; };',
        ],
      ),
    async check(station) {
      expect((await familyRoutes(station, 'ipv4 flowspec', 1))[0]?.route).to.equal(
        'destination 192.0.2.0/24 protocol ==6 destination-port ==80 >=8000&<=8080 tcp-flags =syn&!ack',
      );
      expect((await familyRoutes(station, 'ipv6 flowspec', 1))[0]?.route).to.equal(
        'destination 2001:db8::/32 upper-layer-protocol ==17',
      );
    },
  },
  {
    feature: 'FlowSpec (RFC 8955)',
    kind: 'gobgp',
    ours: 'ipv4; ipv4 flowspec; ipv4 flowspec vpn;',
    config: place => gobgp(place, ['ipv4-unicast', 'ipv4-flowspec', 'l3vpn-ipv4-flowspec']),
    async check(station, router) {
      const match = ['match', 'destination', '192.0.2.0/24', 'protocol', 'tcp', 'then', 'discard'];
      await router.command('global', 'rib', '-a', 'ipv4-flowspec', 'add', ...match);
      await router.command('global', 'rib', '-a', 'ipv4-l3vpn-flowspec', 'add', 'rd', '65000:1', ...match);
      const [flow] = await familyRoutes(station, 'ipv4 flowspec', 1);
      expect(flow?.route).to.equal('destination 192.0.2.0/24 protocol ==6');
      expect(flow?.attributes.find(({ name }) => name === 'EXTENDED_COMMUNITIES')?.text).to.match(/rate/);
      expect((await familyRoutes(station, 'ipv4 flowspec vpn', 1))[0]?.route).to.equal(
        'destination 192.0.2.0/24 protocol ==6 rd 65000:1',
      );
    },
  },
];

describe('interop/features', function () {
  this.timeout(240_000);
  let station: Collecting;
  let router: Router | null = null;
  const fed: HandRouter[] = [];
  afterEach(async () => {
    for (const one of fed.splice(0)) one.close();
    await station.stop();
    await router?.stop();
    router = null;
  });

  for (const { feature, kind, ours, config, fed: wantsPaths, check } of SCENARIOS)
    it(`${feature} with ${kind}`, async function () {
      const place: Place = {
        router: loopbackAddress(),
        us: loopbackAddress(),
        feeders: [loopbackAddress(), loopbackAddress()],
      };
      station = await startCollecting(
        place.us,
        PORT,
        `protocol bgp r { neighbor ${place.router} port ${PORT} as ${AS}; local address ${place.us}; connect retry time 1s; ${ours} }`,
      );
      skipFor(this, whyNot(kind));
      router = await startRouter(kind, {
        ...{ address: place.router, port: PORT, as: AS, neighbors: [], prefixes: [] },
        config: config(place),
      });
      if (wantsPaths) {
        for (const [i, feeder] of place.feeders.entries())
          fed.push(handRouter({ host: place.router, port: PORT }, feeder, 64601 + i));
        await Promise.all(fed.map(({ established }) => established));
        for (const one of fed) one.announce(1, 1);
      }
      await station.up('r');
      await check(station, router);
      record(kind, feature);
    });
});
