/** What went wrong at the database, in words, and whether it says anything about the statement. */
import { DatabaseError } from 'pg';

/** SQLSTATE classes and codes that an operator can do something about (PostgreSQL manual, appendix A). */
const KNOWN: readonly (readonly [code: string, advice: string])[] = [
  ['28', 'check user, password or certificate in `store postgresql`, and pg_hba.conf'],
  ['3D000', 'make the database: see intertrackd.conf(5), store postgresql'],
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
  return (
    'syscall' in error ||
    /^(Connection terminated|Client has encountered a connection error|Query read timeout)/.test(error.message)
  );
}

/** True when this user, or this database, cannot carry out the statement, however often it is asked. */
export const isRefusal = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && (error.code ?? '').startsWith('42');

/** True when the database said that it did nothing; not when it ended the session, which it may do after the deed. */
export const isUndone = (error: unknown): boolean => error instanceof DatabaseError && error.severity === 'ERROR';
