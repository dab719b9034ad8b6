import { MP_REACH_NLRI, MP_UNREACH_NLRI } from './attribute-places.ts';
import { emptyReach, readReach } from './dumped-reach.ts';
import type { DumpedRoute } from './walk.ts';

const OPTIONAL = 0x80;
const EXTENDED_LENGTH = 0x10;
const UNICAST = 1;
/** Octets that are written besides the attributes: both length fields, MP_REACH_NLRI with a next hop and one prefix. */
const MOST_BESIDE = 96;

/**
 * Writes routes of tables as the bodies of UPDATEs (RFC 4271 section 4.3) that announce them, attributes and path identifier
 * as they were recorded: IPv4 in the NLRI field, IPv6 in an MP_REACH_NLRI before the other attributes (RFC 4760 section 3). An
 * IPv6 route without a next hop that can be read has one of zeros. Nothing is made for a route.
 */
export function routeUpdateWriter() {
  let out = new Uint8Array(1 << 16);
  const reach = emptyReach();
  return {
    /** What `write` has written, from its beginning on; another array when a route needed more room. */
    out: () => out,
    /** Writes the body; returns where it ends. The route is of unicast. */
    write(bytes: Uint8Array, route: DumpedRoute): number {
      const { attributesStart: start, attributesEnd: end, prefixLength, addPath, afi } = route;
      if (end - start + MOST_BESIDE > out.length) out = new Uint8Array(2 * (end - start + MOST_BESIDE));
      const nlri = (addPath ? 4 : 0) + 1 + ((prefixLength + 7) >> 3);
      let at = 4; // no withdrawn routes; the length of the attributes comes when it is known
      if (afi === 2) at += 3 + 5 + 16 + nlri; // where the others begin when the next hop is one address
      const first = at;
      reach.afi = 0;
      for (let from = start; from < end; ) {
        const extended = (bytes[from]! & EXTENDED_LENGTH) !== 0;
        const value = from + (extended ? 4 : 3);
        const length = value > end ? end : extended ? (bytes[from + 2]! << 8) | bytes[from + 3]! : bytes[from + 2]!;
        const next = Math.min(end, value + length);
        const code = bytes[from + 1];
        if (value > end || (code !== MP_REACH_NLRI && code !== MP_UNREACH_NLRI))
          while (from < next) out[at++] = bytes[from++]!;
        else if (code === MP_REACH_NLRI) readReach(bytes, value, next, reach);
        from = next;
      }
      if (afi === 2) {
        const both = reach.afi !== 0 && reach.hopOctets === 32;
        if (both) {
          out.copyWithin(first + 16, first, at);
          at += 16;
        }
        const hop = both ? 32 : 16;
        out[4] = OPTIONAL;
        out[5] = MP_REACH_NLRI;
        out[6] = 5 + hop + nlri;
        out[7] = 0;
        out[8] = afi;
        out[9] = UNICAST;
        out[10] = hop;
        const known = reach.afi !== 0 && (reach.hopOctets === 16 || both);
        for (let i = 0; i < hop; i++) out[11 + i] = known ? bytes[reach.hop + i]! : 0;
        out[11 + hop] = 0;
        writeNlri(out, 12 + hop, bytes, route);
      }
      out[0] = 0;
      out[1] = 0;
      out[2] = (at - 4) >> 8;
      out[3] = (at - 4) & 0xff;
      return afi === 1 ? writeNlri(out, at, bytes, route) : at;
    },
  };
}

/** The prefix with its path identifier (RFC 7911 section 3); returns where it ends. */
function writeNlri(
  out: Uint8Array,
  at: number,
  bytes: Uint8Array,
  { addPath, pathId, prefix, prefixLength }: DumpedRoute,
): number {
  let next = at;
  if (addPath) for (let shift = 24; shift >= 0; shift -= 8) out[next++] = (pathId >>> shift) & 0xff;
  out[next++] = prefixLength;
  for (let i = 0; i < (prefixLength + 7) >> 3; i++) out[next++] = bytes[prefix + i]!;
  return next;
}
