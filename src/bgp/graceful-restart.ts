/**
 * The receiving side of a restart as a table: what becomes of the routes of one address family while their session is lost, and
 * until the peer has sent them again (RFC 4724 section 4.2, RFC 8538, RFC 9494 section 4.2); and, in the same table, the routes
 * that a peer sends anew on a session that is up (RFC 7313 section 4). Marks, timers and tables are outside.
 */
import type { SessionError } from './errors.ts';
import type { Event } from './fsm.ts';
import { CEASE, HARD_RESET } from './notification.ts';

export type RestartState =
  /** Nothing is stale. */
  | 'fresh'
  /** The session is lost, and every route is stale. */
  | 'restarting'
  /** The same for longer than the Restart Time. */
  | 'long-lived'
  /** The session is back; what was not announced again is stale. */
  | 'returned'
  /** The same after a long time; the Long-lived Stale Time goes on. */
  | 'returned-long-lived'
  /** The peer sends the family anew. */
  | 'refreshing';

export type RestartEvent =
  /** The session is lost, and the routes are to be kept; the second where only the long-lived kind keeps them. */
  | 'fall'
  | 'fall-long-lived'
  /** The session is lost for good, or the peer is no more. */
  | 'loss'
  /** It is Established again, and the peer says that it preserved its forwarding state of the family; or does not. */
  | 'return'
  | 'return-empty'
  | 'end-of-rib'
  /** The Restart Time is over; the second where the Long-lived Stale Time follows. */
  | 'restart-time'
  | 'restart-time-long-lived'
  | 'long-lived-time'
  | 'stale-path-time'
  /** Demarcation of a route refresh: BoRR and EoRR. */
  | 'begin-refresh'
  | 'end-refresh';

export type RestartAction =
  /** Marks all routes of the family: as stale, as stale for long, as being sent anew. */
  | 'mark'
  | 'mark-long-lived'
  | 'mark-refresh'
  /** Calls what is stale long-lived stale. */
  | 'age'
  /** Takes out what was stale before the last fall; what is marked; what says that it must not be kept for long. */
  | 'sweep-older'
  | 'sweep'
  | 'sweep-no-llgr'
  /** Takes out every route of the family. */
  | 'drop'
  | 'start-restart-time'
  | 'start-long-lived-time'
  | 'start-stale-path-time'
  /** Stops the Restart Time and the stale path time; or the Long-lived Stale Time. */
  | 'stop-timer'
  | 'stop-long-lived-time';

export interface RestartStep {
  readonly state: RestartState;
  readonly actions: readonly RestartAction[];
}

const to = (state: RestartState, ...actions: RestartAction[]): RestartStep => ({ state, actions });

type Row = Partial<Readonly<Record<RestartEvent, RestartStep>>>;

