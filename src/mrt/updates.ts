/**
 * What an archive holds as UPDATE messages that a session of today takes: 4-octet AS numbers, no path identifiers. AS paths
 * and all other attributes stay as they were recorded; messages that fit already are passed octet for octet.
 */
import { encodeMessage, HEADER_LENGTH, MAX_LENGTH, UPDATE } from '../bgp/message.ts';
import { emptyLayout, locateUpdate } from '../bgp/update.ts';
import { emptyPlaces, locateAttributes, MP_REACH_NLRI, MP_UNREACH_NLRI, NEXT_HOP } from './attribute-places.ts';
import type { DumpedMessage, SessionEnds } from './bgp4mp.ts';
import { withoutMultiprotocol } from './dumped-attributes.ts';
import { type DumpedReach, emptyReach, hasNextHop, readReach, readUnreach } from './dumped-reach.ts';
import { TABLE_DUMP } from './record-types.ts';
import type { MrtRecord } from './records.ts';
import type { DumpedRoute, MrtVisitor } from './walk.ts';
import { encodeAttribute, widenAttributes } from './wide-attributes.ts';

/** An UPDATE of the archive. */
export interface ArchivedUpdate {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly peerAs: number;
  readonly peerAfi: 1 | 2;
  /** Valid until the call returns. */
  readonly peerAddress: Uint8Array;
  /** IPv6 routes are among those announced or withdrawn. */
  readonly ipv6: boolean;
  /** The whole message. */
  readonly message: Uint8Array;
}

/** Gets the updates, and in words why one was left out. */
export interface UpdateEvents {
  update(update: ArchivedUpdate): void;
  leftOut(reason: string): void;
}

const UNICAST = 1;
const OPTIONAL = 0x80;
const TRANSITIVE = 0x40;
const u16 = (value: number) => [value >> 8, value & 0xff];

/** A visitor that makes UPDATE messages of routes and messages. */
export function updatesOf({ update, leftOut }: UpdateEvents): MrtVisitor {
  const places = emptyPlaces();
  const layout = emptyLayout();
  const reach = emptyReach();
  const unreach = emptyReach();

  function give(record: MrtRecord, peer: Omit<ArchivedUpdate, 'time' | 'message'>, body: Uint8Array): void {
    const octets = HEADER_LENGTH + body.length;
    if (octets > MAX_LENGTH) leftOut(`longer than ${MAX_LENGTH} octets`);
    else
      update({
        ...peer,
        time: record.seconds * 1000 + record.microseconds / 1000,
        message: encodeMessage(UPDATE, body),
      });
  }

  const peerOf = (bytes: Uint8Array, { afi, peerAs, peerAddress }: SessionEnds, ipv6: boolean) => ({
    peerAs,
    ipv6,
    peerAfi: afi,
    peerAddress: bytes.subarray(peerAddress, peerAddress + (afi === 1 ? 4 : 16)),
  });

  /** True for the families that we open sessions for. */
  const isSpoken = ({ afi, safi }: DumpedReach) => afi === 0 || (safi === UNICAST && (afi === 1 || afi === 2));

  /** The message anew: AS numbers widened, path identifiers taken away. Null when a field of prefixes is damaged. */
  function rebuilt(bytes: Uint8Array, { as4, addPath }: DumpedMessage): Uint8Array | null {
    const plain = (start: number, end: number) =>
      addPath ? withoutPathIds(bytes, start, end) : bytes.subarray(start, end);
    const withdrawn = plain(layout.withdrawnStart, layout.withdrawnEnd);
    const routes = plain(layout.nlriStart, layout.nlriEnd);
    const rest = withoutMultiprotocol(bytes, layout.attributesStart, layout.attributesEnd);
    const parts = [as4 ? rest : widenAttributes(rest, 0, rest.length)];
    if (reach.afi !== 0) {
      const nlri = plain(reach.nlriStart, reach.nlriEnd);
      if (nlri === null) return null;
      parts.unshift(wholeReach(reach, bytes, nlri));
    }
    if (unreach.afi !== 0) {
      const nlri = plain(unreach.nlriStart, unreach.nlriEnd);
      if (nlri === null) return null;
      const value = Buffer.concat([Uint8Array.of(0, unreach.afi, unreach.safi), nlri]);
      parts.unshift(encodeAttribute(OPTIONAL, MP_UNREACH_NLRI, value));
    }
    return withdrawn === null || routes === null ? null : updateBody(withdrawn, Buffer.concat(parts), routes);
  }

  return {
    state() {},
    other() {},

    message(record, message) {
      const { bytes } = record;
      const { start, end } = message;
      if (message.type !== UPDATE || message.local) return;
      if (message.missing > 0) return leftOut('cut short in the archive');
      if (locateUpdate(bytes, start, end, layout) !== null) {
        // It can be sent all the same, and its receiver shall see what the archive's writer saw.
        if (message.as4 && !message.addPath) give(record, peerOf(bytes, message, false), bytes.subarray(start, end));
        else leftOut('lengths do not fit the message');
        return;
      }
      locateAttributes(bytes, layout.attributesStart, layout.attributesEnd, places);
      readReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
      readUnreach(bytes, places.starts[MP_UNREACH_NLRI]!, places.ends[MP_UNREACH_NLRI]!, unreach);
      if (!isSpoken(reach) || !isSpoken(unreach)) return leftOut('of a family other than IPv4 and IPv6 unicast');
      const body = message.as4 && !message.addPath ? bytes.subarray(start, end) : rebuilt(bytes, message);
      if (body === null) leftOut('prefixes that cannot be read');
      else give(record, peerOf(bytes, message, reach.afi === 2 || unreach.afi === 2), body);
    },

    route(record, route) {
      const { bytes } = record;
      if (route.safi !== UNICAST) return leftOut('of a family other than IPv4 and IPv6 unicast');
      locateAttributes(bytes, route.attributesStart, route.attributesEnd, places);
      readReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
      const body = routeBody(bytes, route, record.type === TABLE_DUMP, reach, places.starts[NEXT_HOP]! >= 0);
      if (body === null) return leftOut('without a next hop of its family');
      const peerAddress = route.peerBytes.subarray(
        route.peerAddress,
        route.peerAddress + (route.peerAfi === 1 ? 4 : 16),
      );
      give(record, { peerAs: route.peerAs, peerAfi: route.peerAfi, peerAddress, ipv6: route.afi === 2 }, body);
    },
  };
}

