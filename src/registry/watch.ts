import type { WatchConfig } from '../config/tree.ts';
import { covers, formatPrefix, type Prefix, parsePrefix, prefixOf } from '../net/prefix.ts';
import { SPECIAL_PREFIXES } from '../net/special-prefixes.ts';
import type { RouteObject } from './objects.ts';

/** Source name of objects that stand in the configuration: `watch … { prefix P origin N; }`. */
export const CONFIG_SOURCE = 'CONFIG';

/** Origin of an object by which nobody may announce the prefix, as in a ROA (RFC 6483 section 4). */
export const NOBODY = 0;

/** Why nobody may announce a prefix. */
export type Nobodys = 'segment' | 'unused' | 'bogon';

/** ASes of the as-sets that a watch names, by the name of the watch. */
export type SetMembersOf = ReadonlyMap<string, readonly number[]>;

/** A prefix that our own routers originate, and the AS that is its origin there. */
export interface OwnRoute {
  readonly prefix: Prefix;
  readonly origin: number;
}

/** What a watch with `originated` guards now; of one without it, nothing. */
export type OriginatedOf = (watch: WatchConfig) => readonly OwnRoute[];

/** The watches, arranged for the questions asked of them. */
export interface WatchIndex {
  /** Watches with a selector by prefix that is this prefix or covers it, in the order of the configuration. */
  ofPrefix(prefix: Prefix): readonly WatchConfig[];
  /** Watches that guard the object by any selector. */
  ofObject(object: RouteObject): readonly WatchConfig[];
  /** Watches that guard what this AS announces. */
  ofOrigin(asn: number): readonly WatchConfig[];
  /** True when `maintainer M [in SOURCE]` of some watch names one of these (upper case). */
  anyMaintainer(maintainers: readonly string[], source: string): boolean;
  /** True when some watch guards every object of this source that has an X-Keiro address, or inherits one. */
  anyKeiro(source: string): boolean;
  /** True when some watch guards every object of this source. */
  anySource(source: string): boolean;
  /** ASes of `as` and `as-set`: their objects are guarded, and so is what they announce. */
  readonly ases: ReadonlySet<number>;
  /** Objects that the watches themselves declare. */
  readonly declared: readonly RouteObject[];
  /** Those of them for this very prefix. */
  declaredFor(prefix: Prefix): readonly RouteObject[];
  /** Those of them for it and for what covers it, the shortest first. */
  declaredCovering(prefix: Prefix): readonly RouteObject[];
  /** Why nobody may announce this very prefix; null when no watch says so. */
  nobodys(prefix: Prefix): Nobodys | null;
  /** True when some watch wants to be told when peers lose a prefix. */
  readonly sees: boolean;
  /** Prefixes watched without an origin of their own. */
  readonly bare: readonly Prefix[];
}

