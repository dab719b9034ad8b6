import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { NeighborRow, RouteRow } from '../../src/collector/messages.ts';
import { programFile, skipFor } from '../programs.ts';
import { until, whyNot } from './bgp-peers.ts';
import { answerAt } from './intertrackd.ts';
import { record } from './matrix.ts';
import { type Namespace, twoNamespaces, whyNoNamespaces } from './namespaces.ts';

const PORT = 1790;

/** IPv4 routes over IPv6 sessions, with next hops of IPv6 (RFC 8950): the whole daemon and routers, each side in a namespace. */
describe('interop/IPv6 next hops of IPv4 routes', function () {
  this.timeout(240_000);
  let dir = '';
  let lab: ReturnType<typeof twoNamespaces>;
  let daemonSays = () => '';
  let routerSays = () => '';
  const file = (name: string) => join(dir, name);

  /** Asked at its socket, which is no part of a namespace: a process for each look would cost more than all else here. */
  const ask = async (...words: string[]) => (await answerAt(file('control'), words)).rows;

  /** Starts both sides; ours has one session, with these words. */
  function start(ours: string, router: (side: Namespace) => () => string): void {
    dir = mkdtempSync(join(tmpdir(), 'hop-'));
    writeFileSync(
      file('daemon.conf'),
      `router id 192.0.2.9; local as 64500; log stderr; state "${dir}/state";
       control socket "${dir}/control"; probe socket "${dir}/probe"; bgp listen :: port ${PORT};
       protocol bgp r { ${ours} ipv4; ipv6; extended next hop; connect retry time 1s; }`,
    );
    lab = twoNamespaces([
      ['2001:db8:1::1/64', 'fe80::1/64'],
      ['2001:db8:1::2/64', 'fe80::2/64'],
    ]);
    const [left, right] = lab.sides;
    routerSays = router(right);
    daemonSays = left.start(process.execPath, programFile('intertrackd'), '-c', file('daemon.conf')).output;
  }
  const said = () => `daemon: ${daemonSays().slice(-1500)}\nrouter: ${routerSays().slice(-1500)}`;

  before(function () {
    const reason = whyNoNamespaces();
    if (reason === null) return;
    console.log(`      skipped: ${reason}`);
    this.skip();
  });
  afterEach(async () => {
    await lab?.close();
    if (dir !== '') rmSync(dir, { recursive: true, force: true });
  });

  function needs(this: Mocha.Context, kind: 'bird' | 'frr' | 'gobgp'): void {
    skipFor(this, whyNot(kind));
  }

  /** Waits for the route; the answer is its next hop. */
  async function nextHop(): Promise<string> {
    await until(`the daemon answers; ${said()}`, () => daemonSays().includes('listening for BGP'));
    let rows: RouteRow[] = [];
    await until(
      `the route; ${said()}`,
      async () => {
        rows = (await ask('show', 'route', '192.0.2.0/24')) as RouteRow[];
        return rows.length === 1;
      },
      30_000,
    );
    const [row] = (await ask('show', 'bgp', 'neighbor')) as NeighborRow[];
    expect(row?.agreement?.extendedNextHop).to.deep.equal(['ipv4 unicast']);
    return rows[0]!.nextHop;
  }

  it('come from BIRD over link-local addresses', async function () {
    needs.call(this, 'bird');
    start('neighbor fe80::2 port 1790 as 64496; local address fe80::1; interface "left";', side => {
      writeFileSync(
        file('bird.conf'),
        `log stderr all; router id 192.0.2.2; protocol device { scan time 1; }
         protocol static { ipv4; route 192.0.2.0/24 blackhole; }
         protocol bgp n {
           local fe80::2 port ${PORT} as 64496; neighbor fe80::1 % 'right' port ${PORT} as 64500; direct; interface "right";
           strict bind; connect delay time 1; connect retry time 1; error wait time 1, 2;
           ipv4 { import none; export all; next hop self; extended next hop on; };
           ipv6 { import none; export all; };
         }`,
      );
      return side.start('bird', '-f', '-c', file('bird.conf'), '-s', file('ctl'), '-P', file('pid')).output;
    });
    // Over a link-local session BIRD has no global address to give, and writes :: for it.
    expect(await nextHop()).to.equal(':: fe80::2');
    record('bird', 'IPv6 next hops of IPv4 routes (RFC 8950)');
    record('bird', 'session over link-local addresses');
  });

  it('come from FRR', async function () {
    needs.call(this, 'frr');
    start(`neighbor 2001:db8:1::2 port ${PORT} as 64496; local address 2001:db8:1::1;`, side => {
      writeFileSync(
        file('bgpd.conf'),
        `frr defaults traditional
log stdout
route-map HOP permit 10
 set ipv6 next-hop global 2001:db8:1::2
exit
router bgp 64496
 bgp router-id 192.0.2.2
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor 2001:db8:1::1 remote-as 64500
 neighbor 2001:db8:1::1 port ${PORT}
 neighbor 2001:db8:1::1 update-source 2001:db8:1::2
 neighbor 2001:db8:1::1 disable-connected-check
 neighbor 2001:db8:1::1 capability extended-nexthop
 address-family ipv4 unicast
  network 192.0.2.0/24
  neighbor 2001:db8:1::1 activate
  neighbor 2001:db8:1::1 route-map HOP out
 exit-address-family
exit
`,
        { mode: 0o644 },
      );
      const words = ['-f', file('bgpd.conf'), '-Z', '-n', '-l', '::', '-p', String(PORT), '-i', file('pid')];
      return side.start('/usr/lib/frr/bgpd', ...words, '--vty_socket', dir, '-P', '0', '-S').output;
    });
    expect(await nextHop()).to.match(/^2001:db8:1::2/);
    record('frr', 'IPv6 next hops of IPv4 routes (RFC 8950)');
  });

  it('come from GoBGP over link-local addresses', async function () {
    needs.call(this, 'gobgp');
    let right: Namespace | null = null;
    start('neighbor fe80::2 port 1790 as 64496; local address fe80::1; interface "left";', side => {
      right = side;
      writeFileSync(
        file('gobgpd.toml'),
        `[global.config]
as = 64496
router-id = "192.0.2.2"
port = ${PORT}
[[neighbors]]
[neighbors.config]
neighbor-address = "fe80::1%right"
peer-as = 64500
[neighbors.timers.config]
connect-retry = 1
idle-hold-time-after-reset = 1
[neighbors.transport.config]
remote-port = ${PORT}
[[neighbors.afi-safis]]
[neighbors.afi-safis.config]
afi-safi-name = "ipv4-unicast"
`,
      );
      return side.start(
        'gobgpd',
        '-f',
        file('gobgpd.toml'),
        '-t',
        'toml',
        '--api-hosts',
        '[::1]:50051',
        '--pprof-disable',
      ).output;
    });
    await until(`it is up; ${said()}`, () => /Peer Up/.test(routerSays()), 30_000);
    const { output } = right!.start('gobgp', '-u', '::1', 'global', 'rib', 'add', '192.0.2.0/24', '-a', 'ipv4');
    expect(await nextHop(), output()).to.match(/^(2001:db8:1::2|fe80::2)/);
    record('gobgp', 'IPv6 next hops of IPv4 routes (RFC 8950)');
    record('gobgp', 'session over link-local addresses');
  });
});
