/** What a file was when it was read: another one has another mark. */
import { stat } from 'node:fs/promises';

export interface FileMark {
  readonly mtime: number;
  readonly size: number;
  readonly inode: number;
}

/** Words of a system error without its call and file: `ENOENT: no such file or directory`. */
export const wordsOfError = (error: unknown): string => (error as Error).message.replace(/, [a-z]+( '.*')?$/s, '');

/** What the file is now, or in words, without its name, why it cannot be looked at. */
export async function markOf(file: string): Promise<FileMark | string> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) return 'not a file';
    return { mtime: stats.mtimeMs, size: stats.size, inode: stats.ino };
  } catch (error) {
    return wordsOfError(error);
  }
}

/** True when both marks are of the same state of the same file. */
export function sameMark(a: FileMark | null, b: FileMark | string | null): boolean {
  if (a === null || b === null || typeof b === 'string') return false;
  return a.mtime === b.mtime && a.size === b.size && a.inode === b.inode;
}
