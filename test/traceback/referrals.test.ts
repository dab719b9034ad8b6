import { expect } from 'chai';
import { newBranch, newLeaf, snapshot } from '../../src/traceback/branch.ts';
import { grafted, referralsOf } from '../../src/traceback/referrals.ts';
import type { Trace, TraceNode, TraceVerdict } from '../../src/traceback/trace.ts';
import { type Ases, asked, newAses, probeAnswer, sawFrom, scripted, scriptedGraph, until } from './ases.ts';
import { makeAuthority } from './certificates.ts';

function node(as: number, verdict: TraceVerdict, ingress: number[] = [], ...children: TraceNode[]): TraceNode {
  return { ...newLeaf(as, verdict, '', 0), ingress, signed: 'good', children };
}
const namesOf = (tree: TraceNode) => referralsOf(tree).map(({ from, neighbor }) => [from, neighbor]);

describe('traceback/referrals', () => {
  it('are neighbours that others name and nobody has heard', () => {
    expect(namesOf(node(1, 'saw', [2], node(2, 'saw', [3])))).to.deep.equal([[2, 3]]);
    expect(namesOf(node(1, 'saw', [2], node(2, 'saw', [3, 4], node(3, 'absent'), node(4, 'refused'))))).to.deep.equal([
      [2, 3],
      [2, 4],
    ]);
    expect(namesOf(node(1, 'saw', [2], node(2, 'saw-weak', [3])))).to.deep.equal([[2, 3]]);
  });
  it('are none of the first, on the way, heard elsewhere, or behind which the same AS has heard somebody', () => {
    expect(namesOf(node(1, 'saw', [2]))).to.deep.equal([]);
    expect(namesOf(node(1, 'saw', [2], node(2, 'saw', [1])))).to.deep.equal([]);
    expect(namesOf(node(1, 'saw', [2], node(2, 'saw', [3]), node(3, 'clear')))).to.deep.equal([]);
    expect(namesOf(node(1, 'saw', [2], node(2, 'saw', [3], node(3, 'absent', [], node(4, 'saw')))))).to.deep.equal([]);
    expect(namesOf(node(1, 'saw', [2], node(2, 'saw', [3], node(3, 'absent', [], node(4, 'clear')))))).to.deep.equal(
      [],
    );
    expect(namesOf(node(1, 'saw', [2], node(2, 'saw', [3], node(3, 'absent', [], node(4, 'refused')))))).to.deep.equal([
      [2, 3],
    ]);
    expect(namesOf(node(1, 'saw', [2], node(2, 'clear', [3])))).to.deep.equal([]);
    expect(namesOf(node(1, 'saw', [2], { ...node(2, 'saw', [3]), source: true }))).to.deep.equal([]);
  });
  it('are grafted below who made them, in place of what stood there', () => {
    const root = newBranch(1, 'saw', '', 0);
    const two = newBranch(2, 'saw', '', 0);
    const three = newBranch(3, 'absent', 'takes no part', 0);
    three.branches.push(newBranch(5, 'absent', '', 0));
    two.branches.push(three, newBranch(4, 'clear', '', 0));
    root.branches.push(two);
    const holder = newBranch(2, 'absent', '', 0);
    holder.branches.push(newBranch(3, 'saw', 'asked', 9));
    const grown = grafted(snapshot(root), [{ from: 2, neighbor: 3, heard: [], holder }]);
    const [below] = grown.children;
    expect(below!.children.map(({ as, seen }) => [as, seen])).to.deep.equal([
      [4, false],
      [3, true],
    ]);
    expect(below!.children[1]!.children.map(({ as }) => as)).to.deep.equal([5]);
    expect(grafted(snapshot(root), [{ from: 9, neighbor: 3, heard: [], holder }])).to.deep.equal(snapshot(root));
  });
});

