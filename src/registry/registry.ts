/**
 * The registry of the daemon: the union of the configured IRR sources, with the watches, as one generation after the other.
 * Changes of all sources wait in one queue; each is taken when the generation before is made, so that a generation is of one
 * state of all sources.
 */
import { isDeepStrictEqual } from 'node:util';
import type { IrrConfig, WatchConfig } from '../config/tree.ts';
import type { Afi } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import { type Compiled, compileRegistry, type Layers } from './compile.ts';
import type { SourceStatus } from './held-source.ts';
import type { RouteObject } from './objects.ts';
import type { Vrps } from './rpki/vrp-table.ts';
import { expandAsSet } from './set-expansion.ts';
import { type Decision, WATCHED_FLAG } from './snapshot.ts';
import { NO_ORIGIN } from './snapshot-builder.ts';
import type { SourceBook } from './source-book.ts';
import type { SourceSize } from './source-size.ts';
import { openSources, type SourceReport } from './sources.ts';
import type { Nobodys, OriginatedOf, SetMembersOf } from './watch.ts';

export interface RegistryReport {
  readonly sources: readonly SourceReport[];
  readonly prefixes: number;
  readonly objects: number;
  /** Objects left aside because a watch declares other origins. */
  readonly overruled: number;
  readonly milliseconds: number;
}

/** A generation of the registry as it goes to the collectors. */
export interface RegistryGeneration {
  readonly layers: Layers;
  /** Prefixes inside which verdicts may be others than in the generation before; null: anywhere. */
  readonly touched: readonly Prefix[] | null;
  /** Counts up from 1. */
  readonly generation: number;
  readonly report: RegistryReport;
}

export interface Registry {
  /**
   * Takes a configuration: reads the sources that are new or whose file changed, and makes a new generation. A source
   * that cannot be read keeps its last good copy (the report says so); one that is fetched is in use as it was kept by the
   * last run. Reloads queue up; rejects only after `close`.
   */
  reload(irr: readonly IrrConfig[], watches: readonly WatchConfig[]): Promise<RegistryGeneration>;
  /** Asks for a whole copy of one source, to be taken though it be small with `force`. Null: there is no such source. */
  reloadSource(name: string, force: boolean): Promise<SourceReport | null>;
  /** VRPs of these prefixes are others; null: it is another set. A new generation follows. */
  vrpsChanged(touched: readonly Prefix[] | null): void;
  /** Our own routers originate other prefixes than before, by `originated` of the options. A new generation follows. */
  originatedChanged(): void;
  /** The verdict of the generation in force, with its ground. `origin` is an AS number or NO_ORIGIN. */
  decide(prefix: Prefix, origin: number): Decision;
  /** Whether a route of this prefix is watched, whatever its origin: address words and length as for a snapshot's `judge`. */
  isWatched(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number): boolean;
  /** Why nobody may announce this very prefix, as a watch says; null when none does. */
  nobodys(prefix: Prefix): Nobodys | null;
  /** Watches that guard what this AS announces. */
  watchesOf(asn: number): readonly WatchConfig[];
  /** Objects of the prefix itself, or else of the most specific one that covers it; at most MAX_SHOWN. */
  objectsFor(prefix: Prefix): readonly RouteObject[];
  watchesFor(prefix: Prefix): readonly WatchConfig[];
  /** Watches that guard the object, by any selector. */
  guards(object: RouteObject): readonly WatchConfig[];
  /** What the watches declare for the prefix and for what covers it, learned or written. */
  declaredCovering(prefix: Prefix): readonly RouteObject[];
  /** All objects in use, by source, in the order of authority. */
  books(): readonly SourceBook[];
  /**
   * True when the source is configured and no copy of it is in use, or only one that is not believed to be whole: what
   * it would say is not known.
   */
  lacks(source: string): boolean;
  status(now?: number): readonly SourceStatus[];
  /** Objects whose loss a watch wants to be told and that are too many to be looked at. */
  unseen(): number;
  /** Stops all feeds. */
  close(): void;
}

/** What the registry tells without being asked. */
export interface RegistryListener {
  /** A source changed, and a new generation is in force. */
  readonly onRefresh: (generation: RegistryGeneration) => void;
  /** A source is in trouble, in words; said once for each new trouble. */
  readonly onTrouble: (source: string, why: string) => void;
  /** Something about a source that is over but that a person should know. */
  readonly onAlarm: (source: string, why: string) => void;
  /** The trouble of a source is over. */
  readonly onWell?: (source: string) => void;
  /** A copy that is believed to be whole is in use: what the next run has to know of it. */
  readonly onWhole: (size: SourceSize) => void;
}

export interface RegistryOptions {
  /** Where feeds keep what they fetch. */
  readonly directory: string;
  /** What the last run knew of its sources: the first copies of this one are held against it. */
  readonly earlier?: readonly SourceSize[];
  /** The VRPs in force; left out: there are none. */
  readonly vrps?: () => Vrps;
  /** What our own routers originate; left out: it is not known. */
  readonly originated?: OriginatedOf;
  /** Nothing is asked of any server and nothing is written: of what is fetched there is what was kept in `directory`. */
  readonly offline?: boolean;
}

