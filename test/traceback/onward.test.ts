import { expect } from 'chai';
import { newBranch } from '../../src/traceback/branch.ts';
import { planOnward, type Topology } from '../../src/traceback/onward.ts';

const MEMBERS = [64510, 64511, 64512];

/** AS 64500, behind whose neighbour 64501, which takes no part, the graph shows 64510 alone; 64511 has told that it is there. */
function topology(more: Partial<Topology> = {}): Topology {
  return {
    as: 64500,
    graph: {
      adjacency: () => Promise.resolve([]),
      frontier: (_from, _avoid, among) =>
        Promise.resolve({
          frontier: among.filter(as => as === 64510).map(as => ({ as, cone: 9 })),
          passed: [],
          beyond: 0,
        }),
    },
    peerings: () => new Map(),
    members: () => MEMBERS,
    member: () => null,
    shares: () => true,
    withdrew: () => false,
    isAdjacent: (as, neighbor) => as === 64511 && neighbor === 64501,
    hits: () => 0,
    log: () => {},
    ...more,
  };
}
const plan = async (here?: number) => {
  const root = newBranch(64500, 'saw', '', 0);
  const border = { ingress: [64501], ...(here !== undefined && { here }) };
  const groups = await planOnward(topology(), { hops: [] }, root, border, false, () => 0);
  return groups.map(({ behind, waves }) => ({ behind, waves }));
};

describe('traceback/onward', () => {
  it('asks who has told that it comes here over a neighbour, by links that no route shows, and asks it first', async () => {
    expect(await plan()).to.deep.equal([{ behind: 64501, waves: [[64511, 64510]] }]);
  });
  it('does not where it looks from another AS: that one was told', async () => {
    expect(await plan(64502)).to.deep.equal([{ behind: 64501, waves: [[64510]] }]);
  });
});
