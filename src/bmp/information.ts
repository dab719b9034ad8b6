import type { Cursor } from '../net/cursor.ts';

/** Information TLV (RFC 7854 section 4.4), its value octets kept. */
export interface Information {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Types of Initiation and Peer Up (RFC 7854 section 4.4, RFC 9069 section 5.3, RFC 8671 section 8.1). */
export const TEXT = 0;
export const SYS_DESCR = 1;
export const SYS_NAME = 2;
export const VRF_NAME = 3;
export const ADMIN_LABEL = 4;

/** Type of Termination that carries a reason; 0 is text there too (RFC 7854 section 4.5). */
export const REASON = 1;

/** Characters of a text that are kept. */
const LONGEST = 255;

/** Reads TLVs up to the end of the cursor; null when one overruns it. Values are copied. */
export function decodeInformation(c: Cursor): Information[] | null {
  const found: Information[] = [];
  while (c.left > 0) {
    const type = c.u16();
    const value = new Uint8Array(c.view(c.u16()));
    if (c.failed) return null;
    found.push({ type, value });
  }
  return c.failed ? null : found;
}

/** TLVs, one after the other; a value is cut at 65535 octets. */
export function encodeInformation(information: readonly Information[]): Uint8Array {
  return Uint8Array.from(
    information.flatMap(({ type, value }) => {
      const octets = value.subarray(0, 0xffff);
      return [type >> 8, type & 0xff, octets.length >> 8, octets.length & 0xff, ...octets];
    }),
  );
}

/** A TLV of text. */
export function textInformation(type: number, text: string): Information {
  return { type, value: new TextEncoder().encode(text) };
}

/** The text of the first TLV of a type, control characters made blanks, 255 characters at most; '' without one. */
export function textOf(information: readonly Information[], type: number): string {
  const found = information.find(one => one.type === type);
  if (found === undefined) return '';
  const text = new TextDecoder().decode(found.value.subarray(0, LONGEST * 4));
  return [...text.replace(/\p{C}/gu, ' ').trim()].slice(0, LONGEST).join('');
}
