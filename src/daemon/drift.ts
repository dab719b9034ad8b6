/**
 * The drift report: announced but not registered, registered but not announced, about to be removed, contradicted by the
 * RPKI, registered by others over our space. Only watched space. Registered objects are gone through in slices; what peers hold is asked of the
 * collector. What was seen when is kept in the store, from the first look on.
 */
import type { HeldDrift } from '../collector/drift.ts';
import type { CollectorThread } from '../collector/thread.ts';
import type { Config } from '../config/tree.ts';
import type { DriftObject, DriftReport, Stranger } from '../control/drift-rows.ts';
import { covers, formatPrefix, type Prefix, parsePrefix, prefixOfWords } from '../net/prefix.ts';
import { datesOf } from '../registry/dates.ts';
import { expiryState, forecast } from '../registry/expiry.ts';
import { passesOn } from '../registry/inherited-keiro.ts';
import type { Registry } from '../registry/registry.ts';
import { rov } from '../registry/rov.ts';
import type { Rpki } from '../registry/rpki/rpki.ts';
import { readRpslObject } from '../registry/rpsl.ts';
import { slicer } from '../registry/slice.ts';
import { NO_ORIGIN } from '../registry/snapshot-builder.ts';
import { keep } from '../registry/snapshot-layout.ts';
import { watchIndex } from '../registry/watch.ts';
import type { Store, StoreWrite } from '../store/records.ts';
import type { Log } from './log.ts';
import type { Originated } from './originated.ts';

export interface Drift {
  report(days: number): Promise<DriftReport>;
  /** Objects or VRPs have changed: who registers over our space is to be seen soon. */
  registryChanged(): void;
  close(): void;
}

export interface DriftParts {
  readonly config: () => Config;
  readonly collector: Pick<CollectorThread, 'query'>;
  readonly registry: Pick<Registry, 'books' | 'isWatched' | 'decide' | 'declaredCovering'>;
  readonly originated: Pick<Originated, 'held'>;
  readonly rpki: Pick<Rpki, 'view'>;
  readonly store: Store;
  readonly log: Log;
}

/** Objects of watched space, and things of others, that are looked at. */
const MOST_WATCHED = 50_000;
const MOST_STRANGERS = 5_000;
/** Rows and VRPs between two looks at the clock. */
const STRIDE = 256;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A change of the registry is followed by a look after so long, and not by another one for a while. */
const SOON = 60_000;
const AT_LEAST = 10 * 60_000;

/** One look. */
interface Look {
  readonly time: number;
  readonly own: readonly OwnObject[];
  readonly held: HeldDrift;
  readonly strangers: readonly Omit<Stranger, 'firstSeen' | 'earlier'>[];
  readonly contradicted: DriftReport['contradicted'];
  readonly remarks: readonly string[];
}

type OwnObject = DriftObject & {
  readonly expiring: Pick<DriftReport['expiring'][number], 'notice' | 'removal' | 'state'> | null;
};

