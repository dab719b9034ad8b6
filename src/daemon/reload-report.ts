/** How a reload is told: to whoever asked for it, and in the log. */
import { type ConfigChange, formatErrors, loadConfig } from '../config/index.ts';
import type { Config } from '../config/tree.ts';
import type { ReloadReport } from '../control/daemon.ts';
import type { Log } from './log.ts';

/** The configuration in the file as it is now; with errors in it the reload is refused. */
export async function loadAgain(file: string, log: Log): Promise<{ readonly config: Config } | ReloadReport> {
  const loaded = await loadConfig(file);
  for (const warning of loaded.warnings) log('warn', formatErrors([warning]).split('\n')[0] ?? '');
  if (loaded.ok) return { config: loaded.config };
  log('error', `reload refused: ${loaded.errors.length} errors in ${file}; nothing has changed`);
  for (const error of loaded.errors) log('error', formatErrors([error]).split('\n')[0] ?? '');
  return { applied: false, changes: [], errors: formatErrors(loaded.errors).split('\n') };
}

/** A reload that a part of the daemon has refused, in these words. */
export function refusedReload(words: string, log: Log): ReloadReport {
  log('error', `reload refused: ${words}; nothing has changed`);
  return { applied: false, changes: [], errors: words.split('\n') };
}

/** A reload that is in force. */
export function appliedReload(changes: readonly ConfigChange[], log: Log): ReloadReport {
  const words = changes.map(change => change.words);
  for (const line of words) log('info', `reload: ${line}`);
  if (words.length === 0) log('info', 'reload: nothing has changed');
  return { applied: true, changes: words, errors: [] };
}
