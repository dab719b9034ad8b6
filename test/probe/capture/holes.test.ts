import { expect } from 'chai';
import { openHoles } from '../../../src/probe/capture/holes.ts';

describe('probe/holes', () => {
  it('covers what was seen without a break', () => {
    const holes = openHoles();
    holes.begin('eth1', 1000);
    holes.begin('eth1', 1500);
    expect(holes.covers(0, 999)).to.equal(true);
    expect(holes.covers(0, 1000)).to.equal(false);
    expect(holes.covers(5000, 6000), 'as long as it lasts').to.equal(false);
    holes.end('eth1', 2000);
    holes.end('eth2', 9000);
    expect(holes.covers(2001, 9000)).to.equal(true);
    expect(holes.covers(1999, 9000)).to.equal(false);
    expect(holes.covers(0, 9000)).to.equal(false);
  });
  it('forgets no hole, however many there are', () => {
    const holes = openHoles();
    for (let i = 0; i < 5000; i++) {
      holes.begin('eth1', i * 10);
      holes.end('eth1', i * 10 + 1);
    }
    for (const i of [0, 1, 2500, 4998, 4999]) expect(holes.covers(i * 10, i * 10), `${i}`).to.equal(false);
    expect(holes.covers(4998 * 10 + 5, 4998 * 10 + 6)).to.equal(true);
  });
});
