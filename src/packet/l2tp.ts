/**
 * L2TP: version 3 (RFC 3931) in IP and in UDP, version 2 (RFC 2661) in UDP: what LAC and LNS, and pseudowires, send.
 */
import { fitsEthernet, fitsIp } from './guess.ts';
import { goOn, type Layers, stopAt } from './layers.ts';
import { ETHERNET, PPP, RAW_IP } from './next-header.ts';
import { u16 } from './octets.ts';

const CONTROL = 0x8000;
const LENGTH = 0x4000;
const SEQUENCE = 0x0800;
const OFFSET = 0x0200;
const VERSION = 0x000f;

/** Stands at the session identifier of L2TPv3 in IP: protocol 115. Session 0 is the control connection. */
export function l2tpOverIpStep(bytes: Uint8Array, layers: Layers): number {
  const { at, limit } = layers;
  if (limit - at < 4 || (u16(bytes, at) === 0 && u16(bytes, at + 2) === 0)) return stopAt(layers, 'end');
  return sessionStep(bytes, layers, 4);
}

/** Stands at a UDP header with the port of L2TP. */
export function l2tpOverUdpStep(bytes: Uint8Array, layers: Layers): number {
  const { at, limit } = layers;
  const l2tp = at + 8;
  if (limit - l2tp < 8) return stopAt(layers, 'end');
  const flags = u16(bytes, l2tp);
  if ((flags & CONTROL) !== 0) return stopAt(layers, 'end');
  if ((flags & VERSION) === 3) return sessionStep(bytes, layers, 16);
  if ((flags & VERSION) !== 2) return stopAt(layers, 'end');
  // RFC 2661 section 3.1: flags, length, tunnel, session, Ns and Nr, offset size and so much padding; PPP.
  let header = 2 + (flags & LENGTH ? 2 : 0) + 4 + (flags & SEQUENCE ? 4 : 0);
  if ((flags & OFFSET) !== 0) {
    if (limit - l2tp < header + 2) return stopAt(layers, 'end');
    header += 2 + u16(bytes, l2tp + header);
  }
  return l2tp + header < limit ? goOn(layers, PPP, 8 + header) : stopAt(layers, 'end');
}

/**
 * Behind the session identifier stand a cookie of 0, 4 or 8 octets and a sublayer of 0 or 4; both ends have agreed on
 * them and on the kind of frame out of sight. The first place where Ethernet, PPP or IP fits is taken.
 */
function sessionStep(bytes: Uint8Array, layers: Layers, header: number): number {
  const { at, limit, cut } = layers;
  for (let octets = header; octets <= header + 12; octets += 4) {
    const frame = at + octets;
    if (fitsEthernet(bytes, frame, limit)) return goOn(layers, ETHERNET, octets);
    if (limit - frame > 4 && u16(bytes, frame) === 0xff03 && fitsIp(bytes, frame + 4, limit, cut))
      return goOn(layers, PPP, octets);
    if (fitsIp(bytes, frame, limit, cut)) return goOn(layers, RAW_IP, octets);
  }
  return stopAt(layers, 'end');
}
