import { expect } from 'chai';
import type { Told, Topic } from '../../src/control/live-rows.ts';
import { createChangeLog } from '../../src/daemon/change-log.ts';

describe('daemon/change-log', () => {
  const hear = (log: ReturnType<typeof createChangeLog>, topics: readonly Topic[], since: string | null = null) => {
    const heard: Told[] = [];
    const stop = log.follow(topics, since, told => heard.push(told));
    return { heard, stop };
  };
  const rows = (heard: readonly Told[]) => heard.map(({ mark, row }) => [mark, row]);

  it('tells where the telling begins, and then each change of the topics that are wanted', () => {
    const log = createChangeLog('run');
    log.tell('cases', { n: 1 });
    const { heard, stop } = hear(log, ['cases', 'status']);
    log.tell('traces', { n: 2 });
    log.tell('cases', { n: 3 });
    stop();
    log.tell('cases', { n: 4 });
    expect(rows(heard)).to.deep.equal([
      ['run.1', {}],
      ['run.3', { n: 3 }],
    ]);
    expect(heard[0]).to.include({ about: null });
  });

  it('goes on behind a mark, with what was missed in its order', () => {
    const log = createChangeLog('run');
    for (const [i, topic] of (['cases', 'traces', 'notices', 'cases'] as const).entries()) log.tell(topic, { n: i });
    expect(rows(hear(log, ['cases', 'traces'], 'run.1').heard)).to.deep.equal([
      ['run.1', {}],
      ['run.2', { n: 1 }],
      ['run.4', { n: 3 }],
    ]);
    expect(rows(hear(log, ['cases'], 'run.4').heard)).to.deep.equal([['run.4', {}]]);
  });

  it('says of what cannot be told any more that there is a gap', () => {
    const log = createChangeLog('run', 2);
    for (let i = 1; i <= 3; i++) log.tell('cases', { n: i });
    log.tell('traces', { n: 4 });
    const gap = 'too many changes since: of cases only the last 2 are kept';
    expect(rows(hear(log, ['cases', 'traces'], 'run.0').heard)).to.deep.equal([
      ['run.4', { gap }],
      ['run.2', { n: 2 }],
      ['run.3', { n: 3 }],
      ['run.4', { n: 4 }],
    ]);
    expect(rows(hear(log, ['cases'], 'run.1').heard)[0]).to.deep.equal(['run.1', {}]);
    expect(rows(hear(log, ['traces'], 'run.0').heard)).to.deep.equal([
      ['run.0', {}],
      ['run.4', { n: 4 }],
    ]);
  });

  it('says of another run of the daemon that what happened between is not told, and tells all of its own', () => {
    const log = createChangeLog('run');
    log.tell('cases', { n: 1 });
    for (const since of ['other.7', 'run.2']) {
      const [mark, one] = hear(log, ['cases'], since).heard;
      expect(mark!.row).to.deep.equal({
        gap: 'intertrackd has started again since: what happened meanwhile is not told',
      });
      expect(one!.row).to.deep.equal({ n: 1 });
    }
  });
});
