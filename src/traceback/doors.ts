/** The places where peers may dial, bound all or none, through changes of the configuration. */
import type { ListenConfig } from '../config/tree.ts';
import type { Listener } from './listener.ts';

export interface Doors {
  /** Binds what is not bound yet; rejects, with nothing changed, when a place cannot be. Then `take` closes what is not wanted. */
  prepare(wanted: readonly ListenConfig[]): Promise<{ take(): void }>;
  all(): readonly Listener[];
  close(): void;
}

/** No door is open yet; `open` opens one. */
export function createDoors(open: (listen: ListenConfig) => Promise<Listener>): Doors {
  let listeners: readonly Listener[] = [];
  return {
    async prepare(wanted) {
      const kept = listeners.filter(({ listen }) => wanted.some(one => same(one, listen)));
      const fresh: Listener[] = [];
      try {
        for (const listen of wanted) if (!kept.some(one => same(one.listen, listen))) fresh.push(await open(listen));
      } catch (error) {
        for (const listener of fresh) listener.close();
        throw error;
      }
      return {
        take() {
          for (const listener of listeners) if (!kept.includes(listener)) listener.close();
          listeners = [...kept, ...fresh];
        },
      };
    },
    all: () => listeners,
    close() {
      for (const listener of listeners) listener.close();
    },
  };
}

function same(a: ListenConfig, b: ListenConfig): boolean {
  return a.address === b.address && a.port === b.port;
}
