/**
 * A border router for machines without BIRD: it speaks BGP on a socket, announces what it is told and nothing else. What
 * a real router would learn from its neighbours is worked out for it from the links: shortest path, then lowest AS.
 */
import { connect, createServer, type Socket } from 'node:net';
import { encodeAnnounce, encodeWithdraw } from '../../src/bgp/announce.ts';
import { AS_SEQUENCE } from '../../src/bgp/as-path.ts';
import { encodeEndOfRib } from '../../src/bgp/end-of-rib.ts';
import { createFramer, encodeMessage, KEEPALIVE, OPEN } from '../../src/bgp/message.ts';
import { encodeOpen, localOpen } from '../../src/bgp/open.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { neighborsOf } from './topology.ts';

export interface Speaker {
  /** Holds these (prefix, path) routes from now on; what was announced and is not among them is withdrawn. */
  routes(routes: ReadonlyMap<string, readonly number[]>): void;
  close(): void;
}

/** The best path from an AS to each of the origins of a prefix's announcers: neighbour first, origin last. */
export function bestPath(from: number, origins: readonly number[]): number[] | null {
  if (origins.includes(from)) return [];
  let paths: number[][] = [[from]];
  const seen = new Set([from]);
  while (paths.length > 0) {
    const next: number[][] = [];
    for (const path of paths.toSorted((a, b) => a.at(-1)! - b.at(-1)!))
      for (const as of neighborsOf(path.at(-1)!)) {
        if (seen.has(as)) continue;
        seen.add(as);
        if (origins.includes(as)) return [...path.slice(1), as];
        next.push([...path, as]);
      }
    paths = next;
  }
  return null;
}

/** Where a daemon listens. */
export interface Listener {
  readonly address: string;
  readonly port: number;
}

/** A daemon that is not there, or goes away, is dialled again after so many milliseconds. */
const REDIAL = 500;

/**
 * Listens on `address` port `port` for the collectors and dials that of its own AS, if it has one. To those of another AS
 * its own AS stands first in each path.
 */
export function startSpeaker(
  as: number,
  address: string,
  port: number,
  collectors: ReadonlyMap<string, number>,
  own: Listener | null,
): Promise<Speaker> {
  let held: ReadonlyMap<string, readonly number[]> = new Map();
  const up = new Map<Socket, boolean>();

  function announce(to: Socket, prefix: string, path: readonly number[]): void {
    const asns = up.get(to) ? [as, ...path] : [...path];
    const sequence = asns.length > 0 ? [{ type: AS_SEQUENCE, asns }] : [];
    const set = { originCode: 0 as const, path: sequence, nextHop: address, localPref: up.get(to) ? null : 100 };
    for (const message of encodeAnnounce([parsePrefix(prefix)!], set, { as4: true })) to.write(message);
  }

  function talk(socket: Socket): void {
    const remoteAs = collectors.get(socket.remoteAddress ?? '') ?? as;
    const { push } = createFramer(type => {
      if (type === OPEN) socket.write(encodeMessage(KEEPALIVE));
      else if (type === KEEPALIVE && !up.has(socket)) {
        up.set(socket, remoteAs !== as);
        for (const [prefix, path] of held) announce(socket, prefix, path);
        socket.write(encodeEndOfRib(1));
      } else if (type === KEEPALIVE) socket.write(encodeMessage(KEEPALIVE));
      return true;
    });
    socket.on('data', push);
    socket.on('error', () => {});
    socket.on('close', () => up.delete(socket));
    socket.write(encodeOpen(localOpen({ localAs: as, routerId: address, holdTime: 240, ipv4: true, ipv6: false })));
  }

  const server = createServer(talk);
  let closed = false;
  function dial({ address: host, port }: Listener): void {
    const socket = connect({ host, port, localAddress: address }, () => talk(socket));
    socket.on('error', () => {});
    socket.on('close', () => closed || setTimeout(dial, REDIAL, { address: host, port }));
  }

  const speaker: Speaker = {
    routes(routes) {
      const gone = [...held.keys()].filter(prefix => !routes.has(prefix)).map(prefix => parsePrefix(prefix)!);
      for (const socket of up.keys()) {
        for (const message of encodeWithdraw(gone)) socket.write(message);
        for (const [prefix, path] of routes)
          if (held.get(prefix)?.join() !== path.join()) announce(socket, prefix, path);
      }
      held = routes;
    },
    close() {
      closed = true;
      server.close();
      for (const socket of up.keys()) socket.destroy();
    },
  };
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, address, () => {
      if (own !== null) dial(own);
      resolve(speaker);
    });
  });
}
