/**
 * The configured sources and their feeds. What a feed brings is taken one thing after the other, in the turn of the
 * registry; the registry is told what has changed, and makes a generation of it.
 */
import type { IrrConfig } from '../config/tree.ts';
import type { Prefix } from '../net/prefix.ts';
import {
  addAlarm,
  type HeldSource,
  heldSource,
  isStale,
  lastError,
  type SourceStatus,
  sizeOf,
  slowLossOf,
  statusOf,
  takeChanges,
  takeWhole,
} from './held-source.ts';
import type { MaintainerKeiro } from './inherited-keiro.ts';
import type { FeedListener } from './irr/feed.ts';
import { sweepLeftOver } from './irr/left-over.ts';
import { feedKey, isLocal, openFeed } from './irr/open-feed.ts';
import type { SourceBook } from './source-book.ts';
import type { SourceSize } from './source-size.ts';
import { outOfDate, troubleOf } from './source-trouble.ts';

/** Milliseconds from one look for sources that have become stale to the next. */
const WATCH = 5000;

/**
 * What a reload did with one source. `kept`: the new copy was refused and the last good one stays in use. `awaited`: it is
 * being fetched.
 */
export interface SourceReport {
  readonly source: string;
  /** What became of it. */
  readonly what: 'loaded' | 'changed' | 'unchanged' | 'kept' | 'missing' | 'awaited';
  /** Route objects in use. */
  readonly objects: number;
  /** Why the new copy was refused; empty otherwise. */
  readonly why: string;
}

export interface SourcesOptions {
  /** Where feeds keep what they fetch. */
  readonly directory: string;
  /** What the last run knew of its sources. */
  readonly earlier: readonly SourceSize[];
  /** See RegistryOptions. */
  readonly offline: boolean;
  /** Runs the work when what was begun before is done. Rejects when nothing more is taken. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Objects of these prefixes have changed; null: all of the source. Called in turn. */
  readonly onChange: (report: SourceReport, touched: readonly Prefix[] | null) => Promise<void>;
  readonly onTrouble: (source: string, why: string) => void;
  readonly onAlarm: (source: string, why: string) => void;
  /** The trouble that was told is over. */
  readonly onWell?: (source: string) => void;
  readonly onWhole: (size: SourceSize) => void;
}

/** A book with its place in the order of authority. */
export interface RankedBook {
  readonly book: SourceBook;
  readonly authoritative: boolean;
  /** X-Keiro addresses of its maintainers, where its objects inherit them. */
  readonly keiro?: MaintainerKeiro;
}

export interface Sources {
  /** Takes a configuration. Resolves when what lies on this machine was looked at; what is fetched comes when it comes. */
  configure(configs: readonly IrrConfig[]): Promise<readonly SourceReport[]>;
  /** Asks for a whole copy of one source, to be taken though it be small with `force`. Null when there is no such source. */
  reload(name: string, force: boolean): Promise<SourceReport | null>;
  /** Books in use, those of authoritative sources first, in the order of the configuration otherwise. */
  ranked(): readonly RankedBook[];
  lacks(name: string): boolean;
  status(now: number): readonly SourceStatus[];
  close(): void;
}

/** Changes so far of what objects of the source inherit; 0 where they inherit nothing. */
const keiroChanges = ({ config, copy }: HeldSource): number =>
  config.keiroInherited === true && copy !== null ? copy.reading.book.others.keiroChanges : 0;

