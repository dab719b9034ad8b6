/**
 * Serves the command set on a Unix socket. A client is bounded in every way it can grow: length of a line, requests in
 * flight, and octets waiting for it, for whoever has an answer to send waits until the client has taken the last one.
 */
import { createServer, type Socket } from 'node:net';
import type { SocketConfig } from '../config/tree.ts';
import { listenUnix, whoAsks } from '../net/unix-socket.ts';
import { writeDrained } from '../net/write-drained.ts';
import { carryOut } from './carry-out.ts';
import { commandName, complete, resolveCommand } from './commands.ts';
import type { Daemon } from './daemon.ts';
import { looksOnly } from './levels.ts';
import { readLines } from './lines.ts';
import {
  type CommandRequest,
  type CompleteRequest,
  type ControlReply,
  decodeRequest,
  encodeReply,
  MAX_REQUEST_OCTETS,
} from './protocol.ts';

/** Most clients at once, and most requests of one client being answered at once. */
export const MAX_CLIENTS = 64;
export const MAX_IN_FLIGHT = 16;

export type ControlLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  text: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Milliseconds after which a client that asks nothing gives its place to another where there is none left. */
const IDLE = 10_000;

/** What a client is doing. */
interface Doing {
  /** Its requests that are being answered. */
  readonly inFlight: Map<number, AbortController>;
  /** When its last request was answered; by a monotonic clock, ms. */
  idleSince: number;
}

export interface ControlOptions {
  readonly socket: SocketConfig;
  /** Those who connect here may look, and do nothing else. */
  readonly reader?: boolean;
  readonly daemon: Daemon;
  readonly log: ControlLog;
  /** How long a client may keep its place and ask nothing where others want it, ms. */
  readonly idle?: number;
}

/** The served socket. `close` cancels what is being answered, ends every client and removes the socket. */
export interface ControlServer {
  close(): Promise<void>;
}

/** Opens the control socket; rejects as `listenUnix` does. */
export async function openControl({
  socket,
  reader = false,
  daemon,
  log,
  idle = IDLE,
}: ControlOptions): Promise<ControlServer> {
  const clients = new Map<Socket, Doing>();
  let refused = 0;
  /** Takes the place of the client that has asked nothing for the longest time; false: all are at work. */
  const makeRoom = (): boolean => {
    const waiting = [...clients].filter(
      ([, { inFlight, idleSince }]) => inFlight.size === 0 && idleSince + idle <= performance.now(),
    );
    const [longest] = waiting.toSorted(([, a], [, b]) => a.idleSince - b.idleSince);
    if (longest === undefined) return false;
    const [client] = longest;
    clients.delete(client);
    client.end(encodeReply({ id: 0, end: true, error: 'others wanted the place of this idle client', kind: 'failed' }));
    setTimeout(() => client.destroy(), 1000).unref();
    return true;
  };
  // Half-open: a client that has said all it wants may shut its side and still read the answers.
  const server = createServer({ allowHalfOpen: true }, client => {
    client.on('error', error => log('debug', 'control client lost', { error: error.message }));
    if (clients.size >= MAX_CLIENTS && !makeRoom()) {
      refused++;
      // Once for each doubling: a flood of clients must not become a flood of log lines.
      if ((refused & (refused - 1)) === 0) log('warn', 'too many control clients', { limit: MAX_CLIENTS, refused });
      client.end(encodeReply({ id: 0, end: true, error: `too many clients: ${MAX_CLIENTS}`, kind: 'failed' }));
      // Its octets are never read; it is gone once it has had the time to read why.
      setTimeout(() => client.destroy(), 1000).unref();
      return;
    }
    const doing: Doing = { inFlight: new Map(), idleSince: performance.now() };
    clients.set(client, doing);
    client.on('close', () => clients.delete(client));
    serve(client, { daemon, log, reader }, doing).catch(error => {
      log('debug', 'control client ended', { error: String(error) });
      client.destroy();
    });
  });
  await listenUnix(server, socket, reader ? 'reader socket' : 'control socket');
  server.on('error', error => log('error', 'control socket', { error: error.message }));
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        for (const client of clients.keys()) client.destroy();
      }),
  };
}

