import type { WhoisStatus } from '../../registry/whois/server.ts';
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
        { head: 'Calls itself' },
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
