import type { WatchConfig } from '../config/tree.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import type { ObjectStore } from './object-store.ts';
import type { RouteObject } from './objects.ts';
import { slicer } from './slice.ts';
import { NO_ORIGIN, openSnapshot, type Snapshot, snapshotBuilder, WATCHED_FLAG } from './snapshot.ts';
import { IRR_STATES } from './verdict.ts';
import { CONFIG_SOURCE, type WatchIndex, watchIndex } from './watch.ts';

/** A source's objects under its configured name. */
export interface NamedStore {
  readonly name: string;
  readonly store: ObjectStore;
}

/** One generation of the registry: the snapshot for the collectors and what the main thread asks beside it. */
export interface Compiled {
  readonly sab: SharedArrayBuffer;
  readonly snapshot: Snapshot;
  /** Objects of the prefix that decides about this one, those of the configuration first. */
  objectsFor(prefix: Prefix): readonly RouteObject[];
  /** Watches that the prefix falls under: by its place, or by the objects that decide about it. */
  watchesFor(prefix: Prefix): readonly WatchConfig[];
  readonly watches: WatchIndex;
  /** Objects left aside because a watch declares other origins for their prefix. */
  readonly overruled: number;
}

/** Objects shown for one prefix; real registries hold a few. */
export const MAX_SHOWN = 64;

const MISMATCH = IRR_STATES.indexOf('mismatch');

/**
 * Makes one generation of sources and watches, in slices. Where a watch declares origins for a prefix, objects of that
 * very prefix with another origin are left aside. Everything inside a watched prefix is watched.
 */
export async function compileRegistry(
  sources: readonly NamedStore[],
  watchConfigs: readonly WatchConfig[],
): Promise<Compiled> {
  const watches = watchIndex(watchConfigs);
  const guard = guardOf(watches);
  const rows = sources.reduce((sum, { store }) => sum + store.count, 0);
  const extra = watches.declared.length + watches.bare.length;
  // IPv6 is never more than a part; the builder grows when a registry is all of one family.
  const builder = snapshotBuilder(rows + extra, (rows >> 2) + extra);
  const pause = slicer();
  let overruled = 0;
  for (const { name, store } of sources) {
    const named = store.maintainerSets.map(maintainers => watches.anyMaintainer(maintainers, name));
    const keiro = watches.anyKeiro(name);
    for (let i = 0; i < store.rows; i++) {
      if ((i & 0xff) === 0) await pause();
      if (!store.live(i)) continue;
      const { afi, w0, w1, w2, w3, length, origin, maintainers, hasKeiro } = store.row(i);
      const place = guard.judge(afi, w0, w1, w2, w3, length, origin);
      if ((place & ~WATCHED_FLAG) === MISMATCH) {
        overruled++;
        continue;
      }
      const watched = place !== 0 || named[maintainers]! || (keiro && hasKeiro);
      builder.addWords(afi, w0, w1, w2, w3, length, origin, watched);
    }
  }
  for (const { prefix, origin } of watches.declared) builder.add(prefix, origin, true);
  for (const prefix of watches.bare) builder.add(prefix, NO_ORIGIN, true);
  const sab = builder.freeze();
  const snapshot = openSnapshot(sab);

  function objectsFor(prefix: Prefix): readonly RouteObject[] {
    const { decidedBy } = snapshot.decide(prefix, NO_ORIGIN);
    if (decidedBy === null) return [];
    const text = formatPrefix(decidedBy);
    const declared = watches.declared.filter(object => formatPrefix(object.prefix) === text);
    const held = sources.flatMap(({ store }) => store.rowsOf(decidedBy).map(row => ({ store, row })));
    const shown = held.slice(0, MAX_SHOWN).map(({ store, row }) => store.object(row));
    // One that a watch overrules decides nothing.
    const others =
      declared.length > 0 ? shown.filter(({ origin }) => declared.some(one => one.origin === origin)) : shown;
    return [...declared, ...others];
  }

  function watchesFor(prefix: Prefix): readonly WatchConfig[] {
    const found = new Set(watches.ofPrefix(prefix));
    // A declared object speaks for its own watch alone, which ofPrefix has found.
    for (const object of objectsFor(prefix))
      if (object.source !== CONFIG_SOURCE) for (const watch of watches.ofObject(object)) found.add(watch);
    return watchConfigs.filter(watch => found.has(watch));
  }

  return { sab, snapshot, objectsFor, watchesFor, watches, overruled };
}

/** The watched prefixes as a snapshot of their own: what lies inside one, and which origins it declares. */
function guardOf(watches: WatchIndex): Snapshot {
  const builder = snapshotBuilder(watches.declared.length + watches.bare.length, 16);
  for (const { prefix, origin } of watches.declared) builder.add(prefix, origin, true);
  for (const prefix of watches.bare) builder.add(prefix, NO_ORIGIN, true);
  return openSnapshot(builder.freeze());
}