export function openSources(options: SourcesOptions): Sources {
  const { directory, earlier, offline, inTurn, onChange, onTrouble, onAlarm, onWell, onWhole } = options;
  /** In the order of the configuration. */
  let held: ReadonlyMap<string, HeldSource> = new Map();

  const isHeld = (source: HeldSource) => held.get(source.config.name) === source;

  function report(source: HeldSource, what: SourceReport['what'], why = ''): SourceReport {
    return { source: source.config.name, what, objects: sizeOf(source)?.objects ?? 0, why };
  }

  /** Tells each trouble once, and once that it has lasted too long, or that nothing newer has come for too long. */
  function tell(source: HeldSource): void {
    const why = lastError(source);
    if (why !== '' && why !== source.told) onTrouble(source.config.name, why);
    if (why === '' && source.told !== '') onWell?.(source.config.name);
    source.told = why;
    const status = statusOf(source, Date.now());
    // What was kept is old, for whoever asks for it alone.
    const stale = !offline && (isStale(source) || (why === '' && status.age !== null && outOfDate(status)));
    if (stale && !source.staleTold) {
      const [trouble = ''] = troubleOf(status);
      const words = trouble.startsWith('stale: ') ? trouble : `stale: ${trouble}`;
      if (why === '') onAlarm(source.config.name, words);
      else onTrouble(source.config.name, words);
    }
    source.staleTold = stale;
  }
  /** A look that lasts and lasts tells nothing by itself. */
  const watchman = offline ? undefined : setInterval(() => held.forEach(tell), WATCH).unref();

  function raise(source: HeldSource, why: string): void {
    if (addAlarm(source, why) && isHeld(source)) onAlarm(source.config.name, why);
  }

  function listen(source: HeldSource): FeedListener {
    return {
      whole: (reading, origin) =>
        inTurn(async () => {
          if (!isHeld(source)) return 'it is no longer configured';
          const before = earlier.find(({ name }) => name === source.config.name) ?? null;
          const why = takeWhole(source, reading, origin, before);
          if (why !== null) return why;
          if (source.doubted === null) onWhole(sizeOf(source)!);
          tell(source);
          await onChange(report(source, 'loaded', source.doubt), null);
          return null;
        }),
      changes: operations =>
        inTurn(async () => {
          if (!isHeld(source)) return 'it is no longer configured';
          const passedOn = keiroChanges(source);
          const touched = await takeChanges(source, operations);
          if (typeof touched === 'string') return touched;
          const loss = slowLossOf(source);
          if (loss !== null) raise(source, loss);
          // What a maintainer passes on concerns all of its objects.
          if (keiroChanges(source) !== passedOn) await onChange(report(source, 'changed'), null);
          else if (touched.length > 0) await onChange(report(source, 'changed'), touched);
          return null;
        }),
      trouble(why) {
        source.trouble = why;
        if (isHeld(source)) tell(source);
      },
      alarm: why => raise(source, why),
    };
  }

  /** Gives a source its feed. Resolves to what became of it when what lies on this machine was looked at. */
  async function bring(source: HeldSource, config: IrrConfig, begun: boolean): Promise<SourceReport> {
    const { copy } = source;
    const same = source.feed !== null && feedKey(source.config) === feedKey(config);
    source.config = config;
    if (!same) {
      const { feed } = source;
      feed?.stop();
      await feed?.look(false); // two feeds must not keep copies under one name
      source.trouble = '';
      source.feed = openFeed(config, directory, listen(source), offline);
      await source.feed?.started;
    } else if (isLocal(config)) await source.feed!.look(false);
    else void source.feed!.look(false);
    return became(source, begun && source.copy === copy);
  }

  function became(source: HeldSource, same: boolean): SourceReport {
    if (!same && source.copy !== null) return report(source, 'loaded', source.doubt);
    const why = lastError(source);
    if (why !== '') return report(source, source.copy === null ? 'missing' : 'kept', why);
    return report(source, source.copy === null ? 'awaited' : 'unchanged');
  }

  return {
    async configure(configs) {
      const before = held;
      const next = new Map(configs.map(config => [config.name, before.get(config.name) ?? heldSource(config)]));
      for (const [name, source] of before) if (!next.has(name)) source.feed?.stop();
      held = next;
      if (!offline)
        for (const { source, what } of await sweepLeftOver(directory, new Set(next.keys()))) onAlarm(source, what);
      return Promise.all(configs.map(config => bring(next.get(config.name)!, config, before.has(config.name))));
    },
    async reload(name, force) {
      const source = held.get(name);
      if (source === undefined || source.feed === null) return null;
      const { copy } = source;
      source.forced = force;
      await source.feed.look(true);
      source.forced = false;
      return became(source, source.copy === copy);
    },
    ranked() {
      const sources = [...held.values()].filter(({ copy }) => copy !== null);
      sources.sort((a, b) => Number(b.config.authoritative) - Number(a.config.authoritative));
      return sources.map(({ config: { authoritative, keiroInherited }, copy }) => {
        const { book } = copy!.reading;
        return { book, authoritative, ...(keiroInherited && { keiro: book.others.keiro }) };
      });
    },
    lacks(name) {
      const source = held.get(name);
      return source !== undefined && (source.copy === null || source.doubted !== null);
    },
    status: now => [...held.values()].map(source => statusOf(source, now)),
    close() {
      clearInterval(watchman);
      for (const source of held.values()) source.feed?.stop();
      held = new Map();
    },
  };
}
