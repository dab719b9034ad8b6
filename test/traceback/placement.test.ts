import { expect } from 'chai';
import { conesOf, createReach } from '../../src/rib/as-reach.ts';
import { type Placement, type PlacementQuestion, planPlacement } from '../../src/traceback/placement.ts';
import { createPlacementModel } from '../../src/traceback/placement-model.ts';
import { askInWaves } from '../lab/internet/ask-in-waves.ts';
import { makeInternet, seeded } from '../lab/internet/graph.ts';

function run(work: Generator<unknown, Placement>): Placement {
  for (;;) {
    const next = work.next();
    if (next.done) return next.value;
  }
}

describe('traceback: where more taking part would help most, on a made Internet', function () {
  this.timeout(240_000);
  const random = seeded(5);
  const net = makeInternet(1200, random);
  const { topology, graph, largest, stubs } = net;
  const as = (node: number) => topology.numbers[node]!;
  const nodes = topology.numbers.length;
  const cones = conesOf(topology);
  const model = createPlacementModel(topology, cones);
  const nothing = new Uint8Array(nodes);

  it('counts as many behind a neighbour as the search of the daemon does', () => {
    const reach = createReach(topology);
    for (let i = 0; i < 200; i++) {
      const here = Math.floor(random() * nodes);
      const from = topology.ends[topology.start[here]!]!;
      const takesPart = Uint8Array.from({ length: nodes }, (_, node) => (random() < 0.1 && node !== from ? 1 : 0));
      const closed = Uint8Array.from({ length: nodes }, (_, node) => (node === here ? 1 : 0));
      const among = [...takesPart.keys()].filter(node => takesPart[node] === 1 && node !== here).map(as);
      const { frontier, passed, beyond } = graph.frontier(as(here), as(from), [as(here)], among);
      const { size, met } = reach(here, [from], takesPart, closed);
      expect(met.map(as)).to.deep.equal(frontier);
      expect(size).to.equal(passed.length + beyond + 1);
    }
    expect(cones.every((size, node) => size === graph.cone(as(node)))).to.equal(true);
  });

  it('expects what following every attacker by itself comes to', () => {
    for (const share of [0, 0.02, 0.2]) {
      const victim = model.victim(stubs[Math.floor(random() * stubs.length)]!);
      const takesPart = Uint8Array.from({ length: nodes }, (_, node) =>
        random() < share || node === victim.node ? 1 : 0,
      );
      for (const node of largest.slice(0, share > 0 ? 5 : 0)) takesPart[node] = 1;
      const among = [...takesPart.keys()].filter(node => takesPart[node] === 1).map(as);
      let sum = 0;
      let found = 0;
      let attackers = 0;
      for (const attacker of stubs) {
        if (attacker === victim.node || victim.next[attacker] === -1) continue;
        attackers++;
        const path = [attacker];
        while (path.at(-1) !== victim.node) path.push(victim.next[path.at(-1)!]!);
        path.reverse();
        // `at` is the place of the last AS that saw the packet.
        let at = 0;
        while (at + 1 < path.length) {
          if (takesPart[path[at + 1]!] === 1) {
            at++;
            continue;
          }
          let next = at + 1;
          while (next < path.length && takesPart[path[next]!] === 0) next++;
          const hops = path.slice(0, at + 1).map(as);
          const { frontier, passed, beyond } = graph.frontier(hops.at(-1)!, as(path[at + 1]!), hops, among);
          const candidates = frontier.map(one => ({ as: one, cone: graph.cone(one), adjacent: false, hits: 0 }));
          const wanted = next < path.length ? as(path[next]!) : 0;
          if (wanted === 0 || !askInWaves(candidates, wanted).found) {
            sum += passed.length + beyond + 1;
            break;
          }
          at = next;
        }
        if (at + 1 === path.length) found++;
      }
      const seen = model.expect(victim, { takesPart, own: -1, untapped: nothing }, null);
      expect(seen.ambiguity).to.be.closeTo(sum / attackers, 1e-6);
      expect(seen.found).to.be.closeTo(found / attackers, 1e-9);
    }
  });

  const own = stubs.find(node => topology.start[node + 1]! - topology.start[node]! === 2)!;
  const question: PlacementQuestion = {
    ...{ topology, own: as(own), participants: [], victims: [as(own)], among: null, tapped: null, most: 4 },
  };

  it('names the ASes that cut most, each with what remains, the same every time', () => {
    const plan = run(planPlacement(question));
    expect(plan.steps).to.have.length(4);
    expect(plan.missing).to.deep.equal([]);
    let before = plan.ambiguity;
    for (const step of plan.steps) {
      expect(step.kind).to.equal('as');
      expect(step.ambiguity).to.be.below(before);
      before = step.ambiguity;
    }
    expect(run(planPlacement(question))).to.deep.equal(plan);
    // What it says of its choice is what the model says of it, and nobody else that was tried is better.
    const victim = model.victim(own);
    const with_ = (node: number) => {
      const takesPart = Uint8Array.from({ length: nodes }, (_, one) => (one === node || one === own ? 1 : 0));
      return model.expect(victim, { takesPart, own, untapped: nothing }, null).ambiguity;
    };
    const chosen = plan.steps[0]!;
    expect(with_(chosen.as - 1)).to.be.closeTo(chosen.ambiguity, 1e-6);
    for (const node of largest.slice(0, 10)) expect(with_(node)).to.be.at.least(chosen.ambiguity - 1e-6);
  });

  it('chooses among those that can be asked, and leaves out who is not on the graph', () => {
    const among = largest.slice(20, 30).map(as);
    const plan = run(planPlacement({ ...question, among, victims: [as(own), 999_999] }));
    expect(plan.missing).to.deep.equal([999_999]);
    for (const step of plan.steps) expect(among).to.include(step.as);
  });

  it('counts a border without a tap: whence a packet came is not known there', () => {
    const neighbors = graph.neighbors(as(own));
    const all = run(planPlacement({ ...question, tapped: neighbors, most: 1 }));
    const none = run(planPlacement({ ...question, tapped: [], among: [], most: 3 }));
    expect(all).to.include({ neighbors: 2, untapped: 0 });
    expect(none).to.include({ neighbors: 2, untapped: 2 });
    expect(none.ambiguity).to.be.at.least(all.ambiguity);
    for (const { kind, as: one } of none.steps) expect([kind, neighbors.includes(one)]).to.deep.equal(['tap', true]);
  });

  it('works in slices, and tells how far it is', () => {
    const work = planPlacement({ ...question, most: 1 });
    const seen: number[] = [];
    for (let next = work.next(); !next.done; next = work.next()) {
      seen.push(next.value.done);
      expect(next.value.done).to.be.at.most(next.value.of);
    }
    expect(seen.length).to.be.above(10);
  });
});
