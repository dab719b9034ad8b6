/**
 * What a replay says of a generated stream, held against what was put into it (`truth.jsonl` of the shared generator): by
 * type of incident found, told otherwise or missed, and its end; and for each case that belongs to no incident, why it is
 * there.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flattenPath } from '../../src/bgp/as-path.ts';
import type { CaseLine } from '../../src/daemon/replay-lines.ts';
import { decodeDumped } from '../../src/mrt/dumped-attributes.ts';
import { prefixesOf } from '../../src/mrt/message-prefixes.ts';
import { openMrt, readMrt } from '../../src/mrt/source.ts';
import { createWalker } from '../../src/mrt/walk.ts';
import { covers, formatPrefix, type Prefix, parsePrefix, prefixOf } from '../../src/net/prefix.ts';

/** An incident as the generator writes it. Times are seconds since the epoch. */
export interface Incident {
  readonly id: number;
  readonly type: string;
  readonly malicious: boolean;
  readonly prefix: string;
  readonly victim_as?: number;
  readonly actor_as: number;
  readonly bogus_origin?: number;
  readonly end: number;
  readonly first_seen: number;
  /** Peers that saw it, by their number. */
  readonly peers: readonly number[];
}

/** The kinds of case that tell an incident rightly, and whom they are to name. */
const RIGHT: Readonly<
  Record<string, { readonly kinds: readonly string[]; readonly offender: (of: Incident) => number | undefined }>
> = {
  exact_prefix_hijack: { kinds: ['origin'], offender: ({ actor_as }) => actor_as },
  sub_prefix_hijack: { kinds: ['more-specific'], offender: ({ actor_as }) => actor_as },
  type1_forged_path: { kinds: ['upstream', 'path'], offender: ({ actor_as }) => actor_as },
  route_leak: { kinds: ['leak'], offender: ({ actor_as }) => actor_as },
  private_as_origin: { kinds: ['private-as', 'origin', 'more-specific'], offender: ({ bogus_origin }) => bogus_origin },
  ix_lan_leak: { kinds: ['ix-lan'], offender: ({ actor_as }) => actor_as },
};

/** How an incident was told. */
export interface Told {
  readonly incident: Incident;
  /** `other`: a case of its prefix and time has another kind or offender. */
  readonly how: 'found' | 'other' | 'missed';
  readonly ended: boolean;
  readonly cases: readonly CaseStory[];
}

/** A case from its first line to its last. */
export interface CaseStory {
  readonly id: string;
  readonly kind: string;
  readonly prefix: string;
  readonly origin: number | null;
  readonly offender: number | null;
  readonly opened: number;
  readonly ended: number | null;
  /** When somebody was told of it; null: nobody was. */
  readonly begun: number | null;
}

/** One row of the truth table. */
export interface TruthRow {
  readonly type: string;
  readonly incidents: number;
  readonly found: number;
  readonly other: number;
  readonly missed: number;
  /** Of those found: whose end was told, at the right time. */
  readonly ended: number;
}

export interface Truth {
  readonly rows: readonly TruthRow[];
  readonly told: readonly Told[];
  /** Look-alikes that raised a case. */
  readonly lookAlikes: readonly Told[];
  /** Cases of no incident that somebody was told of. */
  readonly beside: readonly CaseStory[];
}

/** Seconds by which witnesses follow each other. */
const SPREAD = 60;

