/**
 * How sure traces are, and how often that is so: traces of attacks on a made graph, by the real managers, with probes that
 * keep a share of the packets, watch a part of the border and say yes falsely now and then (sightings.ts).
 */
import { createPrivateKey } from 'node:crypto';
import { certaintyOf, type Weighed } from '../../../src/traceback/certainty.ts';
import { conclude } from '../../../src/traceback/conclusion.ts';
import { markConflicts } from '../../../src/traceback/contradiction.ts';
import { needOf } from '../../../src/traceback/evidence.ts';
import { signRequest } from '../../../src/traceback/request.ts';
import { sealKeys } from '../../../src/traceback/seal.ts';
import { makeCertificate } from '../../traceback/certificates.ts';
import { seeded } from '../internet/graph.ts';
import { makeWorld, rightEntry } from '../large/world.ts';
import { newManagers } from './managers.ts';
import { answerOf } from './sightings.ts';

export interface Setting {
  readonly nodes: number;
  /** Per cent of the ASes that take part. */
  readonly participation: number;
  readonly traces: number;
  readonly packets: number;
  /** Shares of the packets that ASes keep, and of their borders behind taps: each AS has one of them, by chance. */
  readonly samplings: readonly number[];
  readonly coverages: readonly number[];
  readonly falsePositive: number;
  readonly seed: number;
}

/** Of so many nodes, or traces, that were said to be so likely, so many were right. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  said: number;
  count: number;
  right: number;
}

export interface Calibration {
  readonly traces: number;
  /** Traces that end in the AS nearest to the attacker that takes part; on the path before it; off the path; nowhere. */
  readonly right: number;
  readonly short: number;
  readonly wrong: number;
  readonly none: number;
  /** Of all ASes of all trees, by the chance that they are on the path. */
  readonly nodes: readonly Bin[];
  /** Of the entries, by their certainty. */
  readonly entries: readonly Bin[];
  /** Traces that end with ASes that remain possible: how many, how many of those name one that is on the path, and ASes named. */
  readonly open: number;
  readonly held: number;
  /** Of those that name none on the path, how many end in an AS that does not know from where the packets came. */
  readonly unsaid: number;
  readonly named: number;
  /** Those named that had said that they saw some of it, and nothing came of it. */
  readonly weak: number;
  readonly queries: number;
}

const EDGES = [0, 0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999, 1];
const bins = (): Bin[] => EDGES.slice(1).map((to, i) => ({ from: EDGES[i]!, to, said: 0, count: 0, right: 0 }));
function put(all: readonly Bin[], chance: number, right: boolean): void {
  const bin = all.find(({ to }) => chance < to) ?? all.at(-1)!;
  bin.said += chance;
  bin.count++;
  if (right) bin.right++;
}

/** Traces `traces` attacks. The same seed gives the same numbers. */
export async function calibrate(setting: Setting): Promise<Calibration> {
  const { packets, samplings, coverages, falsePositive, traces, seed } = setting;
  const world = makeWorld({ ...setting, faults: false });
  const random = seeded(seed + 1);
  const drawn = (all: readonly number[]) => all[Math.floor(random() * all.length)]!;
  const watching = new Map(
    world.members.map(as => [
      as,
      {
        ...{ neighbors: world.internet.graph.neighbors(as), falsePositive, lost: 0.001 },
        ...{ sampling: drawn(samplings), coverage: drawn(coverages) },
      },
    ]),
  );
  const time = Date.now();
  let path: readonly number[] = [];
  const managers = newManagers(
    world,
    as => ({
      ask: () => {
        const at = path.indexOf(as);
        const passed = at < 0 ? null : { from: path[at - 1] ?? null, to: path[at + 1] ?? null };
        return Promise.resolve({ answers: [answerOf(watching.get(as)!, packets, passed, time, random)], silent: [] });
      },
    }),
    as => watching.get(as)!.coverage,
  );
  const members = new Set(world.members);
  const key = createPrivateKey(makeCertificate(64500).key);
  const found = { right: 0, short: 0, wrong: 0, none: 0, open: 0, held: 0, unsaid: 0, named: 0, weak: 0, queries: 0 };
  const [nodes, entries] = [bins(), bins()];
  for (const attack of world.attacks) {
    path = attack.path;
    const origin = path.at(-1)!;
    const signed = signRequest(
      {
        ...{ trace: attack.number.toString(16).padStart(16, '0'), origin, issued: time, expires: time + 10_000 },
        ...{ purpose: 'test', reference: '', federation: '', need: needOf(packets), seal: sealKeys().seal, proof: [] },
        questions: Array.from({ length: packets }, (_, packet) => ({
          ...{ packet, epoch: 1, digest: '0'.repeat(16), from: time, to: time + 1000 },
        })),
      },
      key,
      new Uint8Array(1),
    );
    const { tree: opened, queries } = await managers.trace(origin, signed, 64);
    const tree = markConflicts(opened);
    const { entry, ambiguity, weighed } = conclude(tree);
    const { certainty, unknown } = certaintyOf(weighed, entry, ambiguity);
    found.queries += queries;
    const on = new Set(path);
    // An AS may stand in several places, of which the packets took one.
    const chances = new Map<number, number>();
    const walk = ({ node, chance, children }: Weighed): void => {
      chances.set(node.as, (chances.get(node.as) ?? 0) + chance);
      children.forEach(walk);
    };
    walk(weighed);
    chances.delete(tree.as);
    for (const [as, chance] of chances) put(nodes, Math.min(1, chance), on.has(as));
    if (entry === null) found.none++;
    else {
      put(entries, certainty!, on.has(entry.as));
      if (entry.as === rightEntry(attack, members)) found.right++;
      else if (on.has(entry.as)) found.short++;
      else found.wrong++;
    }
    if (entry?.source) continue;
    found.open++;
    found.named += ambiguity.length;
    found.weak += unknown.filter(({ verdict }) => verdict === 'saw-weak').length;
    const at = entry === null ? path.length : path.indexOf(entry.as);
    if (ambiguity.some(as => path.slice(0, at).includes(as))) found.held++;
    else if (entry !== null && entry.via === null) found.unsaid++;
  }
  return { traces, ...found, nodes, entries };
}
