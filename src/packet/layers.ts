/**
 * The IP layers of a frame, as packet/find-layers.ts finds them. The object is made once and filled again for every frame,
 * so that nothing is allocated for a packet.
 */

/** IP layers of one frame that are followed. */
export const MAX_LAYERS = 8;

/** Why an IP layer bears no digest. */
export type Refusal =
  /** The capture cut the packet too early. */
  | 'snaplen'
  /** The frame itself ends before the packet it claims to hold. */
  | 'truncated'
  /** The lengths in the IP header contradict each other. */
  | 'length'
  /** IPv6 extension headers or their lengths are not well-formed. */
  | 'extension';

/** Why a profile has no digest for a layer that another one may digest. */
export type ProfileRefusal =
  | Refusal
  /** A fragment: what the profile hashes is in no one fragment. */
  | 'fragment'
  /** Not a TCP SYN. */
  | 'not-syn'
  /** The transport header is cut short or its length contradicts the packet's. */
  | 'transport'
  /** Nothing is left that would tell the packet from others. */
  | 'empty'
  /** An ICMP error: a translator changes the packet that it quotes too. */
  | 'icmp-error'
  /** The packet is shorter than what the profile hashes. */
  | 'short';

/**
 * Why the walk ended: `end`: at a transport header; `fragment`: what lies inside begins in another packet; `depth`: at
 * a limit; the others tell what stands there instead of an IP header.
 */
export type Stop = 'end' | 'fragment' | 'depth' | 'not-ip' | 'link-type' | Refusal;

/** The IP layers of one frame, outermost first; offsets count from the start of the buffer. The arrays have MAX_LAYERS. */
export interface Layers {
  count: number;
  /** 4 or 6. */
  readonly family: Uint8Array;
  /** Offset of the IP header. */
  readonly start: Int32Array;
  /** First offset behind what was captured of this layer. */
  readonly end: Int32Array;
  /** Upper-layer protocol: behind the extension headers of IPv6. */
  readonly protocol: Uint8Array;
  /** Offset of the upper-layer header, and how many octets the IP header says there are from it on. */
  readonly upper: Int32Array;
  readonly length: Int32Array;
  /** Offset of the destination address: the last segment where a routing header names one. */
  readonly destination: Int32Array;
  /** Offset of the IPv6 Fragment header that makes this a fragment, or -1. */
  readonly fragment: Int32Array;
  /** Why this layer cannot be digested; null when it can. */
  readonly fault: (Refusal | null)[];
  stop: Stop;
  /** Offset of the destination address of the outermost Ethernet header, or -1. */
  destinationMac: number;
  /** Offset of the source address of the outermost Ethernet or Linux cooked header, or -1. */
  sourceMac: number;
  /** VLAN identifier of the outermost tag in front of the first IP header, or -1: there is none, or only a priority. */
  vlan: number;
  /** Where the walk stands, the end of what encloses it, and whether the capture cut the frame. */
  at: number;
  limit: number;
  cut: boolean;
}

/** An empty answer for `findLayers` to fill, again and again. */
export function newLayers(): Layers {
  const offsets = () => new Int32Array(MAX_LAYERS);
  return {
    count: 0,
    family: new Uint8Array(MAX_LAYERS),
    start: offsets(),
    end: offsets(),
    protocol: new Uint8Array(MAX_LAYERS),
    upper: offsets(),
    length: offsets(),
    destination: offsets(),
    fragment: offsets(),
    fault: Array<Refusal | null>(MAX_LAYERS).fill(null),
    stop: 'end',
    destinationMac: -1,
    sourceMac: -1,
    vlan: -1,
    at: 0,
    limit: 0,
    cut: false,
  };
}

// Each step of the walk reads one header and returns what stands next (packet/next-header.ts); -1 ends the walk.

/** Ends the walk, for a reason. */
export function stopAt(layers: Layers, stop: Stop): number {
  layers.stop = stop;
  return -1;
}

/** Ends the walk because octets are missing: it is the capture's fault, or the frame's own. */
export function stopShort(layers: Layers): number {
  return stopAt(layers, missing(layers));
}

/** Whose fault it is that octets are missing. */
export function missing(layers: Layers): Refusal {
  return layers.cut ? 'snaplen' : 'truncated';
}

/** Goes on with header `next`, `octets` further on. */
export function goOn(layers: Layers, next: number, octets: number): number {
  layers.at += octets;
  return next;
}
