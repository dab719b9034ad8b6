/**
 * Watched prefixes that peers had and have no longer. Counted are those who hold a prefix, not withdrawals: a peer that had it,
 * whose table is whole, and that has no route for the very prefix is a witness of its loss, until it has one again. What a
 * peer never had it cannot have lost; what it had is remembered over its sessions.
 */
import { formatPrefix, type Prefix, parsePrefix } from '../net/prefix.ts';
import type { JudgedChange } from '../registry/judged-change.ts';
import { type Rib, routeOf, routesOf } from '../rib/adj-rib-in.ts';
import { ORIGIN_NONE } from '../rib/attribute-store.ts';
import { createNlriIds } from './nlri-ids.ts';
import type { RowPeer } from './rows.ts';

/** Prefixes that are looked at before others are served: about a millisecond with a few peers. */
const SLICE = 2048;

export interface VisibilitySurroundings {
  readonly rib: Rib;
  readonly rowOf: (number: number) => RowPeer | undefined;
  readonly isWhole: (number: number, afi: 1 | 2) => boolean;
  readonly tell: (change: JudgedChange) => void;
  readonly now: () => number;
  /** Goes on with long work when others have been served. */
  readonly later: (work: () => void) => void;
}

export interface Visibility {
  /** These prefixes are to be seen from now on. Of one that is dropped the loss is told to be over. */
  watch(prefixes: readonly string[]): void;
  /** Looks at all of them, in slices. */
  look(): void;
  /** Looks at what one peer has of a family, at once: its table has just become whole. */
  lookAt(number: number, afi: 1 | 2): void;
  /** The session of a peer is lost: what it lost before, and whether it has it, nobody knows. */
  lose(number: number): void;
  /** The peer is no more, and its number may be another's. */
  forget(number: number): void;
}

interface Seen {
  readonly prefix: Prefix;
  readonly text: string;
  /** Peers that have it, or had it, by number, each by the name it had then. */
  readonly had: Map<number, string>;
  /** Those of them that are witnesses of its loss. */
  readonly lost: Set<number>;
  /** Who announced it when it was last looked at; 0: nobody known. */
  origin: number;
}

export function createVisibility({ rib, rowOf, isWhole, tell, now, later }: VisibilitySurroundings): Visibility {
  const nlriIds = createNlriIds(rib);
  let seen = new Map<string, Seen>();
  /** Those that some peer has lost: a few, mostly none. */
  const missing = new Set<Seen>();
  let looking = false;

  function say(one: Seen, { name, as, address }: RowPeer, what: JudgedChange['what'], why: JudgedChange['why']): void {
    const origin = one.origin === 0 || one.origin === ORIGIN_NONE ? null : one.origin;
    tell({
      ...{
        peer: name,
        peerAs: as,
        peerAddress: address,
        prefix: one.text,
        origin,
        kind: 'visibility',
        offender: origin,
      },
      ...{ ground: `${one.lost.size} of ${one.had.size} peers that had it have it no longer`, hadBy: one.had.size },
      ...{ what, why, time: now(), path: [], state: 'unknown', decidedBy: one.text },
    });
  }

  function lookFor(one: Seen, number: number): void {
    const { afi } = one.prefix;
    const table = rib.tables[number];
    const row = rowOf(number);
    if (!table || row === undefined || !isWhole(number, afi)) return;
    if (one.had.has(number) && one.had.get(number) !== row.name) {
      one.had.delete(number);
      one.lost.delete(number);
    }
    const id = nlriIds.of(one.prefix);
    if (id >= 0 && routesOf(table, afi, id).length > 0) {
      one.had.set(number, row.name);
      if (one.lost.delete(number)) {
        if (one.lost.size === 0) missing.delete(one);
        say(one, row, 'gone', 'update');
      }
      // While it is lost to somebody, the loss keeps the name it was told by.
      const attribute = routeOf(table, afi, id);
      if (one.lost.size === 0 && attribute !== 0) one.origin = rib.attributes.originOf(attribute);
    } else if (one.had.has(number) && !one.lost.has(number)) {
      one.lost.add(number);
      missing.add(one);
      say(one, row, 'held', 'withdraw');
    }
  }

  return {
    watch(prefixes) {
      const next = new Map<string, Seen>();
      for (const text of prefixes) {
        const prefix = parsePrefix(text);
        if (prefix === null) continue;
        const known = seen.get(text);
        next.set(text, known ?? { prefix, text: formatPrefix(prefix), had: new Map(), lost: new Set(), origin: 0 });
      }
      for (const one of [...missing])
        if (!next.has(one.text)) {
          missing.delete(one);
          for (const number of one.lost) {
            const row = rowOf(number);
            if (row !== undefined) say(one, row, 'gone', 'registry');
          }
        }
      seen = next;
    },
    look() {
      if (looking || seen.size === 0) return;
      looking = true;
      const all = [...seen.values()];
      let at = 0;
      const slice = () => {
        for (const end = Math.min(at + SLICE, all.length); at < end; at++)
          for (let number = 0; number < rib.tables.length; number++)
            // A reload may have dropped it meanwhile.
            if (seen.get(all[at]!.text) === all[at]) lookFor(all[at]!, number);
        if (at < all.length) later(slice);
        else looking = false;
      };
      slice();
    },
    lookAt(number, afi) {
      for (const one of seen.values()) if (one.prefix.afi === afi) lookFor(one, number);
    },
    lose(number) {
      const row = rowOf(number);
      for (const one of [...missing]) {
        if (!one.lost.delete(number)) continue;
        if (one.lost.size === 0) missing.delete(one);
        if (row !== undefined) say(one, row, 'unseen', 'session');
      }
    },
    forget(number) {
      for (const one of seen.values()) one.had.delete(number);
    },
  };
}
