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
import { CONFIG_SOURCE, NOBODY, type OriginatedOf, type SetMembersOf, type WatchIndex, watchIndex } from './watch.ts';

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
  /** Objects whose loss is to be told and is not looked at, for there are more than MAX_VISIBLE prefixes. */
  readonly unseen: number;
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

/** Holes in the objects of the prefixes of one update: each is a prefix of the overlay, and has to be found. */
const MAX_OVERLAID_HOLES = 512;

/** An object that has a hole, where it stands. */
interface Holder {
  readonly store: ObjectStore;
  readonly index: number;
}

/** An object with its holes as text; null when it has none. */
type HoledReader = (
  store: ObjectStore,
  index: number,
) => { readonly object: RouteObject; readonly holes: ReadonlySet<string> } | null;

/** Reads each object once: it is good as long as the stores do not change. */
function holedReader(): HoledReader {
  const known = new Map<ObjectStore, Map<number, ReturnType<HoledReader>>>();
  return (store, index) => {
    if (!store.row(index).hasHoles) return null;
    const rows = known.get(store) ?? new Map<number, ReturnType<HoledReader>>();
    known.set(store, rows);
    const before = rows.get(index);
    if (before !== undefined) return before;
    const object = store.object(index);
    const found = { object, holes: new Set(object.holes.map(formatPrefix)) };
    rows.set(index, found);
    return found;
  };
}

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
  originated?: OriginatedOf,
): Promise<Compiled> {
  const watches = watchIndex(watchConfigs, setMembers, originated);
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
  /** By hole, where the objects stand that have it: of the sources as they are while all is compiled. */
  const holders = new Map<string, Holder[]>();
  const pause = slicer();
  let overruled = 0;
  const visible = new Set<string>();
  let unseen = 0;

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
    onHole: (hole: string) => void,
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
    const rules =
      watched && (watches.sees || ruleBook.demands)
        ? demandsOn(inheriting(store.object(index), source.keiro), true)
        : 0;
    to.addWords(afi, w0, w1, w2, w3, length, origin, watched, authoritative, rules);
    if (!hasHoles) return;
    const object = store.object(index);
    const key = formatPrefix(object.prefix);
    const noted = holesIn.get(key) ?? new Set();
    for (const hole of object.holes.map(formatPrefix)) {
      noted.add(hole);
      onHole(hole);
    }
    holesIn.set(key, noted);
  }

  const noteHolder = (hole: string, holder: Holder): void => {
    const list = holders.get(hole);
    if (list === undefined) holders.set(hole, [holder]);
    else list.push(holder);
  };

  /**
   * What the watches that guard an object demand of paths to it, by number; where it may be looked for (`seen`) and one of them
   * wants to be told when peers lose it, it is entered among those that are to be seen.
   */
  function demandsOn(object: RouteObject, seen: boolean): number {
    const guarding = watches.ofObject(object);
    if (seen && guarding.some(({ visibility }) => visibility !== null)) {
      const text = formatPrefix(object.prefix);
      if (visible.size < MAX_VISIBLE) visible.add(text);
      else if (!visible.has(text)) unseen++;
    }
    return ruleBook.numberOf(guarding);
  }

  for (const source of sources) {
    const { name, store } = source;
    const named = store.maintainerSets.map(maintainers => namesAny(source, maintainers));
    const keiro = watches.anyKeiro(name);
    for (let i = 0; i < store.rows; i++) {
      if ((i & 0xff) === 0) await pause();
      if (!store.live(i)) continue;
      addRow(
        builder,
        source,
        i,
        set => named[set]!,
        keiro,
        hole => noteHolder(hole, { store, index: i }),
      );
    }
  }
  for (const object of watches.declared) addDeclared(builder, object);
  for (const prefix of watches.bare) builder.add(prefix, NO_ORIGIN, true);
  for (const [text, list] of holders) {
    const hole = parsePrefix(text)!;
    for (const { store, index } of list) {
      await pause();
      addHole(builder, hole, store.object(index));
    }
  }
  holders.clear();
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

  /** Says of which objects of covering prefixes this one is a hole. `read` gives those that have holes, with their text. */
  function addHoles(to: SnapshotBuilder, hole: Prefix, read: HoledReader): void {
    const text = formatPrefix(hole);
    for (const { store } of sources)
      for (const index of store.rowsCovering(hole)) {
        const found = read(store, index);
        if (found?.holes.has(text)) addHole(to, hole, found.object);
      }
  }

  /** An object has the hole; of those of its key it must be one of all that count. */
  function addHole(to: SnapshotBuilder, hole: Prefix, { prefix, origin }: RouteObject): void {
    if (counting(prefix, origin).every(object => object.holes.some(one => covers(one, hole))))
      to.addHole(hole, prefix.length, origin);
  }

  /** Objects of this key that count: declared, or else of authoritative sources where these have the prefix, or else all. */
  function counting(prefix: Prefix, origin: number): readonly RouteObject[] {
    const declared = watches.declaredFor(prefix);
    if (declared.length > 0) return declared.filter(object => object.origin === origin);
    const held = sources
      .map(source => ({ ...source, rows: source.store.rowsOf(prefix) }))
      .filter(one => one.rows.length > 0);
    const best = held.some(({ authoritative }) => authoritative);
    return held
      .filter(({ authoritative }) => authoritative === best)
      .flatMap(({ store, rows }) => rows.filter(row => store.row(row).origin === origin).map(store.object));
  }

  /** Adds what a watch declares: the operator's own word is better than any source's. */
  function addDeclared(to: SnapshotBuilder, object: RouteObject): void {
    const { prefix, origin } = object;
    const [w0, w1, w2, w3] = wordsOf(prefix);
    const rules = demandsOn(object, origin !== NOBODY);
    to.addWords(prefix.afi, w0, w1, w2, w3, prefix.length, origin, true, true, rules);
  }

  /** Writes all that is known of one prefix into the overlay. */
  function overlayPrefix(prefix: Prefix, read: HoledReader): void {
    overlay.clear(prefix);
    for (const source of sources) {
      const { name, store } = source;
      const named = (set: number) => namesAny(source, store.maintainerSets[set]!);
      for (const index of store.rowsOf(prefix)) addRow(overlay, source, index, named, watches.anyKeiro(name), () => {});
    }
    const text = formatPrefix(prefix);
    for (const one of watches.declaredFor(prefix)) addDeclared(overlay, one);
    if (watches.bare.some(one => formatPrefix(one) === text)) overlay.add(prefix, NO_ORIGIN, true);
    addHoles(overlay, prefix, read);
    const [w0, w1, w2, w3] = wordsOf(prefix);
    const { afi, length } = prefix;
    vrps?.of(afi, w0, w1, w2, w3, length, (maxLength, asn) =>
      overlay.addVrp(afi, w0, w1, w2, w3, length, maxLength, asn),
    );
  }

  /** How many holes objects of the prefix had and have. */
  function holesOf(prefix: Prefix, read: HoledReader): number {
    let now = 0;
    for (const { store } of sources)
      for (const index of store.rowsOf(prefix)) now += read(store, index)?.holes.size ?? 0;
    return now + (holesIn.get(formatPrefix(prefix))?.size ?? 0);
  }

  function update(touched: readonly Prefix[]): readonly Prefix[] | null {
    if (overlay.prefixes + touched.length > MAX_OVERLAID || overlay.records > MAX_OVERLAID_RECORDS) return null;
    const read = holedReader();
    let holes = 0;
    for (const prefix of touched) holes += holesOf(prefix, read);
    if (holes > MAX_OVERLAID_HOLES) return null;
    const wrong = overruled;
    for (const prefix of touched) {
      overlayPrefix(prefix, read);
      // Its objects' holes, those they had before and those they have now.
      for (const hole of holesIn.get(formatPrefix(prefix)) ?? []) overlayPrefix(parsePrefix(hole)!, read);
    }
    overruled = wrong;
    layers = layersOf(overlay.copy());
    snapshot = openSnapshot(base, layers.overlay);
    return touched;
  }

  function objectsFor(prefix: Prefix): readonly RouteObject[] {
    const { decidedBy } = snapshot.decide(prefix, NO_ORIGIN);
    if (decidedBy === null) return [];
    const declared = watches.declaredFor(decidedBy);
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
    get unseen() {
      return unseen;
    },
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
