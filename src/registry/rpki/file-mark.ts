/** What a file was when it was read: another one has another mark. */
import { stat } from 'node:fs/promises';

export interface FileMark {
  readonly mtime: number;
  readonly size: number;
  readonly inode: number;
}

/** What the file is now, or in words why it cannot be looked at. */
export async function markOf(file: string): Promise<FileMark | string> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) return `${file}: not a file`;
    return { mtime: stats.mtimeMs, size: stats.size, inode: stats.ino };
  } catch (error) {
    return (error as Error).message;
  }
}

/** True when both marks are of the same state of the same file. */
export function sameMark(a: FileMark | null, b: FileMark | string | null): boolean {
  if (a === null || b === null || typeof b === 'string') return false;
  return a.mtime === b.mtime && a.size === b.size && a.inode === b.inode;
}
