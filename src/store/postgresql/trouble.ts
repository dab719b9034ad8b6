/** What went wrong at the database, in words, and whether it says anything about the statement. */
import { DatabaseError } from 'pg';
import { NOT_PRIMARY } from './servers.ts';

/** SQLSTATE classes and codes that an operator can do something about (PostgreSQL manual, appendix A). */
const KNOWN: readonly (readonly [code: string, advice: string])[] = [
  ['28', 'check user, password or certificate in `store postgresql`, and pg_hba.conf'],
  ['3D000', 'make the database: see intertrackd.conf(5), store postgresql'],
  ['42P01', 'tables are missing: put the database back, or start a machine anew whose user owns the database'],
  ['42501', 'grant it to the user, see intertrackd.conf(5), store postgresql'],
  ['53100', 'free space on its disk'],
  ['53300', 'raise max_connections of the server'],
  ['57P', 'the server is ending, or its administrator ended the session'],
  ['25006', 'the server is a standby: name the primary, or both in the address with target_session_attrs'],
];

/** The code that the database gave; '': the error is none of the database. */
export const sqlStateOf = (error: unknown): string => (error instanceof DatabaseError ? (error.code ?? '') : '');

/** One line: which database, its own words, what to do. `place` has no password in it. */
export function describeTrouble(place: string, error: unknown): string {
  const words = error instanceof Error ? error.message || error.name : String(error);
  const code = sqlStateOf(error);
  const known = KNOWN.find(([prefix]) => code.startsWith(prefix));
  const inside = error instanceof AggregateError ? error.errors.map(e => (e as Error).message).join(', ') : '';
  const text = `${place}: ${inside === '' ? words : inside}${code === '' ? '' : ` (SQLSTATE ${code})`}`;
  return known === undefined ? text : `${text}: ${known[1]}`;
}

/** True when a connection broke, or none could be made: not a word of the database, nor a fault of this program. */
export function isOfConnection(error: unknown): boolean {
  if (error instanceof DatabaseError || !(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isOfConnection);
  return (
    'syscall' in error ||
    ('code' in error && error.code === NOT_PRIMARY) ||
    /^(Connection terminated|Client has encountered a connection error|Query read timeout|timeout e)/.test(
      error.message,
    )
  );
}

/**
 * SQLSTATE classes and codes of what passes by itself: connections, a server that has no room, starts, ends or is asked by too
 * many at a time; and a standby, which may be the primary soon.
 */
const PASSING = ['08', '25006', '40', '53', '55P03', '57'];

/** True when it can mend without anybody changing the configuration or the database: then it is worth to wait. */
export const isPassing = (error: unknown): boolean =>
  isOfConnection(error) || PASSING.some(prefix => sqlStateOf(error).startsWith(prefix));

/** True when the tables are not there: the database is another one, or not put back yet. */
export const isEmpty = (error: unknown): boolean => sqlStateOf(error) === '42P01';

/** True when this user, or this database, cannot carry out the statement, however often it is asked. */
export const isRefusal = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && (error.code ?? '').startsWith('42');

/** True when the database said that it did nothing; not when it ended the session, which it may do after the deed. */
export const isUndone = (error: unknown): boolean => error instanceof DatabaseError && error.severity === 'ERROR';
