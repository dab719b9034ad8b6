/** Gets one JSON document over https or http (RFC 9110). Octets, time, silence and redirects are bounded. */
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { isSafeUrl } from '../../net/safe-url.ts';
import type { Asked } from './politeness.ts';

export interface GetLimits {
  readonly octets: number;
  /** ms for all of it, and without an octet. */
  readonly total: number;
  readonly silence: number;
}

export const GET_LIMITS: GetLimits = { octets: 2 * 2 ** 20, total: 15_000, silence: 8_000 };

const MOST_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Statuses by which a server says that it is asked too much (RFC 6585 section 4, RFC 9110 section 15.6.4). */
const TOO_MUCH: ReadonlySet<number> = new Set([429, 503]);
/** How long a server that says so without saying for how long is left alone, ms. */
const BREATH = 60_000;

/**
 * The document, or why there is none; never rejects. `wait` of a 429 or 503 is what its Retry-After says. `value` is
 * undefined when the server knows nothing of what was asked (404). Secrets among the headers go to the first origin alone.
 */
export async function getJson(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  limits: GetLimits = GET_LIMITS,
): Promise<Asked<unknown>> {
  const control = new AbortController();
  let why = '';
  const stop = (words: string) => {
    why ||= words;
    control.abort();
  };
  const ended = () => stop('given up');
  signal.addEventListener('abort', ended, { once: true });
  if (signal.aborted) ended();
  const total = setTimeout(stop, limits.total, `it is not done within ${limits.total / 1000} s`);
  const silence = setTimeout(stop, limits.silence, `nothing came for ${limits.silence / 1000} s`);
  const failed = (words: string, wait: number | null = null): Asked<unknown> => ({ ok: false, why: words, wait });

  async function follow(): Promise<Asked<unknown>> {
    let at = url;
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const response = await request(at, at.origin === url.origin ? headers : withoutSecrets(headers), control.signal);
      const { statusCode: code = 0, headers: said } = response;
      if (REDIRECTS.has(code)) {
        response.destroy();
        const next = URL.parse(said.location ?? '', at.href);
        // http on this machine is for who is configured so: a stranger must not send us there.
        if (next === null || !isSafeUrl(next) || (next.protocol !== 'https:' && next.origin !== url.origin))
          return failed('it redirects to where nothing is asked');
        at = next;
        continue;
      }
      if (TOO_MUCH.has(code)) return failed(`status ${code}, it is asked too much`, retryAfter(said['retry-after']));
      if (code === 404) return { ok: true, value: undefined };
      if (code !== 200) return failed(`the server answers with status ${code}`);
      return read(response);
    }
    return failed(`it redirects more than ${MOST_REDIRECTS} times`);
  }

  async function read(response: IncomingMessage): Promise<Asked<unknown>> {
    const chunks: Buffer[] = [];
    let octets = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      silence.refresh();
      octets += chunk.length;
      if (octets > limits.octets) return failed(`it answers with more than ${limits.octets} octets`);
      chunks.push(chunk);
    }
    try {
      return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
    } catch {
      return failed('its answer is no JSON');
    }
  }

  try {
    return await follow();
  } catch (error) {
    return failed(why || (error instanceof Error && error.message !== '' ? error.message : 'the connection failed'));
  } finally {
    clearTimeout(total);
    clearTimeout(silence);
    signal.removeEventListener('abort', ended);
    control.abort();
  }
}

function request(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? httpsGet : httpGet;
  const sent = { 'user-agent': 'intertrackd', 'accept-encoding': 'identity', ...headers };
  return new Promise((resolve, reject) => {
    get(url.href, { headers: sent, signal, agent: false }, resolve).on('error', reject);
  });
}

const withoutSecrets = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));

/** Retry-After (RFC 9110 section 10.2.3), seconds or a date, as ms from now. */
export function retryAfter(text: string | undefined, now = Date.now()): number {
  if (text !== undefined && /^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const date = Date.parse(text ?? '');
  return Number.isNaN(date) ? BREATH : Math.max(1000, date - now);
}
