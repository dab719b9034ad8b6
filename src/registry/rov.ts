/** Route origin validation against the VRPs of the RPKI (RFC 6811), the slow road with its reasons. */
import { covers, formatPrefix, type Prefix } from '../net/prefix.ts';
import { formatOrigin, type RouteOrigin } from './origin.ts';
import type { RovReason, RovState } from './verdict.ts';

/** A Validated ROA Payload (RFC 6811 section 2). Without a maxLength in the ROA it is the prefix length. */
export interface Vrp {
  readonly prefix: Prefix;
  readonly maxLength: number;
  readonly asn: number;
}

export interface RovJudgement<V extends Vrp = Vrp> {
  readonly state: RovState;
  /** Null unless the state is `invalid`. */
  readonly reason: RovReason | null;
  /** The VRPs that cover the route, the most specific first. */
  readonly covering: readonly V[];
  /** Those of them that match it. */
  readonly matching: readonly V[];
  /** The state with its ground, a sentence without its full stop. */
  readonly why: string;
}

/** Validates the origin of a route. Those of `vrps` that do not cover it are passed over. */
export function rov<V extends Vrp>(prefix: Prefix, origin: RouteOrigin, vrps: Iterable<V>): RovJudgement<V> {
  const covering = [...vrps]
    .filter(vrp => covers(vrp.prefix, prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length || a.asn - b.asn);
  if (covering.length === 0)
    return { state: 'not-found', reason: null, covering, matching: [], why: 'no VRP covers the prefix' };
  // RFC 6811 section 2: NONE matches nothing; nor does a VRP of AS 0 (RFC 6483 section 4, RFC 7607).
  const ofAs = covering.filter(({ asn }) => asn !== 0 && asn === origin);
  const matching = ofAs.filter(({ maxLength }) => prefix.length <= maxLength);
  if (matching.length > 0)
    return { state: 'valid', reason: null, covering, matching, why: `VRP ${formatVrp(matching[0]!)} allows it` };
  const invalid = (reason: RovReason, why: string): RovJudgement<V> => ({
    state: 'invalid',
    reason,
    covering,
    matching,
    why,
  });
  if (typeof origin !== 'number') return invalid('as-set', 'the path ends in an AS_SET, which no VRP matches');
  const most = Math.max(...ofAs.map(({ maxLength }) => maxLength));
  if (ofAs.length > 0)
    return invalid('length', `${formatOrigin(origin)} may announce up to /${most}, not /${prefix.length}`);
  if (covering.every(({ asn }) => asn === 0)) return invalid('as0', 'AS 0: nobody may announce the prefix');
  const may = new Set(covering.flatMap(({ asn }) => (asn === 0 ? [] : [`AS${asn}`])));
  return invalid('as', `${[...may].join(', ')} may, ${formatOrigin(origin)} not`);
}

/** `192.0.2.0/24-24 AS64496`: prefix, maxLength, AS. */
export function formatVrp({ prefix, maxLength, asn }: Vrp): string {
  return `${formatPrefix(prefix)}-${maxLength} AS${asn}`;
}
