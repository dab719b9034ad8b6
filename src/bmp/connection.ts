import type { Socket } from 'node:net';
import { plainAddress } from '../net/address.ts';
import { readInTurns } from '../net/read-in-turns.ts';
import { type BmpError, formatBmpError } from './errors.ts';
import { createFramer, type OnMessage } from './framer.ts';

/** How long a router may take to say its first word, milliseconds. */
const FIRST_WORD = 30_000;
/** BMP has no keepalives: after so long a silence TCP asks whether the router is still there, milliseconds. */
const SILENCE = 60_000;

/** What a connection tells its owner. Nothing is called after `close` or `lost`. */
export interface RouterEvents {
  readonly message: OnMessage;
  /** The router closed the connection, it broke, or what came over it was no BMP. */
  readonly lost: (reason: string) => void;
}

/** A connection that a router opened. It is only read from. */
export interface RouterConnection {
  readonly address: string;
  /** Stops reading from the kernel, and starts again: back-pressure reaches the router by TCP. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Puts the framer on a router's socket. `firstWord` is how long its first message may take, milliseconds. */
export function openRouter(socket: Socket, events: RouterEvents, firstWord = FIRST_WORD): RouterConnection {
  let open = true;
  const lose = (reason: string) => {
    if (!open) return;
    open = false;
    clearTimeout(waiting);
    socket.destroy();
    events.lost(reason);
  };
  const waiting = setTimeout(() => lose(`no message within ${firstWord / 1000} s`), firstWord);
  const framer = createFramer((type, buffer, start, end) => {
    clearTimeout(waiting);
    return events.message(type, buffer, start, end) && open;
  });
  socket.setKeepAlive(true, SILENCE);
  const reading = readInTurns(socket, chunk => {
    if (!open) return;
    const error: BmpError | null = framer.push(chunk);
    if (error !== null) lose(formatBmpError(error));
  });
  socket.on('error', error => lose(error.message));
  socket.on('end', () => lose('connection closed by the router'));
  socket.on('close', () => lose('connection closed'));

  return {
    address: plainAddress(socket.remoteAddress),
    pause: reading.pause,
    resume: reading.resume,
    close() {
      open = false;
      clearTimeout(waiting);
      socket.destroy();
    },
  };
}
