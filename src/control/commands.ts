/** The one set of commands, for the socket and everything that speaks through it. A command is an entry of COMMANDS. */
import { parseAsn } from '../bgp/as-path.ts';
import type { FamilyRouteRow, Order, RibQuery } from '../collector/messages.ts';
import type { IrrState, RovState } from '../registry/verdict.ts';
import { APPROVAL_COMMANDS } from './approval-commands.ts';
import { ARCHIVE_COMMANDS } from './archive-commands.ts';
import { AUDIT_COMMANDS } from './audit-commands.ts';
import { BRIDGE_COMMANDS } from './bridge-commands.ts';
import { CASE_COMMANDS } from './case-commands.ts';
import { CONFIG_COMMANDS } from './config-commands.ts';
import { CONTACT_COMMANDS } from './contact-commands.ts';
import type { Daemon } from './daemon.ts';
import { buildTree, choices, type Entry, type Resolved, resolve, type UsageError } from './grammar.ts';
import { HTTP_COMMANDS } from './http-commands.ts';
import { IDS_COMMANDS } from './ids-commands.ts';
import { IRR_COMMANDS } from './irr-commands.ts';
import { LIVE_COMMANDS } from './live-commands.ts';
import { MACHINE_COMMANDS, ROUTE_OPTIONS, ROUTE_WORDS } from './machine-commands.ts';
import { MITIGATION_COMMANDS } from './mitigation-commands.ts';
import { NOTIFY_COMMANDS } from './notify-commands.ts';
import type { PacketsWanted } from './packet-data.ts';
import { PLAN_COMMANDS } from './plan-commands.ts';
import { PROBE_COMMANDS } from './probe-commands.ts';
import type { Completion } from './protocol.ts';
import { RPKI_COMMANDS } from './rpki-commands.ts';
import { STANDING_COMMANDS } from './standing-commands.ts';
import { TRACE_COMMANDS } from './trace-commands.ts';
import { TRACEBACK_COMMANDS } from './traceback-commands.ts';
import { VERDICT_COMMANDS } from './verdict-commands.ts';
import { WHOIS_COMMANDS } from './whois-commands.ts';

/** A command being carried out: where its answer goes. */
export interface Call {
  readonly daemon: Daemon;
  readonly args: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
  /** Who asks, in words: the user and process at the other end of the socket. */
  readonly by: string;
  /** Aborts when the client cancels or goes away. */
  readonly signal: AbortSignal;
  /** Sends one row; resolves when the client has room for another. */
  row(row: unknown): Promise<void>;
  /** Sends the state so far of a row still to come. Dropped while the client has no room. */
  partial(row: unknown): void;
  /** A line for a person that belongs to the answer. */
  note(text: string): void;
  /** Ends the answer by asking the client for packets. */
  want(packets: PacketsWanted): void;
}

export interface Command extends Entry {
  /** The answer is one object, not a list. */
  readonly one?: true;
  /** The answer may be of any length: its rows are to be shown as they come. */
  readonly long?: true;
  /** Besides: it ends when the client wants no more, and each row is to be shown at once. */
  readonly live?: true;
  /** Rejects when the command cannot be carried out, with a message for a person. */
  readonly run: (call: Call) => Promise<void>;
}

/** Help for what `clear` and `disable` may say to the peer. */
const REASON = { reason: 'Words that the peer is told (RFC 9003)' };

