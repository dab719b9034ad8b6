/** A small disk under a directory, which can be full; where this user may mount none there is none. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  /** Leaves no room. */
  fill(): void;
  free(): void;
  close(): void;
}

const PIECE = Buffer.alloc(65_536);

/** Null: it cannot be mounted. What was in the directory is not seen any more. */
export function smallDisk(directory: string, megabytes: number): SmallDisk | null {
  mkdirSync(directory, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory]).status !== 0) return null;
  const filler = join(directory, 'filler');
  const close = () => void spawnSync('umount', ['-l', directory]);
  // Before whatever takes the directory away: where the laboratory gives up too.
  process.prependListener('exit', close);
  return {
    fill() {
      const file = openSync(filler, 'w');
      try {
        for (;;) writeSync(file, PIECE);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    close() {
      process.off('exit', close);
      close();
    },
  };
}
