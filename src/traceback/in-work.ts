/**
 * What one peer asks and is being answered, through the change of connections (intertrack-protocol(7), RESTART, the last
 * four rows of the table): what is in work when a connection is cut goes on, and is given to who asks for it again.
 */
import type { Ask } from './asked.ts';
import type { Connection, Fault } from './connection.ts';
import { MAX_FLIGHT } from './policy.ts';
import { readRequest, type SignedRequest } from './request.ts';
import type { Answer, Query } from './wire.ts';

/** A QUERY whose request was read; nobody has said yet that it is its origin's. */
export interface Asked extends Ask {
  readonly nonce: string;
  readonly expires: number;
}

export type Reply = Omit<Answer, 'type' | 'id'>;

/** How long what was kept waits for its QUERY once a session is up, ms. */
const ASKED_AGAIN = 1000;
/** How long a final ANSWER is remembered, ms: it may have gone into a connection that was cut already. */
const REMEMBERED = 2000;

export interface InWork {
  begin(connection: Connection): void;
  /** Takes a QUERY; a fault when it is none or has the id of another. */
  take(query: Query, connection: Connection): Fault | null;
  cancel(id: number, connection: Connection): void;
  /** A connection has ended; what was in work on it is kept for so many ms, or given up where that is none. */
  end(connection: Connection, keep: number): void;
  /** A session is up: what is not asked again soon is given up. */
  up(): void;
  /** Gives everything up. */
  close(): void;
}

interface Work {
  readonly controller: AbortController;
  /** By what it is known again: the request and the way it came. */
  readonly key: string;
  /** Where its ANSWERs go, or the final one went; null while it is kept. */
  to: { readonly connection: Connection; readonly id: number } | null;
  latest: Reply | null;
  timer: NodeJS.Timeout | null;
}

/**
 * `start` searches for a QUERY that is new: `reply` takes its ANSWERs, `signal` tells that nobody waits any more.
 * `remembers`: whether anything may be kept at all.
 */
export function createInWork(
  remembers: boolean,
  start: (query: Asked, reply: (answer: Reply) => void, signal: AbortSignal) => void,
): InWork {
  const flights = new Map<Connection, Map<number, Work>>();
  const kept = new Map<string, Work>();
  const finished = new Map<string, Work>();

  const send = (work: Work, answer: Reply) => {
    if (work.to === null) return;
    const { connection, id } = work.to;
    if (answer.final) {
      flights.get(connection)?.delete(id);
      finish(work);
    }
    connection.send({ type: 'answer', id, ...answer });
  };
  const finish = (work: Work) => {
    if (!remembers) return;
    const { key } = work;
    forget(finished.get(key));
    if (finished.size >= MAX_FLIGHT) forget(finished.values().next().value);
    finished.set(key, work);
    work.timer = setTimeout(() => forget(work), REMEMBERED).unref();
  };
  const forget = (work: Work | undefined) => {
    if (work === undefined || finished.get(work.key) !== work) return;
    if (work.timer !== null) clearTimeout(work.timer);
    finished.delete(work.key);
  };
  /** What was in work on another connection for this QUERY, or was finished just now. */
  const takeUp = (key: string, connection: Connection): Work | null => {
    const done = finished.get(key);
    const same = kept.get(key) ?? (done !== undefined && done.to?.connection !== connection ? done : null);
    if (same === null) return null;
    if (same.timer !== null) clearTimeout(same.timer);
    kept.delete(key);
    finished.delete(key);
    return same;
  };
  const giveUp = (work: Work) => {
    if (work.timer !== null) clearTimeout(work.timer);
    if (kept.get(work.key) === work) kept.delete(work.key);
    work.controller.abort();
  };
  const keep = (work: Work, ms: number) => {
    const before = kept.get(work.key);
    if (before !== undefined) giveUp(before);
    if (kept.size >= MAX_FLIGHT) giveUp(kept.values().next().value!);
    work.to = null;
    kept.set(work.key, work);
    work.timer = setTimeout(() => giveUp(work), ms);
  };

  return {
    begin: connection => void flights.set(connection, new Map()),
    take(query, connection) {
      const flight = flights.get(connection);
      if (flight === undefined) return null;
      const { id } = query;
      if (flight.has(id)) return { code: 'malformed', text: `id: ${id} is in flight already` };
      const signed = readRequest({ octets: query.request, signature: query.signature, record: query.record });
      if ('wrong' in signed) return { code: 'malformed', text: `request: ${signed.at}: ${signed.wrong}` };

      const key = keyOf(signed, query.hops);
      const same = takeUp(key, connection);
      if (same !== null) {
        same.to = { connection, id };
        flight.set(id, same);
        if (same.latest !== null) send(same, same.latest);
        return null;
      }
      const work: Work = {
        ...{ controller: new AbortController(), key, to: { connection, id }, latest: null, timer: null },
      };
      flight.set(id, work);
      const { hops, ttl, deadline, budget, nonce, expires, proved } = query;
      const reply = (answer: Reply) => {
        if (work.controller.signal.aborted) return;
        work.latest = answer;
        send(work, answer);
      };
      start({ hops, ttl, deadline, budget, nonce, expires, proved, signed }, reply, work.controller.signal);
      return null;
    },
    cancel(id, connection) {
      const flight = flights.get(connection);
      const work = flight?.get(id);
      flight?.delete(id);
      if (work !== undefined) giveUp(work);
    },
    end(connection, ms) {
      const works = [...(flights.get(connection)?.values() ?? [])];
      flights.delete(connection);
      for (const work of works)
        if (ms > 0) keep(work, ms);
        else giveUp(work);
    },
    up() {
      for (const work of kept.values()) {
        if (work.timer !== null) clearTimeout(work.timer);
        work.timer = setTimeout(() => giveUp(work), ASKED_AGAIN);
      }
    },
    close() {
      for (const work of kept.values()) giveUp(work);
      for (const work of finished.values()) forget(work);
      for (const flight of flights.values()) for (const work of flight.values()) giveUp(work);
      flights.clear();
    },
  };
}

function keyOf({ hash }: SignedRequest, hops: readonly number[]): string {
  return `${Buffer.from(hash).toString('hex')} ${hops.join(' ')}`;
}
