/**
 * What a run of the large testbed is about, the same for each seed: the AS graph, who takes part, who attacks whom, and
 * who does not do as it should. Every process makes it for itself.
 */

import { routesTo } from '../../../src/rib/as-routes.ts';
import { type Internet, makeInternet, type Random, seeded } from '../internet/graph.ts';

export interface Plan {
  /** ASes that take part; the graph has more of them where `participation` is below 100 percent. */
  readonly nodes: number;
  readonly participation: number;
  readonly traces: number;
  readonly faults: boolean;
  readonly seed: number;
}

/**
 * What is wrong with an AS: it says nothing; sees every packet; sees none; says of what passed it that it came from a
 * neighbour that it did not come from (`frames`), or that it came from a confederate, which bears it out (`colludes`) and
 * says that it came from further on; or asks without end.
 */
export type Fault = 'silent' | 'floods' | (typeof LIES)[number];
const LIES = ['sees-all', 'sees-none', 'frames', 'colludes'] as const;

export interface Attack {
  readonly number: number;
  /** ASes as the packets travelled: the attacker's first, the victim's last. */
  readonly path: readonly number[];
  /** 16 hex digits for each packet. */
  readonly digests: readonly string[];
}

export interface World {
  readonly internet: Internet;
  /** ASes that take part, ascending. */
  readonly members: readonly number[];
  /** The peers of each: its neighbours that take part, and who joins it to those it is cut off from. */
  readonly peers: ReadonlyMap<number, readonly number[]>;
  readonly attacks: readonly Attack[];
  readonly faults: ReadonlyMap<number, Fault>;
  /** Who bears out an AS that colludes, and whom: both are each other's neighbours, and lie. */
  readonly confederates: ReadonlyMap<number, number>;
}

/** Packets that a trace asks for, and how many of them one vantage has to have seen. */
export const PACKETS = 8;
export const NEED = 4;
/** Links of a path that is called long. */
export const LONG = 6;
/** Draws of attacker and victim until the path is long, for every other attack. */
const DRAWS = 400;

export function makeWorld({ nodes, participation, traces, faults, seed }: Plan): World {
  const random = seeded(seed);
  const internet = makeInternet(Math.round((nodes * 100) / participation), random);
  const { topology, stubs } = internet;
  const as = (node: number) => topology.numbers[node]!;
  const members = shuffled([...topology.numbers], random)
    .slice(0, nodes)
    .toSorted((a, b) => a - b);
  const taking = new Set(members);
  const victims = shuffled(
    stubs.filter(node => taking.has(as(node))),
    random,
  );

  const routes = new Map<number, Int32Array>();
  const pathOf = (attacker: number, victim: number): number[] | null => {
    const next = routes.get(victim) ?? routesTo(topology, victim);
    routes.set(victim, next);
    if (attacker === victim || next[attacker] === -1) return null;
    const path = [attacker];
    while (path.at(-1) !== victim) path.push(next[path.at(-1)!]!);
    return path.map(as);
  };
  const attacks: Attack[] = [];
  while (attacks.length < traces) {
    let path: number[] | null = null;
    // Every other path is a long one, where the graph has such; the others are as chance will have them.
    for (let draw = 0; draw < (attacks.length % 2 === 0 ? DRAWS : 1) && (path?.length ?? 0) <= LONG; draw++) {
      const victim = victims[Math.floor(random() * Math.min(victims.length, traces))]!;
      const drawn = pathOf(stubs[Math.floor(random() * stubs.length)]!, victim);
      if (drawn !== null && drawn.length > (path?.length ?? 0)) path = drawn;
    }
    if (path === null) continue;
    const digests = Array.from({ length: PACKETS }, () => `${word(random)}${word(random)}`);
    attacks.push({ number: attacks.length, path, digests });
  }
  const peers = peersOf(internet, taking);
  return {
    internet,
    members,
    peers,
    attacks,
    ...(faults ? drawFaults(members, attacks, internet, random) : { faults: new Map(), confederates: new Map() }),
  };
}

/**
 * Neighbours are peers. Members with no way to the others over neighbours that take part would never hear of them: the
 * first of each such island peers with the first of all, as whoever joins a federation has to peer with one of it.
 */
function peersOf({ graph }: Internet, members: ReadonlySet<number>): Map<number, number[]> {
  const peers = new Map([...members].map(as => [as, graph.neighbors(as).filter(peer => members.has(peer))]));
  const [first] = members;
  const met = new Set<number>();
  for (const start of members) {
    if (met.has(start)) continue;
    if (start !== first) {
      peers.get(start)!.push(first!);
      peers.get(first!)!.push(start);
    }
    const island = [start];
    met.add(start);
    for (const as of island)
      for (const peer of peers.get(as)!)
        if (!met.has(peer)) {
          met.add(peer);
          island.push(peer);
        }
  }
  return peers;
}

/** One in ten says nothing, one in twenty says what is false, one floods; a victim does as it should. */
function drawFaults(
  members: readonly number[],
  attacks: readonly Attack[],
  { graph }: Internet,
  random: Random,
): Pick<World, 'faults' | 'confederates'> {
  const victims = new Set(attacks.map(({ path }) => path.at(-1)!));
  const others = shuffled(
    members.filter(as => !victims.has(as)),
    random,
  );
  const silent = Math.round(members.length / 10);
  const lying = Math.round(members.length / 20);
  const faults = new Map<number, Fault>(others.slice(0, silent).map(as => [as, 'silent']));
  const confederates = new Map<number, number>();
  const free = (as: number) => !faults.has(as) && !victims.has(as) && members.includes(as);
  let lies = 0;
  for (const as of others.slice(silent, -1)) {
    if (lies >= lying) break;
    if (!free(as)) continue;
    const lie = LIES[lies % LIES.length]!;
    const other = lie === 'colludes' ? shuffled(graph.neighbors(as), random).find(free) : undefined;
    faults.set(as, lie === 'colludes' && other === undefined ? 'frames' : lie);
    lies++;
    if (other === undefined) continue;
    faults.set(other, 'colludes');
    lies++;
    confederates.set(as, other).set(other, as);
  }
  if (others.length > 0) faults.set(others.at(-1)!, 'floods');
  return { faults, confederates };
}

/** The AS nearest to the attacker that takes part: where the trace should end. */
export function rightEntry({ path }: Attack, members: ReadonlySet<number>): number {
  return path.find(as => members.has(as))!;
}

function shuffled<T>(all: readonly T[], random: Random): T[] {
  const list = [...all];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

function word(random: Random): string {
  return Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
