import { expect } from 'chai';
import fc from 'fast-check';
import { placeTree, type TreeLike } from '../../src/web/page/layered.ts';

describe('web/page/layered', () => {
  it('puts parents in the middle of their children, and no two nodes into one place', () => {
    const leaf: fc.Arbitrary<TreeLike> = fc.constant({ children: [] });
    const above = (below: fc.Arbitrary<TreeLike>): fc.Arbitrary<TreeLike> =>
      fc.record({ children: fc.array(below, { maxLength: 4 }) });
    const tree = above(above(above(leaf)));
    fc.assert(
      fc.property(tree, root => {
        const { nodes, rows, layers } = placeTree(root);
        const places = new Set(nodes.map(({ layer, row }) => `${layer} ${row}`));
        expect(places.size).to.equal(nodes.length);
        for (const [i, { node, parent, layer, row }] of nodes.entries()) {
          expect(layer).to.be.lessThan(layers);
          expect(row).to.be.within(0, rows - 1);
          if (parent !== null) expect(nodes[parent]!.layer).to.equal(layer - 1);
          const children = nodes.filter(one => one.parent === i).map(one => one.row);
          expect(children).to.have.length(node.children.length);
          if (children.length > 0) expect(row).to.equal((children[0]! + children.at(-1)!) / 2);
        }
      }),
    );
  });

  it('takes a tree of any depth', () => {
    let root: TreeLike = { children: [] };
    for (let i = 0; i < 100_000; i++) root = { children: [root] };
    expect(placeTree(root)).to.include({ rows: 1, layers: 100_001 });
  });
});
