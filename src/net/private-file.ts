/** Files with a secret in them: passwords, keys, credentials. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Octets that a secret may have. */
const MOST_OCTETS = 65_536;

/**
 * Reads a file that only its owner can read, UTF-8. Throws an Error with the file's name, and nothing of what is in it, when
 * others can read or write it, or it is longer than any secret. What is looked at is what is read: the file is opened once.
 */
export function readPrivateFile(file: string): string {
  const opened = openSync(file, 'r');
  try {
    const { mode, size } = fstatSync(opened);
    if ((mode & 0o077) !== 0)
      throw new Error(`${file}: others than its owner can read it (mode ${(mode & 0o777).toString(8)}): chmod 600 it`);
    if (size > MOST_OCTETS) throw new Error(`${file}: ${size} octets are too many for a secret`);
    const octets = Buffer.alloc(MOST_OCTETS + 1);
    let length = 0;
    for (;;) {
      const read = readSync(opened, octets, length, octets.length - length, null);
      if (read === 0) break;
      length += read;
      if (length > MOST_OCTETS) throw new Error(`${file}: more than ${MOST_OCTETS} octets are too many for a secret`);
    }
    return octets.toString('utf8', 0, length);
  } finally {
    closeSync(opened);
  }
}
