/**
 * What comes of a reload: all of the configuration in the file but what a daemon is among others, which it stays until its next
 * start. With a part of it a machine would take no part in a way that nobody has configured.
 */
import { type ConfigChange, diffConfig, isOfStart } from '../config/index.ts';
import type { Config } from '../config/tree.ts';
import { asDutiesSay } from './duties.ts';

export interface NextConfig {
  /** What is in force after it. */
  readonly next: Config;
  /** What differs, in words that say when it is in force. */
  readonly changes: readonly ConfigChange[];
  /** Why nothing of it can be done while the daemon runs; '': it can. */
  readonly refused: string;
}

/** `now`: what is in force; `loaded`: what is in the file. */
export function nextConfig(now: Config, loaded: Config): NextConfig {
  const { duties, bus, sharedStore, routerId } = now;
  const next = asDutiesSay({ ...loaded, duties, bus, sharedStore });
  const isNamed = sharedStore !== null && routerId !== loaded.routerId;
  const told = { ...next, duties: loaded.duties, bus: loaded.bus, sharedStore: loaded.sharedStore };
  const changes = diffConfig(now, told).map(change => {
    const when = isOfStart(change)
      ? ' (in force at the next start)'
      : isNamed && change.words.startsWith('router id:')
        ? ' (needs a restart)'
        : '';
    return { ...change, words: `${change.words}${when}` };
  });
  const refused = isNamed
    ? `router id ${routerId} is the name of this machine among others: to make it ${loaded.routerId} needs a restart`
    : '';
  return { next, changes, refused };
}
