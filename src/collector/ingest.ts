/**
 * The route path (DESIGN section 4): one UPDATE, in place in the socket's buffer, into the Adj-RIB-In and past the
 * verdict. Attributes are not parsed but hashed and interned; only a set never seen is looked at; a prefix costs a probe
 * of the prefix table, a store into the peer's column and a look at the verdict memo. Nothing here allocates per route.
 */
import { originOf } from '../bgp/as-path.ts';
import { decodeAttributes, missingMandatory } from '../bgp/attributes.ts';
import type { SessionError } from '../bgp/errors.ts';
import { type Family, includesFamily, UNICAST } from '../bgp/family.ts';
import { nextHopFault, uselessNextHop } from '../bgp/next-hop.ts';
import { type DecodedUpdate, decodeUpdate, emptyLayout, locateUpdate } from '../bgp/update.ts';
import { leadingBits } from '../net/leading-bits.ts';
import { columnOf, extendColumn, pathsOf, type Rib, staleOf } from '../rib/adj-rib-in.ts';
import {
  copyOctets,
  copyOthers,
  findMultiprotocol,
  newAttributeScan,
  reachOf,
  scanOrigin,
} from '../rib/attribute-scan.ts';
import { CONTEXT_AS4, CONTEXT_EBGP, CONTEXT_MP, ORIGIN_NONE } from '../rib/attribute-store.ts';
import { placeOf } from './contradictions.ts';
import { createPathIngest } from './ingest-paths.ts';
import type { IngestEvents, IngestPeer } from './ingest-peer.ts';
import type { Judges } from './judging.ts';
import { createLookAhead } from './look-ahead.ts';
import { createNlriIds, hasPathIds } from './nlri-ids.ts';
import { createSlowRoad } from './slow-road.ts';
import { createWitnesses } from './witness.ts';

