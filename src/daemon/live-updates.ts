/** Those who are told what peers send (RIS Live): their filters go to the collector, what it tells goes to each of them. */
import type { LiveBatch } from '../collector/live-feed.ts';
import type { LiveFilter } from '../collector/live-filter.ts';
import type { CollectorThread } from '../collector/thread.ts';
import type { UpdateListener, UpdateTaker } from '../control/live-rows.ts';

export interface LiveUpdates {
  heard(batch: LiveBatch): void;
  /** As `followUpdates` of LiveAnswers. */
  follow(host: string, taker: UpdateTaker): UpdateListener;
}

/** Nobody listens yet. */
export function createLiveUpdates(send: CollectorThread['send']): LiveUpdates {
  const listening = new Map<number, { readonly taker: UpdateTaker; filters: readonly LiveFilter[] }>();
  let next = 1;
  let host = '';
  const tell = () => send({ type: 'follow', filters: [...listening.values()].flatMap(({ filters }) => filters), host });
  return {
    heard({ messages, lost, size }) {
      for (const { clients, text } of messages) for (const client of clients) listening.get(client)?.taker.take(text);
      for (const [client, count] of lost) listening.get(client)?.taker.lost(count);
      send({ type: 'followed', size });
    },
    follow(name, taker) {
      const client = next++;
      const one = { taker, filters: [] as readonly LiveFilter[] };
      listening.set(client, one);
      host = name;
      return {
        want(filters) {
          one.filters = filters.map(filter => ({ ...filter, client }));
          tell();
        },
        close() {
          listening.delete(client);
          if (one.filters.length > 0) tell();
        },
      };
    },
  };
}
