/** Whois in the daemon: the server, which answers from the registry as it is, and what is asked of other servers. */
import type { Config } from '../config/tree.ts';
import type { Registry } from '../registry/registry.ts';
import type { WhoisSource } from '../registry/whois/answer.ts';
import { type LookUpParts, lookUp, lookUpSet } from '../registry/whois/look-up.ts';
import { createWhoisServer, type WhoisServer } from '../registry/whois/server.ts';
import type { Log } from './log.ts';

export interface Whois extends WhoisServer {
  lookUp(query: string, source: string | null, signal: AbortSignal): ReturnType<typeof lookUp>;
  lookUpSet(set: string, source: string | null, signal: AbortSignal): ReturnType<typeof lookUpSet>;
}

/** A server that listens nowhere until it is configured. */
export function openWhois(registry: Registry, config: () => Config, version: string, log: Log): Whois {
  const mirror = (): WhoisSource[] =>
    registry.books().map(book => ({
      name: book.source,
      book,
      state: () => {
        const found = registry.status().find(({ source }) => source === book.source);
        return { serial: found?.serial ?? null, updated: found?.changed ?? null };
      },
    }));
  const parts = (source: string | null, signal: AbortSignal): LookUpParts => ({
    mirrored: mirror(),
    servers: config().irr.flatMap(({ name, whois }) => (whois === undefined ? [] : { ...whois, source: name })),
    source,
    version,
    signal,
  });
  return {
    ...createWhoisServer({ mirror, version, log }),
    lookUp: (query, source, signal) => lookUp(query, parts(source, signal)),
    lookUpSet: (set, source, signal) => lookUpSet(set, parts(source, signal)),
  };
}
