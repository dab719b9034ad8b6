/** Restarts of real routers, killed without a word: what of their routes is kept, and what is swept when they are back. */
import { rmSync } from 'node:fs';
import { expect } from 'chai';
import type { RouteRow } from '../../src/collector/messages.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, type Router, type RouterKind, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Collecting, startCollecting } from './collecting.ts';
import { record } from './matrix.ts';

const PORT = 1792;
const AS = 64496;
const [KEPT, LOST] = ['192.0.2.0/24', '198.51.100.0/24'];
const lines = (...text: readonly (string | readonly string[])[]) => `${text.flat().join('\n')}\n`;

interface Place {
  readonly router: string;
  readonly us: string;
}

const bird = ({ router, us }: Place, prefixes: readonly string[], longLived: readonly string[] = []) =>
  lines(
    ['log stderr all;', `router id ${router};`, 'graceful restart wait 10;', 'protocol device { scan time 1; }'],
    ['protocol static { ipv4;', ...prefixes.map(prefix => `route ${prefix} blackhole;`), '}'],
    [`protocol bgp n0 { local ${router} port ${PORT} as ${AS}; neighbor ${us} port ${PORT} as 64500;`],
    ['  multihop 255; strict bind; connect delay time 1; connect retry time 1; error wait time 1, 2;'],
    ['  graceful restart on;', ...longLived],
    ['  ipv4 { import none; export all; next hop self; };', '}'],
  );

const frr = ({ router, us }: Place, prefixes: readonly string[]) =>
  lines(
    ['frr defaults traditional', 'log stdout', `router bgp ${AS}`, ` bgp router-id ${router}`],
    [' no bgp ebgp-requires-policy', ' no bgp network import-check', ' coalesce-time 10'],
    [' bgp graceful-restart', ' bgp graceful-restart preserve-fw-state', ' bgp graceful-restart restart-time 30'],
    [` neighbor ${us} remote-as 64500`, ` neighbor ${us} port ${PORT}`, ` neighbor ${us} update-source ${router}`],
    [` neighbor ${us} ebgp-multihop 255`, ` neighbor ${us} disable-connected-check`],
    [` neighbor ${us} timers connect 1`, ` neighbor ${us} advertisement-interval 0`],
    prefixes.map(prefix => ` network ${prefix}`),
    'exit',
  );

const gobgp = ({ router, us }: Place, _: readonly string[], longLived = false) =>
  lines(
    ['[global.config]', `as = ${AS}`, `router-id = "${router}"`, `port = ${PORT}`],
    [`local-address-list = ["${router}"]`],
    ['[[neighbors]]', '[neighbors.config]', `neighbor-address = "${us}"`, 'peer-as = 64500'],
    ['[neighbors.timers.config]', 'connect-retry = 1', 'idle-hold-time-after-reset = 1'],
    ['[neighbors.transport.config]', `local-address = "${router}"`, `remote-port = ${PORT}`],
    ['[neighbors.ebgp-multihop.config]', 'enabled = true', 'multihop-ttl = 64'],
    ['[neighbors.graceful-restart.config]', 'enabled = true', 'restart-time = 20', 'deferral-time = 1'],
    longLived ? ['long-lived-enabled = true'] : [],
    ['[[neighbors.afi-safis]]', '[neighbors.afi-safis.config]', 'afi-safi-name = "ipv4-unicast"'],
    ['[neighbors.afi-safis.mp-graceful-restart.config]', 'enabled = true'],
    longLived
      ? ['[neighbors.afi-safis.long-lived-graceful-restart.config]', 'enabled = true', 'restart-time = 100']
      : [],
  );

