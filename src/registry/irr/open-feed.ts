/** Which feed a source is brought by, read off its configuration. */
import { join } from 'node:path';
import { isUrl } from '../../config/location.ts';
import type { IrrConfig } from '../../config/tree.ts';
import { readPublicKey } from '../../net/public-key.ts';
import { dumpFeed } from './dump-feed.ts';
import type { Feed, FeedListener } from './feed.ts';
import { nrtm4Feed } from './nrtm4-feed.ts';

/**
 * Starts the feed of a source, which keeps what it fetches in `directory`. Null when the source has nothing to mirror.
 * `offline`: it asks no server and writes nothing; what lies on this machine is in use when it has started.
 */
export function openFeed(config: IrrConfig, directory: string, listener: FeedListener, offline = false): Feed | null {
  const { name, dump, nrtm4, refresh } = config;
  if (dump !== undefined) return dumpFeed({ config: { ...config, dump }, directory, offline }, listener);
  if (nrtm4 === undefined) return null;
  const key = readPublicKey(nrtm4.key);
  if (typeof key === 'string') throw new TypeError(`irr ${name}: ${key}`); // checked with the configuration
  return nrtm4Feed({ source: name, url: nrtm4.url, key, refresh, directory: join(directory, name), offline }, listener);
}

/** What a feed is opened by: a source with another of these needs another feed. */
export const feedKey = ({ dump, serial, nrtm, nrtm4, refresh }: IrrConfig): string =>
  JSON.stringify([dump, serial, nrtm, nrtm4, refresh]);

/** Where its objects come from, for people: a file name, a URL; empty when nothing is mirrored. */
export const placeOf = ({ dump, nrtm4 }: IrrConfig): string => dump ?? nrtm4?.url ?? '';

/** True when all of the source lies on this machine: a look at it is done in no time. */
export const isLocal = ({ dump, nrtm }: IrrConfig): boolean => dump !== undefined && !isUrl(dump) && nrtm === undefined;