export function createDrift({ config, collector, registry, originated, rpki, store, log }: DriftParts): Drift {
  let last = 0;
  let closed = false;
  let looking: Promise<Look> | null = null;
  let soon: NodeJS.Timeout | null = null;
  const hourly = setInterval(() => quietly(), HOUR);
  hourly.unref();

  /** One look at a time; who asks meanwhile gets its answer. */
  function look(): Promise<Look> {
    looking ??= lookNow().finally(() => {
      looking = null;
    });
    return looking;
  }

  function quietly(): void {
    look().catch((e: Error) => {
      if (!closed) log('error', `drift: ${e.message}`);
    });
  }

  async function lookNow(): Promise<Look> {
    const time = Date.now();
    last = time;
    const remarks: string[] = [];
    const { own, strangers } = await registeredNow(time, remarks);
    strangers.push(...(await strangeVrps(remarks)));
    const contradicted = await contradictedOf(own);
    const registered = own.map(({ prefix, origin }) => ({ prefix, origin }));
    const origins = [...new Set([config().localAs, ...own.map(({ origin }) => origin)])];
    const learned = await learnedOnly();
    const { rows } = await collector.query({ about: 'drift', registered: [...registered, ...learned], origins });
    const answer = rows[0] as HeldDrift;
    const held: HeldDrift = {
      ...answer,
      unregistered: [
        ...learned.flatMap((route, i) => {
          const peers = answer.held[own.length + i]!;
          return peers > 0 ? [{ ...route, peers }] : [];
        }),
        ...answer.unregistered,
      ],
    };
    if (held.more > 0) remarks.push(`${held.more} more routes without an object are not shown`);
    await store.write([
      { op: 'mark.put', name: 'drift', time },
      ...registered.flatMap((pair, i): StoreWrite[] =>
        held.held[i]! > 0 ? [{ op: 'sighting.put', ...pair, time }] : [],
      ),
      ...strangers.map(
        ({ kind, source, prefix, origin, maxLength }): StoreWrite => ({
          op: 'stranger.put',
          key: strangerKey({ kind, source, prefix, origin, maxLength }),
          time,
        }),
      ),
    ]);
    return { time, own, held, strangers, contradicted, remarks };
  }

  /** Objects of watched space, and those that others have in it. */
  async function registeredNow(
    now: number,
    remarks: string[],
  ): Promise<{ own: OwnObject[]; strangers: Omit<Stranger, 'firstSeen' | 'earlier'>[] }> {
    const { watches, irr } = config();
    const index = watchIndex(watches);
    const own: OwnObject[] = index.declared.map(({ source, prefix, origin }) => ({
      source,
      prefix: formatPrefix(prefix),
      origin,
      expiring: null,
    }));
    const strangers: Omit<Stranger, 'firstSeen' | 'earlier'>[] = [];
    const pause = slicer();
    let left = 0;
    for (const { source, routes, others } of registry.books()) {
      const configured = irr.find(({ name }) => name === source);
      const rule = configured?.expiry;
      const inherited = configured?.keiroInherited ? others.keiro : undefined;
      const keiro = index.anyKeiro(source);
      // By the set itself: the registry lives on meanwhile, and its number may be another's.
      const oursBySet = new Map<readonly string[], boolean>();
      const isOurs = (set: readonly string[]): boolean => {
        const known = oursBySet.get(set);
        if (known !== undefined) return known;
        const found = index.anyMaintainer(set, source) || (keiro && passesOn(inherited, set));
        oursBySet.set(set, found);
        return found;
      };
      for (let i = 0; i < routes.rows; i++) {
        if (i % STRIDE === 0) await pause();
        if (i >= routes.rows || !routes.live(i)) continue;
        const row = routes.row(i);
        const mntBy = routes.maintainerSets[row.maintainers]!;
        const ours = isOurs(mntBy) || (keiro && row.hasKeiro);
        if (!ours && !watchedPlace(row.afi, row.w0, row.w1, row.w2, row.w3, row.length)) continue;
        const prefix = routes.prefix(i);
        const { origin } = row;
        const text = formatPrefix(prefix);
        // Where a watch names a prefix and no origin, whose objects are right nobody has said.
        const mine = ours || index.bare.some(bare => covers(bare, prefix)) || isDeclared(prefix, origin);
        if (!mine) {
          if (strangers.length < MOST_STRANGERS)
            strangers.push({ kind: 'object', source, prefix: text, origin, maxLength: null, mntBy });
          else left++;
        } else if (own.length < MOST_WATCHED) {
          const rpsl = rule === undefined ? null : readRpslObject(routes.bytes(i));
          const due = rule === undefined || rpsl === null ? null : forecast(datesOf(rpsl), rule);
          const state = due === null ? 'fresh' : expiryState(due, now);
          own.push({
            source,
            prefix: text,
            origin,
            expiring: due === null || state === 'fresh' ? null : { ...due, state },
          });
        } else left++;
      }
    }
    if (left > 0)
      remarks.push(
        `${left} objects of watched space are left out: more than ${MOST_WATCHED}, or ${MOST_STRANGERS} of others`,
      );
    return { own, strangers };
  }

  /** True when a watch declares, or has learned, that this AS originates the very prefix. */
  const isDeclared = (prefix: Prefix, origin: number): boolean =>
    registry.declaredCovering(prefix).some(one => one.origin === origin && one.prefix.length === prefix.length);

  /** What our own routers originate and nothing is registered for: to the collectors it is as good as registered. */
  async function learnedOnly(): Promise<{ readonly prefix: string; readonly origin: number }[]> {
    const written = watchIndex(config().watches);
    const books = registry.books();
    const pause = slicer();
    const found: { readonly prefix: string; readonly origin: number }[] = [];
    for (const { prefix, origin } of originated.held()) {
      await pause();
      if (written.declaredCovering(prefix).length > 0 || registry.declaredCovering(prefix).length === 0) continue;
      if (books.every(({ routes }) => routes.rowsCovering(prefix).length === 0))
        found.push({ prefix: formatPrefix(prefix), origin });
    }
    return found;
  }

  /** True when a route of this prefix is watched, or of the one above it: the objects of the prefix itself may be others'. */
  function watchedPlace(afi: 1 | 2, w0: number, w1: number, w2: number, w3: number, length: number): boolean {
    if (registry.isWatched(afi, w0, w1, w2, w3, length)) return true;
    if (length === 0) return false;
    const above = length - 1;
    return registry.isWatched(
      afi,
      keep(w0, above, 0),
      keep(w1, above, 32),
      keep(w2, above, 64),
      keep(w3, above, 96),
      above,
    );
  }

  /** VRPs in watched space for ASes that are not registered there. */
  async function strangeVrps(remarks: string[]): Promise<Omit<Stranger, 'firstSeen' | 'earlier'>[]> {
    const { vrps } = rpki.view();
    const found: Omit<Stranger, 'firstSeen' | 'earlier'>[] = [];
    const pause = slicer();
    let left = 0;
    for (let place = 0; place < vrps.places; place += STRIDE) {
      await pause();
      vrps.forEach(
        (afi, w0, w1, w2, w3, length, maxLength, asn) => {
          if (asn === 0 || !registry.isWatched(afi, w0, w1, w2, w3, length)) return;
          const prefix: Prefix = prefixOfWords(afi, w0, w1, w2, w3, length);
          if (registry.decide(prefix, NO_ORIGIN).origins.includes(asn)) return;
          const stranger = {
            kind: 'vrp',
            source: '',
            prefix: formatPrefix(prefix),
            origin: asn,
            maxLength,
            mntBy: [],
          } as const;
          if (found.length < MOST_STRANGERS) found.push(stranger);
          else left++;
        },
        place,
        place + STRIDE,
      );
    }
    if (left > 0) remarks.push(`${left} more VRPs of others are not shown`);
    return found;
  }

  /** Registered routes of ours that are ROV invalid: by a ROA of whoever, also one of AS 0 or for a block above. */
  async function contradictedOf(own: readonly OwnObject[]): Promise<DriftReport['contradicted']> {
    const found: DriftReport['contradicted'][number][] = [];
    const pause = slicer();
    for (const object of own) {
      await pause();
      const prefix = parsePrefix(object.prefix)!;
      const { rov: state, vrps } = registry.decide(prefix, object.origin);
      if (state !== 'invalid') continue;
      const { reason, why } = rov(prefix, object.origin, vrps);
      if (reason !== null) found.push({ ...named(object), reason, why });
    }
    return found;
  }

  return {
    async report(days) {
      const { time, own, held, strangers, contradicted, remarks } = await look();
      const since = (await store.read('mark.get', { name: 'drift' }))[0]?.time ?? time;
      const seen = new Map(
        (await store.read('sighting.all', {})).map(({ prefix, origin, last }) => [`${prefix} ${origin}`, last]),
      );
      const first = new Map((await store.read('stranger.all', {})).map(({ key, time: at }) => [key, at]));
      const unheld = own.filter((_, i) => held.held[i] === 0);
      const lastSeen = ({ prefix, origin }: DriftObject) => seen.get(`${prefix} ${origin}`) ?? null;
      const long = unheld.filter(object => time - (lastSeen(object) ?? since) >= days * DAY);
      return {
        time,
        since,
        days,
        watched: own.length,
        announced: held.unregistered,
        silent: long.map(object => ({ ...named(object), lastSeen: lastSeen(object) })),
        waiting: unheld.length - long.length,
        expiring: own
          .flatMap(object => (object.expiring === null ? [] : [{ ...named(object), ...object.expiring }]))
          .sort((a, b) => a.removal - b.removal),
        contradicted,
        strangers: strangers
          .map(stranger => {
            const firstSeen = first.get(strangerKey(stranger)) ?? time;
            return { ...stranger, firstSeen, earlier: firstSeen <= since };
          })
          .sort((a, b) => b.firstSeen - a.firstSeen),
        remarks,
      };
    },
    registryChanged() {
      soon ??= setTimeout(
        () => {
          soon = null;
          quietly();
        },
        Math.max(SOON, last + AT_LEAST - Date.now()),
      ).unref();
    },
    close() {
      closed = true;
      clearInterval(hourly);
      if (soon !== null) clearTimeout(soon);
    },
  };
}

const named = ({ source, prefix, origin }: DriftObject): DriftObject => ({ source, prefix, origin });

const strangerKey = (one: Pick<Stranger, 'kind' | 'source' | 'prefix' | 'origin' | 'maxLength'>): string =>
  `${one.kind} ${one.source} ${one.prefix} ${one.origin} ${one.maxLength ?? ''}`;
