/** Reads a directory of windows back: all that a probe before this one has kept there, each looked at before it is believed. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { mapFile } from '../../net/mapped-file.ts';
import { readChain } from '../disk/read-chain.ts';
import { openDirectory, type WindowName } from '../disk/window-directory.ts';
import { type DecodedWindow, decodeWindow } from '../disk/window-file.ts';
import { keyName, type WindowKeeper, windowKeeper } from '../disk/window-keeper.ts';
import type { SealedWindows } from './sealed-windows.ts';
import type { WindowFile } from './window-index.ts';

export interface KeptOnDisk {
  readonly keeper: WindowKeeper;
  /** Windows that are there, and the last part of each. */
  readonly files: number;
  readonly lastParts: ReadonlyMap<number, number>;
  /** Opens the file of a window that is there. */
  fileOf(name: WindowName, octets: number): WindowFile;
  /**
   * Gives the windows of the directory to the sealed side, the newest first, a file at each step; what is damaged or missing
   * is said. Returns when all were looked at.
   */
  restore(windows: Pick<SealedWindows, 'restore' | 'missing' | 'holdsEpoch'>): Generator<undefined, void>;
}

/** Opens the directory at `path`. Rejects when it can't be read or made. `say` gets a line for each thing that is wrong. */
export async function openKept(path: string, clock: () => number, say: (line: string) => void): Promise<KeptOnDisk> {
  const directory = await openDirectory(path);
  const { records, head } = await readChain(directory, clock, line => say(`${path}: ${line}`));
  const keys = await directory.keys();
  const names = new Map([...keys].map(([epoch, key]) => [epoch, keyName(key)]));
  const found = await directory.windows();
  const keeper = windowKeeper({ directory, keys, records, head, clock });
  const fileOf = (name: WindowName, octets: number) => windowFile(directory.pathOf(name), octets);

  return {
    keeper,
    files: found.length,
    // They are in the order of their parts.
    lastParts: new Map(found.map(({ number, part }) => [number, part])),
    fileOf,
    *restore(windows) {
      for (const epoch of keys.keys()) windows.holdsEpoch(epoch);
      const there = new Set(found.map(({ number, part }) => `${number}-${part}`));
      const oldest = found[0]?.number ?? Number.POSITIVE_INFINITY;
      for (const epoch of new Set(found.map(one => one.epoch)))
        for (const name of records.rootsOf(epoch)?.keys() ?? []) {
          const number = Number(name.split('-')[0]);
          // The oldest are dropped first: what is missing among the others was not.
          if (there.has(name) || number < oldest) continue;
          say(`${path}: window ${name} is missing`);
          windows.missing(number);
        }
      for (const name of found.toReversed()) {
        const key = names.get(name.epoch);
        if (key === undefined) {
          // Its key was destroyed and nobody can ask it: the probe ended before it was taken away.
          keeper.drop(name);
          continue;
        }
        const root = records.rootsOf(name.epoch)?.get(`${name.number}-${name.part}`) ?? null;
        const file = fileOf(name, name.octets);
        const wrong = check(directory.pathOf(name), name, key, root);
        if (typeof wrong === 'string') {
          say(`${directory.pathOf(name)}: ${wrong}; it is left out`);
          windows.missing(name.number);
        } else {
          if (root === null) keeper.adopt(wrong.window, name.epoch, wrong.root);
          windows.restore(wrong.window, name.epoch, file);
        }
        yield;
      }
    },
  };
}

/**
 * The window of a file, whose filters go when it does; or what is wrong. `root` is the one that was committed to, if any. The file
 * is read, not mapped: all of it is looked at, and where the disk can't read it that is an error and not a signal.
 */
function check(path: string, name: WindowName, key: string, root: string | null): DecodedWindow | string {
  let octets: Uint8Array;
  try {
    octets = readFileSync(path);
  } catch (error) {
    return (error as Error).message;
  }
  const decoded = decodeWindow(octets);
  if (typeof decoded === 'string') return decoded;
  const { window } = decoded;
  if (!decoded.verify()) return 'it is damaged';
  if (window.number !== name.number || window.part !== name.part) return 'it is another window';
  if (window.storageKey !== key) return 'its key is another one';
  if (root !== null && decoded.root !== root) return 'it is not what was committed to';
  return decoded;
}

function octetsOf(path: string): { octets: Uint8Array; unmap(): void } {
  const fd = openSync(path, 'r');
  try {
    const octets = fstatSync(fd).size;
    return (octets === 0 ? null : mapFile(fd, octets)) ?? { octets: readFileSync(fd), unmap: () => {} };
  } finally {
    closeSync(fd);
  }
}

function windowFile(path: string, octets: number): WindowFile {
  return {
    octets,
    open() {
      try {
        const opened = octetsOf(path);
        const decoded = decodeWindow(opened.octets);
        if (typeof decoded !== 'string') return { window: decoded.window, unmap: opened.unmap };
        opened.unmap();
        return null;
      } catch {
        return null;
      }
    },
  };
}
