/** `itctl decode mrt FILE`: what an archive holds, as the lines of `bgpdump -m` or as JSON. */
import type { Readable, Writable } from 'node:stream';
import { bgpdumpLines } from '../mrt/bgpdump.ts';
import { elementLines } from '../mrt/element-lines.ts';
import type { MrtGap, MrtRecord } from '../mrt/records.ts';
import { type FileRead, openMrt, readMrt } from '../mrt/source.ts';
import { createWalker } from '../mrt/walk.ts';
import { type Progress, shareOf } from './progress.ts';
import { count, plain } from './render/text.ts';
import { EXIT } from './run.ts';

/** Complaints about one file that are printed; the others are counted. */
const MOST_COMPLAINTS = 20;

/** Where the output goes and the standard input comes from. */
export interface OfflineStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Where it is shown how far long work is. */
  readonly progress?: Progress;
  /** One line, without its end. */
  err(text: string): void;
}

/** The sentence of a system error without its code and call: `no such file or directory`. */
export const sentence = (error: unknown) => (error as Error).message.replace(/^[A-Z]+: ([^,]*).*$/, '$1');

/** What `openMrt` gives as it opens a file, once it has: how far the latest one is read. */
export function howFar(): { readonly opened: (how: () => FileRead) => void; readonly far: () => FileRead } {
  let latest = (): FileRead => ({ read: 0, size: null });
  const opened = (how: () => FileRead) => {
    latest = how;
  };
  return { opened, far: () => latest() };
}

/** How far a file is read, and what has come of it. */
export function farText(name: string, { read, size }: FileRead, come: string): string {
  return `${plain(name)}: ${[shareOf(read, size), come].filter(Boolean).join(', ')}`;
}

/**
 * Decodes one file, `-` for the standard input, to the standard output, as fast as that takes it. What is damaged is told
 * with record and octet of the unpacked file, and the rest is decoded. Returns the exit code: failed when anything was.
 */
export async function decodeMrt(
  file: string,
  json: boolean,
  { stdin, stdout, err, progress }: OfflineStreams,
): Promise<number> {
  const name = file === '-' ? 'standard input' : file;
  let full = false;
  let complaints = 0;
  const complain = (text: string) => {
    if (++complaints <= MOST_COMPLAINTS) err(plain(`${name}: ${text}`));
  };
  const write = (text: Uint8Array, again: () => void) => {
    if (!stdout.write(text, again)) full = true;
  };
  const format = json ? elementLines(write) : bgpdumpLines(write);
  const walker = createWalker(format);
  const { opened, far } = howFar();
  let records = 0;
  try {
    await readMrt(openMrt(file, stdin, opened), {
      record(record: MrtRecord) {
        records = record.number;
        const wrong = walker.walk(record);
        if (wrong !== null) complain(`record ${record.number} at octet ${record.offset}: ${wrong}`);
      },
      gap({ after, offset, octets, reason }: MrtGap) {
        const place = after === 0 ? '' : `, after record ${after}`;
        complain(`octet ${offset}${place}: ${reason}; ${octets} octets are left out`);
      },
      drained() {
        progress?.show(() => farText(name, far(), count(records, 'record')));
        if (!full) return;
        full = false;
        return new Promise<void>(resolve => {
          stdout.once('drain', resolve);
        });
      },
    });
  } catch (error) {
    complain(sentence(error));
  }
  format.flush();
  if (complaints > MOST_COMPLAINTS) err(plain(`${name}: and ${complaints - MOST_COMPLAINTS} more`));
  return complaints > 0 ? EXIT.failed : EXIT.ok;
}
