import type { Socket } from 'node:net';
import { plainAddress } from '../net/address.ts';
import { readInTurns } from '../net/read-in-turns.ts';
import { unacknowledged } from '../net/tcp-options.ts';
import type { SessionError } from './errors.ts';
import { createFramer, MAX_EXTENDED_LENGTH, type OnAhead, type OnMessage } from './message.ts';

/** How long a closed connection may take to flush its last message before it is torn down, milliseconds. */
const LINGER = 2000;

/** What a connection tells the session that owns it. Nothing is called after `close`. */
export interface ConnectionEvents {
  readonly connected: () => void;
  /** Octets have come; the messages that they complete follow. */
  readonly came: () => void;
  readonly ahead?: OnAhead;
  readonly message: OnMessage;
  /** A header is bad (RFC 4271 section 6.1); `message` is what came of its message. */
  readonly headerError: (error: SessionError, message: Uint8Array) => void;
  /** The connection could not be made, was reset, or was closed by the peer. */
  readonly lost: (reason: string) => void;
}

/** One TCP connection that carries BGP messages. */
export interface Connection {
  readonly localAddress: () => string;
  readonly remoteAddress: () => string;
  send(message: Uint8Array): void;
  /** From now on the peer may send messages of up to 65535 octets (RFC 8654). */
  takeExtendedMessages(): void;
  /** Octets sent so far, and how many of them the peer's TCP has not taken yet. */
  progress(): { readonly sent: number; readonly waiting: number };
  /** Stops reading from the kernel, and starts again: back-pressure reaches the peer by TCP. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes; what still arrives is thrown away. Resolves when the socket is gone. */
  close(): Promise<void>;
}

/** Puts the framer on a socket, connected or still connecting. */
export function openConnection(socket: Socket, events: ConnectionEvents): Connection {
  let open = true;
  const framer = createFramer(
    (type, buffer, start, end) => events.message(type, buffer, start, end) && open,
    events.ahead,
  );
  const lose = (reason: string) => {
    if (!open) return;
    open = false;
    events.lost(reason);
  };
  socket.setNoDelay(true);
  socket.on('connect', () => open && events.connected());
  const reading = readInTurns(socket, chunk => {
    if (!open) return;
    events.came();
    const error = framer.push(chunk);
    if (error !== null && open) events.headerError(error, framer.refused());
  });
  socket.on('error', error => lose(error.message));
  socket.on('end', () => lose('connection closed by the peer'));
  socket.on('close', () => lose('connection closed'));

  return {
    localAddress: () => plainAddress(socket.localAddress),
    remoteAddress: () => plainAddress(socket.remoteAddress),
    send: message => void (socket.writable && socket.write(message)),
    takeExtendedMessages: () => framer.setMaxLength(MAX_EXTENDED_LENGTH),
    progress: () => ({
      sent: socket.bytesWritten,
      waiting: socket.writableLength + unacknowledged(socket),
    }),
    pause: reading.pause,
    resume: reading.resume,
    close() {
      open = false;
      if (socket.destroyed) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      // Closing with unread octets makes the kernel reset the connection, and the peer would lose our NOTIFICATION.
      const linger = setTimeout(() => socket.destroy(), LINGER);
      socket.on('close', () => {
        clearTimeout(linger);
        resolve();
      });
      if (socket.connecting) socket.destroy();
      else {
        reading.resume();
        socket.end();
      }
      return promise;
    },
  };
}
