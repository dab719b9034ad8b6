/**
 * The audit log as a chain: each record's hash covers the hash before it and the record's own text, so that none can be
 * changed, left out or put in between without all later hashes being others. Who has kept a hash, a head, can prove a
 * later change of what stands before it, and that what stood there is gone.
 *
 * A record's text is one line, as `itctl audit export` writes it behind its hash:
 *
 *     NUMBER TIME WHAT BODY
 *
 * with the number from 1 on, the time in RFC 3339 with milliseconds, in UTC, one word that says what, and JSON. The hash is
 * SHA-256 of the hash before, as 64 hexadecimal digits, and that line without its line feed, in UTF-8.
 */
import { createHash } from 'node:crypto';

/** The hash before the first record. */
export const NO_HASH = '0'.repeat(64);

/** What the first record says that follows those whose time to be kept was over. */
export const FORGOTTEN = 'audit.forgotten';

export interface AuditEntry {
  /** From 1 on, without a gap. */
  readonly number: number;
  /** ms since the epoch. */
  readonly time: number;
  /** One word. */
  readonly what: string;
  /** JSON, on one line. */
  readonly body: string;
}

export interface ChainedEntry extends AuditEntry {
  /** 64 hexadecimal digits. */
  readonly hash: string;
}

/** Where a chain ends, or ended once. */
export type Head = Pick<ChainedEntry, 'number' | 'hash'>;

/** The text of a record that its hash covers. */
export function auditText({ number, time, what, body }: AuditEntry): string {
  return `${number} ${new Date(time).toISOString()} ${what} ${body}`;
}

export function auditHash(previous: string, entry: AuditEntry): string {
  return createHash('sha256').update(previous).update(auditText(entry)).digest('hex');
}

/** A record as a line of an export, without the line feed. */
export function writeAuditLine(entry: ChainedEntry): string {
  return `${entry.hash} ${auditText(entry)}`;
}

const LINE = /^([0-9a-f]{64}) ([1-9]\d{0,15}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\S+) (.*)$/;

/** Reads a line of an export; null when it is none. Its text is the line's: what could be written otherwise is none. */
export function readAuditLine(line: string): ChainedEntry | null {
  const [, hash, number, when, what, body] = LINE.exec(line) ?? [];
  const time = Date.parse(when ?? '');
  if (hash === undefined || Number.isNaN(time) || !Number.isSafeInteger(Number(number))) return null;
  const entry = { number: Number(number), time, what: what!, body: body!, hash };
  return writeAuditLine(entry) === line ? entry : null;
}

/** A head as people keep it: `NUMBER:HASH`. */
export function writeHead({ number, hash }: Head): string {
  return `${number}:${hash}`;
}

/** Null when the text is none. */
export function readHead(text: string): Head | null {
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return hash === undefined ? null : { number: Number(number), hash };
}

/** What an `audit.forgotten` says: up to which record, and its hash. Null when the record is none. */
function forgottenBy({ what, body }: Pick<AuditEntry, 'what' | 'body'>): Head | null {
  if (what !== FORGOTTEN) return null;
  try {
    const { through, hash } = JSON.parse(body) as { through?: unknown; hash?: unknown };
    return typeof through === 'number' && typeof hash === 'string' ? { number: through, hash } : null;
  } catch {
    return null;
  }
}

/** What became of looking at an audit log. */
export interface AuditCheck {
  readonly records: number;
  /** The first record that is there, and the last one; null when there is none. */
  readonly from: AuditEntry | null;
  readonly head: ChainedEntry | null;
  /** What is wrong, the first thing of each kind, in words. */
  readonly faults: readonly string[];
}

/**
 * Verifies an audit log, read twice: the first time for what it says of itself having forgotten. `kept` are heads that
 * were noted before: each must stand in the chain, or before its beginning when it says that it has forgotten so much.
 */
export function checkAudit(read: () => Iterable<ChainedEntry>, kept: readonly Head[]): AuditCheck {
  const forgotten = new Map<number, string>([[0, NO_HASH]]);
  for (const entry of read()) {
    const told = forgottenBy(entry);
    if (told !== null) forgotten.set(told.number, told.hash);
  }
  const faults: string[] = [];
  const wanted = new Map<number, string[]>();
  for (const { number, hash } of kept) wanted.set(number, [...(wanted.get(number) ?? []), hash]);
  const found = new Set<number>();
  const compare = ({ number, hash }: Head) => {
    for (const head of wanted.get(number) ?? [])
      if (head !== hash) faults.push(`record ${number} is not the one whose hash was kept`);
    found.add(number);
  };

  let records = 0;
  let from: AuditEntry | null = null;
  let head: ChainedEntry | null = null;
  let broken = false;
  for (const entry of read()) {
    records++;
    if (!broken) {
      const before: Head | null =
        head ??
        (forgotten.has(entry.number - 1) ? { number: entry.number - 1, hash: forgotten.get(entry.number - 1)! } : null);
      from ??= entry;
      if (before === null) faults.push(`what stood before record ${entry.number} is gone, and no record says so`);
      else if (entry.number !== before.number + 1)
        faults.push(`record ${before.number + 1} is missing: record ${entry.number} follows`);
      else if (auditHash(before.hash, entry) !== entry.hash)
        faults.push(`record ${entry.number} is changed, or what stands before it: its hash is another`);
      broken = faults.length > 0;
      if (before !== null && from === entry) compare(before);
      compare(entry);
    }
    head = entry;
  }
  if (broken) return { records, from, head, faults };
  for (const { number } of kept) {
    if (found.has(number)) continue;
    if (number > (head?.number ?? 0))
      faults.push(
        `the log ends with record ${head?.number ?? 0}, but there was a record ${number}: its end is cut off`,
      );
    // What is before the beginning was forgotten, as the chain says: nothing can be said of it any more.
  }
  return { records, from, head, faults };
}
