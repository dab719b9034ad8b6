/** The command about the HTTP side. */
import type { Command } from './commands.ts';

/** Part of COMMANDS. */
export const HTTP_COMMANDS: readonly Command[] = [
  {
    syntax: 'show http',
    help: 'The HTTP API: listeners, requests, who is told what peers send',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.http()),
  },
];
