/**
 * The audit log while the daemon runs: lines go to the store in the order in which they come, those that come while the
 * disk is busy together. Where they cannot be written they are kept, and whoever may not go on without is told.
 */
import { type ChainedEntry, writeHead } from '../store/audit-chain.ts';
import type { AuditRecord, Store } from '../store/records.ts';
import type { Log } from './log.ts';

/** Lines kept while the disk takes none. */
const MOST_WAITING = 10_000;
/** How long until a disk that took nothing is tried again, ms. */
const RETRY = 5000;
/** How often the head goes to the log, and it is looked what is to be forgotten; ms. */
const LOOK = 3_600_000;

export interface AuditLog {
  add(line: AuditRecord): void;
  /** Resolves when all that was added so far is on disk; rejects in words when it cannot be. */
  recorded(): Promise<void>;
  /** Where the chain ends; null before the first line. */
  head(): Promise<ChainedEntry | null>;
  problems(): readonly string[];
  /** Takes how long lines are kept, ms; null: for ever. */
  configure(retain: number | null): void;
  close(): Promise<void>;
}

export interface AuditLogOptions {
  readonly store: Store;
  readonly retain: number | null;
  readonly log: Log;
  readonly clock?: () => number;
  readonly retry?: number;
}

interface Waiter {
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

export function openAudit({ store, log, clock = Date.now, retry = RETRY, ...options }: AuditLogOptions): AuditLog {
  let { retain } = options;
  let lines: AuditRecord[] = [];
  let waiters: Waiter[] = [];
  /** Ends with `busy`: who waits for it may add a line before its promise has settled, and that must begin anew. */
  let writing: Promise<void> = Promise.resolve();
  let busy = false;
  let trouble: string | null = null;
  let again: NodeJS.Timeout | undefined;
  let lost = 0;
  let told = '';
  let unread = '';
  let soon: NodeJS.Timeout | undefined;

  const write = async (): Promise<void> => {
    while (lines.length > 0) {
      const taken = lines;
      const waiting = waiters;
      [lines, waiters] = [[], []];
      try {
        await store.write(taken.map(record => ({ op: 'audit.add', record }) as const));
      } catch (error) {
        lines = [...taken, ...lines];
        busy = false;
        fail((error as Error).message, [...waiting, ...waiters.splice(0)]);
        return;
      }
      for (const { done } of waiting) done();
      if (trouble !== null) recover();
      else if (lost > 0) tellLost();
    }
    busy = false;
  };
  const fail = (why: string, waiting: readonly Waiter[]) => {
    if (trouble === null) log('error', `audit log: ${why}; until it can be written no question is asked or answered`);
    trouble = why;
    const error = new Error(`the audit log cannot be written: ${why}`);
    for (const { failed } of waiting) failed(error);
    again = setTimeout(begin, retry).unref();
  };
  /** Where lines were left out, so many stand instead of them. */
  const tellLost = () => {
    if (lost > 0) lines.push({ time: clock(), what: 'audit.lost', body: JSON.stringify({ lines: lost }) });
    lost = 0;
  };
  const recover = () => {
    trouble = null;
    log('info', 'audit log: it can be written again', lost > 0 ? { lost } : {});
    tellLost();
  };
  const begin = () => {
    if (busy) return;
    busy = true;
    writing = Promise.resolve().then(write);
  };

  const head = async () => (await store.read('audit.head', {}))[0] ?? null;
  /** Says where the chain ends, so that who keeps the daemon's log can prove that its end was cut off. */
  const tell = async () => {
    const last = await head();
    if (last === null || writeHead(last) === told) return;
    told = writeHead(last);
    log('info', `audit log: head ${told}`);
  };
  const look = async () => {
    try {
      const now = clock();
      if (retain !== null) await store.write([{ op: 'audit.forget', before: now - retain, time: now }]);
      await tell();
      unread = '';
    } catch (error) {
      const words = (error as Error).message;
      if (words !== unread) log('error', `audit log: ${words}`);
      unread = words;
      soon = setTimeout(() => void look(), retry).unref();
    }
  };
  const timer = setInterval(() => void look(), LOOK).unref();
  void look();

  return {
    add(line) {
      if (lines.length >= MOST_WAITING) {
        if (lost === 0 && trouble === null)
          log(
            'error',
            `audit log: the disk is slow, ${MOST_WAITING} lines wait for it; what comes until it has them is not asked or answered`,
          );
        lost++;
        return;
      }
      lines.push(line);
      if (trouble === null) begin();
    },
    recorded() {
      if (trouble !== null) return Promise.reject(new Error(`the audit log cannot be written: ${trouble}`));
      // A line that was left out would never be on disk, however long it is waited.
      if (lost > 0)
        return Promise.reject(new Error(`the audit log cannot be written: ${MOST_WAITING} lines wait already`));
      if (lines.length === 0 && !busy) return Promise.resolve();
      // What is being written now may not have all of it: an empty batch behind it would not be waited for.
      return lines.length === 0
        ? writing.then(() => this.recorded())
        : new Promise((done, failed) => waiters.push({ done, failed }));
    },
    head,
    problems: () =>
      trouble === null ? [] : [`the audit log cannot be written: ${trouble}; no question is asked or answered`],
    configure(next) {
      retain = next;
    },
    async close() {
      clearInterval(timer);
      clearTimeout(soon);
      clearTimeout(again);
      begin();
      await writing;
      clearTimeout(again);
      if (lines.length > 0) log('error', `audit log: ${lines.length + lost} lines are lost`);
      await tell().catch(() => {});
    },
  };
}
