/**
 * One client's connection: lines in, answers out, in their order and one at a time. Nothing is read while an answer is made
 * or sent, so that TCP holds back who asks faster than it is answered, or takes slower than it is told.
 */
import type { Socket } from 'node:net';
import { type Bucket, takeToken } from '../../net/rate.ts';
import type { Answer } from './answer.ts';
import { IRRD_EMPTY, IRRD_NOT_FOUND, IRRD_TAIL, irrdError, irrdHead } from './irrd-answer.ts';
import { MAX_QUERY, parseQuery, type Query, type QueryError } from './query.ts';
import { RIPE_END, RIPE_NOT_FOUND, ripeError } from './ripe-answer.ts';
import { afterQuery, NEW_SESSION, type Session } from './session.ts';

/** What befell clients, counted from the start of the daemon. */
export interface WhoisCounts {
  /** Connections that were taken. */
  connections: number;
  queries: number;
  /** Octets of answers. */
  octets: number;
  /** Queries that were not understood, or could not be answered. */
  errors: number;
  /** Answers that would have been too large. */
  large: number;
  /** Queries that waited since too many came in a second. */
  delayed: number;
  /** Connections closed: not allowed. */
  refused: number;
  /** Too many at all. */
  full: number;
  /** Too many from one address. */
  crowded: number;
  /** Connections ended: nothing said for too long. */
  idle: number;
  /** Nothing taken for too long. */
  slow: number;
  /** A query without end. */
  long: number;
  /** Lost its data meanwhile. */
  changed: number;
}

export interface ConnectionLimits {
  readonly idleTimeout: number;
  /** Queries a second. */
  readonly rate: number;
}

export interface WhoisPort {
  readonly limits: () => ConnectionLimits;
  readonly counts: WhoisCounts;
  /** Names of the sources there are, upper case. */
  readonly sources: () => readonly string[];
  readonly answer: (query: Query, session: Session, signal: AbortSignal) => Promise<Answer>;
  /** As of turns.ts. */
  readonly pause: () => Promise<void> | null;
  /** An answer was too large, the client too slow and the like: for the log. */
  readonly say: (what: string) => void;
  readonly closed: () => void;
}

/** Row of `show whois`. */
export interface ClientRow {
  readonly address: string;
  /** What it calls itself; empty when it did not say. */
  readonly client: string;
  /** ms since the epoch. */
  readonly since: number;
  readonly queries: number;
  readonly octets: number;
  /** What it is at. */
  readonly state: 'waiting' | 'answering' | 'sending';
}

export interface WhoisConnection {
  readonly row: () => ClientRow;
  close(): void;
}

/** Octets gathered before they are written; a client must take so many in the time that it has. */
const GATHERED = 64 * 1024;
const LF = 0x0a;
const CR = 0x0d;

