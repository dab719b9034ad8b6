/** An RTR cache and a JSON file as one thing: a feed of payloads, with what is shown of it. */
import { readFile } from 'node:fs/promises';
import { type ConnectionOptions, createSecureContext } from 'node:tls';
import type { RpkiCacheConfig, RpkiConfig } from '../../config/tree.ts';
import { withPort } from '../../net/address.ts';
import { payloadFile } from './payload-file.ts';
import type { PayloadChange, Payloads } from './payloads.ts';
import { rtrClient } from './rtr-client.ts';
import type { RtrPhase } from './rtr-session.ts';

/** Row of `show rpki`: a cache or file. Times in milliseconds. */
export interface RpkiCacheStatus {
  readonly cache: string;
  /** A cache that speaks RTR (RFC 8210), or a file. */
  readonly kind: 'rtr' | 'file';
  /** `off`: one that goes before it serves. */
  readonly state: 'off' | RtrPhase | 'loading' | 'loaded';
  /** VRPs that it has. */
  readonly vrps: number;
  /** ASPAs that it has. */
  readonly aspas: number;
  /** Router keys that it has. */
  readonly routerKeys: number;
  /** Of RTR; null for a file, and before the first End of Data. */
  readonly version: number | null;
  /** Session id; null for a file, and before the first End of Data. */
  readonly session: number | null;
  readonly serial: number | null;
  /** Since the data was last known to be current; null when there is none. */
  readonly age: number | null;
  /** Refresh interval (RFC 8210 section 6), milliseconds; null for a file. */
  readonly refresh: number | null;
  /** Retry interval, milliseconds; null for a file. */
  readonly retry: number | null;
  /** Expire interval, milliseconds; null for a file. */
  readonly expire: number | null;
  /** Changes that were put in force, and faults of the cache that ended a connection. */
  readonly updates: number;
  /** Faults of the cache that ended a connection. */
  readonly faults: number;
  /** Entries of a file that were left out: over their time, and not readable. */
  readonly expired: number;
  readonly refused: number;
  readonly lastError: string;
}

export interface PayloadFeed {
  readonly name: string;
  start(): void;
  /** Ends it; its data is let go. */
  stop(): void;
  readonly running: boolean;
  readonly payloads: Payloads | null;
  /** Its data is current as far as it knows: nothing has failed since it came. */
  readonly good: boolean;
  /** Something failed since it was started, or since its data last came. */
  readonly failed: boolean;
  readonly age: number | null;
  /** Data older than this is dropped, milliseconds; Infinity: never. */
  readonly expire: number;
  status(): RpkiCacheStatus;
}

export interface PayloadFeedListener {
  readonly onChange: (change: PayloadChange) => void;
  /** This was in `payloads` for a while, and is not: it never was in force. */
  readonly onUndone: (change: PayloadChange) => void;
  readonly onTrouble: (why: string) => void;
  /** Something of `good`, `failed` or the status has changed. */
  readonly onState: () => void;
}

/** `tcp 127.0.0.1:3323`, `tls rpki.example.net:324`, or the name of a file. */
export function cacheName(cache: RpkiCacheConfig): string {
  if ('file' in cache) return cache.file;
  const { host, port, ca } = cache;
  return `${ca === undefined ? 'tcp' : 'tls'} ${withPort(host, port)}`;
}

/** The same words of a cache are told again after so long, milliseconds; and so many of them are known. */
const AGAIN = 60_000;
const MOST_TOLD = 50;

/** How often a file is looked at when the configuration does not say. */
const FILE_REFRESH = 60_000;

/** `clock`: monotonic, milliseconds. */
export function payloadFeed(
  config: RpkiConfig,
  cache: RpkiCacheConfig,
  clock: () => number,
  listener: PayloadFeedListener,
): PayloadFeed {
  return 'file' in cache ? fileFeed(config, cache.file, listener) : rtrFeed(config, cache, clock, listener);
}

/** Passes words on, the same ones once in a while only: a cache may work and fail by turns, each time for a second. */
function seldom(clock: () => number, tell: (why: string) => void): (why: string) => void {
  const told = new Map<string, number>();
  return why => {
    const now = clock();
    if (now - (told.get(why) ?? Number.NEGATIVE_INFINITY) < AGAIN) return;
    if (told.size >= MOST_TOLD) told.clear();
    told.set(why, now);
    tell(why);
  };
}

type RtrCacheConfig = Exclude<RpkiCacheConfig, { readonly file: string }>;

const seconds = (milliseconds: number | undefined): number | null =>
  milliseconds === undefined ? null : Math.round(milliseconds / 1000);

