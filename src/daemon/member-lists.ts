/**
 * The lists of members of exchange points that probes go by: fetched, looked at again, and the last good one of each kept on
 * the disk, so that a start without the network is no start without neighbours.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUrl } from '../config/location.ts';
import { parsePrefix } from '../net/prefix.ts';
import { LARGEST_LIST, type MemberList, readMemberList } from '../probe/neighbors/ix-f.ts';
import { fetchPlace } from '../registry/irr/dump-place.ts';
import type { Log } from './log.ts';

export interface MemberLists {
  /** The lists that are wanted from now on, by location; each is read at once, and one that has shrunk is believed. */
  configure(locations: readonly string[]): void;
  /** The list in use, restricted to a LAN; null while there is none. */
  of(location: string, lan: string | undefined): MemberList | null;
  /** A line for a person about each of these lists. */
  notes(locations: readonly string[], now: number): string[];
  close(): void;
}

export interface MemberListsOptions {
  /** Where last good copies are kept. */
  readonly directory: string;
  /** A list is another than before. */
  readonly changed: () => void;
  readonly log: Log;
}

/** A list at a server is read again so often, and so soon after it could not be; a file is looked at every minute. */
const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
const LIMITS = { octets: LARGEST_LIST, total: 300_000, silence: 30_000 };
/** A list with less than this share of the ports of the last one is taken for a broken one. */
const SHRUNK = 0.5;

interface Feed {
  readonly location: string;
  readonly stop: AbortController;
  octets: Uint8Array | null;
  /** The whole list, and what was read of it for LANs. */
  list: MemberList | null;
  readonly inLan: Map<string, MemberList>;
  /** When it was last found to be as it is; null: never. */
  good: number | null;
  tag: string | null;
  failure: string;
  timer: NodeJS.Timeout | undefined;
}

export function openMemberLists({ directory, changed, log }: MemberListsOptions): MemberLists {
  const feeds = new Map<string, Feed>();
  const copyOf = (location: string) =>
    join(directory, `${createHash('sha256').update(location).digest('hex').slice(0, 32)}.json`);

  /** Takes a list into use; why not, in words. */
  const take = (feed: Feed, octets: Uint8Array, forced: boolean): string | null => {
    const list = readMemberList(octets, null);
    if (typeof list === 'string') return list;
    if (list.ports.length === 0) return 'it has no member with an address';
    const before = feed.list?.ports.length ?? 0;
    if (!forced && list.ports.length < before * SHRUNK)
      return `it has ${list.ports.length} ports, and the one in use ${before}: a reload takes it all the same`;
    feed.octets = octets;
    feed.list = list;
    feed.inLan.clear();
    return null;
  };

  const keep = async ({ location, octets }: Feed) => {
    if (!isUrl(location) || octets === null) return;
    const file = copyOf(location);
    await mkdir(directory, { recursive: true, mode: 0o750 });
    await writeFile(`${file}.new`, octets, { mode: 0o640 });
    await rename(`${file}.new`, file);
  };

  /** The copy of an earlier run, for as long as nothing better has come. */
  const recall = async (feed: Feed) => {
    const file = copyOf(feed.location);
    try {
      const { mtimeMs } = await stat(file);
      const octets = await readFile(file);
      if (feed.list !== null || take(feed, octets, true) !== null) return;
      feed.good = mtimeMs;
      changed();
    } catch {
      // There is none.
    }
  };

  const look = async (feed: Feed, forced: boolean): Promise<void> => {
    const chunks: Buffer[] = [];
    const { location, stop, tag } = feed;
    const asking = { limits: LIMITS, signal: stop.signal, tag: forced ? null : tag };
    const come = await fetchPlace(location, asking, chunk => void chunks.push(chunk));
    if (stop.signal.aborted) return;
    let why = come.what === 'failed' ? come.why : null;
    if (come.what === 'came') why = take(feed, Buffer.concat(chunks), forced);
    if (why === null) {
      feed.good = Date.now();
      if (come.what === 'came') {
        feed.tag = come.tag;
        log('info', `members ${location}: ${feed.list!.ports.length} ports of ${feed.list!.members} ASes`);
        await keep(feed).catch((e: Error) => log('warn', `members ${location}: no copy is kept: ${e.message}`));
        changed();
      }
    } else if (why !== feed.failure) log('warn', `members ${location}: ${why}; ${inUse(feed)}`);
    feed.failure = why ?? '';
    const pause = !isUrl(location) ? MINUTE : why === null ? DAY : HOUR;
    if (!stop.signal.aborted) feed.timer = setTimeout(() => void look(feed, false), pause).unref();
  };

  const drop = (feed: Feed) => {
    clearTimeout(feed.timer);
    feed.stop.abort();
    feeds.delete(feed.location);
  };

  return {
    configure(locations) {
      for (const feed of [...feeds.values()]) if (!locations.includes(feed.location)) drop(feed);
      for (const location of new Set(locations)) {
        const before = feeds.get(location);
        if (before !== undefined) drop(before);
        const fresh = { location, stop: new AbortController(), inLan: new Map<string, MemberList>(), timer: undefined };
        const feed: Feed = { octets: null, list: null, good: null, tag: null, failure: '', ...before, ...fresh };
        feeds.set(location, feed);
        const recalled = before === undefined && isUrl(location) ? recall(feed) : Promise.resolve();
        void recalled.then(() => look(feed, true));
      }
    },
    of(location, lan) {
      const feed = feeds.get(location);
      if (feed?.octets == null || lan === undefined) return feed?.list ?? null;
      const known = feed.inLan.get(lan);
      if (known !== undefined) return known;
      const list = readMemberList(feed.octets, parsePrefix(lan));
      if (typeof list === 'string') return null;
      feed.inLan.set(lan, list);
      return list;
    },
    notes: (locations, now) =>
      [...feeds.values()].flatMap(({ location, list, good, failure }) => {
        if (!locations.includes(location)) return [];
        const why = failure === '' ? '' : `; ${failure}`;
        if (list === null) return `members ${location}: not there yet${why}`;
        const { version, ports, members, unreadable, cut } = list;
        const parts = [
          `${ports.length} ports of ${members} ASes, schema ${version}`,
          ...(unreadable > 0 ? [`${unreadable} entries unreadable`] : []),
          ...(cut ? ['more than is taken'] : []),
          `of ${Math.max(0, Math.floor((now - (good ?? now)) / HOUR))} h ago`,
        ];
        return `members ${location}: ${parts.join(', ')}${why}`;
      }),
    close() {
      for (const feed of [...feeds.values()]) drop(feed);
    },
  };
}

const inUse = ({ list }: Feed): string => (list === null ? 'there is no list yet' : 'the last good one stays in use');
