/** What a program that died, or was stopped within a window, left: its records are taken up again. */
import { readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchiveFile, createArchiveFile, type OnTrouble } from './archive-file.ts';
import { INDEX } from './archive-index.ts';
import { PART } from './archive-inventory.ts';
import { type ArchiveName, type Compression, formatArchiveName, parseArchiveName, windowOf } from './archive-name.ts';
import { monthsOf } from './archive-retention.ts';
import { isExtended } from './record-types.ts';
import { HEADER_LENGTH, type MrtRecord } from './records.ts';
import { openMrt, readMrt } from './source.ts';

export interface TakenUp {
  /** Holds the records again, and stands where the next are to follow. */
  readonly file: ArchiveFile;
  readonly name: ArchiveName;
  /** Its window is not over. */
  readonly open: boolean;
}

export interface RecoveryOptions {
  readonly now: number;
  readonly updates: number;
  readonly compress: Compression;
  readonly retry: number;
  readonly onTrouble: OnTrouble;
  readonly note: (text: string) => void;
}

const RECOVERED = '.recovered';
/** Octets of records that may wait for the disk while they are copied. */
const MOST_WAITING = 4 << 20;

/**
 * Copies the whole records of each `.part`, and of a closed file whose window is not over, into a new `.part`. The copy
 * takes the place of the old one only when it is whole: until then the old one stays as it was, whatever happens.
 */
export async function takeUp(directory: string, options: RecoveryOptions): Promise<TakenUp[]> {
  const found: TakenUp[] = [];
  for (const month of await monthsOf(directory)) {
    const folder = join(directory, month);
    const names = await readdir(folder);
    for (const name of names.filter(one => one.endsWith(RECOVERED))) await unlink(join(folder, name));
    const parts = names.filter(name => name.endsWith(PART)).map(name => name.slice(0, -PART.length));
    for (const name of names) {
      const parsed = parseArchiveName(name);
      // A copy that has a name already holds no more than its .part: that was made of it.
      const stopped = parsed?.kind === 'updates' && isOpen(parsed, options) && !parts.includes(name);
      if (stopped) found.push(await copy(join(folder, name), parsed, directory, options));
    }
    for (const name of parts) {
      const parsed = parseArchiveName(name);
      if (parsed !== null) found.push(await copy(join(folder, `${name}${PART}`), parsed, directory, options));
    }
  }
  return found;
}

const isOpen = ({ kind, start, compress }: ArchiveName, options: RecoveryOptions) =>
  kind === 'updates' && compress === options.compress && start === windowOf(options.now, options.updates);

async function copy(from: string, old: ArchiveName, directory: string, options: RecoveryOptions): Promise<TakenUp> {
  // A table that was broken off must not pass for a whole one.
  const name: ArchiveName = { ...old, incomplete: old.kind === 'bview' };
  const part = `${join(directory, formatArchiveName(name))}${PART}`;
  const scratch = `${part}${RECOVERED}`;
  const file = createArchiveFile(scratch, old.compress, options.retry, options.onTrouble);
  let lost = 0;
  let records = 0;
  let error = '';
  const events = {
    record(record: MrtRecord) {
      records++;
      const start = record.start - HEADER_LENGTH - (isExtended(record.type) ? 4 : 0);
      file.write(record.bytes.slice(start, record.end), 1);
    },
    gap(gap: { readonly octets: number }) {
      lost += gap.octets;
    },
    drained: () => (file.waiting() > MOST_WAITING ? file.sync() : undefined),
  };
  await readMrt(openMrt(from), events).catch((thrown: Error) => {
    error = `; ${thrown.message}`;
  });
  await file.sync();
  await rename(scratch, part);
  if (from !== part) {
    await unlink(from);
    await rm(`${from}${INDEX}`, { force: true });
  }
  options.note(`${from}: ${records} records are taken up again, ${lost} octets are no whole record${error}`);
  return { file: { ...file, path: part }, name, open: isOpen(name, options) };
}
