/** Questions about the routes held now: which prefix ids a question names, in the order they are shown. */
import { type Afi, formatAddress } from '../net/address.ts';
import { type Prefix, wordsOf } from '../net/prefix.ts';
import type { Rib } from './adj-rib-in.ts';
import { head, idsInside } from './prefix-walk.ts';

export type Scope = 'match' | 'exact' | 'longer' | 'shorter';

/** A prefix the table knows. */
export interface KnownPrefix {
  readonly afi: Afi;
  readonly id: number;
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
 * covers it; `shorter`: all that cover it, shortest first; `longer`: itself and all inside it, in address order
 * (prefix-walk.ts). Null stands for a turn in which none was found.
 */
export function* prefixesFor(
  rib: Rib,
  prefix: Prefix,
  scope: Scope,
  held: (known: KnownPrefix) => boolean,
): Generator<KnownPrefix | null> {
  const { afi, length } = prefix;
  const words = wordsOf(prefix);
  if (scope === 'longer') {
    for (const id of idsInside(rib, afi, words, length))
      if (id === null) yield null;
      else if (held({ afi, id })) yield { afi, id };
    return;
  }
  const ids = afi === 1 ? rib.ids4 : rib.ids6;
  const found: KnownPrefix[] = [];
  const shortest = scope === 'exact' ? length : 0;
  for (let l = length; l >= shortest; l--) {
    if (ids.ofLength[l] === 0) continue;
    const id = find(rib, afi, words, l);
    if (id < 0 || !held({ afi, id })) continue;
    found.unshift({ afi, id });
    if (scope === 'match') break;
  }
  yield* found;
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
