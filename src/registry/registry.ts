import type { IrrConfig, WatchConfig } from '../config/tree.ts';
import type { Prefix } from '../net/prefix.ts';
import { type Compiled, compileRegistry, type Layers } from './compile.ts';
import type { RouteObject } from './objects.ts';
import type { RpslProblem } from './rpsl.ts';
import type { Decision } from './snapshot.ts';
import {
  type FileMark,
  type LoadedSource,
  loadSource,
  markOf,
  type SourceSize,
  sameMark,
  whyNotReplace,
} from './sources.ts';

/** What a reload did with one source. `kept`: the new copy was refused and the last good one stays in use. */
export interface SourceReport {
  readonly source: string;
  readonly what: 'loaded' | 'unchanged' | 'kept' | 'missing';
  /** Route objects in use. */
  readonly objects: number;
  /** Why the new copy was refused; empty otherwise. */
  readonly why: string;
}

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

/** Row of `show irr`. Times are ms since the epoch, null when there is no copy in use. */
export interface SourceStatus {
  readonly source: string;
  readonly file: string;
  readonly authoritative: boolean;
  readonly objects: number;
  readonly skipped: number;
  readonly dead: number;
  readonly problems: number;
  readonly refusedAddresses: number;
  readonly loaded: number | null;
  readonly mtime: number | null;
  /** Milliseconds since the file of the copy in use was written. */
  readonly age: number | null;
  /** Why the newest copy of the file is not in use; empty when it is. */
  readonly lastError: string;
  readonly firstProblems: readonly RpslProblem[];
}

export interface Registry {
  /**
   * Takes a configuration: reads the sources that are new or whose file changed, and makes a new generation. A source
   * that cannot be read keeps its last good copy (the report says so). Reloads queue up; rejects only after `close`.
   */
  reload(irr: readonly IrrConfig[], watches: readonly WatchConfig[]): Promise<RegistryGeneration>;
  /** The verdict of the generation in force, with its ground. `origin` is an AS number or NO_ORIGIN. */
  decide(prefix: Prefix, origin: number): Decision;
  /** Objects of the prefix itself, or else of the most specific one that covers it; at most MAX_SHOWN. */
  objectsFor(prefix: Prefix): readonly RouteObject[];
  watchesFor(prefix: Prefix): readonly WatchConfig[];
  /** Watches that guard the object, by any selector. */
  guards(object: RouteObject): readonly WatchConfig[];
  /**
   * True when the source is configured and no copy of it is in use, or only one that is not believed to be whole: what
   * it would say is not known.
   */
  lacks(source: string): boolean;
  status(now?: number): readonly SourceStatus[];
  /** Stops looking at the files. */
  close(): void;
}

/** What the registry tells without being asked. */
export interface RegistryListener {
  /** A file changed, was read, and a new generation is in force. */
  readonly onRefresh: (generation: RegistryGeneration) => void;
  /** A source is in trouble, in words; said once for each new trouble. */
  readonly onTrouble: (source: string, why: string) => void;
  /** A copy that is believed to be whole is in use: what the next run has to know of it. */
  readonly onWhole: (size: SourceSize) => void;
}

interface HeldSource {
  config: IrrConfig;
  copy: LoadedSource | null;
  /** The copy in use is held against this larger one of an earlier run, and is used for want of another. */
  doubted: SourceSize | null;
  /** The newest state of the file that was tried, good or not: the same one is not read twice. */
  tried: FileMark | null;
  lastError: string;
  timer: NodeJS.Timeout | null;
}

/**
 * The union of the configured IRR sources, with the watches, as one generation after the other. `earlier` is what the last
 * run knew of its sources: the first copy of this one is held against it.
 */
