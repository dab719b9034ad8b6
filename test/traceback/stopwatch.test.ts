import { expect } from 'chai';
import { startStopwatch } from '../../src/traceback/stopwatch.ts';
import { readTraceText, writeTraceText } from '../../src/traceback/trace-text.ts';
import { asked, newAses, probeAnswer, sawFrom } from './ases.ts';

describe('traceback/stopwatch', () => {
  it('tells whole milliseconds since it was started, and never fewer than none', () => {
    let steady = 1000.4;
    const elapsed = startStopwatch(() => steady);
    steady = 1031.2;
    expect(elapsed()).to.equal(31);
    steady = 0;
    expect(elapsed()).to.equal(0);
  });

  it('measures a trace during which the clock of the day is put back', async function () {
    this.timeout(60_000);
    const ases = newAses();
    try {
      let back = 0;
      const probes = {
        ask: async () => {
          back = 3_600_000;
          return { answers: [probeAnswer([sawFrom(64501)])], silent: [] };
        },
      };
      await ases.start({ as: 64500, peers: [], probes, clock: () => Date.now() - back });
      const trace = await ases.at(64500).traceback.startTrace(asked, () => {});
      expect(trace.milliseconds).to.be.at.least(0);
      expect(trace.tree.after).to.be.at.least(0);
      expect(readTraceText(writeTraceText(trace)!)).to.deep.equal({ trace: JSON.parse(JSON.stringify(trace)) });
    } finally {
      ases.close();
    }
  });
});
