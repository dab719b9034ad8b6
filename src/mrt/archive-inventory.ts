import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchiveName, parseArchiveName } from './archive-name.ts';
import { monthsOf } from './archive-retention.ts';

/** A file that an archive holds. */
export interface ArchivedFile {
  readonly path: string;
  readonly name: ArchiveName;
  /** It is still being written, or was when its writer died. */
  readonly open: boolean;
  /** As it is packed. */
  readonly octets: number;
}

/** Stands behind the name of a file that is being written. */
export const PART = '.part';

/** All files of an archive, by the begin of their windows. One that goes away meanwhile is left out. */
export async function inventory(directory: string): Promise<ArchivedFile[]> {
  const found: ArchivedFile[] = [];
  for (const month of await monthsOf(directory))
    for (const entry of await readdir(join(directory, month))) {
      const open = entry.endsWith(PART);
      const name = parseArchiveName(open ? entry.slice(0, -PART.length) : entry);
      if (name === null) continue;
      const path = join(directory, month, entry);
      const octets = await stat(path).then(
        ({ size }) => size,
        () => null,
      );
      if (octets !== null) found.push({ path, name, open, octets });
    }
  return found.sort((a, b) => a.name.start - b.name.start);
}
