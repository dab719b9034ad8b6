/** Traces among ASes of which one or two say what is false: the answer is right, or says why nobody can know. */
import { expect } from 'chai';
import type { ProbeAnswer, Vantage } from '../../src/probe/question.ts';
import type { Probes } from '../../src/traceback/btm.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import {
  type Ases,
  asked,
  DIGEST,
  findNode,
  newAses,
  probeAnswer,
  sawFrom,
  sawTo,
  scripted,
  scriptedGraph,
} from './ases.ts';

/** Says yes to every question, at these vantages. */
function alwaysYes(vantages: readonly Vantage[]): Probes {
  return {
    ask: questions => {
      const { sightings } = probeAnswer(vantages);
      const all = questions.flatMap((_one, i) => sightings.map(one => ({ ...one, question: i })));
      const answer: ProbeAnswer = probeAnswer([], { sightings: all });
      return Promise.resolve({ answers: [answer], silent: [] });
    },
  };
}
const passed = (from: number, to: number) => scripted(probeAnswer([sawFrom(from), sawTo(to)]));
const clear = scripted(probeAnswer([]));

// The packets came: 64520 (takes no part), 64504, 64503, 64502, 64500. 64505 and 64506 were not on their way.
describe('traceback: ASes that say what is false', function () {
  this.timeout(240_000);
  let ases: Ases;
  beforeEach(() => {
    ases = newAses();
  });
  afterEach(() => ases.close());
  const trace = (): Promise<Trace> => ases.at(64500).traceback.startTrace(asked, () => {});

  const chain = async (more: Readonly<Record<number, Probes>> = {}, peers: Readonly<Record<number, number[]>> = {}) => {
    const probes: Record<number, Probes> = {
      64500: scripted(probeAnswer([sawFrom(64502)])),
      64502: passed(64503, 64500),
      64503: passed(64504, 64502),
      64504: passed(64520, 64503),
      64505: clear,
      64506: clear,
      ...more,
    };
    const neighbors: Record<number, number[]> = {
      64500: [64502],
      64502: [64500, 64503, 64505],
      64503: [64502, 64504, 64505, 64506],
      64504: [64503, 64506],
      64505: [64502, 64503, 64506],
      64506: [64503, 64504, 64505],
      ...peers,
    };
    for (const as of Object.keys(neighbors).map(Number))
      await ases.start({ as, peers: neighbors[as]!, probes: probes[as]!, graph: scriptedGraph({}) });
    await ases.link();
  };

  it('are none here: each link is attested by both of its ends', async () => {
    await chain();
    const result = await trace();
    expect(result.entry).to.deep.equal({ as: 64504, via: 64520, source: false });
    expect(result).to.deep.include({ attested: 'both', doubts: [] });
    // Two links of others, at either of which two might lie together.
    expect(result.certainty).to.be.within(0.99, 0.999);
  });

  it('one that frames a neighbour is contradicted by it, and the neighbour is no entry', async () => {
    await chain({ 64503: passed(64505, 64502) });
    const result = await trace();
    expect(result.entry).to.deep.equal({ as: 64503, via: 64505, source: false });
    expect(findNode(result.tree, 64505)!.verdict).to.equal('conflict');
    expect(result.doubts).to.deep.equal([
      'AS 64503 says that it came in from AS 64505, which says that it did not go out there',
    ]);
    expect(result.ambiguity).to.include(64505);
  });

  it('one that hides is in conflict with the AS that had the packet from it', async () => {
    await chain({ 64503: clear });
    const result = await trace();
    expect(result.entry).to.deep.equal({ as: 64502, via: 64503, source: false });
    expect(findNode(result.tree, 64503)!.verdict).to.equal('conflict');
    expect(result.doubts).to.have.length(1);
    expect(result.ambiguity).to.deep.equal([64503]);
  });

  it('one that says yes to all and is named by nobody is no entry beside one that is', async () => {
    // 64502 does not know from where it came, and asks all of its peers.
    await chain({
      64502: scripted(probeAnswer([{ direction: 'in', neighbor: null }, sawTo(64500)])),
      64505: alwaysYes([sawFrom(64506), sawTo(64502)]),
    });
    const result = await trace();
    expect(result.entry?.as).to.equal(64504);
    expect(result.runnerUp!.as).to.equal(64505);
    expect(result.certainty).to.be.above(0.9);
  });

  it('one that says yes to all is asked for packets that never were, and its yes is worth nothing', async () => {
    const peers = [64500, 64502, 64504, 64505];
    const others = (as: number) => peers.filter(peer => peer !== as);
    const measure = { decoys: 1e-9 };
    const graph = scriptedGraph({ 64510: { frontier: [64505, 64504], passed: [] } });
    const probes: Record<number, Probes> = {
      64500: scripted(probeAnswer([sawFrom(64502)])),
      64502: passed(64510, 64500),
      64504: passed(64520, 64510),
      64505: alwaysYes([sawFrom(64521), sawTo(64510)]),
    };
    // Who did not see the packets has to say no to decoys: the scripted say yes to their own digest alone.
    const honest = (one: Probes): Probes => ({
      ask: (questions, deadline) =>
        questions.some(({ digest }) => digest === DIGEST)
          ? one.ask(questions, deadline)
          : clear.ask(questions, deadline),
    });
    for (const as of peers)
      await ases.start({
        ...{ as, peers: others(as), measure, graph: as === 64502 ? graph : scriptedGraph({}) },
        probes: as === 64505 ? probes[as]! : honest(probes[as]!),
      });
    await ases.link();
    const result = await trace();
    expect(result.entry?.as).to.equal(64504);
    expect(findNode(result.tree, 64505)!.verdict).to.equal('conflict');
    expect(findNode(result.tree, 64505)!.reason).to.contain('packets that never were');
    const { honesty } = ases.at(64500).traceback;
    expect(honesty.of(64505)!.yes).to.be.closeTo(1, 1e-3);
    expect(honesty.of(64504)!).to.include({ yes: 0 });
    expect(result.measured!.map(({ as }) => as)).to.include.members([64504, 64505]);
  });

  it('a pair that speaks for each other cannot be told from two honest ones, and the trace ends at their word', async () => {
    await chain({ 64503: passed(64505, 64502), 64505: passed(64506, 64503) });
    const result = await trace();
    // What they say is contradicted by the innocent AS that they name.
    expect(result.entry?.as).to.equal(64505);
    expect(result.doubts).to.deep.equal([
      'AS 64505 says that it came in from AS 64506, which says that it did not go out there',
    ]);
    expect(result.ambiguity).to.include(64506);
  });
});
