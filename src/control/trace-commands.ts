/** Commands about traces. */
import { parseAsn } from '../bgp/as-path.ts';
import { CHOICE } from '../traceback/evidence.ts';
import type { Purpose } from '../traceback/request.ts';
import type { TraceOrder } from '../traceback/taking-part.ts';
import type { Call, Command } from './commands.ts';
import type { TracePersonTerms } from './daemon.ts';
import { readNumbers } from './numbers.ts';
import { givenPackets, namedDigest, namedTrace } from './trace-arguments.ts';
import { TRACE_EXPORTS } from './trace-export.ts';
import type { TraceDetail } from './trace-rows.ts';

/** Most traces listed. */
const LISTED_TRACES = 20;

const NEED = { '--need': 'How many of the packets have to be seen at one place' };

const TRIGGER = { '--trigger': 'They are replies: trace the packets that triggered them' };

/** What a trace is for, as others are told. */
const TERMS = '[--purpose PURPOSE] [--reference REFERENCE]';
const TERM_WORDS = {
  '--purpose': 'What it is for, as others are told',
  '--reference': 'Your own name for why you ask, as others are told',
};
const APPROVE = { '--approve': 'Ask for packets that can be guessed, too' };

const termsOf = ({ args }: Call): TracePersonTerms => ({
  ...(args.PURPOSE !== undefined && { purpose: args.PURPOSE as Purpose }),
  ...(args.REFERENCE !== undefined && { reference: args.REFERENCE }),
  ...(args['--approve'] !== undefined && { approve: true }),
});

/** Help for what the orders about sessions may say to the peer. */
const REASON = { reason: 'Words that the peer is told, and shows' };

export const TRACE_COMMANDS: readonly Command[] = [
  {
    syntax: 'clear traceback AS [reason TEXT]',
    help: 'End a session with a trace peer and begin it anew',
    words: REASON,
    one: true,
    run: call => order(call, { what: 'clear', peer: asOf(call), reason: call.args.TEXT ?? '' }),
  },
  {
    syntax: 'disable traceback [reason TEXT]',
    help: 'Take no part in traces: withdraw, and end all sessions',
    words: REASON,
    one: true,
    run: call => order(call, { what: 'disable', reason: call.args.TEXT ?? '' }),
  },
  {
    syntax: 'disable traceback AS [reason TEXT]',
    help: 'End a session with a trace peer, and hold it down',
    words: REASON,
    one: true,
    run: call => order(call, { what: 'disable', peer: asOf(call), reason: call.args.TEXT ?? '' }),
  },
  {
    syntax: 'enable traceback',
    help: 'Take part in traces again',
    one: true,
    run: call => order(call, { what: 'enable' }),
  },
  {
    syntax: 'enable traceback AS',
    help: 'Begin a session with a trace peer that was disabled',
    one: true,
    run: call => order(call, { what: 'enable', peer: asOf(call) }),
  },
  {
    syntax: 'show trace',
    help: 'The latest traces',
    run: async ({ daemon, row }) => {
      for (const one of await daemon.traces(LISTED_TRACES)) await row(one);
    },
  },
  { syntax: 'show trace TRACE-ID', help: 'One trace with its tree', one: true, run: showTrace },
  { syntax: 'show trace TRACE-ID cost', help: 'What it cost: queries, messages, time', one: true, run: showTrace },
  {
    syntax: 'show trace TRACE-ID evidence',
    help: 'What each AS said, with its numbers and who signed it',
    one: true,
    run: showTrace,
  },
  { syntax: 'show trace TRACE-ID tree', help: 'One trace with its tree', one: true, run: showTrace },
  {
    syntax: 'trace cancel TRACE-ID',
    help: 'End a trace that runs, and show what is known of it',
    one: true,
    run: async ({ daemon, args, by, row }) => row(await daemon.cancelTrace(args['TRACE-ID']!, by)),
  },
  {
    syntax: `trace digest DIGEST TIME [EPOCH] ${TERMS}`,
    help: 'Trace a packet of which only the digest is known',
    words: TERM_WORDS,
    one: true,
    run: traceDigest,
  },
  ...TRACE_EXPORTS,
  {
    syntax: `trace packet FILE [-n NUMBERS] [--need NUMBER] [--trigger] ${TERMS} [--approve]`,
    help: 'Trace packets of a pcap file to their entry AS',
    words: {
      '-n': 'Numbers of the packets in the file, from 1, such as 3,7,9-12',
      ...NEED,
      ...TRIGGER,
      ...TERM_WORDS,
      ...APPROVE,
    },
    one: true,
    run: call => tracePackets(call, readNumbers(call.args.NUMBERS ?? '1')),
  },
  {
    syntax: `trace set FILE [--need NUMBER] ${TERMS} [--approve]`,
    help: 'Trace a pcap file that holds one attack: the best of its packets',
    words: { ...NEED, ...TERM_WORDS, ...APPROVE },
    one: true,
    run: call => tracePackets(call, null),
  },
];

const asOf = ({ args }: Call): number => parseAsn(args.AS!)!;

async function order({ daemon, by, row }: Call, what: TraceOrder): Promise<void> {
  await row(await daemon.orderTraceback(what, by));
}

async function showTrace(call: Call): Promise<void> {
  const trace = await namedTrace(call);
  await call.row({ ...trace, contacts: await call.daemon.traceContacts(trace, null) } satisfies TraceDetail);
}

async function traceDigest(call: Call): Promise<void> {
  const { daemon, by, signal, row, partial } = call;
  const watched = { onPartial: partial, signal, by };
  await row(await daemon.traceDigest({ ...namedDigest(call), ...termsOf(call), ...watched }));
}

async function tracePackets(call: Call, numbers: ReturnType<typeof readNumbers>): Promise<void> {
  const { daemon, args, by, signal, row, partial } = call;
  const packets = givenPackets(call, { numbers, most: CHOICE });
  if (packets === null) return;
  const need = args.NUMBER === undefined ? null : Number(args.NUMBER);
  const trigger = args['--trigger'] !== undefined;
  const watched = { onPartial: partial, signal, by };
  await row(await daemon.startTrace({ packets, need, trigger, ...termsOf(call), ...watched }));
}
