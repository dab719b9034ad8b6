/** Sends a RID message to a peer (RFC 6546): one POST over TLS, to the very certificate that is configured, no redirects. */
import type { X509Certificate } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import {
  bodyOf,
  CALLBACK_HEADER,
  isXml,
  MOST_BODY,
  notPeer,
  RID_MEDIA_TYPE,
  RID_PATIENCE,
  RID_PORT,
  type RidIdentity,
  readToken,
  ridTls,
  textOf,
} from './rid-http.ts';

/** What came of it. `later`: the answer proper comes by a request of the peer's own, with this token. */
export type RidPosted =
  | { readonly how: 'answered'; readonly text: string }
  | { readonly how: 'later'; readonly token: string | null; readonly text: string }
  | { readonly how: 'failed'; readonly why: string };

export interface RidPost {
  readonly url: URL;
  readonly identity: RidIdentity;
  /** The peer's certificate. */
  readonly certificate: X509Certificate;
  readonly body: string;
  /** Of the peer's request that this answers; null: it answers none. */
  readonly token: string | null;
  readonly signal: AbortSignal;
  /** ms; the RFC's 30 s when left out. */
  readonly patience?: number;
}

/** Never rejects. */
export async function postRid({ signal, patience = RID_PATIENCE, ...post }: RidPost): Promise<RidPosted> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  try {
    const socket = await dial(post, within);
    try {
      return await answerTo(post, socket, within);
    } finally {
      socket.destroy();
    }
  } catch (error) {
    const why = within.aborted
      ? signal.aborted
        ? 'given up'
        : `no answer within ${patience / 1000} s`
      : (error as Error).message || 'the connection failed';
    return { how: 'failed', why };
  }
}

/** A connection to the peer and nobody else: not an octet of the message goes before that is known. */
function dial({ url, identity, certificate }: Pick<RidPost, 'url' | 'identity' | 'certificate'>, signal: AbortSignal) {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise<TLSSocket>((resolve, reject) => {
    const socket = connect({
      ...ridTls(identity),
      ...{ host, port: Number(url.port || RID_PORT) },
      ...(isIP(host) === 0 && { servername: host }),
    });
    const give = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    signal.addEventListener('abort', () => give(new Error('given up')), { once: true });
    if (signal.aborted) give(new Error('given up'));
    socket.on('error', give);
    socket.on('close', () => reject(new Error('the peer closed the connection')));
    socket.on('secureConnect', () => {
      const not = notPeer(socket.getPeerX509Certificate(), certificate, Date.now());
      if (not === null) resolve(socket);
      else give(new Error(not));
    });
  });
}

async function answerTo(
  { url, body, token }: Pick<RidPost, 'url' | 'body' | 'token'>,
  socket: TLSSocket,
  signal: AbortSignal,
): Promise<RidPosted> {
  const octets = Buffer.from(body, 'utf8');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(
      {
        ...{ createConnection: () => socket, method: 'POST', path: url.pathname, host: url.host, signal },
        headers: {
          ...{ 'Content-Type': `${RID_MEDIA_TYPE}; charset=utf-8`, 'Content-Length': octets.length },
          ...{ 'User-Agent': 'intertrackd', Connection: 'close' },
          ...(token !== null && { [CALLBACK_HEADER]: token }),
        },
        maxHeaderSize: 8192,
      },
      resolve,
    );
    asked.on('error', reject);
    asked.end(octets);
  });
  const { statusCode: status = 0, headers } = response;
  if (status >= 300 && status < 400) return { how: 'failed', why: `it redirects (${status}), which RID does not` };
  if (status !== 200 && status !== 202 && status !== 400)
    return { how: 'failed', why: `it answers with status ${status}` };
  const received = await bodyOf(response);
  const text = received === null ? null : textOf(received);
  if (text === null) return { how: 'failed', why: `its answer is longer than ${MOST_BODY} octets, or no UTF-8` };
  if (text !== '' && !isXml(headers['content-type']))
    return { how: 'failed', why: `its answer is no ${RID_MEDIA_TYPE}` };
  if (status === 202) return { how: 'later', token: readToken(headers['rid-callback-token']), text };
  if (status === 400 && text === '') return { how: 'failed', why: 'it cannot read the message (400)' };
  return { how: 'answered', text };
}
