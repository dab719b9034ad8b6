/**
 * The finite state machine of RFC 4271 section 8 as a table. One machine runs for each TCP connection (section 8.2.1): one that
 * may dial, and one for a connection that the peer opened while the first was not yet decided; section 6.8 ends one of them.
 *
 * Left out, as the RFC allows: DelayOpen (events 6, 7, 12, 20) and the peer oscillation damping of events 6 and 7, whose work the
 * IdleHoldTime does: its expiry (event 13) brings the start event again (session.ts). Departures are marked *.
 */

export type State = 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established';

export type Event =
  | 'ManualStart' //                                  1, also 3 (AutomaticStart)
  | 'ManualStop' //                                   2, also 8 (AutomaticStop)
  | 'ManualStart_with_PassiveTcpEstablishment' //     4, also 5
  | 'ConnectRetryTimer_Expires' //                    9
  | 'HoldTimer_Expires' //                           10
  | 'KeepaliveTimer_Expires' //                      11
  | 'Tcp_CR_Acked' //                                16: our dial succeeded
  | 'TcpConnectionConfirmed' //                      17: the peer's did
  | 'TcpConnectionFails' //                          18: refused, reset or closed
  | 'BGPOpen' //                                     19
  | 'BGPHeaderErr' //                                21
  | 'BGPOpenMsgErr' //                               22
  | 'OpenCollisionDump' //                           23
  | 'NotifMsg' //                                    24 and 25
  | 'KeepAliveMsg' //                                26
  | 'UpdateMsg' //                                   27
  | 'UpdateMsgErr' //                                28
  | 'SendHoldTimer_Expires' //                       29, RFC 9687 section 3.1
  | 'RouteRefreshMsg'; //                            RFC 2918 section 4

export type Action =
  | 'dial'
  | 'startConnectRetry'
  | 'stopConnectRetry'
  | 'sendOpen'
  /** The HoldTimer with a large value, until the OPEN comes. */
  | 'startOpenWait'
  /** HoldTimer and KeepaliveTimer with the negotiated values; none when the hold time is 0. */
  | 'startTimers'
  /** RFC 9687: the SendHoldTimer, which every octet that the peer's TCP takes restarts. */
  | 'startSendHold'
  | 'restartHold'
  | 'sendKeepalive'
  | 'restartKeepalive'
  /** Sends the NOTIFICATION that the event brought. */
  | 'sendNotification'
  /** Stops the timers of the connection and closes it. */
  | 'drop'
  /** Begins the IdleHoldTime, after which the machine starts again; it grows with each failure. */
  | 'startIdleHold'
  | 'stopIdleHold'
  | 'goneUp'
  | 'goneDown'
  | 'deliverUpdate'
  | 'deliverRefresh';

export interface Step {
  readonly state: State;
  readonly actions: readonly Action[];
}

const to = (state: State, ...actions: Action[]): Step => ({ state, actions });

/** What most faults come to: say why, close, wait. */
const fail = to('Idle', 'stopConnectRetry', 'sendNotification', 'drop', 'startIdleHold');
/** The same where no NOTIFICATION may or can be sent. */
const lose = to('Idle', 'stopConnectRetry', 'drop', 'startIdleHold');
const halt = to('Idle', 'stopConnectRetry', 'stopIdleHold', 'drop');
const failUp = to('Idle', 'sendNotification', 'drop', 'goneDown', 'startIdleHold');
const loseUp = to('Idle', 'drop', 'goneDown', 'startIdleHold');

type Row = Partial<Readonly<Record<Event, Step>>>;

