/** What RID over HTTPS is on both sides (RFC 6546): port, path, kind of body, header, bounds. */
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { mutualTls, vouchedFor } from '../net/tls.ts';

export const RID_PORT = 4590;
/** Section 3: POST, and to nowhere else. */
export const RID_PATH = '/';
export const RID_MEDIA_TYPE = 'text/xml';
/** By which a response that comes later is known to be one to that request. */
export const CALLBACK_HEADER = 'RID-Callback-Token';
/** Section 3: how long a client waits for a response, ms. */
export const RID_PATIENCE = 30_000;
/** Octets of a body, both ways. */
export const MOST_BODY = 1 << 20;
const LONGEST_TOKEN = 128;

/** Key and certificate, PEM. */
export interface RidIdentity {
  readonly key: string;
  readonly certificate: string;
}

/** Options for both ends; who the other is has to be asked of `notPeer` before an octet is read or written. */
export function ridTls(identity: RidIdentity) {
  return mutualTls(identity, 'http/1.1');
}

/** Null when this is the peer's very certificate, and valid at `now` (ms); else why not. No authority speaks for a peer. */
export function notPeer(shown: X509Certificate | undefined, known: X509Certificate, now: number): string | null {
  if (shown === undefined) return 'it shows no certificate';
  if (!shown.raw.equals(known.raw)) return 'its certificate is not the configured one';
  return vouchedFor(shown, [known], now);
}

/** A token as it may stand in a header; null when it is none. */
export function readToken(text: string | readonly string[] | undefined): string | null {
  return typeof text === 'string' && text.length <= LONGEST_TOKEN && /^[\x21-\x7e]+$/.test(text) ? text : null;
}

/** True for `text/xml` whose characters, where they are told, are those of UTF-8. */
export function isXml(type: string | undefined): boolean {
  const [media = '', ...parameters] = (type ?? '').toLowerCase().split(';');
  const charset = parameters.map(one => /^\s*charset="?([^"]*)"?\s*$/.exec(one)?.[1]).find(one => one !== undefined);
  return media.trim() === RID_MEDIA_TYPE && (charset === undefined || charset === 'utf-8' || charset === 'us-ascii');
}

/** Octets of a body that is too long which are taken and thrown away, so that its sender gets to read why. */
const MOST_DISCARDED = 16 * MOST_BODY;

/** The octets of a body; null when it is too long. Rejects when it breaks off. */
export async function bodyOf(message: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let octets = 0;
  // Leaving the loop must not end the connection, on which the answer goes out.
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    octets += chunk.length;
    if (octets <= MOST_BODY) chunks.push(chunk);
    else chunks.length = 0;
    if (octets > MOST_DISCARDED) return null;
  }
  return octets > MOST_BODY ? null : Buffer.concat(chunks);
}

/** The text of a body; null when it is no UTF-8. */
export function textOf(octets: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return null;
  }
}
