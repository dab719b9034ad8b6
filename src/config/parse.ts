import { dirname, resolve } from 'node:path';
import { whyNot } from '../net/tcp-options.ts';
import { buildConfig } from './build.ts';
import { checkStatements, type File, type Include } from './check.ts';
import { type Files, LARGEST, MACHINE, NO_FILES } from './files.ts';
import type { Kernel } from './peer-rules.ts';
import { openReport } from './report.ts';
import { type Risk, risksOf } from './risks.ts';
import { checkRules } from './rules.ts';
import { type ConfigError, errorOf, type Source } from './source.ts';
import { parseStatements } from './syntax.ts';
import type { Config } from './tree.ts';

/** What a configuration came to: its tree, or all that is wrong with it, ordered by place. */
export type Loaded =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly ConfigError[];
      /** Settings that may be meant, and that nobody has written down that he knows of. */
      readonly risks: readonly Risk[];
    }
  | { readonly ok: false; readonly errors: readonly ConfigError[]; readonly warnings: readonly ConfigError[] };

/** So many files make one configuration at most. */
const MOST_FILES = 100;

/** Reads and checks a configuration file and what it includes. Never rejects: what is wrong is in the answer. */
export async function loadConfig(file: string): Promise<Loaded> {
  const read = MACHINE.read(file);
  if ('wrong' in read) return refused(errorOf(file, read.wrong));
  return parseConfig(read.text, file, MACHINE, read.readableByAll);
}

/**
 * Checks the text of a configuration. `file` is its name in messages, and the place where relative file names start.
 * Never throws, whatever the text.
 */
export function parseConfig(
  text: string,
  file: string,
  files: Files = NO_FILES,
  readableByAll = false,
  kernel: Kernel = whyNot,
): Loaded {
  if (text.length > LARGEST) return refused(errorOf(file, 'it is larger than 1 MiB'));
  const { report, errors, warnings } = openReport(file);
  let count = 0;
  const { secret } = files;
  const open = (source: Omit<Source, 'order' | 'directory' | 'secret'>): File => {
    const whole = { ...source, order: count++, directory: dirname(resolve(source.file)), ...(secret && { secret }) };
    const bad = source.text.indexOf('\ufffd');
    if (bad >= 0) report.error({ source: whole, start: bad, end: bad + 1 }, 'expected UTF-8, found other octets');
    return { source: whole, items: parseStatements(whole) };
  };
  const include: Include = (pattern, from) => {
    const names = files.list(resolve(from.directory, pattern));
    if ('wrong' in names) return names;
    const opened: File[] = [];
    for (const name of names) {
      for (let outer: Source | null = from; outer !== null; outer = outer.includedFrom)
        if (resolve(outer.file) === name) return { wrong: `${name} would include itself` };
      if (count >= MOST_FILES) return { wrong: `more than ${MOST_FILES} files are included` };
      const read = files.read(name);
      if ('wrong' in read) return read;
      opened.push(open({ ...read, file: name, includedFrom: from }));
    }
    return opened;
  };
  const entries = checkStatements(open({ text, file, readableByAll, includedFrom: null }), include, report);
  if (!report.full) checkRules(entries, report, kernel);
  const wrong = errors();
  if (wrong.length > 0) return { ok: false, errors: wrong, warnings: warnings() };
  const config = buildConfig(entries);
  const risks = risksOf(config, entries, files.readableByAll ?? (() => false));
  return { ok: true, config, warnings: warnings(), risks };
}

const refused = (error: ConfigError): Loaded => ({ ok: false, errors: [error], warnings: [] });
