/** `check route` and `explain`: all that the registry in force and the peers' tables say of one route. */

import { OPPOSITE } from '../bgp/role.ts';
import type { RouteRow } from '../collector/messages.ts';
import { isMember } from '../collector/peers.ts';
import type { CollectorThread } from '../collector/thread.ts';
import type { Config, IrrConfig, WatchConfig } from '../config/tree.ts';
import type {
  Explanation,
  HeldRow,
  PathRow,
  RouteAnswer,
  RpkiRow,
  SourceRow,
  VerdictQuestion,
} from '../control/verdict-rows.ts';
import type { Case } from '../hijack/case.ts';
import { covers, formatPrefix, type Prefix, parsePrefix } from '../net/prefix.ts';
import { directionFor, verifyPath } from '../registry/aspa-path.ts';
import { datesOf } from '../registry/dates.ts';
import { forecast } from '../registry/expiry.ts';
import type { RouteObject } from '../registry/objects.ts';
import { readRowOrigin } from '../registry/origin.ts';
import type { Registry } from '../registry/registry.ts';
import { type CheckedRoute, checkRoute, type Grounds, type RouteCheck } from '../registry/route-check.ts';
import { routeOf } from '../registry/route-text.ts';
import type { Rpki } from '../registry/rpki/rpki.ts';
import { readRpslObject } from '../registry/rpsl.ts';
import { troubleOf } from '../registry/source-trouble.ts';
import { whatWouldChange } from '../registry/what-if.ts';
import { groundsOf } from './grounds.ts';
import { sourcesOf } from './rpki.ts';

export interface Verdicts {
  checkRoute(question: VerdictQuestion): Promise<RouteAnswer>;
  explain(question: VerdictQuestion): Promise<Explanation>;
  /** The routes that are held for the longest match of a prefix, one explanation for each origin. */
  explainHeld(prefix: string, peer: string | null): Promise<readonly Explanation[]>;
}

export interface VerdictParts {
  readonly config: () => Config;
  readonly collector: Pick<CollectorThread, 'query'>;
  readonly registry: Pick<Registry, 'books' | 'declaredCovering' | 'status' | 'watchesFor'>;
  readonly rpki: Pick<Rpki, 'view' | 'status' | 'settled'>;
  readonly cases: { open(): readonly Case[] };
}

/** Held routes that are told, paths that are shown, origins that are explained. */
const MOST_HELD = 1000;
const MOST_PATHS = 8;
const MOST_ORIGINS = 8;

