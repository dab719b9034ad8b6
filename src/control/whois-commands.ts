/** The commands about whois: who asks this daemon. */
import type { Command } from './commands.ts';

/** Part of COMMANDS. */
export const WHOIS_COMMANDS: readonly Command[] = [
  {
    syntax: 'show whois',
    help: 'The whois server: listeners, clients, queries, refusals',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.whois()),
  },
];
