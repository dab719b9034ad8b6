import { expect } from 'chai';
import { alertRules } from '../../../src/daemon/ids/alert-rules.ts';
import type { EveAlert } from '../../../src/daemon/ids/eve.ts';
import { type Candidate, GATHER, type Gathering, GROUP, gathering } from '../../../src/daemon/ids/gathering.ts';

describe('daemon/ids/gathering', () => {
  const candidate = (of: string, entropy: 'guessable' | 'fair' | 'high', bits: number) => ({
    guessing: { entropy, bits, fragment: false, same: of },
    of,
  });
  const low = candidate('low', 'guessable', 10);
  const fair = candidate('fair', 'fair', 90);
  const high = Array.from({ length: 9 }, (_, i) => candidate(`high ${i}`, 'high', 110 + i));
  const takeAll = (groups: Gathering<string>, key: string, all: readonly Candidate<string>[], now = 0) =>
    all.map((one, i) => groups.take(key, one, now + i)).at(-1);

  it('traces at once when it has packets enough that are hard to guess, and the rest of their minute not at all', () => {
    const groups = gathering<string>(64);
    const best = high.slice(0, 8).map(({ of }) => of);
    expect(takeAll(groups, 'k', [low, ...high.slice(0, 7)])).to.equal('waits');
    expect(groups.take('k', high[0]!, 8), 'a copy').to.equal('waits');
    expect(groups.take('k', high[7]!, 9)).to.deep.equal({ best, packets: 10 });
    expect(groups.take('k', high[8]!, GROUP - 1)).to.equal('duplicate');
    expect(groups.due(GROUP - 1)).to.deep.equal([]);
    expect(takeAll(groups, 'k', high, GROUP)).to.equal('duplicate');
  });

  it('waits for more packets, and takes what there is when it has waited', () => {
    const groups = gathering<string>(8);
    expect([low, fair, low].map((one, i) => groups.take('k', one, i))).to.deep.equal(['waits', 'waits', 'waits']);
    expect(groups.take('other', low, 500)).to.equal('waits');
    expect(groups.next()).to.equal(GATHER);
    expect(groups.due(GATHER - 1)).to.deep.equal([]);
    expect(groups.due(GATHER)).to.deep.equal([{ best: ['low', 'fair'], packets: 3 }]);
    expect(groups.take('k', high[0]!, GATHER + 1)).to.equal('duplicate');
    expect(groups.next()).to.equal(500 + GATHER);
  });

  it('waits for no more packets than it may', () => {
    const groups = gathering<string>(2);
    expect(groups.take('k', low, 0)).to.equal('waits');
    expect(groups.take('k', fair, 1)).to.deep.equal({ best: ['low', 'fair'], packets: 2 });
  });

  it('holds a bounded number of groups, and takes new ones when old ones end', () => {
    const groups = gathering<string>(1, 3);
    for (const key of ['a', 'b', 'c']) expect(groups.take(key, fair, 0)).to.be.an('object');
    expect(groups.take('d', fair, 1)).to.equal('full');
    expect(groups.take('d', fair, GROUP)).to.be.an('object');
    expect(groups.size).to.equal(1);
  });

  it('forgets no group that still waits', () => {
    const groups = gathering<string>(8);
    groups.take('k', low, 0);
    groups.take('other', fair, GROUP + 1);
    expect(groups.due(GROUP + 1)).to.deep.equal([{ best: ['low'], packets: 1 }]);
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
