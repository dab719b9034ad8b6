/**
 * Real BGP routers as peers: how each of the four daemons that Debian packs is configured, started, asked and ended. Each
 * runs in the foreground as a child of this process, on a loopback address and port of its own, touches no kernel route, and
 * ends by its id: with `stop`, and in any case when this process exits.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const ROUTERS = ['bird', 'frr', 'gobgp', 'openbgpd'] as const;
export type RouterKind = (typeof ROUTERS)[number];

export interface RouterNeighbor {
  readonly address: string;
  /** Where the router dials. */
  readonly port: number;
  readonly as: number;
  /** The router waits for the neighbor and never dials. */
  readonly passive: boolean;
  /** Key of TCP MD5. */
  readonly password?: string;
  /** GTSM: the router sends with TTL 255 and takes nothing that comes with less. */
  readonly ttlSecurity?: boolean;
  /** TTL that the router sends with, where it takes any; default 255, or the daemon's own choice. */
  readonly ttl?: number;
}

export interface RouterSetup {
  /** Loopback address (127.0.0.0/8) that the router listens on and dials from; also its router identifier. */
  readonly address: string;
  readonly port: number;
  readonly as: number;
  readonly neighbors: readonly RouterNeighbor[];
  /** Announced from the start; IPv4 and IPv6. */
  readonly prefixes: readonly string[];
  /** The whole of its configuration file, where a test needs what a recipe does not say. */
  readonly config?: string;
  /** A station that it reports its neighbors to by BMP, under a name; only FRR and GoBGP can. */
  readonly bmp?: { readonly address: string; readonly port: number; readonly name: string };
}

export interface Router {
  readonly kind: RouterKind;
  readonly setup: RouterSetup;
  /** Asks the daemon by its own client, in its own words. */
  command(...words: string[]): Promise<string>;
  announce(...prefixes: string[]): Promise<void>;
  withdraw(...prefixes: string[]): Promise<void>;
  /** Shuts the session with a neighbor by the administrator, with words for the other side where the daemon can send them. */
  shutdown(neighbor: string, words: string): Promise<void>;
  /** True when it tells of a Cease NOTIFICATION that it received. */
  sawCease(): Promise<boolean>;
  /** What the daemon printed so far. */
  log(): string;
  /** Ends the daemon and starts it anew, with the same configuration or with another, and with these words besides. */
  restart(config?: string, ...words: readonly string[]): Promise<void>;
  /** Ends the daemon without a word: its sockets are closed by the kernel. */
  kill(): Promise<void>;
  /** Stops the daemon's processes as they are (SIGSTOP): its sockets stay open and say nothing. `thaw` lets them go on. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

interface Recipe {
  readonly needs: readonly string[];
  /** The daemon drops its privileges itself and cannot start without them. */
  readonly needsRoot: boolean;
  /** The files it reads, by name; mode 0600. */
  files(setup: RouterSetup, dir: string): Readonly<Record<string, string>>;
  daemon(setup: RouterSetup, dir: string): readonly string[];
  client(setup: RouterSetup, dir: string): readonly string[];
  /** After the daemon listens: what its configuration file cannot say. */
  started?(router: Router): Promise<void>;
  /** Begins to announce `prefixes`; `all` is what is announced then. */
  announce(router: Router, prefixes: readonly string[], all: readonly string[], dir: string): Promise<void>;
  withdraw(router: Router, prefixes: readonly string[], all: readonly string[], dir: string): Promise<void>;
  shutdown(router: Router, neighbor: RouterNeighbor, words: string): Promise<void>;
  /** The command that shows its neighbors, and what that, or the log, says of an administrative shutdown received. */
  readonly cease: { readonly ask: readonly string[]; readonly says: RegExp };
}

const isV6 = (prefix: string) => prefix.includes(':');
/** Next hop of the IPv6 routes, which travel over an IPv4 session: any address of the router would do. */
const NEXT_HOP6 = '2001:db8:ffff::1';
const lines = (...text: (string | readonly string[])[]) => `${text.flat().join('\n')}\n`;
const rootUser = () => process.getuid?.() === 0;

