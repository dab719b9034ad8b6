import type { AttributeSet } from './attribute-set.ts';

/** BGP roles by their value in the capability: RFC 9234 section 4.1, table 1. */
export const ROLES = ['provider', 'rs', 'rs-client', 'customer', 'peer'] as const;
export type Role = (typeof ROLES)[number];

/** The role that the other side must have: RFC 9234 section 4.2, table 2. */
export const OPPOSITE: Readonly<Record<Role, Role>> = {
  provider: 'customer',
  customer: 'provider',
  rs: 'rs-client',
  'rs-client': 'rs',
  peer: 'peer',
};

/** Our role towards a peer, and the AS of that peer (RFC 9234). */
export interface Relation {
  readonly ours: Role;
  readonly peerAs: number;
}

/**
 * What makes a received route a leak by its Only to Customer attribute (RFC 9234 section 5, ingress rules 1 and 2), in
 * words; null when nothing does. A router finds such a route ineligible;
 * a collector keeps it, for a leak is what it is there to see, and adds no OTC of its own (rule 3): it alters no route.
 */
export function leakSign({ otc }: Pick<AttributeSet, 'otc'>, { ours, peerAs }: Relation): string | null {
  if (otc === null) return null;
  if (ours === 'provider' || ours === 'rs') return `route leak: a ${OPPOSITE[ours]} sent ONLY_TO_CUSTOMER ${otc}`;
  if (ours === 'peer' && otc !== peerAs) return `route leak: peer AS ${peerAs} sent ONLY_TO_CUSTOMER ${otc}`;
  return null;
}
