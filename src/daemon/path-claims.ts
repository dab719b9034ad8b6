/**
 * What BGP said of the way to the source addresses of packets at their time, beside where they came in. It is read of our
 * own table, and stays in this AS: a source address is known here alone, for the packets are.
 */
import type { RouteRow } from '../collector/messages.ts';
import type { AskRib } from '../collector/thread.ts';
import { formatAddress } from '../net/address.ts';
import { flowKeysOf } from '../probe/flows/flow-key-of.ts';
import type { ClaimedPath, Trace, TraceClaim } from '../traceback/trace.ts';
import type { PacketToTrace } from './asked-packets.ts';

export interface ClaimParts {
  readonly query: AskRib;
  /** Routes that were held at a time; rejects where there is no archive. */
  routesAt(question: {
    readonly prefix: string;
    readonly scope: 'match';
    readonly time: number;
  }): Promise<{ readonly rows: readonly RouteRow[]; readonly remarks: readonly string[] }>;
}

/** What was claimed, before it is known where the packets came in. */
export type Claimed = Pick<TraceClaim, 'paths' | 'of'>;

/** Source addresses of one trace that are looked up, and paths that are kept. */
const MOST_SOURCES = 4;
const MOST_PATHS = 8;
/** So old a packet is of another table than that of now, ms. */
const THEN = 60_000;
/** What an archive may take, ms: less than a trace. */
const PATIENCE = 1500;

/** `claimedFor` by the routes that are held, and those that the past knows. */
export function claimsBy({ query }: Pick<ClaimParts, 'query'>, { routesAt }: Pick<ClaimParts, 'routesAt'>) {
  return (packets: readonly PacketToTrace[]) => claimedFor(packets, { query, routesAt }, Date.now());
}

/** The routes to where these packets say they are from; null when nobody can say. Never rejects. */
export async function claimedFor(
  packets: readonly PacketToTrace[],
  { query, routesAt }: ClaimParts,
  now: number,
): Promise<Claimed | null> {
  const sources = new Set(
    packets.flatMap(({ frame, linkType, wire }) => {
      const inner = flowKeysOf(frame, linkType, wire).at(-1);
      return inner === undefined
        ? []
        : [formatAddress({ afi: inner.source.length === 4 ? 1 : 2, bytes: inner.source })];
    }),
  );
  if (sources.size === 0) return null;
  const [{ time }] = packets as [PacketToTrace];
  const asked = [...sources].slice(0, MOST_SOURCES);
  try {
    if (now - time > THEN) {
      const then = await Promise.race([
        Promise.all(asked.map(prefix => routesAt({ prefix, scope: 'match', time }))).catch(() => null),
        new Promise<null>(resolve => setTimeout(() => resolve(null), PATIENCE).unref()),
      ]);
      // An archive that has no table of that time says so in a remark, and has no route.
      if (then?.some(({ rows }) => rows.length > 0))
        return { of: 'then', paths: pathsOf(then.flatMap(({ rows }) => rows)) };
    }
    const held = await Promise.all(asked.map(prefix => query({ about: 'route', prefix, scope: 'match' })));
    return { of: 'now', paths: pathsOf(held.flatMap(({ rows }) => rows as readonly RouteRow[])) };
  } catch {
    return null;
  }
}

/** Each path once, those of most peers first, then the shortest. */
function pathsOf(rows: readonly RouteRow[]): ClaimedPath[] {
  const paths = new Map<string, { path: RouteRow['path']; origin: number | null; peers: number }>();
  for (const { path, origin } of rows) {
    const key = JSON.stringify(path);
    const known = paths.get(key);
    if (known === undefined) paths.set(key, { path, origin, peers: 1 });
    else known.peers++;
  }
  return [...paths.values()]
    .sort(
      (a, b) => b.peers - a.peers || a.path.length - b.path.length || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1),
    )
    .slice(0, MOST_PATHS);
}

/** The claim beside what this AS saw. */
export function claimOf({ paths, of }: Claimed, { tree }: Pick<Trace, 'tree'>): TraceClaim {
  const seen = tree.ingress;
  const firsts = new Set(paths.flatMap(({ path }) => (typeof path[0] === 'number' ? [path[0]] : (path[0] ?? []))));
  const verdict =
    seen.length === 0
      ? 'not-seen'
      : paths.length === 0
        ? 'unrouted'
        : paths.every(({ path }) => path.length === 0)
          ? 'own'
          : seen.every(as => firsts.has(as))
            ? 'as-bgp-says'
            : 'elsewhere';
  return { paths, of, seen, verdict };
}
