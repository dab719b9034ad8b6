/**
 * What an NRTMv4 client keeps on disk from one run to the next: the snapshot and the deltas after it as they were
 * published, and beside them which keys, which session and which version they belong to. A file is there under its name
 * only after its hash was checked, and its hash is checked again whenever it is read.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type PublicKey, readPublicKey } from '../../net/public-key.ts';
import { slicer } from '../slice.ts';
import { whyOf } from './dump-reader.ts';
import type { FetchLimits } from './http-fetch.ts';
import { syncDirectory } from './kept-copy.ts';
import { type FileType, type Nrtm4Change, nrtm4FileReader } from './nrtm4-file.ts';
import type { KnownKeys } from './nrtm4-keys.ts';
import { decodeReference, type FileReference, isRecord, isSession, isVersion } from './nrtm4-notification.ts';
import type { Held } from './nrtm4-plan.ts';

/** The copy of a session: its snapshot, and deltas up to the version held. */
export interface KeptCopy {
  readonly held: Held;
  readonly base: FileReference;
  readonly steps: readonly FileReference[];
}

export interface KeptState {
  readonly keys: KnownKeys;
  readonly copy: KeptCopy | null;
}

/** Octets of a file when it is unpacked: a packed one may claim to be anything. */
const UNPACKED: Readonly<Record<FileType, number>> = { snapshot: 8 * 1024 ** 3, delta: 256 * 1024 ** 2 };
const CHUNK = 64 * 1024;
const STATE = 'state.json';

/** Reads what an earlier run kept of a source with this configured key. A state that cannot be read is none. */
export async function readState(directory: string): Promise<KeptState | null> {
  try {
    return decodeState(JSON.parse(await readFile(join(directory, STATE), 'utf8')));
  } catch {
    return null;
  }
}

/** Keeps the state, whole or not at all. */
export async function writeState(directory: string, { keys, copy }: KeptState): Promise<void> {
  const { configured, current, next } = keys;
  const state = { keys: { configured: configured.spki, current: current.spki, next: next?.spki ?? null }, copy };
  await mkdir(directory, { recursive: true, mode: 0o750 });
  await replaceFile(join(directory, STATE), JSON.stringify(state));
}

/** Removes the files that the state does not name. */
export async function sweep(directory: string, copy: KeptCopy): Promise<void> {
  const steps = copy.steps.map(step => nameOf('delta', step));
  const wanted = new Set([STATE, nameOf('snapshot', copy.base), ...steps]);
  for (const name of await readdir(directory)) if (!wanted.has(name)) await rm(join(directory, name), { force: true });
}

async function replaceFile(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o640);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncDirectory(dirname(path));
}

function decodeState(state: unknown): KeptState | null {
  if (!isRecord(state) || !isRecord(state.keys)) return null;
  const [configured, current] = [state.keys.configured, state.keys.current].map(decodeKey);
  const next = state.keys.next === null ? null : decodeKey(state.keys.next);
  if (!configured || !current || next === undefined) return null;
  return { keys: { configured, current, next }, copy: decodeCopy(state.copy) };
}

function decodeKey(spki: unknown): PublicKey | undefined {
  const key = typeof spki === 'string' ? readPublicKey(spki) : '';
  return typeof key === 'string' ? undefined : key;
}

function decodeCopy(copy: unknown): KeptCopy | null {
  if (!isRecord(copy) || !isRecord(copy.held)) return null;
  const { session, version, timestamp } = copy.held;
  const [base, snapshot] = [copy.base, copy.held.snapshot].map(decodeOne);
  const [steps, deltas] = [copy.steps, copy.held.deltas].map(list =>
    Array.isArray(list) ? list.map(decodeOne) : null,
  );
  if (!isSession(session) || !isVersion(version) || typeof timestamp !== 'number' || !base || !snapshot) return null;
  if (!steps || !deltas || !steps.every(one => one !== null) || !deltas.every(one => one !== null)) return null;
  if (version !== base.version + steps.length) return null;
  return { held: { session, version, timestamp, snapshot, deltas }, base, steps };
}

