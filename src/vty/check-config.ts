/** `itctl config check FILE`: a configuration file without a daemon. */

import { loadConfig } from '../config/index.ts';
import type { ConfigCheck } from '../control/config-rows.ts';
import type { OfflineStreams } from './decode-mrt.ts';
import { renderConfigCheck } from './render/config.ts';
import { plain } from './render/text.ts';
import { EXIT } from './run.ts';

/** Prints what `config check` of a daemon does; returns the exit code: a file with errors fails, one with risks does not. */
export async function checkConfigFile(file: string, json: boolean, { stdout }: OfflineStreams): Promise<number> {
  const loaded = await loadConfig(file);
  const { warnings } = loaded;
  const [errors, risks] = loaded.ok ? [[], loaded.risks] : [loaded.errors, []];
  const check: ConfigCheck = { file, errors, warnings, risks };
  const lines = json ? [JSON.stringify(check)] : renderConfigCheck(check).map(plain);
  stdout.write(`${lines.join('\n')}\n`);
  return loaded.ok ? EXIT.ok : EXIT.failed;
}
