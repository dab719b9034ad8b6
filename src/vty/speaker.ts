/**
 * The least BGP speaker that may announce: it dials, agrees on a session, sends what it is given, and keeps the session
 * up. It is of the tool that plays archives, and no part of the daemon, whose sessions cannot send an UPDATE.
 */
import { connect } from 'node:net';
import { isSessionError, type SessionError, sessionError } from '../bgp/errors.ts';
import {
  createFramer,
  encodeMessage,
  HEADER_LENGTH,
  KEEPALIVE,
  MAX_EXTENDED_LENGTH,
  NOTIFICATION,
  OPEN,
} from '../bgp/message.ts';
import { type Negotiated, negotiate } from '../bgp/negotiate.ts';
import {
  ADMINISTRATIVE_SHUTDOWN,
  CEASE,
  decodeNotification,
  encodeNotification,
  formatNotification,
} from '../bgp/notification.ts';
import { decodeOpen, encodeOpen, localOpen } from '../bgp/open.ts';
import { parseAddress, plainAddress } from '../net/address.ts';

export interface SpeakerOptions {
  readonly host: string;
  readonly port: number;
  /** Address to dial from; the kernel's choice without it. */
  readonly from?: string;
  readonly as: number;
}

export interface Speaker {
  readonly negotiated: Negotiated;
  /** Sends a whole message. False: wait for `drained` before the next. */
  send(message: Uint8Array): boolean;
  /** Resolves when the peer has room, or is gone. */
  drained(): Promise<void>;
  /** Resolves with the reason when the session has ended; '' when `close` ended it. */
  readonly ended: Promise<string>;
  /** Sends what was given, then Cease/Administrative Shutdown, and waits for the end. */
  close(): Promise<void>;
}

/** Offered, seconds. */
const HOLD_TIME = 180;
/** How long both OPENs and the first KEEPALIVE may take, milliseconds. */
const OPEN_WAIT = 30_000;
/** How long the peer may take to close, milliseconds. */
const LINGER = 2000;

/** The identifier of a speaker on this address: its own four octets, or the last four of an IPv6 address. */
function identifierOf(address: string): string {
  const bytes = parseAddress(address)?.bytes.slice(-4) ?? new Uint8Array(4);
  return bytes.some(octet => octet !== 0) ? bytes.join('.') : '192.0.2.1';
}

/** Opens a session. Resolves when it is Established; rejects with the reason, the peer's NOTIFICATION included. */
export function openSpeaker({ host, port, from, as }: SpeakerOptions): Promise<Speaker> {
  const socket = connect({ host, port, ...(from !== undefined && { localAddress: from }), noDelay: true });
  const established = Promise.withResolvers<Speaker>();
  const ended = Promise.withResolvers<string>();
  let ours: ReturnType<typeof localOpen> | null = null;
  let negotiated: Negotiated | null = null;
  let heard = performance.now();
  let limit = OPEN_WAIT;
  let over = false;
  let keepalives: NodeJS.Timeout | undefined;

  const watch = setInterval(() => {
    if (performance.now() - heard > limit) fail(sessionError(4, 0, `nothing heard for ${limit / 1000} s`));
  }, 1000);

  function finish(reason: string): void {
    if (over) return;
    over = true;
    clearInterval(watch);
    clearInterval(keepalives);
    established.reject(new Error(reason));
    ended.resolve(reason);
    socket.end();
    setTimeout(() => socket.destroy(), LINGER).unref();
  }
  function fail(error: SessionError): void {
    if (socket.writable) socket.write(encodeNotification(error));
    finish(`sent ${formatNotification(error)}`);
  }

  /** Answers the peer's OPEN with a KEEPALIVE, or says why not. */
  function receiveOpen(buffer: Uint8Array, start: number, end: number): SessionError | null {
    const open = decodeOpen(buffer, start, end);
    if (isSessionError(open)) return open;
    const addresses = {
      localAddress: plainAddress(socket.localAddress),
      remoteAddress: plainAddress(socket.remoteAddress),
    };
    const agreed = negotiate(ours!, open, { as: open.as }, addresses);
    if (isSessionError(agreed)) return agreed;
    if (!agreed.as4) return sessionError(CEASE, 0, 'the peer does not speak 4-octet AS numbers');
    negotiated = agreed;
    if (agreed.extendedMessage) framer.setMaxLength(MAX_EXTENDED_LENGTH);
    limit = agreed.holdTime === 0 ? Number.POSITIVE_INFINITY : agreed.holdTime * 1000;
    socket.write(encodeMessage(KEEPALIVE));
    if (agreed.holdTime > 0) {
      keepalives = setInterval(() => socket.write(encodeMessage(KEEPALIVE)), (agreed.holdTime * 1000) / 3);
    }
    return null;
  }

  const framer = createFramer((type, buffer, start, end) => {
    heard = performance.now();
    if (type === NOTIFICATION) {
      const error = decodeNotification(buffer, start + HEADER_LENGTH, end);
      finish(`the peer sent ${formatNotification(error)}`);
    } else if (type === OPEN && negotiated === null) {
      const error = receiveOpen(buffer, start + HEADER_LENGTH, end);
      if (error !== null) fail(error);
    } else if (type === KEEPALIVE && negotiated !== null) established.resolve(speaker(negotiated));
    return !over;
  });

  const speaker = (agreed: Negotiated): Speaker => ({
    negotiated: agreed,
    send: message => (over ? true : socket.write(message)),
    drained: () =>
      over || !socket.writableNeedDrain
        ? Promise.resolve()
        : new Promise<void>(resolve => {
            socket.once('drain', resolve);
            socket.once('close', resolve);
          }),
    ended: ended.promise,
    async close() {
      if (over) return;
      const reason = sessionError(CEASE, ADMINISTRATIVE_SHUTDOWN, 'the archive is played');
      await new Promise<void>(resolve => socket.write(encodeNotification(reason), () => resolve()));
      finish('');
    },
  });

  socket.on('connect', () => {
    const routerId = identifierOf(plainAddress(socket.localAddress));
    ours = localOpen({ localAs: as, routerId, holdTime: HOLD_TIME, ipv4: true, ipv6: true });
    socket.write(encodeOpen(ours));
  });
  socket.on('data', chunk => {
    const error = over ? null : framer.push(chunk);
    if (error !== null) fail(error);
  });
  socket.on('error', error => finish(error.message));
  socket.on('close', () => finish('the peer closed the connection'));
  established.promise.catch(() => {});
  return established.promise;
}