export function createVerdicts({ config, collector, registry, rpki, cases }: VerdictParts): Verdicts {
  const about = (prefix: Prefix): Grounds => groundsOf(prefix, { config, registry, rpki });

  function routeAsked({ prefix: text, as, path, from }: VerdictQuestion): CheckedRoute {
    const prefix = parsePrefix(text);
    const route = prefix === null ? `${text} is no prefix` : routeOf(prefix, as, path, from);
    if (typeof route === 'string') throw new Error(route);
    return route;
  }

  async function heldFor(prefix: string, scope: 'exact' | 'match', peer: string | null): Promise<readonly RouteRow[]> {
    const of = peer === null ? {} : { peer };
    const { rows } = await collector.query({ about: 'route', prefix, scope, detail: true, ...of });
    return (rows as readonly RouteRow[]).slice(0, MOST_HELD);
  }

  function explanation(asked: CheckedRoute, held: readonly RouteRow[]): Explanation {
    const now = Date.now();
    const grounds = about(asked.prefix);
    const members = [asked.origin].flat();
    const isOf = ({ origin, path }: RouteRow) =>
      origin === null ? sameMembers(path.at(-1), members) : typeof asked.origin === 'number' && origin === asked.origin;
    const found = pathsOf(held.filter(isOf), grounds);
    const paths = found.map(({ row }) => row);
    // Without a path of its own the question is about the one that most peers hold it on.
    const [most] = found;
    const route =
      asked.path !== null || most === undefined
        ? asked
        : { ...asked, path: most.row.path, direction: most.row.direction, neighbor: most.neighbor };
    const check = checkRoute(route, grounds, now);
    const own = asked.path === null ? [] : [askedPath(route, check)];
    return {
      ...check,
      time: now,
      sources: registry.status(now).map(sourceRow),
      rpki: sourcesOf(rpki, config().rpki).map(rpkiRow),
      expiring: expiringOf(
        grounds.objects.filter(object => covers(object.prefix, route.prefix)),
        config().irr,
      ),
      watches: registry.watchesFor(route.prefix).map(watch => ({
        watch: watch.name,
        because: becauseOf(watch, route.prefix, grounds.objects),
      })),
      holders: holdersOf(held),
      paths: [...own, ...paths.slice(0, MOST_PATHS)],
      morePaths: Math.max(0, paths.length - MOST_PATHS),
      cases: cases
        .open()
        .filter(one => one.prefix === check.prefix && one.state !== 'dismissed')
        .map(({ id, state }) => ({ id, state })),
      whatIf: whatWouldChange(route, grounds),
    };
  }

  /** The paths on which a route is held, those of most peers first, each with the AS that must stand first in it. */
  function pathsOf(
    rows: readonly RouteRow[],
    { aspas }: Grounds,
  ): readonly { readonly row: PathRow; readonly neighbor: number | null }[] {
    const found = new Map<string, { readonly row: RouteRow; readonly role: string | null; readonly peers: string[] }>();
    for (const row of rows) {
      const role = roleOf(row.peer);
      const key = JSON.stringify([row.path, role, row.leak, otcOf(row)]);
      const same = found.get(key);
      if (same === undefined) found.set(key, { row, role, peers: [row.peer] });
      else same.peers.push(row.peer);
    }
    return [...found.values()]
      .sort((a, b) => b.peers.length - a.peers.length)
      .map(({ row, role, peers }) => {
        const direction = directionFor(config().peers.find(isPeer(row.peer))?.role ?? null);
        // A route server need not stand in the path, and a router of our own AS does not.
        const neighbor = role === 'rs' || row.peerAs === config().localAs ? null : row.peerAs;
        const judged = aspas === null ? null : verifyPath(row.path, aspas, direction, neighbor);
        const shown: PathRow = {
          path: row.path,
          peers,
          role,
          direction,
          aspa: judged?.state ?? 'unknown',
          why: judged?.why ?? 'there are no ASPAs',
          hops: judged?.hops ?? [],
          otc: otcOf(row),
          leak: row.leak ?? null,
        };
        return { row: shown, neighbor };
      });
  }

  const isPeer = (name: string) => (peer: Config['peers'][number]) => peer.name === name || isMember(peer, name);

  /** What the peer is to us, where our role is configured. */
  function roleOf(name: string): string | null {
    const ours = config().peers.find(isPeer(name))?.role;
    return ours === undefined ? null : OPPOSITE[ours];
  }

  /** What the registry in force lacks, or is not sure of. */
  function doubtsNow(now: number): string[] {
    const told: string[] = [];
    if (config().irr.length === 0) told.push('no source of the IRR is configured');
    for (const row of registry.status(now)) told.push(...troubleOf(row).map(why => `irr ${row.source}: ${why}`));
    if (config().rpki.length === 0) told.push('no source of the RPKI is configured');
    else if (!rpki.settled()) told.push('what has come of the RPKI last is not in force yet');
    for (const { source, inUse, stale, doubt } of sourcesOf(rpki, config().rpki)) {
      if (inUse === null) told.push(`rpki ${source} has no data`);
      if (stale) told.push(`rpki ${source} has not been refreshed for two hours`);
      if (doubt !== '') told.push(`rpki ${source}: ${doubt}`);
    }
    return told;
  }

  return {
    async checkRoute(question) {
      const route = routeAsked(question);
      const held = await heldFor(formatPrefix(route.prefix), 'exact', null);
      const now = Date.now();
      const check = checkRoute(route, about(route.prefix), now);
      return { ...check, held: held.map(heldRow), doubts: doubtsNow(now) };
    },
    async explain(question) {
      const route = routeAsked(question);
      return explanation(route, await heldFor(formatPrefix(route.prefix), 'exact', null));
    },
    async explainHeld(text, peer) {
      const [first] = await heldFor(text, 'match', peer);
      if (first === undefined) throw new Error(`no route is held for ${text}${peer === null ? '' : ` by ${peer}`}`);
      const prefix = parsePrefix(first.prefix)!;
      const held = await heldFor(first.prefix, 'exact', null);
      const origins = new Map<string, CheckedRoute>();
      for (const row of held) {
        if (peer !== null && row.peer !== peer && row.peerAddress !== peer) continue;
        const { origin, remark } = readRowOrigin(row.path, config().localAs);
        const route = { prefix, origin, remark, path: null, direction: 'downstream', neighbor: null } as const;
        if (origins.size < MOST_ORIGINS) origins.set(JSON.stringify(origin), route);
      }
      return [...origins.values()].map(route => explanation(route, held));
    },
  };
}

