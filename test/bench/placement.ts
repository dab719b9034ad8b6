/**
 * How long it takes to name the five ASes that would cut most: on a made graph, for several participations. Usage:
 * placement.ts [ASES [SEED]]. The bound beside it: what one exact look at that state takes, of which a plan needs some
 * hundred when each candidate of each round is looked at so.
 */
import { conesOf } from '../../src/rib/as-reach.ts';
import { planPlacement } from '../../src/traceback/placement.ts';
import { createPlacementModel } from '../../src/traceback/placement-model.ts';
import { makeInternet, seeded } from '../lab/internet/graph.ts';

const [ases = '80000', seed = '1'] = process.argv.slice(2);
const { topology, largest, stubs } = makeInternet(Number(ases), seeded(Number(seed)));
const as = (node: number) => topology.numbers[node]!;
const own = stubs[5]!;
console.log('| take part | before | after five | plan | one exact look | against 135 exact looks |');
console.log('|---|---:|---:|---:|---:|---:|');
for (const top of [0, 100, 500]) {
  const participants = largest.slice(0, top).map(as);
  const takesPart = new Uint8Array(topology.numbers.length);
  for (const node of [own, ...largest.slice(0, top)]) takesPart[node] = 1;
  const model = createPlacementModel(topology, conesOf(topology));
  const victim = model.victim(own);
  const untapped = new Uint8Array(takesPart.length);
  let began = performance.now();
  model.expect(victim, { takesPart, own, untapped }, null);
  const look = performance.now() - began;
  began = performance.now();
  const work = planPlacement({
    ...{ topology, own: as(own), participants, victims: [as(own)], among: null, tapped: null, most: 5 },
  });
  let next = work.next();
  while (!next.done) next = work.next();
  const plan = performance.now() - began;
  const { ambiguity, steps } = next.value;
  const many = (value: number) => value.toFixed(value < 100 ? 1 : 0);
  console.log(
    `| top ${top} | ${many(ambiguity)} | ${many(steps.at(-1)?.ambiguity ?? ambiguity)} | ${(plan / 1000).toFixed(1)} s | ${look.toFixed(0)} ms | ${((look * 135) / plan).toFixed(1)} times |`,
  );
}