/** BIRD's static routes stand in files of their own, so that `configure` changes them and leaves the sessions alone. */
const birdRoutes = (prefixes: readonly string[]) => lines(prefixes.map(prefix => `route ${prefix} blackhole;`));
const birdConfigure = async (router: Router, _: readonly string[], all: readonly string[], dir: string) => {
  writeFileSync(join(dir, 'routes4.conf'), birdRoutes(all.filter(prefix => !isV6(prefix))));
  writeFileSync(join(dir, 'routes6.conf'), birdRoutes(all.filter(isV6)));
  await router.command('configure');
};

/** What BIRD 2 has made ready it sends when it next wakes, in up to three seconds; a scan of the devices each second wakes it. */
const bird: Recipe = {
  needs: ['bird', 'birdc'],
  needsRoot: false,
  files: ({ address, port, as, neighbors, prefixes }, dir) => ({
    'bird.conf': lines(
      'log stderr all;',
      `router id ${address};`,
      'protocol device { scan time 1; }',
      'protocol static routes4 { ipv4;',
      `include "${dir}/routes4.conf";`,
      '}',
      'protocol static routes6 { ipv6;',
      `include "${dir}/routes6.conf";`,
      '}',
      neighbors.flatMap((neighbor, i) => [
        `protocol bgp n${i} {`,
        `  local ${address} port ${port} as ${as};`,
        `  neighbor ${neighbor.address} port ${neighbor.port} as ${neighbor.as};`,
        `  multihop ${neighbor.ttlSecurity ? 1 : (neighbor.ttl ?? 255)};`,
        `  ${neighbor.passive ? 'passive;' : ''} strict bind; ttl security ${neighbor.ttlSecurity ? 'on' : 'off'};`,
        ...(neighbor.password === undefined ? [] : [`  password "${neighbor.password}";`]),
        '  connect delay time 1; connect retry time 2; error wait time 1, 2;',
        '  ipv4 { import all; export all; next hop self; };',
        `  ipv6 { import all; export all; next hop address ${NEXT_HOP6}; };`,
        '}',
      ]),
    ),
    'routes4.conf': birdRoutes(prefixes.filter(prefix => !isV6(prefix))),
    'routes6.conf': birdRoutes(prefixes.filter(isV6)),
  }),
  daemon: (_, dir) => ['bird', '-f', '-c', join(dir, 'bird.conf'), '-s', join(dir, 'ctl'), '-P', join(dir, 'pid')],
  client: (_, dir) => ['birdc', '-s', join(dir, 'ctl')],
  announce: birdConfigure,
  withdraw: birdConfigure,
  async shutdown(router, neighbor, words) {
    await router.command('disable', `n${router.setup.neighbors.indexOf(neighbor)}`, `"${words}"`);
  },
  cease: { ask: ['show', 'protocols', 'all'], says: /Received: Administrative shutdown/ },
};

const frrNetworks = (prefixes: readonly string[], no = '') =>
  [false, true].flatMap(six => [
    `address-family ${six ? 'ipv6' : 'ipv4'} unicast`,
    ...prefixes.filter(prefix => isV6(prefix) === six).map(prefix => `${no}network ${prefix}`),
    'exit-address-family',
  ]);
const frrConfigure = async (router: Router, ...commands: string[]) => {
  const script = ['configure terminal', `router bgp ${router.setup.as}`, ...commands];
  await router.command(...script.flatMap(line => ['-c', line]));
};

/** FRR shows pre-policy routes only of neighbors whose routes it keeps, and here keeps those with a loopback next hop too. */
const frrBmp = ({ address, port }: NonNullable<RouterSetup['bmp']>, neighbors: readonly RouterNeighbor[]) => [
  ' bgp allow-martian-nexthop',
  ...['ipv4', 'ipv6'].flatMap(family => [
    ` address-family ${family} unicast`,
    ...neighbors.map(neighbor => `  neighbor ${neighbor.address} soft-reconfiguration inbound`),
    ' exit-address-family',
  ]),
  ' bmp targets station',
  `  bmp connect ${address} port ${port} min-retry 100 max-retry 1000`,
  '  bmp monitor ipv4 unicast pre-policy',
  '  bmp monitor ipv6 unicast pre-policy',
  '  bmp monitor ipv4 unicast post-policy',
  '  bmp stats interval 1000',
  ' exit',
];

