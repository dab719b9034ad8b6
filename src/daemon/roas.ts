/**
 * Looks at the ROAs of watched routes whenever the registry or the RPKI has changed, and now and then for what time brings;
 * what hijack/roa-watch.ts finds goes into the book of cases like what a peer says. Everything is gone through in slices.
 */
import type { Config } from '../config/tree.ts';
import type { Case } from '../hijack/case.ts';
import type { Judged } from '../hijack/judged.ts';
import { createRoaWatch, type WatchedRoute } from '../hijack/roa-watch.ts';
import { RPKI_PEER } from '../hijack/witness-words.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import type { RouteObject } from '../registry/objects.ts';
import type { Registry } from '../registry/registry.ts';
import { formatVrp, type Vrp } from '../registry/rov.ts';
import type { Rpki } from '../registry/rpki/rpki.ts';
import { later, marksOf, type VrpMark } from '../registry/rpki/vrp-marks.ts';
import { slicer } from '../registry/slice.ts';
import { watchIndex } from '../registry/watch.ts';
import type { Log } from './log.ts';

export interface Roas {
  /** A generation of the registry is in force; `touched`: as it says, null: anything may be another. */
  registryChanged(touched: readonly Prefix[] | null): void;
  /** A source of the RPKI has sent something, believed or not. */
  rpkiChanged(): void;
  /** The sources of the RPKI are others. */
  reconfigured(): void;
  /** The cases were in other hands, or somebody asks for all that is told: what stands is told once more. */
  tellAnew(): void;
  close(): void;
}

export interface RoasParts {
  readonly config: () => Pick<Config, 'localAs' | 'watches' | 'irr' | 'rpki'>;
  readonly registry: Pick<Registry, 'books' | 'decide' | 'guards' | 'isWatched' | 'lacks' | 'objectsFor'>;
  readonly rpki: Pick<Rpki, 'lacks' | 'marked' | 'settled'>;
  readonly cases: { judged(changes: readonly Judged[]): Promise<void>; open(): readonly Case[] };
  /** Cases of all machines that are not over. */
  readonly everywhere: () => Promise<readonly Case[]>;
  readonly log: Log;
}

/** A change is followed by a look after so long, and without one there is a look so often. */
const SOON = 1000;
const EVERY = 5 * 60_000;
/** How long new sources of the RPKI have before what they lack is taken for gone. */
const LEARN = 60_000;
/** Prefixes of watched routes that are looked at; those that are looked up one by one before all objects are gone through. */
const MOST = 50_000;
const MOST_TOUCHED = 1000;
/** Rows between two looks at the clock. */
const STRIDE = 256;
/**
 * Validators give the end of the shortest thing in the chain of a ROA, its manifest too, which lives for a day at most of them
 * and is renewed hours before (research: hijack 1): a day ahead, everything would be about to expire.
 */
const LEAD = 2 * 3_600_000;

interface Route {
  readonly prefix: Prefix;
  readonly origin: number;
}

interface Registered {
  readonly prefix: Prefix;
  readonly origins: Set<number>;
}

