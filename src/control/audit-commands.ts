/** The commands about the audit log. */
import { parseAsn } from '../bgp/as-path.ts';
import { DAY } from '../config/units.ts';
import type { Call, Command } from './commands.ts';
import { parseInstant } from './instant.ts';

/** Part of COMMANDS. */
export const AUDIT_COMMANDS: readonly Command[] = [
  {
    syntax: 'show audit [since TIME] [as AS] [trace TRACE-ID] [denied]',
    help: 'The audit log of the last day: what was asked, answered and refused',
    words: {
      since: 'From a time on',
      as: 'What is about this AS, or was asked by it',
      trace: 'What belongs to one trace of this AS',
      denied: 'Only what was refused',
    },
    long: true,
    run: showAudit,
  },
  {
    syntax: 'show audit head',
    help: 'Where the audit log ends: to be kept, as proof of all that stands before',
    one: true,
    run: async ({ daemon, row, note }) => {
      const head = await daemon.auditHead();
      if (head === null) note('the audit log is empty');
      else await row(head);
    },
  },
];

async function showAudit({ daemon, args, signal, row, note }: Call): Promise<void> {
  const now = Date.now();
  const since = args.TIME === undefined ? now - DAY : parseInstant(args.TIME, now)!;
  const as = args.AS === undefined ? null : parseAsn(args.AS);
  const question = { since, as, trace: args['TRACE-ID'] ?? null, denied: args.denied !== undefined };
  let shown = 0;
  await daemon.audit(
    question,
    async rows => {
      for (const one of rows) await row(one);
      shown += rows.length;
    },
    signal,
  );
  if (shown === 0) note(`no such line${args.TIME === undefined ? ' of the last day' : ''}`);
}
