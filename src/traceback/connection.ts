/** One connection with a peer's ITM: drives the state machine of traceback/session.ts by a TLS socket and two timers. */
import type { Socket } from 'node:net';
import { frameReader } from '../net/frames.ts';
import { type Bucket, takeToken } from '../net/rate.ts';
import type { RefusalKind } from './refusals.ts';
import { type SessionEvent, type SessionState, stepSession } from './session.ts';
import { MAX_REASON } from './statement.ts';
import {
  type Answer,
  CODES,
  type Code,
  encodeMessage,
  MAX_FRAME,
  type Message,
  type Open,
  type Query,
  readMessage,
  type Told,
} from './wire.ts';

/** ALPN protocol name (RFC 7301). */
export const PROTOCOL = 'intertrack/1';
/** Octets that may wait for a peer that does not read. */
const MAX_UNSENT = 4 * 1024 * 1024;
/**
 * Octets a second of what nobody asked for, beside QUERYs, which have a rate of their own: at once the records of a
 * large federation. Each message counts for so many at least, for to read the shortest costs time too.
 */
const UNASKED = 2 ** 20;
const UNASKED_AT_ONCE = 2 ** 25;
const LEAST_COUNTED = 1024;
/** How long a closed connection may take to say its last words, ms. */
const LINGER = 1000;

export type Request = Query | Answer | Told | Extract<Message, { type: 'cancel' }>;

/** How the reason of an end by the peer's NOTIFICATION begins. */
export const PEER_SAYS = 'peer says ';

/** Why this side ends a connection. */
export interface Fault {
  readonly code: Code;
  readonly text: string;
  /** What of the peer is refused by it, where that is not what the code says (`refusalOf`); null: it is told already. */
  readonly refusal?: RefusalKind | null;
}

/** What a fault refuses of the peer; null where it refuses nothing, for this side just ends the connection. */
export function refusalOf({ code, refusal }: Fault): RefusalKind | null {
  if (refusal !== undefined) return refusal;
  switch (code) {
    case 'malformed':
    case 'unsupported':
    case 'unexpected':
    case 'limit':
      return code;
    case 'bad-open':
      return 'open';
    default:
      return null;
  }
}

export interface Connection {
  /** True where this side dialled. */
  readonly dialled: boolean;
  state(): SessionState;
  /** Sends when Established; false otherwise. */
  send(message: Request): boolean;
  end(fault: Fault): void;
}

/** What a connection tells its peering. `end` comes exactly once and last; `cut`: neither side meant to end what was in work. */
export interface ConnectionEvents {
  /** The peer's OPEN; a fault refuses it. */
  open(open: Open, connection: Connection): Fault | null;
  established(connection: Connection): void;
  request(request: Request, connection: Connection): void;
  /** True when a QUERY of this id waits for ANSWERs. */
  waits(id: number): boolean;
  end(reason: string, connection: Connection, cut: boolean): void;
  /** This side ends the connection for this. Comes before `end`. */
  fault(fault: Fault): void;
}

/** NOTIFICATIONs that end a connection and not what is in work on it (intertrack-protocol(7), RESTART). */
const CUTTING: readonly number[] = [CODES['hold-expired'], CODES.collision];

/**
 * Runs a session over a socket whose TLS is up and whose peer is identified. `open` is this side's OPEN; `patience` is how
 * long, in ms, the peer's OPEN may take. From then on the smaller hold time of both rules.
 */
