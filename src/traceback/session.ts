/**
 * The state machine of one connection between two ITMs, as a table: intertrack-protocol(7), STATES. The socket, the
 * timers and the messages themselves are outside (traceback/connection.ts).
 */

export type SessionState = 'Connect' | 'OpenSent' | 'OpenConfirm' | 'Established' | 'Idle';

export type SessionEvent =
  /** TLS is up and the peer's certificate is accepted. */
  | 'up'
  /** An OPEN that was found good came in. */
  | 'open'
  | 'keepalive'
  /** A QUERY, ANSWER or CANCEL came in. */
  | 'request'
  | 'notification'
  | 'keepalive-due'
  /** This side ends it: something was malformed, a timer ran out, the operator said so. */
  | 'fault'
  /** The transport is gone. */
  | 'lost';

export type SessionAction =
  | 'send-open'
  | 'send-keepalive'
  /** Starts the hold timer again. */
  | 'hold'
  /** The session is up: QUERYs may be sent. */
  | 'established'
  /** Hands the message on. */
  | 'deliver'
  /** Sends NOTIFICATION: the fault's code, or `unexpected` when the event was none. */
  | 'notify'
  /** Closes the transport and tells why. */
  | 'end';

type Step = readonly [SessionState, ...SessionAction[]];

const END: Step = ['Idle', 'end'];
const FAULT: Step = ['Idle', 'notify', 'end'];
const ENDS = { notification: END, lost: END, fault: FAULT } as const;

const TABLE: Readonly<Record<SessionState, Readonly<Partial<Record<SessionEvent, Step>>>>> = {
  Connect: {
    ...ENDS,
    up: ['OpenSent', 'send-open', 'hold'],
  },
  OpenSent: {
    ...ENDS,
    open: ['OpenConfirm', 'send-keepalive', 'hold'],
  },
  OpenConfirm: {
    ...ENDS,
    keepalive: ['Established', 'hold', 'established'],
    'keepalive-due': ['OpenConfirm', 'send-keepalive'],
  },
  Established: {
    ...ENDS,
    keepalive: ['Established', 'hold'],
    request: ['Established', 'hold', 'deliver'],
    'keepalive-due': ['Established', 'send-keepalive'],
  },
  // Nothing leaves Idle: whoever dials again makes a new connection.
  Idle: {},
};

/** One step. An event that has no row ends the connection with `unexpected`, but in Idle, where it does nothing. */
export function stepSession(
  state: SessionState,
  event: SessionEvent,
): readonly [SessionState, readonly SessionAction[]] {
  const [next, ...actions] = TABLE[state][event] ?? (state === 'Idle' ? ['Idle'] : FAULT);
  return [next, actions];
}

/**
 * Which of two connections between one pair of ASes stays (intertrack-protocol(7), Collision): the one that the higher AS
 * dialled; of two dialled by the same side, the newer. `dialled` is true where the local side dialled.
 */
export function newerStays(
  local: number,
  peer: number,
  older: { readonly dialled: boolean },
  newer: { readonly dialled: boolean },
): boolean {
  return older.dialled === newer.dialled || newer.dialled === local > peer;
}
