/** The daemons and taps of the real testbed, and what its hosts send. The picture is in world.ts. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RouteRow } from '../../../src/collector/messages.ts';
import type { ProbeStatusRow, TracePeerRow } from '../../../src/control/daemon.ts';
import { until } from '../../interop/bgp-peers.ts';
import { makeAuthority, makeIdentity } from '../../traceback/certificates.ts';
import { type Daemon, startDaemon } from '../intertrack.ts';
import type { Lab } from '../lab.ts';
import { captureTo, chatter } from '../raw-socket.ts';
import { INSIDE, layNetwork, startRouters, TRANSLATOR } from './network.ts';
import {
  daemon4,
  FAR,
  HOST,
  hostOf,
  lan4,
  NATTED,
  neighborsOf,
  prefixOf,
  REFLECTOR,
  router4,
  routerOf,
  STUB,
  TAKING_PART,
  TAPS,
  TRANSIT,
  VICTIM,
} from './world.ts';

const PATIENCE = 60_000;
/** Packets a second of each host that talks beside the attacks. */
const RATE = 20;

export interface Real {
  daemon(as: number): Daemon;
  /** What arrived at the host of an AS. */
  captured(as: number): string;
}

async function configuration(lab: Lab, as: number, members: readonly number[]): Promise<string> {
  const of = (device: string) => neighborsOf(as).filter(one => one.device === device);
  const probes = await Promise.all(
    Object.entries(TAPS[as]!).map(async ([name, device]) => {
      const lines = await Promise.all(
        of(device).map(async ({ as: other }) => {
          const mac = await lab.mac(routerOf(other), device === 'ix' ? 'ix' : `to${as}`);
          return `neighbor as ${other} mac ${mac};`;
        }),
      );
      return `probe ${name} { ${lines.join(' ')} }\n`;
    }),
  );
  const peers = members
    .filter(other => (as === TRANSIT) !== (other === TRANSIT))
    .map(
      other =>
        `    peer as ${other} { address ${daemon4(other)}; certificate "${lab.directory}/as${other}.crt"; in allow; out allow; }\n`,
    );
  return `bgp listen ${daemon4(as)};
protocol bgp border { neighbor ${router4(as)} as ${as}; local address ${daemon4(as)}; ipv4; passive; }
${probes.join('')}${as === NATTED ? 'probe inside { }\nprobe translator { translator { conntrack; } }\n' : ''}traceback {
    listen ${daemon4(as)};
    identity "${lab.directory}/as${as}.key" certificate "${lab.directory}/as${as}.crt";
    federation "lab" {
        secret "${lab.directory}/secret"; authority "${lab.directory}/authority.crt"; in allow; out allow;
    }
${peers.join('')}    answer { detail neighbor-as; coverage 100%; unproved 1000/s; }
}
`;
}

/**
 * Builds it all in an empty lab, and waits until routes, trace sessions and taps are there. `whole`: otherwise the AS behind
 * the translator and that of the reflector take no part.
 */
export async function startReal(lab: Lab, whole: boolean): Promise<Real> {
  const members = TAKING_PART.filter(as => whole || (as !== NATTED && as !== REFLECTOR));
  await layNetwork(lab, whole);
  await startRouters(lab);
  writeFileSync(join(lab.directory, 'secret'), randomBytes(32).toString('hex'), { mode: 0o600 });
  const authority = makeAuthority('lab');
  writeFileSync(join(lab.directory, 'authority.crt'), authority.certificate);
  for (const as of members) makeIdentity(as, lab.directory, { authority });

  const daemons = new Map<number, Daemon>();
  await Promise.all(
    members.map(async as => {
      const config = await configuration(lab, as, members);
      const started = await startDaemon(lab, routerOf(as), { as, address: daemon4(as), config });
      daemons.set(as, started);
      for (const [probe, device] of Object.entries(TAPS[as]!)) started.tap(probe, device);
      if (as !== NATTED) return;
      started.capture('inside', TRANSLATOR, '-i', 'eth1');
      started.capture('translator', TRANSLATOR, '--translator');
    }),
  );
  const captured = (as: number) => join(lab.directory, `${hostOf(as)}.pcap`);
  captureTo(lab, hostOf(VICTIM), 'eth0', captured(VICTIM));
  captureTo(lab, hostOf(REFLECTOR), 'eth0', captured(REFLECTOR));
  captureTo(lab, TRANSLATOR, 'eth0', captured(NATTED));
  captureTo(lab, hostOf(FAR), 'eth0', captured(FAR));
  for (const as of [FAR, STUB, REFLECTOR]) chatter(lab, hostOf(as), lan4(VICTIM, HOST), RATE);
  chatter(lab, INSIDE, lan4(VICTIM, HOST), RATE);
  chatter(lab, hostOf(VICTIM), lan4(FAR, HOST), RATE);
  await Promise.all([...daemons].map(([as, started]) => ready(as, started, members)));
  return { daemon: as => daemons.get(as)!, captured };
}

/** The daemon knows the way to the others, has its trace sessions, and its probes see packets. */
async function ready(as: number, { rows }: Daemon, members: readonly number[]): Promise<void> {
  // A daemon that is busy starting may not answer in time, and is asked again.
  const asked = async <T>(is: (all: readonly T[]) => boolean, ...words: string[]) =>
    rows<T>(...words).then(is, () => false);
  for (const other of members.filter(one => one !== as))
    await until(
      `AS${as} has a path to AS${other}`,
      () => asked<RouteRow>(([route]) => route?.origin === other, 'show', 'route', prefixOf(other), 'exact'),
      PATIENCE,
    );
  await until(
    `AS${as} has its trace sessions`,
    () => asked<TracePeerRow>(all => all.every(({ state }) => state === 'Established'), 'show', 'traceback'),
    PATIENCE,
  );
  await until(
    `the probes of AS${as} see packets`,
    () => asked<ProbeStatusRow>(all => all.every(({ packets }) => packets > 0), 'show', 'probe'),
    PATIENCE,
  );
}
