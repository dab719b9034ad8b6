/**
 * Fetches a file as it lies at its server: over https or http (RFC 9110), or from this machine. Octets are handed on as
 * they come, never unpacked: a hash is of the file, and servers are known to call a `.gz` file a plain one that was packed on
 * its way. Everything is bounded: size, time, silence, redirects.
 */
import { createReadStream } from 'node:fs';
import { type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { fileURLToPath } from 'node:url';
import { quote } from '../rpsl.ts';
import { whyOf } from './dump-reader.ts';

export interface FetchLimits {
  /** Octets of the file. */
  readonly octets: number;
  /** Milliseconds for all of it, and without a single octet. */
  readonly total: number;
  readonly silence: number;
}

export interface FetchOptions {
  readonly limits: FetchLimits;
  /** Whether a redirect may lead there. */
  readonly allow: (url: URL) => boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Of an earlier answer: the server need not send the same file again. */
  readonly etag?: string | null;
  /** The same for a server that tells no `etag`: when the file was changed by its word, ms since the epoch. */
  readonly since?: number | null;
}

/** What came; `changed` is false when the file is still the one with the `etag`. */
export interface Fetched {
  readonly changed: boolean;
  readonly octets: number;
  readonly etag: string | null;
  /** By the server's word, ms since the epoch. */
  readonly modified: number | null;
}

export const MAX_REDIRECTS = 3;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Octets of an ETag that is sent back. */
const MAX_ETAG = 256;

/**
 * Fetches `url` and gives its octets to `take`, which may make the server wait. Resolves to what came, or in words to why
 * it did not come whole; never rejects but by an error of `take`.
 */
export async function fetchUrl(
  url: URL,
  { limits, allow, signal, etag = null, since = null }: FetchOptions,
  take: (chunk: Buffer) => Promise<void> | void,
): Promise<Fetched | string> {
  const control = new AbortController();
  let why = '';
  const stop = (words: string) => {
    why ||= words;
    control.abort();
  };
  const ended = () => stop('it was given up');
  signal.addEventListener('abort', ended, { once: true });
  if (signal.aborted) ended();
  const total = setTimeout(stop, limits.total, `it is not done within ${limits.total / 1000} s`);
  const silence = setTimeout(stop, limits.silence, `nothing came for ${limits.silence / 1000} s`);

  /** Hands on the octets; why not all of them, in words. */
  async function drain(body: AsyncIterable<Buffer>): Promise<number | string> {
    let octets = 0;
    for await (const chunk of body) {
      silence.refresh();
      octets += chunk.length;
      if (octets > limits.octets) return `it has more than ${limits.octets} octets`;
      await taken(chunk);
      silence.refresh(); // who takes slowly is not the server
    }
    return octets;
  }
  let refused: { readonly error: unknown } | null = null;
  async function taken(chunk: Buffer): Promise<void> {
    try {
      await take(chunk);
    } catch (error) {
      refused = { error };
      throw error;
    }
  }

  async function local(): Promise<Fetched | string> {
    const octets = await drain(createReadStream(fileURLToPath(url), { signal: control.signal }));
    return typeof octets === 'string' ? octets : { changed: true, octets, etag: null, modified: null };
  }

  async function remote(): Promise<Fetched | string> {
    let at = url;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const response = await ask(at, { etag, since }, control.signal);
      const { statusCode: code = 0, headers } = response;
      if (REDIRECTS.has(code)) {
        const next = URL.parse(headers.location ?? '', at.href);
        if (next === null || next.protocol === 'file:' || !allow(next))
          return `it redirects to ${quote(headers.location ?? '')}, which is not followed`;
        at = next;
        continue;
      }
      const answer = { etag: tagOf(headers.etag), modified: dateOf(headers['last-modified']) };
      if (code === 304 && (etag ?? since) !== null) return { changed: false, octets: 0, ...answer, etag };
      if (code !== 200) return `the server answers with status ${code}`;
      const length = Number(headers['content-length'] ?? 0);
      if (length > limits.octets) return `it has ${length} octets, more than ${limits.octets}`;
      const octets = await drain(response);
      return typeof octets === 'string' ? octets : { changed: true, octets, ...answer };
    }
    return `it redirects more than ${MAX_REDIRECTS} times`;
  }

  try {
    return await (url.protocol === 'file:' ? local() : remote());
  } catch (error) {
    if (refused !== null) throw error;
    return why || whyOf(error);
  } finally {
    clearTimeout(total);
    clearTimeout(silence);
    signal.removeEventListener('abort', ended);
    control.abort(); // whatever of the answer was not wanted
  }
}

function ask(
  url: URL,
  { etag, since }: { readonly etag: string | null; readonly since: number | null },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = {
    'user-agent': 'intertrackd',
    'accept-encoding': 'identity',
    ...(etag !== null && { 'if-none-match': etag }),
    ...(since !== null && { 'if-modified-since': new Date(since).toUTCString() }),
  };
  const get = url.protocol === 'https:' ? httpsGet : httpGet;
  return new Promise((resolve, reject) => {
    const request: ClientRequest = get(url.href, { headers, signal }, resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A connection that was kept from the last file may be closed by the server at the same moment (RFC 9112 section 9.5).
      if (!request.reusedSocket || error.code !== 'ECONNRESET') reject(error);
      else get(url.href, { headers, signal, agent: false }, resolve).on('error', reject);
    });
  });
}

const tagOf = (etag: string | undefined): string | null =>
  etag !== undefined && etag.length <= MAX_ETAG && /^(W\/)?"[\x21\x23-\x7e]*"$/.test(etag) ? etag : null;

function dateOf(text: string | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}