function heldRow({ peer, peerAs, path, origin, state, rov }: RouteRow): HeldRow {
  return { peer, peerAs, path, origin, irr: state, rov };
}

const otcOf = ({ attributes }: RouteRow): string | null =>
  attributes?.find(({ name }) => name === 'ONLY_TO_CUSTOMER')?.text ?? null;

const sameMembers = (last: RouteRow['path'][number] | undefined, members: readonly number[]): boolean =>
  last !== undefined && typeof last !== 'number' && [...new Set(last)].sort((a, b) => a - b).join() === members.join();

function askedPath({ path, direction }: CheckedRoute, { aspa, why, hops }: RouteCheck): PathRow {
  return { path: path ?? [], peers: [], role: null, direction, aspa, why: why.aspa, hops, otc: null, leak: null };
}

function holdersOf(rows: readonly RouteRow[]): Explanation['holders'] {
  const peers = new Map<number | null, Set<string>>();
  for (const { origin, peer } of rows) peers.set(origin, (peers.get(origin) ?? new Set()).add(peer));
  return [...peers].map(([origin, names]) => ({ origin, peers: names.size })).sort((a, b) => b.peers - a.peers);
}

function sourceRow(status: ReturnType<Registry['status']>[number]): SourceRow {
  const { source, authoritative, serial, age, objects } = status;
  return { source, authoritative, serial, age, objects, trouble: troubleOf(status).join('; ') };
}

/** What is doubted and what is stale stands among the problems. */
function rpkiRow({ source, inUse, problems, caches }: ReturnType<Rpki['status']>[number]): RpkiRow {
  const serving = caches.find(({ cache }) => cache === inUse);
  return { source, inUse, serial: serving?.serial ?? null, age: serving?.age ?? null, trouble: problems.join('; ') };
}

function expiringOf(objects: readonly RouteObject[], irr: readonly IrrConfig[]): Explanation['expiring'] {
  return objects.flatMap(({ source, prefix, origin, text }) => {
    const rule = irr.find(({ name }) => name === source)?.expiry;
    const rpsl = rule === undefined ? null : readRpslObject(Buffer.from(text));
    const due = rule === undefined || rpsl === null ? null : forecast(datesOf(rpsl), rule);
    return due === null ? [] : [{ source, prefix: formatPrefix(prefix), origin, removal: due.removal }];
  });
}

/** What puts a prefix under a watch. */
function becauseOf(watch: WatchConfig, prefix: Prefix, objects: readonly RouteObject[]): string {
  const selector = watch.prefixes.find(one => {
    const selected = parsePrefix(one.prefix);
    return selected !== null && covers(selected, prefix);
  });
  if (selector !== undefined) return `prefix ${selector.prefix}`;
  for (const { source, mntBy, keiro, prefix: registered, origin } of objects) {
    const names = mntBy.map(name => name.toUpperCase());
    const object = `${source}'s object ${formatPrefix(registered)} AS${origin}`;
    const named = watch.maintainers.find(
      one => (one.source === null || one.source === source) && names.includes(one.maintainer.toUpperCase()),
    );
    if (named !== undefined) return `maintainer ${named.maintainer} of ${object}`;
    if (keiro.length > 0 && watch.keiro.some(one => one.source === null || one.source === source))
      return `X-Keiro in ${object}`;
  }
  return 'an object that decides about it';
}