const frr: Recipe = {
  needs: ['/usr/lib/frr/bgpd', 'vtysh'],
  needsRoot: false,
  files: ({ address, as, neighbors, prefixes, bmp }) => ({
    'bgpd.conf': lines(
      'frr defaults traditional',
      bmp ? `hostname ${bmp.name}` : [],
      'log stdout',
      'route-map V6 permit 10',
      ` set ipv6 next-hop global ${NEXT_HOP6}`,
      'exit',
      `router bgp ${as}`,
      ` bgp router-id ${address}`,
      ' no bgp ebgp-requires-policy',
      ' no bgp network import-check',
      ' coalesce-time 10', // of a second, it lets a neighbor that comes up wait for others
      neighbors.flatMap(({ address: peer, port, as: peerAs, passive, password, ttlSecurity, ttl }) => [
        ` neighbor ${peer} remote-as ${peerAs}`,
        ` neighbor ${peer} port ${port}`,
        ` neighbor ${peer} update-source ${address}`,
        ttlSecurity ? ` neighbor ${peer} ttl-security hops 1` : ` neighbor ${peer} ebgp-multihop ${ttl ?? 255}`,
        ...(password === undefined ? [] : [` neighbor ${peer} password ${password}`]),
        ` neighbor ${peer} disable-connected-check`,
        ` neighbor ${peer} timers connect 2`,
        ` neighbor ${peer} advertisement-interval 0`,
        ...(passive ? [` neighbor ${peer} passive`] : []),
        ' address-family ipv6 unicast',
        `  neighbor ${peer} activate`,
        `  neighbor ${peer} route-map V6 out`,
        ' exit-address-family',
      ]),
      bmp ? frrBmp(bmp, neighbors) : [],
      frrNetworks(prefixes),
      'exit',
    ),
  }),
  daemon: ({ address, port, bmp }, dir) => [
    ...['/usr/lib/frr/bgpd', '-f', join(dir, 'bgpd.conf'), '-Z', '-n', '-l', address, '-p', String(port)],
    ...['-i', join(dir, 'pid'), '--vty_socket', dir, '-P', '0', '-S'],
    ...(bmp ? ['-M', 'bmp'] : []),
  ],
  client: (_, dir) => ['vtysh', '--vty_socket', dir, '-d', 'bgpd'],
  announce: (router, prefixes) => frrConfigure(router, ...frrNetworks(prefixes)),
  withdraw: (router, prefixes) => frrConfigure(router, ...frrNetworks(prefixes, 'no ')),
  shutdown: (router, { address }, words) => frrConfigure(router, `neighbor ${address} shutdown message ${words}`),
  cease: { ask: ['-c', 'show bgp neighbors'], says: /Cease\/Administrative Shutdown/ },
};

const gobgpRib = async (router: Router, verb: 'add' | 'del', prefixes: readonly string[]) => {
  for (const prefix of prefixes) {
    const hop = verb === 'add' ? ['nexthop', isV6(prefix) ? NEXT_HOP6 : router.setup.address] : [];
    await router.command('global', 'rib', verb, prefix, ...hop, '-a', isV6(prefix) ? 'ipv6' : 'ipv4');
  }
};

const gobgp: Recipe = {
  needs: ['gobgpd', 'gobgp'],
  needsRoot: false,
  files: ({ address, port, as, neighbors, bmp }) => ({
    'gobgpd.toml': lines(
      '[global.config]',
      `as = ${as}`,
      `router-id = "${address}"`,
      `port = ${port}`,
      `local-address-list = ["${address}"]`,
      neighbors.flatMap(neighbor => [
        '[[neighbors]]',
        '[neighbors.config]',
        `neighbor-address = "${neighbor.address}"`,
        `peer-as = ${neighbor.as}`,
        ...(neighbor.password === undefined ? [] : [`auth-password = "${neighbor.password}"`]),
        '[neighbors.timers.config]',
        'connect-retry = 1',
        'idle-hold-time-after-reset = 1',
        '[neighbors.transport.config]',
        `local-address = "${address}"`,
        `remote-port = ${neighbor.port}`,
        `passive-mode = ${neighbor.passive}`,
        ...(neighbor.ttlSecurity
          ? ['[neighbors.ttl-security.config]', 'enabled = true', 'ttl-min = 255']
          : ['[neighbors.ebgp-multihop.config]', 'enabled = true', `multihop-ttl = ${neighbor.ttl ?? 64}`]),
        ...['ipv4-unicast', 'ipv6-unicast'].flatMap(family => [
          '[[neighbors.afi-safis]]',
          '[neighbors.afi-safis.config]',
          `afi-safi-name = "${family}"`,
        ]),
      ]),
      bmp
        ? [
            '[[bmp-servers]]',
            '[bmp-servers.config]',
            `address = "${bmp.address}"`,
            `port = ${bmp.port}`,
            'route-monitoring-policy = "all"',
            'statistics-timeout = 15',
            `sys-name = "${bmp.name}"`,
          ]
        : [],
    ),
  }),
  daemon: ({ address }, dir) => [
    ...['gobgpd', '-f', join(dir, 'gobgpd.toml'), '-t', 'toml'],
    ...['--api-hosts', `${address}:50051`, '--pprof-disable', '-l', 'info'],
  ],
  client: ({ address }) => ['gobgp', '-u', address, '-p', '50051'],
  started: router => gobgpRib(router, 'add', router.setup.prefixes),
  announce: (router, prefixes) => gobgpRib(router, 'add', prefixes),
  withdraw: (router, prefixes) => gobgpRib(router, 'del', prefixes),
  async shutdown(router, { address }, words) {
    await router.command('neighbor', address, 'shutdown', '--reason', words);
  },
  cease: { ask: ['neighbor'], says: /notification-received code 6/ },
};

