/**
 * The contents of MRT files as plain objects, one for each route, withdrawal, message or state change: for programs, where
 * the lines of bgpdump are for scripts. Nothing is left out: unknown records and attributes are shown in hex.
 */

import { flattenPath } from '../bgp/as-path.ts';
import type { AttributeSet } from '../bgp/attribute-set.ts';
import { formatCapability } from '../bgp/capabilities.ts';
import { formatExtendedCommunity } from '../bgp/communities.ts';
import type { AttributeError } from '../bgp/errors.ts';
import { isSessionError } from '../bgp/errors.ts';
import { messageName, NOTIFICATION, OPEN, UPDATE } from '../bgp/message.ts';
import { decodeNotification, formatNotification } from '../bgp/notification.ts';
import { decodeOpen } from '../bgp/open.ts';
import { emptyLayout, locateUpdate } from '../bgp/update.ts';
import { type Afi, formatAddress } from '../net/address.ts';
import { formatCommunity, formatLargeCommunity } from '../net/community.ts';
import { emptyPlaces, locateAttributes, MP_REACH_NLRI, MP_UNREACH_NLRI } from './attribute-places.ts';
import type { DumpedMessage, DumpedState, SessionEnds } from './bgp4mp.ts';
import { decodeDumped } from './dumped-attributes.ts';
import { type DumpedReach, emptyReach, readReach, readUnreach } from './dumped-reach.ts';
import { decodePeerIndex } from './peer-index.ts';
import {
  PEER_INDEX_TABLE,
  RIB_GENERIC,
  RIB_GENERIC_ADDPATH,
  TABLE_DUMP,
  TABLE_DUMP_V2,
  typeName,
} from './record-types.ts';
import { bodyOf, type MrtRecord } from './records.ts';
import { decodeGenericRib } from './rib.ts';
import type { DumpedRoute, MrtVisitor } from './walk.ts';

/** One element. `time` is milliseconds since the epoch, with microseconds as fraction where the record has them. */
export interface MrtElement {
  readonly what: string;
  readonly type: string;
  readonly time: number;
  readonly [name: string]: unknown;
}

const ORIGINS = ['IGP', 'EGP', 'incomplete'] as const;
const STATES = ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established', 'Clearing', 'Deleted'] as const;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const addressAt = (bytes: Uint8Array, at: number, afi: Afi) =>
  formatAddress({ afi, bytes: bytes.subarray(at, at + (afi === 1 ? 4 : 16)) });

const base = (record: MrtRecord, what: string) => ({
  what,
  type: typeName(record.type),
  time: record.seconds * 1000 + record.microseconds / 1000,
});

const endsOf = (bytes: Uint8Array, ends: SessionEnds) => ({
  peerAddress: addressAt(bytes, ends.peerAddress, ends.afi),
  peerAs: ends.peerAs,
  ...(ends.localAddress >= 0 && {
    localAddress: addressAt(bytes, ends.localAddress, ends.afi),
    localAs: ends.localAs,
  }),
});

/** The attributes by name; what is absent is left out. */
function attributesOf({ set, errors }: { set: AttributeSet; errors: readonly AttributeError[] }): object {
  const extended = Array.from({ length: set.extCommunities.length / 8 }, (_, i) =>
    formatExtendedCommunity(set.extCommunities.subarray(i * 8, i * 8 + 8)),
  );
  return {
    ...(set.present.has(2) && { path: flattenPath(set.path) }),
    ...(set.originCode !== null && { originCode: ORIGINS[set.originCode] }),
    ...(set.nextHop !== null && { nextHop: set.nextHop }),
    ...(set.med !== null && { med: set.med }),
    ...(set.localPref !== null && { localPref: set.localPref }),
    ...(set.atomicAggregate && { atomicAggregate: true }),
    ...(set.aggregator !== null && { aggregator: set.aggregator }),
    ...(set.communities.length > 0 && { communities: set.communities.map(formatCommunity) }),
    ...(set.largeCommunities.length > 0 && { largeCommunities: set.largeCommunities.map(formatLargeCommunity) }),
    ...(extended.length > 0 && { extendedCommunities: extended }),
    ...(set.originatorId !== null && { originatorId: set.originatorId }),
    ...(set.clusterList.length > 0 && { clusterList: set.clusterList }),
    ...(set.otc !== null && { onlyToCustomer: set.otc }),
    ...(set.unknown.length > 0 && {
      unknown: set.unknown.map(({ code, flags, bytes }) => ({ code, flags, hex: hex(bytes) })),
    }),
    ...(errors.length > 0 && {
      errors: errors.map(({ code, clause, what, action }) => ({ code, clause, what, action })),
    }),
  };
}

