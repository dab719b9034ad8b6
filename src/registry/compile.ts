import type { WatchConfig } from '../config/tree.ts';
import { covers, formatPrefix, type Prefix, parsePrefix, wordsOf } from '../net/prefix.ts';
import { inheriting, type MaintainerKeiro, passesOn } from './inherited-keiro.ts';
import type { ObjectStore } from './object-store.ts';
import type { RouteObject } from './objects.ts';
import { type PathRules, pathRuleBook } from './path-rules.ts';
import type { Vrps } from './rpki/vrp-table.ts';
import { slicer } from './slice.ts';
import { IRR_MASK, openSnapshot, type Snapshot, WATCHED_FLAG } from './snapshot.ts';
import { NO_ORIGIN, type SnapshotBuilder, snapshotBuilder } from './snapshot-builder.ts';
import { IRR_STATES } from './verdict.ts';
import { CONFIG_SOURCE, NOBODY, type SetMembersOf, type WatchIndex, watchIndex } from './watch.ts';

/** A source's route objects under its configured name. */
export interface NamedStore {
  readonly name: string;
  readonly store: ObjectStore;
  /** Its objects alone count where it has any for a prefix. Such sources come first. */
  readonly authoritative: boolean;
  /** X-Keiro addresses of its maintainers when its objects inherit them; left out when they do not. */
  readonly keiro?: MaintainerKeiro;
}

/** A registry as it goes to the collectors: two snapshots, one over the other (snapshot.ts). */
export interface Layers {
  readonly base: SharedArrayBuffer;
  readonly overlay: SharedArrayBuffer | null;
  /** What the numbers in them demand of paths: rule N stands at N - 1. */
  readonly rules: readonly PathRules[];
  /** ASes whose unregistered announcements are to be told. */
  readonly ases: ReadonlySet<number>;
  /** Registered prefixes whose watch wants to be told when peers lose them; at most MAX_VISIBLE. */
  readonly visible: readonly string[];
}

/** One state of the registry: the snapshot for the collectors and what the main thread asks beside it. */
export interface Compiled {
  readonly layers: Layers;
  readonly snapshot: Snapshot;
  /** Objects of the prefix that decides about this one, those of the configuration first. */
  objectsFor(prefix: Prefix): readonly RouteObject[];
  /** Watches that the prefix falls under: by its place, or by the objects that decide about it. */
  watchesFor(prefix: Prefix): readonly WatchConfig[];
  readonly watches: WatchIndex;
  /** Objects left aside because a watch declares other origins for their prefix; counted when all was compiled. */
  readonly overruled: number;
  /**
   * Takes in that objects or VRPs of these prefixes have come, changed or gone in the stores: writes their overlay anew,
   * and answers with the prefixes whose routes are to be judged again. Null when so many have changed since all was
   * compiled that it is time to compile all again; nothing is changed then.
   */
  update(touched: readonly Prefix[]): readonly Prefix[] | null;
}

/** Prefixes whose loss can be told: each is looked at every ten seconds, at every peer. */
export const MAX_VISIBLE = 50_000;
/** Objects shown for one prefix; real registries hold a few. */
export const MAX_SHOWN = 64;
/** Prefixes of an overlay. Beyond, judging would become slower, and writing the overlay no longer be a matter of a millisecond. */
export const MAX_OVERLAID = 16_384;
/** Records of an overlay: a prefix written anew leaves those it had behind. */
const MAX_OVERLAID_RECORDS = 2 * MAX_OVERLAID;

const MISMATCH = IRR_STATES.indexOf('mismatch');

/**
 * Makes one generation of sources, VRPs and watches, in slices; the stores must not change meanwhile. VRPs may: `update` is
 * to be told of it. Where a watch declares origins for a prefix, objects of that very prefix with another origin are left
 * aside. Everything inside a watched prefix is watched.
 */