/** The incidents that the first `mrtPeers` peers saw, which are those whose routes stand in the MRT files. */
export const readIncidents = (directory: string, mrtPeers = 4): Incident[] =>
  readFileSync(join(directory, 'truth.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Incident)
    .filter(({ peers }) => peers.some(peer => peer < mrtPeers));

/** The stories of the lines. */
export function storiesOf(lines: readonly CaseLine[]): CaseStory[] {
  const stories = new Map<string, CaseStory>();
  for (const { case: id, kind, prefix, origin, offender, opened, ended, what, time } of lines) {
    const begun = what === 'begin' ? time / 1000 : (stories.get(id)?.begun ?? null);
    stories.set(id, { id, kind, prefix, origin, offender, opened: opened / 1000, ended: ended && ended / 1000, begun });
  }
  return [...stories.values()];
}

/** Holds the cases against the incidents. */
export function compare(incidents: readonly Incident[], cases: readonly CaseStory[]): Truth {
  const taken = new Set<CaseStory>();
  const byPrefix = Map.groupBy(cases, ({ prefix }) => prefix);
  const told = incidents.map((incident): Told => {
    const { prefix, first_seen, end, type } = incident;
    const near = (byPrefix.get(prefix) ?? []).filter(
      ({ opened }) => opened >= first_seen - 0.001 && opened <= end + SPREAD,
    );
    for (const one of near) taken.add(one);
    const right = RIGHT[type];
    const found = near.filter(
      ({ kind, offender, begun }) =>
        begun !== null && right?.kinds.includes(kind) && offender === right.offender(incident),
    );
    const ended = found.some(one => one.ended !== null && one.ended >= end && one.ended <= end + SPREAD);
    return { incident, how: found.length > 0 ? 'found' : near.length > 0 ? 'other' : 'missed', ended, cases: near };
  });
  const malicious = told.filter(({ incident }) => incident.malicious);
  const rows = [...Map.groupBy(malicious, ({ incident }) => incident.type)].map(([type, list]): TruthRow => {
    const count = (how: Told['how']) => list.filter(one => one.how === how).length;
    return {
      ...{ type, incidents: list.length, found: count('found'), other: count('other'), missed: count('missed') },
      ended: list.filter(one => one.how === 'found' && one.ended).length,
    };
  });
  return {
    rows,
    told,
    lookAlikes: told.filter(({ incident, how }) => !incident.malicious && how !== 'missed'),
    beside: cases.filter(one => one.begun !== null && !taken.has(one)),
  };
}

/** The table in Markdown. */
export const truthTable = (rows: readonly TruthRow[]): string =>
  [
    '| incident | embedded | found | end told | told otherwise | missed |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ type, incidents, found, ended, other, missed }) =>
        `| ${type.replaceAll('_', ' ')} | ${incidents} | ${found} | ${ended} | ${other} | ${missed} |`,
    ),
  ].join('\n');

/** Why a case that belongs to no incident is right by registries and routes, by the plainest reading of both; null: it is not. */
export type Why = (of: CaseStory) => string | null;

/** Origins by prefix, by the plainest reading of the dumps. */
function registeredIn(directory: string): Map<string, Set<number>> {
  const registered = new Map<string, Set<number>>();
  for (const file of readdirSync(join(directory, 'irr')))
    for (const text of readFileSync(join(directory, 'irr', file), 'utf8').split('\n\n')) {
      const prefix = parsePrefix(/^route6?:\s*(\S+)/m.exec(text)?.[1] ?? '');
      const origin = Number(/^origin:\s*AS(\d+)/im.exec(text)?.[1]);
      if (prefix === null || !Number.isInteger(origin)) continue;
      const key = formatPrefix(prefix);
      registered.set(key, (registered.get(key) ?? new Set()).add(origin));
    }
  return registered;
}

interface Authorised {
  readonly asn: number;
  readonly maxLength: number;
}

function authorisedIn(directory: string): Map<string, Authorised[]> {
  const { roas } = JSON.parse(readFileSync(join(directory, 'vrps.json'), 'utf8')) as {
    roas: { asn: string; prefix: string; maxLength: number }[];
  };
  const vrps = new Map<string, Authorised[]>();
  for (const { asn, prefix, maxLength } of roas)
    vrps.set(prefix, [...(vrps.get(prefix) ?? []), { asn: Number(asn.slice(2)), maxLength }]);
  return vrps;
}

/** By prefix, the origin at each peer that has it; null where the path ends in a set. */
type Held = Map<string, Map<string, number | null>>;

/** Reads a file of the stream; after each moment `on` is told of what is held then. */
async function readStream(file: string, held: Held, on: (time: number) => void): Promise<void> {
  let now = 0;
  const prefixAt = (afi: 1 | 2, bytes: Uint8Array, at: number, length: number): string => {
    const whole = new Uint8Array(afi === 1 ? 4 : 16);
    whole.set(bytes.subarray(at, at + ((length + 7) >> 3)));
    return formatPrefix(prefixOf({ afi, bytes: whole }, length));
  };
  const originOf = (bytes: Uint8Array, start: number, end: number, as4: boolean): number | null => {
    const last = flattenPath(decodeDumped(bytes, start, end, as4).set.path).at(-1);
    return typeof last === 'number' ? last : null;
  };
  const hold = (prefix: string, peer: string, origin: number | null) =>
    held.set(prefix, (held.get(prefix) ?? new Map<string, number | null>()).set(peer, origin));
  const walker = createWalker({
    route({ bytes }, { afi, prefix, prefixLength, peerBytes, as4, attributesStart, attributesEnd }) {
      const origin = originOf(bytes, attributesStart, attributesEnd, as4);
      hold(prefixAt(afi, bytes, prefix, prefixLength), peerBytes.join(), origin);
    },
    message({ bytes }, message) {
      const peer = bytes.subarray(message.peerAddress, message.peerAddress + 4).join();
      const attributes = message.start + 4 + ((bytes[message.start]! << 8) | bytes[message.start + 1]!);
      const octets = (bytes[attributes - 2]! << 8) | bytes[attributes - 1]!;
      const origin = originOf(bytes, attributes, attributes + octets, message.as4);
      prefixesOf(bytes, message, (afi, at, length, announced) => {
        const prefix = prefixAt(afi, bytes, at, length);
        if (announced) hold(prefix, peer, origin);
        else held.get(prefix)?.delete(peer);
      });
    },
    state() {},
    other() {},
  });
  await readMrt(openMrt(file), {
    record(record) {
      const time = record.seconds + Math.floor(record.microseconds / 1000) / 1000;
      if (time > now) on(now);
      now = Math.max(now, time);
      walker.walk(record);
    },
    gap() {},
  });
  on(Number.POSITIVE_INFINITY);
}

/**
 * Reads all of a generated stream. What makes a case right: the registries do not give the route to its origin, and it stood
 * in the table before anything happened, or came with the churn and stays, which no incident does (the second of two origins
 * that take turns). And a route that covers others draws when it is told: its peer lacks one that another has from elsewhere.
 */
export async function plainReading(directory: string, cases: readonly CaseStory[]): Promise<Why> {
  const registered = registeredIn(directory);
  const vrps = authorisedIn(directory);
  /** The prefix itself and all that cover it, the longest first. */
  const upwards = (prefix: Prefix): string[] =>
    Array.from({ length: prefix.length + 1 }, (_, i) => formatPrefix(prefixOf(prefix, prefix.length - i)));
  /** RFC 6811 section 2. */
  function rov(prefix: Prefix, origin: number): 'valid' | 'invalid' | 'not-found' {
    const covering = upwards(prefix).flatMap(one => vrps.get(one) ?? []);
    if (covering.length === 0) return 'not-found';
    return covering.some(({ asn, maxLength }) => asn === origin && maxLength >= prefix.length) ? 'valid' : 'invalid';
  }

  const held: Held = new Map();
  await readStream(join(directory, 'rib.mrt'), held, () => {});
  const stood = new Set(cases.filter(({ prefix, origin }) => [...(held.get(prefix)?.values() ?? [])].includes(origin)));
  const known = new Set(cases.filter(({ prefix }) => held.has(prefix)));

  // What covers others is looked at when it is told, the next one first.
  const parsed = [...registered].map(([text, origins]) => ({ text, origins, prefix: parsePrefix(text)! }));
  const told = cases.filter(({ kind, begun }) => kind === 'super-prefix' && begun !== null);
  const waiting = told.map(one => {
    const outer = parsePrefix(one.prefix)!;
    const isBeneath = ({ prefix, origins }: (typeof parsed)[number]) =>
      prefix.length > outer.length && covers(outer, prefix) && !origins.has(one.origin!);
    return { one, beneath: parsed.filter(isBeneath).map(({ text }) => text) };
  });
  waiting.sort((a, b) => a.one.begun! - b.one.begun!);
  const draws = new Set<CaseStory>();
  const look = (time: number) => {
    while (waiting.length > 0 && waiting[0]!.one.begun! <= time) {
      const { one, beneath } = waiting.shift()!;
      const covering = [...(held.get(one.prefix) ?? [])].filter(([, origin]) => origin === one.origin);
      const astray = beneath.some(text => {
        const at = held.get(text) ?? new Map<string, number | null>();
        return [...at.values()].some(origin => origin !== one.origin) && covering.some(([peer]) => !at.has(peer));
      });
      if (astray) draws.add(one);
    }
  };
  look(Math.min(...[...cases].map(({ opened }) => opened)));
  await readStream(join(directory, 'churn.mrt'), held, look);

  function why({ kind, prefix: text, origin }: CaseStory & { readonly origin: number }, of: CaseStory): string | null {
    const prefix = parsePrefix(text)!;
    const decidedBy = upwards(prefix).find(one => registered.has(one)) ?? null;
    const right = decidedBy !== null && registered.get(decidedBy)!.has(origin);
    switch (kind) {
      case 'origin':
        return decidedBy === text && !right ? 'registered to another origin' : null;
      case 'more-specific':
        return decidedBy !== null && decidedBy !== text && !right
          ? 'inside a prefix registered to another origin'
          : null;
      case 'rpki-invalid':
        return rov(prefix, origin) === 'invalid' ? 'its ROA does not allow what is in the table' : null;
      case 'super-prefix':
        return !right && rov(prefix, origin) !== 'valid' && draws.has(of)
          ? 'a peer has it, and lacks what it covers and others have'
          : null;
      default:
        return null;
    }
  }

  return one => {
    const { origin, ended } = one;
    if (origin === null || !known.has(one) || (!stood.has(one) && ended !== null)) return null;
    const words = why({ ...one, origin }, one);
    return words === null || stood.has(one) ? words : `${words}, the second of two that take turns`;
  };
}

/**
 * What the operators of the generated Internet know of it, as statements of a configuration: the LANs of its exchange points,
 * and by whom each AS is provided, as everybody's ASPA, written to `file`.
 */
export function knownOf(directory: string, file: string): string {
  const lans = JSON.parse(readFileSync(join(directory, 'ixlans.json'), 'utf8')) as { data: { prefix: string }[] };
  const providers = new Map<number, number[]>();
  for (const line of readFileSync(join(directory, 'asrel.txt'), 'utf8').split('\n')) {
    const [a, b, relation] = line.split('|').map(Number);
    if (Number.isNaN(a) || b === undefined) continue;
    for (const as of [a!, b]) if (!providers.has(as)) providers.set(as, []);
    if (relation === -1) providers.get(b)!.push(a!);
  }
  const aspas = [...providers].map(([customer_asid, list]) => ({
    customer_asid,
    providers: list.length > 0 ? list : [0],
  }));
  writeFileSync(file, JSON.stringify({ metadata: { buildtime: '2026-03-01T00:00:00Z' }, roas: [], aspas }));
  return `rpki aspas { file "${file}"; } watch lans { segment ${[...new Set(lans.data.map(({ prefix }) => prefix))].join(', ')}; }`;
}