export async function openRegistry(listener: RegistryListener, earlier: readonly SourceSize[] = []): Promise<Registry> {
  const held = new Map<string, HeldSource>();
  let watches: readonly WatchConfig[] = [];
  let compiled: Compiled = await compileRegistry([], []);
  let generation = 0;
  let closed = false;
  let queue: Promise<unknown> = Promise.resolve();

  /** One after the other: a generation is made of one state of all sources. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(() => {
      if (closed) throw new Error('the registry is closed');
      return work();
    });
    queue = turn.catch(() => {});
    return turn;
  }

  function trouble(source: HeldSource, why: string): void {
    if (why !== '' && why !== source.lastError) listener.onTrouble(source.config.name, why);
    source.lastError = why;
  }

  /** Looks at the file and reads it when it is not the one in use or the one last refused. */
  async function look(source: HeldSource): Promise<SourceReport> {
    const report = (what: SourceReport['what'], why = ''): SourceReport => ({
      source: source.config.name,
      what,
      objects: source.copy?.counts.objects ?? 0,
      why,
    });
    const refuse = (why: string): SourceReport => {
      trouble(source, why);
      return report(source.copy === null ? 'missing' : 'kept', why);
    };
    const mark = await markOf(source.config.dump ?? '');
    if (typeof mark === 'string') {
      source.tried = null;
      return refuse(mark);
    }
    if (sameMark(source.tried, mark)) return source.lastError === '' ? report('unchanged') : refuse(source.lastError);
    const load = await loadSource(source.config, () => {});
    source.tried = load.mark;
    if (!load.ok) return refuse(load.why);
    // Another file than before is the operator's own choice, however small it is.
    const size: SourceSize = { name: source.config.name, file: load.file, objects: load.counts.objects };
    const last =
      source.copy === null
        ? (earlier.find(({ name }) => name === size.name) ?? null)
        : (source.doubted ?? sizeOf(source));
    const why = last?.file === load.file ? whyNotReplace(last, size) : null;
    // A part of the registry finds more than none of it: it is used, but nothing is believed to be over by it.
    const better = source.copy === null || (source.doubted !== null && size.objects > source.copy.counts.objects);
    if (why !== null && !better) return refuse(why);
    source.copy = load;
    source.doubted = why === null ? null : last;
    trouble(source, why ?? '');
    if (why === null) listener.onWhole(size);
    return report('loaded', why ?? '');
  }

  const sizeOf = ({ config: { name }, copy }: HeldSource): SourceSize | null =>
    copy && { name, file: copy.file, objects: copy.counts.objects };

  async function makeGeneration(sources: readonly SourceReport[], begun: number): Promise<RegistryGeneration> {
    // Authoritative sources come first wherever objects are listed.
    const inUse = [...held.values()]
      .filter(source => source.copy !== null)
      .sort((a, b) => Number(b.config.authoritative) - Number(a.config.authoritative))
      .map(({ config, copy }) => ({ name: config.name, store: copy!.store, authoritative: config.authoritative }));
    compiled = await compileRegistry(inUse, watches);
    generation++;
    const { snapshot, overruled } = compiled;
    const report: RegistryReport = {
      sources,
      prefixes: snapshot.prefixes4 + snapshot.prefixes6,
      objects: snapshot.objects,
      overruled,
      milliseconds: performance.now() - begun,
    };
    return { layers: compiled.layers, touched: null, generation, report };
  }

  async function refresh(source: HeldSource): Promise<void> {
    const begun = performance.now();
    const report = await look(source);
    if (report.what !== 'loaded' || held.get(source.config.name) !== source) return;
    const made = await makeGeneration([report], begun);
    if (!closed) listener.onRefresh(made);
  }

  function poll(source: HeldSource): void {
    if (source.timer !== null) clearTimeout(source.timer);
    source.timer = null;
    if (source.config.refresh <= 0 || closed) return;
    source.timer = setTimeout(() => {
      inTurn(() => refresh(source)).then(
        () => poll(source),
        () => {}, // closed meanwhile
      );
    }, source.config.refresh);
    source.timer.unref();
  }

  function drop(name: string, source: HeldSource): void {
    if (source.timer !== null) clearTimeout(source.timer);
    held.delete(name);
  }

  return {
    reload: (irr, nextWatches) =>
      inTurn(async () => {
        const begun = performance.now();
        for (const [name, source] of held) if (!irr.some(config => config.name === name)) drop(name, source);
        const reports: SourceReport[] = [];
        for (const config of irr) {
          const source = held.get(config.name) ?? {
            config,
            copy: null,
            doubted: null,
            tried: null,
            lastError: '',
            timer: null,
          };
          source.config = config;
          held.set(config.name, source);
          reports.push(await look(source));
          poll(source);
        }
        watches = nextWatches;
        return makeGeneration(reports, begun);
      }),
    decide: (prefix, origin) => compiled.snapshot.decide(prefix, origin),
    objectsFor: prefix => compiled.objectsFor(prefix),
    watchesFor: prefix => compiled.watchesFor(prefix),
    guards: object => compiled.watches.ofObject(object),
    lacks(name) {
      const source = held.get(name);
      return source !== undefined && (source.copy === null || source.doubted !== null);
    },
    status: (now = Date.now()) =>
      [...held.values()].map(({ config, copy, lastError }) => ({
        source: config.name,
        file: config.dump ?? config.nrtm4?.url ?? '',
        authoritative: config.authoritative,
        objects: copy?.counts.objects ?? 0,
        skipped: copy?.counts.skipped ?? 0,
        dead: copy?.counts.dead ?? 0,
        problems: copy?.counts.problems ?? 0,
        refusedAddresses: copy?.refused ?? 0,
        loaded: copy?.loaded ?? null,
        mtime: copy?.mark.mtime ?? null,
        age: copy === null ? null : Math.max(0, now - copy.mark.mtime),
        lastError,
        firstProblems: copy?.problems ?? [],
      })),
    close() {
      closed = true;
      for (const [name, source] of [...held]) drop(name, source);
    },
  };
}
