/** The commands about the archive: how it is, and what it tells of the past of a prefix. */
import { formatFlatPath, parseAsn } from '../bgp/as-path.ts';
import { compilePath } from '../net/path-pattern.ts';
import type { Call, Command } from './commands.ts';
import { parseInstant } from './instant.ts';

/** Part of COMMANDS. */
export const ARCHIVE_COMMANDS: readonly Command[] = [
  {
    syntax: 'show archive',
    help: 'The MRT archive: files, loss, gaps, last comparison',
    one: true,
    run: showArchive,
  },
  {
    syntax:
      'show route PREFIX at TIME [exact|longer|shorter] [peer PEER] [origin-as AS] [path REGEX] [community COMMUNITY] [validity STATE]',
    help: 'Routes that were held at a time, by longest match',
    words: { at: 'Routes that were held at a time' },
    run: showRoutesAt,
  },
  {
    syntax: 'show route history PREFIX since TIME [until UNTIL] [peer PEER]',
    help: 'What befell the routes of a prefix or address, by longest match',
    words: {
      history: 'What befell the routes of a prefix',
      since: 'From this time on',
      until: 'Up to this time',
      peer: 'At one peer only',
    },
    run: showHistory,
  },
];

async function showArchive({ daemon, row }: Call): Promise<void> {
  const archive = await daemon.archive();
  if (archive === null) throw new Error('there is no archive: see `archive mrt` in intertrackd.conf(5)');
  await row(archive);
}

/** The time that an argument names; the grammar has seen that it is one. */
function timeOf(text: string, now: number): number {
  const time = parseInstant(text, now);
  if (time === null) throw new Error(`"${text}" is no time`);
  if (time > now) throw new Error(`${text} is yet to come`);
  return time;
}

/** `show route PREFIX at TIME`. */
async function showRoutesAt({ daemon, args, row, note }: Call): Promise<void> {
  const { rows, remarks } = await daemon.routesAt({
    prefix: args.PREFIX!,
    time: timeOf(args.TIME!, Date.now()),
    scope: (['exact', 'longer', 'shorter'] as const).find(word => args[word] !== undefined) ?? 'match',
  });
  const origin = args.AS === undefined ? undefined : parseAsn(args.AS);
  const pattern = args.REGEX === undefined ? null : compilePath(args.REGEX);
  if (pattern !== null && 'error' in pattern) throw new Error(pattern.error);
  const wanted = rows.filter(
    one =>
      (args.PEER === undefined || one.peer === args.PEER || one.peerAddress === args.PEER) &&
      (origin === undefined || (one.origin ?? 0) === origin) &&
      (pattern === null || pattern.matches(formatFlatPath(one.path))) &&
      (args.COMMUNITY === undefined || one.communities.includes(args.COMMUNITY)) &&
      (args.STATE === undefined || one.state === args.STATE || one.rov === args.STATE),
  );
  for (const one of wanted) await row(one);
  remarks.forEach(note);
  if (wanted.length === 0) note(`no such route was held for ${args.PREFIX}`);
}

/** `show route history PREFIX since TIME`. */
async function showHistory({ daemon, args, row, note }: Call): Promise<void> {
  const now = Date.now();
  const from = timeOf(args.TIME!, now);
  const to = args.UNTIL === undefined ? now : timeOf(args.UNTIL, now);
  if (to < from) throw new Error(`${args.UNTIL} is before ${args.TIME}`);
  const { rows, remarks } = await daemon.routeHistory({ prefix: args.PREFIX!, from, to });
  const wanted = rows.filter(one => args.PEER === undefined || one.peer === args.PEER || one.peerAddress === args.PEER);
  for (const one of wanted) await row(one);
  remarks.forEach(note);
  if (wanted.length === 0) note(`nothing befell a route for ${args.PREFIX}`);
}
