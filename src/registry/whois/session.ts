/** What a client has set on its connection, as a pure function of its queries. */
import type { Query } from './query.ts';

export interface Session {
  /** The connection stays after an answer (`!!`, `-k`). */
  readonly keepOpen: boolean;
  /** Milliseconds after which a client that says nothing is closed (`!t`); null: as configured. */
  readonly timeout: number | null;
  /** Names of the sources that are looked at, in their order (`!s`, `-s`); null: all. */
  readonly sources: readonly string[] | null;
  /** What the client calls itself (`!n`, `-V`). */
  readonly client: string;
}

export const NEW_SESSION: Session = { keepOpen: false, timeout: null, sources: null, client: '' };

/** Letters of a client's name that are kept. */
const MAX_CLIENT = 64;
const named = (text: string) => text.replace(/[^ -~]/g, '.').slice(0, MAX_CLIENT);

/**
 * The session after a query, or in words why it cannot be: a source that is not there. `known` are the names of the sources,
 * upper case.
 */
export function afterQuery(session: Session, query: Query, known: readonly string[]): Session | string {
  switch (query.kind) {
    case 'keep-open':
      return { ...session, keepOpen: true };
    case 'quit':
      return { ...session, keepOpen: false };
    case 'timeout':
      return { ...session, timeout: query.seconds * 1000 };
    case 'identify':
      return { ...session, client: named(query.client) };
    case 'sources':
      return query.sources.every(name => known.includes(name))
        ? { ...session, sources: query.sources }
        : 'One or more selected sources are unavailable.';
    case 'ripe': {
      const sources = query.sources ?? session.sources ?? [];
      if (!sources.every(name => known.includes(name))) return 'One or more selected sources are unavailable.';
      return {
        ...session,
        keepOpen: session.keepOpen || query.keepOpen,
        sources: sources.length === 0 ? null : sources,
        client: query.client === null ? session.client : named(query.client),
      };
    }
    default:
      return session;
  }
}
