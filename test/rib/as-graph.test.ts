import { expect } from 'chai';
import { buildAsGraph } from '../../src/rib/as-graph.ts';
import { pathAttributes, storeOf } from './paths.ts';

const sorted = (list: number[]) => list.toSorted((a, b) => a - b);

describe('rib/as-graph', () => {
  it('joins neighbours on a path, prepends collapsed, this AS first', () => {
    const graph = buildAsGraph(storeOf(pathAttributes([2, 64501, 64502, 64502, 64502, 4200000001])), 64500);
    expect(graph.neighbors(64500)).to.deep.equal([64501]);
    expect(sorted(graph.neighbors(64502))).to.deep.equal([64501, 4200000001]);
    expect([graph.ases, graph.edges]).to.deep.equal([4, 3]);
    expect(graph.neighbors(65000)).to.deep.equal([]);
  });

  it('joins nobody across an AS_SET', () => {
    const graph = buildAsGraph(storeOf(pathAttributes([2, 64501], [1, 64502, 64503], [2, 64504])), 64500);
    expect(graph.neighbors(64504)).to.deep.equal([]);
    expect(graph.neighbors(64501)).to.deep.equal([64500]);
  });

  it('forgets the paths of sets that no route holds', () => {
    const store = storeOf(pathAttributes([2, 64501, 64502]));
    store.release(1);
    expect(buildAsGraph(store, 64500).edges).to.equal(0);
  });

  describe('frontier', () => {
    //  64500 (asks) - 64501 - 64510 (takes part) - 64520
    //                     \ - 64502 - 64511 (takes part), and 64503 behind which there is nobody
    const graph = buildAsGraph(
      storeOf(
        pathAttributes([2, 64501, 64510, 64520]),
        pathAttributes([2, 64501, 64502, 64511]),
        pathAttributes([2, 64501, 64502, 64503]),
      ),
      64500,
    );
    it('meets the nearest participants first and does not cross them', () => {
      expect(graph.frontier(64500, 64501, [64500], [64510, 64511, 64520])).to.deep.equal({
        frontier: [64510, 64511],
        passed: [64502],
        beyond: 1,
      });
    });
    it('is the AS itself when it takes part', () =>
      expect(graph.frontier(64500, 64510, [64500], [64510])).to.deep.equal({
        frontier: [64510],
        passed: [],
        beyond: 0,
      }));
    it('finds nobody behind an AS the RIB has never seen', () =>
      expect(graph.frontier(64500, 65550, [], [64510])).to.deep.equal({ frontier: [], passed: [], beyond: 0 }));
    it('never walks through the ASes to be avoided', () =>
      expect(graph.frontier(64500, 64502, [64501], [64510]).frontier).to.deep.equal([]));
  });
});
