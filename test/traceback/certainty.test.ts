import { expect } from 'chai';
import fc from 'fast-check';
import { newLeaf } from '../../src/traceback/branch.ts';
import { certaintyOf, chancesOf, likelihoodRatio, type Weighed, weigh } from '../../src/traceback/certainty.ts';
import { conclude } from '../../src/traceback/conclusion.ts';
import { loopsOf, markConflicts } from '../../src/traceback/contradiction.ts';
import type { Credit } from '../../src/traceback/credit.ts';
import { VERDICTS } from '../../src/traceback/statement.ts';
import type { TraceNode, TraceVerdict } from '../../src/traceback/trace.ts';

function node(as: number, verdict: TraceVerdict, more: Partial<TraceNode> = {}, ...children: TraceNode[]): TraceNode {
  return { ...newLeaf(as, verdict, '', 0), signed: 'good', coverage: 1, falsePositive: 0.003, ...more, children };
}
/** Believes everybody what is stated. */
const STATED: Credit = {
  falseYes: (_as, stated) => Math.max(1e-9, stated ?? 0.1),
  misses: (_as, stated) => Math.max(1e-9, stated),
  misnames: () => 1,
  colludes: () => 0,
};
const of = (tree: TraceNode, credit = STATED) => {
  const { entry, ambiguity, weighed } = conclude(tree, credit);
  return { entry, ...certaintyOf(weighed, entry, ambiguity) };
};

