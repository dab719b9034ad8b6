import { expect } from 'chai';
import {
  isKept,
  type RestartAction,
  type RestartEvent,
  type RestartState,
  sessionEnd,
  step,
} from '../../src/bgp/graceful-restart.ts';

/** State, event, next state, actions: in the order of RFC 4724 section 4.2, RFC 9494 section 4.2, RFC 7313 section 4. */
// biome-ignore format: a table is read by its columns
const STORY: readonly (readonly [RestartState, RestartEvent, RestartState, ...RestartAction[]])[] = [
  ['fresh',               'fall',                    'restarting',          'mark', 'start-restart-time'],
  ['fresh',               'loss',                    'fresh',               'drop'],
  ['fresh',               'end-of-rib',              'fresh'],
  ['fresh',               'return',                  'fresh'],
  ['restarting',          'return',                  'returned',            'stop-timer', 'start-stale-path-time'],
  ['restarting',          'return-empty',            'fresh',               'stop-timer', 'drop'],
  ['restarting',          'restart-time',            'fresh',               'drop'],
  ['restarting',          'loss',                    'fresh',               'stop-timer', 'drop'],
  ['returned',            'end-of-rib',              'fresh',               'stop-timer', 'sweep'],
  ['returned',            'stale-path-time',         'fresh',               'sweep'],
  ['returned',            'fall',                    'restarting',          'stop-timer', 'mark', 'sweep-older', 'start-restart-time'],
  ['returned',            'loss',                    'fresh',               'stop-timer', 'drop'],
  ['returned',            'begin-refresh',           'returned'],
  ['fresh',               'fall-long-lived',         'long-lived',          'mark-long-lived', 'sweep-no-llgr', 'start-long-lived-time'],
  ['restarting',          'restart-time-long-lived', 'long-lived',          'age', 'sweep-no-llgr', 'start-long-lived-time'],
  ['long-lived',          'long-lived-time',         'fresh',               'drop'],
  ['long-lived',          'return-empty',            'fresh',               'stop-long-lived-time', 'drop'],
  ['long-lived',          'return',                  'returned-long-lived', 'start-stale-path-time'],
  ['returned-long-lived', 'end-of-rib',              'fresh',               'stop-timer', 'stop-long-lived-time', 'sweep'],
  ['returned-long-lived', 'long-lived-time',         'fresh',               'stop-timer', 'sweep'],
  ['returned-long-lived', 'fall',                    'long-lived',          'stop-timer', 'mark-long-lived', 'sweep-no-llgr'],
  ['fresh',               'begin-refresh',           'refreshing',          'mark-refresh', 'start-stale-path-time'],
  ['fresh',               'end-refresh',             'fresh'],
  ['refreshing',          'begin-refresh',           'refreshing',          'stop-timer', 'mark-refresh', 'start-stale-path-time'],
  ['refreshing',          'end-refresh',             'fresh',               'stop-timer', 'sweep'],
  ['refreshing',          'stale-path-time',         'fresh',               'sweep'],
  ['refreshing',          'end-of-rib',              'refreshing'],
  ['refreshing',          'fall',                    'restarting',          'stop-timer', 'mark', 'start-restart-time'],
];

const EVENTS: readonly RestartEvent[] = [
  ...(['fall', 'fall-long-lived', 'loss', 'return', 'return-empty', 'end-of-rib', 'restart-time'] as const),
  ...(['restart-time-long-lived', 'long-lived-time', 'stale-path-time', 'begin-refresh', 'end-refresh'] as const),
];
const STATES: readonly RestartState[] = [
  ...(['fresh', 'restarting', 'long-lived', 'returned', 'returned-long-lived', 'refreshing'] as const),
];

describe('bgp/graceful-restart', () => {
  for (const [state, event, next, ...actions] of STORY)
    it(`${state}, ${event}: ${next}${actions.length > 0 ? `, ${actions.join(', ')}` : ''}`, () =>
      expect(step(state, event)).to.deep.equal({ state: next, actions }));

  it('stops every timer before nothing is stale any more, and starts none that runs', () => {
    for (const state of STATES) {
      // Which timers run in a state: the short one, and the Long-lived Stale Time.
      const runs = (one: RestartState): readonly [boolean, boolean] => [
        one !== 'fresh' && one !== 'long-lived',
        one === 'long-lived' || one === 'returned-long-lived',
      ];
      for (const event of EVENTS) {
        const { state: next, actions } = step(state, event);
        let [short, long] = runs(state);
        if (event === 'restart-time' || event === 'restart-time-long-lived' || event === 'stale-path-time')
          short = false;
        if (event === 'long-lived-time') long = false;
        for (const action of actions) {
          if (action === 'stop-timer') short = false;
          if (action === 'stop-long-lived-time') long = false;
          if (action === 'start-restart-time' || action === 'start-stale-path-time') short = true;
          if (action === 'start-long-lived-time') {
            expect(long, `${state} ${event}`).to.equal(false);
            long = true;
          }
        }
        if (actions.length > 0 || state !== next) expect([short, long], `${state} ${event}`).to.deep.equal(runs(next));
      }
    }
  });

  it('leaves nothing stale behind: what reaches fresh is swept or dropped', () => {
    for (const state of STATES)
      for (const event of EVENTS) {
        const { state: next, actions } = step(state, event);
        if (next === 'fresh' && state !== 'fresh')
          expect(actions.includes('sweep') || actions.includes('drop'), `${state} ${event}`).to.equal(true);
      }
  });

  it('tells the ends of a session apart, and keeps routes over those that a restart may follow', () => {
    const none = new Uint8Array(0);
    const said = (code: number, subcode: number) => ({ code, subcode, data: none });
    expect(sessionEnd('TcpConnectionFails', null)).to.equal('connection lost');
    expect(sessionEnd('HoldTimer_Expires', said(4, 0))).to.equal('notification');
    expect(sessionEnd('SendHoldTimer_Expires', said(8, 0))).to.equal('notification');
    expect(sessionEnd('UpdateMsgErr', said(3, 1))).to.equal('notification');
    expect(sessionEnd('UpdateMsgErr', said(6, 1))).to.equal('hard reset'); // more prefixes than we take
    expect(sessionEnd('NotifMsg', said(6, 4))).to.equal('notification');
    expect(sessionEnd('NotifMsg', said(6, 9))).to.equal('hard reset'); // RFC 8538 section 3
    expect(sessionEnd('NotifMsg', said(3, 9))).to.equal('notification');
    expect(sessionEnd('ManualStop', said(6, 2))).to.equal('hard reset');
    expect([isKept('connection lost', false), isKept('connection lost', true)]).to.deep.equal([true, true]);
    expect([isKept('notification', false), isKept('notification', true)]).to.deep.equal([false, true]);
    expect([isKept('hard reset', false), isKept('hard reset', true)]).to.deep.equal([false, false]);
  });
});