/** Events that mean nothing in a state are not in its row, and leave it alone. */
const TABLE: Readonly<Record<RestartState, Row>> = {
  fresh: {
    fall: to('restarting', 'mark', 'start-restart-time'),
    // RFC 9494 section 4.2: with a Restart Time of 0 the long time begins at once.
    'fall-long-lived': to('long-lived', 'mark-long-lived', 'sweep-no-llgr', 'start-long-lived-time'),
    loss: to('fresh', 'drop'),
    'begin-refresh': to('refreshing', 'mark-refresh', 'start-stale-path-time'),
  },
  restarting: {
    loss: to('fresh', 'stop-timer', 'drop'),
    // RFC 4724 section 4.2: what the peer did not preserve is removed at once.
    return: to('returned', 'stop-timer', 'start-stale-path-time'),
    'return-empty': to('fresh', 'stop-timer', 'drop'),
    'restart-time': to('fresh', 'drop'),
    'restart-time-long-lived': to('long-lived', 'age', 'sweep-no-llgr', 'start-long-lived-time'),
  },
  'long-lived': {
    loss: to('fresh', 'stop-long-lived-time', 'drop'),
    return: to('returned-long-lived', 'start-stale-path-time'),
    'return-empty': to('fresh', 'stop-long-lived-time', 'drop'),
    'long-lived-time': to('fresh', 'drop'),
  },
  // A BoRR before End-of-RIB is ignored (RFC 7313 section 4).
  returned: {
    // RFC 4724 section 4.2: of consecutive restarts, what was stale before goes.
    fall: to('restarting', 'stop-timer', 'mark', 'sweep-older', 'start-restart-time'),
    'fall-long-lived': to(
      'long-lived',
      ...(['stop-timer', 'mark-long-lived', 'sweep-older', 'sweep-no-llgr', 'start-long-lived-time'] as const),
    ),
    loss: to('fresh', 'stop-timer', 'drop'),
    'end-of-rib': to('fresh', 'stop-timer', 'sweep'),
    'stale-path-time': to('fresh', 'sweep'),
  },
  // RFC 9494 section 4.2: the Long-lived Stale Time, once begun, runs on until End-of-RIB; a further fall restarts nothing,
  // and what was stale before stays.
  'returned-long-lived': {
    fall: to('long-lived', 'stop-timer', 'mark-long-lived', 'sweep-no-llgr'),
    'fall-long-lived': to('long-lived', 'stop-timer', 'mark-long-lived', 'sweep-no-llgr'),
    loss: to('fresh', 'stop-timer', 'stop-long-lived-time', 'drop'),
    'end-of-rib': to('fresh', 'stop-timer', 'stop-long-lived-time', 'sweep'),
    'stale-path-time': to('fresh', 'stop-long-lived-time', 'sweep'),
    'long-lived-time': to('fresh', 'stop-timer', 'sweep'),
  },
  refreshing: {
    fall: to('restarting', 'stop-timer', 'mark', 'start-restart-time'),
    'fall-long-lived': to('long-lived', 'stop-timer', 'mark-long-lived', 'sweep-no-llgr', 'start-long-lived-time'),
    loss: to('fresh', 'stop-timer', 'drop'),
    // RFC 7313 section 4: a second BoRR begins anew, and a bound on the wait is allowed.
    'begin-refresh': to('refreshing', 'stop-timer', 'mark-refresh', 'start-stale-path-time'),
    'end-refresh': to('fresh', 'stop-timer', 'sweep'),
    'stale-path-time': to('fresh', 'sweep'),
  },
};

/** One step of a family. */
export function step(state: RestartState, event: RestartEvent): RestartStep {
  return TABLE[state][event] ?? { state, actions: [] };
}

/** How a session ended, as far as it matters to its routes. */
export type SessionEnd =
  /** The connection ended without a NOTIFICATION. */
  | 'connection lost'
  /** A NOTIFICATION was sent or received that RFC 8538 follows by a graceful restart; the end of the Hold Time is one. */
  | 'notification'
  /** A Hard Reset, or an end that one side wanted: a Cease of ours. */
  | 'hard reset';

/** Tells the ends apart: the FSM event, and the NOTIFICATION that was sent or received, where there was one. */
export function sessionEnd(event: Event, notification: SessionError | null): SessionEnd {
  if (event === 'TcpConnectionFails') return 'connection lost';
  if (event === 'ManualStop') return 'hard reset';
  const cease = notification?.code === CEASE;
  if (event === 'NotifMsg') return cease && notification?.subcode === HARD_RESET ? 'hard reset' : 'notification';
  return cease ? 'hard reset' : 'notification';
}

/**
 * True when routes are kept over such an end. `notification`: the peer's N bit, ours being always set (RFC 8538 section 4.1).
 * Without it a NOTIFICATION, and so the end of the Hold Time, ends all (RFC 4724 section 5 changes only event 18).
 */
export function isKept(end: SessionEnd, notification: boolean): boolean {
  return end === 'connection lost' || (end === 'notification' && notification);
}
