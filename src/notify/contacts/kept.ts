/**
 * Answers that were asked for once, kept in a directory: a file for each source and subject, written beside its place and
 * moved there. A file that cannot be read is as good as none. What is here can be lost: it is asked for again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, readFinding } from './contact.ts';

/** Files that are kept; beyond that the one that was asked for longest ago goes. And octets of one. */
export const MOST_KEPT = 2048;
const MOST_OCTETS = 64 * 1024;

export interface Kept {
  /** What the source said of the subject, however long ago; null: nothing is kept. */
  get(source: string, subject: string): Finding | null;
  /** Keeps an answer; rejects in words when the disk does not take it: then it is kept in memory alone. */
  put(subject: string, finding: Finding): Promise<void>;
}

const keyOf = (source: string, subject: string): string =>
  createHash('sha256').update(`${source}\n${subject}`).digest('hex').slice(0, 32);

/** Opens the directory, which is made when something is kept first, and reads what is in it. */
export function openKept(directory: string, most = MOST_KEPT): Kept {
  /** By key, in the order in which they were asked for. */
  const findings = new Map<string, Finding>();
  const read: (readonly [key: string, finding: Finding])[] = [];
  for (const name of namesIn(directory).slice(0, 4 * most)) {
    const path = join(directory, name);
    const finding = /^[0-9a-f]{32}\.json$/.test(name) ? readKept(path) : null;
    if (finding !== null) read.push([name.slice(0, 32), finding]);
    else remove(path);
  }
  read.sort(([, a], [, b]) => (a.asked ?? 0) - (b.asked ?? 0));
  for (const [key, finding] of read) findings.set(key, finding);
  let written: Promise<unknown> = Promise.resolve();

  async function write(key: string, finding: Finding): Promise<void> {
    const gone: string[] = [];
    while (findings.size > most) {
      const [oldest] = findings.keys();
      findings.delete(oldest!);
      gone.push(oldest!);
    }
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const one of gone) await unlink(join(directory, `${one}.json`)).catch(() => {});
    const path = join(directory, `${key}.json`);
    await writeFile(`${path}.new`, JSON.stringify(finding), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  return {
    get: (source, subject) => findings.get(keyOf(source, subject)) ?? null,
    put(subject, finding) {
      const key = keyOf(finding.source, subject);
      findings.delete(key);
      findings.set(key, finding);
      const mine = written.then(() => write(key, finding));
      written = mine.catch(() => {});
      return mine;
    },
  };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readKept(path: string): Finding | null {
  try {
    if (statSync(path).size > MOST_OCTETS) return null;
    return readFinding(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

/** A file that is none of ours is left; one that cannot be removed does no harm. */
function remove(path: string): void {
  if (!/\/[0-9a-f]{32}\.json(\.new)?$/.test(path)) return;
  try {
    unlinkSync(path);
  } catch {}
}