export const COMMANDS: readonly Command[] = [
  ...VERDICT_COMMANDS,
  {
    syntax: 'clear bgp PEER [reason TEXT]',
    help: 'End a session and begin it anew',
    words: REASON,
    one: true,
    run: call => order(call, { what: 'clear', peer: call.args.PEER!, reason: call.args.TEXT ?? '' }),
  },
  {
    syntax: 'disable bgp PEER [reason TEXT]',
    help: 'End a session, and hold it down',
    words: REASON,
    one: true,
    run: call => order(call, { what: 'disable', peer: call.args.PEER!, reason: call.args.TEXT ?? '' }),
  },
  {
    syntax: 'enable bgp PEER',
    help: 'Begin a session that was disabled',
    one: true,
    run: call => order(call, { what: 'enable', peer: call.args.PEER! }),
  },
  { syntax: 'help [WORD]', help: 'The commands, or those that begin so', run: help },
  {
    syntax: 'refresh bgp PEER [ipv4|ipv6]',
    help: 'Ask a peer for its routes again',
    words: { ipv4: 'IPv4 unicast routes only', ipv6: 'IPv6 unicast routes only' },
    one: true,
    run: call => {
      const family = (['ipv4', 'ipv6'] as const).find(word => call.args[word] !== undefined);
      return order(call, { what: 'refresh', peer: call.args.PEER!, ...(family && { family }) });
    },
  },
  { syntax: 'reload', help: 'Read the configuration file again', one: true, run: reload },
  ...IDS_COMMANDS,
  ...IRR_COMMANDS,
  ...ARCHIVE_COMMANDS,
  ...AUDIT_COMMANDS,
  ...CASE_COMMANDS,
  ...LIVE_COMMANDS,
  ...HTTP_COMMANDS,
  ...CONFIG_COMMANDS,
  ...CONTACT_COMMANDS,
  ...MITIGATION_COMMANDS,
  {
    syntax: 'show bgp neighbor [PEER]',
    help: 'Details of one session or all',
    run: ({ daemon, args, row }) =>
      sendRib(daemon, { about: 'neighbor', ...(args.PEER === undefined ? {} : { peer: args.PEER }) }, row),
  },
  {
    syntax: 'show bgp summary',
    help: 'One line for each peer',
    run: ({ daemon, row }) => sendRib(daemon, { about: 'summary' }, row),
  },
  {
    syntax: 'show memory',
    help: 'What the memory is for, and what one more peer would cost',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.memory()),
  },
  {
    syntax: 'show peer PEER quality',
    help: 'How good a feed a peer is, and what cannot be known',
    words: { quality: 'How good a feed it is, and what cannot be known' },
    one: true,
    run: async ({ daemon, args, row }) => sendAll(await daemon.ribQuery({ about: 'quality', peer: args.PEER! }), row),
  },
  ...PLAN_COMMANDS,
  ...PROBE_COMMANDS,
  {
    syntax: 'show quarantine [peer PEER]',
    help: 'Malformed messages: octets, place, clause, action, routes hit',
    words: { peer: 'Those of one peer' },
    run: showQuarantine,
  },
  {
    syntax: 'show quarantine PEER',
    help: 'Malformed messages of one peer',
    run: showQuarantine,
  },
  {
    syntax: `show route PREFIX ${ROUTE_OPTIONS}`,
    help: 'Routes for a prefix or address, by longest match',
    words: ROUTE_WORDS,
    long: true,
    run: showRoutes,
  },
  {
    syntax: 'show route count',
    help: 'Prefixes held from each peer',
    run: ({ daemon, row }) => sendRib(daemon, { about: 'count' }, row),
  },
  {
    syntax: 'show safety',
    help: 'What can leave the daemon, and what guards its sessions',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.safety()),
  },
  {
    syntax: 'show route family FAMILY [peer PEER]',
    help: 'Routes of a family that is held apart',
    words: { family: 'Routes that are neither IPv4 nor IPv6 unicast', peer: 'Routes from one peer only' },
    long: true,
    run: showFamily,
  },
  {
    syntax: 'show status',
    help: 'The daemon in one view, and its problems',
    one: true,
    run: async ({ daemon, row }) => row(await daemon.status()),
  },
  ...MACHINE_COMMANDS,
  ...TRACE_COMMANDS,
  ...STANDING_COMMANDS,
  ...APPROVAL_COMMANDS,
  ...TRACEBACK_COMMANDS,
  ...BRIDGE_COMMANDS,
  ...NOTIFY_COMMANDS,
  ...RPKI_COMMANDS,
  ...WHOIS_COMMANDS,
];

