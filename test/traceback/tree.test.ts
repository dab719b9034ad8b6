import { expect } from 'chai';
import { newLeaf } from '../../src/traceback/branch.ts';
import { conclude } from '../../src/traceback/conclusion.ts';
import type { TraceNode, TraceVerdict } from '../../src/traceback/trace.ts';
import { ofFragment, withoutRepeats } from '../../src/traceback/tree.ts';

/** A node by its AS, verdict, ingress and children. */
function node(as: number, verdict: TraceVerdict, ingress: number[] = [], ...children: TraceNode[]): TraceNode {
  return { ...newLeaf(as, verdict, '', 0), signed: 'own', ingress, children };
}

/** `AS:verdict(children)`. */
const draw = (tree: TraceNode): string =>
  `${tree.as}:${tree.verdict}${tree.children.length > 0 ? `(${tree.children.map(draw).join(' ')})` : ''}`;

const SOURCE: TraceNode = { ...node(3, 'saw'), source: true };

describe('traceback/tree', () => {
  const trees: [what: string, tree: TraceNode, drawn: string][] = [
    [
      'an AS that is blind repeats what its asker hears itself',
      node(
        1,
        'saw',
        [2],
        node(
          2,
          'absent',
          [],
          node(3, 'saw', [9]),
          node(4, 'clear'),
          node(5, 'cannot-know', [], node(3, 'saw'), node(4, 'clear')),
        ),
      ),
      '1:saw(2:absent(3:saw 4:clear 5:cannot-know))',
    ],
    [
      'only a blind AS knows of another',
      node(1, 'saw', [2], node(2, 'cannot-know', [], node(3, 'saw', [9]), node(4, 'clear'))),
      '1:saw(2:cannot-know(3:saw 4:clear))',
    ],
    [
      'two blind ASes say the same: it is kept once',
      node(
        1,
        'cannot-know',
        [],
        node(2, 'cannot-know', [], node(4, 'clear')),
        node(3, 'cannot-know', [], node(4, 'clear')),
      ),
      '1:cannot-know(2:cannot-know 3:cannot-know(4:clear))',
    ],
    [
      'a packet that passed an AS twice stays twice below those that saw it',
      node(1, 'saw', [2], node(2, 'saw', [3], node(3, 'saw', [2])), node(3, 'saw', [2])),
      '1:saw(2:saw(3:saw) 3:saw)',
    ],
  ];
  for (const [what, tree, drawn] of trees) it(what, () => expect(draw(withoutRepeats(tree))).to.equal(drawn));

  it('takes an AS that saw the packet on both sides of a translator for one that saw it', () => {
    const { entry } = conclude(node(1, 'saw', [2], node(2, 'translated', [9])));
    expect(entry).to.deep.equal({ as: 2, via: 9, source: false });
  });

  it('nobody is clear of a fragment: the whole datagram may have passed', () => {
    const tree = node(1, 'saw', [2], node(2, 'absent', [], node(3, 'clear', [], node(4, 'cannot-know'))));
    expect(draw(ofFragment(tree))).to.equal('1:saw(2:absent(3:clear-partial(4:cannot-know)))');
    expect(conclude(ofFragment(tree)).ambiguity).to.deep.equal([2, 3, 4]);
  });

  const ends: [what: string, tree: TraceNode, entry: object | null, ambiguity: number[]][] = [
    ['nobody saw it', node(1, 'clear', [], node(2, 'cannot-know')), null, [2]],
    [
      'the farthest that saw it is the entry; its neighbour remains possible',
      node(1, 'saw', [2], node(2, 'saw', [9], node(9, 'absent'))),
      { as: 2, via: 9, source: false },
      [9],
    ],
    ['the source itself leaves nothing open', node(1, 'saw', [3], SOURCE), { as: 3, via: null, source: true }, []],
    [
      'who is clear elsewhere is not possible beyond',
      node(1, 'saw', [2], node(2, 'absent', [], node(4, 'clear'), node(5, 'cannot-know'))),
      { as: 1, via: 2, source: false },
      [2, 5],
    ],
  ];
  for (const [what, tree, entry, ambiguity] of ends)
    it(what, () => expect(conclude(tree)).to.deep.include({ entry, ambiguity }));

  it('has no entry in an AS that had the packets from the one that asks: it stands on their way on', () => {
    const { entry } = conclude(node(1, 'saw', [], node(2, 'saw', [1], node(3, 'saw', [2]))));
    expect(entry?.as).to.equal(1);
    // One that also had them from elsewhere may stand on their way here.
    expect(conclude(node(1, 'saw', [2], node(2, 'saw', [1, 9]))).entry?.as).to.equal(2);
  });
});
