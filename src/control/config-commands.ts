/** The commands about the configuration. */
import type { Call, Command } from './commands.ts';

const show = async ({ daemon, row }: Call) => row({ config: await daemon.configText() });

/** Part of COMMANDS. */
export const CONFIG_COMMANDS: readonly Command[] = [
  {
    syntax: 'config check',
    help: 'The configuration file as it is now: errors, warnings, risks',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.configCheck()),
  },
  {
    syntax: 'config diff',
    help: 'What a reload would change',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.configDiff()),
  },
  { syntax: 'config show', help: 'The configuration in force, printed back', one: true, run: show },
  { syntax: 'show config', help: 'The configuration in force, printed back', one: true, run: show },
];