describe('traceback/certainty', () => {
  // Research: traceback 5.5, LR(saw) = c(1-loss)/f and LR(clear) = (1-c(1-loss))/(1-f).
  const rows: [TraceVerdict, Partial<TraceNode>, number][] = [
    ['saw', {}, 1 / 0.003],
    ['saw', { coverage: 0.5, loss: 0.2 }, 0.4 / 0.003],
    ['translated', { falsePositive: 0.3 }, 1 / 0.3],
    ['saw', { coverage: null, falsePositive: null }, 5],
    ['clear', { coverage: 0.96, loss: 0.005 }, (1 - 0.96 * 0.995) / 0.997],
    ['clear-partial', { coverage: 0.5, sampling: 0.1 }, 0.95 / 0.997],
    ['clear-partial', { coverage: null }, 1],
    ['clear', { coverage: 1 }, 1e-9 / 0.997],
    // Of two words that exclude each other the no is still a no, as far as its AS can say one.
    ['conflict', { coverage: 0.96, loss: 0.005 }, (1 - 0.96 * 0.995) / 0.997],
    ['conflict', { coverage: null }, 1],
    // What an AS reckons itself stands before its numbers, where it does not contradict its verdict.
    ['saw', { likelihood: 340 }, 340],
    ['saw', { likelihood: 0.1 }, 1],
    ['saw', { likelihood: 1e12 }, 1e9],
    ['saw-weak', { likelihood: 30 }, 30],
    ['saw-weak', { likelihood: 0 }, 1e-9],
    ['saw-weak', { likelihood: null }, 1],
    ['clear-partial', { likelihood: 0.03 }, 0.03],
    ['clear', { likelihood: 7 }, 1],
    ['busy', { likelihood: 1e6 }, 1],
  ];
  for (const [verdict, more, ratio] of rows)
    it(`${verdict} ${JSON.stringify(more)}: ${ratio.toPrecision(3)}`, () =>
      expect(likelihoodRatio(node(1, verdict, more), STATED)).to.be.closeTo(ratio, ratio * 1e-9));

  it('takes no other verdict for a yes or a no', () => {
    for (const verdict of VERDICTS)
      if (!['saw', 'translated', 'clear', 'clear-partial', 'conflict'].includes(verdict))
        expect(likelihoodRatio(node(1, verdict)), verdict).to.equal(1);
  });

  it('is surer of more packets, and less sure of two that saw it than of one', () => {
    const chain = (f: number, other: TraceVerdict) =>
      of(node(1, 'saw', { ingress: [2] }, node(2, 'saw', { ingress: [9], falsePositive: f }), node(3, other)));
    const [one, many] = [chain(0.003, 'clear').certainty!, chain(4.4e-7, 'clear').certainty!];
    expect(one).to.be.within(0.99, 0.999);
    expect(many).to.be.greaterThan(0.999999);
    expect(chain(0.003, 'refused').certainty).to.be.lessThan(one);
    expect(chain(0.003, 'saw').certainty).to.be.within(0.4, 0.5);
    expect(chain(0.003, 'saw').runnerUp).to.deep.include({ as: 3, via: 1 });
    expect(chain(0.003, 'refused').runnerUp!.certainty).to.be.lessThan(0.01);
  });

  it('takes the neighbour that an AS names for likelier than any other', () => {
    const tree = node(1, 'saw', { ingress: [2] }, node(2, 'absent'), node(3, 'silent'), node(4, 'expired'));
    const [named, ...others] = weigh(tree).children;
    expect(named!.chance).to.be.greaterThan(0.95);
    for (const { chance } of others) expect(chance).to.be.within(0.001, 0.02);
    // Without a name all are alike, and nobody of them is as likely as each.
    const blind = weigh({ ...tree, ingress: [] });
    for (const { chance } of blind.children) expect(chance).to.be.closeTo(0.25, 1e-9);
    // From inside it came from none of them.
    for (const { chance } of weigh({ ...tree, ingress: [], source: true }).children) expect(chance).to.be.below(0.01);
  });

  it('takes ASes between participants for no alternatives of them, and an AS that stands twice for one', () => {
    const beyond = node(3, 'saw', { ingress: [7], falsePositive: 1e-6 });
    const tree = node(1, 'saw', { ingress: [2] }, node(2, 'absent', {}, node(8, 'absent'), beyond, node(4, 'clear')));
    const [, last] = weigh(tree).children[0]!.children;
    expect(last!.chance).to.be.greaterThan(0.95);
    expect(weigh(tree).children[0]!.children[0]!.chance).to.be.within(0.4, 0.6);
    const twice = node(1, 'cannot-know', {}, node(2, 'saw', {}, beyond), node(5, 'saw', {}, beyond));
    expect(of(twice).certainty).to.be.greaterThan(0.9);
  });

  it('makes an entry of what shares of the packets show, where all that is said makes it likely', () => {
    const weak = node(2, 'saw-weak', { ingress: [3], likelihood: 200, sampling: 1 / 64 });
    const tree = (one: TraceNode) => node(1, 'saw', { ingress: [2] }, one);
    expect(conclude(tree(weak)).entry).to.deep.equal({ as: 2, via: 3, source: false });
    expect(of(tree(weak)).certainty).to.be.greaterThan(0.95);
    expect(conclude(tree({ ...weak, sampling: 1 })).entry?.as, 'who keeps all has to have enough').to.equal(1);
    expect(conclude(node(1, 'saw', {}, { ...weak, likelihood: 2 }, node(9, 'silent'))).entry?.as).to.equal(1);
  });

  it('believes an AS in between by what those behind it saw', () => {
    const tree = node(
      1,
      'saw',
      { ingress: [2] },
      node(2, 'absent', {}, node(3, 'saw', { ingress: [7], falsePositive: 1e-6 }), node(4, 'clear')),
      node(5, 'silent'),
    );
    const weighed = weigh(tree, undefined, STATED);
    expect(weighed.children[0]!.chance).to.be.greaterThan(0.9999);
    expect(of(tree).certainty).to.be.greaterThan(0.9999);
    expect(weigh(tree, as => (as === 5 ? 1e6 : 1), STATED).children[1]!.chance).to.be.greaterThan(0.5);
  });

  it('takes nobody for the next likeliest who may have had the packet besides the entry', () => {
    const entry = node(3, 'saw', { ingress: [9] }, node(9, 'absent'));
    const beside = (...others: TraceNode[]) =>
      of(node(1, 'saw', { ingress: [2] }, node(2, 'absent', {}, entry, node(4, 'clear'), ...others)));
    // A blind AS is one that may have had it in place of the entry; in between are those that nobody has asked there.
    const blind = beside(node(5, 'cannot-know', { coverage: null }));
    expect(blind.runnerUp).to.deep.include({ as: 5, via: 2 });
    expect(blind.runnerUp!.certainty).to.be.lessThan(0.01);
    const again = beside(node(5, 'cannot-know', { coverage: null }), node(5, 'absent'), node(6, 'unreachable'));
    expect(again.runnerUp!.certainty).to.be.closeTo(blind.runnerUp!.certainty, 1e-9);
    // Of a second way to the entry only what may have come by it from elsewhere.
    const second = of(node(1, 'cannot-know', {}, node(2, 'saw', {}, entry), node(5, 'saw', {}, entry)));
    expect(second.certainty! + second.runnerUp!.certainty).to.be.at.most(1 + 1e-9);
  });

  it('says of each AS that remains possible why, and of nobody that is ruled out', () => {
    const beyond = [
      node(3, 'cannot-know', { reason: 'no windows are held' }),
      node(4, 'expired', { retainedFrom: 7 }),
      node(5, 'clear'),
      node(6, 'absent'),
    ];
    const { unknown, entry } = of(node(1, 'saw', { ingress: [2] }, node(2, 'saw', { ingress: [3, 9] }, ...beyond)));
    expect(entry?.as).to.equal(2);
    expect(unknown).to.deep.equal([
      { as: 3, verdict: 'cannot-know', reason: 'no windows are held', retainedFrom: null },
      { as: 9, verdict: 'absent', reason: 'not asked', retainedFrom: null },
      { as: 4, verdict: 'expired', reason: '', retainedFrom: 7 },
      { as: 6, verdict: 'absent', reason: '', retainedFrom: null },
    ]);
    expect(of(node(1, 'clear', {}, node(2, 'busy'))).certainty).to.equal(null);
  });

  it('gives chances that are chances, whatever stands in the tree', () => {
    const tree: fc.Memo<TraceNode> = fc.memo(depth =>
      fc
        .record({
          as: fc.integer({ min: 1, max: 9 }),
          verdict: fc.constantFrom(...VERDICTS),
          falsePositive: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
          coverage: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
          loss: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
          sampling: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
          children: depth > 1 ? fc.array(tree(), { maxLength: 3 }) : fc.constant([]),
        })
        .map(({ as, verdict, children, ...more }) => node(as, verdict, more, ...children)),
    );
    const check = ({ node: at, chance, children }: Weighed): void => {
      expect(chance).to.be.within(0, 1 + 1e-9);
      const asked = ({ verdict }: TraceNode) => verdict !== 'absent' && verdict !== 'unreachable';
      const apart = children.filter(one => asked(at) || asked(one.node) || one.children.length > 0);
      expect(apart.reduce((sum, child) => sum + child.chance, 0)).to.be.at.most(chance + 1e-9);
      for (const child of children) expect(child.chance).to.be.at.most(chance + 1e-9);
      children.forEach(check);
    };
    fc.assert(
      fc.property(tree(4), one => {
        check(weigh(one));
        const { certainty, entry, runnerUp } = of(markConflicts(one));
        expect(certainty === null).to.equal(entry === null);
        expect((certainty ?? 0) + (runnerUp?.certainty ?? 0)).to.be.at.most(1 + 1e-9);
        loopsOf(one);
      }),
    );
  });
});