export function runConnection(
  socket: Socket,
  options: { readonly dialled: boolean; readonly open: Open; readonly patience: number },
  events: ConnectionEvents,
): Connection {
  let state: SessionState = 'Connect';
  let hold = options.patience;
  let holdTimer: NodeJS.Timeout | undefined;
  let keepaliveTimer: NodeJS.Timeout | undefined;
  let fault: Fault | null = null;
  /** Code of the NOTIFICATION that ends the connection, sent or received. */
  let ends: number | null = null;

  let corked = false;
  /** What is said at one time goes out together: a record of TLS and a system call for each message cost more than the message. */
  const gather = () => {
    if (corked) return;
    corked = true;
    socket.cork();
    queueMicrotask(() => {
      corked = false;
      socket.uncork();
    });
  };
  const transmit = (message: Message) => {
    if (!socket.writable) return;
    gather();
    socket.write(encodeMessage(message));
    if (socket.writableLength > MAX_UNSENT) raise({ code: 'limit', text: 'does not read what it asked for' });
  };

  /** Steps the machine and does what it says. `reason` is told when this step ends the connection. */
  const step = (event: SessionEvent, reason: string, request?: Request) => {
    const [next, actions] = stepSession(state, event);
    state = next;
    for (const action of actions) {
      // An action may have ended the connection.
      if (state !== next) return;
      if (action === 'send-open') transmit(options.open);
      else if (action === 'send-keepalive') transmit({ type: 'keepalive' });
      else if (action === 'established') events.established(connection);
      else if (action === 'deliver') events.request(request!, connection);
      else if (action === 'hold') {
        clearTimeout(holdTimer);
        const begun = next === 'Established' ? null : ({ refusal: 'slow' } as const);
        const why = { code: 'hold-expired', text: `nothing heard for ${hold} ms`, ...begun } as const;
        holdTimer = setTimeout(() => raise(read.isWithin() ? { ...why, refusal: 'slow' } : why), hold);
      } else if (action === 'notify') {
        fault ??= { code: 'unexpected', text: reason };
        events.fault(fault);
        ends = CODES[fault.code];
        transmit({ type: 'notification', code: CODES[fault.code], text: printable(fault.text) });
      } else finish(fault === null ? reason : `${fault.code}: ${fault.text}`);
    }
  };

  const raise = (why: Fault) => {
    if (state === 'Idle') return;
    fault = why;
    step('fault', '');
  };

  const finish = (reason: string) => {
    clearTimeout(holdTimer);
    clearInterval(keepaliveTimer);
    // What still comes is read and thrown away: a reset would take the NOTIFICATION with it.
    socket.end();
    setTimeout(() => socket.destroy(), LINGER).unref();
    events.end(reason, connection, ends === null || CUTTING.includes(ends));
  };

  let unasked: Bucket | null = null;
  /** False when the peer sends far more than it was asked for. */
  const bears = (message: Message, octets: number): boolean => {
    if (message.type === 'query' || (message.type === 'answer' && events.waits(message.id))) return true;
    const cost = Math.max(LEAST_COUNTED, octets);
    const { bucket, taken } = takeToken(unasked, UNASKED, performance.now(), UNASKED_AT_ONCE, cost);
    unasked = bucket;
    return taken;
  };

  const receive = (message: Message) => {
    if (message.type === 'open') {
      const refused = state === 'OpenSent' ? events.open(message, connection) : null;
      if (refused !== null) return raise(refused);
      // The peering may have ended this connection in favour of another.
      if (state === 'OpenSent') {
        hold = Math.min(message.hold, options.open.hold) * 1000;
        keepaliveTimer = setInterval(() => step('keepalive-due', ''), hold / 3);
      }
      step('open', 'OPEN in the middle of a session');
    } else if (message.type === 'keepalive') step('keepalive', 'KEEPALIVE before OPEN');
    else if (message.type === 'notification') {
      ends ??= message.code;
      step('notification', `${PEER_SAYS}${describe(message)}`);
    } else step('request', `${message.type.toUpperCase()} before the session is up`, message);
  };

  const connection: Connection = {
    dialled: options.dialled,
    state: () => state,
    send(message) {
      if (state !== 'Established') return false;
      transmit(message);
      return true;
    },
    end: raise,
  };

  const read = frameReader(
    MAX_FRAME,
    (item, octets) => {
      if (state === 'Idle') return;
      const got = readMessage(item);
      if ('wrong' in got) raise({ code: got.code, text: `${got.at}: ${got.wrong}` });
      else if (bears(got.message, octets)) receive(got.message);
      else raise({ code: 'limit', text: 'sends far more than it was asked for' });
    },
    error =>
      raise({
        code: 'malformed',
        text: `frame ${error.frame + 1}, offset ${error.offset}: ${error.reason}`,
        ...(error.offset < 0 && { refusal: 'oversized' }),
      }),
  );
  // Questions are small and wait for answers: Nagle's algorithm and delayed ACKs would cost 40 ms a hop.
  socket.setNoDelay(true);
  socket.on('data', read);
  let transport = 'connection closed';
  socket.on('error', error => {
    transport = `connection lost: ${error.message}`;
  });
  socket.on('end', () => step('lost', transport));
  socket.on('close', () => step('lost', transport));
  // The caller must have the connection in hand before it speaks.
  queueMicrotask(() => step('up', ''));
  return connection;
}

/** Ends a connection whose peer is identified and not spoken to: the first and last word is a NOTIFICATION. */
export function turnAway(socket: Socket, { code, text }: Fault): void {
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.end(encodeMessage({ type: 'notification', code: CODES[code], text: printable(text) }));
  setTimeout(() => socket.destroy(), LINGER).unref();
}

function describe(notification: { readonly code: number; readonly text: string }): string {
  const name = Object.entries(CODES).find(([, code]) => code === notification.code)?.[0] ?? `code ${notification.code}`;
  return notification.text === '' ? name : `${name}: ${notification.text}`;
}

/** Text as a `reason` or NOTIFICATION may carry it: no control characters, at most 200 octets. */
export function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').toWellFormed();
  if (Buffer.byteLength(clean) <= MAX_REASON) return clean;
  return new TextDecoder().decode(Buffer.from(clean).subarray(0, MAX_REASON - 3)).replace(/\ufffd+$/, '');
}
