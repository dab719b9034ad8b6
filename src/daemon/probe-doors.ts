/** The doors for probes of other machines: their files read, their ports bound, as the configuration says. */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Config } from '../config/tree.ts';
import type { ProbeStation } from '../probe/socket/station.ts';
import { type DoorIdentity, openTlsDoor, type TlsDoor } from '../probe/socket/tls-door.ts';
import { readKeyFiles } from './key-files.ts';
import type { Log } from './log.ts';

type DoorConfig = Pick<Config, 'probeListen' | 'probeIdentity' | 'probes' | 'traceback'>;

export interface ProbeDoors {
  /**
   * Reads the files and binds the ports of another configuration. Rejects, in words, when something is wrong; then
   * nothing has changed, nor before `commit`.
   */
  prepare(config: DoorConfig): Promise<{ commit(): void; abandon(): void }>;
  /** Ports that are bound, in the order of the configuration. */
  ports(): readonly number[];
  close(): void;
}

interface Trust extends DoorIdentity {
  /** Certificates of probes by their names. */
  readonly probes: ReadonlyMap<string, X509Certificate>;
}

const NOBODY: Trust = { key: '', certificate: '', probes: new Map() };

/** Doors that are all shut. */
export function openProbeDoors(station: Pick<ProbeStation, 'accept'>, log: Log): ProbeDoors {
  let trust = NOBODY;
  let doors = new Map<string, TlsDoor>();
  /** Connections from other machines, and what they have proved themselves by. */
  const connected = new Map<TLSSocket, X509Certificate>();

  const accept = (socket: TLSSocket, names: ReadonlySet<string>) => {
    connected.set(socket, socket.getPeerX509Certificate()!);
    socket.on('close', () => connected.delete(socket));
    station.accept(socket, names);
  };

  return {
    async prepare(config) {
      const wanted = config.probeListen.length === 0 ? NOBODY : readTrust(config);
      const next = new Map<string, TlsDoor>();
      const fresh: TlsDoor[] = [];
      try {
        for (const listen of config.probeListen) {
          const key = `${listen.address} port ${listen.port}`;
          const old = doors.get(key);
          if (old !== undefined) {
            next.set(key, old);
            continue;
          }
          // Nobody is let in before it is in force: until then it believes whom the other doors believe.
          const probes = () => trust.probes;
          const door = await openTlsDoor({ listen, identity: wanted, probes, accept, log }).catch((e: Error) => {
            throw new Error(`probe listen ${key}: ${e.message}`);
          });
          fresh.push(door);
          next.set(key, door);
        }
      } catch (error) {
        for (const door of fresh) door.close();
        throw error;
      }
      return {
        abandon() {
          for (const door of fresh) door.close();
        },
        commit() {
          for (const [key, door] of doors) if (!next.has(key)) door.close();
          doors = next;
          trust = wanted;
          for (const door of doors.values()) door.renew(trust);
          const known = [...trust.probes.values()];
          for (const [socket, shown] of connected)
            if (!known.some(one => one.raw.equals(shown.raw)))
              socket.destroy(new Error('its certificate is of no probe'));
        },
      };
    },
    ports: () => [...doors.values()].map(({ port }) => port),
    close() {
      for (const door of doors.values()) door.close();
      for (const socket of connected.keys()) socket.destroy();
    },
  };
}

/** Throws an Error that names each file and what is wrong with it. */
function readTrust({ probeIdentity, traceback, probes }: DoorConfig): Trust {
  const own =
    probeIdentity ?? (traceback === null ? null : { key: traceback.identity, certificate: traceback.certificate });
  if (own === null) throw new Error('probe listen: there is neither `probe identity` nor a `traceback`');
  const files = readKeyFiles();
  const identity = files.pair(own.key, own.certificate);
  const known = new Map<string, X509Certificate>();
  for (const { name, certificate: file } of probes) {
    const shown = file === undefined ? null : files.certificate(file);
    if (shown !== null) known.set(name, shown);
  }
  files.check();
  return { ...identity, probes: known };
}
