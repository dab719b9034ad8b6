import { expect } from 'chai';
import { type WatchState, watchStep } from '../../../src/probe/capture/interface-watch.ts';

const running = (index: number) => ({ index, running: true });
const still = (index: number) => ({ index, running: false });

/** What is done, look after look, in one line each. */
function lived(...looks: ({ index: number; running: boolean } | null)[]): string[] {
  let state: WatchState = { is: 'away' };
  return looks.map(look => {
    const [next, actions] = watchStep(state, look);
    state = next;
    const words = actions.map(action => (action.type === 'bind' ? `bind ${action.index}` : action.type));
    return `${next.is}: ${words.join(' ')}`;
  });
}

describe('probe/interface-watch', () => {
  it('captures from an interface once it runs', () => {
    expect(lived(null, still(3), still(3), running(3), running(3))).to.deep.equal([
      ...['away: ', 'away: ', 'away: ', 'running: bind 3 seen', 'running: '],
    ]);
  });
  it('tells of one that goes down and comes up again', () => {
    expect(lived(running(3), still(3), still(3), running(3))).to.deep.equal([
      ...['running: bind 3 seen', 'down: hole say', 'down: ', 'running: seen say'],
    ]);
  });
  it('captures from another one of its name', () => {
    expect(lived(running(3), null, null, running(9))).to.deep.equal([
      ...['running: bind 3 seen', 'away: hole say', 'away: ', 'running: bind 9 seen'],
    ]);
    expect(lived(running(3), running(9)), 'made anew between two looks').to.deep.equal([
      ...['running: bind 3 seen', 'running: hole bind 9 seen'],
    ]);
    expect(lived(running(3), still(9), running(9)), 'and down at first').to.deep.equal([
      ...['running: bind 3 seen', 'away: hole say', 'running: bind 9 seen'],
    ]);
    expect(lived(running(3), still(3), running(9)), 'after it was down').to.deep.equal([
      ...['running: bind 3 seen', 'down: hole say', 'running: bind 9 seen'],
    ]);
  });
});
