/**
 * Where probes of other machines come in: TLS 1.3, and of those who dial only who shows a certificate that the configuration
 * names. The handshake proves that he holds its key.
 */
import { X509Certificate } from 'node:crypto';
import { createServer, type TLSSocket } from 'node:tls';
import type { ListenConfig } from '../../config/tree.ts';
import { listenAt } from '../../net/listen.ts';
import { seldom, withUnsaid } from '../../net/rate.ts';
import { mutualTls, renewIdentity, vouchedFor } from '../../net/tls.ts';

/** The protocol's name in ALPN (RFC 7301). */
export const PROBE_PROTOCOL = 'intertrack-probe';

/** What this side shows, PEM. */
export interface DoorIdentity {
  readonly key: string;
  readonly certificate: string;
}

export interface TlsDoorOptions {
  readonly listen: ListenConfig;
  /** The protocol's name in ALPN, and what the door is called in the log; those of probes when left out. */
  readonly protocol?: string;
  readonly called?: string;
  readonly identity: DoorIdentity;
  /** The certificates of probes (or sites) now, by their names. */
  readonly probes: () => ReadonlyMap<string, X509Certificate>;
  /** A connection that proves to be of these probes. */
  readonly accept: (socket: TLSSocket, probes: ReadonlySet<string>) => void;
  readonly log: (level: 'info' | 'warn', line: string) => void;
}

export interface TlsDoor {
  readonly listen: ListenConfig;
  /** The port bound: that of the configuration, or the kernel's choice for 0. */
  readonly port: number;
  /** Shows another identity to those who dial from now on. */
  renew(identity: DoorIdentity): void;
  close(): void;
}

const HANDSHAKE_TIMEOUT = 5_000;
/** Connections at once, handshakes among them, beyond two of each probe. */
const SPARE_CONNECTIONS = 32;

/** Resolves once the port is bound; rejects with the kernel's words when it cannot be. */
export async function openTlsDoor(options: TlsDoorOptions): Promise<TlsDoor> {
  const { listen, identity, probes, accept, log, protocol = PROBE_PROTOCOL, called = 'probe listen' } = options;
  const most = () => SPARE_CONNECTIONS + 2 * probes().size;
  const server = createServer({ ...mutualTls(identity, protocol), handshakeTimeout: HANDSHAKE_TIMEOUT });
  server.maxConnections = most();
  // Scanners find every open port: their noise is said once a second.
  const say = seldom(1, Date.now, (line, unsaid) => log('info', withUnsaid(line, unsaid)));
  const refused = (from: string | undefined, reason: string) =>
    say(`${called}: refused a connection from ${from ?? 'somewhere'}: ${reason}`);

  server.on('tlsClientError', (error, socket) => {
    refused(socket.remoteAddress, error.message);
    // After a handshake that was not done in time the library leaves the connection open, and its place taken.
    socket.destroy();
  });
  server.on('drop', data => refused(data?.remoteAddress, 'too many connections'));
  server.on('secureConnection', socket => {
    socket.on('error', () => socket.destroy());
    const shown = socket.getPeerX509Certificate();
    const names = shown === undefined ? [] : namesOf(shown, probes());
    const reason =
      socket.alpnProtocol !== protocol
        ? 'it does not speak the protocol'
        : shown === undefined
          ? 'it shows no certificate'
          : names.length === 0
            ? 'its certificate is none that is configured, or out of date'
            : null;
    if (reason === null) {
      socket.setKeepAlive(true, 10_000);
      accept(socket, new Set(names));
      return;
    }
    refused(socket.remoteAddress, reason);
    // Nobody who has not proved himself is told why.
    socket.destroy();
  });

  const port = await listenAt(server, listen, error => log('warn', `${called}: ${error.message}`));
  return {
    listen,
    port,
    renew(next) {
      renewIdentity(server, next);
      server.maxConnections = most();
    },
    close: () => server.close(),
  };
}

/** Probes whose certificate this is. An authority would not say which probe it vouches for: it is the very one, or none. */
function namesOf(shown: X509Certificate, probes: ReadonlyMap<string, X509Certificate>): string[] {
  const now = Date.now();
  return [...probes].flatMap(([name, known]) =>
    known.raw.equals(shown.raw) && vouchedFor(shown, [known], now) === null ? [name] : [],
  );
}

/** The first certificate of a PEM text; what is wrong with it, in words, otherwise. */
export function readCertificate(pem: string): X509Certificate | string {
  const block = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/)?.[0];
  if (block === undefined) return 'holds no certificate in PEM';
  try {
    return new X509Certificate(block);
  } catch {
    return 'its certificate is damaged';
  }
}