/** Serves a client until it goes, or is made to. `address` is where it comes from. */
export function serveClient(socket: Socket, address: string, port: WhoisPort): WhoisConnection {
  const since = Date.now();
  const { counts } = port;
  /** Aborts when the client is gone. */
  const away = new AbortController();
  let session: Session = NEW_SESSION;
  let state: ClientRow['state'] = 'waiting';
  let queries = 0;
  let octets = 0;
  let bucket: Bucket | null = null;
  /** Octets that have come and are not answered yet. */
  let rest: Buffer = Buffer.alloc(0);
  let busy = false;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  /** Answers that are not written yet. */
  let gathered: Buffer[] = [];
  let size = 0;

  const gone = () => socket.destroyed || socket.writableEnded;

  function expire(after: number, then: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(then, after).unref();
  }

  /** Ends the connection when all that was written has been taken, or the time for it is over. */
  function finish(): void {
    write();
    if (!gone()) socket.end();
    socket.resume(); // to see the end that the client sends
    expire(port.limits().idleTimeout, () => socket.destroy());
  }

  function cut(why: 'idle' | 'slow' | 'changed', words: string): void {
    counts[why]++;
    port.say(`${address}: closed: ${words}`);
    socket.destroy();
  }

  function wait(): void {
    state = 'waiting';
    const after = session.timeout ?? port.limits().idleTimeout;
    // A query that does not come to its end counts as nothing said.
    expire(after, () => cut('idle', 'it said nothing for too long'));
  }

  function write(): void {
    if (size > 0 && !gone()) socket.write(gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered));
    gathered = [];
    size = 0;
  }

  function gather(bytes: Buffer | string): void {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    gathered.push(buffer);
    // What is small waits for more, but no longer than for other work to have its turn: answers are many and short.
    if (size === 0) setImmediate(write);
    size += buffer.length;
    octets += buffer.length;
    counts.octets += buffer.length;
  }

  /** Resolves when there is room for more, or the client is gone. */
  async function room(): Promise<void> {
    if (size >= GATHERED) write();
    if (gone() || !socket.writableNeedDrain) return;
    state = 'sending';
    await new Promise<void>(resolve => {
      const go = () => {
        socket.off('drain', go).off('close', go);
        resolve();
      };
      socket.on('drain', go).on('close', go);
      expire(port.limits().idleTimeout, () => cut('slow', 'it takes its answer too slowly'));
    });
    clearTimeout(timer);
  }

  async function send(answer: Answer, style: 'irrd' | 'ripe'): Promise<void> {
    const irrd = style === 'irrd';
    switch (answer.kind) {
      case 'silent':
        return;
      case 'empty':
        return gather(irrd ? IRRD_EMPTY : RIPE_NOT_FOUND);
      case 'not-found':
        return gather(irrd ? IRRD_NOT_FOUND : RIPE_NOT_FOUND);
      case 'error':
        counts.errors++;
        if (answer.large) {
          counts.large++;
          port.say(`${address}: ${answer.why}`);
        }
        return gather(irrd ? irrdError(answer.why) : ripeError(answer.why));
      case 'text':
        if (irrd) gather(irrdHead(answer.octets));
        for (const piece of answer.pieces()) {
          if (piece === null) return cut('changed', 'the registry changed while it was told');
          gather(piece);
          await room();
          // The text of the next piece is work as well.
          await port.pause();
          if (gone()) return;
        }
        gather(irrd ? IRRD_TAIL : RIPE_END);
    }
  }

  /** Waits for the client's turn when it asks faster than it may. */
  async function measured(): Promise<void> {
    for (let late = false; ; late = true) {
      const { rate } = port.limits();
      const took = takeToken(bucket, rate, performance.now());
      bucket = took.bucket;
      if (took.taken) return;
      if (!late) counts.delayed++;
      write();
      await new Promise(resolve => setTimeout(resolve, Math.max(5, 1000 / rate)));
      if (gone()) return;
    }
  }

  /** Answers one line. False: the connection ends behind it. */
  async function serve(line: string): Promise<boolean> {
    await measured();
    queries++;
    counts.queries++;
    state = 'answering';
    const query: Query | QueryError = parseQuery(line);
    if (query.kind === 'error') await send(query, query.style);
    else {
      const style = query.kind === 'ripe' ? 'ripe' : 'irrd';
      const next = afterQuery(session, query, port.sources());
      if (typeof next === 'string') await send({ kind: 'error', why: next }, style);
      else {
        session = next;
        if (query.kind === 'quit') return false;
        const answer = await port.answer(query, session, away.signal).catch((e: Error): Answer => {
          port.say(`${address}: cannot answer ${JSON.stringify(line)}: ${e.message}`);
          return { kind: 'error', why: 'An internal error occurred while processing this query.' };
        });
        await send(answer, style);
      }
    }
    await room();
    return session.keepOpen && !gone();
  }

  /** The next whole line, without its end; null when there is none yet, undefined when it is too long to be one. */
  function nextLine(): string | null | undefined {
    const lf = rest.indexOf(LF);
    if (lf > MAX_QUERY || (lf < 0 && rest.length > MAX_QUERY)) return undefined;
    // A last line without its end is a query as well.
    if (lf < 0 && !(ended && rest.length > 0)) return null;
    const end = lf < 0 ? rest.length : lf;
    const line = rest.toString('utf8', 0, end > 0 && rest[end - 1] === CR ? end - 1 : end);
    rest = rest.subarray(lf < 0 ? rest.length : lf + 1);
    return line;
  }

  async function work(): Promise<void> {
    if (busy || gone()) return;
    busy = true;
    clearTimeout(timer);
    socket.pause();
    for (;;) {
      const line = nextLine();
      if (line === null) break;
      if (line === undefined) {
        counts.long++;
        port.say(`${address}: closed: a query of more than ${MAX_QUERY} octets`);
        gather(irrdError(`a query has at most ${MAX_QUERY} octets`));
        return finish();
      }
      if (!(await serve(line))) return finish();
    }
    if (ended) return finish();
    busy = false;
    socket.resume();
    wait();
  }

  socket.on('data', (chunk: Buffer) => {
    if (gone() || busy) return; // it is ending: what comes is thrown away
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (rest.includes(LF) || rest.length > MAX_QUERY) void work();
  });
  socket.on('end', () => {
    ended = true;
    void work();
  });
  socket.on('close', () => {
    clearTimeout(timer);
    away.abort();
    port.closed();
  });
  wait();

  return {
    row: () => ({ address, client: session.client, since, queries, octets, state }),
    close: () => socket.destroy(),
  };
}
