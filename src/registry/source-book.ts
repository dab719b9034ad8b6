/**
 * All objects of one IRR source: route objects in columns (object-store.ts), objects of other classes as text
 * (other-objects.ts). A dump and NRTM fill it by the same two operations.
 */
import type { Prefix } from '../net/prefix.ts';
import { type ObjectStore, objectStore } from './object-store.ts';
import { type OtherObjects, otherObjects } from './other-objects.ts';
import { readRouteObject } from './route-object.ts';
import { routeScan } from './route-scan.ts';
import type { PlainTaker, RpslObject, RpslProblem } from './rpsl.ts';

/** What an operation did. */
export type Applied =
  | {
      readonly ok: true;
      /** The prefix on whose routes verdicts may be others now; null when no verdict can be. */
      readonly touched: Prefix | null;
      /** Values of the object that were left out. */
      readonly refused: readonly RpslProblem[];
    }
  | { readonly ok: false; readonly problem: RpslProblem };

export interface SourceBook {
  /** The configured name. */
  readonly source: string;
  readonly routes: ObjectStore;
  readonly others: OtherObjects;
  /**
   * One operation of a dump or of NRTM. `add`: an object with the same key is replaced. `del`: the key counts, nothing
   * else; what is not there cannot be deleted, and that is a problem to be told, not an error.
   */
  apply(operation: 'add' | 'del', object: RpslObject): Applied;
  /** Adds an object from its octets when it is a plain route object (route-scan.ts); else false, and nothing is done. */
  readonly addPlain: PlainTaker;
}

/** An empty book for the source of this (configured) name. */
export function sourceBook(source: string): SourceBook {
  const routes = objectStore(source);
  const others = otherObjects();
  const scan = routeScan();
  const NOTHING: Applied = { ok: true, touched: null, refused: [] };

  function applyRoute(operation: 'add' | 'del', rpsl: RpslObject): Applied {
    const reading = readRouteObject(rpsl, source);
    if (!reading.ok) return reading;
    const { prefix, origin } = reading.object;
    const bad = (why: string): Applied => ({ ok: false, problem: { line: rpsl.line, why } });
    if (operation === 'del') {
      if (!routes.remove(prefix, origin)) return bad(`${rpsl.class}: there is no such object to delete`);
    } else if (!routes.add(reading.object, rpsl.bytes))
      return bad('too many objects, at all or of this prefix, too many holes or names, or too much text: left out');
    return { ok: true, touched: prefix, refused: operation === 'add' ? reading.refused : [] };
  }

  return {
    source,
    routes,
    others,
    addPlain(objectClass, octets, from, to) {
      const afi = objectClass === 'route' ? 1 : objectClass === 'route6' ? 2 : null;
      return afi !== null && scan.scan(octets, from, to, afi) && routes.addPlain(afi, scan, octets, from, to);
    },
    apply(operation, rpsl) {
      if (rpsl.class === 'route' || rpsl.class === 'route6') return applyRoute(operation, rpsl);
      if (operation === 'add') {
        const problem = others.add(rpsl);
        return problem === null ? NOTHING : { ok: false, problem };
      }
      const key = rpsl.attributes[0]?.value ?? '';
      if (others.remove(rpsl.class, key)) return NOTHING;
      return { ok: false, problem: { line: rpsl.line, why: `${rpsl.class}: there is no such object to delete` } };
    },
  };
}
