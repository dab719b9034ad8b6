import { expect } from 'chai';
import { alertRules } from '../../../src/daemon/ids/alert-rules.ts';
import type { EveAlert } from '../../../src/daemon/ids/eve.ts';
import { GATHER, GROUP, gathering } from '../../../src/daemon/ids/gathering.ts';

describe('daemon/ids/gathering', () => {
  const low = { entropy: 'guessable', of: 'low' } as const;
  const fair = { entropy: 'fair', of: 'fair' } as const;
  const high = { entropy: 'high', of: 'high' } as const;

  it('traces at once what is hard to guess, and the rest of its minute not at all', () => {
    const groups = gathering<string>(8);
    expect(groups.take('k', high, 0)).to.deep.equal({ best: high, packets: 1 });
    expect(groups.take('k', high, GROUP - 1)).to.equal('duplicate');
    expect(groups.due(GROUP - 1)).to.deep.equal([]);
    expect(groups.take('k', high, GROUP)).to.deep.equal({ best: high, packets: 1 });
  });

  it('waits for a better packet, and takes the best when it has waited', () => {
    const groups = gathering<string>(8);
    expect([low, fair, low].map((one, i) => groups.take('k', one, i))).to.deep.equal(['waits', 'waits', 'waits']);
    expect(groups.take('other', low, 500)).to.equal('waits');
    expect(groups.next()).to.equal(GATHER);
    expect(groups.due(GATHER - 1)).to.deep.equal([]);
    expect(groups.due(GATHER)).to.deep.equal([{ best: fair, packets: 3 }]);
    expect(groups.take('k', high, GATHER + 1)).to.equal('duplicate');
    expect(groups.next()).to.equal(500 + GATHER);
  });

  it('waits for no more packets than it may', () => {
    const groups = gathering<string>(2);
    expect(groups.take('k', low, 0)).to.equal('waits');
    expect(groups.take('k', fair, 1)).to.deep.equal({ best: fair, packets: 2 });
  });

  it('holds a bounded number of groups, and takes new ones when old ones end', () => {
    const groups = gathering<string>(8, 3);
    for (const key of ['a', 'b', 'c']) expect(groups.take(key, high, 0)).to.be.an('object');
    expect(groups.take('d', high, 1)).to.equal('full');
    expect(groups.take('d', high, GROUP)).to.be.an('object');
    expect(groups.size).to.equal(1);
  });

  it('forgets no group that still waits', () => {
    const groups = gathering<string>(8);
    groups.take('k', low, 0);
    groups.take('other', high, GROUP + 1);
    expect(groups.due(GROUP + 1)).to.deep.equal([{ best: low, packets: 1 }]);
  });
});

describe('daemon/ids/alert-rules', () => {
  const alert = (more: Partial<EveAlert>): EveAlert => ({
    ...{ signature: 7, text: 'ET DOS Possible NTP amplification', category: 'Attempted Denial of Service' },
    ...{ severity: 2, flow: '1', time: 0, packet: null, without: 'no packet', ...more },
  });
  const none = { signatures: [], texts: [], categories: [], severity: null };
  for (const [what, rules, matches] of [
    ['nothing', none, false],
    ['its number', { ...none, signatures: [6, 7] }, true],
    ['another number', { ...none, signatures: [70] }, false],
    ['a part of its text', { ...none, texts: ['dos possible'] }, true],
    ['parts of its text', { ...none, texts: ['ET*ntp*cation'] }, true],
    ['parts in another order', { ...none, texts: ['ntp*ET'] }, false],
    ['anything', { ...none, texts: ['*'] }, true],
    ['a text that is no expression', { ...none, texts: ['.*'] }, false],
    ['its category', { ...none, categories: ['attempted denial of service'] }, true],
    ['a part of its category', { ...none, categories: ['denial'] }, false],
    ['its severity', { ...none, severity: 2 }, true],
    ['a graver one', { ...none, severity: 1 }, false],
  ] as const)
    it(`names an alert by ${what}: ${matches}`, () => expect(alertRules(rules)(alert({}))).to.equal(matches));
});