const openbgpd: Recipe = {
  needs: ['/usr/sbin/bgpd', 'bgpctl'],
  needsRoot: true,
  files: ({ address, port, as, neighbors, prefixes }, dir) => ({
    'bgpd.conf': lines(
      `AS ${as}`,
      `router-id ${address}`,
      `listen on ${address} port ${port}`,
      'fib-update no',
      'connect-retry 2',
      'nexthop qualify via default',
      `socket "${dir}/ctl"`,
      prefixes.map(prefix => `network ${prefix}`),
      neighbors.flatMap(neighbor => [
        `neighbor ${neighbor.address} {`,
        `  remote-as ${neighbor.as}`,
        `  port ${neighbor.port}`,
        `  local-address ${address}`,
        neighbor.ttlSecurity ? '  ttl-security yes' : `  multihop ${neighbor.ttl ?? 255}`,
        ...(neighbor.password === undefined ? [] : [`  tcp md5sig password "${neighbor.password}"`]),
        ...(neighbor.passive ? ['  passive'] : []),
        '  announce IPv4 unicast',
        '  announce IPv6 unicast',
        '  enforce neighbor-as no',
        '}',
      ]),
      'allow from any',
      'allow to any',
    ),
  }),
  daemon: (_, dir) => ['/usr/sbin/bgpd', '-d', '-f', join(dir, 'bgpd.conf')],
  client: (_, dir) => ['bgpctl', '-s', join(dir, 'ctl')],
  async announce(router, prefixes) {
    for (const prefix of prefixes) await router.command('network', 'add', prefix);
  },
  async withdraw(router, prefixes) {
    for (const prefix of prefixes) await router.command('network', 'delete', prefix);
  },
  async shutdown(router, { address }, words) {
    await router.command('neighbor', address, 'down', words);
  },
  cease: { ask: ['show', 'neighbor'], says: /Cease, administratively down/ },
};

const RECIPES: Readonly<Record<RouterKind, Recipe>> = { bird, frr, gobgp, openbgpd };

/** Where commands are looked for: Debian's daemons stand in sbin. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

function isInstalled(command: string): boolean {
  const places = command.startsWith('/') ? [command] : PATH.split(':').map(dir => join(dir, command));
  return places.some(place => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why a router cannot run here, in words; null when it can. */
export function whyNot(kind: RouterKind): string | null {
  const { needs, needsRoot } = RECIPES[kind];
  const missing = needs.filter(command => !isInstalled(command));
  if (missing.length > 0) return `${missing.join(', ')} not installed`;
  return needsRoot && !rootUser() ? `${kind} must be started as root` : null;
}

/** A loopback address that no other run is likely to use, for a router or for a listener of ours. */
export function loopbackAddress(): string {
  return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

/** Waits until `check` holds, asking every 20 ms; fails with `what` after `limit` milliseconds. */
export async function until(what: string, check: () => boolean | Promise<boolean>, limit = 30_000): Promise<void> {
  const end = performance.now() + limit;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

function isListening(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, localAddress: host });
  socket.on('connect', () => {
    resolve(true);
    socket.destroy();
  });
  socket.on('error', () => resolve(false));
  return promise;
}