/** Help for words that several commands begin with. */
const GROUPS: Readonly<Record<string, string>> = {
  case: 'A case: look at it, or do something with it',
  'case ack': 'Say that somebody knows of a case: there are no more reminders',
  'case dismiss': 'Set a case aside: it is followed in silence',
  'case export': 'A case with its evidence as a document',
  'case note': 'Write a line into the timeline of a case',
  'case reopen': 'Take a dismissed case up again',
  clear: 'End something and begin it anew',
  config: 'The configuration: in force, and in its file',
  'clear traceback': 'End a session with a trace peer and begin it anew',
  'clear bgp': 'End a session and begin it anew',
  'clear collector': 'Forget a machine that was removed for good',
  disable: 'Hold something down',
  'disable traceback': 'Take no part in traces, or end one session with a trace peer',
  'disable bgp': 'End a session, and hold it down',
  enable: 'Begin what was disabled',
  'enable traceback': 'Take part in traces again, or begin one session with a trace peer',
  'enable bgp': 'Begin a session that was disabled',
  mitigate: 'Plan, order and end counter-measures against a hijack',
  plan: 'Where more taking part in traces would help',
  refresh: 'Ask for something again',
  'refresh bgp': 'Ask a peer for its routes again',
  rid: 'Requests of other systems by RID that wait for a person',
  'reload irr': 'Ask for a whole copy of an IRR source',
  show: 'What the daemon knows',
  'show audit': 'The audit log: what was asked, answered and refused',
  'show bgp': 'BGP sessions',
  'show case': 'Cases: routes that contradict the registry',
  'show case all': 'All of them, however long ago',
  'show case open': 'Those neither resolved nor dismissed (the default)',
  'show incident': 'Incidents: cases that belong together',
  'show contact': 'Whom to call',
  'show irr': 'The registry: sources, the objects for a prefix, or those of a name',
  'show peer': 'How good a feed a peer is',
  'show route': 'Routes held now',
  'show rid': 'RID: its peers, and what was asked and told',
  'show rpki': 'The RPKI: its caches, or what it says of a prefix or an AS',
  'show trace': 'The latest traces, or one of them',
  'show traceback': 'ASes with which traces are exchanged, and who else takes part',
  'show traceback honesty': 'How far other ASes can be believed: all of them, or one in detail',
  'show traceback peers': 'Sessions: all of them, or one in detail',
  test: 'Try something out',
  trace: 'Find where packets entered',
  watch: 'What happens, as it happens',
  whois: 'Ask by whois, the mirror first',
  'trace case': 'Trace packets of a case as they come',
  'trace digest': 'Trace a packet of which only the digest is known',
  'trace export': 'A trace as a document',
  'trace plan': 'What a trace would ask of whom, before anything is sent',
  'trace plan digest': 'Of a packet of which only the digest is known',
  'trace packet': 'Trace packets of a pcap file to their entry AS',
  'trace set': 'Trace a pcap file that holds one attack',
};

const TREE = buildTree(COMMANDS, GROUPS);

/** `show route PREFIX longer at TIME` and `… longer all` with that where its command has it, behind the prefix; null where there is none to move. */
function withScopeFirst(words: readonly string[]): readonly string[] | null {
  const at = words.findIndex((word, i) => i >= 4 && (word === 'at' || word === 'all'));
  if (at < 0) return null;
  const end = at + (words[at] === 'at' ? 2 : 1);
  if (end > words.length) return null;
  return [...words.slice(0, 3), ...words.slice(at, end), ...words.slice(3, at), ...words.slice(end)];
}

/** The command that the words mean, abbreviations and all, or what is wrong with them. A last word `?` asks for help. */
export function resolveCommand(words: readonly string[]): Resolved<Command> | UsageError {
  if (words.at(-1) !== '?') {
    const found = resolve(TREE, words);
    const moved = 'error' in found ? withScopeFirst(words) : null;
    const again = moved === null ? found : resolve(TREE, moved);
    return 'error' in again ? found : again;
  }
  const possible = choices(TREE, [...words.slice(0, -1), '']);
  if ('error' in possible) return possible;
  const run = async ({ daemon, row }: Call) => {
    const found = await complete(daemon, [...words.slice(0, -1), '']);
    if (!('error' in found)) await sendAll(found, row);
  };
  return { entry: { syntax: '?', help: 'What may stand next', run }, args: {}, rest: [] };
}

