/**
 * One `rpki` block: its caches and files in the order of preference, of which one serves, and its local exceptions. The next
 * one is tried when those before it have failed; the best that works takes its place again. Data is only given up when its
 * expire interval is over, and a set that has shrunk is doubted: while it is, it adds and takes nothing away.
 */
import { readFile } from 'node:fs/promises';
import type { RpkiConfig } from '../../config/tree.ts';
import { type FileMark, markOf, sameMark, wordsOfError } from './file-mark.ts';
import { type PayloadFeed, payloadFeed, type RpkiCacheStatus } from './payload-feed.ts';
import type { PayloadChange, Payloads } from './payloads.ts';
import { INTERVALS } from './rtr-session.ts';
import { readSlurm, type Slurm } from './slurm.ts';

export interface PayloadSourceListener {
  /** Another state of the source is in force. */
  readonly onChange: (change: PayloadChange) => void;
  /** Something happened that an operator has to know. */
  readonly onTrouble: (why: string) => void;
  readonly onNews: (what: string) => void;
  /** A set of so many VRPs is believed to be whole: what the next run has to know of it. */
  readonly onWhole: (vrps: number) => void;
}

/** Rows of `show rpki`. */
export interface RpkiSourceStatus {
  readonly source: string;
  /** The cache or file in use; null: none. */
  readonly inUse: string | null;
  /** Its data has not been refreshed for two hours. */
  readonly stale: boolean;
  /** Why the set in use is doubted; empty when it is not. */
  readonly doubt: string;
  /** Local exceptions (RFC 8416); null: none are configured. */
  readonly slurm: {
    readonly file: string;
    /** Entries that take something out. */
    readonly filters: number;
    /** Entries that put something in. */
    readonly assertions: number;
  } | null;
  /** What is wrong with it now, a line each. */
  readonly problems: readonly string[];
  /** The caches and files of it. */
  readonly caches: readonly RpkiCacheStatus[];
}

export interface PayloadSource {
  readonly payloads: Payloads | null;
  /** The cache or file that it is of; null: none. */
  readonly inUse: string | null;
  readonly slurm: Slurm | null;
  /** The set in use may not be whole: nothing is taken away by it. */
  readonly doubted: boolean;
  status(): RpkiSourceStatus;
  close(): void;
}

/** A cache that neither works nor fails is waited for so long before the next one is tried. */
const PATIENCE = 5000;
/** How often time is looked at, and how often the file of exceptions; milliseconds. */
const TICK = 1000;
const SLURM_TICKS = 2;
/** Data that was not refreshed for so long is called stale (research: hijack 3.2). */
const STALE = 2 * 3_600_000;
/** A file that was made later than now by this tells that a clock is wrong. */
const FUTURE = 600_000;
/** A size is remembered when it differs by more than this share. */
const WORTH = 0.01;
/** A set with less than this share of the VRPs of the last one is not believed. */
const LEAST_SHARE = 0.9;
/** Smaller sets, and smaller parts of a trust anchor, may shrink as they like: they are a lab's. */
const LEAST = 1000;
const LEAST_OF_ANCHOR = 100;
const MAX_SLURM = 64 * 2 ** 20;

/** What a source begins with. */
export interface PayloadSourceBefore {
  /** It takes the place of another one of its name, whose data stays until it has its own. */
  readonly inherits: boolean;
  /** VRPs of the last run, which the first set is held against; null: there was none. */
  readonly vrps: number | null;
}

