import { expect } from 'chai';
import { type AsGraph, newAsGraph } from '../../src/rib/as-graph.ts';
import { CUSTOMER, PEER, PROVIDER, type Relation, UNKNOWN } from '../../src/rib/as-relations.ts';
import { routesTo } from '../../src/rib/as-routes.ts';
import { makeInternet, seeded } from '../lab/internet/graph.ts';

const HERE = 64500;

function run(work: Generator<void, AsGraph>): AsGraph {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
  }
}

function graphOf(
  paths: readonly (readonly number[])[],
  known: (from: number, to: number) => Relation = () => UNKNOWN,
  otc = 0,
): AsGraph {
  const graph = newAsGraph(HERE);
  for (const path of paths) {
    graph.begin(otc);
    path.forEach(graph.next);
    graph.end();
  }
  return run(graph.infer(known));
}

describe('rib/as-relations', () => {
  it('is not told where too few paths show who is at the top', () => {
    const graph = graphOf([
      [1, 2, 3],
      [1, 2, 4],
    ]);
    expect(graph.relation(1, 2)).to.equal(UNKNOWN);
    expect(graph.relation(2, 9)).to.equal(null);
  });

  // Two ASes at the top, 1 and 2, each with forty customers, which have a customer each.
  const below = (top: number) => Array.from({ length: 40 }, (_, i) => top * 1000 + i);
  const paths = [1, 2].flatMap(top =>
    below(top).flatMap(as => [1, 2].map(from => (from === top ? [top, as, as + 500] : [from, top, as, as + 500]))),
  );

  it('follows from the ASes at the top: behind a peering all descends', () => {
    const graph = graphOf(paths);
    expect(graph.relation(1, 2)).to.equal(PEER);
    expect([graph.relation(1, 1000), graph.relation(1000, 1)]).to.deep.equal([CUSTOMER, PROVIDER]);
    expect([graph.relation(1000, 1500), graph.relation(1500, 1000)]).to.deep.equal([CUSTOMER, PROVIDER]);
  });

  it('is never other than what roles and ASPAs say', () => {
    const said = (from: number, to: number) =>
      from === 1 && to === 1000 ? PEER : from === 1000 && to === 1 ? PEER : UNKNOWN;
    expect(graphOf(paths, said).relation(1000, 1)).to.equal(PEER);
  });

  it('takes the attribute of RFC 9234 for a sign', () => {
    expect(graphOf([...paths, [1000, 3000]]).relation(1000, 3000)).to.equal(CUSTOMER);
    expect(graphOf([...paths, [1000, 3000]], undefined, 3000).relation(1000, 3000)).to.equal(PEER);
  });

  it('agrees with a made Internet, seen from twenty of its ASes', function () {
    this.timeout(240_000);
    const random = seeded(7);
    const { topology, graph: truth, largest } = makeInternet(3000, random);
    const as = (node: number) => topology.numbers[node]!;
    const seers = [...largest.slice(0, 6), ...Array.from({ length: 14 }, () => Math.floor(random() * 3000))];
    const seen: number[][] = [];
    for (let destination = 0; destination < 3000; destination++) {
      const next = routesTo(topology, destination);
      for (const seer of seers) {
        const path = [seer];
        while (next[path.at(-1)!]! >= 0 && path.at(-1) !== destination) path.push(next[path.at(-1)!]!);
        if (path.length > 1 && path.at(-1) === destination) seen.push(path.map(as));
      }
    }
    const graph = graphOf(seen);
    let right = 0;
    let reversed = 0;
    let links = 0;
    for (const from of topology.numbers)
      for (const to of graph.neighbors(from)) {
        if (to === HERE || to < from) continue;
        links++;
        const [is, should] = [graph.relation(from, to), truth.relation(from, to)];
        if (is === should) right++;
        else if (is !== PEER && should !== PEER && is !== UNKNOWN) reversed++;
      }
    console.log(
      `      ${links} links seen, ${((right / links) * 100).toFixed(1)} % right, ${reversed} the wrong way round`,
    );
    expect(right / links).to.be.above(0.9);
    expect(reversed / links).to.be.below(0.01);
  });
});

describe('rib/as-frontier', () => {
  // 10 and 20 are peers at the top. 11 is a customer of 10, 21 and 22 of 20; 111 of 11, 211 of 21. 11 and 21 peer.
  const links: [number, number, Relation][] = [
    [10, 20, PEER],
    [10, 11, CUSTOMER],
    [20, 21, CUSTOMER],
    [20, 22, CUSTOMER],
    [11, 111, CUSTOMER],
    [21, 211, CUSTOMER],
    [11, 21, PEER],
  ];
  const reverse = (relation: Relation): Relation => (relation === CUSTOMER ? PROVIDER : relation);
  const graph = graphOf(
    links.map(([a, b]) => [a, b]),
    (from, to) => {
      for (const [a, b, relation] of links) {
        if (a === from && b === to) return relation;
        if (a === to && b === from) return reverse(relation);
      }
      return UNKNOWN;
    },
  );
  const found = (here: number, from: number, among: number[]) =>
    graph.frontier(here, from, [here, HERE], among).frontier;

  it('goes everywhere behind a provider, for it tells all of a customer', () =>
    expect(found(11, 10, [20, 22])).to.deep.equal([20]));
  it('goes to the customers of a peer alone', () => {
    expect(found(11, 21, [211, 20])).to.deep.equal([211]);
    expect(found(10, 20, [21, 22, 111])).to.have.members([21, 22]);
  });
  it('goes to the customers of a customer alone', () => expect(found(10, 11, [111, 21])).to.deep.equal([111]));
  it('does not cross two peerings', () => expect(found(111, 11, [22])).to.deep.equal([22])); // 11, 10, 20, 22
  it('counts what it passes, and what lies beside', () =>
    expect(graph.frontier(111, 11, [111, HERE], [22])).to.deep.equal({ frontier: [22], passed: [10, 20], beyond: 2 }));
  it('knows the customer cones', () =>
    expect([10, 11, 111, 20, 99].map(as => graph.cone(as))).to.deep.equal([3, 2, 1, 4, 1]));
});
