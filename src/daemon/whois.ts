/** The whois server of the daemon: it answers from the registry as it is. */
import type { Registry } from '../registry/registry.ts';
import type { WhoisSource } from '../registry/whois/answer.ts';
import { createWhoisServer, type WhoisServer } from '../registry/whois/server.ts';
import type { Log } from './log.ts';

/** A server that listens nowhere until it is configured. */
export function openWhois(registry: Registry, version: string, log: Log): WhoisServer {
  const mirror = (): WhoisSource[] =>
    registry.books().map(book => ({
      name: book.source,
      book,
      state: () => {
        const found = registry.status().find(({ source }) => source === book.source);
        return { serial: found?.serial ?? null, updated: found?.changed ?? null };
      },
    }));
  return createWhoisServer({ mirror, version, log });
}