describe('traceback/certainty, of every AS', () => {
  it('has each AS once, by where it was seen', () => {
    const seen = node(4, 'saw');
    const root = node(1, 'saw', { ingress: [2, 3] }, node(2, 'saw', { ingress: [4] }, seen), node(3, 'clear'));
    const { weighed, entry, ambiguity } = conclude(root, STATED);
    const chances = new Map(chancesOf(weighed).map(({ as, chance }) => [as, chance]));
    expect([...chances.keys()].toSorted()).to.deep.equal([1, 2, 3, 4]);
    expect(chances.get(4)).to.equal(certaintyOf(weighed, entry, ambiguity).certainty);
    expect(chances.get(1)).to.equal(1);
    expect(chances.get(3)).to.be.lessThan(0.01);
    // Where it stands a second time, and nobody has asked it there, it is not counted again.
    const twice = node(1, 'saw', { ingress: [2] }, node(2, 'saw'), node(5, 'absent', {}, node(2, 'absent')));
    expect(chancesOf(weigh(twice)).map(({ as }) => as)).to.have.members([1, 2, 5]);
    for (const { chance } of chancesOf(weigh(twice))) expect(chance).to.be.within(0, 1);
  });
});

describe('traceback/contradiction', () => {
  it('is a conflict when one says that it came from another, and that one that it did not pass', () => {
    const tree = node(1, 'saw', { ingress: [2] }, node(2, 'clear', { reason: 'not seen' }), node(3, 'clear'));
    const marked = markConflicts(tree);
    expect(marked.children.map(({ verdict }) => verdict)).to.deep.equal(['conflict', 'clear']);
    expect(marked.children[0]!.reason).to.equal('it says: not seen; AS 1 says that it came in from it');
    expect(conclude(marked).ambiguity, 'it is not ruled out').to.deep.equal([2]);
    expect(conclude(tree).ambiguity).to.deep.equal([]);
    // What did not see all of its border contradicts nobody, and neither does who saw nothing itself.
    for (const [above, below] of [
      ['saw', 'clear-partial'],
      ['cannot-know', 'clear'],
    ] as const)
      expect(markConflicts(node(1, above, { ingress: [2] }, node(2, below))).children[0]!.verdict).to.equal(below);
  });

  it('finds where a packet goes round', () => {
    const tree = node(
      1,
      'saw',
      { ingress: [2] },
      node(2, 'saw', { ingress: [3] }, node(3, 'saw', { ingress: [1, 8] })),
    );
    expect(loopsOf(tree)).to.deep.equal([[1, 3, 2, 1]]);
    expect(loopsOf(node(1, 'saw', { ingress: [2] }, node(2, 'saw', { ingress: [3] })))).to.deep.equal([]);
  });
});
