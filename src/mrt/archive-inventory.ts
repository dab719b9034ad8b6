import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchiveName, parseArchiveName } from './archive-name.ts';
import { monthsOf, namesOf } from './archive-retention.ts';

/** A file that an archive holds. */
export interface ArchivedFile {
  readonly path: string;
  readonly name: ArchiveName;
  /** It is still being written, or was when its writer died. */
  readonly open: boolean;
}

/** Stands behind the name of a file that is being written. */
export const PART = '.part';

/** All files of an archive, by the begin of their windows; what is removed meanwhile may be among them or not. */
export async function inventory(directory: string): Promise<ArchivedFile[]> {
  const found: ArchivedFile[] = [];
  for (const month of await monthsOf(directory))
    for (const entry of await namesOf(directory, month)) {
      const open = entry.endsWith(PART);
      const name = parseArchiveName(open ? entry.slice(0, -PART.length) : entry);
      if (name !== null) found.push({ path: join(directory, month, entry), name, open });
    }
  return found.sort((a, b) => a.name.start - b.name.start);
}

/** What the files that have their names amount to. */
export interface Holdings {
  readonly files: number;
  /** As they are packed. */
  readonly octets: number;
  /** Begin of the oldest, milliseconds since the epoch; null when there is none. */
  readonly oldest: number | null;
}

/** Looks at every file of an archive; one that goes away meanwhile counts as empty. */
export async function holdings(directory: string): Promise<Holdings> {
  const files = (await inventory(directory)).filter(({ open }) => !open);
  let octets = 0;
  for (const { path } of files)
    octets += await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  return { files: files.length, octets, oldest: files[0]?.name.start ?? null };
}
