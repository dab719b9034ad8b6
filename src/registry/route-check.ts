/** Everything the registry says of one route, put together: for `itctl check route` and `itctl explain`. */
import { covers, formatPrefix, type Prefix } from '../net/prefix.ts';
import { type AspaHop, type Direction, verifyPath } from './aspa-path.ts';
import { datesOf, lastTouched } from './dates.ts';
import { type Hint, hintsFor } from './hints.ts';
import { irrState } from './irr-state.ts';
import type { RouteObject } from './objects.ts';
import type { OriginRemark, RouteOrigin } from './origin.ts';
import { type RovJudgement, rov, type Vrp } from './rov.ts';
import type { AspaTable } from './rpki/aspa.ts';
import { readRpslObject } from './rpsl.ts';
import { type AspaState, type IrrState, type RovReason, type RovState, type Severity, severityOf } from './verdict.ts';
import { CONFIG_SOURCE } from './watch.ts';

/** A route that is, or might be, announced. */
export interface CheckedRoute {
  readonly prefix: Prefix;
  readonly origin: RouteOrigin;
  readonly remark: OriginRemark | null;
  /** Neighbour first; null when it is not known. */
  readonly path: readonly (number | readonly number[])[] | null;
  /** From whom it came. */
  readonly direction: Direction;
  /** The peer's AS, which must stand first in the path; null when that is not asked for. */
  readonly neighbor: number | null;
}

/** What is known, of all of the registry or of what touches the prefix. */
export interface Grounds {
  /** Route objects, the best source first. */
  readonly objects: readonly RouteObject[];
  readonly vrps: readonly Vrp[];
  /** Null when there is no such data: then no path is verified. */
  readonly aspas: AspaTable | null;
  readonly authoritative: ReadonlySet<string>;
  readonly ixLans: readonly Prefix[];
  readonly maintainersOf: (as: number) => readonly string[];
  readonly hasCustomer: (as: number, member: number) => boolean;
}

/** A route object that touches the route. */
export interface ObjectRow {
  readonly source: string;
  readonly prefix: string;
  readonly origin: number;
  readonly mntBy: readonly string[];
  /** It is of the prefix that decides. */
  readonly decides: boolean;
  /** Its own route is ROV invalid, for this reason; null when the RPKI does not contradict it. */
  readonly disputed: RovReason | null;
  /** Why it does not count: the route is in one of its holes; one of a better source has the same prefix. Null: it does. */
  readonly aside: 'hole' | 'outranked' | null;
  /** When it was last touched, by its own dates; ms since the epoch, null when it has none. */
  readonly changed: number | null;
  readonly text: string;
}

export interface VrpRow {
  readonly prefix: string;
  readonly maxLength: number;
  readonly asn: number;
  /** It makes the route valid. */
  readonly matches: boolean;
}

/** `itctl check route -j`: plain data. */
export interface RouteCheck {
  readonly prefix: string;
  /** An array when the path ends in an AS_SET. */
  readonly origin: RouteOrigin;
  readonly path: CheckedRoute['path'];
  readonly rov: RovState;
  /** Why it is ROV invalid; null: it is not. */
  readonly rovReason: RovReason | null;
  readonly irr: IrrState;
  readonly aspa: AspaState;
  readonly severity: Severity;
  /** What may make it harmless. */
  readonly hints: readonly Hint[];
  /** Registered prefix that decided; null when none did. */
  readonly decidedBy: string | null;
  /** The longest prefix first, in each the best source first. */
  readonly objects: readonly ObjectRow[];
  readonly vrps: readonly VrpRow[];
  /** From the origin on. */
  readonly hops: readonly AspaHop[];
  /** The ground of each state, a sentence without its full stop. */
  readonly why: {
    /** The ground of the origin validation, in words. */
    readonly rov: string;
    /** The ground of the state in the IRR, in words. */
    readonly irr: string;
    /** The ground of what ASPAs say, in words. */
    readonly aspa: string;
  };
}

/** Judges a route. `now` (ms since the epoch) dates an object that is proposed. */
export function checkRoute(route: CheckedRoute, grounds: Grounds, now: number): RouteCheck {
  const { prefix, origin, path, remark } = route;
  const origins = rov(prefix, origin, grounds.vrps);
  const irr = irrState(prefix, origin, grounds.objects, object => rankOf(object, grounds));
  const objects = grounds.objects
    .filter(object => covers(object.prefix, prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const judged = new Map<RouteObject, RovJudgement>();
  const rovOf = (object: RouteObject): RovJudgement => {
    const known = judged.get(object) ?? rov(object.prefix, object.origin, grounds.vrps);
    judged.set(object, known);
    return known;
  };
  const aspa = verify(route, grounds.aspas);
  return {
    prefix: formatPrefix(prefix),
    origin,
    path,
    rov: origins.state,
    rovReason: origins.reason,
    irr: irr.state,
    aspa: aspa.state,
    // Who cannot be named cannot be accused (research: hijack 3.1).
    severity: remark === 'unreadable' ? 'no-opinion' : severityOf(origins.state, irr.state),
    hints: hintsFor({
      ...grounds,
      ...route,
      rov: origins,
      irr,
      objects,
      rovOf,
      aspas: grounds.aspas ?? new Map(),
      now,
    }),
    decidedBy: irr.decidedBy && formatPrefix(irr.decidedBy),
    objects: objects.map(object => ({
      source: object.source,
      prefix: formatPrefix(object.prefix),
      origin: object.origin,
      mntBy: object.mntBy,
      decides: irr.deciding.includes(object),
      disputed: rovOf(object).reason,
      aside: irr.holed.includes(object) ? 'hole' : irr.outranked.includes(object) ? 'outranked' : null,
      changed: changedOf(object),
      text: object.text,
    })),
    vrps: origins.covering.map(vrp => ({
      prefix: formatPrefix(vrp.prefix),
      maxLength: vrp.maxLength,
      asn: vrp.asn,
      matches: origins.matching.includes(vrp),
    })),
    hops: aspa.hops,
    why: { rov: origins.why, irr: irr.why, aspa: aspa.why },
  };
}

function changedOf({ text }: RouteObject): number | null {
  const rpsl = readRpslObject(Buffer.from(text));
  return rpsl === null ? null : lastTouched(datesOf(rpsl));
}

/** What a watch declares is the operator's own word; after it come sources that speak for their space. */
export function rankOf({ source }: RouteObject, { authoritative }: Pick<Grounds, 'authoritative'>): number {
  return source === CONFIG_SOURCE ? 2 : authoritative.has(source) ? 1 : 0;
}

function verify({ path, direction, neighbor }: CheckedRoute, aspas: AspaTable | null) {
  const unknown = (why: string) => ({ state: 'unknown' as const, hops: [], why });
  if (path === null) return unknown('no path is given');
  if (aspas === null) return unknown('there are no ASPAs');
  return verifyPath(path, aspas, direction, neighbor);
}
