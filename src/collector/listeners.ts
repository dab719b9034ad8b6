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
  /** Closes what is no longer wanted, opens what is new, and puts the demands on all. What fails is logged. */
  configure(wanted: readonly ListenConfig[], protection: ListenProtection): Promise<void>;
  close(): Promise<void>;
}

const keyOf = ({ address, port, interface: device }: ListenConfig): string =>
  `${address} port ${port}${device === undefined ? '' : ` interface "${device}"`}`;

/** `admit` says whether a connection is wanted; `unkeyed` are the prefixes whose key could not be put on its listener. */
export function createListeners(
  admit: (socket: Socket, source: Source, unkeyed: ReadonlySet<string>) => boolean,
  log: (level: 'info' | 'error', text: string) => void,
): Listeners {
  const listeners = new Map<string, Listener>();
  const tell = (key: string, problems: readonly string[]): void => {
    for (const problem of problems)
      log('error', `listener ${key}: ${problem}; who cannot be checked is not let in there`);
  };

  async function open(at: ListenConfig, key: string, protection: ListenProtection): Promise<void> {
    try {
      const listener = await listenBgp(
        at,
        (socket, source) => admit(socket, source, listeners.get(key)?.unkeyed() ?? new Set(protection.keys.keys())),
        protection,
      );
      listeners.set(key, listener);
      log('info', `listening for BGP on ${key}`);
      tell(key, listener.problems);
    } catch (error) {
      log('error', `cannot listen for BGP on ${key}: ${(error as Error).message}`);
    }
  }

  return {
    async configure(wanted, protection) {
      const keys = wanted.map(keyOf);
      for (const [key, listener] of listeners)
        if (!keys.includes(key)) {
          listeners.delete(key);
          await listener.close();
        } else tell(key, listener.protect(protection));
      for (const at of wanted) if (!listeners.has(keyOf(at))) await open(at, keyOf(at), protection);
    },
    async close() {
      await Promise.all([...listeners.values()].map(listener => listener.close()));
    },
  };
}
