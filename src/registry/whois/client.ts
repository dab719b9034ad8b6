/**
 * Asks other whois servers: in IRRd's manner on one connection, its queries sent without waiting for answers, or in RIPE's
 * with a connection for each. Answers, silence and lines are bounded; what goes wrong is told in words.
 */
import { connect, type Socket } from 'node:net';
import { type IrrdAnswer, irrdReader } from './irrd-answer.ts';
import { formatQuery, type IrrdQuery } from './query.ts';
import { type RipeAnswer, ripeReader } from './ripe-answer.ts';

/** A server, by name or address. */
export interface WhoisHost {
  readonly host: string;
  readonly port: number;
}

export interface ClientLimits {
  /** ms without an octet, while there is something to be answered. */
  readonly silence: number;
  /** ms that a connection may last. */
  readonly total: number;
  /** Octets of an answer. */
  readonly most: number;
}

/** `!a` and `!i…,1` take minutes at large servers, and answers have 20 MB (IRRd's documentation). */
export const CLIENT_LIMITS: ClientLimits = { silence: 60_000, total: 900_000, most: 64 * 2 ** 20 };

/** What this client calls itself. */
const NAME = 'InterTrack';

export const hostText = ({ host, port }: WhoisHost): string => `${host} port ${port}`;

/**
 * A connection whose reading has begun. `broken` is called once, in words, when nothing more can come of it; `closed`: since
 * the server has ended it in good order.
 */
function open(
  server: WhoisHost,
  { silence, total }: ClientLimits,
  take: (chunk: Buffer) => string | null,
  broken: (why: string, closed: boolean) => void,
  signal?: AbortSignal,
): Socket {
  const socket = connect({ host: server.host, port: server.port, signal });
  let over = false;
  const end = (why: string, closed = false) => {
    if (over) return;
    over = true;
    clearTimeout(last);
    socket.destroy();
    broken(`whois ${hostText(server)}: ${why}`, closed);
  };
  const last = setTimeout(() => end(`it goes on for ${total / 1000} s`), total);
  socket.setTimeout(silence, () => end(`no answer for ${silence / 1000} s`));
  socket.on('data', chunk => {
    const why = take(chunk);
    if (why !== null) end(why);
  });
  socket.on('error', error => end(error.name === 'AbortError' ? 'given up' : error.message));
  socket.on('end', () => end('the server closed the connection', true));
  socket.on('close', () => clearTimeout(last)); // also where it was us who closed
  return socket;
}

export interface IrrdClient {
  /** Rejects in words when the connection is lost, or what comes is no answer. */
  ask(query: IrrdQuery): Promise<IrrdAnswer>;
  close(): void;
}

/** A connection in IRRd's manner. What cannot be connected to is told by the first answer. */
export function irrdClient(server: WhoisHost, limits: ClientLimits = CLIENT_LIMITS, signal?: AbortSignal): IrrdClient {
  const waiting: PromiseWithResolvers<IrrdAnswer>[] = [];
  let lost: Error | null = null;
  const reader = irrdReader(answer => waiting.shift()?.resolve(answer), limits.most);

  function take(chunk: Buffer): string | null {
    return waiting.length === 0 ? 'it says something that was not asked' : reader.push(chunk);
  }
  const socket = open(
    server,
    limits,
    take,
    why => {
      lost = new Error(reader.end() === null || waiting.length === 0 ? why : `${why}, within an answer`);
      for (const one of waiting.splice(0)) one.reject(lost);
    },
    signal,
  );

  function ask(query: IrrdQuery): Promise<IrrdAnswer> {
    if (lost !== null) return Promise.reject(lost);
    const one = Promise.withResolvers<IrrdAnswer>();
    waiting.push(one);
    socket.write(`${formatQuery(query)}\n`);
    return one.promise;
  }

  socket.write(`${formatQuery({ kind: 'keep-open' })}\n`); // which has no answer
  // Whether it likes the name does not matter; that it cannot be reached, the next answer tells as well.
  ask({ kind: 'identify', client: NAME }).catch(() => {});
  return {
    ask,
    close() {
      lost ??= new Error(`whois ${hostText(server)}: closed`);
      socket.end(`${formatQuery({ kind: 'quit' })}\n`);
      socket.setTimeout(1000, () => socket.destroy());
    },
  };
}

/** Asks one question in RIPE's manner (`-x 192.0.2.0/24`, without its newline); rejects in words. */
export function askRipe(
  server: WhoisHost,
  line: string,
  limits: ClientLimits = CLIENT_LIMITS,
  signal?: AbortSignal,
): Promise<RipeAnswer> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const reader = ripeReader(answer => {
      answered = true;
      resolve(answer);
      socket.destroy();
    }, limits.most);
    const socket = open(
      server,
      limits,
      chunk => reader.push(chunk),
      (why, closed) => {
        if (closed) reader.end(); // the end of the connection is that of the answer
        if (!answered) reject(new Error(why));
      },
      signal,
    );
    socket.write(`${line}\r\n`);
  });
}

/** The serial of each source that a server has, by `!J`, or `!j` where that is not known; rejects in words. */
export async function serialsOf(client: IrrdClient): Promise<ReadonlyMap<string, number | null>> {
  const status = await client.ask({ kind: 'status', sources: null });
  if (status.kind === 'data') {
    const serials = serialsInJson(status.data.toString('utf8'));
    if (serials !== null) return serials;
  }
  const plain = await client.ask({ kind: 'serials', sources: null });
  if (plain.kind === 'error') throw new Error(plain.message);
  return serialsInLines(plain.kind === 'data' ? plain.data.toString('utf8') : '');
}

function serialsInJson(text: string): ReadonlyMap<string, number | null> | null {
  try {
    const all: unknown = JSON.parse(text);
    if (typeof all !== 'object' || all === null) return null;
    return new Map(
      Object.entries(all).map(([name, row]: [string, { serial_newest_mirror?: unknown } | null]) => {
        const serial = row?.serial_newest_mirror;
        return [name.toUpperCase(), typeof serial === 'number' ? serial : null];
      }),
    );
  } catch {
    return null;
  }
}

/** `JPIRR:Y:0-4711:4000`: name, journal, first and last serial; `X` is a source that is not there. */
function serialsInLines(text: string): ReadonlyMap<string, number | null> {
  const serials = new Map<string, number | null>();
  for (const line of text.split('\n')) {
    const [name = '', journal, range = ''] = line.trim().split(':');
    if (name === '' || journal === 'X') continue;
    const last = /^\d+-(\d{1,15})$/.exec(range)?.[1];
    serials.set(name.toUpperCase(), last === undefined ? null : Number(last));
  }
  return serials;
}