/** A command's name in replies: its syntax up to what may be left out, such as `show route PREFIX`. */
export function commandName(command: Command): string {
  return command.syntax.replace(/ *\[.*/, '');
}

/** Most live values offered for one argument. */
const MAX_VALUES = 200;

/** What may stand at the place of the last word, or what is wrong with the words before it. */
export async function complete(daemon: Daemon, words: readonly string[]): Promise<readonly Completion[] | UsageError> {
  const possible = choices(TREE, words);
  if ('error' in possible) return possible;
  const begun = words.at(-1) ?? '';
  const found: Completion[] = [];
  for (const { word, help, argument } of possible.choices) {
    found.push({ word, kind: argument === null ? 'word' : 'argument', help });
    if (argument?.values === undefined) continue;
    // Completion is a convenience: a daemon that can't list its names now still completes the words.
    const values = await argument.values(daemon, { begun, words: possible.before }).catch(() => []);
    for (const value of values.filter(one => one.startsWith(begun)).slice(0, MAX_VALUES))
      found.push({ word: value, kind: 'value', help: '' });
  }
  if (possible.ends !== null) found.push({ word: '', kind: 'end', help: possible.ends.help });
  return found;
}

async function order({ daemon, by, row }: Call, what: Order): Promise<void> {
  await row(await daemon.order(what, by));
}

async function sendAll(rows: readonly unknown[], row: Call['row']): Promise<void> {
  for (const one of rows) await row(one);
}

async function sendRib(
  daemon: Daemon,
  query: Extract<RibQuery, { readonly about: 'summary' | 'neighbor' | 'count' | 'quarantine' }>,
  row: Call['row'],
): Promise<void> {
  const rows = await daemon.ribQuery(query);
  if ('peer' in query && query.peer !== undefined && rows.length === 0) await mustKnow(daemon, query.peer);
  await sendAll(rows, row);
}

/** Rejects when there is no such peer: that nothing was found of it is then no answer. */
async function mustKnow(daemon: Daemon, peer: string): Promise<void> {
  const known = await daemon.ribQuery({ about: 'neighbor', peer });
  if (known.length === 0) throw new Error(`no peer has the name or address ${peer}`);
}

function showQuarantine({ daemon, args, row }: Call): Promise<void> {
  return sendRib(daemon, { about: 'quarantine', ...(args.PEER === undefined ? {} : { peer: args.PEER }) }, row);
}

async function help({ rest, row }: Call): Promise<void> {
  let found = 0;
  for (const command of COMMANDS) {
    const heads = command.syntax.split(' ');
    if (!rest.every((word, i) => heads[i]?.startsWith(word))) continue;
    found++;
    await row({ syntax: command.syntax, help: command.help });
  }
  if (found === 0) throw new Error(`no command begins with "${rest.join(' ')}"`);
}

async function reload({ daemon, row }: Call): Promise<void> {
  const report = await daemon.reload();
  if (!report.applied) throw new Error(['nothing was changed:', ...report.errors].join('\n'));
  await row(report);
}

async function showRoutes({ daemon, args, signal, row, note }: Call): Promise<void> {
  let shown = 0;
  const { changed } = await daemon.routes(
    {
      about: 'route',
      prefix: args.PREFIX!,
      scope: (['exact', 'longer', 'shorter'] as const).find(word => args[word] !== undefined) ?? 'match',
      ...(args.PEER === undefined ? {} : { peer: args.PEER }),
      ...(args.AS === undefined ? {} : { originAs: parseAsn(args.AS)! }),
      ...(args.REGEX === undefined ? {} : { path: args.REGEX }),
      ...(args.COMMUNITY === undefined ? {} : { community: args.COMMUNITY }),
      ...(args.STATE === undefined ? {} : { validity: args.STATE as IrrState | RovState }),
      ...(args.detail === undefined ? {} : { detail: true }),
    },
    async rows => {
      await sendAll(rows, row);
      shown += rows.length;
    },
    signal,
  );
  if (changed > 0) note(`${changed} UPDATEs came meanwhile: each route is as it was when it was read`);
  if (shown > 0) return;
  if (args.PEER !== undefined) await mustKnow(daemon, args.PEER);
  note(`no such route is held for ${args.PREFIX}`);
}

async function showFamily({ daemon, args, signal, row, note }: Call): Promise<void> {
  const family = args.FAMILY!.replaceAll('-', ' ');
  const peer = args.PEER === undefined ? {} : { peer: args.PEER };
  let shown = 0;
  const take = async (rows: readonly FamilyRouteRow[]) => {
    await sendAll(rows, row);
    shown += rows.length;
  };
  await daemon.familyRoutes({ about: 'family', family, ...peer }, take, signal);
  if (shown > 0) return;
  if (args.PEER !== undefined) await mustKnow(daemon, args.PEER);
  note(`no ${family} route is held`);
}
