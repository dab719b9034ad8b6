/** SQLite's primary result codes (sqlite3.h) that an operator can do something about. */
const KNOWN: Readonly<Record<number, readonly [name: string, advice: string]>> = {
  5: ['SQLITE_BUSY', 'another program holds a lock on it: end that one'],
  7: ['SQLITE_NOMEM', 'no memory was left'],
  8: ['SQLITE_READONLY', 'make the file, its directory and their file system writable'],
  10: ['SQLITE_IOERR', 'see the kernel log: the disk or its file system has a fault'],
  11: ['SQLITE_CORRUPT', 'the file is damaged: restore a copy, or save what is left with `sqlite3 FILE .recover`'],
  13: ['SQLITE_FULL', 'free space on its file system'],
  14: ['SQLITE_CANTOPEN', 'check the path, its owner and its mode'],
  19: ['SQLITE_CONSTRAINT', 'the rows contradict what is stored: a fault of this program'],
  26: ['SQLITE_NOTADB', 'the file is damaged or no database: restore a copy, or move it away to begin with none'],
};

/** An error of node:sqlite or of the file system as one line: file, the database's own words, what to do. */
export function describeProblem(file: string, error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : -1;
  const known = KNOWN[code];
  return known ? `${file}: ${words} (${known[0]}): ${known[1]}` : `${file}: ${words}`;
}
