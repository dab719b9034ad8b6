/**
 * From NLRI on the wire to prefix ids, off the hot road: routes with path identifiers (RFC 7911 section 3), and those of a peer
 * whose routes are stale. Nothing is allocated for a route.
 */

import { UNICAST } from '../bgp/family.ts';
import { decodeNlri } from '../bgp/nlri.ts';
import type { Afi } from '../net/address.ts';
import { type Prefix, wordsOf } from '../net/prefix.ts';
import type { Rib } from '../rib/adj-rib-in.ts';
import type { Stale } from '../rib/stale.ts';

export interface NlriIds {
  /**
   * Visits the routes of `bytes[start..end)` with prefix id and path identifier (as a signed number; 0 without `pathIds`).
   * `intern`: a prefix never seen gets an id; without, it has -1. False when a route is malformed (RFC 7606 section 5.3): those
   * before it were visited. Where `group` is given, routes that are announced to a multicast prefix are told to it instead
   * (RFC 4271 section 6.3).
   */
  walk(
    bytes: Uint8Array,
    afi: Afi,
    start: number,
    end: number,
    form: { readonly pathIds: boolean; readonly intern: boolean; readonly group?: () => void },
    visit: (id: number, pathId: number) => void,
  ): boolean;
  /** Takes the marks of routes just announced away: they are not stale any more. `was` is called for those that were. */
  freshen(stale: Stale, afi: Afi, bytes: Uint8Array, start: number, end: number, was: (id: number) => void): void;
  /** The id of a prefix, -1 when it was never seen. */
  of(prefix: Prefix): number;
}

/** True when routes read whole with path identifiers, so that they may not be what they look like without. */
export function hasPathIds(bytes: Uint8Array, afi: Afi, start: number, end: number): boolean {
  return !('what' in decodeNlri(bytes, { afi, safi: UNICAST, start, end, pathIds: true, withdrawn: false }));
}

export function createNlriIds({ ids4, ids6 }: Rib): NlriIds {
  const words = new Int32Array(4);
  const find = (afi: Afi, length: number): number =>
    afi === 1 ? ids4.find(words[0]!, length) : ids6.find(words[0]!, words[1]!, words[2]!, words[3]!, length);
  const give = (afi: Afi, length: number): number =>
    afi === 1 ? ids4.intern(words[0]!, length) : ids6.intern(words[0]!, words[1]!, words[2]!, words[3]!, length);
  const isGroup = (afi: Afi, length: number) =>
    afi === 1 ? words[0]! >>> 28 === 14 && length >= 4 : words[0]! >>> 24 === 0xff && length >= 8;
  const ids: NlriIds = {
    of(prefix) {
      words.set(wordsOf(prefix));
      return find(prefix.afi, prefix.length);
    },
    freshen({ marks }, afi, bytes, start, end, was) {
      ids.walk(bytes, afi, start, end, { pathIds: false, intern: false }, id => {
        if (id < 0 || (marks[id] ?? 0) === 0) return;
        marks[id] = 0;
        was(id);
      });
    },
    walk(bytes, afi, start, end, { pathIds, intern, group }, visit) {
      const most = afi === 1 ? 32 : 128;
      for (let at = start; at < end; ) {
        let pathId = 0;
        if (pathIds) {
          pathId = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
          at += 4;
          if (at >= end) return false;
        }
        const length = bytes[at++]!;
        const octets = (length + 7) >> 3;
        if (length > most || octets > end - at) return false;
        words.fill(0);
        for (let i = 0; i < octets; i++) words[i >> 2]! |= bytes[at + i]! << (24 - (i & 3) * 8);
        // Bits behind the length mean nothing (RFC 4271 section 4.3).
        if ((length & 31) !== 0) words[length >> 5]! &= -1 << (32 - (length & 31));
        at += octets;
        if (intern && group !== undefined && isGroup(afi, length)) group();
        else visit(intern ? give(afi, length) : find(afi, length), pathId);
      }
      return true;
    },
  };
  return ids;
}
