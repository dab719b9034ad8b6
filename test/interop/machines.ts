/** Daemons that share the work, with the servers between them and a mail server, as the tests of several machines need them. */
import type { MachineRow } from '../../src/control/machine-rows.ts';
import { type Nats, type NatsCluster, natsCluster, natsServer } from '../bus/nats.ts';
import { type Relay, relay } from '../notify/smtp.ts';
import { type Cluster, cluster } from '../store/postgresql/cluster.ts';
import { loopbackAddress } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

export const MACHINES_PORT = 1790;
export const OFFENDER = 64666;

/** Registered prefixes: 10.0.0.0/24 and so on, `count` of them. */
export const prefixOf = (number: number): string => `10.${number >> 8}.${number & 255}.0/24`;
export const objectOf = (number: number, origin = 64500): string =>
  `route: ${prefixOf(number)}\norigin: AS${origin}\nmnt-by: MAINT-OWNER\nsource: JPIRR\n`;
/** The registry of a test: `of` tells what stands there for each prefix. */
export const rpslOf = (count: number, of: (number: number) => string = objectOf): string =>
  Array.from({ length: count }, (_, i) => of(i)).join('\n');

/** Addresses at which a machine finds the servers, at their own ports. */
export interface Ways {
  /** Null: it is on no bus. */
  readonly nats: string | null;
  readonly postgresql: string;
  /** Port of its mail server; left out: that of all. */
  readonly smtp?: number;
  /** Its database; left out: that of all. */
  readonly database?: string;
}

/** What differs from test to test in what all machines share. */
export interface SharedSettings {
  /** More in `irr`, `notify mail`, and at the top. */
  readonly irr?: string;
  readonly mail?: string;
  readonly more?: string;
  /** More for postgresql.conf. */
  readonly postgresql?: string;
  /** So many servers of NATS in a cluster, each with a copy of the stream; `nats` is the first. */
  readonly servers?: number;
  /** Partitions of the cases; left out: as many as there are by default. */
  readonly partitions?: number;
}

/** A daemon, with its address, which is its router id. */
export type Machine = Intertrackd & { readonly address: string };

export interface Shared {
  readonly nats: Nats;
  /** Null: there is one server alone. */
  readonly natsCluster: NatsCluster | null;
  readonly postgresql: Cluster;
  readonly smtp: Relay;
  /**
   * Configures a machine; `more` is told its address. All prefixes are registered, and watched. `by`: over which ways it
   * reaches the servers, left out: straight. `address`: its router id, left out: one of its own.
   */
  machine(role: string, more?: (address: string) => string, by?: Ways, address?: string): Machine;
  close(): Promise<void>;
}

/** Null: one of the servers is not installed. */
export async function sharedServers(prefixes: number, settings: SharedSettings = {}): Promise<Shared | null> {
  const { servers = 1 } = settings;
  const natsServers = servers > 1 ? await natsCluster(servers) : null;
  const nats = natsServers?.servers[0] ?? (await natsServer());
  const postgresql = nats && (await cluster(`fsync = off\n${settings.postgresql ?? ''}`));
  if (nats === null || postgresql === null) {
    await nats?.close();
    return null;
  }
  const smtp = await relay();
  const daemons: Intertrackd[] = [];
  const shares = settings.partitions === undefined ? '' : `partitions ${settings.partitions};`;
  const busBy = ({ nats: way }: Ways) =>
    way === null
      ? ''
      : natsServers === null
        ? `bus nats "${nats.url.replace(nats.host, way)}" { ${shares} }`
        : `bus nats ${natsServers.servers.map(({ url }) => `"${url}"`).join(', ')} { ${shares} replicas ${servers}; }`;
  return {
    nats,
    natsCluster: natsServers,
    postgresql,
    smtp,
    machine(role, more = () => '', by = { nats: nats.host, postgresql: postgresql.host }, address = loopbackAddress()) {
      const daemon = intertrackd(address);
      daemons.push(daemon);
      daemon.write('jpirr.db', rpslOf(prefixes));
      daemon.configure(`
${by.nats === null ? '' : `role ${role};`}
${busBy(by)}
store postgresql "${postgresql.url(by.database).replace(postgresql.host, by.postgresql)}";
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; ${settings.irr ?? ''} }
watch ours { maintainer MAINT-OWNER; group noc; hold up 1s; hold down 1s; }
group noc { mail "oncall@example.net"; }
notify mail { from "keiro@collector.example"; smtp "127.0.0.1" port ${by.smtp ?? smtp.port}; tls none; language en; ${settings.mail ?? ''} }
${settings.more ?? ''}
${more(address)}`);
      return { ...daemon, address };
    },
    async close() {
      for (const daemon of daemons) await daemon.close();
      await smtp.close();
      await (natsServers ?? nats).close();
      await postgresql.close();
    },
  };
}

/** The statements of a collector with one feed. */
export const feedStatements =
  (feed: string) =>
  (address: string): string =>
    `bgp listen ${address} port ${MACHINES_PORT};
protocol bgp feed { neighbor ${feed} as 64497; local address ${address}; passive; }`;

/** Dials such a collector as its feed. */
export const startFeed = (from: string, { address: to }: Machine): Promise<Speaker> =>
  startSpeaker({ from, to, port: MACHINES_PORT, as: 64497 });

/** Of mails, those about a prefix. */
export const about = <T extends Pick<Relay['received'][number], 'mail'>>(mails: readonly T[], prefix: string): T[] =>
  mails.filter(({ mail }) => mail.subject?.includes(`${prefix} `) === true);

export const machinesOf = (daemon: Intertrackd): Promise<readonly MachineRow[]> =>
  daemon.ask('show', 'collector') as Promise<readonly MachineRow[]>;
