/** The listening sockets of a collector: opened, closed and given their demands as the configuration says. */
import type { Socket } from 'node:net';
import { type Listener, listenBgp, type Source } from '../bgp/listener.ts';
import type { BgpPeerConfig, ListenConfig } from '../config/tree.ts';
import { parseAddress } from '../net/address.ts';
import type { ListenProtection } from '../net/tcp-listen.ts';
import { leastTtlOf } from '../net/tcp-options.ts';

/** The prefix that a peer's key is for: its address, or that of all the peers of its range. */
export function keyPrefix({ neighbor, range }: BgpPeerConfig): string {
  return range !== null ? neighbor : `${neighbor}/${parseAddress(neighbor)?.afi === 1 ? 32 : 128}`;
}

/** What the listeners have to demand for the sake of these peers. */
export function listenProtection(peers: readonly BgpPeerConfig[]): ListenProtection {
  const active = peers.filter(peer => !peer.disabled);
  const keyed = active.flatMap(peer =>
    peer.password === undefined ? [] : [[keyPrefix(peer), peer.password] as const],
  );
  const least = active.map(({ ttlSecurity }) => (ttlSecurity === null ? 0 : leastTtlOf(ttlSecurity)));
  return { keys: new Map(keyed), leastTtl: least.length === 0 ? 0 : Math.min(...least) };
}

export interface Listeners {
  /**
   * Listens at these addresses and at no other, and puts the demands on all. Never rejects: where it cannot listen is
   * logged and told by `problems`, and tried again. Connections that are up outlive their listener.
   */
  listen(wanted: readonly ListenConfig[], demands: ListenProtection): Promise<void>;
  /** Where it should listen and does not, or not as it should, in words. */
  problems(): readonly string[];
  close(): void;
}

/** ms after which an address that could not be listened at is tried again: it may come up later than this program. */
const RETRY = 10_000;

const keyOf = ({ address, port, interface: device }: ListenConfig): string =>
  `${address} port ${port}${device === undefined ? '' : ` interface "${device}"`}`;

/** `admit` says whether a connection is wanted; `unkeyed` are the prefixes whose key could not be put on its listener. */
export function createListeners(
  admit: (socket: Socket, source: Source, unkeyed: ReadonlySet<string>) => boolean,
  log: (level: 'info' | 'error', text: string) => void,
): Listeners {
  const open = new Map<string, Listener>();
  const failed = new Map<string, readonly string[]>();
  let again: NodeJS.Timeout | undefined;
  let places = new Map<string, ListenConfig>();
  let protection: ListenProtection = { keys: new Map(), leastTtl: 0 };

  /** Notes what is wrong with a listener, and says it when it is new. */
  function note(key: string, problems: readonly string[]): void {
    if (problems.length === 0) failed.delete(key);
    else {
      for (const words of problems) if (!failed.get(key)?.includes(words)) log('error', words);
      failed.set(key, problems);
    }
  }
  const weak = (key: string, problems: readonly string[]) =>
    note(
      key,
      problems.map(problem => `listener ${key}: ${problem}; who cannot be checked is not let in there`),
    );

  async function add(key: string, at: ListenConfig): Promise<void> {
    try {
      const listener = await listenBgp(
        at,
        (socket, source) => admit(socket, source, open.get(key)?.unkeyed() ?? new Set(protection.keys.keys())),
        protection,
      );
      // Another configuration may have come while it was opened.
      if (places.get(key) === undefined || open.has(key)) return void listener.close();
      open.set(key, listener);
      log('info', `listening for BGP on ${key}`);
      weak(key, [...new Set([...listener.problems, ...listener.protect(protection)])]);
    } catch (error) {
      note(key, [`cannot listen for BGP on ${key}: ${(error as Error).message}`]);
    }
  }

  async function listen(wanted: readonly ListenConfig[], demands: ListenProtection): Promise<void> {
    clearTimeout(again);
    protection = demands;
    places = new Map(wanted.map(at => [keyOf(at), at]));
    for (const key of failed.keys()) if (!places.has(key)) failed.delete(key);
    for (const [key, listener] of [...open])
      if (places.has(key)) weak(key, listener.protect(demands));
      else {
        open.delete(key);
        await listener.close();
      }
    for (const [key, at] of places) if (!open.has(key)) await add(key, at);
    if (failed.size > 0) again = setTimeout(() => void listen(wanted, demands), RETRY).unref();
  }

  return {
    listen,
    problems: () => [...failed.values()].flat(),
    close() {
      clearTimeout(again);
      places.clear();
      for (const listener of open.values()) void listener.close();
    },
  };
}
