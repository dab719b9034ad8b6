import { expect } from 'chai';
import { type PeerEvent, type PeerState, step } from '../../src/bmp/peer-state.ts';

const STATES: readonly PeerState[] = ['Down', 'Unseen', 'Assumed', 'Established'];
const EVENTS: readonly PeerEvent[] = ['peer-up', 'peer-up-again', 'routes', 'peer-down', 'router-lost'];
const isUp = (state: PeerState) => state === 'Assumed' || state === 'Established';

describe('bmp/peer-state', () => {
  for (const [state, event, wanted] of [
    ['Down', 'peer-up', 'Established open'],
    ['Down', 'routes', 'Assumed open'],
    ['Unseen', 'peer-up-again', 'Established open'],
    ['Assumed', 'peer-up', 'Established learn'],
    ['Established', 'peer-up', 'Established close open'],
    ['Established', 'peer-up-again', 'Established'],
    ['Established', 'peer-down', 'Down close'],
    ['Established', 'router-lost', 'Unseen close'],
  ] as const)
    it(`${event} makes ${state}: ${wanted}`, () => {
      const { state: next, actions } = step(state, event);
      expect([next, ...actions].join(' ')).to.equal(wanted);
    });

  it('has a table open exactly while the peer is up, whatever happens', () => {
    for (const state of STATES)
      for (const event of EVENTS) {
        const { state: next, actions } = step(state, event);
        let open = isUp(state);
        for (const action of actions) {
          expect(open, `${state} ${event} ${action}`).to.equal(action !== 'open');
          open = action !== 'close';
        }
        expect(open, `${state} ${event}`).to.equal(isUp(next));
      }
  });
});
