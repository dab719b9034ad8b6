/**
 * What our own routers originate, for watches with `originated`: as the collector tells it, remembered in the store, and
 * forgotten so long after it was last seen. Time counts while the tables of all our own routers are whole: before, after a
 * restart as much as while a session is down, nobody knows what is originated no more.
 */

import type { OriginatedMessage } from '../collector/messages.ts';
import { MAX_ORIGINATED } from '../collector/originated.ts';
import type { Config } from '../config/tree.ts';
import { parsePrefix } from '../net/prefix.ts';
import type { OriginatedOf, OwnRoute } from '../registry/watch.ts';
import type { Store, StoreWrite } from '../store/records.ts';
import type { Log } from './log.ts';

/** The registry is made anew no more often than this, milliseconds. */
const MINUTE = 60_000;
/** How often it is written what is still seen, and looked what is to be forgotten. */
const HOUR = 60 * MINUTE;

export interface Originated {
  /** What a watch with `originated` guards now. */
  readonly of: OriginatedOf;
  /** What is originated now. */
  held(): readonly OwnRoute[];
  /** Another set is originated. */
  heard(message: Omit<OriginatedMessage, 'type'>): void;
  /** Writes what is still seen, and forgets what has not been seen for long. Comes by itself every hour. */
  refresh(): void;
  /** Prefixes that are known; null when no watch has `originated`. */
  count(): number | null;
  /** A line when there are more than can be learned. */
  problems(): string[];
  close(): void;
}

export interface OriginatedParts {
  readonly config: () => Pick<Config, 'watches'>;
  readonly store: Pick<Store, 'read' | 'write'>;
  /** `of` answers otherwise than before. */
  readonly changed: () => void;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

interface Row extends OwnRoute {
  readonly text: string;
  /** When it was seen last; of one that is held, when that was written. */
  last: number;
}

/** Reads what earlier runs have learned. */
export async function openOriginated(parts: OriginatedParts): Promise<Originated> {
  const { config, store, changed, log, now = Date.now } = parts;
  const rows = new Map<string, Row>();
  let held: ReadonlySet<string> = new Set();
  let whole = false;
  /** When the tables were last known to be whole. */
  let known = 0;
  let more = 0;
  let made = Number.NEGATIVE_INFINITY;
  let waiting: NodeJS.Timeout | null = null;

  const keyOf = (text: string, origin: number): string => `${text} ${origin}`;
  for (const { prefix: text, origin, last } of await store.read('originated.all', {})) {
    const prefix = parsePrefix(text);
    if (prefix === null) continue;
    rows.set(keyOf(text, origin), { prefix, text, origin, last });
    known = Math.max(known, last);
  }

  const durations = () => config().watches.flatMap(({ originated }) => originated ?? []);
  /** How long it was not seen. */
  const unseen = (key: string, { last }: Row): number => (held.has(key) ? 0 : (whole ? now() : known) - last);
  const within = (duration: number): Row[] =>
    [...rows].filter(([key, row]) => unseen(key, row) < duration).map(([, row]) => row);

  function write(batch: readonly StoreWrite[]): void {
    if (batch.length === 0) return;
    store
      .write(batch)
      .catch((e: Error) => log('error', `what our own routers originate cannot be remembered: ${e.message}`));
  }
  const put = ({ text, origin, last }: Row): StoreWrite => ({ op: 'originated.put', prefix: text, origin, last });

  /** Has the registry made anew: at once, or as soon as a minute has gone since the last time. */
  function renew(): void {
    if (waiting !== null) return;
    const due = made + MINUTE - now();
    const begin = () => {
      waiting = null;
      made = now();
      log('info', `${rows.size} prefixes are watched because our own routers originate them, or did lately`);
      changed();
    };
    if (due <= 0) begin();
    else waiting = setTimeout(begin, due).unref();
  }

  /** How many prefixes each watch guards so: what has changed when nothing was added. */
  const sizes = () =>
    durations()
      .map(duration => within(duration).length)
      .join();
  let before = sizes();

  /** Forgets what no watch would guard any more; true when something guarded is guarded no longer. */
  function forget(): boolean {
    const longest = Math.max(...durations());
    if (whole && Number.isFinite(longest)) {
      const past = [...rows].filter(([key, row]) => unseen(key, row) >= longest);
      for (const [key] of past) rows.delete(key);
      write(past.map(([, { text, origin }]) => ({ op: 'originated.forget', prefix: text, origin })));
    }
    const after = sizes();
    const fewer = after !== before;
    before = after;
    return fewer;
  }

  function refresh(): void {
    for (const key of held) rows.get(key)!.last = now();
    write([...held].map(key => put(rows.get(key)!)));
    if (forget()) renew();
  }
  const hourly = setInterval(refresh, HOUR);
  hourly.unref();

  return {
    of: watch => (watch.originated === null ? [] : within(watch.originated)),
    held: () => [...held].map(key => rows.get(key)!),
    heard({ origin, prefixes, more: beyond, whole: all }) {
      const time = now();
      const next = new Set<string>();
      const written: StoreWrite[] = [];
      let added = 0;
      let left = 0;
      for (const text of prefixes) {
        const key = keyOf(text, origin);
        const row = rows.get(key);
        const prefix = row?.prefix ?? parsePrefix(text);
        if (prefix === null) continue;
        if (row === undefined && rows.size >= MAX_ORIGINATED) {
          left++;
          continue;
        }
        next.add(key);
        if (held.has(key)) continue;
        if (row === undefined) added++;
        const seen = { prefix, text, origin, last: time };
        rows.set(key, seen);
        written.push(put(seen));
      }
      // What is gone was seen up to now.
      for (const key of held)
        if (!next.has(key)) {
          const row = rows.get(key)!;
          row.last = time;
          written.push(put(row));
        }
      if (beyond + left > 0 && more === 0)
        log('warn', `our own routers originate more than ${MAX_ORIGINATED} prefixes: ${beyond + left} are not watched`);
      more = beyond + left;
      held = next;
      if (whole || all) known = time;
      whole = all;
      write(written);
      if (forget() || added > 0) renew();
    },
    refresh,
    count: () => (durations().length === 0 ? null : rows.size),
    problems: () =>
      more === 0 || durations().length === 0
        ? []
        : [`${more} prefixes of our own routers are not watched: ${MAX_ORIGINATED} are learned at most`],
    close() {
      clearInterval(hourly);
      if (waiting !== null) clearTimeout(waiting);
    },
  };
}
