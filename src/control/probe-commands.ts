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
    syntax: 'show probe PROBE',
    help: 'How a probe keeps its windows: memory, disk, filters, sampling, holes, commitments',
    run: async ({ daemon, args, row }) => row(await daemon.probe(args.PROBE!)),
  },
  {
    syntax: 'retention prove [PROBE] [EPOCH]',
    help: 'Hours of windows: what was committed to, and when the key of each was destroyed',
    words: { retention: 'How long windows are kept', prove: 'What was kept and destroyed, in a chain of hashes' },
    run: proveRetention,
  },
  {
    syntax: 'show probe PROBE vantages',
    help: 'What a probe knows of the neighbours at its tap',
    words: { vantages: 'Addresses and interfaces, their neighbour ASes, and how these are known' },
    run: showVantages,
  },
];

async function proveRetention({ daemon, args, row, note }: Call): Promise<void> {
  const { rows, notes } = await daemon.retention(args.PROBE ?? null);
  const epoch = args.EPOCH === undefined ? null : Number(args.EPOCH);
  const asked = rows.filter(one => epoch === null || one.epoch === epoch);
  if (asked.length === 0 && epoch !== null) throw new Error(`nothing is known of hour ${epoch}`);
  for (const one of asked) await row(one);
  notes.forEach(note);
}

async function showVantages({ daemon, args, row, note }: Call): Promise<void> {
  const { rows, notes } = await daemon.probeVantages(args.PROBE!);
  for (const one of rows) await row(one);
  notes.forEach(note);
}
