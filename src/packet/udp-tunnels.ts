/**
 * Tunnels in UDP, by the ports that IANA gave them. A packet that is none after all ends the walk; nothing is lost by
 * it.
 */
import { greStep } from './gre.ts';
import { l2tpOverUdpStep } from './l2tp.ts';
import { goOn, type Layers, stopAt } from './layers.ts';
import {
  ETHERNET,
  ETHERTYPE_BRIDGED,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_MPLS,
  IEEE_802_11,
  RAW_IP,
} from './next-header.ts';
import { u16 } from './octets.ts';

const UDP_OCTETS = 8;
const L2TP = 1701;
const GTP_U = 2152;
const TEREDO = 3544;
const GRE = 4754;
const VXLAN = 4789;
const VXLAN_GPE = 4790;
const GENEVE = 6081;
const MPLS = 6635;
/** Of Linux, before VXLAN had a port of its own, and still its default. */
const VXLAN_OF_LINUX = 8472;
const TZSP = 37008;

/** All of these ports: what goes to or comes from another one is no tunnel (packet/kernel/frames.ts). */
export const TUNNEL_PORTS: readonly number[] = [
  L2TP,
  GTP_U,
  TEREDO,
  GRE,
  VXLAN,
  VXLAN_GPE,
  GENEVE,
  MPLS,
  VXLAN_OF_LINUX,
  TZSP,
];

/** Stands at a UDP header. */
export function udpStep(bytes: Uint8Array, layers: Layers): number {
  const { at } = layers;
  const left = layers.limit - at - UDP_OCTETS;
  if (left < 4) return stopAt(layers, 'end');
  const from = u16(bytes, at);
  switch (u16(bytes, at + 2)) {
    case L2TP:
      return l2tpOverUdpStep(bytes, layers);
    case GTP_U:
      return left < 8 ? stopAt(layers, 'end') : gtpStep(bytes, layers);
    case GRE: // RFC 8086
      layers.at += UDP_OCTETS;
      return greStep(bytes, layers);
    case VXLAN:
    case VXLAN_OF_LINUX: // RFC 7348 section 5: flags with I set, a network identifier, an Ethernet frame
      return left >= 8 && bytes[at + UDP_OCTETS]! & 0x08 ? goOn(layers, ETHERNET, 16) : stopAt(layers, 'end');
    case VXLAN_GPE:
      return left < 8 ? stopAt(layers, 'end') : vxlanGpeStep(bytes, layers);
    case GENEVE:
      return left < 8 ? stopAt(layers, 'end') : geneveStep(bytes, layers);
    case MPLS: // RFC 7510
      return goOn(layers, ETHERTYPE_MPLS, UDP_OCTETS);
    case TZSP:
      return tzspStep(bytes, layers);
    case TEREDO:
      return teredoStep(bytes, layers);
    default:
      // Client and relay have ports of their own; one end is most often a server or a relay.
      return from === TEREDO
        ? teredoStep(bytes, layers)
        : from === L2TP
          ? l2tpOverUdpStep(bytes, layers)
          : stopAt(layers, 'end');
  }
}

/** draft-ietf-nvo3-vxlan-gpe section 3: with P set the last octet before the identifier names what is inside. */
function vxlanGpeStep(bytes: Uint8Array, layers: Layers): number {
  const vxlan = layers.at + UDP_OCTETS;
  const flags = bytes[vxlan]!;
  if ((flags & 0x08) === 0) return stopAt(layers, 'end');
  const next = (flags & 0x04) === 0 ? 3 : bytes[vxlan + 3]!;
  if (next === 1) return goOn(layers, ETHERTYPE_IPV4, 16);
  if (next === 2) return goOn(layers, ETHERTYPE_IPV6, 16);
  return next === 3 ? goOn(layers, ETHERNET, 16) : stopAt(layers, 'end');
}

/** RFC 8926 section 3.4: version 0 and length of options in words, flags, protocol type, identifier. */
function geneveStep(bytes: Uint8Array, layers: Layers): number {
  const geneve = layers.at + UDP_OCTETS;
  const type = u16(bytes, geneve + 2);
  const header = 16 + (bytes[geneve]! & 0x3f) * 4;
  if (bytes[geneve]! >> 6 !== 0 || layers.limit - layers.at < header) return stopAt(layers, 'end');
  return goOn(layers, type === ETHERTYPE_BRIDGED ? ETHERNET : type, header);
}

/**
 * 3GPP TS 29.281 section 5.1: version 1, message type 255 (G-PDU). The optional fields are there together when any is
 * flagged; extension headers follow, each with its length in words.
 */
function gtpStep(bytes: Uint8Array, layers: Layers): number {
  const gtp = layers.at + UDP_OCTETS;
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
  return gtp + header < layers.limit ? goOn(layers, RAW_IP, UDP_OCTETS + header) : stopAt(layers, 'end');
}

/**
 * RFC 4380 section 5.1.1: an authentication header (0001, lengths of identifier and value, both, a nonce of 8, a
 * confirmation octet) and an origin indication (0000, port, address) may stand before the IPv6 packet, in this order.
 */
function teredoStep(bytes: Uint8Array, layers: Layers): number {
  const { limit } = layers;
  let inside = layers.at + UDP_OCTETS;
  if (u16(bytes, inside) === 1) inside += 4 + bytes[inside + 2]! + bytes[inside + 3]! + 9;
  if (limit - inside > 8 && u16(bytes, inside) === 0) inside += 8;
  if (inside >= limit || bytes[inside]! >> 4 !== 6) return stopAt(layers, 'end');
  return goOn(layers, ETHERTYPE_IPV6, inside - layers.at);
}

/**
 * TaZmen Sniffer Protocol, by which access points and RouterOS mirror: version 1, type (0 and 1 hold a frame), link
 * type of 2 octets (1 Ethernet, 18 IEEE 802.11), then tagged fields, each with its length but for padding (0) and the
 * end (1).
 */
function tzspStep(bytes: Uint8Array, layers: Layers): number {
  const { limit } = layers;
  const tzsp = layers.at + UDP_OCTETS;
  if (bytes[tzsp] !== 1 || bytes[tzsp + 1]! > 1) return stopAt(layers, 'end');
  const link = u16(bytes, tzsp + 2);
  for (let tag = tzsp + 4; tag < limit; ) {
    const type = bytes[tag]!;
    if (type === 1) {
      if (link === 1) return goOn(layers, ETHERNET, tag + 1 - layers.at);
      return link === 18 ? goOn(layers, IEEE_802_11, tag + 1 - layers.at) : stopAt(layers, 'not-ip');
    }
    // The walk goes on by one octet at least: it ends.
    tag += type === 0 ? 1 : tag + 1 < limit ? 2 + bytes[tag + 1]! : limit;
  }
  return stopAt(layers, 'end');
}
