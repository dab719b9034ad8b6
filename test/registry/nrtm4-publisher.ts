/**
 * A publisher of NRTMv4 for the tests, after draft-ietf-grow-nrtm-v4-11 "Mirror Server Use": it has a key, signs with
 * node:crypto (the client checks with jose), keeps a session with its snapshot and deltas, and serves them over http or
 * https on this machine. Whatever a test wants to be wrong it changes in `files`, or answers itself by `intercept`.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface SigningKey {
  readonly secret: KeyObject;
  /** SubjectPublicKeyInfo in base64, as it is configured. */
  readonly spki: string;
  readonly pem: string;
  readonly algorithm: 'ES256' | 'EdDSA';
}

export type DeltaRecord =
  | { readonly action: 'add_modify'; readonly object: string }
  | { readonly action: 'delete'; readonly object_class: string; readonly primary_key: string };

export interface FileEntry {
  readonly version: number;
  readonly url: string;
  readonly hash: string;
}

export const FILE_NAME = 'update-notification-file.jose';

export function signingKey(algorithm: SigningKey['algorithm'] = 'ES256'): SigningKey {
  const { publicKey, privateKey: secret } =
    algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return {
    secret,
    spki: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    pem: String(publicKey.export({ format: 'pem', type: 'spki' })),
    algorithm,
  };
}

/** JWS in compact serialization (RFC 7515 section 7.1). */
export function signed(payload: string, { secret, algorithm }: SigningKey): string {
  const base64 = (octets: string | Buffer) => Buffer.from(octets).toString('base64url');
  const input = `${base64(JSON.stringify({ alg: algorithm }))}.${base64(payload)}`;
  const how = algorithm === 'ES256' ? 'sha256' : null;
  return `${input}.${base64(sign(how, Buffer.from(input), { key: secret, dsaEncoding: 'ieee-p1363' }))}`;
}

/** JSON text sequence (RFC 7464). */
export const sequence = (...records: readonly unknown[]): Buffer => sequenceOf(records);

const sequenceOf = (records: readonly unknown[]): Buffer =>
  Buffer.from(records.map(record => `\x1e${JSON.stringify(record)}\n`).join(''));

export const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');

/** The route object in the form that IRRs publish. */
export const routeText = (prefix: string, origin: number, source = 'TEST', more = 'mnt-by: MAINT-A'): string =>
  `${prefix.includes(':') ? 'route6' : 'route'}: ${prefix}\n${more}\norigin: AS${origin}\nsource: ${source}\n`;

export type Nrtm4Publisher = Awaited<ReturnType<typeof nrtm4Publisher>>;

/** Starts one; nothing is published before the first `snapshot`. */
export async function nrtm4Publisher(
  source = 'TEST',
  key: SigningKey = signingKey(),
  tls: { readonly key: string; readonly cert: string } | null = null,
) {
  /** By path, without the slash in front. */
  const files = new Map<string, Buffer>();
  const requests: string[] = [];
  const state = {
    key,
    next: null as SigningKey | null,
    session: randomUUID() as string,
    version: 0,
    snapshot: null as FileEntry | null,
    deltas: [] as FileEntry[],
    /** Answers in the publisher's place when it returns true. */
    intercept: (_path: string, _request: IncomingMessage, _response: ServerResponse): boolean => false,
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '/').slice(1);
    requests.push(path);
    if (state.intercept(path, request, response)) return;
    const body = files.get(path);
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    const etag = `"${sha256(body).slice(0, 16)}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag, 'content-length': body.length }).end(body);
  };
  const server: Server = tls === null ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const head = (type: string, version: number) => ({
    nrtm_version: 4,
    type,
    source,
    session_id: state.session,
    version,
  });

  /** Puts a file where it is served and returns how a notification names it. */
  function put(kind: string, version: number, octets: Buffer, gzip: boolean): FileEntry {
    const url = `${state.session}/nrtm-${kind}.${version}.${randomUUID().slice(0, 8)}.json${gzip ? '.gz' : ''}`;
    const body = gzip ? gzipSync(octets) : octets;
    files.set(url, body);
    return { version, url, hash: sha256(body) };
  }

  /** Publishes the notification; `change` is laid over its payload. */
  function notify(change: object = {}, by: SigningKey = state.key): void {
    const payload = {
      ...head('notification', state.version),
      timestamp: new Date().toISOString(),
      ...(state.next !== null && { next_signing_key: state.next.pem }),
      snapshot: state.snapshot,
      deltas: state.deltas,
      ...change,
    };
    files.set(FILE_NAME, Buffer.from(signed(JSON.stringify(payload), by)));
  }

  return {
    state,
    files,
    requests,
    notify,
    head,
    put,
    source,
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}/${FILE_NAME}`,
    /** Publishes a snapshot of these objects at the version reached; the first one begins at 1. */
    snapshot(objects: readonly string[], gzip = true): FileEntry {
      state.version = Math.max(1, state.version);
      const records = objects.map(object => ({ object }));
      state.snapshot = put('snapshot', state.version, sequenceOf([head('snapshot', state.version), ...records]), gzip);
      notify();
      return state.snapshot;
    },
    /** Publishes one version more. */
    delta(changes: readonly DeltaRecord[], gzip = false): FileEntry {
      state.version++;
      const entry = put('delta', state.version, sequenceOf([head('delta', state.version), ...changes]), gzip);
      state.deltas.push(entry);
      notify();
      return entry;
    },
    /** Loses its history: another session, to be begun by a snapshot. */
    newSession(): void {
      state.session = randomUUID();
      state.version = 0;
      state.snapshot = null;
      state.deltas = [];
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
