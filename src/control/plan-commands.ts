/** Commands that plan and send nothing: what a trace would ask, and where more taking part would help. */
import { parseAsn } from '../bgp/as-path.ts';
import { CHOICE, packetsFor } from '../traceback/evidence.ts';
import type { Call, Command } from './commands.ts';
import { readNumbers } from './numbers.ts';
import { givenPackets, namedDigest } from './trace-arguments.ts';

/** ASes that are proposed unless another number is given. */
const PROPOSED = 5;

/** Part of COMMANDS. */
export const PLAN_COMMANDS: readonly Command[] = [
  {
    syntax: 'plan placement [--victim VICTIMS] [--peers ASES] [-n NUMBER]',
    help: 'Which ASes, or which taps of ours, would cut most from what traces leave unknown',
    words: {
      '--victim': 'What may be attacked, such as 192.0.2.0/24,64500; default: this AS',
      '--peers': 'ASes that can be asked to take part; default: every AS',
      '-n': `How many to name, one after the other; default: ${PROPOSED}`,
    },
    one: true,
    run: planPlacement,
  },
  {
    syntax: 'trace plan AS',
    help: 'What a trace would ask for packets from this neighbour; sends nothing',
    one: true,
    run: async ({ daemon, args, row }) => row(await daemon.planTrace({ neighbor: parseAsn(args.AS!)! })),
  },
  {
    syntax: 'trace plan digest DIGEST TIME [EPOCH]',
    help: 'What a trace of this digest would ask of whom; sends nothing',
    one: true,
    run: async call => call.row(await call.daemon.planTrace(namedDigest(call))),
  },
  {
    syntax: 'trace plan packet FILE [-n NUMBERS]',
    help: 'What a trace of packets of a pcap file would ask of whom; sends nothing',
    words: { '-n': 'Numbers of the packets in the file, from 1, such as 3,7,9-12' },
    one: true,
    run: call => planPackets(call, { numbers: readNumbers(call.args.NUMBERS ?? '1'), most: packetsFor(null) }),
  },
  {
    syntax: 'trace plan set FILE [--need NUMBER]',
    help: 'What a trace of a pcap file that holds one attack would ask of whom; sends nothing',
    words: { '--need': 'How many of the packets have to be seen at one place' },
    one: true,
    run: call => planPackets(call, { numbers: null, most: CHOICE }),
  },
];

async function planPlacement({ daemon, args, signal, row, partial, note }: Call): Promise<void> {
  const report = await daemon.planPlacement(
    {
      victims: args.VICTIMS?.split(',') ?? [],
      among: args.ASES?.split(',').map(text => parseAsn(text)!) ?? null,
      most: args.NUMBER === undefined ? PROPOSED : Math.min(Number(args.NUMBER), 100),
    },
    ({ done, of }) => partial({ progress: `${Math.floor((done * 100) / Math.max(1, of))} % of the looks done` }),
    signal,
  );
  await row(report);
  for (const one of report.unknown) note(`${one} is on no path that is held: it is left out`);
}

async function planPackets(call: Call, which: Parameters<typeof givenPackets>[1]): Promise<void> {
  const packets = givenPackets(call, which);
  if (packets === null) return;
  const { NUMBER: need } = call.args;
  await call.row(await call.daemon.planTrace({ packets, ...(need !== undefined && { need: Number(need) }) }));
}
