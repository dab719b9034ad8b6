/** The BMP stations of the configuration: listeners, the routers that are connected, and those that are remembered. */
import type { Socket } from 'node:net';
import { type Listener, listenBgp } from '../bgp/listener.ts';
import { openRouter, type RouterConnection } from '../bmp/connection.ts';
import { isBmpError } from '../bmp/errors.ts';
import { INITIATION } from '../bmp/framer.ts';
import { SYS_NAME, textOf } from '../bmp/information.ts';
import { decodeMessage } from '../bmp/messages.ts';
import type { BmpConfig } from '../config/tree.ts';
import { covers, type Prefix, parsePrefix } from '../net/prefix.ts';
import { createRouter, type Router } from './bmp-router.ts';
import { isMilestone } from './milestone.ts';
import { routerName } from './monitored-name.ts';
import type { SeatedPeer, Seating } from './seating.ts';

/** Routers that one station knows at a time, connected or remembered. */
const MOST_ROUTERS = 256;
/** How often what is remembered is looked through, milliseconds. */
const SWEEP = 600_000;

export interface Stations {
  /** Opens, changes and closes stations until there are these. */
  configure(stations: readonly BmpConfig[]): Promise<void>;
  peers(): readonly SeatedPeer[];
  /** Where it should listen and does not, in words. */
  problems(): readonly string[];
  /** Back-pressure: nothing is read from routers until `resume`. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** A station that listens. */
interface Station {
  config: BmpConfig;
  allow: readonly Prefix[];
  readonly listener: Listener | null;
  /** Why it does not listen; tried again at each `configure`. */
  readonly problem: string | null;
  /** Connections, each with the router that it turned out to be. */
  readonly connections: Map<RouterConnection, Router | null>;
  /** By address and the name they told. */
  readonly routers: Map<string, Router>;
}

export function createStations(seating: Seating): Stations {
  const stations = new Map<string, Station>();
  const all = () => [...stations.values()];
  const nameIsTaken = (name: string) =>
    all().some(({ routers }) => [...routers.values()].some(({ identity }) => identity.name === name));

  /** The router behind a connection, as it is told by its first message; null when there is no room for it. */
  function identify(station: Station, address: string, told: string): Router | null {
    const key = `${address} ${told}`;
    const known = station.routers.get(key);
    if (known !== undefined) {
      // A router has one connection to a station: another one that is still there is dead.
      for (const [connection, router] of station.connections)
        if (router === known) end(station, connection, 'the router has connected again');
      return known;
    }
    if (station.routers.size >= MOST_ROUTERS && !forgetOne(station)) return null;
    const name = routerName(told, address, nameIsTaken);
    const description = () => station.config.description;
    const router = createRouter({ name, address, ribs: station.config.ribs, description }, seating);
    station.routers.set(key, router);
    seating.log('info', `router ${name} (${address}) is connected`);
    return router;
  }

  /** Forgets a router that is not connected, the one known longest. */
  function forgetOne(station: Station): boolean {
    const connected = new Set(station.connections.values());
    for (const [key, router] of station.routers)
      if (!connected.has(router)) {
        router.forget(true);
        return station.routers.delete(key);
      }
    return false;
  }

  function end(station: Station, connection: RouterConnection, reason: string): void {
    const router = station.connections.get(connection);
    connection.close();
    station.connections.delete(connection);
    if (router) seating.log('warn', `router ${router.identity.name} lost: ${reason}`);
    else if (router === null) seating.log('warn', `BMP connection from ${connection.address} closed: ${reason}`);
    router?.lost(reason);
  }

  function accept(station: Station, socket: Socket): void {
    const connection = openRouter(socket, {
      message(type, buffer, start, messageEnd) {
        let router = station.connections.get(connection) ?? null;
        if (router === null) {
          const first = type === INITIATION ? decodeMessage(buffer, start, messageEnd) : null;
          const information = first !== null && !isBmpError(first) && 'information' in first ? first.information : [];
          router = identify(station, connection.address, textOf(information, SYS_NAME));
          if (router === null) {
            end(station, connection, `there are ${MOST_ROUTERS} routers already`);
            return false;
          }
          station.connections.set(connection, router);
          if (seating.held()) connection.pause();
        }
        const goesOn = router.message(type, buffer, start, messageEnd);
        if (!goesOn) end(station, connection, 'it ended its reports');
        return goesOn;
      },
      lost: reason => end(station, connection, reason),
    });
    station.connections.set(connection, null);
  }

  async function open(config: BmpConfig): Promise<void> {
    const { name, listen } = config;
    const at = `${listen.address} port ${listen.port}`;
    let refused = 0;
    let station: Station | null = null;
    const wanted = (address: string): string | null => {
      if (station === null) return 'the station is not open yet';
      if (!isAllowed(station, address)) return `it is not allowed by protocol bmp ${name}`;
      return station.connections.size < MOST_ROUTERS ? null : `${MOST_ROUTERS} routers are connected already`;
    };
    let problem: string | null = null;
    const listener = await listenBgp(listen, (socket, { address }) => {
      const why = wanted(address);
      if (why === null && station !== null) accept(station, socket);
      else if (isMilestone(++refused))
        seating.log('warn', `BMP connection from ${address} closed: ${why}`, { refused });
      return why === null;
    }).catch((e: Error) => {
      problem = `cannot listen for BMP on ${at}: ${e.message}`;
      seating.log('error', problem);
      return null;
    });
    if (listener !== null) seating.log('info', `listening for BMP on ${at}`);
    station = { config, allow: prefixesOf(config), listener, problem, connections: new Map(), routers: new Map() };
    stations.set(name, station);
  }

  async function close(station: Station, reason: string): Promise<void> {
    stations.delete(station.config.name);
    for (const connection of [...station.connections.keys()]) end(station, connection, reason);
    for (const router of station.routers.values()) router.forget(true);
    await station.listener?.close();
  }

  /** Takes what changes no table; a router that is no longer allowed is closed and forgotten. */
  function change(station: Station, config: BmpConfig): void {
    station.config = config;
    station.allow = prefixesOf(config);
    for (const connection of [...station.connections.keys()])
      if (!isAllowed(station, connection.address)) end(station, connection, 'it is no longer allowed');
    for (const [key, router] of station.routers)
      if (!isAllowed(station, router.identity.address)) {
        router.forget(true);
        station.routers.delete(key);
      }
  }

  const sweep = setInterval(() => {
    for (const { routers, connections } of all()) {
      const connected = new Set(connections.values());
      for (const [key, router] of routers) if (router.forget() && !connected.has(router)) routers.delete(key);
    }
  }, SWEEP);
  sweep.unref();

  const each = (act: (connection: RouterConnection) => void) => {
    for (const { connections } of all()) for (const connection of connections.keys()) act(connection);
  };
  return {
    async configure(wanted) {
      const next = wanted.filter(({ disabled }) => !disabled);
      const same = (a: BmpConfig, b: BmpConfig) =>
        JSON.stringify([a.listen, a.ribs]) === JSON.stringify([b.listen, b.ribs]);
      for (const station of all()) {
        const now = next.find(({ name }) => name === station.config.name);
        if (now === undefined) await close(station, 'the station is no longer configured');
        else if (same(now, station.config) && station.listener !== null) change(station, now);
        else await close(station, 'the configuration of the station changed');
      }
      for (const config of next) if (!stations.has(config.name)) await open(config);
    },
    peers: () => all().flatMap(({ routers }) => [...routers.values()].flatMap(router => router.peers())),
    problems: () => all().flatMap(({ problem }) => problem ?? []),
    pause: () => each(connection => connection.pause()),
    resume: () => each(connection => connection.resume()),
    async stop() {
      clearInterval(sweep);
      for (const station of all()) await close(station, 'the collector is shut down');
    },
  };
}

const prefixesOf = ({ allow }: BmpConfig): Prefix[] => allow.map(parsePrefix).filter(prefix => prefix !== null);

function isAllowed({ allow }: Station, address: string): boolean {
  const host = parsePrefix(address);
  return host !== null && allow.some(prefix => covers(prefix, host));
}
