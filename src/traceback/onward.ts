/**
 * Whom an AS asks onward (intertrack-protocol(7), ANSWERING A QUERY): its neighbours that the packet came in from, or the
 * frontier behind those that take no part; all its peers when it is blind.
 */

import type { Ask } from './asked.ts';
import { type Branch, newBranch } from './branch.ts';
import type { Border } from './btm.ts';
import { printable } from './connection.ts';
import type { AsGraph, NeighborRelation } from './graph.ts';
import type { Log, Peering } from './peering.ts';
import type { TraceVerdict } from './trace.ts';
import { type Candidate, wavesOf } from './waves.ts';

/** ASes passed that are placed in the tree; the reason of the node above tells how many more there were. */
const MAX_PASSED = 32;
/** Participants behind one neighbour that waves are made of: the budget of a QUERY is no larger in practice. */
const MAX_CANDIDATES = 1024;

/** Peers that are asked in waves, the next one only when none of the last has seen the packet. */
export interface Group {
  /** Where in the tree those asked stand. */
  readonly under: Branch;
  /** The neighbour they stand behind; null when they are neighbours themselves. */
  readonly behind: number | null;
  readonly waves: readonly (readonly number[])[];
}

/** What was found behind a neighbour that takes no part, for whoever wants to know before anything is sent. */
export interface Skip {
  readonly neighbor: number;
  /** What the neighbour is to this AS; null where nobody knows. */
  readonly relation: NeighborRelation | null;
  readonly candidates: readonly Candidate[];
  /** ASes between, without the neighbour, and how many more there are off the ways to the candidates. */
  readonly passed: readonly number[];
  readonly beyond: number;
}

export interface Topology {
  readonly as: number;
  readonly graph: AsGraph;
  readonly peerings: () => ReadonlyMap<number, Peering>;
  /** Members of federations that may be asked though they are no peers, and the peering with one, dialled on demand. */
  members(): readonly number[];
  member(as: number): Peering | null;
  /** False when an AS says that it is in other federations than this one: it has no key of it. */
  shares(as: number, federation: string): boolean;
  /** True when an AS has said that it takes part no more. */
  withdrew(as: number): boolean;
  /** True when a participant has told that it reaches this AS over that neighbour. */
  isAdjacent(as: number, neighbor: number): boolean;
  /** How often a participant behind a neighbour turned out to be the one, of late. */
  hits(behind: number, as: number): number;
  readonly log: Log;
}

/**
 * Places what is known without asking, and returns whom to ask. `here` is the AS that had the packet from the neighbours, this
 * one when left out. `after` tells the ms since the search began; `skipped`
 * hears of each neighbour that is passed.
 */
export async function planOnward(
  topology: Topology,
  inquiry: Pick<Ask, 'hops'> & { readonly signed?: Ask['signed'] },
  root: Branch,
  border: Pick<Border, 'ingress'> & { readonly here?: number },
  blind: boolean,
  after: () => number,
  skipped?: (skip: Skip) => void,
): Promise<Group[]> {
  const { as } = topology;
  const peerings = topology.peerings();
  const gone = new Set([...inquiry.hops, as]);
  const usable = new Map<number, Peering>();
  const federation = inquiry.signed?.request.federation ?? '';
  const at = inquiry.signed?.request.questions[0]?.from;
  for (const [peer, peering] of peerings)
    if (topology.shares(peer, federation) && !gone.has(peer) && peering.config().out === 'allow' && peering.reachable())
      usable.set(peer, peering);

  const groups: Group[] = [];
  const placed = new Set<number>();
  const place = (under: Branch, who: number, verdict: TraceVerdict, reason: string): Branch => {
    const branch = newBranch(who, verdict, reason, after());
    placed.add(who);
    under.branches.push(branch);
    return branch;
  };
  const memberOf = (who: number): Peering | null => {
    if (peerings.has(who) || gone.has(who) || !topology.shares(who, federation)) return null;
    const member = topology.member(who);
    return member?.reachable() ? member : null;
  };
  const whyNot = (who: number): [TraceVerdict, string] => {
    if (!topology.shares(who, federation)) return ['absent', 'is in other federations than the AS that asks'];
    const peering = peerings.get(who);
    if (peering === undefined) return ['absent', 'takes no part'];
    if (!peering.reachable() && topology.withdrew(who)) return ['absent', 'takes part no more'];
    return ['unreachable', peering.config().out === 'allow' ? 'no session' : 'policy does not let us ask'];
  };

  if (blind) {
    const all: number[] = [];
    for (const [peer, peering] of peerings) {
      const session = usable.get(peer);
      if (session !== undefined) all.push(peer);
      else if (!gone.has(peer) && peering.config().out === 'allow') place(root, peer, ...whyNot(peer));
    }
    return all.length === 0 ? [] : [{ under: root, behind: null, waves: [all] }];
  }

  for (const neighbor of border.ingress) {
    // A packet that comes in from where the question came from goes round in the data plane; it was asked there.
    if (gone.has(neighbor) || placed.has(neighbor)) continue;
    const session = usable.get(neighbor) ?? memberOf(neighbor);
    if (session !== null) {
      placed.add(neighbor);
      groups.push({ under: root, behind: null, waves: [[neighbor]] });
      continue;
    }
    const between = place(root, neighbor, ...whyNot(neighbor));
    const among = [...new Set([...usable.keys(), ...topology.members()])].filter(
      one => !placed.has(one) && !gone.has(one) && topology.shares(one, federation),
    );
    try {
      const {
        frontier,
        passed,
        beyond,
        relation = null,
        of,
      } = await topology.graph.frontier(neighbor, [...gone], among, border.here, at);
      if (of === 'now') extend(between, 'placed by the AS graph of now, and the packet is of then');
      const candidates: Candidate[] = [];
      // Whoever has told that its packets come here over that neighbour may have sent these, by links that no route shows.
      const met = new Set(frontier.map(one => one.as));
      const told =
        border.here !== undefined ? [] : among.filter(one => !met.has(one) && topology.isAdjacent(one, neighbor));
      for (const { as: peer, cone } of [...frontier, ...told.map(one => ({ as: one, cone: 1 }))])
        if (!placed.has(peer) && candidates.length < MAX_CANDIDATES)
          candidates.push({
            ...{ as: peer, cone, hits: topology.hits(neighbor, peer) },
            adjacent: topology.isAdjacent(peer, neighbor),
          });
      for (const { as: peer } of candidates) placed.add(peer);
      const waves = wavesOf(candidates, MAX_CANDIDATES).map(wave => wave.map(({ as: peer }) => peer));
      if (waves.length > 0) groups.push({ under: between, behind: neighbor, waves });
      else extend(between, 'no participant is known behind it');
      skipped?.({ neighbor, relation, candidates, passed, beyond });
      const others = passed.filter(who => who !== neighbor && !gone.has(who) && !placed.has(who));
      for (const who of others.slice(0, MAX_PASSED)) place(between, who, ...whyNot(who));
      const more = Math.max(0, others.length - MAX_PASSED) + beyond;
      if (more > 0) extend(between, `${more} more behind it are not shown`);
    } catch (error) {
      extend(between, 'the AS graph cannot be asked');
      topology.log('error', `traceback: frontier of AS ${neighbor}: ${String(error)}`);
    }
  }
  return groups;
}

/** Adds to what is said of an AS. */
export function extend(branch: Branch, more: string): void {
  branch.leaf = { ...branch.leaf, reason: printable(`${branch.leaf.reason}; ${more}`) };
}
