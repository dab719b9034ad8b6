import type { Dirent } from 'node:fs';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { INDEX } from './archive-index.ts';
import { parseArchiveName } from './archive-name.ts';

const MONTH = /^\d{4}\.\d{2}$/;

/** What a folder holds; nothing where it does not exist: not yet, or no more, removed while others look. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The month folders of an archive, oldest first; none when it does not exist yet. */
export async function monthsOf(directory: string): Promise<string[]> {
  return (await entriesOf(directory))
    .filter(entry => entry.isDirectory() && MONTH.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** The names in a month of an archive; none when `expire` has removed it since it was listed. */
export async function namesOf(directory: string, month: string): Promise<string[]> {
  return (await entriesOf(join(directory, month))).map(({ name }) => name);
}

/**
 * Removes the files whose window ended before `oldest` (milliseconds since the epoch), and months that became empty. Only
 * names that the archive gives are touched. A table's window is the time until the next one.
 */
export async function expire(
  directory: string,
  oldest: number,
  { updates, rib }: { readonly updates: number; readonly rib: number },
  note: (text: string) => void,
): Promise<void> {
  let removed = 0;
  for (const month of await monthsOf(directory)) {
    const folder = join(directory, month);
    const names = await namesOf(directory, month);
    const old = names.filter(name => {
      const parsed = parseArchiveName(name.endsWith(INDEX) ? name.slice(0, -INDEX.length) : name);
      return parsed !== null && parsed.start + (parsed.kind === 'updates' ? updates : rib) < oldest;
    });
    for (const name of old) await unlink(join(folder, name));
    removed += old.filter(name => !name.endsWith(INDEX)).length;
    if (old.length > 0 && old.length === names.length) await rmdir(folder);
  }
  if (removed > 0) note(`${removed} old files were removed`);
}
