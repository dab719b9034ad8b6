/** Lays the network of world.ts, and starts its routers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../interop/bgp-peers.ts';
import { type BirdNeighbor, startBird } from '../bird.ts';
import { startFrr } from '../frr.ts';
import type { Lab } from '../lab.ts';
import {
  ASES,
  AT_EXCHANGE,
  daemon4,
  exchange4,
  HOST,
  hostOf,
  LINKS,
  lan4,
  NATTED,
  nOf,
  prefixOf,
  ROUTE_SERVER,
  router4,
  routerOf,
  SERVER_HOST,
  TAKING_PART,
  VICTIM,
  WITH_FRR,
  WITH_LAN,
} from './world.ts';

const BRIDGE = 'ix';
/** The host behind the translator of AS 64505, and the translator's inside. */
export const INSIDE = 'inside';
export const INSIDE4 = '192.168.1.10';
export const TRANSLATOR = 'nat';
const link4 = (link: number, end: number) => `10.200.${link}.${end + 1}`;

/** `translator`: the host inside is behind a translator of addresses; else it is routed. */
export async function layNetwork(lab: Lab, translator: boolean): Promise<void> {
  await lab.host(BRIDGE);
  for (const words of ['link add br0 type bridge', 'link set br0 up'])
    await lab.run(BRIDGE, ['ip', ...words.split(' ')]);
  const plug = async (host: string, address: string) => {
    await lab.link(
      { host: BRIDGE, device: `p${host}`, addresses: [] },
      { host, device: 'ix', addresses: [`${address}/24`] },
    );
    await lab.run(BRIDGE, ['ip', 'link', 'set', `p${host}`, 'master', 'br0']);
  };
  await lab.host('rs', [`10.99.0.1/32`]);
  await plug('rs', exchange4(SERVER_HOST));
  for (const as of ASES) {
    await lab.host(routerOf(as), [`${router4(as)}/32`, `${daemon4(as)}/32`]);
    if (AT_EXCHANGE.includes(as)) await plug(routerOf(as), exchange4(nOf(as)));
    if (!WITH_LAN.includes(as)) continue;
    await lab.host(as === NATTED ? TRANSLATOR : hostOf(as));
    await lab.link(
      { host: routerOf(as), device: 'lan', addresses: [`${lan4(as, 1)}/24`] },
      { host: as === NATTED ? TRANSLATOR : hostOf(as), device: 'eth0', addresses: [`${lan4(as, HOST)}/24`] },
    );
    await lab.run(as === NATTED ? TRANSLATOR : hostOf(as), ['ip', 'route', 'add', 'default', 'via', lan4(as, 1)]);
  }
  await lab.host(INSIDE);
  await lab.link(
    { host: TRANSLATOR, device: 'eth1', addresses: ['192.168.1.1/24'] },
    { host: INSIDE, device: 'eth0', addresses: [`${INSIDE4}/24`] },
  );
  await lab.run(INSIDE, ['ip', 'route', 'add', 'default', 'via', '192.168.1.1']);
  const rules =
    'table ip nat {\nchain post {\ntype nat hook postrouting priority 100;\noifname "eth0" masquerade\n}\n}\n';
  if (translator) await lab.run(TRANSLATOR, ['nft', '-f', '-'], rules);
  for (const [i, { ends }] of LINKS.entries()) {
    const [a, b] = ends.map((as, end) => ({
      ...{ host: routerOf(as), device: `to${ends[1 - end]}`, addresses: [`${link4(i, end)}/30`] },
    }));
    await lab.link(a!, b!);
  }
}

/** Starts the routers, and resolves when the kernel of each knows the way to all ASes. */
export async function startRouters(lab: Lab): Promise<void> {
  startRouteServer(lab);
  const start = async (as: number) => {
    const neighbors: BirdNeighbor[] = LINKS.flatMap(({ ends, refuses }, i) => {
      const mine = ends.indexOf(as);
      if (mine < 0) return [];
      const over = { as: ends[1 - mine]!, address: link4(i, 1 - mine), local: link4(i, mine) };
      return [{ ...over, takes: refuses !== as, ownOnly: as === VICTIM }];
    });
    if (AT_EXCHANGE.includes(as))
      neighbors.push({ as: ROUTE_SERVER, address: exchange4(SERVER_HOST), local: exchange4(nOf(as)) });
    const collector = { as, address: daemon4(as), local: router4(as), collector: true };
    const setup = {
      ...{ as, address: router4(as), prefixes: [prefixOf(as)] },
      neighbors: TAKING_PART.includes(as) ? [...neighbors, collector] : neighbors,
    };
    await (WITH_FRR.includes(as) ? startFrr(lab, routerOf(as), setup) : startBird(lab, routerOf(as), setup));
  };
  await Promise.all(ASES.map(start));
  for (const as of ASES)
    await until(
      `the kernel of AS${as} has all routes`,
      async () => {
        const text = await lab.run(routerOf(as), [
          'ip',
          '-4',
          'route',
          'show',
          'proto',
          WITH_FRR.includes(as) ? 'bgp' : 'bird',
        ]);
        return ASES.every(other => other === as || text.includes(`${prefixOf(other)} `));
      },
      60_000,
    );
}

/** BIRD as the route server of the exchange (RFC 7947): it adds no AS of its own to a path. */
function startRouteServer(lab: Lab): void {
  const file = join(lab.directory, 'rs.conf');
  const clients = AT_EXCHANGE.map(
    as => `protocol bgp m${as} {
  local ${exchange4(SERVER_HOST)} as ${ROUTE_SERVER}; neighbor ${exchange4(nOf(as))} as ${as};
  rs client; hold time 9; keepalive time 1; connect delay time 1; connect retry time 1; error wait time 1, 2;
  ipv4 { import all; export all; };
}\n`,
  );
  writeFileSync(
    file,
    `log stderr { warning, error, fatal, bug };\nrouter id 10.99.0.1;\nprotocol device { }\n${clients.join('')}`,
  );
  const at = (name: string) => join(lab.directory, `rs.${name}`);
  lab.start('rs', ['bird', '-f', '-c', file, '-s', at('ctl'), '-P', at('pid')]);
}
