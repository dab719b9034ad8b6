import { expect } from 'chai';
import { newerStays, type SessionEvent, type SessionState, stepSession } from '../../src/traceback/session.ts';

// intertrack-protocol(7), STATES. What is not listed ends the session with `unexpected`.
const rows: [SessionState, SessionEvent, SessionState, string][] = [
  ['Connect', 'up', 'OpenSent', 'send-open hold'],
  ['OpenSent', 'open', 'OpenConfirm', 'send-keepalive hold'],
  ['OpenConfirm', 'keepalive', 'Established', 'hold established'],
  ['OpenConfirm', 'keepalive-due', 'OpenConfirm', 'send-keepalive'],
  ['Established', 'keepalive', 'Established', 'hold'],
  ['Established', 'keepalive-due', 'Established', 'send-keepalive'],
  ['Established', 'request', 'Established', 'hold deliver'],
];
const states: SessionState[] = ['Connect', 'OpenSent', 'OpenConfirm', 'Established'];
const events: SessionEvent[] = [
  ...(['up', 'open', 'keepalive', 'request', 'notification', 'keepalive-due', 'fault', 'lost'] as const),
];

describe('traceback/session', () => {
  for (const state of states)
    for (const event of events) {
      const row = rows.find(([from, on]) => from === state && on === event);
      const silent = event === 'notification' || event === 'lost';
      const [next, actions] = row ? [row[2], row[3]] : ['Idle', silent ? 'end' : 'notify end'];
      it(`${state}: ${event} leads to ${next}`, () =>
        expect(stepSession(state, event)).to.deep.equal([next, actions.split(' ')]));
    }

  for (const event of events)
    it(`Idle: ${event} does nothing`, () => expect(stepSession('Idle', event)).to.deep.equal(['Idle', []]));

  const collisions: [string, number, number, boolean, boolean, boolean][] = [
    ['local is higher, the newer is its own', 2, 1, false, true, true],
    ['local is higher, the newer is the peer’s', 2, 1, true, false, false],
    ['local is lower, the newer is its own', 1, 2, false, true, false],
    ['local is lower, the newer is the peer’s', 1, 2, true, false, true],
    ['both were dialled here', 1, 2, true, true, true],
    ['both were dialled there', 2, 1, false, false, true],
  ];
  for (const [what, local, peer, older, newer, stays] of collisions)
    it(`collision: ${what}`, () =>
      expect(newerStays(local, peer, { dialled: older }, { dialled: newer })).to.equal(stays));

  it('both sides of a collision keep the same connection', () => {
    for (const dialledByLower of [true, false]) {
      const atLower = newerStays(1, 2, { dialled: !dialledByLower }, { dialled: dialledByLower });
      const atHigher = newerStays(2, 1, { dialled: dialledByLower }, { dialled: !dialledByLower });
      expect(atLower).to.equal(atHigher);
    }
  });
});