/** The body of an UPDATE that announces a route of a table; null when it has no next hop that fits. */
function routeBody(
  bytes: Uint8Array,
  route: DumpedRoute,
  old: boolean,
  reach: DumpedReach,
  hasHop: boolean,
): Uint8Array | null {
  const used = (route.prefixLength + 7) >> 3;
  const nlri = Uint8Array.of(route.prefixLength, ...bytes.subarray(route.prefix, route.prefix + used));
  const rest = withoutMultiprotocol(bytes, route.attributesStart, route.attributesEnd);
  const attributes = route.as4 ? rest : widenAttributes(rest, 0, rest.length);
  const hop = reach.afi !== 0 && hasNextHop(reach) ? reach.hopOctets : 0;
  if (route.afi === 2) {
    if (hop < 16) return null;
    const family = { ...reach, afi: 2, safi: UNICAST };
    return updateBody(
      new Uint8Array(0),
      Buffer.concat([wholeReach(family, bytes, nlri), attributes]),
      new Uint8Array(0),
    );
  }
  if (hasHop) return updateBody(new Uint8Array(0), attributes, nlri);
  if (hop !== 4 || old) return null;
  const nextHop = encodeAttribute(TRANSITIVE, NEXT_HOP, bytes.subarray(reach.hop, reach.hop + 4));
  return updateBody(new Uint8Array(0), Buffer.concat([nextHop, attributes]), nlri);
}

/** MP_REACH_NLRI whole (RFC 4760 section 3), with the next hop that stands in `bytes`. */
function wholeReach({ afi, safi, hop, hopOctets }: DumpedReach, bytes: Uint8Array, nlri: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0, afi, safi, hopOctets, ...bytes.subarray(hop, hop + hopOctets), 0);
  return encodeAttribute(OPTIONAL, MP_REACH_NLRI, Buffer.concat([head, nlri]));
}

function updateBody(withdrawn: Uint8Array, attributes: Uint8Array, nlri: Uint8Array): Uint8Array {
  const lengths = [u16(withdrawn.length), u16(attributes.length)].map(field => Uint8Array.from(field));
  return Buffer.concat([lengths[0]!, withdrawn, lengths[1]!, attributes, nlri]);
}

/** A field of prefixes without their identifiers (RFC 7911 section 3); null when it is damaged. */
function withoutPathIds(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
  const kept: Uint8Array[] = [];
  for (let at = start; at < end; ) {
    const next = at + 5 + ((bytes[at + 4]! + 7) >> 3);
    if (at + 5 > end || next > end) return null;
    kept.push(bytes.subarray(at + 4, next));
    at = next;
  }
  return Buffer.concat(kept);
}
