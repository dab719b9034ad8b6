import type { Socket } from 'node:net';
import { dial, protectAccepted } from '../net/tcp-options.ts';
import { type Clock, realClock } from './clock.ts';
import { type Connection, openConnection } from './connection.ts';
import { isSessionError, type SessionError, sessionError } from './errors.ts';
import { withoutRefused } from './fallback.ts';
import { collisionWinner, type Event, type State } from './fsm.ts';
import type { SessionEnd } from './graceful-restart.ts';
import {
  createMachine,
  type Detail,
  type Machine,
  type MessageCounts,
  noMessages,
  type PeerAction,
} from './machine.ts';
import { typeOf } from './message.ts';
import { type Negotiated, negotiate } from './negotiate.ts';
import {
  ADMINISTRATIVE_SHUTDOWN,
  CEASE,
  COLLISION_RESOLUTION,
  CONNECTION_REJECTED,
  encodeNotification,
} from './notification.ts';
import type { Open } from './open.ts';
import type { RouteRefresh } from './route-refresh.ts';
import { expectedOf, offerOf, protectionOf, type SessionConfig } from './session-config.ts';

/** Who uses the routes. Called synchronously; none may throw. */
export interface SessionHandler {
  /** The FSM state of the peer (RFC 4271 section 8.2.2) changed; `reason` when it fell back. */
  stateChanged(state: string, reason?: string): void;
  established(negotiated: Negotiated): void;
  /** Every message of the peer with its header, before anything is done with it; valid until the call returns. */
  heard?(buffer: Uint8Array, start: number, end: number): void;
  /** Messages that are to come (message.ts, OnAhead), in Established. To look is all that may be done. */
  ahead?(buffer: Uint8Array, start: number, end: number): void;
  /** The body of an UPDATE, valid until the call returns. A returned error is sent as NOTIFICATION and ends the session. */
  update(buffer: Uint8Array, start: number, end: number): SessionError | null;
  /** A message other than an UPDATE that cannot be read and ends the session: what came of it, valid until the call returns. */
  refused?(message: Uint8Array): void;
  /** A ROUTE-REFRESH message: a request of the peer (RFC 2918), or where the answer to one of ours begins and ends (RFC 7313). */
  refresh?(message: RouteRefresh): void;
  /** The session was Established and is no more; `end`: whether its routes may be kept (graceful-restart.ts). */
  down(reason: string, end: SessionEnd): void;
}

export interface SessionOptions {
  readonly config: SessionConfig;
  readonly routerId: string;
  readonly handler: SessionHandler;
  /** IdleHoldTime after a failure: `first`, doubled up to `most`; `first` again after a session stayed up for `most`. */
  readonly idleHold?: { readonly first: number; readonly most: number };
  /** How long the peer's OPEN may take. */
  readonly openWait?: number;
  /** SendHoldTime (RFC 9687), milliseconds. */
  readonly sendHold?: number;
  readonly clock?: Clock;
}

export interface SessionStatus {
  readonly state: State;
  /** When the state was entered, milliseconds since the epoch. */
  readonly since: number;
  readonly received: Readonly<MessageCounts>;
  readonly sent: Readonly<MessageCounts>;
  /** How often the peer was silent for more than two thirds of the hold time, and then was heard. */
  readonly nearMisses: number;
  /** Why a connection last failed or ended, '' when none did. */
  readonly lastError: string;
  /** Why the session last left Established, '' when it never did. */
  readonly lastDown: string;
  /** Null unless Established. */
  readonly negotiated: Negotiated | null;
}

export interface Session {
  start(): void;
  /** The next IdleHoldTime lasts so long instead, milliseconds; Infinity: until `start`. To be called before the fall. */
  stayDown(milliseconds: number): void;
  /** Ends the session with a Cease (Administrative Shutdown unless told otherwise). Resolves when every socket is gone. */
  stop(notification?: SessionError): Promise<void>;
  /** Ends the session with this Cease, and begins anew at once. */
  reset(notification: SessionError): void;
  /** Takes a connection that the peer opened. False when it was refused; the socket is closed then. */
  accept(socket: Socket): boolean;
  /** Back-pressure: nothing is read from the peer until `resume`. The hold timer does not count meanwhile. */
  pause(): void;
  resume(): void;
  /** Sends a whole message, an UPDATE or a ROUTE-REFRESH. False, and nothing is sent, when the session is not Established. */
  send(message: Uint8Array): boolean;
  status(): SessionStatus;
}

const OPEN_WAIT = 30_000;
/** So long after a session came up the peer may still open a connection that it began before. */
const CROSSING = 5000;
const SEND_HOLD = 8 * 60_000;
const IDLE_HOLD = { first: 1000, most: 120_000 };
/** The states in the order of nearness to Established; what is shown of two machines is the nearer one. */
const RANK: readonly State[] = ['Idle', 'Active', 'Connect', 'OpenSent', 'OpenConfirm', 'Established'];
/** With TCP MD5 even a refusal is silence: the RST bears no signature. */
const SILENCE = ' (a refusal, or another password, looks the same)';
const COLLISION = sessionError(CEASE, COLLISION_RESOLUTION, 'another connection to this peer was kept');
const nothing = () => {};