const children = new Set<ChildProcess>();
const frozen = new Set<number>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const pid of frozen) signal(pid, 'SIGCONT'); // those of its own children that lost their parent end by themselves
});

// Mocha dies of it without an `exit`, and would leave them behind.
process.once('SIGTERM', () => process.exit(143));

/** A process and what it started: OpenBGPD divides its work. */
function family(pid: number): number[] {
  try {
    const started = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return [pid, ...started.flatMap(child => family(Number(child)))];
  } catch {
    return [pid];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended
  }
}

/** Starts a router and waits until it listens. Fails with its output when it does not come up. */
export async function startRouter(kind: RouterKind, setup: RouterSetup): Promise<Router> {
  const recipe = RECIPES[kind];
  const dir = mkdtempSync(join(tmpdir(), `${kind}-`));
  for (const [i, [name, text]] of Object.entries(recipe.files(setup, dir)).entries()) {
    writeFileSync(join(dir, name), i === 0 ? (setup.config ?? text) : text);
    chmodSync(join(dir, name), 0o600);
  }
  if (kind === 'openbgpd') mkdirSync('/run/openbgpd', { recursive: true, mode: 0o755 }); // where it confines itself
  const announced = new Set(setup.prefixes);
  let child: ChildProcess | null = null;
  let output = '';
  const mine = new Set<number>();

  async function start(...more: readonly string[]): Promise<void> {
    const [command, ...words] = recipe.daemon(setup, dir);
    const started = spawn(command!, [...words, ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH },
    });
    child = started;
    children.add(started);
    let failure = '';
    started.on('error', error => {
      failure = error.message;
    });
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-20_000);
      });
    const ready = async () => {
      if (failure !== '' || started.exitCode !== null) throw new Error(`${kind} ended: ${failure}\n${output}`);
      return isListening(setup.address, setup.port);
    };
    try {
      await until(`${kind} listens`, ready);
      await recipe.started?.(router);
    } catch (error) {
      await router.stop();
      throw error;
    }
  }

  async function end(how: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    router.thaw();
    const ended = child;
    child = null;
    if (ended === null || ended.pid === undefined) return;
    const gone = new Promise<void>(resolve => ended.once('exit', () => resolve()));
    if (ended.exitCode === null && ended.signalCode === null) {
      for (const pid of how === 'SIGKILL' ? family(ended.pid) : []) signal(pid, how);
      ended.kill(how);
      const force = setTimeout(() => ended.kill('SIGKILL'), 3000);
      await gone;
      clearTimeout(force);
    }
    children.delete(ended);
  }

  const router: Router = {
    kind,
    setup,
    async command(...words) {
      const [client, ...before] = recipe.client(setup, dir);
      const { stdout } = await promisify(execFile)(client!, [...before, ...words], {
        env: { ...process.env, PATH },
        timeout: 10_000,
      });
      return stdout;
    },
    async announce(...prefixes) {
      for (const prefix of prefixes) announced.add(prefix);
      await recipe.announce(router, prefixes, [...announced], dir);
    },
    async withdraw(...prefixes) {
      for (const prefix of prefixes) announced.delete(prefix);
      await recipe.withdraw(router, prefixes, [...announced], dir);
    },
    async shutdown(address, words) {
      const neighbor = setup.neighbors.find(candidate => candidate.address === address);
      if (neighbor === undefined) throw new Error(`${kind} has no neighbor ${address}`);
      await recipe.shutdown(router, neighbor, words);
    },
    sawCease: async () => recipe.cease.says.test(output + (await router.command(...recipe.cease.ask))),
    log: () => output,
    async restart(config, ...words) {
      await end();
      if (config !== undefined) writeFileSync(join(dir, Object.keys(recipe.files(setup, dir))[0]!), config);
      await start(...words);
    },
    kill: () => end('SIGKILL'),
    freeze() {
      for (const pid of child?.pid === undefined ? [] : family(child.pid)) {
        frozen.add(pid);
        mine.add(pid);
        signal(pid, 'SIGSTOP');
      }
    },
    thaw() {
      for (const pid of mine) {
        signal(pid, 'SIGCONT');
        frozen.delete(pid);
      }
      mine.clear();
    },
    async stop() {
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await start();
  return router;
}
