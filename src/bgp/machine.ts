import type { Socket } from 'node:net';
import type { Clock } from './clock.ts';
import { type Connection, openConnection } from './connection.ts';
import { isSessionError, type SessionError, sessionError } from './errors.ts';
import { type Action, type Event, type State, step, unexpectedSubcode } from './fsm.ts';
import { type SessionEnd, sessionEnd } from './graceful-restart.ts';
import { encodeMessage, HEADER_LENGTH, KEEPALIVE, NOTIFICATION, OPEN, ROUTE_REFRESH, UPDATE } from './message.ts';
import type { Negotiated } from './negotiate.ts';
import { decodeNotification, encodeNotification, formatNotification } from './notification.ts';
import { decodeOpen, encodeOpen, type Open } from './open.ts';
import { decodeRouteRefresh, REFRESH_REQUEST, type RouteRefresh } from './route-refresh.ts';

/** Messages by type. */
export interface MessageCounts {
  open: number;
  update: number;
  notification: number;
  keepalive: number;
  routeRefresh: number;
}

export const noMessages = (): MessageCounts => ({ open: 0, update: 0, notification: 0, keepalive: 0, routeRefresh: 0 });

const COUNTED = [undefined, 'open', 'update', 'notification', 'keepalive', 'routeRefresh'] as const;

function count(counts: MessageCounts, type: number): void {
  const name = COUNTED[type];
  if (name !== undefined) counts[name]++;
}

/** What an event brings along. */
export interface Detail {
  /** Sent when the table says so. */
  readonly error?: SessionError;
  /** The NOTIFICATION of a NotifMsg. */
  readonly received?: SessionError;
  /** How the session ended that was Established: see graceful-restart.ts. */
  readonly end?: SessionEnd;
  /** In words, why the state falls back. */
  readonly reason?: string;
  /** The message of a RouteRefreshMsg. */
  readonly refresh?: RouteRefresh;
}

/** The actions that are the peer's, not the connection's. */
export type PeerAction = Extract<
  Action,
  | 'dial'
  | 'startConnectRetry'
  | 'stopConnectRetry'
  | 'startIdleHold'
  | 'stopIdleHold'
  | 'goneUp'
  | 'goneDown'
  | 'deliverRefresh'
>;

/** The session that a machine belongs to. */
export interface Owner {
  /** What is offered next. */
  readonly ours: () => Open;
  readonly clock: Clock;
  /** How long the peer's OPEN may take, milliseconds. */
  readonly openWait: number;
  /** SendHoldTime (RFC 9687 section 4), milliseconds; twice the Hold Time where that is longer. */
  readonly sendHold: number;
  readonly received: MessageCounts;
  readonly sent: MessageCounts;
  readonly paused: () => boolean;
  /** Gets every message of the peer, whole, before it is looked at. */
  heard(buffer: Uint8Array, start: number, end: number): void;
  /** A message that cannot be read ends the session, and is no UPDATE: what came of it, header and all. */
  refused(message: Uint8Array): void;
  /** Judges the peer's OPEN against ours; null when this connection lost against another one and is closed already. */
  opened(machine: Machine, ours: Open, open: Open, connection: Connection): Negotiated | SessionError | null;
  perform(machine: Machine, action: PeerAction, detail: Detail): void;
  /** Shows messages that are to come, whole and with their headers (message.ts, OnAhead). */
  ahead(buffer: Uint8Array, start: number, end: number): void;
  /** Hands over the body of an UPDATE; the answer is the error that ends the session, if any. */
  deliver(buffer: Uint8Array, start: number, end: number): SessionError | null;
  /** The peer was silent for nearly the Hold Time, and then was heard. */
  nearMiss(): void;
  /** A step was made that failed or changed the state. */
  stepped(event: Event, reason: string | undefined): void;
}

/** One state machine with its connection and timers: RFC 4271 section 8.2.1. */
export interface Machine {
  readonly state: () => State;
  /** Who opened the connection. */
  readonly side: () => 'outbound' | 'inbound';
  /** Null before both OPENs and after the connection. */
  readonly negotiated: () => Negotiated | null;
  fire(event: Event, detail?: Detail): void;
  /** Sends a whole message of the peer's making, an UPDATE say; to be called in Established. */
  send(type: number, message: Uint8Array): void;
  /** Puts the machine on a socket, connected or connecting. */
  attach(socket: Socket, side: 'outbound' | 'inbound'): void;
  pause(): void;
  resume(): void;
}