/** A registry without a source, until `reload`. */
export async function openRegistry(
  listener: RegistryListener,
  { directory, earlier = [], vrps, originated, offline = false }: RegistryOptions,
): Promise<Registry> {
  let watches: readonly WatchConfig[] = [];
  let compiled: Compiled = await compileRegistry([], []);
  let generation = 0;
  let setMembers: SetMembersOf = new Map();
  const setTroubles = new Map<string, string>();
  let closed = false;
  /** Reloads under way: what comes meanwhile is in the generation that they end with. */
  let reloading = 0;

  /** Work of one kind, one after the other. */
  function queue(): <T>(work: () => Promise<T>) => Promise<T> {
    let last: Promise<unknown> = Promise.resolve();
    return work => {
      const turn = last.then(() => {
        if (closed) throw new Error('the registry is closed');
        return work();
      });
      last = turn.catch(() => {});
      return turn;
    };
  }
  const inTurn = queue();
  const inReload = queue();

  const sources = openSources({
    ...listener,
    directory,
    earlier,
    offline,
    inTurn,
    async onChange(report, touched) {
      if (reloading > 0) return;
      const made = await makeGeneration([report], touched);
      if (!closed) listener.onRefresh(made);
    },
  });

  /** ASes of the as-sets that watches name, as the sources have them now. */
  async function membersOf(configs: readonly WatchConfig[]): Promise<SetMembersOf> {
    const found = new Map<string, readonly number[]>();
    for (const { name, asSets } of configs) {
      if (asSets.length === 0) continue;
      const ases = new Set<number>();
      for (const { asSet, source } of asSets) {
        const books = sources.ranked().flatMap(({ book }) => (source === null || book.source === source ? [book] : []));
        const expansion = await expandAsSet(books, asSet);
        const missing =
          expansion === null ? `${asSet}, which \`watch ${name}\` names, is in no source` : expansion.stopped;
        if (missing !== '') tellOfSet(name, asSet, missing);
        for (const as of expansion?.members ?? []) ases.add(as);
      }
      found.set(
        name,
        [...ases].sort((a, b) => a - b),
      );
    }
    return found;
  }

  /** Says once for each new trouble that an as-set is not what a watch takes it for. */
  function tellOfSet(watch: string, asSet: string, why: string): void {
    if (setTroubles.get(`${watch} ${asSet}`) === why) return;
    setTroubles.set(`${watch} ${asSet}`, why);
    listener.onAlarm(asSet, why);
  }

  /** A generation of all sources as they are. Where only `touched` have changed, an overlay over the last one will do. */
  async function makeGeneration(
    reports: readonly SourceReport[],
    changed: readonly Prefix[] | null,
  ): Promise<RegistryGeneration> {
    const begun = performance.now();
    const members = await membersOf(watches);
    const sameMembers = isDeepStrictEqual(members, setMembers);
    const touched = changed === null || !sameMembers ? null : compiled.update(changed);
    if (touched === null) {
      const stores = sources.ranked().map(({ book, ...rest }) => ({ name: book.source, store: book.routes, ...rest }));
      compiled = await compileRegistry(stores, watches, vrps?.(), members, originated);
      setMembers = members;
    }
    generation++;
    const { layers, snapshot, overruled } = compiled;
    const report: RegistryReport = {
      sources: reports,
      prefixes: snapshot.prefixes4 + snapshot.prefixes6,
      objects: snapshot.objects,
      overruled,
      milliseconds: performance.now() - begun,
    };
    return { layers, touched, generation, report };
  }

  /** Makes a generation of the sources as they are. While a reload is under way they are of two configurations. */
  function renew(touched: readonly Prefix[] | null): void {
    inTurn(async () => (reloading > 0 ? null : makeGeneration([], touched))).then(
      made => {
        if (made !== null && !closed) listener.onRefresh(made);
      },
      () => {}, // closed meanwhile
    );
  }

  return {
    reload: (irr, nextWatches) =>
      inReload(async () => {
        reloading++;
        const reports = await sources.configure(irr).finally(() => {
          reloading--;
        });
        return inTurn(() => {
          watches = nextWatches;
          return makeGeneration(reports, null);
        });
      }),
    reloadSource: (name, force) => sources.reload(name, force),
    vrpsChanged(touched) {
      if (touched?.length !== 0) renew(touched);
    },
    originatedChanged: () => renew(null),
    decide: (prefix, origin) => compiled.snapshot.decide(prefix, origin),
    isWatched: (afi, w0, w1, w2, w3, length) =>
      (compiled.snapshot.judge(afi, w0, w1, w2, w3, length, NO_ORIGIN) & WATCHED_FLAG) !== 0,
    nobodys: prefix => compiled.watches.nobodys(prefix),
    watchesOf: asn => compiled.watches.ofOrigin(asn),
    objectsFor: prefix => compiled.objectsFor(prefix),
    watchesFor: prefix => compiled.watchesFor(prefix),
    guards: object => compiled.watches.ofObject(object),
    declaredCovering: prefix => compiled.watches.declaredCovering(prefix),
    books: () => sources.ranked().map(({ book }) => book),
    lacks: name => sources.lacks(name),
    status: (now = Date.now()) => sources.status(now),
    unseen: () => compiled.unseen,
    close() {
      closed = true;
      sources.close();
    },
  };
}
