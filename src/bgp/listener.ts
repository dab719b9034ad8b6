import { createServer, type Socket } from 'node:net';
import { plainAddress } from './connection.ts';

/** Where to listen; a ListenConfig of the configuration is one. Port 0 lets the kernel choose. */
export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

export interface Listener {
  /** The port listened on. */
  readonly port: number;
  /** Connections closed before an octet was read: of an unconfigured source, or more than may be open at a time. */
  readonly refused: () => number;
  close(): Promise<void>;
}

/** Connections held at a time. Each peer has at most two, and strangers none, so this bounds nothing but an attack. */
const MOST_CONNECTIONS = 4096;

/**
 * Listens for BGP connections. `onSocket` gets each with its source (IPv4-mapped addresses as IPv4) and answers whether it is
 * wanted; one that is not is closed before an octet is read, and counted. The promise fails as `listen` does (EADDRINUSE …).
 */
export function listenBgp(
  listen: ListenAddress,
  onSocket: (socket: Socket, remoteAddress: string) => boolean,
): Promise<Listener> {
  let refused = 0;
  // Not one octet is taken from the kernel before somebody wants the connection.
  const server = createServer({ pauseOnConnect: true }, socket => {
    socket.on('error', () => {}); // a reset before anyone listens is the peer's business
    if (onSocket(socket, plainAddress(socket.remoteAddress))) {
      socket.resume();
      return;
    }
    refused++;
    socket.destroy();
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('drop', () => refused++);

  const { promise, resolve, reject } = Promise.withResolvers<Listener>();
  server.once('error', reject);
  server.listen({ host: listen.address, port: listen.port, ipv6Only: false }, () => {
    server.off('error', reject);
    // Out of descriptors and the like: the listener stays, the connection is lost and counted.
    server.on('error', () => refused++);
    const bound = server.address();
    resolve({
      port: typeof bound === 'object' && bound !== null ? bound.port : listen.port,
      refused: () => refused,
      close: () => new Promise(done => server.close(() => done())),
    });
  });
  return promise;
}
