/** All that the registry and the RPKI in force hold about a prefix, for every verdict that needs its reasons. */
import type { Config } from '../config/tree.ts';
import type { Ground, GroundOf } from '../hijack/assessment.ts';
import { type Prefix, parsePrefix } from '../net/prefix.ts';
import { hasCustomer, maintainersOf } from '../registry/known.ts';
import { readRowOrigin } from '../registry/origin.ts';
import type { Registry } from '../registry/registry.ts';
import { checkRoute, type Grounds } from '../registry/route-check.ts';
import type { Rpki } from '../registry/rpki/rpki.ts';
import { vrpsCovering } from '../registry/rpki/vrps-covering.ts';

export interface GroundParts {
  readonly config: () => Pick<Config, 'irr' | 'watches' | 'localAs'>;
  readonly registry: Pick<Registry, 'books' | 'status' | 'declaredCovering'>;
  readonly rpki: Pick<Rpki, 'view'>;
  /** Now, ms since the epoch; left out: by the machine's clock. */
  readonly clock?: () => number;
}

/** Objects of one source that are looked at. */
const MOST_OBJECTS = 256;

/** All that touches the prefix. */
export function groundsOf(prefix: Prefix, { config, registry, rpki }: GroundParts): Grounds {
  const books = registry.books();
  const { vrps, aspas } = rpki.view();
  const { irr, watches } = config();
  const declared = registry.declaredCovering(prefix);
  const held = books.flatMap(({ routes }) => routes.rowsCovering(prefix).slice(0, MOST_OBJECTS).map(routes.object));
  return {
    objects: [...declared, ...held],
    vrps: vrpsCovering(vrps, prefix),
    aspas: aspas.size === 0 ? null : aspas,
    authoritative: new Set(irr.filter(one => one.authoritative).map(({ name }) => name)),
    ixLans: watches.flatMap(({ segments }) => segments.map(text => parsePrefix(text)!)),
    maintainersOf: as => maintainersOf(books, as),
    hasCustomer: (as, member) => hasCustomer(books, as, member),
  };
}

/** What the case book asks about a route that is held. */
export function groundOfCases(parts: GroundParts): GroundOf {
  return (prefix, origin, path): Ground => {
    const reading = path.length > 0 || origin === null ? readRowOrigin(path, parts.config().localAs) : null;
    const route = {
      prefix,
      origin: reading?.origin ?? origin!,
      remark: reading?.remark ?? null,
      path: path.length > 0 ? path : null,
      direction: 'downstream',
      neighbor: null,
    } as const;
    const check = checkRoute(route, groundsOf(prefix, parts), (parts.clock ?? Date.now)());
    const serials = new Map(parts.registry.status().map(({ source, serial }) => [source, serial]));
    return { check, serials };
  };
}