/** The route path into `rib`, past what judges it (judging.ts). */
export function createIngest(rib: Rib, { memo, book, paths }: Judges, events: IngestEvents) {
  const { ids4, ids6, attributes } = rib;
  const found = newAttributeScan();
  // A Buffer as what sockets give, so that all octets the loops see are of one kind to the compiler.
  const scratch = Buffer.alloc(65536);
  const scratchView = new DataView(scratch.buffer, scratch.byteOffset, scratch.byteLength);
  const layout = emptyLayout();
  const witnesses = createWitnesses(rib, memo, book, paths);
  const nlriIds = createNlriIds(rib);
  const withPaths = createPathIngest(
    rib,
    memo,
    witnesses,
    nlriIds,
    peer => events.passedOver(peer, 'excessPaths', ++peer.counts.excessPaths),
    () => {
      faulty = true;
    },
  );
  let viewed: Uint8Array | null = null;
  let view: DataView = scratchView;
  /** The message at hand has a fault that does not end the session. */
  let faulty = false;
  /** The message at hand has routes of another family than IPv4 and IPv6 unicast. */
  let elsewhere = false;
  const slowRoad = createSlowRoad(attributes, events);

  /**
   * Id of the set of attributes in `bytes[start..end)`, its last `hop` octets the next hop of MP_REACH_NLRI; or 0 when
   * the set is not acceptable and the whole message must be read (`odd`).
   */
  function intern(
    peer: IngestPeer,
    bytes: Uint8Array,
    data: DataView,
    start: number,
    end: number,
    hop: number,
  ): number {
    const context = (peer.as4 ? CONTEXT_AS4 : 0) | (peer.ebgp ? CONTEXT_EBGP : 0) | (hop > 0 ? CONTEXT_MP : 0);
    const hash = attributes.hash(data, start, end, context);
    const known = attributes.find(hash, data, start, end, context, hop);
    if (known !== 0) return known;
    let origin = peer.as4 ? scanOrigin(bytes, start, end - hop, peer.ebgp, hop > 0) : -1;
    if (origin < 0) {
      const { action, set } = decodeAttributes(bytes, start, end - hop, peer);
      if (action !== 'accept' && action !== 'attribute-discard') return 0;
      const needsNextHop = hop === 0 && !peer.anyNextHop;
      if (missingMandatory(set, needsNextHop, start).length > 0) return 0;
      if (needsNextHop && uselessNextHop(set).length > 0) return 0;
      if (action === 'attribute-discard') {
        peer.counts.attributeDiscard++;
        faulty = true;
      }
      const as = originOf(set.path);
      origin = as === 'empty' ? (peer.ebgp ? ORIGIN_NONE : peer.localAs) : (as ?? ORIGIN_NONE);
    }
    return attributes.add(hash, data, start, end, context, hop, origin);
  }

  /** Judges a route just held, and tells the book of cases when something is wrong with it, or was with what stood there. */
  function look(peer: IngestPeer, afi: 1 | 2, id: number, origin: number, attribute: number): void {
    const finding = witnesses.find(afi, id, origin, attribute, peer.number);
    if (finding !== null) book.hold(placeOf(afi, id), peer.number, origin >>> 0, finding, attribute, 'update');
    else if (memo.marked(afi, id)) book.leave(placeOf(afi, id), peer.number, 'replaced');
  }

  function unhold(peer: IngestPeer, afi: 1 | 2, column: Int32Array, id: number): void {
    if (id >= column.length || column[id] === 0) return;
    const before = column[id]!;
    column[id] = 0;
    if (afi === 1) peer.table.count4--;
    else peer.table.count6--;
    attributes.release(before);
    if (memo.marked(afi, id)) book.leave(placeOf(afi, id), peer.number, 'withdraw');
  }

  /** IPv4 NLRI (RFC 4271 section 4.3): `attribute` 0 withdraws. False when a prefix is malformed. */
  function nlri4(peer: IngestPeer, bytes: Uint8Array, start: number, end: number, attribute: number): boolean {
    const origin = attribute === 0 ? 0 : attributes.originWord(attribute);
    const judged = memo.snapshot !== null;
    const { table } = peer;
    let column = table.ipv4;
    let gained = 0;
    let fresh = 0;
    let at = start;
    let good = true;
    while (at < end) {
      const length = bytes[at]!;
      const next = at + 1 + ((length + 7) >> 3);
      if (length > 32 || next > end) {
        good = false;
        break;
      }
      const address = leadingBits(bytes, at + 1, length);
      at = next;
      if (attribute === 0) {
        const id = ids4.find(address, length);
        if (id >= 0) unhold(peer, 1, column, id);
        continue;
      }
      // A multicast group has no business here: it is ignored (RFC 4271 section 6.3).
      if (address >>> 28 === 14 && length >= 4) {
        faulty = true;
        continue;
      }
      const id = ids4.intern(address, length);
      if (id >= column.length) column = extendColumn(rib, table, 1);
      const before = column[id]!;
      // The verdict goes by prefix and origin: with the same origin it is the same, and was told if it was to be.
      if (judged && (before === 0 || attributes.originWord(before) !== origin || memo.marked(1, id)))
        look(peer, 1, id, origin, attribute);
      if (before === attribute) continue;
      column[id] = attribute;
      gained++;
      if (before === 0) fresh++;
      else attributes.release(before);
    }
    table.count4 += fresh;
    if (gained > 0) attributes.retain(attribute, gained);
    return good;
  }

  /** IPv6 NLRI (RFC 4760 section 5). */
  function nlri6(peer: IngestPeer, bytes: Uint8Array, start: number, end: number, attribute: number): boolean {
    const origin = attribute === 0 ? 0 : attributes.originWord(attribute);
    const judged = memo.snapshot !== null;
    const { table } = peer;
    let column = table.ipv6;
    let gained = 0;
    let fresh = 0;
    let at = start;
    let good = true;
    while (at < end) {
      const length = bytes[at++]!;
      const octets = (length + 7) >> 3;
      if (length > 128 || octets > end - at) {
        good = false;
        break;
      }
      const w0 = leadingBits(bytes, at, length);
      const w1 = leadingBits(bytes, at + 4, length - 32);
      const w2 = leadingBits(bytes, at + 8, length - 64);
      const w3 = leadingBits(bytes, at + 12, length - 96);
      at += octets;
      if (attribute === 0) {
        const id = ids6.find(w0, w1, w2, w3, length);
        if (id >= 0) unhold(peer, 2, column, id);
        continue;
      }
      if (w0 >>> 24 === 0xff && length >= 8) {
        faulty = true;
        continue;
      }
      const id = ids6.intern(w0, w1, w2, w3, length);
      if (id >= column.length) column = extendColumn(rib, table, 2);
      const before = column[id]!;
      // The verdict goes by prefix and origin: with the same origin it is the same, and was told if it was to be.
      if (judged && (before === 0 || attributes.originWord(before) !== origin || memo.marked(2, id)))
        look(peer, 2, id, origin, attribute);
      if (before === attribute) continue;
      column[id] = attribute;
      gained++;
      if (before === 0) fresh++;
      else attributes.release(before);
    }
    table.count6 += fresh;
    if (gained > 0) attributes.retain(attribute, gained);
    return good;
  }

  /** NLRI in the form that was agreed on: `attribute` 0 withdraws. False when one is malformed. */
  function nlri(
    peer: IngestPeer,
    afi: 1 | 2,
    bytes: Uint8Array,
    start: number,
    end: number,
    attribute: number,
  ): boolean {
    if (pathsOf(peer.table, afi) !== null) return withPaths.nlri(peer, afi, bytes, start, end, attribute);
    // Two default routes at once are none: path identifiers are small numbers, and begin with octets of zero.
    if (bytes[start] === 0 && bytes[start + 1] === 0 && end - start > 4 && hasPathIds(bytes, afi, start, end)) {
      events.passedOver(peer, 'unagreedPathIds', ++peer.counts.unagreedPathIds);
      return true;
    }
    const good = (afi === 1 ? nlri4 : nlri6)(peer, bytes, start, end, attribute);
    const stale = staleOf(peer.table, afi);
    if (stale === null || attribute === 0) return good;
    // What was stale was no witness: it is judged again, though it may be the same route.
    const origin = attributes.originOf(attribute);
    nlriIds.freshen(stale, afi, bytes, start, end, id => look(peer, afi, id, origin, attribute));
    return good;
  }

  /** Announces with an interned set, and frees the set again when no route came to hold it. */
  function announce(
    peer: IngestPeer,
    afi: 1 | 2,
    bytes: Uint8Array,
    start: number,
    end: number,
    attribute: number,
  ): boolean {
    const good = nlri(peer, afi, bytes, start, end, attribute);
    attributes.settle(attribute);
    return good;
  }

  const familyOf = (peer: IngestPeer, afi: number, safi: number): 1 | 2 | 0 =>
    safi === 1 && afi === 1 && peer.ipv4 ? 1 : safi === 1 && afi === 2 && peer.ipv6 ? 2 : 0;

  /** Counts what was done about a message that was read whole. */
  function note({ counts }: IngestPeer, { action, errors }: DecodedUpdate): void {
    faulty ||= errors.length > 0;
    if (action === 'treat-as-withdraw' || action === 'ignore-route') counts.treatAsWithdraw++;
    else if (action === 'attribute-discard') counts.attributeDiscard++;
  }

  /**
   * A message whose attributes are not acceptable: read whole by the codec, which decides (RFC 7606). What is left to do
   * here is to withdraw what it names; what may still be announced of it went the ordinary way.
   */
  function odd(peer: IngestPeer, bytes: Uint8Array, start: number, end: number): SessionError | null {
    const read = decodeUpdate(bytes, start, end, peer);
    note(peer, read);
    if (read.notification) return read.notification;
    slowRoad(peer, bytes, read);
    elsewhere = false;
    for (const prefix of read.withdrawn) {
      const id = nlriIds.of(prefix);
      if (id < 0) continue;
      if (prefix.pathId === null) unhold(peer, prefix.afi, columnOf(peer.table, prefix.afi), id);
      else withPaths.take(peer, prefix.afi, id, prefix.pathId);
    }
    return null;
  }

  /** Routes that are not held on this road. True when they are on the slow one. */
  function ignore({ otherRoutes, counts }: IngestPeer, family: Family): boolean {
    const taken = otherRoutes?.takes(family) === true;
    if (taken) elsewhere = true;
    else counts.ignored++;
    return taken;
  }

  /**
   * Takes one UPDATE: `bytes[start..end)` is the message behind its header. Returns null, or the error that ends the session
   * (RFC 4271 section 6.3, RFC 7606). Routes before the fault may already be held; the session's end drops them.
   */
  function update(peer: IngestPeer, bytes: Uint8Array, start: number, end: number): SessionError | null {
    faulty = false;
    elsewhere = false;
    let wrong = take(peer, bytes, start, end);
    if (elsewhere && wrong === null) {
      const read = decodeUpdate(bytes, start, end, peer);
      wrong = read.notification;
      slowRoad(peer, bytes, read);
      note(peer, read);
    }
    if (faulty || wrong !== null) events.malformed(peer, bytes.subarray(start, end));
    return wrong;
  }

  function take(peer: IngestPeer, bytes: Uint8Array, start: number, end: number): SessionError | null {
    const unlocated = locateUpdate(bytes, start, end, layout);
    if (unlocated) return unlocated;
    const { withdrawnStart, withdrawnEnd, attributesStart: first, attributesEnd: nlriStart } = layout;
    if (first === nlriStart) {
      if (nlriStart < end) return odd(peer, bytes, start, end);
      if (withdrawnStart === withdrawnEnd) {
        if (peer.ipv4) events.endOfRib(peer, 1);
        return null;
      }
      return withdraw4(peer, bytes, start, end);
    }
    if (viewed !== bytes) {
      viewed = bytes;
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    if (!findMultiprotocol(bytes, first, nlriStart, found)) return odd(peer, bytes, start, end);
    if (withdrawnStart < withdrawnEnd) {
      const wrong = withdraw4(peer, bytes, start, end);
      if (wrong) return wrong;
    }
    const multiprotocol = found.reachStart >= 0 || found.unreachStart >= 0;
    const size = multiprotocol ? copyOthers(bytes, first, nlriStart, found, scratch) : nlriStart - first;
    if (found.unreachStart >= 0) {
      const alone = size === 0 && found.reachStart < 0 && nlriStart === end && withdrawnStart === withdrawnEnd;
      const wrong = unreach(peer, bytes, alone, start, end);
      if (wrong) return wrong;
    }
    if (nlriStart < end) {
      if (!peer.ipv4) peer.counts.ignored++;
      else {
        const id = multiprotocol
          ? intern(peer, scratch, scratchView, 0, size, 0)
          : intern(peer, bytes, view, first, nlriStart, 0);
        if (id === 0) return odd(peer, bytes, start, end);
        if (!announce(peer, 1, bytes, nlriStart, end, id)) return odd(peer, bytes, start, end);
      }
    } else if (found.reachStart < 0 && size > 0 && decodeAttributes(bytes, first, nlriStart, peer).action !== 'accept')
      return odd(peer, bytes, start, end); // no route to hold, yet a fault in it counts (RFC 7606 section 5.2)
    return found.reachStart >= 0 ? reach(peer, bytes, size, start, end) : null;
  }

  function withdraw4(peer: IngestPeer, bytes: Uint8Array, start: number, end: number): SessionError | null {
    if (!peer.ipv4) peer.counts.ignored++;
    else if (!nlri(peer, 1, bytes, layout.withdrawnStart, layout.withdrawnEnd, 0)) return odd(peer, bytes, start, end);
    return null;
  }

  /** MP_UNREACH_NLRI (RFC 4760 section 4); `alone` in its message and empty it is End-of-RIB of its family. */
  function unreach(
    peer: IngestPeer,
    bytes: Uint8Array,
    alone: boolean,
    start: number,
    whole: number,
  ): SessionError | null {
    const { unreachValue: at, unreachEnd: end } = found;
    if (end - at < 3) return odd(peer, bytes, start, whole);
    const family = { afi: (bytes[at]! << 8) | bytes[at + 1]!, safi: bytes[at + 2]! };
    const afi = familyOf(peer, family.afi, family.safi);
    if (afi === 0) ignore(peer, family);
    else if (alone && at + 3 === end) events.endOfRib(peer, afi);
    else if (!nlri(peer, afi, bytes, at + 3, end, 0)) return odd(peer, bytes, start, whole);
    return null;
  }

  /** MP_REACH_NLRI; the other attributes stand in the first `size` octets of the scratch buffer. */
  function reach(peer: IngestPeer, bytes: Uint8Array, size: number, start: number, end: number): SessionError | null {
    const mp = reachOf(bytes, found);
    if (mp === null) return odd(peer, bytes, start, end);
    const afi = familyOf(peer, mp.afi, mp.safi);
    if (afi === 0) {
      if (ignore(peer, mp)) return null;
      const { action } = decodeAttributes(scratch, 0, size, peer);
      return action === 'accept' || action === 'attribute-discard' ? null : odd(peer, bytes, start, end);
    }
    const hop = mp.nlri - 1 - mp.hop;
    const fault = nextHopFault({ afi, safi: UNICAST }, hop, afi === 1 && includesFamily(peer.extendedNextHop, mp));
    if (fault !== null) return odd(peer, bytes, start, end);
    if (mp.nlri === found.reachEnd) {
      const judged = layout.nlriStart < end || decodeAttributes(scratch, 0, size, peer).action === 'accept';
      return judged ? null : odd(peer, bytes, start, end);
    }
    copyOctets(bytes, mp.hop, mp.hop + hop, scratch, size);
    const id = intern(peer, scratch, scratchView, 0, size + hop, hop);
    if (id === 0) return odd(peer, bytes, start, end);
    return announce(peer, afi, bytes, mp.nlri, found.reachEnd, id) ? null : odd(peer, bytes, start, end);
  }

  return { update, lookAhead: createLookAhead(rib), left: witnesses.left };
}
