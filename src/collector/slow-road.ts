/**
 * The road of routes that are held and not judged: those of the families besides IPv4 and IPv6 unicast. The whole message is
 * read by the codec, whose word on it is law (RFC 7606); what it leaves is put into the peer's tables.
 */
import { originOf } from '../bgp/as-path.ts';
import { includesFamily } from '../bgp/family.ts';
import type { Reach, Unreach } from '../bgp/reach.ts';
import { MP_REACH, MP_UNREACH } from '../bgp/route-fields.ts';
import type { DecodedUpdate } from '../bgp/update.ts';
import { type AttributeStore, CONTEXT_AS4, CONTEXT_EBGP, CONTEXT_MP, ORIGIN_NONE } from '../rib/attribute-store.ts';
import type { IngestEvents, IngestPeer } from './ingest-peer.ts';

/** Carries one message to the peer's tables. */
export type SlowRoad = (peer: IngestPeer, bytes: Uint8Array, read: DecodedUpdate) => void;

export function createSlowRoad(attributes: AttributeStore, { passedOver }: Pick<IngestEvents, 'passedOver'>): SlowRoad {
  const scratch = new Uint8Array(65536);
  const view = new DataView(scratch.buffer);

  /** Id of the attributes of a message without the multiprotocol ones, and the next hop behind them. */
  function intern(peer: IngestPeer, bytes: Uint8Array, { attributes: set }: DecodedUpdate, reach: Reach): number {
    let size = 0;
    const copy = (start: number, end: number) => {
      scratch.set(bytes.subarray(start, end), size);
      size += end - start;
    };
    for (const [code, { offset, flags }] of set.present) {
      if (code === MP_REACH || code === MP_UNREACH) continue;
      const long = (flags & 0x10) !== 0;
      const length = long ? (bytes[offset + 2]! << 8) | bytes[offset + 3]! : bytes[offset + 2]!;
      copy(offset, offset + (long ? 4 : 3) + length);
    }
    copy(reach.hopAt + 1, reach.hopAt + 1 + reach.hopLength);
    const context = CONTEXT_MP | (peer.as4 ? CONTEXT_AS4 : 0) | (peer.ebgp ? CONTEXT_EBGP : 0);
    const hash = attributes.hash(view, 0, size, context);
    const known = attributes.find(hash, view, 0, size, context, reach.hopLength);
    if (known !== 0) return known;
    const as = originOf(set.path);
    const origin = as === 'empty' ? (peer.ebgp ? ORIGIN_NONE : peer.localAs) : (as ?? ORIGIN_NONE);
    return attributes.add(hash, view, 0, size, context, reach.hopLength, origin);
  }

  return (peer, bytes, read) => {
    const { otherRoutes } = peer;
    if (otherRoutes === undefined || read.notification !== null) return;
    for (const family of read.disabled) {
      otherRoutes.disable(family, read.errors.find(error => error.family === family)?.what ?? '');
    }
    const field = ({ afi, safi, start, end }: Reach | Unreach, withdrawn: boolean) => ({
      ...{ afi, safi, start, end, withdrawn, pathIds: includesFamily(peer.addPath, { afi, safi }) },
    });
    const { mpReach, mpUnreach } = read.attributes;
    if (read.endOfRib !== null) otherRoutes.endOfRib(read.endOfRib);
    if (mpUnreach !== null) otherRoutes.withdraw(bytes, field(mpUnreach, true));
    if (mpReach !== null && otherRoutes.takes(mpReach)) {
      if (read.otherAnnounced.length > 0) {
        const id = intern(peer, bytes, read, mpReach);
        for (let left = otherRoutes.announce(bytes, field(mpReach, false), id); left > 0; left--)
          passedOver(peer, 'excessOthers', ++peer.counts.excessOthers);
        attributes.settle(id);
      } else otherRoutes.withdraw(bytes, field(mpReach, false));
    }
  };
}
