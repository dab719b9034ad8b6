import { expect } from 'chai';
import { newAsEdges } from '../../src/rib/as-edges.ts';
import { topologyOf } from '../../src/rib/as-graph.ts';
import { CUSTOMER, PEER, PROVIDER, UNKNOWN } from '../../src/rib/as-relations.ts';
import { sketchOf } from '../../src/rib/as-sketch.ts';

const HERE = 64500;

/** Links as pairs of ASes, with what the second is to the first. */
function graph(links: readonly (readonly [number, number, number])[]) {
  const numbers = [...new Set([HERE, ...links.map(([a]) => a), ...links.map(([, b]) => b)])];
  const edges = newAsEdges();
  const relations: number[] = [];
  for (const [a, b, relation] of links) {
    const [from, to] = [numbers.indexOf(a), numbers.indexOf(b)];
    edges.add(from, to);
    relations.push(
      from < to ? relation : relation === PROVIDER ? CUSTOMER : relation === CUSTOMER ? PROVIDER : relation,
    );
  }
  return topologyOf(numbers, edges, Uint8Array.from(relations));
}

describe('rib/as-sketch', () => {
  it('has the ASes asked for, and who stands between', () => {
    const topology = graph([
      [HERE, 1, PROVIDER],
      [HERE, 2, CUSTOMER],
      [1, 3, PEER],
      [3, 4, UNKNOWN],
      [5, 2, PROVIDER],
    ]);
    expect(sketchOf(topology, HERE, [4, 5, 99, HERE])).to.deep.equal({
      ases: [
        { as: HERE, distance: 0 },
        { as: 1, distance: 1 },
        { as: 2, distance: 1 },
        { as: 3, distance: 2 },
        { as: 5, distance: 2 },
        { as: 4, distance: 3 },
      ],
      links: [
        { from: HERE, to: 1, relation: 'provider' },
        { from: 2, to: HERE, relation: 'provider' },
        { from: 5, to: 2, relation: 'provider' },
        { from: 1, to: 3, relation: 'peer' },
        { from: 3, to: 4, relation: null },
      ],
      leftOut: 0,
    });
    expect(sketchOf(topology, HERE, [3]).ases.map(({ as }) => as)).to.deep.equal([HERE, 1, 3]);
  });

  it('says how many it leaves out', () => {
    const far = Array.from({ length: 300 }, (_, i) => [HERE, 1000 + i, PEER] as const);
    const { ases, leftOut } = sketchOf(graph(far), HERE, [...far.map(([, as]) => as)]);
    expect(ases).to.have.length(160);
    expect(leftOut).to.equal(300 - 159);
    expect(sketchOf(graph([[1, 2, PEER]]), HERE, [1]), 'no way leads there').to.deep.include({ leftOut: 1 });
    expect(sketchOf(graph([]), 7, [1])).to.deep.equal({ ases: [{ as: 7, distance: 0 }], links: [], leftOut: 0 });
  });
});