/** `clock`: monotonic, milliseconds. */
export function payloadSource(
  config: RpkiConfig,
  before: PayloadSourceBefore,
  clock: () => number,
  listener: PayloadSourceListener,
): PayloadSource {
  const begun = clock();
  let inForce: { readonly feed: PayloadFeed; readonly payloads: Payloads } | null = null;
  /** What the set in use is held against: the last one that was not doubted. */
  let accepted: { readonly vrps: number; readonly anchors: ReadonlyMap<string, number> } | null =
    before.vrps === null ? null : { vrps: before.vrps, anchors: new Map() };
  let remembered = before.vrps ?? 0;
  let served = false;
  let doubt: { readonly why: string; readonly since: number } | null = null;
  let slurm: Slurm | null = null;
  let slurmTried: FileMark | null = null;
  let slurmError = '';
  let ready = config.slurm === undefined;
  let alarm = '';
  let closed = false;
  let ticks = 0;

  const feeds = config.caches.map(cache => {
    const feed: PayloadFeed = payloadFeed(config, cache, clock, {
      onChange(change) {
        if (inForce?.feed === feed && inForce.payloads === feed.payloads && !change.whole) weigh(change);
        look();
      },
      onUndone(change) {
        if (inForce?.payloads === feed.payloads) listener.onChange(change);
      },
      onTrouble: why => listener.onTrouble(`${feed.name}: ${why}`),
      onState: () => look(),
    });
    return feed;
  });
  const startedAt = new Map<PayloadFeed, number>();

  const usable = (feed: PayloadFeed): boolean => feed.payloads !== null && (feed.age ?? 0) <= feed.expire;

  /** Starts and stops feeds, and puts the data of the right one in force. */
  function look(): void {
    if (closed || !ready) return;
    const now = clock();
    let wanted = true;
    let better = false;
    for (const feed of feeds) {
      if (wanted && !feed.running) {
        startedAt.set(feed, now);
        feed.start();
      } else if (better && feed.running && feed !== inForce?.feed) feed.stop();
      better ||= feed.good && usable(feed);
      const waited = now - (startedAt.get(feed) ?? now) > PATIENCE;
      wanted &&= !better && feed.running && (feed.failed || waited);
    }
    choose();
    warn();
  }

  function choose(): void {
    const held = inForce;
    const feed =
      feeds.find(one => one.good && usable(one)) ??
      (held !== null && usable(held.feed) ? held.feed : feeds.find(usable)) ??
      null;
    if (feed === null) {
      if (held === null) return;
      listener.onTrouble(
        `${held.feed.name}: its data has expired and no other cache has any: ` +
          `${held.payloads.vrps.count} VRPs are given up, no route is valid or invalid by them any more`,
      );
      inForce = null;
      doubt = null;
      listener.onChange({ whole: true });
      return;
    }
    const payloads = feed.payloads!;
    if (held?.payloads === payloads) return;
    if (held?.feed !== feed) listener.onNews(`${feed.name}: in use, ${payloads.vrps.count} VRPs`);
    inForce = { feed, payloads };
    served = true;
    weigh({ whole: true });
    // The one that served until now, if it is not to run on.
    if (held !== null && held.feed !== feed) setImmediate(look);
  }

  /** Tells of a change, after it was held against what was there before. */
  function weigh(change: PayloadChange): void {
    const { payloads, feed } = inForce!;
    const why = accepted === null ? null : shrunk(accepted, payloads);
    const was = doubt;
    if (why === null) accept(payloads);
    else if (was === null) {
      doubt = { why, since: clock() };
      listener.onTrouble(
        `${feed.name}: ${why}: what is missing is not taken for gone until it has stood for ${patienceOf(feed)}`,
      );
    }
    // The end of a doubt takes away what was kept.
    listener.onChange(was !== null && doubt === null ? { whole: true } : change);
  }

  function accept({ vrps, anchors }: Payloads): void {
    accepted = { vrps: vrps.count, anchors };
    doubt = null;
    if (Math.abs(vrps.count - remembered) <= remembered * WORTH) return;
    remembered = vrps.count;
    listener.onWhole(remembered);
  }

  const trustAfter = (feed: PayloadFeed): number =>
    Number.isFinite(feed.expire) ? feed.expire : INTERVALS.expire.usual * 1000;
  const patienceOf = (feed: PayloadFeed): string => `${Math.round(trustAfter(feed) / 60_000)} minutes`;

  /** Says what time brings about. */
  function warn(): void {
    if (inForce === null) return;
    const { feed, payloads } = inForce;
    if (doubt !== null && clock() - doubt.since > trustAfter(feed)) {
      listener.onTrouble(`${feed.name}: ${doubt.why}, and stays so: it is taken as it is`);
      accept(payloads);
      listener.onChange({ whole: true });
    }
    const age = feed.age ?? 0;
    const text =
      age > STALE
        ? `${feed.name}: stale, not refreshed for more than ${Math.floor(age / 3_600_000)} hours; it stays in use`
        : age < -FUTURE
          ? `${feed.name}: made ${Math.round(-age / 60_000)} minutes from now: is the clock right?`
          : '';
    if (text !== '' && (alarm === '') !== (text === '')) listener.onTrouble(text);
    alarm = text;
  }

  async function lookAtSlurm(file: string): Promise<void> {
    const read = async (): Promise<string> => {
      const mark = await markOf(file);
      if (typeof mark === 'string') return `${file}: ${mark}`;
      if (sameMark(slurmTried, mark)) return slurmError;
      slurmTried = mark;
      if (mark.size > MAX_SLURM) return `${file}: more than ${MAX_SLURM} octets`;
      const reading = readSlurm(await readFile(file, 'utf8'));
      if (!reading.ok) return `${file}: ${reading.why}`;
      slurm = reading.slurm;
      if (ready && !closed) listener.onChange({ whole: true });
      return '';
    };
    const why = await read().catch((error: Error) => `${file}: ${wordsOfError(error)}`);
    if (closed) return;
    if (why !== '' && why !== slurmError)
      listener.onTrouble(`slurm ${why}; ${slurm === null ? 'there are no exceptions' : 'the last good ones stay'}`);
    slurmError = why;
    ready = true;
    look();
  }

  /** It has no data of its own yet, and what was there before it stays. */
  const waits = (): boolean => before.inherits && !served && clock() - begun < INTERVALS.expire.usual * 1000;

  const timer = setInterval(() => {
    if (config.slurm !== undefined && ++ticks % SLURM_TICKS === 0) void lookAtSlurm(config.slurm);
    look();
  }, TICK);
  timer.unref();
  if (config.slurm === undefined) look();
  else void lookAtSlurm(config.slurm);

  return {
    get payloads() {
      return inForce?.payloads ?? null;
    },
    get inUse() {
      return inForce?.feed.name ?? null;
    },
    get slurm() {
      return slurm;
    },
    get doubted() {
      return doubt !== null || waits();
    },
    status() {
      const caches = feeds.map(feed => feed.status());
      const down = caches.filter(({ lastError, state }) => lastError !== '' && state !== 'off');
      return {
        source: config.name,
        inUse: inForce?.feed.name ?? null,
        stale: inForce !== null && (inForce.feed.age ?? 0) > STALE,
        doubt: doubt?.why ?? '',
        slurm: slurm === null ? null : { file: config.slurm ?? '', ...slurm.counts },
        problems: [
          ...(inForce === null ? ['no cache has data'] : []),
          ...(doubt === null ? [] : [doubt.why]),
          ...(alarm === '' ? [] : [alarm]),
          ...(slurmError === '' ? [] : [`slurm ${slurmError}`]),
          ...down.map(({ cache, lastError }) => `${cache}: ${lastError}`),
        ],
        caches,
      };
    },
    close() {
      closed = true;
      clearInterval(timer);
      for (const feed of feeds) feed.stop();
    },
  };
}

/** Why a set is not believed to be whole, held against the one before; null when it is. */
function shrunk(
  before: { readonly vrps: number; readonly anchors: ReadonlyMap<string, number> },
  { vrps, anchors }: Payloads,
): string | null {
  if (before.vrps >= LEAST && vrps.count < before.vrps * LEAST_SHARE)
    return `${vrps.count} VRPs where there were ${before.vrps}`;
  if (anchors.size === 0) return null;
  for (const [anchor, count] of before.anchors) {
    const now = anchors.get(anchor) ?? 0;
    if (count >= LEAST_OF_ANCHOR && now < count * LEAST_SHARE)
      return `${now} VRPs of trust anchor ${anchor} where there were ${count}`;
  }
  return null;
}
