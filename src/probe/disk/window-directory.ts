/**
 * Where windows are kept on disk: `windows/EPOCH/NUMBER-PART` for each window, `keys/EPOCH` for each hour's storage key, and
 * `chain` for what was committed to. A file is there whole or not at all: it is written beside its place, forced to the
 * disk, and renamed. Every function rejects with what the system says.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface WindowName {
  readonly epoch: number;
  readonly number: number;
  readonly part: number;
}

export interface FoundWindow extends WindowName {
  readonly octets: number;
}

export interface WindowDirectory {
  /** Files of windows, in the order of time. */
  windows(): Promise<FoundWindow[]>;
  pathOf(name: WindowName): string;
  /** Writes a window's file; returns its octets. */
  save(name: WindowName, pieces: readonly Uint8Array[]): Promise<number>;
  remove(name: WindowName): Promise<void>;
  /** Storage keys by their hour. */
  keys(): Promise<Map<number, Uint8Array>>;
  saveKey(epoch: number, key: Uint8Array): Promise<void>;
  /** Overwrites the file of a key, forces that to the disk, and takes the file away. */
  destroyKey(epoch: number): Promise<void>;
  /** The lines of the chain; what was cut off while it was written is no line, and is taken away. */
  chain(): AsyncIterable<string>;
  /** Appends lines to the chain and forces them to the disk. */
  append(lines: readonly string[]): Promise<void>;
  /** Puts the chain aside under another name, which it returns: `chain.damaged-NOW`, or `chain.until-NOW` when it is long. */
  setChainAside(damaged: boolean, now: number): Promise<string>;
}

const PRIVATE = 0o600;
/** Longer than any line of the chain: what is, is damage. */
const LONGEST_LINE = 4096;

/** Opens a directory and makes what is missing of it; what was half written when a probe died is taken away. */
export async function openDirectory(path: string): Promise<WindowDirectory> {
  const folder = join(path, 'windows');
  const keyFolder = join(path, 'keys');
  const chainFile = join(path, 'chain');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(keyFolder, { recursive: true, mode: 0o700 });
  const known = new Set<string>();

  const folderOf = (epoch: number) => join(folder, String(epoch));
  const pathOf = ({ epoch, number, part }: WindowName) => join(folderOf(epoch), `${number}-${part}`);
  const keyPath = (epoch: number) => join(keyFolder, String(epoch));

  const write = async (file: string, pieces: readonly Uint8Array[]): Promise<number> => {
    const half = `${file}.new`;
    const handle = await open(half, 'w', PRIVATE);
    let octets: number;
    try {
      const { bytesWritten } = await handle.writev([...pieces]);
      octets = pieces.reduce((sum, piece) => sum + piece.length, 0);
      if (bytesWritten !== octets) throw Object.assign(new Error(`${half}: no space`), { code: 'ENOSPC' });
      await handle.datasync();
    } catch (error) {
      await handle.close();
      await rm(half, { force: true });
      throw error;
    }
    await handle.close();
    await rename(half, file);
    await syncFolder(join(file, '..'));
    return octets;
  };

  for (const entry of await readdir(keyFolder)) if (entry.endsWith('.new')) await unlink(join(keyFolder, entry));

  return {
    pathOf,
    async windows() {
      const found: FoundWindow[] = [];
      for (const name of await readdir(folder)) {
        if (!/^\d{1,10}$/.test(name)) continue;
        for (const file of await readdir(join(folder, name))) {
          const at = join(folder, name, file);
          const parts = /^(\d{1,10})-(\d{1,5})$/.exec(file);
          if (parts !== null) {
            const { size } = await stat(at);
            found.push({ epoch: Number(name), number: Number(parts[1]), part: Number(parts[2]), octets: size });
          } else if (file.endsWith('.new')) await unlink(at);
        }
      }
      return found.sort((a, b) => a.number - b.number || a.part - b.part);
    },
    async save(name, pieces) {
      const own = folderOf(name.epoch);
      if (!known.has(own)) {
        await mkdir(own, { recursive: true, mode: 0o700 });
        await syncFolder(folder);
        known.add(own);
      }
      return write(pathOf(name), pieces);
    },
    async remove(name) {
      await rm(pathOf(name), { force: true });
      const left = await readdir(folderOf(name.epoch)).catch(() => ['']);
      if (left.length > 0) return;
      known.delete(folderOf(name.epoch));
      await rmdir(folderOf(name.epoch));
    },
    async keys() {
      const keys = new Map<number, Uint8Array>();
      for (const name of await readdir(keyFolder)) {
        if (!/^\d{1,10}$/.test(name)) continue;
        const octets = await readFile(join(keyFolder, name));
        if (octets.length === 16) keys.set(Number(name), Uint8Array.from(octets));
      }
      return keys;
    },
    async saveKey(epoch, key) {
      await write(keyPath(epoch), [key]);
    },
    async destroyKey(epoch) {
      let handle: FileHandle;
      try {
        handle = await open(keyPath(epoch), 'r+');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
        throw error;
      }
      try {
        await handle.write(randomBytes(16), 0, 16, 0);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await unlink(keyPath(epoch));
      await syncFolder(keyFolder);
    },
    async *chain() {
      let handle: FileHandle;
      try {
        handle = await open(chainFile, 'r+');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
        throw error;
      }
      try {
        // It may be longer than a string can be.
        let rest = '';
        let whole = 0;
        for await (const piece of handle.createReadStream({ encoding: 'latin1', autoClose: false })) {
          const lines = `${rest}${piece}`.split('\n');
          rest = lines.pop()!;
          if (rest.length > LONGEST_LINE) lines.push(rest);
          for (const line of lines) {
            whole += line.length + 1;
            yield line;
          }
        }
        if (rest.length > 0) await handle.truncate(whole);
      } finally {
        await handle.close();
      }
    },
    async append(lines) {
      const handle = await open(chainFile, 'a', PRIVATE);
      try {
        const { size } = await handle.stat();
        try {
          await handle.appendFile(lines.map(line => `${line}\n`).join(''));
          await handle.datasync();
        } catch (error) {
          // Half a line would break the chain for what follows.
          await handle.truncate(size);
          throw error;
        }
      } finally {
        await handle.close();
      }
    },
    async setChainAside(damaged, now) {
      const aside = `chain.${damaged ? 'damaged' : 'until'}-${now}`;
      await rename(chainFile, join(path, aside));
      return aside;
    },
  };
}

/** A name is on the disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