describe('traceback: iterative across federations', function () {
  this.timeout(240_000);
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());

  const trace = () => ases.at(64500).traceback.startTrace(asked, () => {});
  const saw = (from: number) => scripted(probeAnswer([sawFrom(from)]));
  const find = (tree: Trace['tree'], as: number): Trace['tree'] | undefined =>
    tree.as === as ? tree : tree.children.map(child => find(child, as)).find(one => one !== undefined);
  const sentBy = (as: number) => ases.at(as).audit.filter(({ what }) => what === 'query.sent').length;

  it('asks itself whom an AS names that it is not the peer of, and further from there', async () => {
    await ases.start({ as: 64500, peers: [64501, 64502], probes: saw(64501) });
    await ases.start({ as: 64501, peers: [64500], probes: saw(64502) });
    await ases.start({ as: 64502, peers: [64500, 64503], probes: saw(64503) });
    await ases.start({ as: 64503, peers: [64502], probes: saw(64520) });
    await ases.link();
    const found = await trace();
    expect(found.entry).to.deep.equal({ as: 64503, via: 64520, source: false });
    expect(find(found.tree, 64501)!.children.map(({ as, verdict }) => [as, verdict])).to.deep.equal([[64502, 'saw']]);
    expect(find(found.tree, 64502)).to.include({ signed: 'good', by: 64502 });
    expect(found.queries).to.equal(3);
    expect(found.cost).to.include({ here: 2 });
    expect([sentBy(64500), sentBy(64501), sentBy(64502)]).to.deep.equal([2, 0, 1]);
    expect(found.ambiguity).to.deep.equal([64520]);
  });

  it('asks who stands behind one that takes no part, where the AS that names it knows nobody', async () => {
    const graph = scriptedGraph({ 64510: { frontier: [64502], passed: [64511] } });
    await ases.start({ as: 64500, peers: [64501, 64502], probes: saw(64501), graph });
    await ases.start({ as: 64501, peers: [64500], probes: saw(64510) });
    await ases.start({ as: 64502, peers: [64500], probes: saw(64520) });
    await ases.link();
    const found = await trace();
    expect(found.entry).to.deep.equal({ as: 64502, via: 64520, source: false });
    const between = find(found.tree, 64510)!;
    expect(between.verdict).to.equal('absent');
    expect(between.children.map(({ as }) => as)).to.have.members([64502, 64511]);
  });

  it('spends no more than 16 QUERYs to look behind those that take no part, though more might stand there', async () => {
    const many = Array.from({ length: 20 }, (_, i) => 64530 + i);
    const graph = scriptedGraph({ 64510: { frontier: many, passed: [] } });
    await ases.start({ as: 64500, peers: [64501, ...many], probes: saw(64501), graph });
    await ases.start({ as: 64501, peers: [64500], probes: saw(64510) });
    for (const as of many) await ases.start({ as, peers: [64500], probes: scripted(probeAnswer([])) });
    await ases.link();
    const found = await trace();
    expect(found.entry?.as).to.equal(64501);
    // Fewer where a wave is late: what was given to it is not spent again.
    expect(sentBy(64500)).to.be.within(1 + 4, 1 + 16);
    expect(find(found.tree, 64510)!.reason).to.match(/participants behind it are not asked/);
  });

  it('does not go where it is told nothing, and not beyond its budget and its bounds', async () => {
    await ases.start({ as: 64500, peers: [64501, 64502], probes: saw(64501) });
    await ases.start({ as: 64501, peers: [64500], probes: saw(64502), detail: 'status' });
    await ases.start({ as: 64502, peers: [64500], probes: saw(64520) });
    await ases.link();
    expect((await trace()).entry?.as).to.equal(64501);
    expect(sentBy(64500)).to.equal(1);
  });

  it('passes an AS of other federations as one that takes no part, and asks it nothing', async () => {
    const [jp, eu] = [makeAuthority('jp'), makeAuthority('eu')];
    await ases.start({ as: 64500, peers: [64501], probes: saw(64501), federation: { authority: jp } });
    const graph = scriptedGraph({ 64502: { frontier: [64503], passed: [] } });
    await ases.start({
      as: 64501,
      peers: [64500, 64502, 64503],
      probes: saw(64502),
      graph,
      federation: { authority: jp },
    });
    await ases.start({ as: 64502, peers: [64501], probes: saw(64530), federation: { authority: eu } });
    await ases.start({ as: 64503, peers: [64501], probes: saw(64520), federation: { authority: jp } });
    await ases.link();
    const known = () =>
      ases
        .at(64501)
        .traceback.participants()
        .map(({ as }) => as);
    await until(() => [64502, 64503].every(as => known().includes(as)), 'the records');
    const found = await trace();
    expect(find(found.tree, 64502)).to.include({ verdict: 'absent' });
    expect(find(found.tree, 64502)!.reason).to.match(/^is in other federations than the AS that asks/);
    expect(found.entry).to.deep.equal({ as: 64503, via: 64520, source: false });
    expect(ases.at(64502).audit.filter(({ what }) => what.startsWith('query.'))).to.deep.equal([]);
  });

  it('cannot know with the keys of another federation, and is no clear', async () => {
    const [jp, eu] = [makeAuthority('jp'), makeAuthority('eu')];
    await ases.start({ as: 64500, peers: [64501], probes: saw(64501), federation: { authority: jp } });
    await ases.start({ as: 64501, peers: [64500], probes: scripted(probeAnswer([])), federation: { authority: eu } });
    await ases.link();
    // Its record may not have come yet, or it may be asked all the same: either way it denies nothing.
    const found = await trace();
    expect(['cannot-know', 'absent']).to.include(find(found.tree, 64501)!.verdict);
    expect(found.ambiguity).to.include(64501);
  });
});
