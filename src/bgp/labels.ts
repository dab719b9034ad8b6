import { AFI_IPV4, formatAddress } from '../net/address.ts';
import { Cursor } from '../net/cursor.ts';

/** Octets of one label field: label 20 bits, traffic class 3, bottom of stack 1 (RFC 8277 section 2.2). */
export const LABEL_OCTETS = 3;

/**
 * Reads the labels in front of a prefix, outermost first, up to the one that says bottom of stack (RFC 8277 section 2.3).
 * Of a withdrawn route one field is read and not believed (section 2.4). Null when the stack
 * has no end.
 */
export function readLabels(value: Cursor, withdrawn: boolean): number[] | null {
  if (withdrawn) {
    value.skip(LABEL_OCTETS);
    return value.failed ? null : [];
  }
  const labels: number[] = [];
  while (value.left > 0) {
    const field = value.u24();
    labels.push(field >> 4);
    if ((field & 1) === 1) return labels;
  }
  return null;
}

/** Octets of a label stack; an empty one stands for the field of a withdrawn route (RFC 8277 section 2.4: 0x800000). */
export function encodeLabels(labels: readonly number[]): number[] {
  if (labels.length === 0) return [0x80, 0, 0];
  return labels.flatMap((label, i) => [
    label >> 12,
    (label >> 4) & 0xff,
    ((label << 4) & 0xf0) | +(i === labels.length - 1),
  ]);
}

/**
 * Text of the 8 octets of a route distinguisher (RFC 4364 section 4.2): `64500:1` (type 0), `192.0.2.1:1` (type 1),
 * `65536:1` (type 2, an AS number of 4 octets); another type in hex.
 */
export function formatDistinguisher(octets: Uint8Array): string {
  const c = new Cursor(octets);
  const type = c.u16();
  if (type === 0) return `${c.u16()}:${c.u32()}`;
  if (type === 1) return `${formatAddress({ afi: AFI_IPV4, bytes: c.sub(4).view(4) })}:${c.u16()}`;
  if (type === 2) return `${c.u32()}:${c.u16()}`;
  return Buffer.from(octets).toString('hex');
}
