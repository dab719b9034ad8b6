/** `itctl audit verify` and `itctl audit export`: the audit log without the daemon. */
import { once } from 'node:events';
import { checkAudit, type Head, readHead, writeAuditLine, writeHead } from '../store/audit-chain.ts';
import { type AuditFile, openAuditFile } from '../store/audit-file.ts';
import type { OfflineStreams } from './decode-mrt.ts';
import { count, plain } from './render/text.ts';
import { instant } from './render/time.ts';
import { EXIT } from './run.ts';

/** What `audit verify` is told behind the file: heads that were kept; a text tells what is wrong with them. */
export function headsOf(words: readonly string[]): Head[] | string {
  const heads: Head[] = [];
  for (let i = 0; i < words.length; i += 2) {
    if (words[i] !== '--head') return `unexpected "${words[i]}"`;
    const head = readHead(words[i + 1] ?? '');
    if (head === null) return 'expected NUMBER:HASH after --head, as `show audit head` prints it';
    heads.push(head);
  }
  return heads;
}

/** Does something with the log of a file, which is closed then; says what it cannot do. Returns the exit code. */
async function withLog(
  file: string,
  err: OfflineStreams['err'],
  work: (log: AuditFile) => Promise<number>,
): Promise<number> {
  const log = openAuditFile(file);
  if (typeof log === 'string') {
    err(plain(log));
    return EXIT.failed;
  }
  try {
    return await work(log);
  } catch (error) {
    err(plain((error as Error).message));
    return EXIT.failed;
  } finally {
    log.close();
  }
}

/** Checks the chain of a database or of an export, and the heads against it; returns the exit code. */
export function verifyAudit(
  file: string,
  heads: readonly Head[],
  json: boolean,
  { stdout, err }: OfflineStreams,
): Promise<number> {
  return withLog(file, err, async log => {
    const checked = checkAudit(() => log.read(), heads);
    if (json) stdout.write(`${JSON.stringify(checked)}\n`);
    else {
      const { records, from, head, faults } = checked;
      if (from === null || head === null) stdout.write('the audit log is empty\n');
      else
        stdout.write(
          `${count(records, 'line')}, ${from.number} of ${instant(from.time)} to ${head.number} of ${instant(head.time)}\nhead ${writeHead(head)}\n`,
        );
      for (const fault of faults) stdout.write(`BROKEN: ${plain(fault)}\n`);
      if (faults.length === 0)
        stdout.write(
          heads.length === 0
            ? 'the chain is whole\n'
            : `the chain is whole, and ${count(heads.length, 'kept head')} of it\n`,
        );
    }
    if (heads.length === 0) err('whether its end was cut off, or all of it made anew, only a kept head shows: --head');
    return checked.faults.length === 0 ? EXIT.ok : EXIT.failed;
  });
}

/** Writes a log as lines that `audit verify` reads; returns the exit code. */
export function exportAudit(file: string, { stdout, err }: OfflineStreams): Promise<number> {
  return withLog(file, err, async log => {
    for (const entry of log.read()) if (!stdout.write(`${writeAuditLine(entry)}\n`)) await once(stdout, 'drain');
    return EXIT.ok;
  });
}
