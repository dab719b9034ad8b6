/** Waits for peers that dial: TLS 1.3 with a certificate, then the peering of the AS that the certificate proves. */
import type { X509Certificate } from 'node:crypto';
import { createServer, type TLSSocket } from 'node:tls';
import type { ListenConfig } from '../config/tree.ts';
import { listenAt } from '../net/listen.ts';
import { seldom } from '../net/rate.ts';
import { mutualTls, renewIdentity } from '../net/tls.ts';
import { PROTOCOL, printable, turnAway } from './connection.ts';
import { type Identity, identifyPeer } from './identity.ts';
import type { Log, Peering } from './peering.ts';
import type { RefusalBody, RefusalKind } from './refusals.ts';

/** Connections at once, handshakes among them, beyond the four that each peer may have. */
const SPARE_CONNECTIONS = 64;
const HANDSHAKE_TIMEOUT = 5000;

export interface ListenerOptions {
  readonly listen: ListenConfig;
  identity(): Identity;
  /** The peering with an AS that has proved who it is; undefined when it is not wanted. */
  peering(as: number, certificate?: X509Certificate): Peering | undefined;
  /** ASes that may be connected at a time. */
  peers(): number;
  readonly clock: () => number;
  readonly log: Log;
  /** Somebody's connection is refused. */
  refused(kind: RefusalKind, body: RefusalBody): void;
}

export interface Listener {
  readonly listen: ListenConfig;
  /** The port bound: that of the configuration, or the kernel's choice for 0. */
  readonly port: number;
  /** Presents the present identity to those who dial from now on. */
  renew(): void;
  close(): void;
}

/** Resolves once the port is bound; rejects with the kernel's words when it cannot be. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { listen, clock, log } = options;
  const server = createServer({
    ...mutualTls(options.identity(), PROTOCOL),
    handshakeTimeout: HANDSHAKE_TIMEOUT,
  });
  server.maxConnections = SPARE_CONNECTIONS + 4 * options.peers();

  // Scanners find every open port: their noise is counted, and said once a second.
  const say = seldom(1, clock, (text, unsaid) => log('info', text, unsaid > 0 ? { unsaid } : {}));
  const refused = (kind: RefusalKind, from: string | undefined, reason: string, as?: number) => {
    options.refused(kind, { from: from ?? 'somewhere', reason: printable(reason), ...(as !== undefined && { as }) });
    say(`traceback: refused a connection from ${from ?? 'somewhere'}: ${printable(reason)}`);
  };

  server.on('tlsClientError', (error, socket) => {
    refused('handshake', socket.remoteAddress, error.message);
    // After a handshake that was not done in time the library leaves the connection open, and its place taken.
    socket.destroy();
  });
  server.on('drop', data => refused('crowd', data?.remoteAddress, 'too many connections'));
  server.on('secureConnection', (socket: TLSSocket) => {
    const speaks = socket.alpnProtocol === PROTOCOL;
    const certificate = socket.getPeerX509Certificate();
    const found = speaks
      ? identifyPeer(certificate, options.identity(), clock())
      : { reason: 'does not speak the trace protocol', stranger: undefined };
    const peering = 'as' in found ? options.peering(found.as, certificate) : undefined;
    if (peering !== undefined) return peering.accept(socket, certificate);
    const reason = 'reason' in found ? found.reason : `AS ${found.as} is no peer`;
    const kind = !speaks ? 'protocol' : 'as' in found || found.stranger ? 'stranger' : 'certificate';
    refused(kind, socket.remoteAddress, reason, 'as' in found ? found.as : undefined);
    turnAway(socket, { code: 'not-authorised', text: reason });
  });

  const port = await listenAt(server, listen, error => log('error', `traceback listener: ${error.message}`));
  return {
    listen,
    port,
    renew() {
      renewIdentity(server, options.identity());
      server.maxConnections = SPARE_CONNECTIONS + 4 * options.peers();
    },
    close: () => server.close(),
  };
}
