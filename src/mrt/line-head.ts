/** What the lines of bgpdump begin with. */
import type { SessionEnds } from './bgp4mp.ts';
import { BGP4MP_ET } from './record-types.ts';
import type { MrtRecord } from './records.ts';
import { writeAddress, writeNumber, writeSix } from './text-octets.ts';

const BAR = 0x7c;
const DOT = 0x2e;
/** More than a line takes without its attributes: format, time, peer, AS, prefix, path identifier. */
export const HEAD_ROOM = 256;

/** `1027377515`, or `1027377515.000042` where the record has microseconds. */
export function writeTime(out: DataView, at: number, record: MrtRecord): number {
  const next = writeNumber(out, at, record.seconds);
  if (record.type !== BGP4MP_ET) return next;
  out.setUint8(next, DOT);
  // Not a fraction of a second, but a number that somebody wrote there.
  if (record.microseconds > 999_999) return writeNumber(out, next + 1, record.microseconds);
  return writeSix(out, next + 1, record.microseconds);
}

/** `192.0.2.1|64496|`: one end of a session. */
export function writeEnd(
  out: DataView,
  at: number,
  bytes: Uint8Array,
  { afi, as, address }: { readonly afi: 1 | 2; readonly as: number; readonly address: number },
): number {
  let next = writeAddress(out, at, afi, bytes, address);
  out.setUint8(next, BAR);
  next = writeNumber(out, next + 1, as);
  out.setUint8(next, BAR);
  return next + 1;
}

/** The peer's end of a session. */
export const peerEnd = ({ afi, peerAs, peerAddress }: SessionEnds) => ({ afi, as: peerAs, address: peerAddress });
