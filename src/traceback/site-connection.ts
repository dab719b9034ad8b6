/** One connection between the ITM of an AS and a site, from either end: frames, and who is silent for long is gone. */
import type { TLSSocket } from 'node:tls';
import { frameReader } from '../net/frames.ts';
import { printable } from './connection.ts';
import { encodeSiteMessage, readSiteMessage, SITE_FRAME, type SiteMessage } from './site-wire.ts';

/** How often an end says that it is there, and after how long a silent one is gone; ms. */
const ALIVE = 5_000;
const SILENCE = 15_000;
/** Octets that may wait for an end that does not read. */
const BACKLOG = 4 * SITE_FRAME;
/** How long a refused end may take to read why, ms. */
const LINGER = 1_000;

export interface SiteConnection {
  send(message: SiteMessage): void;
  /** Says why, and closes. */
  refuse(reason: string): void;
  close(): void;
}

export interface SiteConnectionEvents {
  hear(message: Exclude<SiteMessage, { type: 'alive' | 'refused' }>): void;
  /** The connection is over, with the reason in words; once, and last. */
  gone(reason: string): void;
}

/** Runs a connection whose other end has proved who it is. */
export function runSiteConnection(socket: TLSSocket, { hear, gone }: SiteConnectionEvents): SiteConnection {
  let reason = 'the connection was closed';
  let over = false;
  const end = (why: string) => {
    if (over) return;
    over = true;
    clearInterval(alive);
    gone(why);
  };
  const transmit = (message: SiteMessage) => {
    if (over || !socket.writable) return;
    socket.write(encodeSiteMessage(message));
    if (socket.writableLength > BACKLOG) socket.destroy(new Error('it does not read'));
  };
  const alive = setInterval(() => transmit({ type: 'alive' }), ALIVE).unref();
  const refuse = (why: string) => {
    transmit({ type: 'refused', reason: printable(why) });
    socket.end();
    setTimeout(() => socket.destroy(), LINGER).unref();
    end(why);
  };

  const read = frameReader(
    SITE_FRAME,
    item => {
      if (over) return;
      const got = readSiteMessage(item);
      if ('wrong' in got) return refuse(`${got.at}: ${got.wrong}`);
      const { message } = got;
      if (message.type === 'refused') {
        end(`it says: ${message.reason}`);
        socket.destroy();
      } else if (message.type !== 'alive') hear(message);
    },
    error => refuse(`frame ${error.frame + 1}, offset ${error.offset}: ${error.reason}`),
  );
  socket.setNoDelay(true);
  socket.setTimeout(SILENCE, () => socket.destroy(new Error('nothing is heard of it')));
  socket.on('data', read);
  socket.on('error', error => {
    reason = error.message;
  });
  socket.on('close', () => end(reason));
  return {
    send: transmit,
    refuse,
    close() {
      socket.destroy();
      end('closed here');
    },
  };
}