async function serve(
  client: Socket,
  { daemon, log, reader }: { readonly daemon: Daemon; readonly log: ControlLog; readonly reader: boolean },
  doing: Doing,
): Promise<void> {
  const { inFlight } = doing;
  const gone = new AbortController();
  const by = whoAsks(client);
  // Each request in flight may wait for room.
  client.setMaxListeners(MAX_IN_FLIGHT + 8);
  client.on('close', () => {
    gone.abort();
    for (const request of inFlight.values()) request.abort();
  });
  const send = (reply: ControlReply): Promise<void> => writeDrained(client, encodeReply(reply), gone.signal);
  const running = new Set<Promise<void>>();
  for await (const line of readLines(client.iterator({ destroyOnReturn: false }), MAX_REQUEST_OCTETS)) {
    if ('tooLong' in line) {
      const error = `line longer than ${MAX_REQUEST_OCTETS} octets: it is not read`;
      await send({ id: 0, end: true, error, kind: 'usage' });
      continue;
    }
    if (line.text === '') continue;
    const decoded = decodeRequest(line.text);
    if ('error' in decoded) {
      await send({ id: decoded.id, end: true, error: decoded.error, kind: 'usage' });
      continue;
    }
    const request = decoded.request;
    if ('cancel' in request) {
      inFlight.get(request.cancel)?.abort();
      continue;
    }
    const error = inFlight.has(request.id)
      ? `request ${request.id} is still being answered`
      : inFlight.size >= MAX_IN_FLIGHT
        ? `more than ${MAX_IN_FLIGHT} requests at once`
        : null;
    if (error !== null) {
      await send({ id: request.id, end: true, error, kind: 'failed' });
      continue;
    }
    const abort = new AbortController();
    inFlight.set(request.id, abort);
    const done: Promise<void> = answer(
      request,
      { daemon, by, reader },
      abort.signal,
      send,
      () => client.writableNeedDrain,
    )
      .catch(reason => log('debug', 'control answer lost', { error: String(reason) }))
      .finally(() => {
        inFlight.delete(request.id);
        doing.idleSince = performance.now();
        running.delete(done);
      });
    running.add(done);
  }
  // The client will say no more. One that went away altogether shows by this empty line failing, and is cancelled.
  if (running.size > 0) client.write('\n');
  await Promise.all(running);
  client.end();
}

/** Carries out one request and sends its answer, which always has exactly one end. */
async function answer(
  request: CommandRequest | CompleteRequest,
  { daemon, by, reader }: { readonly daemon: Daemon; readonly by: string; readonly reader: boolean },
  signal: AbortSignal,
  send: (reply: ControlReply) => Promise<void>,
  full: () => boolean,
): Promise<void> {
  const { id } = request;
  if ('complete' in request) {
    const found = await complete(daemon, request.complete);
    if ('error' in found) return await send({ id, end: true, ...found, kind: 'usage' });
    for (const row of found) await send({ id, row });
    return await send({ id, end: true, command: 'complete' });
  }
  const resolved = resolveCommand(request.words);
  if ('error' in resolved) return await send({ id, end: true, ...resolved, kind: 'usage' });
  if (reader && !looksOnly(resolved.entry)) {
    const error = 'this socket is for looking only: connect to the control socket to do something';
    return await send({ id, end: true, error, kind: 'failed' });
  }
  if (request.looking && (!looksOnly(resolved.entry) || resolved.entry.live)) {
    const error = resolved.entry.live
      ? `\`${commandName(resolved.entry)}\` shows what happens as it happens: it is not watched`
      : `\`${commandName(resolved.entry)}\` does something: only commands that look can be watched`;
    return await send({ id, end: true, error, kind: 'usage' });
  }
  const { data } = request;
  const outcome = await carryOut(
    daemon,
    { resolved, by, signal, ...(data !== undefined && { data }) },
    {
      begin: async command => {
        const { long, live } = command;
        if (long) await send({ id, begin: true, command: commandName(command), ...(live && { live }) });
      },
      row: row => send({ id, row }),
      partial: row => {
        if (!full()) send({ id, row, partial: true }).catch(() => {});
      },
    },
  );
  switch (outcome.how) {
    case 'failed':
      return await send({ id, end: true, error: outcome.error, kind: 'failed' });
    case 'cancelled':
      return await send({ id, end: true, error: 'cancelled', kind: 'failed' });
    case 'done':
      return await send({
        id,
        end: true,
        command: outcome.name,
        ...(outcome.command.one ? { one: true } : {}),
        ...(outcome.notes.length > 0 ? { notes: outcome.notes } : {}),
        ...(outcome.want === null ? {} : { want: { packets: outcome.want } }),
      });
  }
}
