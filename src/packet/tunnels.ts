/** Headers that carry a packet inside another: each step stands at the header behind IP and says what lies in it. */

import { goOn, type Layers, stopAt, stopShort } from './layers.ts';
import { ETHERNET, ETHERTYPE_BRIDGED, RAW_IP } from './next-header.ts';
import { u16 } from './octets.ts';

// Protocol types of GRE beyond the EtherTypes.
const ERSPAN_2 = 0x88be;
const ERSPAN_3 = 0x22eb;

/** GRE (RFC 2784, key and sequence of RFC 2890), and ERSPAN in it (draft-foschiano-erspan): how mirror ports are sent. */
export function greStep(bytes: Uint8Array, layers: Layers): number {
  const { at } = layers;
  if (layers.limit - at < 4) return stopShort(layers);
  const flags = u16(bytes, at);
  const type = u16(bytes, at + 2);
  // Version 1 is PPTP; a routing field (RFC 1701) has a length that nobody uses any more.
  if ((flags & 0x4007) !== 0) return stopAt(layers, 'end');
  const sequence = (flags & 0x1000) !== 0;
  let header = 4 + (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) + (sequence ? 4 : 0);
  if (type === ERSPAN_2) header += sequence ? 8 : 0; // type I has neither a sequence number nor a header of its own
  if (type === ERSPAN_3) {
    if (layers.limit - at < header + 12) return stopShort(layers);
    header += bytes[at + header + 11]! & 1 ? 20 : 12; // with or without the platform specific subheader
  }
  if (layers.limit - at < header) return stopShort(layers);
  return goOn(layers, type === ERSPAN_2 || type === ERSPAN_3 ? ETHERNET : type, header);
}

/** UDP to a port that a tunnel has (IANA). A packet that is none after all ends the walk; nothing is lost by it. */
export function udpStep(bytes: Uint8Array, layers: Layers): number {
  const { at } = layers;
  if (layers.limit - at < 16) return stopAt(layers, 'end');
  const tunnel = at + 8;
  switch (u16(bytes, at + 2)) {
    case 4789: // VXLAN (RFC 7348 section 5): flags with I set, a network identifier, an Ethernet frame
      return bytes[tunnel] === 0x08 ? goOn(layers, ETHERNET, 16) : stopAt(layers, 'end');
    case 6081: {
      // Geneve (RFC 8926 section 3.4): version 0 and length of options in words, flags, protocol type, identifier
      const type = u16(bytes, tunnel + 2);
      const header = 16 + (bytes[tunnel]! & 0x3f) * 4;
      if (bytes[tunnel]! >> 6 !== 0 || layers.limit - at < header) return stopAt(layers, 'end');
      return goOn(layers, type === ETHERTYPE_BRIDGED ? ETHERNET : type, header);
    }
    case 2152: // GTP-U (3GPP TS 29.281 section 5.1): version 1, message type 255 (G-PDU)
      return gtpStep(bytes, layers);
    default:
      return stopAt(layers, 'end');
  }
}

/** GTP-U's optional fields are there together when any is flagged; extension headers follow, each with its length in words. */
function gtpStep(bytes: Uint8Array, layers: Layers): number {
  const gtp = layers.at + 8;
  const flags = bytes[gtp]!;
  if ((flags & 0xf0) !== 0x30 || bytes[gtp + 1] !== 255) return stopAt(layers, 'end');
  let header = 8;
  if ((flags & 7) !== 0) {
    header = 12;
    let more = (flags & 4) !== 0;
    while (more) {
      const type = gtp + header - 1;
      if (type + 1 >= layers.limit || (bytes[type] !== 0 && bytes[type + 1] === 0)) return stopAt(layers, 'end');
      more = bytes[type] !== 0;
      if (more) header += bytes[type + 1]! * 4;
    }
  }
  return gtp + header < layers.limit ? goOn(layers, RAW_IP, 8 + header) : stopAt(layers, 'end');
}
