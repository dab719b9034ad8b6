/**
 * What a trace would ask, before anything is sent: the same plan that a search makes (onward.ts), with what is known of
 * each AS that would be asked. Nobody is told anything for it.
 */
import { type Branch, newBranch } from './branch.ts';
import type { NeighborRelation } from './graph.ts';
import { planOnward, type Skip, type Topology } from './onward.ts';
import type { TraceNode, TraceVerdict } from './trace.ts';

/** An AS that would be asked. */
export interface ForeseenAs {
  readonly as: number;
  /** A configured peer, or a member of a federation. */
  readonly kind: 'peer' | 'member';
  /** Behind a neighbour: size of its customer cone, whether it told of its way here, how often it was the one. */
  readonly cone: number | null;
  /** It has told over which of our neighbours it reaches us. */
  readonly adjacent: boolean;
  /** How often it was the one that had seen a packet from there. */
  readonly hits: number;
  /** Milliseconds from a QUERY to its first ANSWER, as measured of late; null: it was not asked yet. */
  readonly latency: number | null;
}

/** ASes that would be asked in waves, each wave only when nobody of the one before has seen the packet. */
export interface ForeseenGroup {
  /** The neighbour that they stand behind and that takes no part; null when they are neighbours, or all peers. */
  readonly behind: number | null;
  /** What that neighbour is to this AS; null where nobody knows. */
  readonly relation: NeighborRelation | null;
  /** Who is asked at once, wave by wave: each only when those before have not seen it. */
  readonly waves: readonly (readonly ForeseenAs[])[];
  /** ASes between that take no part, as many as are told, and how many more remain possible. */
  readonly passed: readonly number[];
  /** How many more ASes without a part in this remain possible. */
  readonly beyond: number;
}

export interface Foresight {
  /** Neighbours that the packet came in from; null: nobody knows, so that all peers would be asked. */
  readonly ingress: readonly number[] | null;
  /** Whom would be asked, by the neighbour that they stand behind. */
  readonly groups: readonly ForeseenGroup[];
  /** ASes that would not be asked, each with why. */
  readonly unasked: readonly { readonly as: number; readonly verdict: TraceVerdict; readonly reason: string }[];
}

/** What a trace of packets would ask, and what this AS itself says of them. */
export interface TraceForesight extends Foresight {
  readonly here: Pick<TraceNode, 'verdict' | 'reason' | 'ingress' | 'source'>;
}

/** ASes between that are named of one neighbour. */
const MOST_PASSED = 64;

/** What would be asked for packets that came in from these neighbours; null: it is not known from where. */
export async function foresee(
  topology: Topology,
  latencyOf: (as: number) => number | null,
  ingress: readonly number[] | null,
): Promise<Foresight> {
  const root = newBranch(topology.as, 'saw', '', 0);
  const skips = new Map<number, Skip>();
  const groups = await planOnward(
    topology,
    { hops: [] },
    root,
    { ingress: ingress ?? [] },
    ingress === null,
    () => 0,
    skip => skips.set(skip.neighbor, skip),
  );
  const peers = topology.peerings();
  const foreseen = (as: number, skip?: Skip): ForeseenAs => {
    const candidate = skip?.candidates.find(one => one.as === as);
    return {
      ...{ as, kind: peers.has(as) ? ('peer' as const) : ('member' as const), latency: latencyOf(as) },
      ...{ cone: candidate?.cone ?? null, adjacent: candidate?.adjacent ?? false, hits: candidate?.hits ?? 0 },
    };
  };
  const made = groups.map(({ behind, waves }): ForeseenGroup => {
    const skip = behind === null ? undefined : skips.get(behind);
    if (behind !== null) skips.delete(behind);
    return {
      ...{ behind, relation: skip?.relation ?? null },
      waves: waves.map(wave => wave.map(as => foreseen(as, skip))),
      ...{ passed: skip?.passed.slice(0, MOST_PASSED) ?? [], beyond: beyondOf(skip) },
    };
  });
  // Behind these nobody is known who takes part.
  const empty = [...skips.values()].map(skip => ({
    ...{ behind: skip.neighbor, relation: skip.relation, waves: [] },
    ...{ passed: skip.passed.slice(0, MOST_PASSED), beyond: beyondOf(skip) },
  }));
  return { ingress, groups: [...made, ...empty], unasked: unaskedOf(root) };
}

function beyondOf(skip: Skip | undefined): number {
  return skip === undefined ? 0 : skip.beyond + Math.max(0, skip.passed.length - MOST_PASSED);
}

function unaskedOf(root: Branch): Foresight['unasked'] {
  return root.branches.map(({ leaf: { as, verdict, reason } }) => ({ as, verdict, reason }));
}

/** QUERYs that a foresight comes to when no wave finds anybody, `budget` at most; and with the first waves alone. */
export function queriesOf({ groups }: Foresight, budget: number): { readonly least: number; readonly most: number } {
  const sum = (count: (waves: ForeseenGroup['waves']) => number) =>
    Math.min(
      budget,
      groups.reduce((total, { waves }) => total + count(waves), 0),
    );
  return {
    least: sum(waves => waves[0]?.length ?? 0),
    most: sum(waves => waves.reduce((total, wave) => total + wave.length, 0)),
  };
}