/** What is not in a row is taken from `otherwise`; events that mean nothing in a state leave it alone. */
const TABLE: Readonly<Record<State, Row & { readonly otherwise: Step }>> = {
  // Refuses connections; waits for a start.
  Idle: {
    ManualStart: to('Connect', 'stopIdleHold', 'startConnectRetry', 'dial'),
    // * Waits for the peer and never dials: no ConnectRetryTimer is started.
    ManualStart_with_PassiveTcpEstablishment: to('Active', 'stopIdleHold'),
    ManualStop: to('Idle', 'stopIdleHold'),
    otherwise: to('Idle'),
  },
  // A dial is under way.
  Connect: {
    ManualStart: to('Connect'),
    ManualStart_with_PassiveTcpEstablishment: to('Connect'),
    ManualStop: halt,
    ConnectRetryTimer_Expires: to('Connect', 'drop', 'startConnectRetry', 'dial'),
    Tcp_CR_Acked: to('OpenSent', 'stopConnectRetry', 'sendOpen', 'startOpenWait'),
    TcpConnectionConfirmed: to('OpenSent', 'stopConnectRetry', 'sendOpen', 'startOpenWait'),
    // * Active rather than Idle, as the RFC has it while DelayOpen runs: in Idle the peer's own attempt would be refused.
    TcpConnectionFails: to('Active', 'drop', 'startConnectRetry'),
    otherwise: lose,
  },
  // Listens, and dials again when the ConnectRetryTimer says so.
  Active: {
    ManualStart: to('Active'),
    ManualStart_with_PassiveTcpEstablishment: to('Active'),
    ManualStop: halt,
    ConnectRetryTimer_Expires: to('Connect', 'startConnectRetry', 'dial'),
    Tcp_CR_Acked: to('OpenSent', 'stopConnectRetry', 'sendOpen', 'startOpenWait'),
    TcpConnectionConfirmed: to('OpenSent', 'stopConnectRetry', 'sendOpen', 'startOpenWait'),
    // * Active rather than Idle, as in Connect.
    TcpConnectionFails: to('Active', 'drop', 'startConnectRetry'),
    otherwise: lose,
  },
  // Our OPEN is on its way; waits for the peer's.
  OpenSent: {
    ManualStart: to('OpenSent'),
    ManualStart_with_PassiveTcpEstablishment: to('OpenSent'),
    ManualStop: to('Idle', 'sendNotification', 'drop', 'stopConnectRetry'),
    HoldTimer_Expires: fail,
    TcpConnectionFails: to('Active', 'drop', 'startConnectRetry'),
    BGPOpen: to('OpenConfirm', 'stopConnectRetry', 'sendKeepalive', 'startTimers'),
    BGPHeaderErr: fail,
    BGPOpenMsgErr: fail,
    OpenCollisionDump: fail,
    // * Event 25 would be answered by 5/1 here; a NOTIFICATION is never answered (section 6.4).
    NotifMsg: lose,
    otherwise: fail,
  },
  // Both OPENs are there; waits for the KEEPALIVE that accepts ours.
  OpenConfirm: {
    ManualStart: to('OpenConfirm'),
    ManualStart_with_PassiveTcpEstablishment: to('OpenConfirm'),
    ManualStop: to('Idle', 'sendNotification', 'drop', 'stopConnectRetry'),
    HoldTimer_Expires: fail,
    KeepaliveTimer_Expires: to('OpenConfirm', 'sendKeepalive', 'restartKeepalive'),
    TcpConnectionFails: lose,
    BGPHeaderErr: fail,
    BGPOpenMsgErr: fail,
    OpenCollisionDump: fail,
    NotifMsg: lose,
    KeepAliveMsg: to('Established', 'restartHold', 'startSendHold', 'goneUp'),
    otherwise: fail,
  },
  Established: {
    ManualStart: to('Established'),
    ManualStart_with_PassiveTcpEstablishment: to('Established'),
    ManualStop: to('Idle', 'sendNotification', 'drop', 'goneDown', 'stopConnectRetry'),
    HoldTimer_Expires: failUp,
    SendHoldTimer_Expires: failUp,
    KeepaliveTimer_Expires: to('Established', 'sendKeepalive', 'restartKeepalive'),
    TcpConnectionFails: loseUp,
    BGPHeaderErr: failUp,
    OpenCollisionDump: failUp,
    NotifMsg: loseUp,
    KeepAliveMsg: to('Established', 'restartHold'),
    UpdateMsg: to('Established', 'restartHold', 'deliverUpdate'),
    UpdateMsgErr: failUp,
    RouteRefreshMsg: to('Established', 'deliverRefresh'),
    otherwise: failUp,
  },
};

/**
 * One step. An event that the state does not expect is a fault of the machine (5/1 to 5/3, RFC 6608): the caller brings that
 * NOTIFICATION with it (`unexpected`), and the row's `otherwise` sends it.
 */
export function step(state: State, event: Event): Step {
  const row = TABLE[state];
  return row[event] ?? row.otherwise;
}

/** Subcode of Finite State Machine Error for a message that `state` does not expect (RFC 6608 section 3); 0 in other states. */
export function unexpectedSubcode(state: State): number {
  return state === 'OpenSent' ? 1 : state === 'OpenConfirm' ? 2 : state === 'Established' ? 3 : 0;
}

/** Which of two connections of one peer is kept: that of the side with the higher identifier, or, of equals, the higher AS. */
export function collisionWinner(
  local: { readonly id: string; readonly as: number },
  remote: { readonly id: string; readonly as: number },
): 'outbound' | 'inbound' {
  const number = (id: string) => id.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
  // RFC 4271 section 6.8; RFC 6286 section 2.3 for equal identifiers.
  const difference = number(local.id) - number(remote.id) || local.as - remote.as;
  return difference > 0 ? 'outbound' : 'inbound';
}
