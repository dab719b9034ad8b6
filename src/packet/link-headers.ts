/** Headers between the wire and the first IP header: each step reads one and says what stands next. */

import { fitsEthernet } from './guess.ts';
import { goOn, type Layers, stopAt, stopShort } from './layers.ts';
import {
  CISCO_HDLC,
  ETHERNET,
  ETHERTYPE_BACKBONE,
  ETHERTYPE_BRIDGED,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_MPLS,
  ETHERTYPE_MPLS_MULTICAST,
  ETHERTYPE_PPPOE_SESSION,
  ETHERTYPE_QINQ,
  ETHERTYPE_QINQ_OLD,
  ETHERTYPE_QINQ_OLDER,
  ETHERTYPE_VLAN,
  IEEE_802_11,
  LINUX_COOKED,
  LINUX_COOKED_2,
  LOOPBACK,
  PPP,
  RAW_IP,
} from './next-header.ts';
import { u16 } from './octets.ts';

/** What captures call links on which a frame is an Ethernet frame, or an IP packet and nothing before it. */
export const LINKTYPE_ETHERNET = 1;
export const LINKTYPE_RAW = 101;

/** The header that a frame of this LINKTYPE_ begins with; -1 when the type is not known here. */
export function firstStep(linkType: number): number {
  switch (linkType) {
    case LINKTYPE_ETHERNET:
      return ETHERNET;
    case 0: // LINKTYPE_NULL
    case 108: // LINKTYPE_LOOP
      return LOOPBACK;
    case 9: // LINKTYPE_PPP
    case 50: // LINKTYPE_PPP_HDLC
      return PPP;
    case 51: // LINKTYPE_PPP_ETHER
      return ETHERTYPE_PPPOE_SESSION;
    case 12: // DLT_RAW of most systems, and
    case 14: // of OpenBSD, written to files by mistake
    case LINKTYPE_RAW:
      return RAW_IP;
    case 104: // LINKTYPE_C_HDLC
      return CISCO_HDLC;
    case 113: // LINKTYPE_LINUX_SLL
      return LINUX_COOKED;
    case 219: // LINKTYPE_MPLS
      return ETHERTYPE_MPLS;
    case 228: // LINKTYPE_IPV4
      return ETHERTYPE_IPV4;
    case 229: // LINKTYPE_IPV6
      return ETHERTYPE_IPV6;
    case 105: // LINKTYPE_IEEE802_11
      return IEEE_802_11;
    case 276: // LINKTYPE_LINUX_SLL2
      return LINUX_COOKED_2;
    default:
      return -1;
  }
}

/** IEEE 802.3: destination, source, type; a length instead of a type announces LLC, of which SNAP may hold IP. */
export function ethernetStep(bytes: Uint8Array, layers: Layers): number {
  const { at } = layers;
  if (layers.limit - at < 14) return stopShort(layers);
  // What names the neighbour is the outermost header; a frame inside a tunnel has the addresses of another network.
  if (layers.count === 0 && layers.sourceMac < 0) {
    layers.destinationMac = at;
    layers.sourceMac = at + 6;
  }
  const type = u16(bytes, at + 12);
  if (type >= 0x0600) return goOn(layers, type, 14);
  if (layers.limit - at < 22) return stopAt(layers, 'not-ip');
  const snap =
    u16(bytes, at + 14) === 0xaaaa && bytes[at + 16] === 3 && bytes[at + 17] === 0 && u16(bytes, at + 18) === 0;
  return snap ? goOn(layers, u16(bytes, at + 20), 22) : stopAt(layers, 'not-ip');
}

