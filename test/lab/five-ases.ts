/**
 * Five ASes whose routers forward by their kernels' routes, which BIRD has learnt by eBGP:
 *
 *     64500 ---- 64501 ---- 64502 ---- 64503
 *     victim     transit      |        far
 *                           64504
 *                           side
 *
 * 64502 takes no part in InterTrack. Each AS has 10.N.0.0/16 and 2001:db8:N::/48, N being 1 to 5: its router is .0.1, its
 * daemon .0.2, both on the router's loopback, and its LAN .1.0/24.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RouteRow } from '../../src/collector/messages.ts';
import type { ProbeStatusRow, TracePeerRow } from '../../src/control/daemon.ts';
import { until } from '../interop/bgp-peers.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { startBird } from './bird.ts';
import { type Daemon, startDaemon, type Tap } from './intertrack.ts';
import type { Lab } from './lab.ts';
import { captureTo, murmur } from './raw-socket.ts';

export const VICTIM = 64500;
export const TRANSIT = 64501;
export const BYSTANDER = 64502;
export const FAR = 64503;
export const SIDE = 64504;
export const ASES = [VICTIM, TRANSIT, BYSTANDER, FAR, SIDE];
const TAKING_PART = ASES.filter(as => as !== BYSTANDER);
const LINKS = [
  [VICTIM, TRANSIT],
  [TRANSIT, BYSTANDER],
  [BYSTANDER, FAR],
  [BYSTANDER, SIDE],
] as const;
/** ASes with a LAN and a host on it. */
const WITH_HOST = [VICTIM, FAR, SIDE];
/** Probes of each AS, and the device of its router that each taps. */
const TAPS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  [VICTIM]: { border: `to${TRANSIT}` },
  [TRANSIT]: { south: `to${VICTIM}`, north: `to${BYSTANDER}` },
  [FAR]: { border: `to${BYSTANDER}`, lan: 'lan' },
  [SIDE]: { border: `to${BYSTANDER}`, lan: 'lan' },
};

/** The N of an AS's addresses. */
const ours = (as: number) => as - VICTIM + 1;
const router4 = (as: number) => `10.${ours(as)}.0.1`;
const router6 = (as: number) => `2001:db8:${ours(as)}::1`;
const daemon = (as: number) => `10.${ours(as)}.0.2`;
export const lan4 = (as: number, host: number) => `10.${ours(as)}.1.${host}`;
export const lan6 = (as: number, host: number) => `2001:db8:${ours(as)}:1::${host}`;
const link4 = (link: number, end: number) => `10.200.${link}.${end + 1}`;
const link6 = (link: number, end: number) => `2001:db8:ff${link}::${end + 1}`;
const routerOf = (as: number) => `as${as}`;
export const hostOf = (as: number) => `host${as}`;

export const HOST = 10;
/** Second address of the victim's host: what goes there from the far AS travels in a tunnel. */
export const BEHIND_TUNNEL = 20;

async function layNetwork(lab: Lab): Promise<void> {
  for (const as of ASES) {
    await lab.host(routerOf(as), [`${router4(as)}/32`, `${router6(as)}/128`, `${daemon(as)}/32`]);
    if (!WITH_HOST.includes(as)) continue;
    const addresses = (host: number) => [`${lan4(as, host)}/24`, `${lan6(as, host)}/64`];
    await lab.host(hostOf(as));
    await lab.link(
      { host: routerOf(as), device: 'lan', addresses: addresses(1) },
      { host: hostOf(as), device: 'eth0', addresses: addresses(HOST) },
    );
    for (const gateway of [lan4(as, 1), lan6(as, 1)])
      await lab.run(hostOf(as), ['ip', 'route', 'add', 'default', 'via', gateway]);
  }
  for (const [link, [a, b]] of LINKS.entries()) {
    const end = (as: number, other: number, which: number) => ({
      host: routerOf(as),
      device: `to${other}`,
      addresses: [`${link4(link, which)}/30`, `${link6(link, which)}/64`],
    });
    await lab.link(end(a, b, 0), end(b, a, 1));
  }
}

/** Resolves when the routers of all that take part know the way to all others. */
async function startRouters(lab: Lab): Promise<void> {
  for (const as of ASES) {
    const neighbors = LINKS.flatMap((ends, link) => {
      const mine = ends.indexOf(as as never);
      if (mine < 0) return [];
      return [link4, link6].map(of => ({ as: ends[1 - mine]!, address: of(link, 1 - mine), local: of(link, mine) }));
    });
    const collector = { as, address: daemon(as), local: router4(as), collector: true };
    await startBird(lab, routerOf(as), {
      as,
      address: router4(as),
      address6: router6(as),
      neighbors: TAKING_PART.includes(as) ? [...neighbors, collector] : neighbors,
      prefixes: [`10.${ours(as)}.0.0/16`, `2001:db8:${ours(as)}::/48`],
    });
  }
  for (const as of TAKING_PART)
    await until(`the kernel of AS${as} has all routes`, async () => {
      const routes = await Promise.all(
        ['-4', '-6'].map(family => lab.run(routerOf(as), ['ip', family, 'route', 'show', 'proto', 'bird'])),
      );
      return routes.every(text => text.split('\n').filter(line => line.includes(' via ')).length >= ASES.length - 1);
    });
}

