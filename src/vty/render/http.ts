import type { HttpStatus } from '../../control/http-rows.ts';
import { count, facts, table } from './text.ts';
import { duration } from './time.ts';

/** `show http`. */
export function renderHttp(status: HttpStatus, now: number): string[] {
  const { listen, answering, mostAnswering, watching, mostWatching, risLive, lookingGlass } = status;
  if (listen.length === 0) return ['nothing is served: see `http` in intertrackd.conf(5)'];
  return [
    ...listen.map(({ at, tls, problem }) =>
      problem === '' ? `Listening on ${at} for HTTP${tls ? 'S' : ''}` : problem,
    ),
    ...facts([
      ['Requests', `${answering} of ${mostAnswering} being answered`],
      ['Streams', `${watching} of ${mostWatching}`],
      ['Looking glass', lookingGlass ? 'answers' : 'not configured'],
      [
        'RIS Live',
        risLive === null
          ? 'not configured'
          : `as ${risLive.host}, ${count(risLive.sent, 'message')} told, ${risLive.lost} left out`,
      ],
    ]),
    ...(risLive === null || risLive.clients.length === 0
      ? []
      : table(
          [
            { head: 'Client' },
            { head: 'For', right: true },
            { head: 'Subscriptions', right: true },
            { head: 'Told', right: true },
            { head: 'Left out', right: true },
          ],
          risLive.clients.map(one => [one.by, duration(now - one.since), one.subscriptions, one.sent, one.lost]),
        )),
  ];
}
