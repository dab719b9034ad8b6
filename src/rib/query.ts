/** Questions about the routes held now: which prefix ids a question names, in the order they are shown. */
import { type Afi, formatAddress } from '../net/address.ts';
import { type Prefix, wordsOf } from '../net/prefix.ts';
import { NO_PREFIX } from '../net/prefix-ids.ts';
import type { Rib } from './adj-rib-in.ts';

export type Scope = 'match' | 'exact' | 'longer' | 'shorter';

/** A prefix the table knows. */
export interface KnownPrefix {
  readonly afi: Afi;
  readonly id: number;
}

/** The word with all but the first `bits` of it cleared; `bits` may be below 0 or above 32. */
function head(word: number, bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? word : word & (-1 << (32 - bits));
}

function find(rib: Rib, afi: Afi, w: readonly [number, number, number, number], length: number): number {
  if (afi === 1) return rib.ids4.find(head(w[0], length), length);
  return rib.ids6.find(
    head(w[0], length),
    head(w[1], length - 32),
    head(w[2], length - 64),
    head(w[3], length - 96),
    length,
  );
}

/**
 * Prefixes that a question names and that `held` says yes to. `exact`: the prefix itself; `match`: the longest that
 * covers it; `shorter`: all that cover it, shortest first; `longer`: itself and all inside it, in address order. A walk
 * over `longer` passes through the whole table once.
 */
export function prefixesFor(
  rib: Rib,
  prefix: Prefix,
  scope: Scope,
  held: (known: KnownPrefix) => boolean,
): KnownPrefix[] {
  const { afi, length } = prefix;
  const words = wordsOf(prefix);
  const ids = afi === 1 ? rib.ids4 : rib.ids6;
  if (scope === 'longer') return inside(rib, afi, words, length).filter(held);
  const found: KnownPrefix[] = [];
  const shortest = scope === 'exact' ? length : 0;
  for (let l = length; l >= shortest; l--) {
    if (ids.ofLength[l] === 0) continue;
    const id = find(rib, afi, words, l);
    if (id < 0 || !held({ afi, id })) continue;
    found.unshift({ afi, id });
    if (scope === 'match') break;
  }
  return found;
}

function inside(rib: Rib, afi: Afi, words: readonly [number, number, number, number], length: number): KnownPrefix[] {
  const ids = afi === 1 ? rib.ids4 : rib.ids6;
  const width = afi === 1 ? 1 : 4;
  const found: number[] = [];
  if (afi === 1 && length === 0) return wholeTable4(rib);
  for (let id = 0; id < ids.size; id++) {
    if (ids.length[id]! < length || ids.length[id] === NO_PREFIX) continue;
    let same = true;
    for (let i = 0; same && i < width; i++)
      same = head(ids.address[id * width + i]!, length - i * 32) === words[i as 0 | 1 | 2 | 3];
    if (same) found.push(id);
  }
  const order = (a: number, b: number): number => {
    for (let i = 0; i < width; i++) {
      const difference = (ids.address[a * width + i]! >>> 0) - (ids.address[b * width + i]! >>> 0);
      if (difference !== 0) return difference;
    }
    return ids.length[a]! - ids.length[b]!;
  };
  return found.sort(order).map(id => ({ afi, id }));
}

/** Every IPv4 prefix in address order: a million numbers are sorted in a tenth of a second, with a comparison in one. */
function wholeTable4({ ids4 }: Rib): KnownPrefix[] {
  const keys = new Float64Array(ids4.live);
  let count = 0;
  for (let id = 0; id < ids4.size; id++)
    if (ids4.length[id] !== NO_PREFIX) keys[count++] = (ids4.address[id]! >>> 0) * 64 + ids4.length[id]!;
  keys.sort();
  return Array.from(keys, key => ({ afi: 1, id: ids4.find(Math.floor(key / 64) | 0, key % 64) }));
}

/** The prefix behind a prefix id. */
export function prefixById(rib: Rib, afi: Afi, id: number): Prefix {
  const ids = afi === 1 ? rib.ids4 : rib.ids6;
  const width = afi === 1 ? 1 : 4;
  const bytes = new Uint8Array(width * 4);
  for (let i = 0; i < bytes.length; i++) bytes[i] = ids.address[id * width + (i >> 2)]! >>> (24 - (i & 3) * 8);
  return { afi, bytes, length: ids.length[id]! };
}

/** Text of a next hop as it stood in MP_REACH_NLRI: the global address, and the link-local one behind a blank. */
export function formatNextHop(octets: Uint8Array): string {
  if (octets.length === 4) return formatAddress({ afi: 1, bytes: octets });
  if (octets.length < 16) return '';
  const global = formatAddress({ afi: 2, bytes: octets.subarray(0, 16) });
  return octets.length >= 32 ? `${global} ${formatAddress({ afi: 2, bytes: octets.subarray(16, 32) })}` : global;
}
