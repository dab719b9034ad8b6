import { expect } from 'chai';
import { commitmentOver } from '../../src/traceback/commitment.ts';
import { COMMIT_SLACK, createCommitting, KEPT_LATE, MOST_ROOTS } from '../../src/traceback/committing.ts';
import { commitmentsInMemory } from '../../src/traceback/kept-commitments.ts';
import type { Peering } from '../../src/traceback/peering.ts';
import type { Told } from '../../src/traceback/wire.ts';

const NUMBER = 180_000_000;
const END = (NUMBER + 1) * 10_000;
const root = (name: number) => Buffer.alloc(32, name).toString('hex');
const windows = (...names: readonly number[]) => names.map(name => ({ number: NUMBER, part: 0, root: root(name) }));

describe('traceback/committing', () => {
  let now: number;
  let told: Told[];
  const peering = { as: 64510, tell: (message: Told) => told.push(message) > 0 } as unknown as Peering;
  const start = () => {
    const kept = commitmentsInMemory();
    const committing = createCommitting({
      ...{ kept, peerings: () => [peering], clock: () => now, log: () => {}, gather: 0 },
    });
    return { kept, committing };
  };
  /** Lets the timer of what is gathered run. */
  const turn = () => new Promise(resolve => setTimeout(resolve, 20));
  const roots = () => told.flatMap(message => (message.type === 'commit' ? message.roots : []));

  beforeEach(() => {
    now = END + 2000;
    told = [];
  });

  it('commits to the windows of all probes together, to what comes late apart, and to no more than so many', async () => {
    const { kept, committing } = start();
    committing.sealed(windows(1));
    committing.sealed(windows(2, 1));
    await turn();
    const first = { window: NUMBER, root: commitmentOver(NUMBER, [root(1), root(2)]) };
    expect(roots()).to.deep.equal([first]);
    expect(await kept.own(NUMBER)).to.deep.equal([{ commitment: first.root, roots: [root(1), root(2)] }]);
    for (let late = 3; late < 3 + 2 * MOST_ROOTS; late++) {
      committing.sealed(windows(late));
      await turn();
    }
    expect(roots()).to.have.length(MOST_ROOTS);
    expect(roots()[1]).to.deep.equal({ window: NUMBER, root: commitmentOver(NUMBER, [root(3)]) });
    expect(committing.latest()).to.deep.equal({ from: END - 10_000, root: roots().at(-1)!.root });
  });

  it('does not commit to what nobody would believe: windows of old captures, and of the future', async () => {
    const { kept, committing } = start();
    now = END + COMMIT_SLACK + 1;
    committing.sealed(windows(1));
    now = END - COMMIT_SLACK - 1;
    committing.sealed(windows(2));
    await turn();
    expect(told).to.deep.equal([]);
    expect(await kept.own(NUMBER)).to.deep.equal([]);
  });

  it('tells who comes of the last minute', async () => {
    const { committing } = start();
    committing.sealed(windows(1));
    await turn();
    told = [];
    committing.up(peering);
    expect(roots()).to.have.length(1);
    told = [];
    now = END + COMMIT_SLACK + 1;
    committing.up(peering);
    expect(told).to.deep.equal([]);
  });

  it('keeps what others tell with the time at which it came, and nothing of the future or of long ago', async () => {
    const { kept, committing } = start();
    committing.hear(
      [
        { window: NUMBER, root: root(1) },
        { window: NUMBER + 60, root: root(2) },
        { window: NUMBER - KEPT_LATE / 10_000, root: root(3) },
      ],
      peering,
    );
    expect(await kept.held(64510, NUMBER - KEPT_LATE / 10_000)).to.deep.equal([]);
    expect(await kept.held(64510, NUMBER)).to.deep.equal([{ commitment: root(1), received: now }]);
    expect(await kept.held(64510, NUMBER + 60)).to.deep.equal([]);
  });
});
