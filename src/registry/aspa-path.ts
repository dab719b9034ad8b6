/**
 * Verification of an AS_PATH by Autonomous System Provider Authorizations (draft-ietf-sidrops-aspa-verification-28
 * section 5). Downhill of its apex a path may only go from provider to customer, uphill only from customer to provider;
 * who says so is the customer, by its ASPA.
 */
import type { Role } from '../bgp/role.ts';
import type { AspaTable } from './rpki/aspa.ts';
import type { AspaState } from './verdict.ts';

/**
 * The provider authorization function (section 5.3): what the customer's ASPA says of this provider. A route server may
 * stand for a provider, hence the plus.
 */
export type Authorization = 'provider+' | 'not-provider+' | 'no-attestation';

export function authorized(aspas: AspaTable, customer: number, provider: number): Authorization {
  const providers = aspas.get(customer);
  if (providers === undefined) return 'no-attestation';
  // AS 0 is nobody: it makes no provider of anyone.
  return provider !== 0 && providers.includes(provider) ? 'provider+' : 'not-provider+';
}

/** Two ASes next to each other in the path; `near` is the one nearer to the origin. */
export interface AspaHop {
  /** AS nearer to the origin. */
  readonly near: number;
  /** AS farther from the origin. */
  readonly far: number;
  /** Whether `far` is a provider of `near`, by the ASPA of `near`: the path goes up here. */
  readonly up: Authorization;
  /** Whether `near` is a provider of `far`, by the ASPA of `far`: the path goes down here. */
  readonly down: Authorization;
}

/** Lengths of the ramps in ASes (section 5.4): up from the origin, down to the receiver; at most and at least. */
export interface Ramps {
  readonly maxUp: number;
  readonly minUp: number;
  readonly maxDown: number;
  readonly minDown: number;
}

export interface AspaJudgement {
  readonly state: AspaState;
  /** From the origin on, prepending collapsed. Empty when the path could not be verified hop by hop. */
  readonly hops: readonly AspaHop[];
  readonly ramps: Ramps;
  /** The state with its ground, a sentence without its full stop. */
  readonly why: string;
}

/**
 * From whom a route came. `upstream`: a customer, a lateral peer, a client of our route server, or our route server: the
 * whole path must go up. `downstream`: a provider; so too for a collector that is fed full tables and told nothing else.
 */
export type Direction = 'upstream' | 'downstream';

/** The direction by our role towards the neighbour (RFC 9234 section 4.1), null where none is configured. */
export function directionFor(ours: Role | null): Direction {
  return ours === null || ours === 'customer' ? 'downstream' : 'upstream';
}

const NO_RAMPS: Ramps = { maxUp: 0, minUp: 0, maxDown: 0, minDown: 0 };

/**
 * Verifies a path, neighbour first, an AS_SET as an inner array, confederation segments left out. `neighbor` is the AS of
 * the peer, which must stand first; null where that is not asked for, for a route server need not put itself in.
 */
export function verifyPath(
  path: readonly (number | readonly number[])[],
  aspas: AspaTable,
  direction: Direction,
  neighbor: number | null,
): AspaJudgement {
  const spoilt = (why: string): AspaJudgement => ({ state: 'invalid', hops: [], ramps: NO_RAMPS, why });
  if (path.length === 0) return spoilt('the path is empty');
  if (neighbor !== null && path[0] !== neighbor)
    return spoilt(`the path does not begin with the neighbor AS${neighbor}`);
  const ases: number[] = [];
  for (const as of path.toReversed()) {
    if (typeof as !== 'number') return spoilt('there is an AS_SET in the path');
    if (as !== ases.at(-1)) ases.push(as);
  }
  const hops = ases.slice(1).map((far, i): AspaHop => {
    const near = ases[i]!;
    return { near, far, up: authorized(aspas, near, far), down: authorized(aspas, far, near) };
  });
  const ramps = rampsOf(hops);
  const n = ases.length;
  const [most, least] =
    direction === 'upstream' ? [ramps.maxUp, ramps.minUp] : [ramps.maxUp + ramps.maxDown, ramps.minUp + ramps.minDown];
  const state: AspaState = most < n ? 'invalid' : least < n ? 'unknown' : 'valid';
  return { state, hops, ramps, why: whyOf(state, direction, hops, ramps) };
}

/** Section 5.4. A ramp ends at the hop that is denied (at most), or already at one of which nothing is attested (at least). */
function rampsOf(hops: readonly AspaHop[]): Ramps {
  const n = hops.length + 1;
  const up = (ends: (hop: AspaHop) => boolean) => {
    const at = hops.findIndex(ends);
    return at < 0 ? n : at + 1;
  };
  const down = (ends: (hop: AspaHop) => boolean) => {
    const at = hops.findLastIndex(ends);
    return at < 0 ? n : n - 1 - at;
  };
  return {
    maxUp: up(hop => hop.up === 'not-provider+'),
    minUp: up(hop => hop.up !== 'provider+'),
    maxDown: down(hop => hop.down === 'not-provider+'),
    minDown: down(hop => hop.down !== 'provider+'),
  };
}

function whyOf(state: AspaState, direction: Direction, hops: readonly AspaHop[], ramps: Ramps): string {
  if (state === 'valid')
    return direction === 'upstream'
      ? 'every hop goes up to a provider'
      : 'it can be read as up to providers, across one hop at most, and down to customers';
  if (state === 'unknown') {
    // Where the ramp up ends for certain, or, when a denial ends it there, the one down: of one of them nothing is attested.
    const top = hops[ramps.minUp - 1];
    const silent = top?.up === 'no-attestation' ? top.near : hops[hops.length - ramps.minDown]?.far;
    return `no ASPA of AS${silent} that would settle it`;
  }
  const denied = hops[ramps.maxUp - 1];
  const leak = denied === undefined ? '' : `AS${denied.near} does not have AS${denied.far} for a provider`;
  if (direction === 'upstream') return leak;
  const after = hops[hops.length - ramps.maxDown];
  const again = after === undefined ? '' : `AS${after.far} does not have AS${after.near} for one`;
  return `it goes down and up again: ${leak}, and further on ${again}`;
}
