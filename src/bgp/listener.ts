import { closeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { plainAddress } from '../net/address.ts';
import { socketCalls } from '../net/native.ts';
import { type ListeningSocket, type ListenProtection, listenProtected } from '../net/tcp-listen.ts';

/** Where to listen; a ListenConfig of the configuration is one. Port 0 lets the kernel choose. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
  readonly interface?: string;
}

/** Where a connection comes from. */
export interface Source {
  /** IPv4-mapped addresses as IPv4. */
  readonly address: string;
  /** The own address that it came to. */
  readonly localAddress: string;
  /** The interface of a link-local address, or that of the listener; '' when neither tells. */
  readonly interface: string;
}

export interface Listener {
  /** The port listened on. */
  readonly port: number;
  /** Connections closed before an octet was read: of an unconfigured source, or more than may be open at a time. */
  readonly refused: () => number;
  /**
   * Brings the demands on peers in force, without closing anything. Returns what could not be done, in words: the peers of
   * the prefixes in `unkeyed` must then not be let in.
   */
  protect(wanted: ListenProtection): readonly string[];
  /** What of the first demands could not be brought in force. */
  readonly problems: readonly string[];
  /** Prefixes whose key is not in force though it was wanted. */
  readonly unkeyed: () => ReadonlySet<string>;
  /** Stops listening; the connections live on. */
  close(): Promise<void>;
}

/** Connections held at a time. Each peer has at most two, and strangers none, so this bounds nothing but an attack. */
const MOST_CONNECTIONS = 4096;
const NO_DEMANDS: ListenProtection = { keys: new Map(), leastTtl: 0 };

/**
 * A listening socket made natively, which alone can have keys before its first packet. Null when this machine has no native
 * calls: the configuration then demands nothing of a socket, or it would have been refused.
 */
function listenNatively(at: ListenAddress, wanted: ListenProtection): ListeningSocket | null {
  return typeof socketCalls() === 'string' ? null : listenProtected(at, wanted);
}

/**
 * Listens for BGP connections. `onSocket` gets each with its source and answers whether it is wanted; one that is not is
 * closed before an octet is read, and counted. The promise fails as `listen` does (EADDRINUSE …).
 */
export async function listenBgp(
  at: ListenAddress,
  onSocket: (socket: Socket, source: Source) => boolean,
  wanted: ListenProtection = NO_DEMANDS,
): Promise<Listener> {
  let refused = 0;
  // Not one octet is taken from the kernel before somebody wants the connection.
  const server = createServer({ pauseOnConnect: true }, socket => {
    socket.on('error', () => {}); // a reset before anyone listens is the peer's business
    const zone = /%(.+)$/.exec(socket.remoteAddress ?? '')?.[1];
    const source = {
      address: plainAddress(socket.remoteAddress),
      localAddress: plainAddress(socket.localAddress),
      interface: zone ?? at.interface ?? '',
    };
    if (onSocket(socket, source)) {
      socket.resume();
      return;
    }
    refused++;
    socket.destroy();
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('drop', () => refused++);

  const native = listenNatively(at, wanted);
  const { promise, resolve, reject } = Promise.withResolvers<Listener>();
  server.once('error', error => {
    // It listens already, so that only Node can have refused it, and then the descriptor is still ours.
    if (native !== null) closeSync(native.fd);
    reject(error);
  });
  const where = native === null ? { host: at.address, port: at.port, ipv6Only: false } : { fd: native.fd };
  server.listen(where, () => {
    server.removeAllListeners('error');
    // Out of descriptors and the like: the listener stays, the connection is lost and counted.
    server.on('error', () => refused++);
    const bound = server.address();
    resolve({
      port: typeof bound === 'object' && bound !== null ? bound.port : at.port,
      refused: () => refused,
      problems: native?.problems ?? [],
      protect: next => native?.protect(next) ?? [],
      unkeyed: () => native?.refused ?? new Set(wanted.keys.keys()),
      async close() {
        server.close();
      },
    });
  });
  return promise;
}
