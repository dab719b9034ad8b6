/** What stands at a place where nothing says it: taken for what fits best, as routers and analysers do. */
import { u16 } from './octets.ts';

/** True when an IPv4 or IPv6 header can begin here whose lengths agree with what encloses it; `cut`: by the capture. */
export function fitsIp(bytes: Uint8Array, at: number, limit: number, cut: boolean): boolean {
  const left = limit - at;
  if (left < 20) return false;
  if (bytes[at]! >> 4 === 6) return left >= 40 && (cut || 40 + u16(bytes, at + 4) <= left);
  if (bytes[at]! >> 4 !== 4) return false;
  const header = (bytes[at]! & 15) * 4;
  const total = u16(bytes, at + 2);
  if (header < 20 || left < header || total < header || (!cut && total > left)) return false;
  // RFC 1071: with the checksum in its place, the sum of the header is all ones.
  let sum = 0;
  for (let i = at; i < at + header; i += 2) sum += u16(bytes, i);
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16) === 0xffff;
}

/** True when an Ethernet header can begin here: its type is one that networks carry, and IP behind it has its version. */
export function fitsEthernet(bytes: Uint8Array, at: number, limit: number): boolean {
  if (limit - at < 15) return false;
  const version = bytes[at + 14]! >> 4;
  switch (u16(bytes, at + 12)) {
    case 0x0800: // IPv4
      return version === 4;
    case 0x86dd: // IPv6
      return version === 6;
    case 0x0806: // ARP
    case 0x8100: // tags
    case 0x88a8:
    case 0x9100:
    case 0x8847: // MPLS
    case 0x8848:
    case 0x8863: // PPPoE
    case 0x8864:
    case 0x88cc: // LLDP
      return true;
    default:
      return false;
  }
}
