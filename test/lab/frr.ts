/** FRR as the border router of an AS in a lab: zebra writes into the kernel what bgpd has learnt. IPv4 alone. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../interop/bgp-peers.ts';
import type { BirdSetup } from './bird.ts';
import type { Lab } from './lab.ts';

const DAEMONS = '/usr/lib/frr';

/**
 * FRR wants its user in a group that only its own user is in, and that of a namespace is root: it is shown a list of groups
 * where root is.
 */
const AS_ROOT = 'mount --bind "$0" /etc/group && exec "$@"';

/** Starts zebra and bgpd in a host of the lab and waits until the session of each neighbour may come up. They end with the lab. */
export async function startFrr(lab: Lab, host: string, setup: BirdSetup): Promise<void> {
  const folder = join(lab.directory, `${host}-frr`);
  mkdirSync(folder, { mode: 0o777 });
  const at = (name: string) => join(folder, name);
  writeFileSync(
    at('group'),
    readFileSync('/etc/group', 'utf8').replace(/^(frrvty:[^:]*:\d+:).*$/m, (_line, before) => `${before}root`),
  );
  writeFileSync(at('zebra.conf'), 'log stdout\n');
  const neighbors = setup.neighbors.flatMap(({ as, address, local }) => [
    ` neighbor ${address} remote-as ${as}`,
    ` neighbor ${address} update-source ${local}`,
    ` neighbor ${address} timers 1 9`,
    ` neighbor ${address} timers connect 1`,
    ` neighbor ${address} advertisement-interval 0`,
    ` no neighbor ${address} enforce-first-as`,
  ]);
  const inFamily = setup.neighbors.map(({ address }) => `  neighbor ${address} next-hop-self`);
  writeFileSync(
    at('bgpd.conf'),
    [
      ...['frr defaults traditional', 'log stdout', `router bgp ${setup.as}`, ` bgp router-id ${setup.address}`],
      ...[' no bgp ebgp-requires-policy', ' no bgp network import-check', ...neighbors],
      ...[' address-family ipv4 unicast', ...setup.prefixes.map(prefix => `  network ${prefix}`), ...inFamily],
      ...[' exit-address-family', 'exit', ''],
    ].join('\n'),
  );
  /** Starts one of its daemons and waits until it has this socket. */
  const start = async (daemon: string, socket: string, ...words: string[]) => {
    const program = lab.start(host, [
      ...['sh', '-c', AS_ROOT, at('group'), join(DAEMONS, daemon), '-u', 'root', '-g', 'root'],
      ...['-f', at(`${daemon}.conf`), '-z', at('zserv.api'), '-i', at(`${daemon}.pid`), '--vty_socket', folder],
      ...['-P', '0', ...words],
    ]);
    await until(`${daemon} of ${host} is there: ${program.said()}`, async () => {
      if (!program.running()) throw new Error(`${daemon} of ${host}: ${program.said()}`);
      return lab.run(host, ['test', '-S', at(socket)]).then(
        () => true,
        () => false,
      );
    });
  };
  await start('zebra', 'zserv.api');
  await start('bgpd', 'bgpd.vty', '-S');
}
