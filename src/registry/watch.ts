import type { WatchConfig } from '../config/tree.ts';
import { formatPrefix, type Prefix, parsePrefix, prefixOf } from '../net/prefix.ts';
import type { RouteObject } from './objects.ts';

/** Source name of objects that stand in the configuration: `watch … { prefix P origin N; }`. */
export const CONFIG_SOURCE = 'CONFIG';

/** The watches, arranged for the two questions asked of them. */
export interface WatchIndex {
  /** Watches with a `prefix` selector that is this prefix or covers it, in the order of the configuration. */
  ofPrefix(prefix: Prefix): readonly WatchConfig[];
  /** Watches that guard the object by any selector. */
  ofObject(object: RouteObject): readonly WatchConfig[];
  /** True when `maintainer M [in SOURCE]` of some watch names one of these (upper case). */
  anyMaintainer(maintainers: readonly string[], source: string): boolean;
  /** True when some watch guards every object of this source that has an X-Keiro address, or inherits one. */
  anyKeiro(source: string): boolean;
  /** Objects that the watches themselves declare. */
  readonly declared: readonly RouteObject[];
  /** Prefixes watched without an origin of their own. */
  readonly bare: readonly Prefix[];
}

/** Arranges the watches of a configuration; one with a prefix that is none was refused before (config/check.ts). */
export function watchIndex(watches: readonly WatchConfig[]): WatchIndex {
  const byPrefix = new Map<string, Set<WatchConfig>>();
  const lengths = new Set<number>();
  const declared: RouteObject[] = [];
  const bare: Prefix[] = [];
  for (const watch of watches)
    for (const selector of watch.prefixes) {
      const prefix = parsePrefix(selector.prefix);
      if (prefix === null) continue;
      const text = formatPrefix(prefix);
      lengths.add(prefix.length);
      if (!byPrefix.has(text)) byPrefix.set(text, new Set());
      byPrefix.get(text)!.add(watch);
      if (selector.origins.length === 0) bare.push(prefix);
      for (const origin of selector.origins) declared.push(declaredObject(watch.name, prefix, origin));
    }

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
          ((object.keiro.length > 0 || object.inherited !== undefined) && namesKeiro(watch, object.source)),
      );
    },
    anyMaintainer: (maintainers, source) => naming(maintainers, source).length > 0,
    anyKeiro: source => watches.some(watch => namesKeiro(watch, source)),
    declared,
    bare,
  };
}

function declaredObject(watch: string, prefix: Prefix, origin: number): RouteObject {
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
    text: `watch ${watch} { prefix ${formatPrefix(prefix)} origin ${origin}; }`,
  };
}
