/** Answers about the configuration: what is in force, what the file says now, and what would come of that. */
import { loadConfig, printConfig } from '../config/index.ts';
import type { Config } from '../config/tree.ts';
import type { ConfigCheck, ConfigDiff } from '../control/config-rows.ts';
import { nextConfig } from './next-config.ts';

/** `file`: the configuration file, which is read at each question. */
export function createConfigAnswers(config: () => Config, file: string) {
  return {
    configText: async () => printConfig(config(), { secrets: 'hidden' }),
    async configCheck(): Promise<ConfigCheck> {
      const loaded = await loadConfig(file);
      const { warnings } = loaded;
      return loaded.ok
        ? { file, errors: [], warnings, risks: loaded.risks }
        : { file, errors: loaded.errors, warnings, risks: [] };
    },
    async configDiff(): Promise<ConfigDiff> {
      const loaded = await loadConfig(file);
      return loaded.ok
        ? { file, errors: [], changes: nextConfig(config(), loaded.config).changes }
        : { file, errors: loaded.errors, changes: [] };
    },
  };
}