export async function compileRegistry(
  sources: readonly NamedStore[],
  watchConfigs: readonly WatchConfig[],
  vrps: Vrps | null = null,
  setMembers: SetMembersOf = new Map(),
): Promise<Compiled> {
  const watches = watchIndex(watchConfigs, setMembers);
  const ruleBook = pathRuleBook(watchConfigs);
  const guard = guardOf(watches);
  const rows = sources.reduce((sum, { store }) => sum + store.count, 0);
  const extra = watches.declared.length + watches.bare.length;
  const { places, places4, count } = vrps ?? { places: 0, places4: 0, count: 0 };
  // Of objects, IPv6 is never more than a part; the builder grows when a registry is all of one family.
  const builder = snapshotBuilder(
    rows + extra + places4 + 1,
    (rows >> 2) + extra + places - places4 + 1,
    rows + extra + count + 1,
  );
  /** By prefix, what is a hole in objects of it. */
  const holesIn = new Map<string, Set<string>>();
  const pause = slicer();
  let overruled = 0;
  const visible = new Set<string>();

  /** True when some watch guards the objects of these maintainers: by source or name, or by the X-Keiro they pass on. */
  const namesAny = ({ name, keiro }: NamedStore, maintainers: readonly string[]): boolean =>
    watches.anySource(name) ||
    watches.anyMaintainer(maintainers, name) ||
    (watches.anyKeiro(name) && passesOn(keiro, maintainers));

  /** Adds one object, and notes its holes. */
  function addRow(
    to: SnapshotBuilder,
    source: NamedStore,
    index: number,
    named: (maintainers: number) => boolean,
    keiro: boolean,
  ): void {
    const { store, authoritative } = source;
    const { afi, w0, w1, w2, w3, length, origin, maintainers, hasKeiro, hasHoles } = store.row(index);
    const place = guard.judge(afi, w0, w1, w2, w3, length, origin);
    if ((place & IRR_MASK) === MISMATCH) {
      overruled++;
      return;
    }
    const watched =
      (place & WATCHED_FLAG) !== 0 || named(maintainers) || (keiro && hasKeiro) || watches.ases.has(origin);
    if (watched && watches.sees) see(source, index);
    const rules =
      watched && ruleBook.demands
        ? ruleBook.numberOf(watches.ofObject(inheriting(store.object(index), source.keiro)))
        : 0;
    to.addWords(afi, w0, w1, w2, w3, length, origin, watched, authoritative, rules);
    if (!hasHoles) return;
    const object = store.object(index);
    const key = formatPrefix(object.prefix);
    const noted = holesIn.get(key) ?? new Set();
    for (const hole of object.holes) noted.add(formatPrefix(hole));
    holesIn.set(key, noted);
  }

  /** Enters the object's prefix among those that are to be seen, when a watch that guards it wants that. */
  function see(source: NamedStore, index: number): void {
    if (visible.size >= MAX_VISIBLE) return;
    const object = inheriting(source.store.object(index), source.keiro);
    if (watches.ofObject(object).some(({ visibility }) => visibility !== null))
      visible.add(formatPrefix(object.prefix));
  }

  for (const source of sources) {
    const { name, store } = source;
    const named = store.maintainerSets.map(maintainers => namesAny(source, maintainers));
    const keiro = watches.anyKeiro(name);
    for (let i = 0; i < store.rows; i++) {
      if ((i & 0xff) === 0) await pause();
      if (store.live(i)) addRow(builder, source, i, set => named[set]!, keiro);
    }
  }
  for (const object of watches.declared) addDeclared(builder, object);
  for (const prefix of watches.bare) builder.add(prefix, NO_ORIGIN, true);
  for (const holes of [...holesIn.values()]) for (const hole of holes) addHoles(builder, parsePrefix(hole)!);
  // Asked anew for each slice: one that comes meanwhile moves the places of IPv6 (vrp-table.ts).
  for (let place = 0; vrps !== null && place < vrps.places; place += 1024) {
    await pause();
    vrps.forEach(builder.addVrp, place, place + 1024);
  }
  for (let entry = 0; entry < builder.prefixes; entry += 1024) {
    await pause();
    builder.link(entry, entry + 1024);
  }
  const base = builder.freeze();
  const overlay = snapshotBuilder(64, 64);
  const layersOf = (laid: SharedArrayBuffer | null): Layers => ({
    ...{ base, overlay: laid, rules: [...ruleBook.rules], ases: watches.ases, visible: [...visible] },
  });
  let layers = layersOf(null);
  let snapshot = openSnapshot(base);

  /** Says of which objects of covering prefixes this one is a hole: of those of one key it must be one of all that count. */
  function addHoles(to: SnapshotBuilder, hole: Prefix): void {
    const text = formatPrefix(hole);
    for (const { store } of sources)
      for (const index of store.rowsCovering(hole)) {
        if (!store.row(index).hasHoles) continue;
        const { prefix, origin, holes } = store.object(index);
        if (!holes.some(one => formatPrefix(one) === text)) continue;
        if (counting(prefix, origin).every(object => object.holes.some(one => covers(one, hole))))
          to.addHole(hole, prefix.length, origin);
      }
  }

  /** Objects of this key that count: declared, or else of authoritative sources where these have the prefix, or else all. */
  function counting(prefix: Prefix, origin: number): readonly RouteObject[] {
    const text = formatPrefix(prefix);
    const declared = watches.declared.filter(object => formatPrefix(object.prefix) === text);
    if (declared.length > 0) return declared.filter(object => object.origin === origin);
    const held = sources.filter(({ store }) => store.rowsOf(prefix).length > 0);
    const best = held.some(({ authoritative }) => authoritative);
    return held
      .filter(({ authoritative }) => authoritative === best)
      .flatMap(({ store }) => store.rowsOf(prefix).map(store.object))
      .filter(object => object.origin === origin);
  }

  /** Adds what a watch declares: the operator's own word is better than any source's. */
  function addDeclared(to: SnapshotBuilder, object: RouteObject): void {
    const { prefix, origin } = object;
    const [w0, w1, w2, w3] = wordsOf(prefix);
    const guarding = watches.ofObject(object);
    if (origin !== NOBODY && visible.size < MAX_VISIBLE && guarding.some(({ visibility }) => visibility !== null))
      visible.add(formatPrefix(prefix));
    const rules = ruleBook.numberOf(guarding);
    to.addWords(prefix.afi, w0, w1, w2, w3, prefix.length, origin, true, true, rules);
  }

  /** Writes all that is known of one prefix into the overlay. */
  function overlayPrefix(prefix: Prefix): void {
    overlay.clear(prefix);
    for (const source of sources) {
      const { name, store } = source;
      const named = (set: number) => namesAny(source, store.maintainerSets[set]!);
      for (const index of store.rowsOf(prefix)) addRow(overlay, source, index, named, watches.anyKeiro(name));
    }
    const text = formatPrefix(prefix);
    for (const one of watches.declared) if (formatPrefix(one.prefix) === text) addDeclared(overlay, one);
    if (watches.bare.some(one => formatPrefix(one) === text)) overlay.add(prefix, NO_ORIGIN, true);
    addHoles(overlay, prefix);
    const [w0, w1, w2, w3] = wordsOf(prefix);
    const { afi, length } = prefix;
    vrps?.of(afi, w0, w1, w2, w3, length, (maxLength, asn) =>
      overlay.addVrp(afi, w0, w1, w2, w3, length, maxLength, asn),
    );
  }

  function update(touched: readonly Prefix[]): readonly Prefix[] | null {
    if (overlay.prefixes + touched.length > MAX_OVERLAID || overlay.records > MAX_OVERLAID_RECORDS) return null;
    const wrong = overruled;
    for (const prefix of touched) {
      overlayPrefix(prefix);
      // Its objects' holes, those they had before and those they have now.
      for (const hole of holesIn.get(formatPrefix(prefix)) ?? []) overlayPrefix(parsePrefix(hole)!);
    }
    overruled = wrong;
    layers = layersOf(overlay.copy());
    snapshot = openSnapshot(base, layers.overlay);
    return touched;
  }

  function objectsFor(prefix: Prefix): readonly RouteObject[] {
    const { decidedBy } = snapshot.decide(prefix, NO_ORIGIN);
    if (decidedBy === null) return [];
    const text = formatPrefix(decidedBy);
    const declared = watches.declared.filter(object => formatPrefix(object.prefix) === text);
    const held = sources.flatMap(source => source.store.rowsOf(decidedBy).map(row => ({ source, row })));
    const shown = held.slice(0, MAX_SHOWN).map(({ source, row }) => inheriting(source.store.object(row), source.keiro));
    // One that a watch overrules decides nothing.
    const others = shown.filter(({ origin }) => declared.length === 0 || declared.some(one => one.origin === origin));
    return [...declared, ...others];
  }

  function watchesFor(prefix: Prefix): readonly WatchConfig[] {
    const found = new Set(watches.ofPrefix(prefix));
    // A declared object speaks for its own watch alone, which ofPrefix has found.
    for (const object of objectsFor(prefix))
      if (object.source !== CONFIG_SOURCE) for (const watch of watches.ofObject(object)) found.add(watch);
    return watchConfigs.filter(watch => found.has(watch));
  }

  return {
    get layers() {
      return layers;
    },
    get snapshot() {
      return snapshot;
    },
    objectsFor,
    watchesFor,
    watches,
    overruled,
    update,
  };
}

/** The watched prefixes as a snapshot of their own: what lies inside one, and which origins it declares. */
function guardOf(watches: WatchIndex): Snapshot {
  const builder = snapshotBuilder(watches.declared.length + watches.bare.length, 16);
  for (const { prefix, origin } of watches.declared) builder.add(prefix, origin, true);
  for (const prefix of watches.bare) builder.add(prefix, NO_ORIGIN, true);
  return openSnapshot(builder.freeze());
}
