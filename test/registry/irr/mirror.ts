/** A feed of one source with a listener that takes everything, or what `refuse` lets pass; for tests. */
import type { IrrConfig } from '../../../src/config/tree.ts';
import { dumpFeed } from '../../../src/registry/irr/dump-feed.ts';
import { DUMP_LIMITS } from '../../../src/registry/irr/dump-place.ts';
import type { CopyOrigin, Feed, FeedListener } from '../../../src/registry/irr/feed.ts';
import { NRTM_TIMES } from '../../../src/registry/irr/nrtm3-client.ts';
import type { SourceBook } from '../../../src/registry/source-book.ts';

export interface Mirror {
  readonly feed: Feed;
  /** The copy in use. */
  book: SourceBook | null;
  /** Where each whole copy came from. */
  readonly origins: CopyOrigin[];
  readonly alarms: string[];
  trouble: string;
  /** Why nothing more is taken. */
  refuse: string | null;
}

export function mirrorOf(
  config: IrrConfig & { readonly dump: string },
  directory: string,
  times = NRTM_TIMES,
  limits = DUMP_LIMITS,
  fallback?: number,
): Mirror {
  const told: Omit<Mirror, 'feed'> = { book: null, origins: [], alarms: [], trouble: '', refuse: null };
  const listener: FeedListener = {
    async whole(reading, origin) {
      if (told.refuse !== null) return told.refuse;
      told.book = reading.book;
      told.origins.push(origin);
      return null;
    },
    async changes(operations) {
      if (told.refuse !== null) return told.refuse;
      for (const { op, object } of operations) told.book!.apply(op, object);
      return null;
    },
    trouble(why) {
      told.trouble = why;
    },
    alarm(why) {
      told.alarms.push(why);
    },
  };
  return Object.assign(told, {
    feed: dumpFeed({ config, directory, times, limits, ...(fallback !== undefined && { fallback }) }, listener),
  });
}

/** Waits for the look that follows the start, or for the next one. */
export async function settled(one: Mirror, whole = false): Promise<Mirror> {
  await one.feed.look(whole);
  return one;
}

/** Route objects in use. */
export const held = ({ book }: Mirror): number | null => book?.routes.count ?? null;
