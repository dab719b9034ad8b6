/** Commands about the exchange of traces with other ASes. */
import { parseAsn } from '../bgp/as-path.ts';
import { showDuration } from '../config/units.ts';
import type { CanaryStatus } from '../traceback/drawing.ts';
import type { Call, Command } from './commands.ts';

/** What probes have drawn, as a line below what was measured by it. */
function canariesInWords({ every, drawn, asked, counted, waiting, dropped, leftAlone }: CanaryStatus): string {
  const spent = `${drawn} drawn, ${waiting} to be asked, ${asked} asked, of which ${counted} said yes or no, ${dropped} given up`;
  if (every === 0) return `canaries of probes: none are drawn (\`measure { canaries 0s; }\`); ${spent}`;
  const alone =
    leftAlone === 0 ? '' : `; ${leftAlone} that refuse${leftAlone === 1 ? 's' : ''} them left alone for a day`;
  return `canaries of probes: one of each neighbor in ${showDuration(every)} at most; ${spent}${alone}`;
}

/** Part of COMMANDS. */
export const TRACEBACK_COMMANDS: readonly Command[] = [
  {
    syntax: 'show traceback',
    help: 'ASes with which traces are exchanged',
    run: async ({ daemon, row, note }) => {
      for (const one of await daemon.tracePeers()) await row(one);
      for (const problem of await daemon.certificateProblems()) note(problem);
    },
  },
  {
    syntax: 'show traceback peers',
    help: 'Sessions: state, rates, what each side has asked, what each AS says of itself',
    async run({ daemon, row }) {
      for (const one of await daemon.tracebackPeers()) await row(one);
    },
  },
  { syntax: 'show traceback peers AS', help: 'All about one of them', run: showPeer },
  {
    syntax: 'show traceback graph',
    help: 'The AS graph by which ASes that take no part are passed',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.tracebackGraph()),
  },
  {
    syntax: 'show traceback frontier AS',
    help: 'Who would be asked for packets from this neighbour, in which waves, and why',
    one: true,
    run: async ({ daemon, args, row }) => row(await daemon.tracebackFrontier(parseAsn(args.AS!)!)),
  },
  {
    syntax: 'show traceback hints',
    help: 'ASes whose routes say that they take part, and what became of it',
    async run({ daemon, row, note }) {
      const rows = await daemon.tracebackHints();
      for (const one of rows) await row(one);
      if (rows.length === 0) note('no route hints at a traceback manager, or `traceback` has no `hints`');
    },
  },
  {
    syntax: 'show traceback honesty',
    help: 'How far other ASes can be believed: what they state beside what was measured',
    async run({ daemon, row, note }) {
      const rows = await daemon.tracebackHonesty();
      for (const one of rows) await row(one);
      if (rows.length === 0) note('nothing was measured yet');
      const canaries = await daemon.tracebackCanaries();
      if (canaries !== null) note(canariesInWords(canaries));
    },
  },
  {
    syntax: 'show traceback honesty AS',
    help: 'All that was measured of one of them, and what proves it',
    run: async ({ daemon, args, row }) => row(await daemon.tracebackHonestyOf(parseAsn(args.AS!)!)),
  },
  {
    syntax: 'show traceback participants',
    help: 'ASes that take part, as they say and as far as they are believed',
    async run({ daemon, row, note }) {
      const rows = await daemon.tracebackParticipants();
      for (const one of rows) await row(one);
      if (rows.length === 0) note('no participation record is known');
    },
  },
  {
    syntax: 'show traceback sight',
    help: 'What was made of proofs that others have seen what they ask about, and our own commitments',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.tracebackSight()),
  },
  {
    syntax: 'show traceback sites',
    help: 'The daemons of this AS: the sites of an ITM, or the ITM of a site',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.traceSites()),
  },
];

async function showPeer({ daemon, args, row }: Call): Promise<void> {
  const as = parseAsn(args.AS!)!;
  const found = (await daemon.tracebackPeers()).find(one => one.as === as);
  if (found === undefined) throw new Error(`AS${as} is no traceback peer, and no member that was spoken to`);
  await row(found);
}
