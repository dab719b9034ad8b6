/** Path attributes of a session with 2-octet AS numbers as one with 4 would have them (RFC 6793 section 4.2.3). */
import { AS_TRANS, type AsPath, decodePath, isConfederation, mergePaths } from '../bgp/as-path.ts';
import { EXTENDED_LENGTH } from '../bgp/attribute-table.ts';
import { Cursor } from '../net/cursor.ts';
import { AGGREGATOR, AS_PATH, AS4_AGGREGATOR, AS4_PATH, emptyPlaces, locateAttributes } from './attribute-places.ts';

/** One attribute: flags, code, length of 1 or 2 octets, value (RFC 4271 section 4.3). */
export function encodeAttribute(flags: number, code: number, value: Uint8Array): Uint8Array {
  const long = value.length > 255;
  const head = long
    ? [flags | EXTENDED_LENGTH, code, value.length >> 8, value.length & 0xff]
    : [flags & ~EXTENDED_LENGTH, code, value.length];
  const octets = new Uint8Array(head.length + value.length);
  octets.set(head);
  octets.set(value, head.length);
  return octets;
}

function widePath(path: AsPath): Uint8Array {
  const octets = new Uint8Array(path.reduce((sum, { asns }) => sum + 2 + 4 * asns.length, 0));
  const fields = new DataView(octets.buffer);
  let at = 0;
  for (const { type, asns } of path) {
    octets[at] = type;
    octets[at + 1] = asns.length;
    at += 2;
    for (const as of asns) {
      fields.setUint32(at, as);
      at += 4;
    }
  }
  return octets;
}

/**
 * The attributes at `start` to `end` with AS_PATH and AGGREGATOR of 4-octet AS numbers, AS4_PATH and AS4_AGGREGATOR merged
 * in and gone. A path that cannot be read stays as it is, for its reader to judge; what cannot be framed is left out.
 */
export function widenAttributes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const places = emptyPlaces();
  locateAttributes(bytes, start, end, places);
  const valueAt = (code: number) =>
    places.starts[code]! < 0 ? null : new Cursor(bytes, places.starts[code]!, places.ends[code]!);
  const aggregator = valueAt(AGGREGATOR);
  const aggregatorAs = aggregator !== null && aggregator.left === 6 ? aggregator.u16() : 0;
  const stale = aggregatorAs !== 0 && aggregatorAs !== AS_TRANS && valueAt(AS4_AGGREGATOR) !== null;

  function wide(code: number, value: Cursor): Uint8Array {
    if (code === AS_PATH) {
      const path = decodePath(value, 2);
      if (typeof path === 'string') return bytes.subarray(places.starts[code]!, places.ends[code]!);
      const value4 = stale ? null : valueAt(AS4_PATH);
      const path4 = value4 === null ? null : decodePath(value4, 4);
      if (path4 === null || typeof path4 === 'string') return widePath(path);
      return widePath(
        mergePaths(
          path,
          path4.filter(segment => !isConfederation(segment)),
        ),
      );
    }
    const value4 = valueAt(AS4_AGGREGATOR);
    if (value.left !== 6) return value.view(value.left);
    if (!stale && aggregatorAs === AS_TRANS && value4?.left === 8) return value4.view(8);
    return Uint8Array.of(0, 0, ...value.view(6));
  }

  const parts: Uint8Array[] = [];
  const list = new Cursor(bytes, start, end);
  while (list.left > 0) {
    const at = list.offset;
    const flags = list.u8();
    const code = list.u8();
    const length = (flags & EXTENDED_LENGTH) === 0 ? list.u8() : list.u16();
    const value = list.sub(length);
    if (list.failed) break;
    if (code === AS_PATH || code === AGGREGATOR) parts.push(encodeAttribute(flags, code, wide(code, value)));
    else if (code !== AS4_PATH && code !== AS4_AGGREGATOR) parts.push(bytes.subarray(at, list.offset));
  }
  return Buffer.concat(parts);
}
