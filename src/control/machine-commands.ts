/** Commands about the machines that share the work. */
import type { Command } from './commands.ts';

export const MACHINE_COMMANDS: readonly Command[] = [
  {
    syntax: 'show collector',
    help: 'The machines that share the work: their peers, what waits, their cases',
    async run({ daemon, row, note }) {
      const machines = await daemon.machines();
      for (const one of machines) await row(one);
      if (machines.length === 0) note('This machine is alone: no `bus nats` is configured.');
    },
  },
];
