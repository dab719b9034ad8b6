/** Names that the daemon holds now of what has too many of them, or of several sorts: for completion. */
import { parseAddress } from '../net/address.ts';
import { parsePrefix } from '../net/prefix.ts';
import type { Daemon } from './daemon.ts';

/** Where a name is completed: what is typed of it, and the words before it in full. */
export interface Place {
  readonly begun: string;
  readonly words: readonly string[];
}

/** Routes that are looked at for the prefixes of one place: those of a large block can be many. */
const MOST_ROUTES = 20_000;

/** Prefixes that are found at one place. */
const MOST_PREFIXES = 200;

/** A list that cannot be had now completes nothing, and the others do. */
const orNone = <T>(list: Promise<readonly T[]>): Promise<readonly T[]> => list.catch(() => []);

/** ASes that traces are exchanged with, or that have said that they take part. */
export async function tracingAses(daemon: Daemon): Promise<readonly number[]> {
  const [peers, participants] = await Promise.all([
    orNone(daemon.tracePeers()),
    orNone(daemon.tracebackParticipants()),
  ]);
  return [...new Set([...peers.map(({ as }) => as), ...participants.map(({ record }) => record.as)])];
}

/** The ASes that are meant where one may stand: behind `traceback` those that take part, else also neighbors and offenders. */
export async function knownAses(daemon: Daemon, { words }: Place): Promise<readonly string[]> {
  const tracing = await tracingAses(daemon);
  if (words.includes('traceback')) return tracing.map(String);
  const [peers, cases] = await Promise.all([orNone(daemon.ribQuery({ about: 'summary' })), orNone(daemon.cases())]);
  const ases = [...peers.map(({ as }) => as), ...cases.map(({ origin }) => origin), ...tracing];
  return [...new Set(ases.filter(as => as !== null && as > 0))].map(String);
}

/** The last of a list with commas: what is before it stays. */
export async function lastOfList(
  { begun, words }: Place,
  values: (place: Place) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const before = begun.slice(0, begun.lastIndexOf(',') + 1);
  const given = before.split(',');
  const found = await values({ begun: begun.slice(before.length), words });
  return found.filter(one => !given.includes(one)).map(one => before + one);
}

/** Prefixes of open cases; and, once its first number is typed, those that are held. */
export async function heldPrefixes(daemon: Daemon, { begun }: Place): Promise<readonly string[]> {
  const cases = await orNone(daemon.cases());
  const found = new Set(cases.map(one => one.prefix).filter(prefix => prefix.startsWith(begun)));
  const block = blockOf(begun);
  if (block === null) return [...found];
  const enough = new AbortController();
  let seen = 0;
  const take = async (rows: readonly { readonly prefix: string }[]) => {
    for (const { prefix } of rows) if (prefix.startsWith(begun)) found.add(prefix);
    seen += rows.length;
    if (seen >= MOST_ROUTES || found.size >= MOST_PREFIXES) enough.abort();
  };
  // A covering prefix can begin as the block does: 10.0.0.0/8 as 10.0.0.0/24.
  for (const scope of ['shorter', 'longer'] as const)
    await daemon.routes({ about: 'route', prefix: block, scope }, take, enough.signal).catch(error => {
      if (!enough.signal.aborted) throw error;
    });
  return [...found];
}

/**
 * A block that has every prefix which begins so and is not shorter than itself, by the numbers that are typed in full: of `10.1`
 * 10.0.0.0/8, of `2001:db8:4` 2001:db8::/32, of `10.0.0.0/2` the address. Null when nothing is in full.
 */
export function blockOf(begun: string): string | null {
  const slash = begun.indexOf('/');
  if (slash >= 0) return parseAddress(begun.slice(0, slash)) === null ? null : begun.slice(0, slash);
  const v6 = begun.includes(':');
  const compressed = begun.indexOf('::');
  const whole = compressed >= 0 ? begun.slice(0, compressed).split(':') : begun.split(v6 ? ':' : '.').slice(0, -1);
  if (whole.length === 0 || whole.length > (v6 ? 7 : 3)) return null;
  const block = v6
    ? `${whole.join(':')}::/${16 * whole.length}`
    : `${[...whole, '0', '0', '0'].slice(0, 4).join('.')}/${8 * whole.length}`;
  return parsePrefix(block) === null ? null : block;
}
