import { readFile } from 'node:fs/promises';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { WebhookConfig } from '../config/tree.ts';
import type { Channel } from './channel.ts';
import { mattermostBody, slackBody, teamsBody } from './chat.ts';
import { DOUBT_HEADER, type Outcome } from './delivery.ts';
import { printable } from './layout.ts';
import type { Notice } from './notice.ts';
import { signatureOf } from './signature.ts';

/** Octets of an answer that are read: enough for its words. The rest is not waited for. */
const MOST_ANSWER = 2048;
const MOST_ERROR = 300;

const BODIES: Readonly<Record<WebhookConfig['format'], (notice: Notice) => unknown>> = {
  json: notice => notice,
  slack: slackBody,
  teams: teamsBody,
  mattermost: mattermostBody,
};

/**
 * A `notify webhook` block: each notice is a POST of its own. 2xx is sent; 408, 425, 429 and 5xx are deferred, for as long
 * as Retry-After asks; any other 4xx is refused, and so is a redirect, which is never followed: the secret and the notice
 * are for the configured server. One deadline holds for the whole exchange.
 */
export function createWebhook(config: WebhookConfig): Channel {
  return {
    async send(notice, signal, doubt = null) {
      const request = { reached: false };
      const body = Buffer.from(JSON.stringify(BODIES[config.format](notice)));
      try {
        const ca = config.authority === undefined ? undefined : await readFile(config.authority);
        const answer = await post(config, headersOf(config, notice, body, doubt), body, ca, signal, () => {
          request.reached = true;
        });
        return outcomeOf(answer);
      } catch (error) {
        return { result: 'deferred', error: wordsOf(error), ...(request.reached && { doubt: true }) };
      }
    },
  };
}

function headersOf(config: WebhookConfig, notice: Notice, body: Buffer, doubt: number | null): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1000);
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(body.length),
    'User-Agent': 'InterTrack',
    // The same at each attempt (draft-ietf-httpapi-idempotency-key-header): a string of RFC 9651, which our ids are as they stand.
    'Idempotency-Key': `"${notice.id}"`,
    'X-InterTrack-Event': notice.event,
    'X-InterTrack-Id': notice.id,
    'X-InterTrack-Timestamp': String(timestamp),
    ...(doubt !== null && { [DOUBT_HEADER]: new Date(doubt).toISOString() }),
    ...(config.secret === undefined ? {} : { 'X-InterTrack-Signature': signatureOf(config.secret, timestamp, body) }),
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Sends the request and reads the head of the answer, and as much of its body as is told. */
function post(
  { url, timeout }: WebhookConfig,
  headers: Record<string, string>,
  body: Buffer,
  ca: Buffer | undefined,
  signal: AbortSignal,
  reached: () => void,
): Promise<Answer> {
  const target = new URL(url);
  const options: RequestOptions & { ca?: Buffer } = {
    method: 'POST',
    headers,
    // A connection of its own: none is left open that the server may close under the next notice.
    agent: false,
    signal,
    maxHeaderSize: 16_384,
    ...(ca === undefined ? {} : { ca }),
  };
  return new Promise<Answer>((resolve, reject) => {
    const request = (target.protocol === 'https:' ? requestHttps : requestHttp)(target, options);
    // Over TLS too: from then on the server may have it.
    request.on('finish', reached);
    const timer = setTimeout(() => request.destroy(new Error(`no whole answer within ${timeout / 1000} s`)), timeout);
    let answered: (() => void) | null = null;
    request.on('response', response => {
      const chunks: Buffer[] = [];
      let octets = 0;
      const tell = () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        request.destroy();
      };
      answered = tell;
      response.on('error', tell);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk.subarray(0, MOST_ANSWER - octets));
        octets += chunk.length;
        if (octets >= MOST_ANSWER) tell();
      });
      response.on('end', tell);
    });
    // With the status all is said: what goes wrong with the rest of the answer changes nothing.
    request.on('error', error => (answered === null ? reject(error) : answered()));
    request.on('close', () => clearTimeout(timer));
    request.end(body);
  });
}

function outcomeOf({ status, headers, text }: Answer): Outcome {
  if (status >= 200 && status < 300) return { result: 'sent' };
  const said = printable(text.trim().replace(/\s+/g, ' ')).slice(0, MOST_ERROR);
  const error = `answers ${status}${said === '' ? '' : `: ${said}`}`;
  if (status >= 300 && status < 400) {
    const to = printable(headers.location ?? 'nowhere').slice(0, MOST_ERROR);
    return { result: 'refused', error: `answers ${status}: redirects to ${to}, which is not followed` };
  }
  const later = status >= 500 || [408, 425, 429].includes(status);
  if (!later) return { result: 'refused', error };
  const wait = retryAfter(headers['retry-after'], Date.now());
  return { result: 'deferred', error, ...(wait === null ? {} : { wait }) };
}

/** Retry-After in ms from now: seconds, or a date (RFC 9110 section 10.2.3). Null when it is neither. */
export function retryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value.trim()) * 1000;
  // Without letters it is no date, whatever Date makes of it.
  const at = /[A-Za-z]/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function wordsOf(error: unknown): string {
  const { message, code } = error as { readonly message?: unknown; readonly code?: unknown };
  const words = typeof message === 'string' && message !== '' ? message : String(code ?? error);
  return printable(words).slice(0, MOST_ERROR);
}