/** The next hop of MP_REACH_NLRI; families we do not know in hex. */
function hopOf(bytes: Uint8Array, { hop, hopOctets }: DumpedReach): object {
  if (hopOctets === 0) return {};
  if (hopOctets === 4) return { nextHop: addressAt(bytes, hop, 1) };
  if (hopOctets === 16 || hopOctets === 32)
    return { nextHop: addressAt(bytes, hop, 2), ...(hopOctets === 32 && { linkLocal: addressAt(bytes, hop + 16, 2) }) };
  return { nextHop: hex(bytes.subarray(hop, hop + hopOctets)) };
}

/** A prefix in the octets `start` to `end`; its identifier before it where the session has them; and what follows. */
interface FoundPrefix {
  readonly prefix: string;
  readonly pathId?: number;
  readonly next: number;
}

function prefixAt(bytes: Uint8Array, start: number, end: number, afi: Afi, addPath: boolean): FoundPrefix | null {
  const at = addPath ? start + 4 : start;
  const length = bytes[at]!;
  const next = at + 1 + ((length + 7) >> 3);
  if (at >= end || next > end || length > (afi === 1 ? 32 : 128)) return null;
  const octets = new Uint8Array(afi === 1 ? 4 : 16);
  octets.set(bytes.subarray(at + 1, next));
  const prefix = `${formatAddress({ afi, bytes: octets })}/${length}`;
  return addPath ? { prefix, pathId: Buffer.from(bytes.subarray(start, at)).readUInt32BE(), next } : { prefix, next };
}

