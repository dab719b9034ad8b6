/**
 * How servers of others are asked: one question at a time to each, with a pause between two; one that says it is asked too
 * much is left alone for as long as it says, one that fails for longer each time. Nothing waits here without a bound.
 */

/** What a server answered. `wait`: ms for which it wants to be left alone, null when it did not say. */
export type Asked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string; readonly wait: number | null };

export interface PolitenessOptions {
  /** ms, monotonic. */
  readonly clock: () => number;
  /** ms between the end of one question and the begin of the next to the same server. */
  readonly gap: number;
  /** ms after the first failure; doubled each time. */
  readonly pause: number;
}

/** The longest that a server is left alone, ms: by its own word, and since it fails. */
const LONGEST_WAIT = 24 * 3_600_000;
const LONGEST_PAUSE = 3_600_000;
/** Questions to one server that may wait for their turn. */
const MOST_WAITING = 32;

interface Server {
  last: Promise<unknown>;
  waiting: number;
  /** Not before. */
  free: number;
  failures: number;
  /** Why it is left alone. */
  trouble: string;
}

export interface Politeness {
  /** Asks in its turn. While the server is left alone, and when too many wait, the answer is that, at once. */
  ask<T>(server: string, signal: AbortSignal, question: () => Promise<Asked<T>>): Promise<Asked<T>>;
  /** ms for which the server is still left alone; 0: it is not. */
  alone(server: string): number;
}

/** The manners towards any number of servers, each by its name. */
export function createPoliteness({ clock, gap, pause }: PolitenessOptions): Politeness {
  const servers = new Map<string, Server>();

  function serverOf(name: string): Server {
    const known = servers.get(name);
    if (known !== undefined) return known;
    const made: Server = { last: Promise.resolve(), waiting: 0, free: 0, failures: 0, trouble: '' };
    servers.set(name, made);
    return made;
  }

  const refusal = <T>(server: Server): Asked<T> | null => {
    const left = server.free - clock();
    if (server.trouble === '' || left <= 0) return null;
    return { ok: false, why: `${server.trouble}; it is asked again in ${Math.ceil(left / 1000)} s`, wait: null };
  };

  async function carryOut<T>(
    server: Server,
    signal: AbortSignal,
    question: () => Promise<Asked<T>>,
  ): Promise<Asked<T>> {
    const refused = refusal<T>(server);
    if (refused !== null) return refused;
    const rest = server.free - clock();
    if (rest > 0) await sleep(rest, signal);
    if (signal.aborted) return { ok: false, why: 'given up', wait: null };
    const answer = await question().catch(
      (error: unknown): Asked<T> => ({
        ok: false,
        why: error instanceof Error ? error.message : 'it failed',
        wait: null,
      }),
    );
    if (answer.ok) {
      server.failures = 0;
      server.trouble = '';
      server.free = clock() + gap;
    } else if (!signal.aborted) {
      server.failures++;
      server.trouble = answer.why;
      const grown = Math.min(LONGEST_PAUSE, pause * 2 ** Math.min(20, server.failures - 1));
      server.free = clock() + (answer.wait === null ? grown : Math.min(LONGEST_WAIT, Math.max(gap, answer.wait)));
    }
    return answer;
  }

  return {
    async ask(name, signal, question) {
      const server = serverOf(name);
      const refused = refusal<never>(server);
      if (refused !== null) return refused;
      if (server.waiting >= MOST_WAITING) return { ok: false, why: 'too many questions wait for it', wait: null };
      server.waiting++;
      const turn = server.last.then(() => carryOut(server, signal, question));
      server.last = turn;
      void turn.then(() => {
        server.waiting--;
      });
      // Who gives up does not wait for those before him.
      return orAborted(turn, signal);
    },
    alone: name => {
      const server = servers.get(name);
      return server === undefined || server.trouble === '' ? 0 : Math.max(0, server.free - clock());
    },
  };
}

/** What is promised, or that it was given up, whichever comes first. */
function orAborted<T>(promise: Promise<Asked<T>>, signal: AbortSignal): Promise<Asked<T>> {
  return new Promise(resolve => {
    const end = () => resolve({ ok: false, why: 'given up', wait: null });
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    void promise.then(answer => {
      signal.removeEventListener('abort', end);
      resolve(answer);
    });
  });
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
