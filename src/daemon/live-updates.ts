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
  const listening = new Map<number, UpdateTaker>();
  let next = 1;
  return {
    heard({ messages, lost, size }) {
      for (const { clients, text } of messages) for (const client of clients) listening.get(client)?.take(text);
      for (const [client, count] of lost) listening.get(client)?.lost(count);
      send({ type: 'followed', size });
    },
    follow(host, taker) {
      const client = next++;
      let wants = false;
      const tell = (filters: readonly LiveFilter[]) => {
        wants = filters.length > 0;
        send({ type: 'follow', client, filters, host });
      };
      listening.set(client, taker);
      return {
        want: filters => tell(filters.map(filter => ({ ...filter, client }))),
        close() {
          listening.delete(client);
          if (wants) tell([]);
        },
      };
    },
  };
}
