import { expect } from 'chai';
import fc from 'fast-check';
import { layPaths, type SortedPath } from '../../src/web/page/path-layers.ts';

const PATHS: readonly SortedPath[] = [
  { sort: 'case', path: [64496, 64511, 64511, 64666] },
  { sort: 'case', path: [64497, 64496, 64666] },
  { sort: 'registered', path: [64498, 64496, 64500] },
];

describe('web/page/path-layers', () => {
  it('has each AS once, where it is nearest to an origin', () => {
    const { nodes, links, layers } = layPaths(PATHS, 99);
    const found = Object.fromEntries(nodes.map(({ name, layer }) => [name, layer]));
    expect(found).to.deep.equal({ AS64496: 1, AS64511: 1, AS64666: 0, AS64497: 2, AS64498: 2, AS64500: 0 });
    expect(layers).to.equal(3);
    const named = links.map(({ from, to, sort }) => `${nodes[from]!.name} ${nodes[to]!.name} ${sort}`);
    expect(named).to.have.members([
      'AS64496 AS64511 case',
      'AS64511 AS64666 case',
      'AS64497 AS64496 case',
      'AS64496 AS64666 case',
      'AS64498 AS64496 registered',
      'AS64496 AS64500 registered',
    ]);
  });

  it('tells which origin is which, and which AS carries both', () => {
    const { nodes } = layPaths(PATHS, 99);
    const of = (name: string) => nodes.find(one => one.name === name)!;
    expect(of('AS64666')).to.deep.include({ origin: 'case', sorts: ['case'] });
    expect(of('AS64500')).to.deep.include({ origin: 'registered', sorts: ['registered'] });
    expect(of('AS64496')).to.deep.include({ origin: null, sorts: ['case', 'registered'] });
    expect(of('AS64666').row).to.be.lessThan(of('AS64500').row);
  });

  it('shows an AS_SET as one place, and nothing of no paths', () => {
    const { nodes } = layPaths([{ sort: 'case', path: [64498, [64499, 64500]] }], 99);
    expect(nodes.map(({ name }) => name)).to.have.members(['AS64498', '{64499,64500}']);
    expect(layPaths([], 99)).to.deep.equal({ nodes: [], links: [], layers: 0, rows: 0, left: 0 });
  });

  it('leaves out paths for which there is no room, and says how many', () => {
    const many = Array.from(
      { length: 100 },
      (_, i): SortedPath => ({ sort: 'case', path: [70_000 + i, 64511, 64666] }),
    );
    const { nodes, left } = layPaths(many, 20);
    expect(nodes).to.have.length(20);
    expect(left).to.equal(100 - 18);
  });

  it('puts no two ASes into one place, whatever the paths', () => {
    const as = fc.integer({ min: 1, max: 12 });
    const step = fc.oneof(as, fc.array(as, { minLength: 1, maxLength: 3 }));
    const path = fc.record({
      sort: fc.constantFrom('case' as const, 'registered' as const),
      path: fc.array(step, { maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(path, { maxLength: 12 }), paths => {
        const { nodes, links, layers, rows } = layPaths(paths, 40);
        expect(new Set(nodes.map(({ layer, row }) => `${layer} ${row}`)).size).to.equal(nodes.length);
        for (const { layer, row } of nodes) {
          expect(layer).to.be.within(0, layers - 1);
          expect(row).to.be.within(0, rows - 1);
        }
        for (const { from, to } of links) expect(nodes[from]!.name).to.not.equal(nodes[to]!.name);
      }),
    );
  });
});
