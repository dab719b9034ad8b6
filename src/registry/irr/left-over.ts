/**
 * What was kept of sources that are configured no more. Whoever takes one back finds its copy, and of NRTMv4 the keys that
 * its publisher has gone on to; but not for ever.
 */
import { existsSync } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { whyOf } from './dump-reader.ts';

/** Milliseconds that it is kept from the first start or reload without the source: 30 days. */
export const KEPT_FOR = 30 * 24 * 3_600_000;

/** The files of a source in the directory of the feeds, and the mark that says since when it is configured no more. */
const KEPT = /^([A-Za-z][\w-]*)\.(?:db\.gz|nrtm|gone)(?:\.new)?$/;

/** What became of one source, in words for the log. */
export interface LeftOver {
  readonly source: string;
  readonly what: string;
}

/**
 * Marks what was kept of sources that are not `configured`, and removes what was marked long ago. Tells what is new. Never
 * rejects: what cannot be read or removed is told as well.
 */
export async function sweepLeftOver(
  directory: string,
  configured: ReadonlySet<string>,
  now = Date.now(),
): Promise<readonly LeftOver[]> {
  const told: LeftOver[] = [];
  for (const [source, paths] of await keptIn(directory)) {
    const mark = join(directory, `${source}.gone`);
    try {
      if (configured.has(source)) {
        await rm(mark, { force: true });
        continue;
      }
      const since = existsSync(mark) ? (await stat(mark)).mtimeMs : null;
      if (since === null) {
        await writeFile(mark, '', { mode: 0o640 });
        told.push({ source, what: `configured no more: what was kept of it in ${directory} is removed in 30 days` });
      } else if (now - since >= KEPT_FOR) {
        for (const path of paths) if (path !== mark) await rm(path, { recursive: true, force: true });
        await rm(mark, { force: true });
        told.push({ source, what: `configured no more for 30 days: what was kept of it in ${directory} is removed` });
      }
    } catch (error) {
      told.push({ source, what: `what was kept of it in ${directory} cannot be removed: ${whyOf(error)}` });
    }
  }
  return told;
}

/** By source: the paths of what a feed of it has kept. Anything else in the directory is not ours. */
async function keptIn(directory: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(directory, entry.name);
    const source = entry.isDirectory()
      ? existsSync(join(path, 'state.json'))
        ? entry.name
        : undefined
      : KEPT.exec(entry.name)?.[1];
    if (source !== undefined) found.set(source, [...(found.get(source) ?? []), path]);
  }
  return found;
}
