/** What is offered to a peer that refused an OPEN for what stood in it (RFC 5492). */
import { type Capability, familiesOf } from './capabilities.ts';
import type { SessionError } from './errors.ts';
import { OPEN_ERROR, UNSUPPORTED_PARAMETER, unsupportedCapabilities } from './notification.ts';
import type { Open } from './open.ts';

const same = (a: Capability, b: Capability): boolean =>
  a.code === b.code && Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)) === 0;

/**
 * The next OPEN for a peer that answered `open` with this NOTIFICATION; null when the same one is as good as any.
 *
 * One that does not know capabilities is met without them (section 3), which leaves IPv4 unicast. Unsupported Capability
 * is meant to name what the sender demands and did not get (section 5), which nothing left out can mend; yet there are speakers that name
 * what they got and do not know: that is left out, but for the families, without which there would be no session to want.
 */
export function withoutRefused(open: Open, error: SessionError): Open | null {
  const { code, subcode } = error;
  const families = familiesOf(open.capabilities);
  if (code === OPEN_ERROR && subcode === UNSUPPORTED_PARAMETER) {
    const useful = open.capabilities.length > 0 && families.some(({ afi, safi }) => afi === 1 && safi === 1);
    return useful ? { ...open, capabilities: [] } : null;
  }
  const refused = unsupportedCapabilities(error);
  const kept = open.capabilities.filter(one => !refused.some(other => same(one, other)));
  return kept.length < open.capabilities.length && familiesOf(kept).length > 0 ? { ...open, capabilities: kept } : null;
}
