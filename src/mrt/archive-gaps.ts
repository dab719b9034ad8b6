/**
 * Times of which an archive has no records, in the file `gaps` in its directory: a line for each, its two times and why. The
 * file is touched whenever the archive was brought to the disk, so that the next program knows since when nothing was kept.
 */
import { appendFile, mkdir, readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** Times are milliseconds since the epoch. */
export interface ArchiveGap {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

const LINE = /^(\S+) (\S+) (.+)$/;
const pathOf = (directory: string) => join(directory, 'gaps');

/** The gaps that were noted, oldest first; a line that is none, such as a torn one, is passed over. */
export async function readGaps(directory: string): Promise<ArchiveGap[]> {
  const text = await readFile(pathOf(directory), 'utf8').catch(() => '');
  return text.split('\n').flatMap(line => {
    const [, begin = '', end = '', why = ''] = LINE.exec(line) ?? [];
    const [from, to] = [Date.parse(begin), Date.parse(end)];
    return Number.isNaN(from) || Number.isNaN(to) ? [] : [{ from, to, why }];
  });
}

/** Notes a gap. Rejects when the disk does not take it. */
export async function noteGap(directory: string, { from, to, why }: ArchiveGap): Promise<void> {
  await mkdir(directory, { recursive: true });
  // A line of its own, even behind one that was torn.
  const line = `\n${new Date(from).toISOString()} ${new Date(to).toISOString()} ${why.replaceAll('\n', ' ')}\n`;
  await appendFile(pathOf(directory), line, { flush: true });
}

/** When the archive was last brought to the disk; null when it never was. */
export async function lastAlive(directory: string): Promise<number | null> {
  return stat(pathOf(directory)).then(
    ({ mtimeMs }) => Math.floor(mtimeMs),
    () => null,
  );
}

/** Says that all until `time` was brought to the disk. Rejects when the disk does not take it. */
export async function stillAlive(directory: string, time: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  await appendFile(pathOf(directory), '');
  await utimes(pathOf(directory), time / 1000, time / 1000);
}