const nothing = () => {};

/** The SendHoldTimer is looked at so many times before it can expire. */
const LOOKS = 16;

/** A machine in `state` that does what fsm.ts says; `closing` gets a promise for each socket that it closes. */
export function createMachine(owner: Owner, state: State, closing: (closed: Promise<void>) => void): Machine {
  const { clock, ours, openWait, sendHold, received, sent } = owner;
  let side: 'outbound' | 'inbound' = 'outbound';
  let connection: Connection | null = null;
  let negotiated: Negotiated | null = null;
  let offered: Open = ours();
  /** When the peer was last heard, and when the octets at hand came in. */
  let heard = 0;
  let came = 0;
  let cancelHold = nothing;
  let cancelKeepalive = nothing;
  let cancelSendHold = nothing;

  function send(type: number, message: Uint8Array): void {
    connection?.send(message);
    count(sent, type);
  }

  /** Runs an event through the table and does what the table says. */
  function fire(event: Event, given: Detail = {}): void {
    const from = state;
    const next = step(from, event);
    state = next.state;
    let detail = given;
    if (next.actions.includes('goneDown')) {
      const end = sessionEnd(event, given.received ?? given.error ?? null);
      detail = { ...detail, end };
    }
    if (next.actions.includes('sendNotification')) {
      const error = given.error ?? sessionError(5, unexpectedSubcode(from), `${event} in ${from}`);
      detail = { reason: `sent ${formatNotification(error)}`, ...detail, error };
    }
    for (const action of next.actions) perform(action, detail);
    if (state !== from || detail.reason !== undefined) owner.stepped(event, detail.reason);
  }

  function perform(action: Action, detail: Detail): void {
    switch (action) {
      case 'sendOpen':
        offered = ours();
        send(OPEN, encodeOpen(offered));
        break;
      case 'startOpenWait':
        heard = clock.now();
        watchHold(openWait, sessionError(4, 0, `no OPEN within ${openWait / 1000} s`));
        break;
      case 'startTimers':
        startTimers();
        break;
      case 'startSendHold':
        watchSending();
        break;
      case 'restartHold':
        heard = came;
        break;
      case 'sendKeepalive':
        send(KEEPALIVE, encodeMessage(KEEPALIVE));
        break;
      case 'restartKeepalive':
        startKeepalive();
        break;
      case 'sendNotification':
        if (detail.error) send(NOTIFICATION, encodeNotification(detail.error));
        break;
      case 'drop':
        drop();
        break;
      case 'deliverUpdate':
        break; // takeUpdate does it
      default:
        owner.perform(machine, action, detail);
    }
  }

  function startTimers(): void {
    const seconds = negotiated?.holdTime ?? 0;
    cancelHold();
    heard = clock.now();
    if (seconds === 0) return;
    watchHold(seconds * 1000, sessionError(4, 0, `nothing heard for ${seconds} s`));
    startKeepalive();
  }

  function startKeepalive(): void {
    cancelKeepalive();
    // RFC 4271 section 4.4: a third of the Hold Time.
    const period = ((negotiated?.holdTime ?? 0) * 1000) / 3;
    cancelKeepalive = clock.after(period * clock.jitter(), () => fire('KeepaliveTimer_Expires'));
  }

  /** Fires when the peer was silent for so long. To hear it costs a number, not a timer: the rest is waited for again. */
  function watchHold(limit: number, error: SessionError): void {
    cancelHold();
    const left = () => heard + limit - clock.now();
    const expire = () => (left() > 0 ? look() : fire('HoldTimer_Expires', { error }));
    const look = () => {
      if (owner.paused()) heard = clock.now();
      // A busy thread may find the timer due before it read what has long come: one more turn reads it.
      cancelHold = left() > 0 ? clock.after(left(), look) : clock.after(1, expire);
    };
    cancelHold = clock.after(left(), look);
  }

  /**
   * Fires when octets wait to be sent and the peer's TCP has taken none for so long. Asked for now and then: the kernel
   * tells nobody when it was rid of some.
   */
  function watchSending(): void {
    const seconds = negotiated?.holdTime ?? 0;
    if (seconds === 0 || connection === null) return;
    const mine = connection;
    const limit = Math.max(sendHold, seconds * 2000);
    let taken = 0;
    let moved = clock.now();
    const look = () => {
      const { sent: octets, waiting } = mine.progress();
      if (waiting === 0 || octets - waiting > taken) moved = clock.now();
      taken = octets - waiting;
      const error = sessionError(8, 0, `the peer has taken nothing for ${limit / 1000} s, ${waiting} octets wait`);
      if (clock.now() - moved >= limit) fire('SendHoldTimer_Expires', { error });
      else cancelSendHold = clock.after(limit / LOOKS, look);
    };
    cancelSendHold = clock.after(limit / LOOKS, look);
  }

  function drop(): void {
    cancelHold();
    cancelKeepalive();
    cancelSendHold();
    if (connection !== null) closing(connection.close());
    connection = null;
    negotiated = null;
  }

  function receive(type: number, buffer: Uint8Array, start: number, end: number): void {
    owner.heard(buffer, start, end);
    const body = start + HEADER_LENGTH;
    if (type === UPDATE) {
      received.update++;
      if (state === 'Established') takeUpdate(buffer, body, end);
      else fire('UpdateMsg');
      return;
    }
    count(received, type);
    if (type === KEEPALIVE) fire('KeepAliveMsg');
    else if (type === ROUTE_REFRESH) receiveRefresh(buffer, body, end);
    else if (type === OPEN) receiveOpen(buffer, body, end);
    else {
      const notification = decodeNotification(buffer, body, end);
      fire('NotifMsg', { received: notification, reason: `received ${formatNotification(notification)}` });
    }
  }

  /**
   * UpdateMsg in Established, as the table has it: restartHold, deliverUpdate. A million of them come in a second or two,
   * so that nothing is made for a message.
   */
  function takeUpdate(buffer: Uint8Array, start: number, end: number): void {
    heard = came;
    const error = owner.deliver(buffer, start, end);
    if (error !== null) fire('UpdateMsgErr', { error });
  }

  function receiveRefresh(buffer: Uint8Array, start: number, end: number): void {
    const refresh = decodeRouteRefresh(buffer, start, end);
    const marked = negotiated?.enhancedRefresh === true;
    // RFC 7313 section 5: of what cannot be read the sender is told by a NOTIFICATION, as of a bad header. What would be a mark
    // means nothing where none were agreed on.
    if (isSessionError(refresh) && marked) {
      owner.refused(buffer.subarray(start - HEADER_LENGTH, end));
      fire('BGPHeaderErr', { error: refresh });
    } else if (isSessionError(refresh) || (refresh.subtype !== REFRESH_REQUEST && !marked)) fire('RouteRefreshMsg');
    else fire('RouteRefreshMsg', { refresh });
  }

  function receiveOpen(buffer: Uint8Array, start: number, end: number): void {
    if (state === 'OpenSent' && connection !== null) {
      const open = decodeOpen(buffer, start, end);
      if (isSessionError(open)) owner.refused(buffer.subarray(start - HEADER_LENGTH, end));
      const answer = isSessionError(open) ? open : owner.opened(machine, offered, open, connection);
      if (answer === null) return;
      if (isSessionError(answer)) {
        fire('BGPOpenMsgErr', { error: answer });
        return;
      }
      negotiated = answer;
      if (answer.extendedMessage) connection.takeExtendedMessages();
    }
    fire('BGPOpen');
  }

  const machine: Machine = {
    state: () => state,
    side: () => side,
    negotiated: () => negotiated,
    fire,
    send,
    attach(socket, from) {
      side = from;
      const mine: Connection = openConnection(socket, {
        connected: () => fire('Tcp_CR_Acked'),
        came: () => {
          came = clock.now();
          // Nothing for two thirds of the hold time, when a keepalive is due at each third (RFC 4271 section 4.4).
          if (state === 'Established' && negotiated && negotiated.holdTime > 0)
            if (came - heard > (negotiated.holdTime * 2000) / 3) owner.nearMiss();
        },
        ahead: (buffer, start, end) => {
          if (state === 'Established') owner.ahead(buffer, start, end);
        },
        message: (type, buffer, start, end) => {
          receive(type, buffer, start, end);
          return connection === mine;
        },
        headerError(error, message) {
          owner.refused(message);
          fire('BGPHeaderErr', { error });
        },
        lost: reason => fire('TcpConnectionFails', { reason }),
      });
      connection = mine;
      if (owner.paused()) mine.pause();
    },
    pause: () => connection?.pause(),
    resume: () => {
      heard = clock.now();
      connection?.resume();
    },
  };
  return machine;
}
