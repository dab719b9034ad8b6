/** The commands about probes. */
import type { Call, Command } from './commands.ts';

/** Part of COMMANDS. */
export const PROBE_COMMANDS: readonly Command[] = [
  {
    syntax: 'show flow',
    help: 'Exporters of flows: what they send, what is lost and refused',
    run: async ({ daemon, row }) => {
      for (const one of await daemon.flows()) await row(one);
    },
  },
  {
    syntax: 'show probe',
    help: 'Probes: connection, retention, loss',
    run: async ({ daemon, row }) => {
      for (const one of await daemon.probes()) await row(one);
    },
  },
  {
    syntax: 'show probe PROBE vantages',
    help: 'What a probe knows of the neighbours at its tap',
    words: { vantages: 'Addresses and interfaces, their neighbour ASes, and how these are known' },
    run: showVantages,
  },
];

async function showVantages({ daemon, args, row, note }: Call): Promise<void> {
  const { rows, notes } = await daemon.probeVantages(args.PROBE!);
  for (const one of rows) await row(one);
  notes.forEach(note);
}
