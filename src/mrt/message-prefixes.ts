/** The prefixes of IPv4 and IPv6 unicast that an UPDATE of an archive names, read in place. */
import { emptyLayout, locateUpdate } from '../bgp/update.ts';
import { emptyPlaces, locateAttributes, MP_REACH_NLRI, MP_UNREACH_NLRI } from './attribute-places.ts';
import type { DumpedMessage } from './bgp4mp.ts';
import { type DumpedReach, emptyReach, readMessageReach, readUnreach } from './dumped-reach.ts';

/** Gets a prefix: where its octets stand, its length, whether it is announced, its path identifier, the next hop's field. */
export type OnPrefix = (
  afi: 1 | 2,
  at: number,
  length: number,
  announced: boolean,
  pathId: number,
  reach: DumpedReach | null,
) => void;

const UNICAST = 1;
const layout = emptyLayout();
const places = emptyPlaces();
const reach = emptyReach();
const unreach = emptyReach();

/** Shows each prefix; a field that cannot be read is shown as far as it can. Withdrawn ones come first. */
export function prefixesOf(bytes: Uint8Array, { start, end, addPath }: DumpedMessage, on: OnPrefix): void {
  if (locateUpdate(bytes, start, end, layout) !== null) return;
  const { withdrawnStart, withdrawnEnd, attributesStart, attributesEnd, nlriStart, nlriEnd } = layout;
  const field = (from: number, to: number, afi: 1 | 2, announced: boolean, hop: DumpedReach | null) => {
    for (let at = from; at < to; ) {
      const length = bytes[addPath ? at + 4 : at]!;
      const prefix = at + (addPath ? 5 : 1);
      const next = prefix + ((length + 7) >> 3);
      if (next > to || length > (afi === 1 ? 32 : 128)) return;
      const pathId = addPath
        ? ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
        : 0;
      on(afi, prefix, length, announced, pathId, hop);
      at = next;
    }
  };
  field(withdrawnStart, withdrawnEnd, 1, false, null);
  locateAttributes(bytes, attributesStart, attributesEnd, places);
  readMessageReach(bytes, places.starts[MP_REACH_NLRI]!, places.ends[MP_REACH_NLRI]!, reach);
  readUnreach(bytes, places.starts[MP_UNREACH_NLRI]!, places.ends[MP_UNREACH_NLRI]!, unreach);
  const isOurs = ({ afi, safi }: DumpedReach): boolean => safi === UNICAST && (afi === 1 || afi === 2);
  if (isOurs(unreach)) field(unreach.nlriStart, unreach.nlriEnd, unreach.afi as 1 | 2, false, null);
  field(nlriStart, nlriEnd, 1, true, null);
  if (isOurs(reach)) field(reach.nlriStart, reach.nlriEnd, reach.afi as 1 | 2, true, reach);
}
