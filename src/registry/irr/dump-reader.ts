/**
 * A dump on its way from octets to a book of objects: unpacked, cut into objects, each put in its place, in slices of a few
 * milliseconds so that the rest of the daemon goes on.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MAX_OBJECTS } from '../object-store.ts';
import { OTHER_CLASSES } from '../other-objects.ts';
import { type RpslProblem, rpslReader } from '../rpsl.ts';
import { slicer } from '../slice.ts';
import { sourceBook } from '../source-book.ts';
import type { DumpProgress, DumpReading } from './feed.ts';

/** Problems kept with their words; all are counted. */
export const KEPT_PROBLEMS = 20;
/** Octets of a dump when it is unpacked: a packed one may claim to be anything. The largest in use has some 9 GB. */
export const MAX_UNPACKED = 32 * 2 ** 30;
/** RPSL is packed to a tenth or so. What comes of a few octets and goes on and on is made to keep us busy. */
const MOST_TIMES = 100;
const FREE_OF_CHARGE = 256 * 2 ** 20;

/** Octets unpacked at a time: each time costs as much as some hundred objects. */
const CHUNK = 256 * 1024;
const WANTED: ReadonlySet<string> = new Set(['route', 'route6', ...OTHER_CLASSES]);

/**
 * Reads the octets of a dump to their end. Rejects with what is wrong with them: no good gzip data, cut short, more than
 * there is room for; or with the error of the octets themselves. Objects that cannot be read are told, not an error.
 * `told` is given how far it is after each piece.
 */
export async function readDump(
  source: string,
  octets: AsyncIterable<Uint8Array>,
  packed: boolean,
  most = MAX_UNPACKED,
  told: (progress: DumpProgress) => void = () => {},
): Promise<DumpReading> {
  const book = sourceBook(source);
  const problems: RpslProblem[] = [];
  let more = 0;
  let refused = 0;
  const say = (problem: RpslProblem) => {
    if (problems.length < KEPT_PROBLEMS) problems.push(problem);
  };
  const reader = rpslReader(
    rpsl => {
      const applied = book.apply('add', rpsl);
      if (!applied.ok) {
        more++;
        say(applied.problem);
        return;
      }
      refused += applied.refused.length;
      for (const problem of applied.refused) say(problem);
    },
    say,
    WANTED,
    { plain: book.addPlain },
  );
  const pause = slicer();
  let came = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of octets) {
      came += chunk.length;
      yield chunk;
    }
  }
  async function take(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) {
      reader.push(chunk);
      told({ octets: reader.counts.octets, objects: book.routes.count });
      if (book.routes.count >= MAX_OBJECTS) throw new Error(`more than ${MAX_OBJECTS} route objects`);
      if (reader.counts.octets > most) throw new Error(`more than ${most} octets when unpacked`);
      if (packed && reader.counts.octets > Math.max(FREE_OF_CHARGE, MOST_TIMES * came))
        throw new Error(`more than ${MOST_TIMES} times its octets when unpacked`);
      const rest = pause();
      if (rest !== null) await rest;
    }
  }
  const stream = Readable.from(counted(), { objectMode: false });
  if (packed) await pipeline(stream, createGunzip({ chunkSize: CHUNK }), take);
  else await pipeline(stream, take);
  reader.end();
  return {
    book,
    skipped: reader.counts.skipped,
    dead: reader.counts.dead,
    problems: reader.counts.problems + more + refused,
    refusedAddresses: refused,
    firstProblems: problems,
    eof: reader.counts.eof,
  };
}

/** A system's or a library's error in words for an operator. */
export function whyOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
      return 'permission denied';
    case 'ENOSPC':
      return 'no space left on device';
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
      return 'the connection was cut';
    case 'ETIMEDOUT':
      return 'the server does not answer';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name of the server is not found';
    case 'Z_BUF_ERROR':
      return 'gzip data is cut short';
    default:
      return code?.startsWith('Z_') ? `no good gzip data (${message})` : message;
  }
}
