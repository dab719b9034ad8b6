/**
 * GRE (RFC 2784, key and sequence of RFC 2890), as PPTP has it (RFC 2637), and ERSPAN in it: how mirror ports are
 * sent.
 */
import { goOn, type Layers, stopAt, stopShort } from './layers.ts';
import { ETHERNET, PPP, RAW_IP } from './next-header.ts';
import { u16 } from './octets.ts';

// Protocol types of GRE beyond the EtherTypes.
const ERSPAN_2 = 0x88be;
const ERSPAN_3 = 0x22eb;
const PPP_IN_GRE = 0x880b;

const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const ACKNOWLEDGEMENT = 0x0080;

/** Stands at a GRE header. */
export function greStep(bytes: Uint8Array, layers: Layers): number {
  const left = layers.limit - layers.at;
  if (left < 4) return stopShort(layers);
  const flags = u16(bytes, layers.at);
  const type = u16(bytes, layers.at + 2);
  // A routing field (RFC 1701) has a length that nobody uses any more.
  if ((flags & ROUTING) !== 0 || (flags & 7) > 1) return stopAt(layers, 'end');
  const header =
    4 +
    (flags & CHECKSUM ? 4 : 0) +
    (flags & KEY ? 4 : 0) +
    (flags & SEQUENCE ? 4 : 0) +
    ((flags & 7) === 1 && flags & ACKNOWLEDGEMENT ? 4 : 0);
  // PPTP: the key field is the length of the payload and the call; a packet that only acknowledges holds nothing.
  if ((flags & 7) === 1) {
    if (type !== PPP_IN_GRE || (flags & KEY) === 0 || left <= header) return stopAt(layers, 'end');
    return goOn(layers, PPP, header);
  }
  if (left < header) return stopShort(layers);
  // Type I (draft-foschiano-erspan section 4.1) has neither a sequence number nor a header of its own.
  if (type === ERSPAN_2) return goOn(layers, ETHERNET, header + (flags & SEQUENCE ? 8 : 0));
  return type === ERSPAN_3 ? erspan3Step(bytes, layers, header) : goOn(layers, type, header);
}

/**
 * Section 4.3: 12 octets, the last two with the type of the frame and whether a platform specific subheader of 8
 * follows.
 */
function erspan3Step(bytes: Uint8Array, layers: Layers, header: number): number {
  const erspan = layers.at + header;
  if (layers.limit - erspan < 12) return stopShort(layers);
  const frame = (bytes[erspan + 10]! >> 2) & 0x1f;
  const octets = header + (bytes[erspan + 11]! & 1 ? 20 : 12);
  if (frame === 0) return goOn(layers, ETHERNET, octets);
  return frame === 2 ? goOn(layers, RAW_IP, octets) : stopAt(layers, 'not-ip');
}