/** True while the connection is there and its fate is not decided. */
const isOpening = (machine: Machine) => machine.state() === 'OpenSent' || machine.state() === 'OpenConfirm';
const hasPeer = (machine: Machine) => isOpening(machine) || machine.state() === 'Established';

/**
 * A BGP session with one peer: dialling, accepting, collision detection, back-off and counting around the state machines of its
 * connections. At most two connections live at a time: a `main` one, and a `second` that the peer opened while main was undecided.
 */
export function createSession(options: SessionOptions): Session {
  const { config, handler, routerId, clock = realClock, idleHold = IDLE_HOLD } = options;
  const { openWait = OPEN_WAIT, sendHold = SEND_HOLD } = options;
  const protection = protectionOf(config);
  const whole = offerOf(config, routerId);
  /** What is offered next: less than the whole to a peer that refused it. */
  let ours = whole;
  const received = noMessages();
  const sent = noMessages();
  const closing = new Set<Promise<void>>();

  let running = false;
  let paused = false;
  let shown: State = 'Idle';
  let since = Date.now();
  let upSince = 0;
  let nearMisses = 0;
  let lastError = '';
  let lastDown = '';
  let hold = idleHold.first;
  let ordered: number | null = null;
  /** The IdleHoldTime that runs was ordered: nobody shortens it. */
  let heldDown = false;
  let cancelRetry = nothing;
  let cancelIdleHold = nothing;

  const whenClosed = (closed: Promise<void>) => {
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  };
  const heard = handler.heard ?? nothing;
  const ahead = handler.ahead ?? nothing;
  const refused = handler.refused ?? nothing;
  const owner = {
    ours: () => ours,
    clock,
    openWait,
    sendHold,
    received,
    sent,
    paused: () => paused,
    heard,
    ahead,
    refused,
    opened,
    perform,
    deliver: (buffer: Uint8Array, start: number, end: number) => handler.update(buffer, start, end),
    nearMiss: () => {
      nearMisses++;
    },
    stepped,
  };
  let main = createMachine(owner, 'Idle', whenClosed);
  let second: Machine | null = null;
  const other = (machine: Machine) => (machine === main ? second : main);

  function perform(machine: Machine, action: PeerAction, detail: Detail): void {
    const { refresh, reason, received: refusal, end = 'hard reset' } = detail;
    switch (action) {
      case 'dial': {
        const { neighbor: host, neighborPort: port, localAddress } = config;
        machine.attach(
          dial({ host, port, ...(localAddress !== undefined && { localAddress }), ...protection }),
          'outbound',
        );
        break;
      }
      case 'startConnectRetry':
        if (machine === main && !config.passive) startConnectRetry();
        break;
      case 'stopConnectRetry':
        if (machine === main) cancelRetry();
        break;
      case 'startIdleHold':
        if (refusal !== undefined) ours = withoutRefused(ours, refusal) ?? ours;
        startIdleHold(machine);
        break;
      case 'stopIdleHold':
        cancelIdleHold();
        break;
      case 'goneUp': {
        const negotiated = machine.negotiated();
        upSince = clock.now();
        if (negotiated !== null) handler.established(negotiated);
        break;
      }
      case 'goneDown':
        if (clock.now() - upSince >= idleHold.most) hold = idleHold.first;
        lastDown = reason ?? '';
        ours = whole;
        handler.down(lastDown, end);
        break;
      case 'deliverRefresh':
        if (refresh) handler.refresh?.(refresh);
    }
  }

  function begin(): void {
    heldDown = false;
    main.fire(config.passive ? 'ManualStart_with_PassiveTcpEstablishment' : 'ManualStart');
  }

  function startConnectRetry(): void {
    cancelRetry();
    const wait = config.connectRetry * clock.jitter();
    cancelRetry = clock.after(wait, () => {
      const reason = `no answer within ${Math.round(wait / 1000)} s${config.password === undefined ? '' : SILENCE}`;
      main.fire('ConnectRetryTimer_Expires', main.state() === 'Connect' ? { reason } : {});
    });
  }

  function startIdleHold(machine: Machine): void {
    const rival = other(machine);
    if (machine !== main || !running || (rival !== null && hasPeer(rival))) return;
    cancelIdleHold();
    const wait = ordered;
    ordered = null;
    heldDown = wait !== null;
    if (wait === Number.POSITIVE_INFINITY) return;
    cancelIdleHold = clock.after(wait ?? hold * clock.jitter(), begin);
    if (wait === null) hold = Math.min(hold * 2, idleHold.most);
  }

  /** Collision detection (RFC 4271 section 6.8), then what the two OPENs agree on. */
  function opened(machine: Machine, said: Open, open: Open, connection: Connection): Negotiated | SessionError | null {
    const negotiated = negotiate(said, open, expectedOf(config), {
      localAddress: connection.localAddress(),
      remoteAddress: connection.remoteAddress(),
    });
    const rival = other(machine);
    if (isSessionError(negotiated) || rival === null || !isOpening(rival)) return negotiated;
    const winner = collisionWinner({ id: said.id, as: said.as }, { id: open.id, as: open.as });
    // Two connections of the same side come from a peer that began anew: the older one is dead.
    const wins = machine.side() === winner || machine.side() === rival.side();
    (wins ? rival : machine).fire('OpenCollisionDump', { error: COLLISION });
    return wins ? negotiated : null;
  }

  function stepped(event: Event, reason: string | undefined): void {
    if (reason !== undefined && event !== 'OpenCollisionDump') lastError = reason;
    settle();
    const states = [main.state(), second?.state() ?? 'Idle'].map(state => RANK.indexOf(state));
    const state = RANK[Math.max(...states)]!;
    if (state === shown) return;
    const fell = RANK.indexOf(state) < RANK.indexOf(shown);
    shown = state;
    since = Date.now();
    if (fell && reason !== undefined) handler.stateChanged(state, reason);
    else handler.stateChanged(state);
  }

  /** Brings the two machines in order after a step: an Established one ends the other, and what is left is `main`. */
  function settle(): void {
    if (second === null) return;
    if (!hasPeer(second)) second = null;
    else if (main.state() === 'Established') second.fire('OpenCollisionDump', { error: COLLISION });
    else if (main.state() === 'Idle') {
      cancelRetry();
      cancelIdleHold();
      main = second;
      second = null;
    } else if (second.state() === 'Established') main.fire('OpenCollisionDump', { error: COLLISION });
  }

  /**
   * True when a new connection means that the peer of an Established session is there anew: it restarts gracefully, and may
   * have come back before the loss of the old connection was seen (RFC 4724 section 5). One that crosses ours comes sooner.
   */
  function startsAnew(machine: Machine): boolean {
    const families = machine.state() === 'Established' ? machine.negotiated()?.restart?.families : undefined;
    return (families?.length ?? 0) > 0 && clock.now() - upSince >= CROSSING;
  }

  /** Closes a connection that has no place here, and says why. */
  function refuse(socket: Socket, error: SessionError): false {
    const events = { connected: nothing, came: nothing, message: () => true, headerError: nothing, lost: nothing };
    const connection = openConnection(socket, events);
    connection.send(encodeNotification(error));
    sent.notification++;
    whenClosed(connection.close());
    return false;
  }

  const machines = () => (second === null ? [main] : [main, second]);
  const established = () => machines().find(machine => machine.state() === 'Established');

  return {
    start() {
      running = true;
      begin();
    },
    stayDown(milliseconds) {
      ordered = milliseconds;
    },
    async stop(notification = sessionError(CEASE, ADMINISTRATIVE_SHUTDOWN, 'the session is stopped')) {
      running = false;
      cancelRetry();
      cancelIdleHold();
      for (const machine of machines().reverse()) machine.fire('ManualStop', { error: notification });
      await Promise.all(closing);
    },
    reset(notification) {
      cancelRetry();
      cancelIdleHold();
      for (const machine of machines().reverse()) machine.fire('ManualStop', { error: notification });
      hold = idleHold.first;
      begin();
    },
    accept(socket) {
      const why = protectAccepted(socket, protection);
      if (why !== null) {
        lastError = `a connection of the peer was closed: ${why}`;
        socket.destroy();
        return false;
      }
      const restarted = startsAnew(main);
      if (restarted) main.fire('TcpConnectionFails', { reason: 'the peer began a new connection: it has restarted' });
      // A router that was restarted dials soon. After a first failure it is taken at once: refused, it would be away for longer.
      if (main.state() === 'Idle' && running && !heldDown && (restarted || hold <= 2 * idleHold.first))
        main.fire('ManualStart_with_PassiveTcpEstablishment');
      if (main.state() === 'Idle') return refuse(socket, sessionError(CEASE, CONNECTION_REJECTED, 'not ready'));
      if (main.state() === 'Established' || second !== null) return refuse(socket, COLLISION);
      // A machine that waits takes the connection itself; one that dials or talks leaves it to a second.
      let machine = main;
      if (main.state() !== 'Active') {
        second = createMachine(owner, 'Active', whenClosed);
        machine = second;
      }
      machine.attach(socket, 'inbound');
      machine.fire('TcpConnectionConfirmed');
      return true;
    },
    pause() {
      paused = true;
      for (const machine of machines()) machine.pause();
    },
    resume() {
      paused = false;
      for (const machine of machines()) machine.resume();
    },
    send(message) {
      const machine = established();
      machine?.send(typeOf(message), message);
      return machine !== undefined;
    },
    status: () => ({
      state: shown,
      since,
      received: { ...received },
      sent: { ...sent },
      nearMisses,
      lastError,
      lastDown,
      negotiated: established()?.negotiated() ?? null,
    }),
  };
}
