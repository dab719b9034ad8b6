/**
 * A packet as it is on the other side of a translator that is known to have made other addresses and ports of it: what the
 * strict digest is reckoned from where the packet itself was seen on one side only. Translators keep the IPv4
 * identification and everything behind the transport header; checksums follow what changes (RFC 1624, equation 3).
 */
import { isFragment, isLaterFragment } from './fragments.ts';
import type { Layers } from './layers.ts';
import { copyOf, u16 } from './octets.ts';
import { isIcmpError } from './translated.ts';

/** Where the packet comes from and goes to on the other side; of ICMP queries the identifier is both ports. */
export interface OtherForm {
  readonly source: Uint8Array | null;
  readonly destination: Uint8Array | null;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

/** Why the other form cannot be reckoned. */
export type NoForm =
  /** The log does not tell all of it. */
  | 'not-told'
  /** The translator chooses an IPv4 identification. */
  | 'identification'
  /** Another packet is quoted inside. */
  | 'icmp-error'
  /** A checksum over all of the packet, or none where the other family needs one. */
  | 'checksum'
  /** Only the first fragment has ports, and fragments of IPv6 have another header. */
  | 'fragment'
  /** Cut short, or not well-formed. */
  | 'short';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const DCCP = 33;
const ICMPV6 = 58;
const SCTP = 132;
const UDP_LITE = 136;

/** Where the checksum stands behind the start of the transport header; -1 when addresses and ports are in none. */
function checksumAt(protocol: number): number {
  switch (protocol) {
    case TCP:
      return 16;
    case UDP:
    case UDP_LITE:
    case DCCP:
      return 6;
    case ICMP:
    case ICMPV6:
      return 2;
    default:
      return -1;
  }
}

/** A bare IP packet (LINKTYPE_RAW): layer `i` of a frame in its other form, with as many octets as were captured. */
export function translatedForm(bytes: Uint8Array, layers: Layers, i: number, form: OtherForm): Uint8Array | NoForm {
  const { source, destination } = form;
  if (layers.fault[i] !== null) return 'short';
  if (source === null || destination === null || source.length !== destination.length) return 'not-told';
  const six = layers.family[i] === 6;
  const other = source.length === 16;
  if (six && !other) return 'identification';
  const protocol = layers.protocol[i]!;
  if (protocol === SCTP) return 'checksum';
  const [start, upper, end] = [layers.start[i]!, layers.upper[i]!, layers.end[i]!];
  const fragment = isFragment(bytes, layers, i);
  if (fragment && (six || other)) return 'fragment';

  const head = six === other ? copyOf(bytes, start, upper) : headerOfSix(bytes, layers, i);
  const behind = copyOf(bytes, upper, end);
  const before = addressesOf(bytes, layers, i);
  const at = other ? 8 : 12;
  head.set(source, at);
  head.set(destination, at + source.length);
  const moved = sumOf(source) + sumOf(destination) - sumOf(before);
  if (!other) adjust(head, 10, moved);

  const wrong = isLaterFragment(bytes, layers, i)
    ? null
    : rewriteUpper(behind, protocol, form, moved, six === other ? null : layers.length[i]!);
  if (wrong !== null) return wrong;
  const whole = new Uint8Array(head.length + behind.length);
  whole.set(head);
  whole.set(behind, head.length);
  return whole;
}

/**
 * Ports, or the identifier of ICMP, and the checksum. `moved`: by how much the addresses' sum grew; `toSix`: the length of
 * what was ICMP of IPv4 and becomes ICMPv6 (RFC 7915 section 4.2), which has a pseudo-header; null within a family.
 */
function rewriteUpper(
  upper: Uint8Array,
  protocol: number,
  form: OtherForm,
  moved: number,
  toSix: number | null,
): NoForm | null {
  const icmp = protocol === ICMP || protocol === ICMPV6;
  const at = checksumAt(protocol);
  if (at < 0) return null; // nothing but addresses: ESP, GRE
  if (upper.length < Math.max(at + 2, icmp ? 8 : 4)) return 'short';
  if (icmp && isIcmpError(protocol, upper[0]!)) return 'icmp-error';
  const echo = icmp && isQuery(protocol, upper[0]!);
  let change = protocol === ICMP && toSix === null ? 0 : moved;
  const put = (where: number, value: number) => {
    change += value - u16(upper, where);
    upper[where] = value >> 8;
    upper[where + 1] = value & 0xff;
  };
  if (icmp && toSix !== null) {
    if (upper[0] !== 8 && upper[0] !== 0) return 'checksum';
    // The addresses come in as a whole: ICMP had none of them in its checksum.
    change = sumOf(form.source!) + sumOf(form.destination!) + toSix + ICMPV6;
    put(0, ((upper[0] === 8 ? 128 : 129) << 8) | upper[1]!);
  }
  if (echo) {
    if (form.sourcePort === null) return 'not-told';
    put(4, form.sourcePort);
  } else if (!icmp) {
    if (form.sourcePort === null || form.destinationPort === null) return 'not-told';
    put(0, form.sourcePort);
    put(2, form.destinationPort);
  }
  if (protocol === UDP && u16(upper, at) === 0) return toSix === null ? null : 'checksum';
  adjust(upper, at, change);
  if (protocol === UDP && u16(upper, at) === 0) upper.set([0xff, 0xff], at);
  return null;
}

/** Queries have an identifier: echo and timestamp of RFC 792, echo of RFC 4443. */
function isQuery(protocol: number, type: number): boolean {
  return protocol === ICMPV6 ? type === 128 || type === 129 : [0, 8, 13, 14].includes(type);
}

function addressesOf(bytes: Uint8Array, layers: Layers, i: number): Uint8Array {
  const octets = layers.family[i] === 6 ? 16 : 4;
  const from = layers.start[i]! + (octets === 16 ? 8 : 12);
  const both = copyOf(bytes, from, from + 2 * octets);
  // Where a routing header names the last segment, that one is in the checksum (RFC 8200 section 8.1).
  both.set(bytes.subarray(layers.destination[i]!, layers.destination[i]! + octets), octets);
  return both;
}

/** An IPv6 header for what was an IPv4 packet (RFC 7915 section 4.1), without addresses. */
function headerOfSix(bytes: Uint8Array, layers: Layers, i: number): Uint8Array {
  const start = layers.start[i]!;
  const length = layers.length[i]!;
  const protocol = layers.protocol[i]!;
  const head = new Uint8Array(40);
  const traffic = bytes[start + 1]!;
  head.set([0x60 | (traffic >> 4), (traffic & 0xf) << 4, 0, 0, length >> 8, length & 0xff]);
  head[6] = protocol === ICMP ? ICMPV6 : protocol;
  head[7] = bytes[start + 8]!;
  return head;
}

/** The sum of 16-bit words, not folded. */
function sumOf(octets: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i + 1 < octets.length; i += 2) sum += u16(octets, i);
  return sum;
}

/** RFC 1624: HC' = ~(~HC + ~m + m'), for words whose sum grew by `change`. */
function adjust(octets: Uint8Array, at: number, change: number): void {
  let sum = (~u16(octets, at) & 0xffff) + change;
  // One's complement: what is below zero is counted from the other end.
  while (sum < 0) sum += 0xffff;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  octets[at] = (~sum >> 8) & 0xff;
  octets[at + 1] = ~sum & 0xff;
}
