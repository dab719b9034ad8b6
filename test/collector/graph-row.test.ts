import { expect } from 'chai';
import { frontierRow } from '../../src/collector/frontier-row.ts';
import { graphRow } from '../../src/collector/graph-row.ts';
import { newAsGraph } from '../../src/rib/as-graph.ts';
import { CUSTOMER, PEER, PROVIDER, type Relation, UNKNOWN } from '../../src/rib/as-relations.ts';

const HERE = 64500;

/** A role says that 1 is a provider, an ASPA that 2 and 3 are peers; of the last link an attribute of RFC 9234 speaks. */
function graph() {
  const made = newAsGraph(HERE);
  for (const path of [
    [1, 2, 3],
    [4, 5],
  ]) {
    made.begin(path[0] === 4 ? 5 : 0);
    path.forEach(made.next);
    made.end();
  }
  const known = (from: number, to: number): Relation => {
    const ends = [from, to].sort((a, b) => a - b).join(' ');
    if (ends === `1 ${HERE}`) return from === HERE ? PROVIDER : CUSTOMER;
    return ends === '2 3' ? PEER : UNKNOWN;
  };
  const work = made.infer(known);
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
  }
}

describe('collector: what is told of the AS graph', () => {
  it('counts links by what their ends are to each other, and by where that is known from', () => {
    const row = graphRow({ graph: graph(), generation: 7, built: 1000 }, 8, HERE, [1, 99], [3, 99]);
    expect(row).to.deep.equal({
      ...{ ases: 6, links: 5, transit: 1, peering: 1, unknown: 3, otc: 1 },
      ...{ roles: 1, aspas: 1, inferred: 0, built: 1000, changed: true, on: [3], off: [99] },
      sketch: {
        ases: [
          { as: HERE, distance: 0 },
          { as: 1, distance: 1 },
          { as: 2, distance: 2 },
          { as: 3, distance: 3 },
        ],
        links: [
          { from: HERE, to: 1, relation: 'provider' },
          { from: 1, to: 2, relation: null },
          { from: 2, to: 3, relation: 'peer' },
        ],
        leftOut: 0,
      },
    });
  });
  it('tells with a frontier what the neighbour is to this AS', () => {
    const query = { about: 'frontier', avoid: [], among: [3] } as const;
    expect(frontierRow(graph(), HERE, { ...query, from: 1 })).to.include({ relation: 'provider' });
    expect(frontierRow(graph(), HERE, { ...query, from: 4 })).not.to.have.property('relation');
  });
});
