import { expect } from 'chai';
import { type Options, runTestbed } from './testbed.ts';

describe('traceback: forty managers on a made AS graph, over TLS', function () {
  this.timeout(240_000);
  const small: Options = {
    ...{
      nodes: 40,
      participation: 60,
      traces: 20,
      atOnce: 4,
      rounds: 2,
      seed: 1,
      delay: 0,
      faults: false,
      plain: false,
    },
    ...{ processes: 1, flooding: true, falsely: 500, say: () => {} },
  };

  it('find where attacks came in, one after the other and several at once', async () => {
    const outcome = await runTestbed(small);
    expect(outcome).to.include({ entry_right: 1, entry_wrong: 0, wrong_branches: 0, at_once_right: 1, shunned: 0 });
    expect(outcome.answers).to.be.above(20);
    expect(outcome.off_path_asked).to.be.at.least(500);
  });
});