/** Arranges the watches of a configuration; one with a prefix that is none was refused before (config/check.ts). */
export function watchIndex(
  watches: readonly WatchConfig[],
  setMembers: SetMembersOf = new Map(),
  originated: OriginatedOf = () => [],
): WatchIndex {
  const byPrefix = new Map<string, Set<WatchConfig>>();
  const lengths = new Set<number>();
  const declared: RouteObject[] = [];
  const declaredBy = new Map<string, RouteObject[]>();
  const nobodys = new Map<string, Nobodys>();
  const bare: Prefix[] = [];
  const asesOf = new Map(watches.map(one => [one, new Set([...one.ases, ...(setMembers.get(one.name) ?? [])])]));

  function place(watch: WatchConfig, prefix: Prefix): string {
    const text = formatPrefix(prefix);
    lengths.add(prefix.length);
    if (!byPrefix.has(text)) byPrefix.set(text, new Set());
    byPrefix.get(text)!.add(watch);
    return text;
  }
  function declare(text: string, object: RouteObject): void {
    declared.push(object);
    const same = declaredBy.get(text);
    if (same === undefined) declaredBy.set(text, [object]);
    else same.push(object);
  }
  function declareNobodys(watch: WatchConfig, prefix: Prefix | null, why: Nobodys, what: string): void {
    if (prefix === null) return;
    const text = place(watch, prefix);
    if (!nobodys.has(text)) nobodys.set(text, why);
    declare(text, declaredObject(watch.name, prefix, NOBODY, what));
  }
  for (const watch of watches) {
    for (const selector of watch.prefixes) {
      const prefix = parsePrefix(selector.prefix);
      if (prefix === null) continue;
      const text = place(watch, prefix);
      if (selector.origins.length === 0) bare.push(prefix);
      for (const origin of selector.origins)
        declare(text, declaredObject(watch.name, prefix, origin, `prefix ${text} origin ${origin}`));
    }
    for (const text of watch.segments) declareNobodys(watch, parsePrefix(text), 'segment', `segment ${text}`);
    for (const text of watch.unused) declareNobodys(watch, parsePrefix(text), 'unused', `unused ${text}`);
    if (watch.bogons)
      for (const { prefix, what } of SPECIAL_PREFIXES) declareNobodys(watch, prefix, 'bogon', `bogons (${what})`);
  }

  // What is written comes before what is learned.
  const stated = new Set(declaredBy.keys());
  const nobodysSpace = declared.filter(({ origin }) => origin === NOBODY);
  for (const watch of watches)
    for (const { prefix, origin } of originated(watch)) {
      if (stated.has(formatPrefix(prefix)) || nobodysSpace.some(one => covers(one.prefix, prefix))) continue;
      declare(place(watch, prefix), declaredObject(watch.name, prefix, origin, 'originated'));
    }

  const declaredFor = (prefix: Prefix): readonly RouteObject[] => declaredBy.get(formatPrefix(prefix)) ?? [];

  function ofPrefix(prefix: Prefix): readonly WatchConfig[] {
    const found = new Set<WatchConfig>();
    for (const length of lengths)
      if (length <= prefix.length)
        for (const watch of byPrefix.get(formatPrefix(prefixOf(prefix, length))) ?? []) found.add(watch);
    return watches.filter(watch => found.has(watch));
  }

  /** By maintainer (upper case), the watches that name it, each with the source that it means; null: any. */
  const byMaintainer = new Map<string, { readonly watch: WatchConfig; readonly source: string | null }[]>();
  for (const watch of watches)
    for (const { maintainer, source } of watch.maintainers) {
      const name = maintainer.toUpperCase();
      byMaintainer.set(name, [...(byMaintainer.get(name) ?? []), { watch, source }]);
    }
  const naming = (maintainers: readonly string[], source: string): WatchConfig[] =>
    maintainers.flatMap(name =>
      (byMaintainer.get(name) ?? []).filter(one => one.source === null || one.source === source).map(one => one.watch),
    );
  const namesKeiro = (watch: WatchConfig, source: string) =>
    watch.keiro.some(selector => selector.source === null || selector.source === source);

  return {
    ofPrefix,
    ofObject(object) {
      const maintainers = object.mntBy.map(name => name.toUpperCase());
      const found = new Set([...ofPrefix(object.prefix), ...naming(maintainers, object.source)]);
      return watches.filter(
        watch =>
          found.has(watch) ||
          watch.sources.includes(object.source) ||
          asesOf.get(watch)!.has(object.origin) ||
          ((object.keiro.length > 0 || object.inherited !== undefined) && namesKeiro(watch, object.source)),
      );
    },
    ofOrigin: asn => watches.filter(watch => asesOf.get(watch)!.has(asn)),
    anyMaintainer: (maintainers, source) => naming(maintainers, source).length > 0,
    anyKeiro: source => watches.some(watch => namesKeiro(watch, source)),
    anySource: source => watches.some(watch => watch.sources.includes(source)),
    ases: new Set([...asesOf.values()].flatMap(ases => [...ases])),
    declared,
    declaredFor,
    declaredCovering: prefix =>
      declared.length === 0
        ? []
        : Array.from({ length: prefix.length + 1 }, (_, length) => declaredFor(prefixOf(prefix, length))).flat(),
    sees: watches.some(({ visibility }) => visibility !== null),
    nobodys: prefix => nobodys.get(formatPrefix(prefix)) ?? null,
    bare,
  };
}

function declaredObject(watch: string, prefix: Prefix, origin: number, what: string): RouteObject {
  return {
    source: CONFIG_SOURCE,
    prefix,
    origin,
    mntBy: [],
    holes: [],
    memberOf: [],
    keiro: [],
    notify: [],
    descr: `watch ${watch}`,
    text: `watch ${watch} { ${what}; }`,
  };
}
