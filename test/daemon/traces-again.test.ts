import { expect } from 'chai';
import { knownBefore } from '../../src/daemon/traces-again.ts';
import type { Trace } from '../../src/traceback/trace.ts';

describe('daemon/traces-again', () => {
  it('keeps for which case a trace was, and where its packets were from', () => {
    const trace = { id: 't1', state: 'interrupted', caseId: '7', source: 'ids sensor' } as unknown as Trace;
    expect(knownBefore(trace)).to.deep.equal({ caseId: '7', source: 'ids sensor' });
  });
});
