import { expect } from 'chai';
import { collisionWinner, type Event, type State, step, unexpectedSubcode } from '../../src/bgp/fsm.ts';

// RFC 4271 section 8.2.2, state by state: event, next state, and what must be done on the way.
const RULES: readonly [state: State, event: Event, next: State, actions: string][] = [
  ['Idle', 'ManualStart', 'Connect', 'stopIdleHold startConnectRetry dial'],
  ['Idle', 'ManualStart_with_PassiveTcpEstablishment', 'Active', 'stopIdleHold'],
  ['Idle', 'ManualStop', 'Idle', 'stopIdleHold'],
  ['Idle', 'KeepAliveMsg', 'Idle', ''],
  ['Connect', 'ManualStart', 'Connect', ''],
  ['Connect', 'ManualStop', 'Idle', 'stopConnectRetry stopIdleHold drop'],
  ['Connect', 'ConnectRetryTimer_Expires', 'Connect', 'drop startConnectRetry dial'],
  ['Connect', 'Tcp_CR_Acked', 'OpenSent', 'stopConnectRetry sendOpen startOpenWait'],
  ['Connect', 'TcpConnectionConfirmed', 'OpenSent', 'stopConnectRetry sendOpen startOpenWait'],
  ['Connect', 'TcpConnectionFails', 'Active', 'drop startConnectRetry'],
  ['Connect', 'OpenCollisionDump', 'Idle', 'stopConnectRetry drop startIdleHold'],
  ['Active', 'ConnectRetryTimer_Expires', 'Connect', 'startConnectRetry dial'],
  ['Active', 'TcpConnectionConfirmed', 'OpenSent', 'stopConnectRetry sendOpen startOpenWait'],
  ['Active', 'TcpConnectionFails', 'Active', 'drop startConnectRetry'],
  ['Active', 'ManualStop', 'Idle', 'stopConnectRetry stopIdleHold drop'],
  ['OpenSent', 'BGPOpen', 'OpenConfirm', 'stopConnectRetry sendKeepalive startTimers'],
  ['OpenSent', 'BGPOpenMsgErr', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['OpenSent', 'BGPHeaderErr', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['OpenSent', 'HoldTimer_Expires', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['OpenSent', 'TcpConnectionFails', 'Active', 'drop startConnectRetry'],
  ['OpenSent', 'ManualStop', 'Idle', 'sendNotification drop stopConnectRetry'],
  ['OpenSent', 'OpenCollisionDump', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['OpenSent', 'NotifMsg', 'Idle', 'stopConnectRetry drop startIdleHold'],
  ['OpenSent', 'KeepAliveMsg', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['OpenSent', 'UpdateMsg', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['OpenConfirm', 'KeepAliveMsg', 'Established', 'restartHold startSendHold goneUp'],
  ['OpenConfirm', 'KeepaliveTimer_Expires', 'OpenConfirm', 'sendKeepalive restartKeepalive'],
  ['OpenConfirm', 'HoldTimer_Expires', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['OpenConfirm', 'NotifMsg', 'Idle', 'stopConnectRetry drop startIdleHold'],
  ['OpenConfirm', 'TcpConnectionFails', 'Idle', 'stopConnectRetry drop startIdleHold'],
  ['OpenConfirm', 'OpenCollisionDump', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['OpenConfirm', 'UpdateMsg', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['OpenConfirm', 'BGPOpen', 'Idle', 'stopConnectRetry sendNotification drop startIdleHold'],
  ['Established', 'UpdateMsg', 'Established', 'restartHold deliverUpdate'],
  ['Established', 'KeepAliveMsg', 'Established', 'restartHold'],
  ['Established', 'RouteRefreshMsg', 'Established', 'deliverRefresh'],
  ['Established', 'KeepaliveTimer_Expires', 'Established', 'sendKeepalive restartKeepalive'],
  ['Established', 'HoldTimer_Expires', 'Idle', 'sendNotification drop goneDown startIdleHold'],
  ['Established', 'SendHoldTimer_Expires', 'Idle', 'sendNotification drop goneDown startIdleHold'],
  ['Established', 'UpdateMsgErr', 'Idle', 'sendNotification drop goneDown startIdleHold'],
  ['Established', 'BGPOpen', 'Idle', 'sendNotification drop goneDown startIdleHold'],
  ['Established', 'NotifMsg', 'Idle', 'drop goneDown startIdleHold'],
  ['Established', 'TcpConnectionFails', 'Idle', 'drop goneDown startIdleHold'],
  ['Established', 'ManualStop', 'Idle', 'sendNotification drop goneDown stopConnectRetry'],
];

/**
 * The whole of section 8.2.2: the next state of each state for each event, `!` where a NOTIFICATION is sent. Events that the
 * departures of fsm.ts are about: TcpConnectionFails in Connect and Active leads to Idle in the RFC, NotifMsg in OpenSent to an answer.
 */
const EVENTS: readonly Event[] = [
  ...(['ManualStart', 'ManualStart_with_PassiveTcpEstablishment', 'ManualStop', 'ConnectRetryTimer_Expires'] as const),
  ...(['HoldTimer_Expires', 'KeepaliveTimer_Expires', 'Tcp_CR_Acked', 'TcpConnectionConfirmed'] as const),
  ...(['TcpConnectionFails', 'BGPOpen', 'BGPHeaderErr', 'BGPOpenMsgErr', 'OpenCollisionDump', 'NotifMsg'] as const),
  ...(['KeepAliveMsg', 'UpdateMsg', 'UpdateMsgErr', 'SendHoldTimer_Expires', 'RouteRefreshMsg'] as const),
];
// biome-ignore format: a table, one state a line
const WHOLE: Readonly<Record<State, string>> = {
  //            start passive stop retry hold keep acked conf fails open hdr  omsg dump notif KEEP UPD  uerr shold RR
  Idle:        'C     A       I    I     I    I    I     I    I     I    I    I    I    I     I    I    I    I     I',
  Connect:     'C     C       I    C     I    I    S     S    A     I    I    I    I    I     I    I    I    I     I',
  Active:      'A     A       I    C     I    I    S     S    A     I    I    I    I    I     I    I    I    I     I',
  OpenSent:    'S     S       I!   I!    I!   I!   I!    I!   A     O    I!   I!   I!   I     I!   I!   I!   I!    I!',
  OpenConfirm: 'O     O       I!   I!    I!   O    I!    I!   I     I!   I!   I!   I!   I     E    I!   I!   I!    I!',
  Established: 'E     E       I!   I!    I!   E    I!    I!   I     I!   I!   I!   I!   I     E    E    I!   I!    E',
};

const STATES: readonly State[] = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established'];

describe('bgp/fsm', () => {
  for (const [state, event, next, actions] of RULES)
    it(`${state}, ${event}: ${next}`, () => {
      const taken = step(state, event);
      expect([taken.state, taken.actions.join(' ')]).to.deep.equal([next, actions]);
    });

  for (const [state, row] of Object.entries(WHOLE) as [State, string][])
    it(`goes from ${state} where section 8.2.2 says, whatever comes`, () => {
      const taken = EVENTS.map(event => {
        const { state: next, actions } = step(state, event);
        const letter = next === 'OpenSent' ? 'S' : next[0];
        return `${letter}${actions.includes('sendNotification') ? '!' : ''}`;
      });
      expect(taken).to.deep.equal(row.split(/ +/));
    });

  it('closes the connection in every step that leaves it behind, and says goneDown exactly when Established ends', () => {
    for (const state of STATES)
      for (const event of EVENTS) {
        const { state: next, actions } = step(state, event);
        const connected = state !== 'Idle';
        if (connected && next === 'Idle') expect(actions, `${state} ${event}`).to.include('drop');
        const ended = state === 'Established' && next !== 'Established';
        expect(actions.includes('goneDown'), `${state} ${event}`).to.equal(ended);
      }
  });

  it('never answers a NOTIFICATION', () => {
    for (const state of STATES) expect(step(state, 'NotifMsg').actions).not.to.include('sendNotification');
  });

  it('names the state in the FSM error (RFC 6608)', () => {
    expect(STATES.map(unexpectedSubcode)).to.deep.equal([0, 0, 0, 1, 2, 3]);
  });

  it('keeps the connection of the higher identifier, of equals that of the higher AS', () => {
    const local = { id: '192.0.2.9', as: 64500 };
    expect(collisionWinner(local, { id: '192.0.2.10', as: 1 })).to.equal('inbound');
    expect(collisionWinner(local, { id: '192.0.2.8', as: 1 })).to.equal('outbound');
    expect(collisionWinner({ id: '200.0.0.1', as: 1 }, { id: '100.0.0.1', as: 1 })).to.equal('outbound');
    expect(collisionWinner(local, { id: '192.0.2.9', as: 64501 })).to.equal('inbound');
  });
});