function decodeOne(value: unknown): FileReference | null {
  const reference = decodeReference(value, '', 1);
  return reference.ok ? reference.value : null;
}

/** Its name on disk says which one it is; that it was packed, as in its URL, by the end. */
const nameOf = (type: FileType, { version, hash, url }: FileReference): string =>
  `${type}.${version}.${hash.slice(0, 16)}.json${url.endsWith('.gz') ? '.gz' : ''}`;

/**
 * Brings a file into the directory, if it is not there yet: `fetch` gives its octets. Null when it is there, its hash the
 * right one, or else why not, in words.
 */
export async function bring(
  directory: string,
  type: FileType,
  reference: FileReference,
  fetch: (take: (chunk: Buffer) => Promise<void>) => Promise<string | null>,
): Promise<string | null> {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const path = join(directory, nameOf(type, reference));
  if (existsSync(path)) return null;
  const hash = createHash('sha256');
  const file = await open(`${path}.part`, 'w', 0o640);
  try {
    const why = await fetch(async chunk => {
      hash.update(chunk);
      await file.writeFile(chunk);
    });
    if (why !== null) return why;
    if (hash.digest('hex') !== reference.hash) return 'its SHA-256 is not the one in the notification';
    await file.sync();
    await rename(`${path}.part`, path);
    return null;
  } finally {
    await file.close();
    await rm(`${path}.part`, { force: true });
  }
}

/**
 * Reads a file that is in the directory, in slices; its changes go to `onChange`. Null when it is whole and what it should
 * be; else why not, in words: then whatever it gave must not be used, and it is removed unless `readOnly`.
 */
export async function readKept(
  directory: string,
  type: FileType,
  reference: FileReference,
  expected: ExpectedHead,
  onChange: (change: Nrtm4Change, record: number) => void,
  readOnly = false,
): Promise<string | null> {
  const path = join(directory, nameOf(type, reference));
  const why = await readWhole(path, type, reference, expected, onChange);
  if (why !== null && !readOnly) await rm(path, { force: true });
  return why;
}

interface ExpectedHead {
  readonly source: string;
  readonly session: string;
}

async function readWhole(
  path: string,
  type: FileType,
  reference: FileReference,
  expected: ExpectedHead,
  onChange: (change: Nrtm4Change, record: number) => void,
): Promise<string | null> {
  const { version, url } = reference;
  let why: string | null = null;
  const reader = nrtm4FileReader(
    head => {
      if (head.type !== type) return `type: it is a ${head.type}`;
      if (head.source !== expected.source) return `source: it is ${head.source}`;
      if (head.session !== expected.session) return 'session_id: it is of another session';
      return head.version === version ? null : `version: it is ${head.version}, expected ${version}`;
    },
    onChange,
    problem => {
      why = `record ${problem.record}: ${problem.why}`;
    },
  );
  const hash = createHash('sha256');
  const pause = slicer();
  let octets = 0;
  async function* hashed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  async function take(chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      octets += chunk.length;
      if (octets > UNPACKED[type]) throw new Error(`it has more than ${UNPACKED[type]} octets when unpacked`);
      if (!reader.push(chunk)) throw new Error('it is broken');
      await pause();
    }
  }
  try {
    const stream = createReadStream(path, { highWaterMark: CHUNK });
    if (url.endsWith('.gz')) await pipeline(stream, hashed, createGunzip({ chunkSize: CHUNK }), take);
    else await pipeline(stream, hashed, take);
  } catch (error) {
    return why ?? whyOf(error);
  }
  reader.end();
  return why ?? (hash.digest('hex') === reference.hash ? null : 'its SHA-256 is not the one that was checked before');
}

/** Octets and times of one file that is fetched. A snapshot of the largest registry has some 500 MB, packed. */
export const FILE_LIMITS: Readonly<Record<FileType, FetchLimits>> = {
  snapshot: { octets: 1024 ** 3, total: 1800_000, silence: 30_000 },
  delta: { octets: 64 * 1024 ** 2, total: 120_000, silence: 30_000 },
};
