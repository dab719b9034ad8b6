import type { LookUp, SetLookUp } from '../../registry/whois/look-up.ts';
import type { WhoisStatus } from '../../registry/whois/server.ts';
import { asIs } from './page.ts';
import { count, table } from './text.ts';
import { duration } from './time.ts';

/** What each count means, in the order in which they are shown. */
const COUNTS: readonly (readonly [keyof WhoisStatus['counts'], string])[] = [
  ['connections', 'connections taken'],
  ['queries', 'queries'],
  ['octets', 'octets of answers'],
  ['errors', 'queries answered by an error'],
  ['large', 'of them, since the answer would have been too large'],
  ['delayed', 'queries that waited, since too many came'],
  ['refused', 'connections refused: not allowed'],
  ['full', 'connections refused: too many'],
  ['crowded', 'connections refused: too many from one address'],
  ['idle', 'connections ended: nothing was said'],
  ['slow', 'connections ended: the answer was not taken'],
  ['long', 'connections ended: a query without end'],
  ['changed', 'connections ended: the registry changed in the midst of an answer'],
];

/** `show whois`. */
export function renderWhois({ listeners, clients, counts }: WhoisStatus, now: number): string[] {
  if (listeners.length === 0) return ['no whois server: see `whois` in intertrackd.conf(5)'];
  const width = Math.max(...Object.values(counts).map(value => String(value).length));
  return [
    ...listeners.map(
      ({ address, port, problem }) => `Listens on ${address} port ${port}${problem === '' ? '' : `: NOT: ${problem}`}`,
    ),
    '',
    ...COUNTS.map(([key, words]) => `${String(counts[key]).padStart(width)} ${words}`),
    '',
    ...table(
      [
        { head: 'Client' },
        { head: 'Calls itself', free: true },
        { head: 'State' },
        { head: 'For', right: true },
        { head: 'Queries', right: true },
        { head: 'Octets', right: true },
      ],
      clients.map(row => [row.address, row.client, row.state, duration(now - row.since), row.queries, row.octets]),
    ),
    count(clients.length, 'client'),
  ];
}

/** `whois QUERY`: the answer under where it came from. */
export function renderLookUp({ from, text }: LookUp): string[] {
  return from === '' ? [] : [`# from ${from}`, ...asIs(text.trimEnd().split('\n'))];
}

/** How each way of expanding is told. */
const WAYS: Readonly<Record<NonNullable<SetLookUp['by']>, string>> = {
  mirror: 'mirror',
  recursion: 'which followed the sets itself',
  sets: 'asked set by set',
  objects: 'asked object by object',
};
/** ASes in a line. */
const IN_LINE = 8;

/** `whois set SET`. */
export function renderSetLookUp({ set, from, by, members, missing, refused, stopped }: SetLookUp): string[] {
  if (by === null) return [];
  const lines = Array.from({ length: Math.ceil(members.length / IN_LINE) }, (_, i) =>
    members
      .slice(i * IN_LINE, (i + 1) * IN_LINE)
      .map(as => `AS${as}`)
      .join(' '),
  );
  return [
    `# ${set}, from ${by === 'mirror' ? from : `${from}, ${WAYS[by]}`}`,
    ...lines,
    ...(missing.length === 0 ? [] : [`# nowhere: ${missing.join(', ')}`]),
    ...(refused === 0 ? [] : [`# ${count(refused, 'member')} that cannot be read`]),
    ...(stopped === '' ? [] : [`# not whole: ${stopped}`]),
    count(members.length, 'AS', 'ASes'),
  ];
}
