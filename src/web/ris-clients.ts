/**
 * Clients of RIS Live, each with its subscriptions (intertrack-api(7), RIS LIVE). What a client does not read in time is
 * left out, and it is told how much that was: nobody waits for it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Daemon } from '../control/daemon.ts';
import type { HttpStatus, LiveClient } from '../control/http-rows.ts';
import { MOST_PREFIXES, readRisRequest, type Subscription } from '../control/ris-request.ts';

/** Subscriptions of a client, and octets that may wait for it. */
const MOST_SUBSCRIPTIONS = 64;
export const MOST_WAITING = 4 << 20;

/** The connection of a client. */
export interface RisSocket {
  send(text: string): void;
  /** Octets sent that the client has not taken. */
  waiting(): number;
}

export interface RisClient {
  /** Takes what the client says. */
  heard(text: string): void;
  close(): void;
}

export interface RisClients {
  /** `by`: who it is, in words; `host`: the name of this collector. */
  open(socket: RisSocket, by: string, host: string): RisClient;
  status(): Omit<NonNullable<HttpStatus['risLive']>, 'host'>;
}

/** Nobody is connected yet. */
export function createRisClients(daemon: Pick<Daemon, 'followUpdates'>): RisClients {
  const clients = new Set<() => LiveClient>();
  const all = { sent: 0, lost: 0 };
  return {
    status: () => ({ clients: [...clients].map(one => one()), ...all }),
    open(socket, by, host) {
      const since = Date.now();
      let subscriptions: Subscription[] = [];
      const count = { sent: 0, lost: 0 };
      /** Messages left out that the client has not been told of. */
      let untold = 0;
      const say = (type: string, data: unknown) => socket.send(JSON.stringify({ type, data }));

      function lost(messages: number): void {
        untold += messages;
        count.lost += messages;
        all.lost += messages;
      }

      const listener = daemon.followUpdates(host, {
        take(text) {
          if (socket.waiting() > MOST_WAITING) return lost(1);
          if (untold > 0) {
            const message = `up to ${untold} messages were left out: they came faster than they could be told or read`;
            say('ris_error', { message, lost: untold });
            untold = 0;
          }
          socket.send(text);
          count.sent++;
          all.sent++;
        },
        lost,
      });
      const want = () => listener.want(subscriptions.flatMap(({ filter }) => (filter === null ? [] : [filter])));

      const status = (): LiveClient => ({ by, since, subscriptions: subscriptions.length, ...count });
      clients.add(status);
      return {
        heard(text) {
          const request = readRisRequest(text, host);
          switch (request.what) {
            case 'ping':
              return say('pong', null);
            case 'list':
              return say('ris_rrc_list', [host]);
            case 'wrong':
              return say('ris_error', {
                message: request.message,
                ...(request.command !== null && { command_type: request.command }),
              });
            case 'subscribe': {
              const { asked, options } = request.subscription;
              if (subscriptions.length >= MOST_SUBSCRIPTIONS)
                return say('ris_error', { message: `more than ${MOST_SUBSCRIPTIONS} subscriptions` });
              const prefixes = [...subscriptions, request.subscription].map(one => one.filter?.prefixes?.length ?? 0);
              if (prefixes.reduce((sum, one) => sum + one, 0) > MOST_PREFIXES)
                return say('ris_error', { message: `more than ${MOST_PREFIXES} prefixes in all subscriptions` });
              subscriptions.push(request.subscription);
              if (options.acknowledge) say('ris_subscribe_ok', { subscription: asked, socketOptions: options });
              return want();
            }
            case 'unsubscribe': {
              const { asked } = request;
              const kept = subscriptions.filter(one => asked !== null && !isDeepStrictEqual(one.asked, asked));
              if (kept.length === subscriptions.length)
                return say('ris_error', { message: 'there is no such subscription', command_type: 'ris_unsubscribe' });
              subscriptions = kept;
              return want();
            }
          }
        },
        close() {
          clients.delete(status);
          listener.close();
        },
      };
    },
  };
}
