/** The sockets that the collector listens on for BGP, and what it says of those who come without being a peer. */
import type { Socket } from 'node:net';
import { type Listener, listenBgp } from '../bgp/listener.ts';
import type { ListenConfig } from '../config/tree.ts';

export interface Listeners {
  /**
   * Listens at these addresses and at no other. Never rejects: where it cannot listen is logged and told by `problems`,
   * and tried again at the next call. Connections that are up outlive their listener.
   */
  listen(wanted: readonly ListenConfig[]): Promise<void>;
  /** Where it should listen and does not, in words. */
  problems(): readonly string[];
  /** Stops listening. Resolves when the last connection that came in has ended. */
  close(): Promise<void>;
}

/** ms after which an address that could not be listened at is tried again: it may come up later than this program. */
const RETRY = 10_000;
/** After a stranger was named, others are only counted for so long: a flood of connections must not become one of lines. */
const QUIET = 10_000;

/** `accept` takes a connection by the address of its source; false when it was refused, null when nobody knows it. */
export function createListeners(
  accept: (socket: Socket, remote: string) => boolean | null,
  log: (level: 'info' | 'warn' | 'error', text: string) => void,
): Listeners {
  const open = new Map<string, Listener>();
  const failed = new Map<string, string>();
  let quiet: NodeJS.Timeout | null = null;
  let uncounted = 0;
  let again: NodeJS.Timeout | undefined;
  let places = new Map<string, ListenConfig>();

  function stranger(remote: string): void {
    if (quiet !== null) {
      uncounted++;
      return;
    }
    log('warn', `connection from ${remote} closed: no peer has this address`);
    quiet = setTimeout(() => {
      quiet = null;
      if (uncounted > 0) log('warn', `${uncounted} more connections closed: no peer has their address`);
      uncounted = 0;
    }, QUIET);
    quiet.unref();
  }

  async function add(key: string, at: ListenConfig): Promise<void> {
    try {
      const listener = await listenBgp(at, (socket, remote) => {
        const accepted = accept(socket, remote);
        if (accepted === null) stranger(remote);
        return accepted ?? false;
      });
      // Another configuration may have come while it was opened.
      if (places.get(key) === undefined || open.has(key)) return void listener.close();
      open.set(key, listener);
      failed.delete(key);
      log('info', `listening for BGP on ${key}`);
    } catch (error) {
      const words = `cannot listen for BGP on ${key}: ${(error as Error).message}`;
      if (failed.get(key) !== words) log('error', words);
      failed.set(key, words);
    }
  }

  async function listen(wanted: readonly ListenConfig[]): Promise<void> {
    clearTimeout(again);
    places = new Map(wanted.map(at => [`${at.address} port ${at.port}`, at]));
    for (const key of failed.keys()) if (!places.has(key)) failed.delete(key);
    for (const [key, listener] of [...open])
      if (!places.has(key)) {
        open.delete(key);
        // Not waited for: it ends with the last session that came in by it, which this need not disturb.
        void listener.close();
      }
    for (const [key, at] of places) if (!open.has(key)) await add(key, at);
    if (failed.size > 0) again = setTimeout(() => void listen(wanted), RETRY).unref();
  }

  return {
    listen,
    problems: () => [...failed.values()],
    async close() {
      clearTimeout(again);
      if (quiet !== null) clearTimeout(quiet);
      await Promise.all([...open.values()].map(listener => listener.close()));
    },
  };
}
