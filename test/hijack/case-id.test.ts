import { expect } from 'chai';
import { caseIds } from '../../src/hijack/case-id.ts';

describe('hijack/case-id', () => {
  it('counts within the UTC day', () => {
    const next = caseIds([]);
    expect(next(Date.UTC(2026, 10, 22, 23, 59))).to.equal('2026-11-22-01');
    expect(next(Date.UTC(2026, 10, 22, 23, 59))).to.equal('2026-11-22-02');
    expect(next(Date.UTC(2026, 10, 23))).to.equal('2026-11-23-01');
    expect(next(Date.UTC(2026, 10, 22)), 'the clock went back').to.equal('2026-11-22-03');
  });
  it('goes on behind what was stored, past two digits', () => {
    const next = caseIds(['2026-11-22-07', '2026-11-22-99', '2026-11-21-500', 'not an id']);
    expect(next(Date.UTC(2026, 10, 22))).to.equal('2026-11-22-100');
  });
});