/** A visitor that gives each element to `give`. */
export function elementsOf(give: (element: MrtElement) => void): MrtVisitor {
  const places = emptyPlaces();
  const layout = emptyLayout();
  const reach = emptyReach();
  const unreach = emptyReach();

  /** An element for each prefix; what cannot be read of the field is one element of its octets. */
  function prefixes(
    head: MrtElement,
    bytes: Uint8Array,
    { afi, safi, nlriStart, nlriEnd }: Omit<DumpedReach, 'hop' | 'hopOctets'>,
    addPath: boolean,
    tail: object,
  ): void {
    if ((afi !== 1 && afi !== 2) || (safi !== 1 && safi !== 2)) {
      const nlri = hex(bytes.subarray(nlriStart, nlriEnd));
      if (nlri !== '') give({ ...head, family: `${afi}/${safi}`, nlri, ...tail });
      return;
    }
    for (let at = nlriStart; at < nlriEnd; ) {
      const found = prefixAt(bytes, at, nlriEnd, afi, addPath);
      if (found === null) {
        give({ ...head, unreadable: hex(bytes.subarray(at, nlriEnd)), ...tail });
        return;
      }
      const { next, ...prefix } = found;
      give({ ...head, ...(safi === 2 && { multicast: true }), ...prefix, ...tail });
      at = next;
    }
  }

  function update(record: MrtRecord, message: DumpedMessage, ends: object): void {
    const { bytes } = record;
    const wrong = locateUpdate(bytes, message.start, message.end, layout);
    if (wrong !== null) {
      const body = hex(bytes.subarray(message.start, message.end));
      give({ ...base(record, 'update'), ...ends, error: wrong.what ?? '', hex: body });
      return;
    }
    const { attributesStart, attributesEnd } = layout;
    locateAttributes(bytes, attributesStart, attributesEnd, places);
    readReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
    readUnreach(bytes, places.starts[MP_UNREACH_NLRI]!, places.ends[MP_UNREACH_NLRI]!, unreach);
    const withdraw = { ...base(record, 'withdraw'), ...ends };
    const announce = { ...base(record, 'announce'), ...ends };
    const field = (nlriStart: number, nlriEnd: number) => ({ afi: 1, safi: 1, nlriStart, nlriEnd });
    const withdrawn = field(layout.withdrawnStart, layout.withdrawnEnd);
    prefixes(withdraw, bytes, withdrawn, message.addPath, {});
    if (unreach.afi !== 0) prefixes(withdraw, bytes, unreach, message.addPath, {});
    if (layout.nlriEnd === layout.nlriStart && reach.afi === 0) return;
    const attributes = attributesOf(decodeDumped(bytes, attributesStart, attributesEnd, message.as4));
    const nlri = field(layout.nlriStart, layout.nlriEnd);
    prefixes(announce, bytes, nlri, message.addPath, attributes);
    if (reach.afi !== 0) prefixes(announce, bytes, reach, message.addPath, { ...attributes, ...hopOf(bytes, reach) });
  }

  return {
    route(record, route) {
      const { bytes } = record;
      locateAttributes(bytes, route.attributesStart, route.attributesEnd, places);
      readReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
      const decoded = decodeDumped(bytes, route.attributesStart, route.attributesEnd, route.as4);
      give({
        ...base(record, 'route'),
        peerAddress: addressAt(route.peerBytes, route.peerAddress, route.peerAfi),
        peerAs: route.peerAs,
        ...(route.safi === 2 && { multicast: true }),
        prefix: prefixOf(record, route),
        ...(route.addPath && { pathId: route.pathId }),
        originated: route.originated * 1000,
        ...attributesOf(decoded),
        ...(reach.afi !== 0 && hopOf(bytes, reach)),
      });
    },

    message(record, message) {
      const { bytes } = record;
      const { start, end, type } = message;
      const ends = { ...endsOf(bytes, message), ...(message.local && { sent: true }) };
      if (type === UPDATE) {
        update(record, message, ends);
        return;
      }
      const head = { ...base(record, messageName(type).toLowerCase()), ...ends };
      if (type === OPEN) {
        const open = decodeOpen(bytes, start, end);
        if (isSessionError(open)) give({ ...head, error: open.what ?? '', hex: hex(bytes.subarray(start, end)) });
        else give({ ...head, ...open, capabilities: open.capabilities.map(formatCapability) });
      } else if (type === NOTIFICATION) {
        const error = decodeNotification(bytes, start, end);
        give({ ...head, code: error.code, subcode: error.subcode, text: formatNotification(error) });
      } else give(end > start ? { ...head, hex: hex(bytes.subarray(start, end)) } : head);
    },

    state(record, state: DumpedState) {
      const name = (number: number) => STATES[number - 1] ?? number;
      const ends = endsOf(record.bytes, state);
      give({ ...base(record, 'state'), ...ends, from: name(state.from), to: name(state.to) });
    },

    other(record) {
      const { bytes, start, end, type, subtype } = record;
      if (type === TABLE_DUMP_V2 && subtype === PEER_INDEX_TABLE) {
        const table = decodePeerIndex(bodyOf(record));
        if (typeof table === 'string') return;
        const peers = table.peers.map(({ id, address, as }) => ({
          id: id.join('.'),
          address: formatAddress(address),
          as,
        }));
        give({ ...base(record, 'peers'), collector: table.collector.join('.'), view: table.view, peers });
      } else if (type === TABLE_DUMP_V2 && (subtype === RIB_GENERIC || subtype === RIB_GENERIC_ADDPATH)) {
        const rib = decodeGenericRib(bodyOf(record), subtype);
        if (typeof rib === 'string') return;
        give({ ...base(record, 'rib'), family: `${rib.afi}/${rib.safi}`, addPath: rib.addPath, hex: hex(rib.octets) });
      } else give({ ...base(record, 'record'), subtype, hex: hex(bytes.subarray(start, end)) });
    },
  };
}

function prefixOf(record: MrtRecord, route: DumpedRoute): string {
  const octets = new Uint8Array(route.afi === 1 ? 4 : 16);
  const used = record.type === TABLE_DUMP ? octets.length : (route.prefixLength + 7) >> 3;
  octets.set(record.bytes.subarray(route.prefix, route.prefix + used));
  return `${formatAddress({ afi: route.afi, bytes: octets })}/${route.prefixLength}`;
}
