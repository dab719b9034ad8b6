import { expect } from 'chai';
import {
  IRR_STATES,
  type IrrState,
  ROV_STATES,
  type RovState,
  SEVERITIES,
  type Severity,
  severityOf,
} from '../../src/registry/verdict.ts';

describe('registry/verdict', () => {
  // research: hijack 3.3, "Combined verdict"; the covering states stand with the exact ones.
  const table: readonly [RovState, IrrState, Severity][] = [
    ['invalid', 'mismatch', 'critical'],
    ['invalid', 'mismatch-covering', 'critical'],
    ['invalid', 'unknown', 'major'],
    ['invalid', 'match', 'minor'],
    ['invalid', 'match-covering', 'minor'],
    ['not-found', 'mismatch', 'major'],
    ['not-found', 'mismatch-covering', 'major'],
    ['not-found', 'match', 'ok'],
    ['not-found', 'match-covering', 'ok'],
    ['not-found', 'unknown', 'no-opinion'],
    ['valid', 'mismatch', 'info'],
    ['valid', 'mismatch-covering', 'info'],
    ['valid', 'match', 'ok'],
    ['valid', 'match-covering', 'ok'],
    ['valid', 'unknown', 'ok'],
  ];
  for (const [rov, irr, severity] of table)
    it(`${rov} and ${irr}: ${severity}`, () => expect(severityOf(rov, irr)).to.equal(severity));

  it('has a severity for every pair', () => {
    expect(table.length).to.equal(ROV_STATES.length * IRR_STATES.length);
    for (const rov of ROV_STATES) for (const irr of IRR_STATES) expect(SEVERITIES).to.include(severityOf(rov, irr));
  });
  it('numbers the states as snapshots and memos do', () => {
    expect(ROV_STATES).to.deep.equal(['not-found', 'valid', 'invalid']);
    expect(IRR_STATES).to.deep.equal(['unknown', 'match', 'match-covering', 'mismatch', 'mismatch-covering']);
  });
});
