/** The commands about intrusion detection systems. */
import type { Command } from './commands.ts';

/** Part of COMMANDS. */
export const IDS_COMMANDS: readonly Command[] = [
  {
    syntax: 'show ids',
    help: 'Whose alerts are traced: sources, alerts, traces, and what was left out',
    run: async ({ daemon, row }) => {
      for (const one of await daemon.ids()) await row(one);
    },
  },
];
