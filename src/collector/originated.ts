/**
 * What our own routers originate: prefixes that peers of our own AS hold with a path without another AS. The tables are gone
 * through now and then, in slices; it is told when it is another set than before.
 */
import { flattenPath } from '../bgp/as-path.ts';
import { BLACKHOLE } from '../net/community.ts';
import { covers, formatPrefix, type Prefix } from '../net/prefix.ts';
import { SPECIAL_PREFIXES } from '../net/special-prefixes.ts';
import { type Rib, walkRoutes } from '../rib/adj-rib-in.ts';
import { prefixById } from '../rib/query.ts';
import type { OriginatedMessage } from './messages.ts';
import { decodeSet } from './rows.ts';

/** Prefixes that are learned; beyond, they are counted. */
export const MAX_ORIGINATED = 50_000;
/** Prefix ids of one table that are passed before others are served: well below a millisecond. */
const SLICE = 4096;
/** Lengths that may be announced to others: shorter is a default route or a part of one, longer stays at home. */
const LENGTHS = { 1: { least: 8, most: 24 }, 2: { least: 16, most: 48 } } as const;

export interface OriginatedSurroundings {
  readonly rib: Rib;
  /** Numbers of the peers of our own AS, and whether the table of each is whole. */
  readonly peers: () => readonly { readonly number: number; readonly whole: boolean }[];
  readonly localAs: () => number;
  readonly tell: (message: Omit<OriginatedMessage, 'type'>) => void;
}

export interface Originated {
  /** Whether anybody wants to know. Who begins to want it is told of all. */
  want(wanted: boolean): void;
  /** Goes through the tables, unless that is going on. */
  look(): void;
}

/** True when the prefix may be in the table of another AS. */
function goesOut(prefix: Prefix): boolean {
  const { least, most } = LENGTHS[prefix.afi];
  return (
    prefix.length >= least && prefix.length <= most && !SPECIAL_PREFIXES.some(special => covers(special.prefix, prefix))
  );
}

export function createOriginated({ rib, peers, localAs, tell }: OriginatedSurroundings): Originated {
  let wanted = false;
  let told: { readonly prefixes: ReadonlySet<string>; readonly more: number; readonly whole: boolean } | null = null;
  let looking = false;

  /** True when a set with this origin is one that a router of the AS made, to be announced to others. */
  function isOwn(attribute: number, as: number): boolean {
    const { path, communities } = decodeSet(rib, attribute).set;
    return flattenPath(path).every(one => one === as) && !communities.includes(BLACKHOLE);
  }

  /** One way through the tables; it yields between slices, and ends without a word when a table went meanwhile. */
  function* walk(): Generator<undefined, void> {
    const as = localAs();
    const own = peers();
    const found = new Set<string>();
    let more = 0;
    for (const { number } of own) {
      const table = rib.tables[number];
      if (!table) continue;
      for (const afi of [1, 2] as const)
        for (let from = 0; from < (afi === 1 ? rib.ids4 : rib.ids6).size; from += SLICE) {
          if (rib.tables[number] !== table) return;
          // No longer than a slice: an id may stand for another set after that.
          const known = new Map<number, boolean>();
          walkRoutes(table, afi, from, from + SLICE, (id, _, attribute) => {
            // Of a whole table nearly all routes are passed here.
            if (rib.attributes.originOf(attribute) !== as) return;
            const mine = known.get(attribute) ?? isOwn(attribute, as);
            known.set(attribute, mine);
            if (!mine) return;
            const prefix = prefixById(rib, afi, id);
            if (!goesOut(prefix)) return;
            const text = formatPrefix(prefix);
            if (found.size < MAX_ORIGINATED) found.add(text);
            else if (!found.has(text)) more++;
          });
          yield;
        }
    }
    const whole = own.length > 0 && own.every(one => one.whole);
    const same =
      told?.whole === whole &&
      told.more === more &&
      told.prefixes.size === found.size &&
      [...found].every(text => told!.prefixes.has(text));
    if (same || !wanted || as !== localAs()) return;
    told = { prefixes: found, more, whole };
    tell({ origin: as, prefixes: [...found], more, whole });
  }

  return {
    want(now) {
      if (now && !wanted) told = null;
      wanted = now;
    },
    look() {
      if (looking || !wanted) return;
      looking = true;
      const steps = walk();
      const slice = () => {
        if (steps.next().done) looking = false;
        else setImmediate(slice);
      };
      slice();
    },
  };
}
