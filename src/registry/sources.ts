import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { IrrConfig } from '../config/tree.ts';
import { MAX_OBJECTS, type ObjectStore, objectStore } from './object-store.ts';
import { readRouteObject } from './route-object.ts';
import { type RpslCounts, type RpslProblem, rpslReader } from './rpsl.ts';
import { slicer } from './slice.ts';

/** Problems kept with their words; all are counted. */
export const KEPT_PROBLEMS = 20;
/** A new copy with less than this share of the objects of the last one is not believed. */
export const LEAST_SHARE = 0.9;

const CHUNK = 64 * 1024;

/** What a file was when it was read: another one has another of these. */
export interface FileMark {
  readonly mtime: number;
  readonly size: number;
  readonly inode: number;
}

/** A source that was read to its end. */
export interface LoadedSource {
  readonly ok: true;
  readonly file: string;
  readonly mark: FileMark;
  readonly store: ObjectStore;
  /** `objects` are route objects in use; the others as in RpslCounts. */
  readonly counts: Readonly<RpslCounts>;
  /** Mail addresses in X-Keiro and notify that were refused. */
  readonly refused: number;
  /** The first problems of the file, in its order. */
  readonly problems: readonly RpslProblem[];
  /** When the reading ended, ms since the epoch, and how long it took. */
  readonly loaded: number;
  readonly milliseconds: number;
}

/**
 * A loaded source, or in words why there is none. `mark` is null when there was no file to look at, or the system could
 * not read it just now: then the same file is worth another look.
 */
export type SourceLoad = LoadedSource | { readonly ok: false; readonly why: string; readonly mark: FileMark | null };

/** What the file is now, or in words why it cannot be looked at. */
export async function markOf(file: string): Promise<FileMark | string> {
  try {
    const found = await stat(file);
    return found.isFile() ? markOfStats(found) : `${file}: not a file`;
  } catch (error) {
    return `${file}: ${wordsOfError(error)}`;
  }
}

function markOfStats(stats: Stats): FileMark {
  return { mtime: stats.mtimeMs, size: stats.size, inode: stats.ino };
}

/** True when both marks are of the same state of the same file. */
export function sameMark(a: FileMark | null, b: FileMark | null): boolean {
  return a !== null && b !== null && a.mtime === b.mtime && a.size === b.size && a.inode === b.inode;
}

/**
 * Reads the dump of an IRR, gzip when its name ends in `.gz`, as a stream and in slices of a few milliseconds. Each
 * slice ends with `onProgress(objects so far)`. Never rejects: a file that is missing, cut short, no gzip, too large, or
 * that changes while it is read, is told in words.
 */
export async function loadSource(irr: IrrConfig, onProgress: (objects: number) => void): Promise<SourceLoad> {
  const file = irr.dump ?? '';
  const begun = performance.now();
  const mark = await markOf(file);
  if (typeof mark === 'string') return { ok: false, why: mark, mark: null };
  const fail = (why: string): SourceLoad => ({ ok: false, why: `${file}: ${why}`, mark });

  const store = objectStore(irr.name);
  const problems: RpslProblem[] = [];
  let broken = 0;
  let refused = 0;
  let full = false;
  const say = (problem: RpslProblem) => {
    if (problems.length < KEPT_PROBLEMS) problems.push(problem);
  };
  const reader = rpslReader(rpsl => {
    const reading = readRouteObject(rpsl, irr.name);
    if (!reading.ok) {
      broken++;
      say(reading.problem);
      return;
    }
    refused += reading.refused.length;
    for (const problem of reading.refused) say(problem);
    if (!store.add(reading.object, rpsl.bytes)) full = true;
  }, say);

  const pause = slicer();
  async function take(chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      reader.push(chunk);
      if (full) throw new Error(`more than ${MAX_OBJECTS} objects or 4 GB of them`);
      const rest = pause();
      if (rest === null) continue;
      onProgress(store.count);
      await rest;
    }
  }
  try {
    const stream = createReadStream(file, { highWaterMark: CHUNK });
    if (file.endsWith('.gz')) await pipeline(stream, createGunzip({ chunkSize: CHUNK }), take);
    else await pipeline(stream, take);
  } catch (error) {
    const { syscall } = error as NodeJS.ErrnoException;
    return { ok: false, why: `${file}: ${wordsOfError(error)}`, mark: syscall === undefined ? mark : null };
  }
  reader.end();
  const after = await markOf(file);
  if (typeof after === 'string') return { ok: false, why: after, mark };
  if (!sameMark(mark, after)) return fail('changed while it was read');
  onProgress(store.count);
  return {
    ok: true,
    file,
    mark,
    store,
    counts: {
      ...reader.counts,
      objects: store.count,
      problems: reader.counts.problems + broken + refused,
    },
    refused,
    problems,
    loaded: Date.now(),
    milliseconds: performance.now() - begun,
  };
}

/** How many route objects a copy of a source has. */
export interface SourceSize {
  readonly name: string;
  readonly file: string;
  readonly objects: number;
}

/**
 * Whether a new copy may take the place of the last one: null, or in words why not. Registries do not lose a tenth of
 * their objects between two looks; a half-written or emptied file does.
 */
export function whyNotReplace(last: SourceSize, next: SourceSize): string | null {
  if (next.objects >= last.objects * LEAST_SHARE) return null;
  return `${next.file}: holds ${next.objects} route objects where the last copy held ${last.objects}: more than 10 % fewer`;
}

function wordsOfError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'Z_BUF_ERROR') return 'gzip data is cut short';
  if (code?.startsWith('Z_')) return `no good gzip data (${message})`;
  return message;
}