function rtrFeed(
  config: RpkiConfig,
  cache: RtrCacheConfig,
  clock: () => number,
  listener: PayloadFeedListener,
): PayloadFeed {
  const { host, port, ca } = cache;
  const name = cacheName(cache);
  const options = {
    newest: config.version,
    refresh: seconds(config.refresh),
    retry: seconds(config.retry),
    expire: seconds(config.expire),
  };
  const tls = ca === undefined ? null : () => secured(cache, ca);
  const tell = seldom(clock, listener.onTrouble);
  let failed = false;
  let lastError = '';
  let running = false;
  const make = () =>
    rtrClient({ host, port, tls }, options, clock, {
      onChange(change) {
        failed = false;
        lastError = '';
        listener.onChange(change);
      },
      onUndone: listener.onUndone,
      onTrouble(why) {
        // What is said of a response that was put in force is no failure.
        if (client.status().phase !== 'synchronised') failed = true;
        if (why !== lastError) tell(why);
        lastError = why;
      },
      onPhase: listener.onState,
    });
  let client = make();
  return {
    name,
    start() {
      running = true;
      client.start();
    },
    stop() {
      running = false;
      client.stop();
      client = make();
      failed = false;
    },
    get running() {
      return running;
    },
    get payloads() {
      return client.payloads;
    },
    get good() {
      return client.payloads !== null && !failed;
    },
    get failed() {
      return failed;
    },
    get age() {
      return client.status().age;
    },
    get expire() {
      return client.status().intervals.expire * 1000;
    },
    status() {
      const { phase, version, session, serial, intervals, age, updates, faults } = client.status();
      const { payloads } = client;
      return {
        ...{ cache: name, kind: 'rtr', state: running ? phase : 'off', session, serial, age, updates, faults },
        version: session === null ? null : version,
        ...sizes(payloads),
        refresh: intervals.refresh * 1000,
        retry: intervals.retry * 1000,
        expire: intervals.expire * 1000,
        ...{ expired: 0, refused: 0, lastError },
      };
    },
  };
}

/** RFC 8210 section 9.2: the cache's certificate has to be of the configured authority and for its name or address. */
async function secured({ host, certificate, key }: RtrCacheConfig, ca: string): Promise<ConnectionOptions> {
  const [authority, cert, own] = await Promise.all(
    [ca, certificate, key].map(file => (file === undefined ? undefined : readFile(file))),
  );
  const secureContext = createSecureContext({ ca: authority, cert, key: own, minVersion: 'TLSv1.2' });
  return { secureContext, rejectUnauthorized: true, servername: /[:]|^[\d.]+$/.test(host) ? '' : host };
}

const sizes = (payloads: Payloads | null): Pick<RpkiCacheStatus, 'vrps' | 'aspas' | 'routerKeys'> => ({
  vrps: payloads?.vrps.count ?? 0,
  aspas: payloads?.aspas.size ?? 0,
  routerKeys: payloads?.routerKeys ?? 0,
});

function fileFeed(config: RpkiConfig, file: string, listener: PayloadFeedListener): PayloadFeed {
  const refresh = config.refresh ?? FILE_REFRESH;
  let failed = false;
  let lastError = '';
  let running = false;
  const make = () =>
    payloadFile(file, refresh, {
      onChange() {
        failed = false;
        listener.onChange({ whole: true });
      },
      onTrouble(why) {
        // The copy in use stays as good as it was.
        if (why !== '' && held.payloads === null) failed = true;
        if (why !== '' && why !== lastError) listener.onTrouble(why);
        lastError = why;
        listener.onState();
      },
    });
  let held = make();
  const age = () => {
    const { generated } = held.status();
    return held.payloads === null || generated === null ? null : Date.now() - generated;
  };
  return {
    name: file,
    start() {
      running = true;
      held.start();
    },
    stop() {
      running = false;
      held.stop();
      held = make();
      failed = false;
    },
    get running() {
      return running;
    },
    get payloads() {
      return held.payloads;
    },
    get good() {
      return held.payloads !== null;
    },
    get failed() {
      return failed;
    },
    get age() {
      return age();
    },
    expire: config.expire ?? Number.POSITIVE_INFINITY,
    status() {
      const { updates, expired, refused } = held.status();
      return {
        ...{ cache: file, kind: 'file', state: !running ? 'off' : held.payloads === null ? 'loading' : 'loaded' },
        ...sizes(held.payloads),
        ...{ version: null, session: null, serial: null, age: age(), refresh, retry: null },
        ...{ expire: config.expire ?? null, updates, faults: 0, expired, refused, lastError },
      };
    },
  };
}
