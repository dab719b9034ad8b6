/** What both ends of a session offered, and what came of it, in words: for `show bgp neighbor`. */
import { type Capability, formatCapability } from '../bgp/capabilities.ts';
import { type Family, formatFamily } from '../bgp/family.ts';
import type { Negotiated } from '../bgp/negotiate.ts';
import { roleOf } from '../bgp/offers.ts';
import type { AgreementRow } from './messages.ts';

const named = (families: readonly Family[]) => families.map(formatFamily);
const words = (capabilities: readonly Capability[]) => capabilities.map(formatCapability);

export function agreementRow(negotiated: Negotiated): AgreementRow {
  const { role, restart, capabilities } = negotiated;
  const theirs = roleOf(capabilities);
  return {
    ours: words(negotiated.ourCapabilities),
    theirs: words(capabilities),
    extendedMessage: negotiated.extendedMessage,
    enhancedRefresh: negotiated.enhancedRefresh,
    addPath: named(negotiated.addPath),
    extendedNextHop: named(negotiated.extendedNextHop),
    role: role === undefined ? null : { ours: role.ours, theirs: theirs === null ? null : String(theirs) },
    restart: restart && {
      seconds: restart.seconds,
      notification: restart.notification,
      preserved: named(restart.families.filter(({ preserved }) => preserved)),
    },
    longLived: negotiated.longLived.map(one => ({ family: formatFamily(one), seconds: one.seconds })),
  };
}
