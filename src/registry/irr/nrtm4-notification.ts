/**
 * The Update Notification File of NRTMv4 (draft-ietf-grow-nrtm-v4-11, "Update Notification File"): a JWS in compact
 * serialization (RFC 7515 section 7.1) whose payload tells the version of the database and where its files are.
 */
import { type PublicKey, readPublicKey } from '../../net/public-key.ts';

/** A snapshot or delta file as the notification names it. */
export interface FileReference {
  readonly version: number;
  /** Relative to the notification's own place. */
  readonly url: string;
  /** SHA-256 of the file as it is served, gzip and all; lower case. */
  readonly hash: string;
}

export interface Notification {
  readonly source: string;
  /** UUIDv4, lower case. */
  readonly session: string;
  readonly version: number;
  /** When it was made, ms since the epoch. */
  readonly timestamp: number;
  readonly snapshot: FileReference;
  /** Of contiguous versions, the lowest first; the last one's, or the snapshot's, is `version`. */
  readonly deltas: readonly FileReference[];
  readonly nextKey: PublicKey | null;
}

/** What is wrong, and in which member: `deltas[3].hash`; empty for the whole. */
export interface Nrtm4Problem {
  readonly where: string;
  readonly why: string;
}

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Nrtm4Problem };

/** Octets of a notification: a delta a minute for a day takes a tenth of this. */
export const MAX_NOTIFICATION = 4 * 1024 * 1024;
/** Deltas of one notification: a week of one a minute. */
export const MAX_DELTAS = 10_080;
const MAX_URL = 1024;

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
/** RFC 3339 with the offset Z. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const SOURCE = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/**
 * The payload of a JWS that one of `keys` signed, and which of them did; in words why it is believed by none. The
 * algorithm is the key's: a header that asks for another one, or for none, is refused.
 */
export async function verifyNotification(
  jws: Uint8Array,
  keys: readonly PublicKey[],
): Promise<{ readonly payload: Uint8Array; readonly key: PublicKey } | string> {
  const text = Buffer.from(jws).toString('latin1').trim();
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return 'it is no JWS in compact serialization';
  // Loaded with the first of them: it is a sixth of the memory of a daemon that has no table yet.
  const { compactVerify } = await import('jose');
  for (const key of keys)
    try {
      const { payload } = await compactVerify(text, key.key, { algorithms: [...key.algorithms] });
      return { payload, key };
    } catch {
      // Whatever is wrong with it, this key does not vouch for it.
    }
  return 'its signature is by no key that is trusted';
}

/** The payload of a JWS that nobody vouches for: to be looked at, never to be used. Null when it is no JWS. */
export function unverifiedPayload(jws: Uint8Array): Uint8Array | null {
  const parts = Buffer.from(jws).toString('latin1').trim().split('.');
  return parts.length === 3 && parts.every(part => /^[\w-]+$/.test(part)) ? Buffer.from(parts[1]!, 'base64url') : null;
}

/** Reads the payload. Unknown members, `metadata` among them, are ignored; whatever the draft calls invalid is refused whole. */
export function decodeNotification(payload: Uint8Array): Decoded<Notification> {
  if (payload.length > MAX_NOTIFICATION) return bad('', `it is longer than ${MAX_NOTIFICATION} octets`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return bad('', 'it is no JSON text');
  }
  const head = decodeHead(parsed, 'notification');
  if (!head.ok) return head;
  const { timestamp, snapshot, deltas = [], next_signing_key: nextKey } = parsed as Record<string, unknown>;
  const time = typeof timestamp === 'string' && TIMESTAMP.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(time)) return bad('timestamp', 'it is no RFC 3339 timestamp with offset Z');
  const base = decodeReference(snapshot, 'snapshot', 1);
  if (!base.ok) return base;
  if (!Array.isArray(deltas)) return bad('deltas', 'it is no array');
  if (deltas.length > MAX_DELTAS) return bad('deltas', `there are more than ${MAX_DELTAS}`);
  const steps: FileReference[] = [];
  for (const [i, delta] of deltas.entries()) {
    const step = decodeReference(delta, `deltas[${i}]`, 2);
    if (!step.ok) return step;
    const last = steps.at(-1);
    if (last !== undefined && step.value.version !== last.version + 1)
      return bad(`deltas[${i}].version`, `it is ${step.value.version} after ${last.version}, expected the next number`);
    steps.push(step.value);
  }
  const { version } = head.value;
  const highest = Math.max(base.value.version, steps.at(-1)?.version ?? 0);
  if (version !== highest) return bad('version', `it is ${version} where the newest file has ${highest}`);
  const key = nextKey === undefined ? null : typeof nextKey === 'string' ? readPublicKey(nextKey) : 'it is no string';
  if (typeof key === 'string') return bad('next_signing_key', key);
  return { ok: true, value: { ...head.value, timestamp: time, snapshot: base.value, deltas: steps, nextKey: key } };
}

/** What all three kinds of files say of themselves. */
export interface Nrtm4Head {
  readonly source: string;
  readonly session: string;
  readonly version: number;
}

/** The members that a notification and the first record of a snapshot or delta file share. */
export function decodeHead(value: unknown, type: string): Decoded<Nrtm4Head> {
  if (!isRecord(value)) return bad('', 'it is no JSON object');
  const { nrtm_version: protocol, type: kind, source, session_id: session, version } = value;
  if (protocol !== 4) return bad('nrtm_version', 'it is not 4');
  if (kind !== type) return bad('type', `it is not "${type}"`);
  if (typeof source !== 'string' || !SOURCE.test(source)) return bad('source', 'it is no name of an IRR source');
  if (!isSession(session)) return bad('session_id', 'it is no UUID of version 4');
  if (!isVersion(version)) return bad('version', 'it is no positive whole number');
  return { ok: true, value: { source: source.toUpperCase(), session: session.toLowerCase(), version } };
}

/** A file as a notification names it; no version is below `least`. */
export function decodeReference(value: unknown, where: string, least: number): Decoded<FileReference> {
  if (!isRecord(value)) return bad(where, 'it is no JSON object');
  const { version, url, hash } = value;
  if (!isVersion(version) || version < least) return bad(`${where}.version`, `it is no whole number from ${least} up`);
  if (typeof url !== 'string' || url === '' || url.length > MAX_URL || !/^[\x21-\x7e]+$/.test(url))
    return bad(`${where}.url`, `it is no URL of at most ${MAX_URL} octets`);
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/i.test(hash)) return bad(`${where}.hash`, 'it is no SHA-256 in hex');
  return { ok: true, value: { version, url, hash: hash.toLowerCase() } };
}

/**
 * The place of a file, null when it is none below the notification's own directory: a publisher names its own files, and
 * none of another server or of this machine.
 */
export function urlOfFile(notification: URL, { url }: FileReference): URL | null {
  const directory = new URL('.', notification.href);
  if (!URL.canParse(url, directory.href)) return null;
  const place = new URL(url, directory.href);
  const within = place.protocol === directory.protocol && place.host === directory.host;
  const below = place.pathname.startsWith(directory.pathname) && !/%2f|%5c/i.test(place.pathname);
  return within && below && place.username === '' && place.password === '' && place.search === '' ? place : null;
}

export const bad = (where: string, why: string) => ({ ok: false, problem: { where, why } }) as const;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isSession = (value: unknown): value is string => typeof value === 'string' && UUID4.test(value);

export const isVersion = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
