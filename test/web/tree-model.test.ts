import { expect } from 'chai';
import fc from 'fast-check';
import { newLeaf } from '../../src/traceback/branch.ts';
import { VERDICTS } from '../../src/traceback/statement.ts';
import type { TraceNode } from '../../src/traceback/trace.ts';
import { allFolds, branchesOf, findIn, linesOf, shownOf, unfoldedTo, wayOf } from '../../src/web/page/tree-model.ts';
import { FORGED, THOUSAND } from './traced.ts';

const NOTHING = new Map<string, boolean>();

/** Trees in which an AS stands more than once, and side by side, as hostile answers may have it. */
const below = (depth: number): fc.Arbitrary<TraceNode> =>
  fc
    .record({
      as: fc.integer({ min: 1, max: 5 }),
      verdict: fc.constantFrom(...VERDICTS),
      children: depth === 0 ? fc.constant([]) : fc.array(below(depth - 1), { maxLength: 9 }),
    })
    .map(({ as, verdict, children }) => ({ ...newLeaf(as, verdict, '', 0), signed: 'good' as const, children }));

describe('web/page/tree-model', () => {
  it('names every branch, and names each once', () => {
    fc.assert(
      fc.property(below(3), tree => {
        const branches = branchesOf({ tree, entry: null });
        expect(new Set(branches.map(({ id }) => id)).size).to.equal(branches.length);
        expect(branches[0]!.below).to.equal(branches.length - 1);
        for (const { parent, id } of branches)
          if (parent !== null) expect(id.startsWith(`${parent.id}/`)).to.equal(true);
      }),
    );
  });

  it('shows every AS once, folded or not', () => {
    fc.assert(
      fc.property(below(3), fc.boolean(), (tree, folded) => {
        const branches = branchesOf({ tree, entry: null });
        const lines = linesOf(shownOf(branches, allFolds(branches, folded)));
        const ids = lines.flatMap(({ branches: all, folded: shut }) =>
          all.flatMap(one => [
            one.id,
            ...(shut ? branches.filter(({ id }) => id.startsWith(`${one.id}/`)) : []).map(({ id }) => id),
          ]),
        );
        expect(ids.toSorted()).to.deep.equal(branches.map(({ id }) => id).toSorted());
        expect(new Set(lines.map(({ id }) => id)).size).to.equal(lines.length);
      }),
    );
  });

  it('can unfold whatever is folded', () => {
    fc.assert(
      fc.property(below(3), fc.nat(), (tree, n) => {
        const branches = branchesOf({ tree, entry: null });
        const one = branches[n % branches.length]!;
        const lines = linesOf(shownOf(branches, unfoldedTo(one, allFolds(branches, true))));
        expect(lines.map(({ id }) => id)).to.include(one.id);
      }),
    );
  });

  it('leaves open the way to the entry alone where there are many', () => {
    const branches = branchesOf(THOUSAND);
    const lines = linesOf(shownOf(branches, NOTHING));
    expect(branches).to.have.length(1000);
    expect(lines.filter(({ folded }) => folded === false).map(({ id }) => id)).to.deep.equal(['64500', '64500/65000']);
    expect(lines.find(({ branches: all }) => all.length > 1)).to.include({ folded: true, level: 3, place: 2, of: 2 });
  });

  it('finds ASes by number and by what they say', () => {
    const branches = branchesOf(FORGED);
    const found = (text: string) => findIn(branches, text).map(({ node }) => node.as);
    expect(found(' AS64512 ')).to.deep.equal([64512]);
    expect(found('6453')).to.have.length(9);
    expect(found('Expired')).to.deep.equal([64512]);
    expect(found('takes no part')).to.deep.equal([64501, 64520]);
    expect(found('')).to.deep.equal([]);
  });

  it('knows the way the packets came', () => {
    expect(wayOf(branchesOf(FORGED), FORGED.entry)).to.deep.equal([64500, 64501, 64510, 64520]);
    expect(wayOf(branchesOf({ ...FORGED, entry: null }), null)).to.deep.equal([]);
  });

  it('takes a tree of any depth', () => {
    let tree: TraceNode = { ...newLeaf(1, 'saw', '', 0), signed: 'good', children: [] };
    for (let i = 0; i < 20_000; i++) tree = { ...tree, as: 2 + (i % 3), children: [tree] };
    expect(linesOf(shownOf(branchesOf({ tree, entry: { as: 1, via: null, source: true } }), NOTHING))).to.have.length(
      20_001,
    );
  });
});
