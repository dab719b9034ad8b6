/**
 * Where a dump lies: a file of this machine, or at a server that is asked over https, http or ftp. All three hand on octets
 * as they lie there, and a tag by which the same state is known again.
 */
import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isUrl } from '../../config/location.ts';
import { whyOf } from './dump-reader.ts';
import { fetchFtp } from './ftp-fetch.ts';
import { type FetchLimits, fetchUrl } from './http-fetch.ts';

/** What came of a place. Times in ms since the epoch; null when the place does not tell. */
export type Come =
  /** It is still the state of the tag that was known, and nothing was handed on. */
  | { readonly what: 'same' }
  | { readonly what: 'came'; readonly tag: string | null; readonly written: number | null }
  /** `tag`: of the state in which it is wrong; null when it may be well at the next look. */
  | { readonly what: 'failed'; readonly why: string; readonly tag: string | null };

export interface Asking {
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
  /** Of the state that is known. */
  readonly tag: string | null;
}

export type Take = (chunk: Buffer) => Promise<void> | void;

/** A dump may be large and its server slow; an hour without a dump is worse than a slow one. */
export const DUMP_LIMITS: FetchLimits = { octets: 8 * 2 ** 30, total: 3_600_000, silence: 60_000 };
const SERIAL_LIMITS: FetchLimits = { octets: 1024, total: 60_000, silence: 30_000 };
/** Octets read at a time. */
const CHUNK = 256 * 1024;

/** How a place is reached, in one word. */
export const transportOf = (place: string): string => (isUrl(place) ? new URL(place).protocol.slice(0, -1) : 'file');

/** Hands the octets of a place to `take`, whose error ends it. Never rejects. */
export async function fetchPlace(place: string, asking: Asking, take: Take): Promise<Come> {
  const transport = transportOf(place);
  if (transport === 'file') return readFile(place, asking, take);
  if (transport === 'ftp') return fetchFtp(new URL(place), asking, take);
  const { limits, signal, tag } = asking;
  const known = tag?.startsWith('@') ? { since: Number(tag.slice(1)) } : { etag: tag };
  const allow = ({ protocol }: URL) => protocol === 'https:' || (protocol === 'http:' && transport === 'http');
  try {
    const answer = await fetchUrl(new URL(place), { limits, allow, signal, ...known }, take);
    if (typeof answer === 'string') return failed(answer);
    const { changed, etag, modified } = answer;
    if (!changed) return { what: 'same' };
    return { what: 'came', tag: etag ?? (modified === null ? null : `@${modified}`), written: modified };
  } catch (error) {
    return failed(whyOf(error));
  }
}

export const failed = (why: string, tag: string | null = null): Come => ({ what: 'failed', why, tag });

async function readFile(place: string, { signal, tag }: Asking, take: Take): Promise<Come> {
  let now: { readonly tag: string; readonly written: number } | null = null;
  let taking = false;
  try {
    const found = await stat(place);
    if (!found.isFile()) return failed('not a file');
    now = { tag: tagOf(found), written: found.mtimeMs };
    if (now.tag === tag) return { what: 'same' };
    for await (const chunk of createReadStream(place, { highWaterMark: CHUNK, signal })) {
      taking = true;
      await take(chunk as Buffer);
      taking = false;
    }
    return tagOf(await stat(place)) === now.tag ? { what: 'came', ...now } : failed('changed while it was read');
  } catch (error) {
    return failed(whyOf(error), taking ? (now?.tag ?? null) : null);
  }
}

const tagOf = ({ mtimeMs, size, ino }: Stats): string => `${mtimeMs} ${size} ${ino}`;

/** The place of a dump's serial where the configuration names none: `SOURCE.CURRENTSERIAL` beside it. */
export function guessSerialPlace(source: string, dump: string): string {
  const at = dump.lastIndexOf('/');
  return `${dump.slice(0, at + 1)}${source}.CURRENTSERIAL`;
}

/** The serial that stands in a place: a number, null when there is nothing at all, or in words what is wrong. */
export async function fetchSerial(place: string, signal: AbortSignal): Promise<number | null | string> {
  const chunks: Buffer[] = [];
  const come = await fetchPlace(place, { limits: SERIAL_LIMITS, signal, tag: null }, chunk => {
    chunks.push(chunk);
  });
  if (come.what === 'failed') return ABSENT.test(come.why) ? null : come.why;
  const text = Buffer.concat(chunks).toString('latin1').trim();
  return /^\d{1,15}$/.test(text) ? Number(text) : 'it is no serial';
}

/** How the three say that there is no such thing; stores of objects say 403 for it. */
const ABSENT = /^no such file$|^the server answers with status (403|404|410)$/;
