/** Commands about standing traces: packets to the prefix of a case are traced while it lasts. */
import { readDuration } from '../config/units.ts';
import type { Call, Command } from './commands.ts';

/** Part of COMMANDS. */
export const STANDING_COMMANDS: readonly Command[] = [
  {
    syntax: 'show trace standing',
    help: 'Cases whose packets are traced as they come',
    async run({ daemon, row, note }) {
      const rows = await daemon.standingTraces();
      for (const one of rows) await row(one);
      if (rows.length === 0) note('no case has a standing trace');
    },
  },
  {
    syntax: 'trace case CASE-ID [--for DURATION]',
    help: 'Trace packets to the prefix of a case as they come, while it lasts',
    words: { '--for': 'No longer than so long; default: as long as the case lasts' },
    one: true,
    run: traceCase,
  },
  {
    syntax: 'trace case CASE-ID stop',
    help: 'Trace packets of a case no more',
    words: { stop: 'Trace them no more' },
    one: true,
    run: async ({ daemon, args, by, row }) => row(await daemon.stopCaseTrace(args['CASE-ID']!, by)),
  },
];

async function traceCase({ daemon, args, by, row, note }: Call): Promise<void> {
  const until = args.DURATION === undefined ? null : Date.now() + readDuration(args.DURATION)!;
  await row(await daemon.traceCase(args['CASE-ID']!, until, by));
  if (!daemon.bringsPackets()) note('no `ids` is configured, which would bring packets: none come');
}
