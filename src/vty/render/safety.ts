import type { AnnouncedRoute } from '../../config/tree.ts';
import type { SafetyStatus } from '../../control/daemon.ts';
import { count, table } from './text.ts';
import { instant } from './time.ts';

const route = ({ prefix, communities, largeCommunities, nextHop, med }: AnnouncedRoute): string =>
  [
    prefix,
    ...(communities.length > 0 ? [`community ${communities.join(', ')}`] : []),
    ...(largeCommunities.length > 0 ? [`large community ${largeCommunities.join(', ')}`] : []),
    ...(nextHop === undefined ? [] : [`next hop ${nextHop}`]),
    ...(med === undefined ? [] : [`med ${med}`]),
  ].join(' ');

/** `show safety`. */
export function renderSafety({ threads, peers }: SafetyStatus): string[] {
  const may = peers.filter(peer => peer.may.length > 0);
  const orders = peers.filter(({ mitigate }) => mitigate !== null);
  const able = threads.some(({ encoder }) => encoder !== null);
  return [
    ...threads.map(
      ({ thread, encoder }) =>
        `Encoder of announcements in the ${thread} thread: ${encoder === null ? 'not loaded' : `loaded since ${instant(encoder)}`}`,
    ),
    may.length > 0
      ? `${count(may.length, 'peer')} may be told routes: those below, and no others.`
      : orders.length > 0
        ? 'No route leaves this daemon unless it is ordered by `mitigate announce`.'
        : able
          ? 'No peer may be told a route; what was loaded stays until the daemon is started again.'
          : 'No route can leave this daemon.',
    '',
    ...table(
      [
        { head: 'Peer' },
        { head: 'Address' },
        { head: 'AS', right: true },
        { head: 'State' },
        { head: 'May', right: true },
        { head: 'Told', right: true },
        { head: 'Updates', right: true },
        { head: 'Marks', right: true },
        { head: 'Password' },
        { head: 'TTL', right: true },
      ],
      peers.map(row => [
        row.peer,
        row.address,
        row.as,
        row.state,
        row.may.length,
        row.told.length,
        row.updates,
        row.marks,
        row.password ? 'yes' : 'no',
        row.leastTtl ?? 'any',
      ]),
    ),
    ...orders.flatMap(({ peer, mitigate }) => [
      '',
      `Peer ${peer} may be told on order, ${count(mitigate!.most, 'prefix', 'prefixes')} at a time, of`,
      ...mitigate!.prefixes.map(one => `  ${route(one)}`),
    ]),
    ...may.flatMap(row => [
      '',
      `Peer ${row.peer} may be told`,
      ...row.may.map(one => {
        const told = row.told.some(({ prefix }) => prefix === one.prefix);
        return `  ${route(one)}${told ? ', told' : row.state === 'Established' ? ', not told: the family was not agreed on' : ', not told: the session is down'}`;
      }),
    ]),
  ];
}
