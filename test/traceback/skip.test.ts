import { expect } from 'chai';
import { routesTo } from '../../src/rib/as-routes.ts';
import { makeInternet, seeded } from '../lab/internet/graph.ts';
import { simulate } from '../lab/internet/simulate.ts';

describe('traceback: the search past ASes that take no part, on a made Internet', function () {
  this.timeout(240_000);
  const random = seeded(11);
  const internet = makeInternet(4000, random);
  const { topology, graph, largest } = internet;
  const as = (node: number) => topology.numbers[node]!;

  it('has the next participant of the path in every frontier', () => {
    const takesPart = new Set(largest.filter((_, i) => i < 20 || random() < 0.2).map(as));
    let skips = 0;
    for (let i = 0; i < 300; i++) {
      const [from, to] = [Math.floor(random() * 4000), Math.floor(random() * 4000)];
      const next = routesTo(topology, to);
      if (from === to || next[from] === -1) continue;
      const path = [from];
      while (path.at(-1) !== to) path.push(next[path.at(-1)!]!);
      const ases = path.map(as).reverse(); // as the trace goes, from the victim on
      for (let at = 0; at + 1 < ases.length; at++) {
        if (takesPart.has(ases[at + 1]!)) continue;
        const further = ases.slice(at + 2).find(one => takesPart.has(one));
        if (further === undefined || (at > 0 && !takesPart.has(ases[at]!))) continue;
        skips++;
        const { frontier } = graph.frontier(ases[at]!, ases[at + 1]!, ases.slice(0, at + 1), [...takesPart]);
        expect(frontier, ases.join(' ')).to.include(further);
      }
    }
    expect(skips).to.be.above(50);
  });

  it('finds more, the more of the large ones take part, for a few questions', () => {
    const few = simulate(internet, { top: 5, share: 0.1 }, 100, seeded(3));
    const many = simulate(internet, { top: 60, share: 0.1 }, 100, seeded(3));
    expect(many.found).to.equal(1);
    expect(many.upstream).to.be.above(few.upstream);
    expect(many.upstream).to.be.above(many.unskipped);
    expect(many.ambiguous).to.be.below(few.ambiguous);
    expect(many.learned).to.be.at.most(many.valleyFree);
  });
});
