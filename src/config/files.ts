import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { type ReadSecret, readSecretOf } from './secrets.ts';

/** Larger files are not read, octets. */
export const LARGEST = 1 << 20;

/** A file as read, or why it could not be. */
export type ReadFile = { readonly text: string; readonly readableByAll: boolean } | { readonly wrong: string };

/** Where the text of configuration files comes from. */
export interface Files {
  readonly read: (path: string) => ReadFile;
  /** The files that a name with `*` and `?` in its last part stands for, ordered by name; a name without is itself. */
  readonly secret?: ReadSecret;
  /** True of a file that every user of the machine may read. */
  readonly readableByAll?: (path: string) => boolean;
  readonly list: (path: string) => readonly string[] | { readonly wrong: string };
}

/** No files: an `include` is an error. */
export const NO_FILES: Files = {
  read: path => ({ wrong: `cannot read ${path}: no files here` }),
  list: path => [path],
};

/** The files of this machine. They are small and few (LARGEST, and MOST_FILES of parse.ts), so that reading may block. */
export const MACHINE: Files = {
  secret: readSecretOf(process.env),
  readableByAll(path) {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isFile() === true && (status.mode & 0o004) !== 0;
  },
  read(path) {
    try {
      const status = statSync(path);
      if (!status.isFile()) return { wrong: `cannot read ${path}: it is no file` };
      if (status.size > LARGEST) return { wrong: `cannot read ${path}: it is larger than 1 MiB` };
      return { text: decode(readFileSync(path)), readableByAll: (status.mode & 0o004) !== 0 };
    } catch (error) {
      return { wrong: `cannot read ${path}: ${reason(error)}` };
    }
  },
  list(path) {
    const [folder, name] = [dirname(path), basename(path)];
    if (/[*?]/.test(folder)) return { wrong: '`*` and `?` can stand in the last part of the name only' };
    if (!/[*?]/.test(name)) return [path];
    try {
      return readdirSync(resolve(folder))
        .filter(candidate => !candidate.startsWith('.') && matches(candidate, name))
        .sort()
        .map(candidate => join(folder, candidate));
    } catch (error) {
      return { wrong: `cannot read ${folder}: ${reason(error)}` };
    }
  },
};

/** UTF-8, and U+FFFD where it is none, which then is an error at its place. */
const decode = (bytes: Buffer): string => new TextDecoder().decode(bytes);

const reason = (error: unknown): string => (error instanceof Error ? error.message.replace(/, \w+ '.*$/, '') : '');

/** True when a name fits a pattern of `*` (anything) and `?` (any one character); in linear steps for each `*`. */
export function matches(name: string, pattern: string): boolean {
  let [at, to, star, mark] = [0, 0, -1, 0];
  while (at < name.length)
    if (to < pattern.length && pattern[to] === '*') [star, mark, to] = [to, at, to + 1];
    else if (to < pattern.length && (pattern[to] === '?' || pattern[to] === name[at])) [at, to] = [at + 1, to + 1];
    else if (star >= 0) [to, mark, at] = [star + 1, mark + 1, mark + 1];
    else return false;
  while (pattern[to] === '*') to++;
  return to === pattern.length;
}
