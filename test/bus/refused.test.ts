import { expect } from 'chai';
import { countRefused } from '../../src/bus/refused.ts';

describe('bus/refused', () => {
  let time = 1_000_000;
  const said: string[] = [];
  const made = () => {
    said.length = 0;
    return countRefused(
      (_level, text) => void said.push(text),
      () => time,
    );
  };

  it('says the same once a minute, and how often it was', () => {
    const refused = made();
    for (let i = 0; i < 10; i++) refused.count('judged', '10-0-0-1', `wrong ${i}`);
    time += 60_000;
    refused.count('judged', '10-0-0-1', 'wrong again');
    expect(said).to.deep.equal([
      'bus: refused 1 time: what 10.0.0.1 judged: wrong 0',
      'bus: refused 10 times: what 10.0.0.1 judged: wrong again',
    ]);
    expect(refused.rows()).to.deep.equal([
      { what: 'judged', machine: '10.0.0.1', times: 11, last: time, why: 'wrong again' },
    ]);
  });

  it('is a problem until nothing of it has come for ten minutes', () => {
    const refused = made();
    refused.count('question', null, 'it is no question');
    expect(refused.problems()).to.deep.equal(['refused 1 time: a question of some machine: it is no question']);
    time += 600_000;
    expect(refused.problems()).to.deep.equal([]);
    expect(refused.rows()).to.have.length(1);
  });

  it('tells 256 apart, and counts the others together', () => {
    const refused = made();
    for (let i = 0; i < 300; i++) refused.count('alive', `10-0-${i >> 8}-${i & 255}`, 'x'.repeat(1_000));
    expect(refused.rows()).to.have.length(257);
    expect(refused.rows().at(-1)).to.include({ machine: '', times: 44 });
    expect(refused.rows()[0]!.why).to.have.length(200);
    expect(refused.problems()).to.have.length(6);
  });
});
