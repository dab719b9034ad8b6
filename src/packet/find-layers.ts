/**
 * Finds every IP layer of a frame: through link headers (packet/link-headers.ts) and tunnels (gre.ts, l2tp.ts,
 * udp-tunnels.ts), from the outside in. A tap inside a tunnel and a tap outside it see different layers of one packet,
 * so each is digested.
 */
import { greStep } from './gre.ts';
import { readIpv4, readIpv6 } from './ip-headers.ts';
import { l2tpOverIpStep } from './l2tp.ts';
import { goOn, type Layers, MAX_LAYERS, stopAt, stopShort } from './layers.ts';
import { ethernetStep, firstStep, linkStep } from './link-headers.ts';
import { ETHERNET, ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_MPLS, RAW_IP } from './next-header.ts';
import { udpStep } from './udp-tunnels.ts';

/** Headers of any kind in one frame: a stack of tags is not walked for ever. */
const MAX_HEADERS = 48;

/**
 * Walks the frame `bytes[start]` to `bytes[end - 1]` of a LINKTYPE_ and fills `layers`. `wire` is the frame's length on
 * the wire. Never throws, whatever the octets.
 */
export function findLayers(
  bytes: Uint8Array,
  start: number,
  end: number,
  wire: number,
  linkType: number,
  layers: Layers,
): void {
  layers.count = 0;
  layers.stop = 'end';
  layers.destinationMac = -1;
  layers.sourceMac = -1;
  layers.vlan = -1;
  layers.at = start;
  layers.limit = end;
  layers.cut = wire > end - start;
  let next = firstStep(linkType);
  if (next < 0) stopAt(layers, 'link-type');
  for (let headers = 0; next >= 0; headers++)
    next = headers === MAX_HEADERS ? stopAt(layers, 'depth') : step(bytes, layers, next);
}

function step(bytes: Uint8Array, layers: Layers, next: number): number {
  switch (next) {
    case ETHERNET:
      return ethernetStep(bytes, layers);
    case ETHERTYPE_IPV4:
      return ipStep(bytes, layers, 4);
    case ETHERTYPE_IPV6:
      return ipStep(bytes, layers, 6);
    case RAW_IP:
      return layers.at < layers.limit ? ipStep(bytes, layers, bytes[layers.at]! >> 4) : stopShort(layers);
    default:
      return linkStep(bytes, layers, next);
  }
}

// IANA protocol numbers that hold another packet.
const IPIP = 4;
const UDP = 17;
const IPV6 = 41;
const GRE = 47;
const AUTHENTICATION = 51;
const ETHERIP = 97;
const L2TP = 115;
const MPLS = 137;
const IN_SEGMENTS = 143;

function ipStep(bytes: Uint8Array, layers: Layers, family: number): number {
  const { at, count } = layers;
  if (at >= layers.limit) return stopShort(layers);
  if (bytes[at]! >> 4 !== family || (family !== 4 && family !== 6)) return stopAt(layers, 'not-ip');
  if (count === MAX_LAYERS) return stopAt(layers, 'depth');
  layers.count = count + 1;
  layers.family[count] = family;
  layers.start[count] = at;
  layers.fault[count] = null;
  const inside = family === 4 ? readIpv4(bytes, layers, count) : readIpv6(bytes, layers, count);
  const fault = layers.fault[count]!;
  if (fault !== null) return stopAt(layers, fault);
  if (!inside) return stopAt(layers, 'fragment');
  layers.at = layers.upper[count]!;
  layers.limit = layers.end[count]!;
  return insideStep(bytes, layers, layers.protocol[count]!);
}

/** Stands behind an IP header and its extensions, at the header of an upper-layer protocol. */
function insideStep(bytes: Uint8Array, layers: Layers, protocol: number): number {
  switch (protocol) {
    case IPIP:
      return goOn(layers, ETHERTYPE_IPV4, 0);
    case IPV6:
      return goOn(layers, ETHERTYPE_IPV6, 0);
    case MPLS:
      return goOn(layers, ETHERTYPE_MPLS, 0);
    case GRE:
      return greStep(bytes, layers);
    case UDP:
      return udpStep(bytes, layers);
    case L2TP:
      return l2tpOverIpStep(bytes, layers);
    case ETHERIP: // RFC 3378: version 3 and 12 bits of zero, an Ethernet frame
      if (layers.limit - layers.at < 2) return stopShort(layers);
      return bytes[layers.at]! >> 4 === 3 ? goOn(layers, ETHERNET, 2) : stopAt(layers, 'end');
    case IN_SEGMENTS: // RFC 8986 section 10.1: an Ethernet frame behind SRv6 segments
      return goOn(layers, ETHERNET, 0);
    case AUTHENTICATION:
      return authenticationStep(bytes, layers);
    default:
      return stopAt(layers, 'end');
  }
}

/** RFC 4302 in IPv4, where it is no extension header: in the way of a tunnel it is passed over. */
function authenticationStep(bytes: Uint8Array, layers: Layers): number {
  const { at, limit } = layers;
  if (limit - at < 8) return stopAt(layers, 'end');
  const octets = (bytes[at + 1]! + 2) * 4;
  const next = bytes[at]!;
  if (octets >= limit - at || next === AUTHENTICATION) return stopAt(layers, 'end');
  layers.at = at + octets;
  return insideStep(bytes, layers, next);
}