export function watchRoas({ config, registry, rpki, cases, everywhere, log }: RoasParts): Roas {
  const watch = createRoaWatch(cases.open());
  /** Registered origins of watched space, by prefix as text. */
  let routes = new Map<string, Registered>();
  /** What stands is to be told once more. */
  let anew = false;
  /** All objects are to be gone through. */
  let stale = true;
  let touched: Prefix[] = [];
  let left = 0;
  let said = '';
  let closed = false;
  let looking = false;
  let again = false;
  let soon: NodeJS.Timeout | null = null;
  const timer = setInterval(look, EVERY);
  timer.unref();

  function lookSoon(): void {
    if (closed) return;
    soon ??= setTimeout(() => {
      soon = null;
      look();
    }, SOON).unref();
  }

  function look(): void {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    lookNow()
      .catch((e: Error) => {
        if (!closed) log('error', `roas: ${e.message}`);
      })
      .finally(() => {
        looking = false;
        if (again) lookSoon();
        again = false;
      });
  }

  const isOurs = (object: RouteObject): boolean => object.origin !== 0 && registry.guards(object).length > 0;

  /** All objects of watched space, and those that watches declare. */
  async function allRoutes(): Promise<Map<string, Registered>> {
    const found = new Map<string, Registered>();
    let over = 0;
    const add = ({ prefix, origin }: RouteObject) => {
      const text = formatPrefix(prefix);
      const known = found.get(text);
      if (known !== undefined) known.origins.add(origin);
      else if (found.size < MOST) found.set(text, { prefix, origins: new Set([origin]) });
      else over++;
    };
    for (const object of watchIndex(config().watches).declared) if (isOurs(object)) add(object);
    const pause = slicer();
    for (const { routes: rows } of registry.books())
      for (let i = 0; i < rows.rows; i++) {
        if (i % STRIDE === 0) await pause();
        if (i >= rows.rows || !rows.live(i)) continue;
        const { afi, w0, w1, w2, w3, length } = rows.row(i);
        if (!registry.isWatched(afi, w0, w1, w2, w3, length)) continue;
        const object = rows.object(i);
        if (isOurs(object)) add(object);
      }
    if (over > 0 && over !== left)
      log('warn', `roas: ${over} watched objects are left out: more than ${MOST} prefixes`);
    left = over;
    return found;
  }

  /** Objects of a prefix that may be others than they were. */
  function refresh(prefix: Prefix): void {
    const text = formatPrefix(prefix);
    const now = registry.objectsFor(prefix).filter(object => formatPrefix(object.prefix) === text && isOurs(object));
    if (now.length === 0) routes.delete(text);
    else if (routes.has(text) || routes.size < MOST)
      routes.set(text, { prefix, origins: new Set(now.map(({ origin }) => origin)) });
  }

  /** Where the cases cannot be read, the next look tries it again. */
  async function takeUp(): Promise<void> {
    if (!anew) return;
    anew = false;
    try {
      watch.takeUp(await everywhere());
    } catch (error) {
      anew = true;
      log('warn', `roas: what is told of them cannot be taken up: ${(error as Error).message}`);
    }
  }

  async function lookNow(): Promise<void> {
    const late = touched;
    touched = [];
    if (stale || late.length > MOST_TOUCHED) {
      stale = false;
      routes = await allRoutes();
    } else for (const prefix of late) refresh(prefix);
    const whole = rpki.marked().length > 0 && !rpki.lacks() && rpki.settled();
    const {
      routes: stood,
      anchors,
      sources,
    } = await howTheyStand(
      [...routes.values()].flatMap(({ prefix, origins }) => [...origins].map(origin => ({ prefix, origin }))),
    );
    await takeUp();
    if (closed) return;
    const { rpki: blocks, irr, localAs } = config();
    const time = Date.now();
    const none = blocks.length === 0;
    const findings = watch.look({
      time,
      rpkiWhole: whole && rpki.settled(),
      routesWhole: none || !irr.some(({ name }) => registry.lacks(name)),
      routes: none ? [] : stood,
      anchors,
      // What has no data at the moment has not lost it.
      isKnown: anchor => sources.some(source => anchor.endsWith(` of ${source}`)) || (!whole && !none),
      lead: Math.max(0, ...blocks.map(({ expiryWarning }) => expiryWarning ?? LEAD)),
    });
    if (findings.length > 0)
      await cases.judged(
        findings.map(
          ({ what, kind, prefix, origin, ground, dropped }): Judged => ({
            ...{ peer: RPKI_PEER, peerAs: localAs, peerAddress: '', path: [], beside: true },
            ...{ prefix, origin, kind, offender: origin, ground, what, why: dropped ? 'registry' : 'update', time },
            ...{ state: 'match', decidedBy: prefix },
          }),
        ),
      );
    if (whole) tellOf(stood);
  }

  function tellOf(stood: readonly WatchedRoute[]): void {
    const words = `watched routes: ${stood.length}, valid: ${stood.filter(one => one.rov === 'valid').length}`;
    if (words !== said) log('info', `roas: ${words}`);
    said = words;
  }

  /** How the RPKI stands to each route; and the VRPs of each trust anchor, by the sources that name them. */
  async function howTheyStand(all: readonly Route[]): Promise<{
    readonly routes: readonly WatchedRoute[];
    readonly anchors: ReadonlyMap<string, number>;
    readonly sources: readonly string[];
  }> {
    const pause = slicer();
    const decided: { readonly route: Route; readonly rov: WatchedRoute['rov']; readonly by: readonly string[] }[] = [];
    for (const route of all) {
      await pause();
      const { rov, vrps } = registry.decide(route.prefix, route.origin);
      const by = rov === 'valid' ? vrps.filter(vrp => allows(vrp, route)).map(formatVrp) : [];
      decided.push({ route, rov, by });
    }
    const wanted = new Set(decided.flatMap(({ by }) => by));
    const ases = new Set(decided.flatMap(({ route, by }) => (by.length > 0 ? [route.origin] : [])));
    const named = rpki.marked().filter(({ anchors, marks }) => anchors.size > 0 || marks?.vrps.count === 0);
    const marked = new Map<string, VrpMark>();
    for (const { name, marks } of rpki.marked()) {
      if (marks === null) continue;
      for (const [key, mark] of await marksOf(marks, wanted, ases)) {
        const before = marked.get(key);
        marked.set(key, {
          expires: later(before?.expires ?? null, mark.expires),
          anchors: [...(before?.anchors ?? []), ...mark.anchors.map(anchor => `${anchor} of ${name}`)],
        });
      }
    }
    return {
      routes: decided.map(({ route, rov, by }) => {
        const marks = by.map(vrp => marked.get(vrp));
        return {
          prefix: formatPrefix(route.prefix),
          origin: route.origin,
          rov,
          // One of which no end is known may outlast the others.
          expires: marks.every(mark => mark !== undefined && mark.expires !== null)
            ? marks.reduce<number | null>((last, mark) => later(last, mark!.expires), null)
            : null,
          anchors: [...new Set(marks.flatMap(mark => mark?.anchors ?? []))],
        };
      }),
      anchors: new Map(
        named.flatMap(({ name, anchors }) => [...anchors].map(([anchor, count]) => [`${anchor} of ${name}`, count])),
      ),
      sources: named.map(({ name }) => name),
    };
  }

  return {
    registryChanged(prefixes) {
      if (prefixes === null) stale = true;
      else touched.push(...prefixes);
      lookSoon();
    },
    rpkiChanged: lookSoon,
    reconfigured() {
      watch.relearn(Date.now() + LEARN);
      lookSoon();
    },
    tellAnew() {
      anew = true;
      lookSoon();
    },
    close() {
      closed = true;
      clearInterval(timer);
      if (soon !== null) clearTimeout(soon);
    },
  };
}

/** Whether a VRP that covers a route makes it valid (RFC 6811 section 2). */
const allows = ({ asn, maxLength }: Vrp, { prefix, origin }: Route): boolean =>
  asn === origin && prefix.length <= maxLength;
