/** One attempt at a dump: its octets go to the reader and, where it is to be kept, to the disk at the same time. */
import { PassThrough } from 'node:stream';
import { type Asking, fetchPlace } from './dump-place.ts';
import { readDump, whyOf } from './dump-reader.ts';
import type { DumpProgress, DumpReading } from './feed.ts';
import { type CopyWriter, writeCopy } from './kept-copy.ts';

export type DumpTaken =
  | { readonly what: 'same' }
  /** `tag`: of the state in which it is wrong; null when it may be well at the next look. */
  | { readonly what: 'failed'; readonly why: string; readonly tag: string | null }
  | {
      readonly what: 'read';
      readonly reading: DumpReading;
      readonly tag: string | null;
      readonly written: number | null;
      /** Where it is to be kept: to be committed or abandoned. */
      readonly copy: CopyWriter | null;
    };

/** Reads the dump of `place`, whose octets also go to `keepIn` unless that is null. Never rejects. */
export async function takeDump(
  source: string,
  place: string,
  asking: Asking,
  keepIn: string | null,
  told: (progress: DumpProgress) => void = () => {},
): Promise<DumpTaken> {
  const body = new PassThrough();
  let copy: CopyWriter | null = null;
  let reading: Promise<DumpReading> | null = null;
  const read = (packed: boolean): Promise<DumpReading> => {
    const begun = readDump(source, body, packed, undefined, told);
    begun.catch(() => body.destroy()); // told below; whoever waits for room must not wait for ever
    return begun;
  };
  const come = await fetchPlace(place, asking, async chunk => {
    if (reading === null) {
      // By its name, or by its first octets where a server has packed what it sends (RFC 1952 section 2.3.1).
      const packed = place.endsWith('.gz') || (chunk[0] === 0x1f && chunk[1] === 0x8b);
      reading = read(packed);
      if (keepIn !== null) copy = await writeCopy(keepIn, packed);
    }
    await Promise.all([put(body, chunk), copy?.write(chunk)]);
  });
  const give = async (taken: DumpTaken): Promise<DumpTaken> => {
    body.destroy();
    await (copy as CopyWriter | null)?.abandon();
    return taken;
  };
  if (come.what !== 'came') return give(come);
  body.end();
  try {
    const done = await (reading ?? read(place.endsWith('.gz')));
    return { what: 'read', reading: done, tag: come.tag, written: come.written, copy };
  } catch (error) {
    return give({ what: 'failed', why: whyOf(error), tag: come.tag });
  }
}

const put = (body: PassThrough, chunk: Buffer): Promise<void> =>
  new Promise((resolve, reject) => body.write(chunk, error => (error ? reject(error) : resolve())));