describe('interop/graceful-restart', function () {
  this.timeout(240_000);
  let station: Collecting;
  let router: Router | null = null;
  afterEach(async () => {
    await station.stop();
    await router?.stop();
    router = null;
  });

  /** `PREFIX`, and `PREFIX stale` or `PREFIX llgr-stale`. */
  const held = async (): Promise<readonly string[]> => {
    const rows = await station.ask<RouteRow>({ about: 'route', prefix: '0.0.0.0/0', scope: 'longer' });
    return rows.map(({ prefix, stale }) => `${prefix}${stale === undefined ? '' : ` ${stale.kind}`}`).sort();
  };
  async function holds(...wanted: readonly string[]): Promise<void> {
    let rows: readonly string[] = [];
    try {
      await until(
        'the routes',
        async () => {
          rows = await held();
          return rows.join() === wanted.join();
        },
        40_000,
      );
    } catch {
      throw new Error(`held: ${rows.join(', ')}; wanted: ${wanted.join(', ')}; ${station.log().slice(-12).join('; ')}`);
    }
  }

  async function begin(
    context: Mocha.Context,
    kind: RouterKind,
    config: (place: Place) => string,
    ours = '',
  ): Promise<{ readonly place: Place; readonly peer: Router }> {
    const place = { router: loopbackAddress(), us: loopbackAddress() };
    const words = `protocol bgp r { neighbor ${place.router} port ${PORT} as ${AS}; local address ${place.us}; ipv4; connect retry time 1s; ${ours} }`;
    station = await startCollecting(place.us, PORT, words);
    skipFor(context, whyNot(kind));
    const setup = { address: place.router, port: PORT, as: AS, neighbors: [], prefixes: [] };
    router = await startRouter(kind, { ...setup, config: config(place) });
    await station.up('r');
    return { place, peer: router };
  }
  const add = (peer: Router, prefix: string) => peer.command('global', 'rib', 'add', prefix, '-a', 'ipv4');

  it('sweeps what a BIRD that was killed does not announce again', async function () {
    const { place, peer } = await begin(this, 'bird', place => bird(place, [KEPT, LOST]));
    await holds(KEPT, LOST);
    await peer.kill();
    await holds(`${KEPT} stale`, `${LOST} stale`);
    expect((await station.neighbor('r')).restart?.[0]).to.include({ state: 'restarting', stale: 2 });
    await peer.restart(bird(place, [KEPT]), '-R');
    await station.up('r');
    await holds(KEPT);
    expect((await station.neighbor('r')).restart).to.equal(undefined);
    expect(station.log().join('\n')).to.include(
      '1 stale IPv4 routes are removed: not announced again before End-of-RIB',
    );
    record('bird', 'graceful restart (RFC 4724)');
  });

  it('drops the routes of a BIRD that is back and has preserved nothing', async function () {
    const { place, peer } = await begin(this, 'bird', place => bird(place, [KEPT, LOST]));
    await holds(KEPT, LOST);
    await peer.kill();
    await holds(`${KEPT} stale`, `${LOST} stale`);
    await peer.restart(bird(place, [KEPT]));
    await station.up('r');
    await holds(KEPT);
    expect(station.log().join('\n')).to.include('it is back and has not preserved them');
  });

  it('keeps the routes of a BIRD that is away for long, but for those it marks', async function () {
    const longLived = [
      '  graceful restart time 2;',
      '  long lived graceful restart on;',
      '  long lived stale time 100;',
    ];
    const config = (place: Place) =>
      bird(place, [KEPT, LOST], longLived).replace(
        'export all;',
        `export filter { if net = ${LOST} then bgp_community.add((65535, 7)); accept; };`,
      );
    const { place, peer } = await begin(this, 'bird', config);
    await holds(KEPT, LOST);
    await peer.kill();
    await holds(`${KEPT} llgr-stale`);
    await peer.restart(config(place), '-R');
    await station.up('r');
    await holds(KEPT, LOST);
    record('bird', 'long-lived graceful restart (RFC 9494)');
  });

  it('sweeps what an FRR that was killed does not announce again', async function () {
    const { place, peer } = await begin(this, 'frr', place => frr(place, [KEPT, LOST]));
    await holds(KEPT, LOST);
    await peer.kill();
    await holds(`${KEPT} stale`, `${LOST} stale`);
    await peer.restart(frr(place, [KEPT]));
    await station.up('r');
    await holds(KEPT);
    record('frr', 'graceful restart (RFC 4724)');
  });

  it('keeps the routes of a GoBGP that was killed', async function () {
    const { place, peer } = await begin(this, 'gobgp', place => gobgp(place, []));
    for (const prefix of [KEPT, LOST]) await add(peer, prefix!);
    await holds(KEPT, LOST);
    await peer.kill();
    await holds(`${KEPT} stale`, `${LOST} stale`);
    await peer.restart(gobgp(place, []));
    await add(peer, KEPT!);
    await station.up('r');
    await holds(KEPT);
    record('gobgp', 'graceful restart (RFC 4724)');
  });

  it('keeps the routes of a GoBGP that is away for long', async function () {
    const { place, peer } = await begin(this, 'gobgp', place => gobgp(place, [], true).replace('= 20', '= 1'));
    await add(peer, KEPT!);
    await holds(KEPT!);
    await peer.kill();
    await holds(`${KEPT} llgr-stale`);
    await peer.restart(gobgp(place, [], true).replace('= 20', '= 1'));
    await add(peer, KEPT!);
    await station.up('r');
    await holds(KEPT!);
    record('gobgp', 'long-lived graceful restart (RFC 9494)');
  });

  it('keeps the routes of an FRR that is away for long', async function () {
    const config = (place: Place) =>
      frr(place, [KEPT!]).replace('restart-time 30', 'restart-time 1\n bgp long-lived-graceful-restart stale-time 100');
    const { place, peer } = await begin(this, 'frr', config);
    await holds(KEPT!);
    await peer.kill();
    await holds(`${KEPT} llgr-stale`);
    await peer.restart(config(place));
    await station.up('r');
    await holds(KEPT!);
    record('frr', 'long-lived graceful restart (RFC 9494)');
  });

  it('keeps nothing of an OpenBGPD, which offers no family', async function () {
    const config = ({ router, us }: Place) =>
      lines(
        [`AS ${AS}`, `router-id ${router}`, `listen on ${router} port ${PORT}`, 'fib-update no', 'connect-retry 1'],
        ['nexthop qualify via default', `socket "/run/openbgpd/${router}"`, `network ${KEPT}`],
        [`neighbor ${us} {`, '  remote-as 64500', `  port ${PORT}`, `  local-address ${router}`, '  multihop 255'],
        ['  announce IPv4 unicast', '  enforce neighbor-as no', '}', 'allow from any', 'allow to any'],
      );
    const { place, peer } = await begin(this, 'openbgpd', config);
    await holds(KEPT!);
    expect((await station.neighbor('r')).agreement?.restart).to.deep.include({ preserved: [] });
    await peer.kill();
    rmSync(`/run/openbgpd/${place.router}`, { force: true }); // killed, it has not removed its socket
    await holds();
    record('openbgpd', 'graceful restart (RFC 4724)', 'End-of-RIB only');
  });

  it('keeps each path of a BIRD that sends several', async function () {
    const config = (place: Place, prefixes: readonly string[]) =>
      bird(place, prefixes).replace('next hop self;', 'next hop self; add paths tx;');
    const { place, peer } = await begin(this, 'bird', place => config(place, [KEPT!, LOST!]), 'add paths;');
    await holds(KEPT!, LOST!);
    expect((await station.ask<RouteRow>({ about: 'route', prefix: KEPT!, scope: 'exact' }))[0]?.pathId).to.be.a(
      'number',
    );
    await peer.kill();
    await holds(`${KEPT} stale`, `${LOST} stale`);
    await peer.restart(config(place, [KEPT!]), '-R');
    await station.up('r');
    await holds(KEPT!);
    record('bird', 'several paths over a restart');
  });

  for (const [kind, config] of [
    ['bird', bird],
    ['frr', frr],
  ] as const)
    it(`sees where the answer of ${kind} to a route refresh begins and ends`, async function () {
      await begin(this, kind, place => config(place, [KEPT!, LOST!]));
      await holds(KEPT!, LOST!);
      expect((await station.neighbor('r')).agreement?.enhancedRefresh).to.equal(true);
      station.order({ what: 'refresh', peer: 'r' });
      await until('it begins', () => station.log().some(words => words.includes('is sending its IPv4 routes anew')));
      await until('it ends', async () => (await station.neighbor('r')).restart === undefined);
      await holds(KEPT!, LOST!);
      expect(station.log().join(), 'nothing was missing').to.not.include('are removed');
      record(kind, 'enhanced route refresh (RFC 7313)');
    });

  it('keeps the routes of an FRR that resets the session, for both say N (RFC 8538)', async function () {
    const { peer } = await begin(this, 'frr', place =>
      frr(place, [KEPT!]).replace('preserve-fw-state', 'preserve-fw-state\n no bgp hard-administrative-reset'),
    );
    await holds(KEPT!);
    expect((await station.neighbor('r')).agreement?.restart?.notification).to.equal(true);
    await peer.command('-c', 'clear bgp *');
    await until('the session falls', () => station.log().some(words => words.includes('are stale')));
    await station.up('r');
    await holds(KEPT!);
    expect(station.log().join()).to.include('is back: its IPv4 routes are stale until they come again');
    record('frr', 'restart behind a NOTIFICATION (RFC 8538)');
  });

  it('drops the routes of a router that ends its session in order', async function () {
    const { peer } = await begin(this, 'bird', place => bird(place, [KEPT]));
    await holds(KEPT);
    await peer.stop();
    await holds();
  });
});
