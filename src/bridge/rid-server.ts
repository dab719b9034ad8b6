/**
 * Where RID messages come in (RFC 6546): HTTPS with certificates on both sides, of those who dial only who shows a
 * certificate that the configuration names, and of HTTP only POST to /.
 */
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { listenAt } from '../net/listen.ts';
import { seldom, withUnsaid } from '../net/rate.ts';
import { renewIdentity } from '../net/tls.ts';
import {
  bodyOf,
  CALLBACK_HEADER,
  isXml,
  MOST_BODY,
  notPeer,
  RID_MEDIA_TYPE,
  RID_PATH,
  RID_PATIENCE,
  type RidIdentity,
  readToken,
  ridTls,
  textOf,
} from './rid-http.ts';

/** What is answered to a message. */
export interface RidReply {
  /** 200; 202: the answer proper comes later, by the token. 400: nothing could be made of it. */
  readonly status: 200 | 202 | 400;
  /** Empty: none. */
  readonly body: string;
  readonly token: string | null;
}

export interface RidServerOptions {
  readonly listen: { readonly address: string; readonly port: number };
  readonly identity: RidIdentity;
  /** Certificates of the peers now, by their names. */
  readonly peers: () => ReadonlyMap<string, X509Certificate>;
  /** A message of a peer; `token` where it answers one of ours. Rejects when nothing can be answered. */
  readonly receive: (peer: string, text: string, token: string | null) => Promise<RidReply>;
  /** Somebody was sent away, and why: nobody who may be here, or no message. */
  readonly refused: (from: string, why: string) => void;
  readonly log: (level: 'info' | 'warn', line: string) => void;
}

export interface RidServer {
  /** The port bound: that of the configuration, or the kernel's choice for 0. */
  readonly port: number;
  /** Shows another identity to those who dial from now on. */
  renew(identity: RidIdentity): void;
  close(): void;
}

const MOST_CONNECTIONS = 64;
const HANDSHAKE_TIMEOUT = 5_000;
/** How long a request may take to come in, and a connection may say nothing; ms. */
const REQUEST_TIMEOUT = 20_000;
const IDLE = 10_000;

/** Resolves once the port is bound; rejects with the kernel's words when it cannot be. */
export async function openRidServer(options: RidServerOptions): Promise<RidServer> {
  const { listen, identity, peers, receive, log } = options;
  const names = new WeakMap<TLSSocket, string>();
  const server = createServer({
    ...ridTls(identity),
    ...{ handshakeTimeout: HANDSHAKE_TIMEOUT, requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT },
    ...{ keepAliveTimeout: IDLE, maxHeaderSize: 8192 },
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.maxRequestsPerSocket = 1000;
  // Scanners find every open port: their noise is said once a second.
  const say = seldom(1, Date.now, (line, unsaid) => log('info', withUnsaid(line, unsaid)));
  const refuse = (from: string | undefined, why: string) => {
    options.refused(from ?? 'somewhere', why);
    say(`rid: refused ${from ?? 'somewhere'}: ${why}`);
  };

  server.on('tlsClientError', (error, socket) => refuse(socket.remoteAddress, error.message));
  server.on('drop', data => refuse(data?.remoteAddress, 'too many connections'));
  server.on('secureConnection', socket => {
    socket.on('error', () => socket.destroy());
    const shown = socket.getPeerX509Certificate();
    const name = [...peers()].find(([, known]) => notPeer(shown, known, Date.now()) === null)?.[0];
    if (name !== undefined) {
      names.set(socket, name);
      return;
    }
    refuse(socket.remoteAddress, shown === undefined ? 'it shows no certificate' : 'its certificate is of no peer');
    // Nobody who has not proved himself is told why.
    socket.destroy();
  });
  server.on('checkContinue', (request, response) => void handle(request, response, true));
  server.on('request', (request, response) => void handle(request, response));
  server.on('clientError', (_error, socket) => socket.destroy());

  /** `waits`: the body comes once it is asked for (RFC 9110 section 10.1.1). */
  async function handle(request: IncomingMessage, response: ServerResponse, waits = false): Promise<void> {
    const peer = names.get(request.socket as TLSSocket);
    if (peer === undefined) {
      request.socket.destroy();
      return;
    }
    const from = `${peer} (${request.socket.remoteAddress ?? ''})`;
    const wrong = wrongHead(request);
    if (wrong !== null) {
      refuse(from, wrong.why);
      end(response, wrong.status, { Connection: 'close', ...wrong.headers });
      return;
    }
    if (waits) response.writeContinue();
    const octets = await bodyOf(request).catch(() => null);
    if (octets === null) {
      refuse(from, `its body is longer than ${MOST_BODY} octets, or broke off`);
      end(response, 413, { Connection: 'close' });
      return;
    }
    const text = textOf(octets);
    if (text === null) {
      refuse(from, 'its body is no UTF-8');
      end(response, 400);
      return;
    }
    try {
      const { status, body, token } = await receive(peer, text, readToken(request.headers['rid-callback-token']));
      end(response, status, token === null ? {} : { [CALLBACK_HEADER]: token }, body);
    } catch (error) {
      log('warn', `rid: ${from}: ${(error as Error).message}`);
      end(response, 500);
    }
  }

  const port = await listenAt(server, listen, error => log('warn', `rid: ${error.message}`));
  return {
    port,
    renew: next => renewIdentity(server, next),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What of a request's head is not as RFC 6546 has it; null when all is. */
function wrongHead({ method, url, headers }: IncomingMessage) {
  if (method !== 'POST') return { status: 405, why: `it sends ${method}`, headers: { Allow: 'POST' } } as const;
  if (url !== RID_PATH)
    return { status: 404, why: `it asks for ${JSON.stringify(url?.slice(0, 40))}`, headers: {} } as const;
  if (!isXml(headers['content-type']))
    return { status: 415, why: `its body is no ${RID_MEDIA_TYPE}`, headers: {} } as const;
  if (headers['content-encoding'] !== undefined)
    return { status: 415, why: 'its body is packed', headers: {} } as const;
  if (Number(headers['content-length'] ?? 0) > MOST_BODY)
    return { status: 413, why: `its body is longer than ${MOST_BODY} octets`, headers: {} } as const;
  return null;
}

function end(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): void {
  const octets = Buffer.from(body, 'utf8');
  const type = octets.length === 0 ? {} : { 'Content-Type': `${RID_MEDIA_TYPE}; charset=utf-8` };
  response.on('error', () => {});
  response.setTimeout(RID_PATIENCE, () => response.destroy());
  response.writeHead(status, { ...type, 'Content-Length': octets.length, ...headers });
  response.end(octets);
}
