/** What is known of the relations between ASes besides their paths: the roles of sessions, and ASPAs. */

import type { AspaTable } from '../registry/rpki/aspa.ts';
import type { KnownRelation } from '../rib/as-graph.ts';
import { CUSTOMER, PEER, PROVIDER, UNKNOWN } from '../rib/as-relations.ts';

/** What a peer is to this AS, by the role that this AS has towards it (RFC 9234 section 3). */
const BY_ROLE: Readonly<Record<string, typeof PROVIDER | typeof CUSTOMER | typeof PEER>> = {
  provider: CUSTOMER,
  customer: PROVIDER,
  peer: PEER,
};

/** `role` is this AS's role towards a neighbour AS, undefined without one. Roles go before ASPAs. */
export function knownRelations(
  localAs: number,
  role: (peerAs: number) => string | undefined,
  aspas: AspaTable | null,
): KnownRelation {
  return (from, to) => {
    if (from === localAs || to === localAs) {
      const is = BY_ROLE[role(from === localAs ? to : from) ?? ''] ?? UNKNOWN;
      if (is !== UNKNOWN) return from === localAs || is === PEER ? is : is === CUSTOMER ? PROVIDER : CUSTOMER;
    }
    const providers = aspas?.get(from);
    const others = aspas?.get(to);
    if (providers?.includes(to)) return PROVIDER;
    if (others?.includes(from)) return CUSTOMER;
    // Each has said who all its providers are, and the other is none of them.
    return providers !== undefined && others !== undefined ? PEER : UNKNOWN;
  };
}
