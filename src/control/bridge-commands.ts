/** The commands about bridges: other systems that ask for traces. */
import type { Call, Command } from './commands.ts';
import { namedTrace } from './trace-arguments.ts';

export const BRIDGE_COMMANDS: readonly Command[] = [
  {
    syntax: 'rid approve REQUEST',
    help: 'Trace what a peer asked for, and answer it',
    one: true,
    run: call => decide(call, true),
  },
  {
    syntax: 'rid deny REQUEST',
    help: 'Deny what a peer asked for',
    one: true,
    run: call => decide(call, false),
  },
  {
    syntax: 'show traceback bridges',
    help: 'How other systems ask for traces: one line for each bridge',
    run: async ({ daemon, row }) => {
      for (const one of await daemon.bridges()) await row(one);
    },
  },
  {
    syntax: 'show rid',
    help: 'Peers of RID: one line each',
    run: async ({ daemon, row }) => {
      for (const one of await daemon.ridPeers()) await row(one);
    },
  },
  {
    syntax: 'show rid requests',
    help: 'What was asked and told by RID, the latest first',
    run: async ({ daemon, row }) => {
      for (const one of await daemon.ridEntries()) await row(one);
    },
  },
  {
    syntax: 'trace report TRACE-ID to RIDPEER [--request]',
    help: 'Send a trace to a peer of RID',
    words: { to: 'To whom', '--request': 'As a request to trace it further' },
    one: true,
    run: report,
  },
];

async function decide({ daemon, args, by, signal, row }: Call, approve: boolean): Promise<void> {
  await row(await daemon.ridDecide(Number(args.REQUEST), approve, by, signal));
}

async function report(call: Call): Promise<void> {
  const { daemon, args, by, signal, row } = call;
  const trace = await namedTrace(call);
  if (trace.state === 'partial') throw new Error(`trace ${trace.id} has not ended`);
  const type = args['--request'] === undefined ? 'Report' : 'TraceRequest';
  await row(await daemon.ridSend(trace, args.RIDPEER!, type, by, signal));
}