/** Every other header that is not IP. */
export function linkStep(bytes: Uint8Array, layers: Layers, next: number): number {
  const { at } = layers;
  const left = layers.limit - at;
  switch (next) {
    case ETHERTYPE_VLAN: // IEEE 802.1Q: tag control information, then the type behind the tag
    case ETHERTYPE_QINQ:
    case ETHERTYPE_QINQ_OLD:
    case ETHERTYPE_QINQ_OLDER:
      if (left < 4) return stopShort(layers);
      if (layers.count === 0 && layers.vlan < 0) layers.vlan = u16(bytes, at) & 0xfff || -1;
      return goOn(layers, u16(bytes, at + 2), 4);
    case ETHERTYPE_BACKBONE: // IEEE 802.1ah: tag control information and service identifier, together 4 octets
      return left < 4 ? stopShort(layers) : goOn(layers, ETHERNET, 4);
    case ETHERTYPE_BRIDGED:
      return goOn(layers, ETHERNET, 0);
    case IEEE_802_11:
      return wirelessStep(bytes, layers);
    case ETHERTYPE_MPLS:
    case ETHERTYPE_MPLS_MULTICAST:
      return mplsStep(bytes, layers);
    case ETHERTYPE_PPPOE_SESSION: {
      // RFC 2516 section 4: version and type 1, code 0, session, length of what follows.
      if (left < 8) return stopShort(layers);
      if (bytes[at] !== 0x11 || bytes[at + 1] !== 0) return stopAt(layers, 'not-ip');
      layers.limit = Math.min(layers.limit, at + 6 + u16(bytes, at + 4));
      return goOn(layers, PPP, 6);
    }
    case PPP:
      return pppStep(bytes, layers);
    case CISCO_HDLC: // address, control, EtherType
      return left < 4 ? stopShort(layers) : goOn(layers, u16(bytes, at + 2), 4);
    case LINUX_COOKED: // packet type, ARPHRD_ type, address length, address of 8 octets, EtherType
      if (left < 16) return stopShort(layers);
      if (u16(bytes, at + 4) === 6) layers.sourceMac = at + 6;
      return goOn(layers, u16(bytes, at + 14), 16);
    case LINUX_COOKED_2: // EtherType, 2 reserved, interface of 4, ARPHRD_ of 2, packet type, address length, address of 8
      if (left < 20) return stopShort(layers);
      if (bytes[at + 11] === 6) layers.sourceMac = at + 12;
      return goOn(layers, u16(bytes, at), 20);
    case LOOPBACK: // AF_INET is 2 everywhere, AF_INET6 differs by system: let the packet tell
      return left < 4 ? stopShort(layers) : goOn(layers, RAW_IP, 4);
    default:
      return stopAt(layers, 'not-ip');
  }
}

/**
 * RFC 3032: labels of 4 octets down to the bottom of the stack. Nothing says what lies below; as routers do, the first
 * nibble is taken for an IP version, and 0 for the control word of an Ethernet pseudowire (RFC 4385, RFC 4448).
 */
function mplsStep(bytes: Uint8Array, layers: Layers): number {
  const { at, limit } = layers;
  let below = at;
  do {
    if (limit - below < 5) return stopShort(layers);
    below += 4;
  } while ((bytes[below - 2]! & 1) === 0);
  const nibble = bytes[below]! >> 4;
  if (nibble === 4) return goOn(layers, ETHERTYPE_IPV4, below - at);
  if (nibble === 6) return goOn(layers, ETHERTYPE_IPV6, below - at);
  // A pseudowire without a control word begins with a link address, whose first octet is most often 0 as well.
  if ((nibble !== 0 || !fitsEthernet(bytes, below + 4, limit)) && fitsEthernet(bytes, below, limit))
    return goOn(layers, ETHERNET, below - at);
  return nibble === 0 ? goOn(layers, ETHERNET, below - at + 4) : stopAt(layers, 'not-ip');
}

/**
 * IEEE 802.11 section 9.3.2: a data frame in the clear: frame control, duration, three addresses and sequence control,
 * a fourth address between two access points, 2 octets of QoS and 4 of HT control where they are flagged; LLC/SNAP.
 * Others hold no packet.
 */
function wirelessStep(bytes: Uint8Array, layers: Layers): number {
  const { at } = layers;
  if (layers.limit - at < 24) return stopShort(layers);
  const type = bytes[at]!;
  const flags = bytes[at + 1]!;
  const qos = (type & 0x80) !== 0;
  // Version 0, type data; subtypes with 4 hold no data; bit 6 of the flags: encrypted.
  if ((type & 0x4f) !== 0x08 || (flags & 0x40) !== 0) return stopAt(layers, 'not-ip');
  const header = 24 + ((flags & 3) === 3 ? 6 : 0) + (qos ? 2 : 0) + (qos && (flags & 0x80) !== 0 ? 4 : 0);
  const llc = at + header;
  if (layers.limit - llc < 8) return stopShort(layers);
  const snap = u16(bytes, llc) === 0xaaaa && bytes[llc + 2] === 3;
  return snap ? goOn(layers, u16(bytes, llc + 6), header + 8) : stopAt(layers, 'not-ip');
}

/** RFC 1661 section 2, RFC 1662 section 3.1: the protocol field, after FF 03 where that is not compressed away. */
function pppStep(bytes: Uint8Array, layers: Layers): number {
  let at = layers.at;
  if (layers.limit - at < 4) return stopShort(layers);
  if (u16(bytes, at) === 0xff03) at += 2;
  // An odd first octet is a whole protocol number: the leading zero octet was compressed away.
  const short = (bytes[at]! & 1) === 1;
  const protocol = short ? bytes[at]! : u16(bytes, at);
  const header = at - layers.at + (short ? 1 : 2);
  if (protocol === 0x0021) return goOn(layers, ETHERTYPE_IPV4, header);
  if (protocol === 0x0057) return goOn(layers, ETHERTYPE_IPV6, header);
  if (protocol === 0x0281) return goOn(layers, ETHERTYPE_MPLS, header);
  return stopAt(layers, 'not-ip');
}