async function configuration(lab: Lab, as: number): Promise<string> {
  const neighbors = await Promise.all(
    LINKS.flatMap(ends => {
      const mine = ends.indexOf(as as never);
      if (mine < 0) return [];
      const other = ends[1 - mine]!;
      return [lab.mac(routerOf(other), `to${as}`).then(mac => `neighbor as ${other} mac ${mac};`)];
    }),
  );
  // A tap of the border knows its neighbours; one inside has none, and all that it sees is inside.
  const probes = Object.keys(TAPS[as]!).map(name => `probe ${name} { ${name === 'lan' ? '' : neighbors.join(' ')} }\n`);
  const peers = TAKING_PART.filter(other => other !== as).map(
    other => `    peer as ${other} {
        address ${daemon(other)}; certificate "${lab.directory}/as${other}.crt"; in allow; out allow;
    }\n`,
  );
  return `bgp listen ${daemon(as)};
protocol bgp border { neighbor ${router4(as)} as ${as}; local address ${daemon(as)}; ipv4; ipv6; passive; }
${probes.join('')}traceback {
    listen ${daemon(as)};
    identity "${lab.directory}/as${as}.key" certificate "${lab.directory}/as${as}.crt";
    federation "lab" { secret "${lab.directory}/secret"; }
${peers.join('')}    answer { detail neighbor-as; coverage 100%; unproved 1000/s; }
}
`;
}

/** Lays a VXLAN (RFC 7348) from the far AS to the transit, for one address of the victim. False where the kernel has none. */
async function layTunnel(lab: Lab): Promise<boolean> {
  const ends = [FAR, TRANSIT] as const;
  const lay = async (as: number, other: number, address: string) => {
    const tunnel = `type vxlan id 7 local ${router4(as)} remote ${router4(other)} dstport 4789`.split(' ');
    await lab.run(routerOf(as), ['ip', 'link', 'add', 'name', 'tunnel', ...tunnel]);
    await lab.run(routerOf(as), ['ip', 'address', 'add', address, 'dev', 'tunnel']);
    await lab.run(routerOf(as), ['ip', 'link', 'set', 'dev', 'tunnel', 'up']);
  };
  try {
    await lay(ends[0], ends[1], '10.250.0.1/30');
    await lay(ends[1], ends[0], '10.250.0.2/30');
  } catch {
    return false;
  }
  await lab.run(hostOf(VICTIM), ['ip', 'address', 'add', `${lan4(VICTIM, BEHIND_TUNNEL)}/24`, 'dev', 'eth0']);
  await lab.run(routerOf(FAR), ['ip', 'route', 'add', lan4(VICTIM, BEHIND_TUNNEL), 'via', '10.250.0.2']);
  return true;
}

export interface FiveAses {
  daemon(as: number): Daemon;
  tap(as: number, probe: string): Tap;
  /** The capture of an AS's host: of the victim's and of the far one. */
  captured(as: number): string;
  /** False where the kernel has no VXLAN. */
  readonly tunnel: boolean;
  /** File of the federation's secret. */
  readonly secret: string;
}

/** Builds it all in an empty lab, and waits until routes, trace sessions and taps are there. */
export async function startFiveAses(lab: Lab): Promise<FiveAses> {
  await layNetwork(lab);
  await startRouters(lab);
  const tunnel = await layTunnel(lab);
  const secret = join(lab.directory, 'secret');
  writeFileSync(secret, randomBytes(32).toString('hex'), { mode: 0o600 });
  for (const as of TAKING_PART) makeIdentity(as, lab.directory);

  const daemons = new Map<number, Daemon>();
  const taps = new Map<string, Tap>();
  const start = async (as: number) => {
    const started = await startDaemon(lab, routerOf(as), {
      as,
      address: daemon(as),
      config: await configuration(lab, as),
    });
    daemons.set(as, started);
    for (const [probe, device] of Object.entries(TAPS[as]!)) taps.set(`${as} ${probe}`, started.tap(probe, device));
  };
  await Promise.all(TAKING_PART.map(start));
  const captured = (as: number) => join(lab.directory, `${hostOf(as)}.pcap`);
  for (const as of [VICTIM, FAR]) captureTo(lab, hostOf(as), 'eth0', captured(as));
  for (const as of [FAR, SIDE]) murmur(lab, hostOf(as), lan4(VICTIM, HOST));
  await Promise.all([...daemons].map(([as, started]) => ready(as, started)));
  return { daemon: as => daemons.get(as)!, tap: (as, probe) => taps.get(`${as} ${probe}`)!, captured, tunnel, secret };
}

/** Five daemons, their routers and probes start at once: how long that takes is a matter of the machine. */
const STARTING = 120_000;

/** The daemon knows the way to the others, has its trace sessions, and its probes see packets. */
async function ready(as: number, { rows }: Daemon): Promise<void> {
  // A daemon that is busy may say that a part of it did not answer in time; it is asked again.
  const asked = <T>(...words: string[]): Promise<readonly T[] | null> => rows<T>(...words).catch(() => null);
  for (const other of TAKING_PART.filter(one => one !== as))
    await until(
      `AS${as} has a path to AS${other}`,
      async () => (await asked<RouteRow>('show', 'route', `10.${ours(other)}.0.0/16`, 'exact'))?.[0]?.origin === other,
      STARTING,
    );
  await until(
    `AS${as} has its trace sessions`,
    async () =>
      (await asked<TracePeerRow>('show', 'traceback'))?.every(({ state }) => state === 'Established') ?? false,
    STARTING,
  );
  await until(
    `the probes of AS${as} see packets`,
    async () => (await asked<ProbeStatusRow>('show', 'probe'))?.every(({ packets }) => packets > 0) ?? false,
    STARTING,
  );
}
