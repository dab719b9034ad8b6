/** The audit log outside of the daemon: in a database that nobody writes now, or as the lines of an export. */
import { closeSync, openSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type ChainedEntry, readAuditLine } from './audit-chain.ts';
import { APPLICATION_ID } from './migrations.ts';
import { describeProblem } from './problem.ts';

/** Longest line of an export, octets. */
const MOST_LINE = 1 << 20;
const CHUNK = 1 << 16;

/** An audit log that can be read from its beginning any number of times, at one state. */
export interface AuditFile {
  /** Throws an Error whose message says what is wrong, and in which line. */
  read(): Iterable<ChainedEntry>;
  close(): void;
}

/** Opens a database of the daemon or an export; a text says why it is neither. */
export function openAuditFile(file: string): AuditFile | string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    return describeProblem(file, error);
  }
  try {
    const begin = Buffer.alloc(16);
    if (readSync(fd, begin, 0, 16, 0) < 16 || begin.toString('latin1') !== 'SQLite format 3\0') return exported(file);
  } catch (error) {
    return describeProblem(file, error);
  } finally {
    closeSync(fd);
  }
  return database(file);
}

function database(file: string): AuditFile | string {
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    const number = (pragma: string) => Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
    const columns = db.prepare(`SELECT name FROM pragma_table_info('audit')`).all() as unknown as { name: string }[];
    if (number('application_id') !== APPLICATION_ID || columns.length === 0) {
      db.close();
      return `${file}: is no database of intertrackd`;
    }
    if (!columns.some(({ name }) => name === 'hash')) {
      db.close();
      return `${file}: its audit log is of an older version, and no chain yet: start intertrackd once`;
    }
    // One transaction: what is written meanwhile is not seen.
    db.exec('BEGIN');
    const statement = db.prepare('SELECT number, time, what, body, hash FROM audit ORDER BY number');
    return { read: () => statement.iterate() as unknown as Iterable<ChainedEntry>, close: () => db.close() };
  } catch (error) {
    return describeProblem(file, error);
  }
}

function exported(file: string): AuditFile {
  return {
    *read() {
      let number = 0;
      for (const line of linesOf(file)) {
        number++;
        const entry = readAuditLine(line);
        if (entry === null) throw new Error(`${file}: line ${number}: is no line of an audit log`);
        yield entry;
      }
    },
    close() {},
  };
}

/** Lines of a file, one after the other; throws an Error when one is longer than any line should be. */
function* linesOf(file: string): Generator<string> {
  const fd = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    let rest = Buffer.alloc(0);
    for (;;) {
      const read = readSync(fd, chunk, 0, CHUNK, null);
      if (read === 0) break;
      let octets = Buffer.concat([rest, chunk.subarray(0, read)]);
      for (let end = octets.indexOf(10); end >= 0; end = octets.indexOf(10)) {
        yield octets.toString('utf8', 0, end);
        octets = octets.subarray(end + 1);
      }
      if (octets.length > MOST_LINE) throw new Error(`${file}: a line is longer than ${MOST_LINE} octets`);
      rest = Buffer.from(octets);
    }
    if (rest.length > 0) yield rest.toString('utf8');
  } finally {
    closeSync(fd);
  }
}
