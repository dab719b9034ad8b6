/** Commands about questions of other ASes that a person has to approve, and about asking again what one has. */
import { HOUR, readDuration } from '../config/units.ts';
import type { Command } from './commands.ts';

/** Part of COMMANDS. */
export const APPROVAL_COMMANDS: readonly Command[] = [
  {
    syntax: 'show traceback pending',
    help: 'Questions of other ASes that wait for approval, or have been decided on',
    run: async ({ daemon, row }) => {
      for (const one of await daemon.approvals()) await row(one);
    },
  },
  {
    syntax: 'trace again TRACE-ID',
    help: 'Ask the questions of a trace again, such as when they have been approved',
    one: true,
    run: async ({ daemon, args, by, signal, row, partial }) =>
      row(await daemon.traceAgain(args['TRACE-ID']!, { onPartial: partial, signal, by })),
  },
  {
    syntax: 'trace approve APPROVAL [for DURATION]',
    help: 'Let a question be answered when it is asked again',
    words: { approve: 'Let a question be answered when it is asked again', for: 'How long; default: an hour' },
    one: true,
    run: async ({ daemon, args, by, row }) => {
      const milliseconds = args.DURATION === undefined ? HOUR : readDuration(args.DURATION)!;
      await row(await daemon.approve(args.APPROVAL!, milliseconds, by));
    },
  },
  {
    syntax: 'trace deny APPROVAL reason TEXT',
    help: 'Refuse a question for a day',
    words: { deny: 'Refuse a question for a day', reason: 'Words that the asker is told' },
    one: true,
    run: async ({ daemon, args, by, row }) => row(await daemon.deny(args.APPROVAL!, args.TEXT!, by)),
  },
];
