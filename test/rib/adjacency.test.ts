import { expect } from 'chai';
import { walkAdjacency } from '../../src/rib/adjacency.ts';
import { pathAttributes, storeOf } from './paths.ts';

describe('rib/adjacency', () => {
  const found = (among: number[], ...paths: number[][]) => {
    const walk = walkAdjacency(storeOf(...paths.map(path => pathAttributes([2, ...path]))), among);
    while (!walk.step());
    return walk.finish();
  };
  it('has the AS before the first participant of each path', () =>
    expect(found([64510, 64520], [64501, 64510, 64520], [64502, 64510], [64501, 64502, 64520])).to.deep.equal([
      { as: 64510, through: [64501, 64502] },
      { as: 64520, through: [64502] },
    ]));
  it('has none of a participant that is a neighbour, nor beyond it', () =>
    expect(found([64501, 64510], [64501, 64502, 64510])).to.deep.equal([]));
  it('takes prepends for one AS', () =>
    expect(found([64510], [64501, 64501, 64510, 64510])).to.deep.equal([{ as: 64510, through: [64501] }]));
  it('knows nobody’s neighbour across an AS_SET', () => {
    const walk = walkAdjacency(storeOf(pathAttributes([2, 64501], [1, 64502, 64503], [2, 64510])), [64510]);
    while (!walk.step());
    expect(walk.finish()).to.deep.equal([]);
  });
});
