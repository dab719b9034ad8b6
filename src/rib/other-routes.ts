/**
 * Routes of the address families besides IPv4 and IPv6 unicast, of one peer: a table by the octets of their NLRI, off the fast
 * road. Nothing is decided by them; they are held to be shown. Their attributes are interned beside those of all other routes.
 */
import type { Family } from '../bgp/family.ts';
import { decodeNlri, type Nlri, type NlriField } from '../bgp/nlri.ts';
import type { AttributeStore } from './attribute-store.ts';

/** What one peer may have in all of these families together: routes, and octets of their NLRI. */
export const MOST_OTHER_ROUTES = 200_000;
export const MOST_OTHER_OCTETS = 32 << 20;

interface Held {
  /** NLRI as announced, path identifier and all. */
  readonly octets: Uint8Array;
  readonly attribute: number;
}

interface Table extends Family {
  /** The NLRI come with path identifiers (RFC 7911). */
  readonly pathIds: boolean;
  readonly routes: Map<string, Held>;
  /** Routes that found no room. */
  refused: number;
  /** Its End-of-RIB has come (RFC 4724 section 2). */
  ended: boolean;
  /** Routes that a route refresh has not announced again yet, while one goes on (RFC 7313 section 4). */
  stale: Set<string> | null;
  /** What was malformed and ended it for the rest of the session (RFC 4760 section 7); '' while it goes on. */
  disabled: string;
}

/** A family as it is counted. */
export interface OtherCount extends Family {
  readonly routes: number;
  readonly refused: number;
  readonly ended: boolean;
  readonly disabled: string;
}

export interface OtherRoutes {
  /** Routes held, in all families. */
  readonly count: number;
  /** True for a family that is held here and not disabled. */
  takes(family: Family): boolean;
  /** Holds the routes of a sound field with an interned set of attributes; returns how many found no room. */
  announce(buffer: Uint8Array, field: NlriField, attribute: number): number;
  withdraw(buffer: Uint8Array, field: NlriField): void;
  /** Drops the routes of a family and takes no more. */
  disable(family: Family, why: string): void;
  endOfRib(family: Family): void;
  /** A route refresh begins; when it ends, what was not announced again is gone (RFC 7313 section 4). */
  refresh(family: Family, what: 'begin' | 'end'): void;
  counts(): OtherCount[];
  /** Routes of a family with their attribute ids, in the order in which they came first. */
  routes(family: Family): Generator<{ readonly route: Nlri; readonly attribute: number }>;
  /** Drops them all. */
  drop(): void;
}

/**
 * What tells routes of a family apart: path identifier, distinguisher and prefix, but no label (RFC 8277 section 2.4); a flow
 * specification is a string of octets (RFC 8955 section 4).
 */
function keyOf(route: Nlri, octets: Uint8Array): string {
  if ('length' in route)
    return `${route.pathId} ${route.rd} ${route.length} ${Buffer.from(route.bytes).toString('latin1')}`;
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}

/** Empty tables for these families; `addPath` are those whose NLRI come with path identifiers. */
export function newOtherRoutes(
  attributes: AttributeStore,
  families: readonly Family[],
  pathIds: (family: Family) => boolean,
): OtherRoutes {
  const tables = families.map(
    (family): Table => ({
      ...{ afi: family.afi, safi: family.safi, pathIds: pathIds(family), routes: new Map() },
      ...{ refused: 0, ended: false, stale: null, disabled: '' },
    }),
  );
  let count = 0;
  let size = 0;
  const tableOf = ({ afi, safi }: Family) => tables.find(table => table.afi === afi && table.safi === safi);

  function remove(table: Table, key: string): void {
    const before = table.routes.get(key);
    if (before === undefined) return;
    table.routes.delete(key);
    count--;
    size -= before.octets.length;
    attributes.release(before.attribute);
  }

  function clear(table: Table): void {
    for (const key of [...table.routes.keys()]) remove(table, key);
  }

  return {
    get count() {
      return count;
    },
    takes: family => tableOf(family)?.disabled === '',
    announce(buffer, field, attribute) {
      const table = tableOf(field);
      if (table === undefined || table.disabled !== '') return 0;
      const refused = table.refused;
      decodeNlri(buffer, field, (route, start, end) => {
        const key = keyOf(route, buffer.subarray(start, end));
        const before = table.routes.get(key);
        table.stale?.delete(key);
        const octets = size + end - start - (before?.octets.length ?? 0);
        if ((before === undefined && count >= MOST_OTHER_ROUTES) || octets > MOST_OTHER_OCTETS) {
          // What was held would now be another route than the peer's.
          remove(table, key);
          table.refused++;
          return;
        }
        attributes.retain(attribute, 1);
        table.routes.set(key, { octets: buffer.slice(start, end), attribute });
        size = octets;
        if (before === undefined) count++;
        else attributes.release(before.attribute);
      });
      return table.refused - refused;
    },
    withdraw(buffer, field) {
      const table = tableOf(field);
      if (table !== undefined)
        decodeNlri(buffer, field, (route, start, end) => remove(table, keyOf(route, buffer.subarray(start, end))));
    },
    disable(family, why) {
      const table = tableOf(family);
      if (table === undefined || table.disabled !== '') return;
      clear(table);
      table.disabled = why;
    },
    endOfRib(family) {
      const table = tableOf(family);
      if (table !== undefined) table.ended = true;
    },
    refresh(family, what) {
      const table = tableOf(family);
      if (table === undefined) return;
      if (what === 'end') for (const key of table.stale ?? []) remove(table, key);
      table.stale = what === 'begin' ? new Set(table.routes.keys()) : null;
    },
    counts: () =>
      tables.map(({ afi, safi, routes, refused, ended, disabled }) => ({
        ...{ afi, safi, routes: routes.size, refused, ended, disabled },
      })),
    *routes(family) {
      const table = tableOf(family);
      if (table === undefined) return;
      const { afi, safi, pathIds: withIds } = table;
      let left = table.routes.size; // what comes while they are walked through is not waited for
      for (const { octets, attribute } of table.routes.values()) {
        if (left-- === 0) return;
        const field = { afi, safi, start: 0, end: octets.length, pathIds: withIds, withdrawn: false };
        const read = decodeNlri(octets, field);
        if (!('what' in read) && read[0] !== undefined) yield { route: read[0], attribute };
      }
    },
    drop() {
      for (const table of tables) clear(table);
    },
  };
}
