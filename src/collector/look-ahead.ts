/**
 * What the route path will ask of memory, asked before. A route needs places that are in no cache, each found by the one before:
 * the prefix in its table, the peer's column, the set that stood there; met one after the other they are most of the time that
 * a route takes. Here the first places of some hundred routes are read with nothing between, then the second ones, then the
 * third: the processor waits for many of them at once, and has them in its cache when it comes to the messages.
 *
 * It is a hint and no more: nothing is changed, what is malformed is stepped over, and where a prefix or a set is not in the
 * first slot that it could be in, the place of another is read in vain.
 */
import { HEADER_LENGTH, UPDATE } from '../bgp/message.ts';
import { emptyLayout, locateUpdate } from '../bgp/update.ts';
import { leadingBits } from '../net/leading-bits.ts';
import type { Rib } from '../rib/adj-rib-in.ts';
import { findMultiprotocol, newAttributeScan, reachOf } from '../rib/attribute-scan.ts';
import { CONTEXT_AS4, CONTEXT_EBGP } from '../rib/attribute-store.ts';
import type { IngestPeer } from './ingest-peer.ts';

/** Routes of a family, or sets, that are looked ahead at in one go; the rest comes to the route path as it is. */
const MOST = 4096;

/** Indices into a column, each replaced by what stands there. */
interface Places {
  readonly at: Int32Array;
  count: number;
}

const newPlaces = (): Places => ({ at: new Int32Array(MOST), count: 0 });

function put(places: Places, place: number): void {
  if (places.count < MOST) places.at[places.count++] = place;
}

/** Replaces each index by what stands there in `column`; by 0 where nothing does. */
function follow({ at, count }: Places, column: Int32Array): void {
  const { length } = column;
  for (let i = 0; i < count; i++) {
    const place = at[i]!;
    at[i] = place >>> 0 < length ? column[place]! : 0;
  }
}

/**
 * Looks ahead at the messages of a peer that begin in `bytes[start..end)` and are whole in `bytes`; a message with its header
 * begins at `start`. The answer says nothing (AttributeStore.touch).
 */
export type LookAhead = (peer: IngestPeer, bytes: Uint8Array, start: number, end: number) => number;

export function createLookAhead({ ids4, ids6, attributes }: Rib): LookAhead {
  const routes4 = newPlaces();
  const routes6 = newPlaces();
  const sets = newPlaces();
  const layout = emptyLayout();
  const found = newAttributeScan();

  function nlri4(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; ) {
      const length = bytes[at]!;
      const next = at + 1 + ((length + 7) >> 3);
      if (length > 32 || next > end) return;
      put(routes4, ids4.slotOf(leadingBits(bytes, at + 1, length), length));
      at = next;
    }
  }

  function nlri6(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; ) {
      const length = bytes[at++]!;
      const octets = (length + 7) >> 3;
      if (length > 128 || octets > end - at) return;
      const w0 = leadingBits(bytes, at, length);
      const w1 = leadingBits(bytes, at + 4, length - 32);
      const w2 = leadingBits(bytes, at + 8, length - 64);
      const w3 = leadingBits(bytes, at + 12, length - 96);
      put(routes6, ids6.slotOf(w0, w1, w2, w3, length));
      at += octets;
    }
  }

  function message(bytes: Uint8Array, view: DataView, start: number, end: number, context: number): void {
    if (locateUpdate(bytes, start, end, layout) !== null) return;
    const { withdrawnStart, withdrawnEnd, attributesStart, attributesEnd, nlriStart } = layout;
    nlri4(bytes, withdrawnStart, withdrawnEnd);
    nlri4(bytes, nlriStart, end);
    if (attributesStart === attributesEnd || !findMultiprotocol(bytes, attributesStart, attributesEnd, found)) return;
    const { reachStart, unreachStart, unreachValue, unreachEnd } = found;
    if (unreachStart >= 0 && bytes[unreachValue + 1] === 2) nlri6(bytes, unreachValue + 3, unreachEnd);
    if (reachStart >= 0) {
      const reach = reachOf(bytes, found);
      if (reach?.afi === 2) nlri6(bytes, reach.nlri, found.reachEnd);
    } else if (unreachStart < 0 && nlriStart < end)
      put(sets, attributes.slotOf(attributes.hash(view, attributesStart, attributesEnd, context)));
  }

  return (peer, bytes, start, end) => {
    // Routes with path identifiers are elsewhere.
    if (peer.table.paths4 !== null || peer.table.paths6 !== null) return 0;
    routes4.count = 0;
    routes6.count = 0;
    sets.count = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const context = (peer.as4 ? CONTEXT_AS4 : 0) | (peer.ebgp ? CONTEXT_EBGP : 0);
    for (let at = start; at < end && at + HEADER_LENGTH <= bytes.length; ) {
      const next = at + ((bytes[at + 16]! << 8) | bytes[at + 17]!);
      if (next < at + HEADER_LENGTH || next > bytes.length) break;
      if (bytes[at + 18] === UPDATE) message(bytes, view, at + HEADER_LENGTH, next, context);
      at = next;
    }
    ids4.followSlots(routes4.at, routes4.count);
    ids6.followSlots(routes6.at, routes6.count);
    attributes.followSlots(sets.at, sets.count);
    follow(routes4, peer.table.ipv4);
    follow(routes6, peer.table.ipv6);
    return (
      attributes.touch(sets.at, sets.count) ^
      attributes.touch(routes4.at, routes4.count) ^
      attributes.touch(routes6.at, routes6.count)
    );
  };
}
