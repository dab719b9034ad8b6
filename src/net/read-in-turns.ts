/**
 * Sockets that are read in turns. Node reads one that always has octets thirty-two times before it looks at the next: two
 * megabytes, which is fifty milliseconds of routes. With sixteen peers that send as fast as they can, a question or a
 * KEEPALIVE then waits for seconds. Here a socket whose chunk was full lets all others go first.
 */
import type { Socket } from 'node:net';

/** Octets that libuv asks the kernel for at a time: a chunk of so many had more behind it. */
const FULL = 65536;

export interface Reading {
  /** Stops reading from the kernel, and starts again: back-pressure reaches the peer by TCP. */
  pause(): void;
  resume(): void;
}

/** Calls `take` with each chunk that comes, at most one full one in a turn of the event loop. */
export function readInTurns(socket: Socket, take: (chunk: Buffer) => void): Reading {
  let held = false;
  const goOn = () => {
    if (!held) socket.resume();
  };
  socket.on('data', (chunk: Buffer) => {
    take(chunk);
    if (chunk.length < FULL || held || socket.destroyed) return;
    socket.pause();
    setImmediate(goOn);
  });
  return {
    pause() {
      held = true;
      socket.pause();
    },
    resume() {
      held = false;
      socket.resume();
    },
  };
}
