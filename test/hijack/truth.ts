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
import { openMrt, readMrt } from '../../src/mrt/source.ts';
import { createWalker } from '../../src/mrt/walk.ts';
import { formatPrefix, parsePrefix, prefixOf } from '../../src/net/prefix.ts';

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
  readonly begun: boolean;
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
  for (const { case: id, kind, prefix, origin, offender, opened, ended, what } of lines) {
    const begun = what === 'begin' || stories.get(id)?.begun === true;
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
      ({ kind, offender, begun }) => begun && right?.kinds.includes(kind) && offender === right.offender(incident),
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
    beside: cases.filter(one => one.begun && !taken.has(one)),
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

/** What the registry and the table say of routes, by the plainest reading of both. */
export interface Plain {
  /**
   * Why a case that belongs to no incident is right by the registry: the origin is not registered where others are, and the
   * route stood in the table before anything happened, or came with the churn and stays, which no incident does (the second
   * of two origins that take turns). Null: it is not.
   */
  staleness(of: CaseStory): string | null;
}

export async function plainReading(directory: string): Promise<Plain> {
  const registered = new Map<string, Set<number>>();
  for (const file of readdirSync(join(directory, 'irr')))
    for (const text of readFileSync(join(directory, 'irr', file), 'utf8').split('\n\n')) {
      const prefix = parsePrefix(/^route6?:\s*(\S+)/m.exec(text)?.[1] ?? '');
      const origin = Number(/^origin:\s*AS(\d+)/im.exec(text)?.[1]);
      if (prefix === null || !Number.isInteger(origin)) continue;
      const key = formatPrefix(prefix);
      registered.set(key, (registered.get(key) ?? new Set()).add(origin));
    }
  const held = new Map<string, Set<number>>();
  const walker = createWalker({
    route({ bytes }, { afi, prefix, prefixLength, as4, attributesStart, attributesEnd }) {
      const whole = new Uint8Array(afi === 1 ? 4 : 16);
      whole.set(bytes.subarray(prefix, prefix + ((prefixLength + 7) >> 3)));
      const key = formatPrefix(prefixOf({ afi, bytes: whole }, prefixLength));
      const last = flattenPath(decodeDumped(bytes, attributesStart, attributesEnd, as4).set.path).at(-1);
      if (typeof last === 'number') held.set(key, (held.get(key) ?? new Set()).add(last));
    },
    message() {},
    state() {},
    other() {},
  });
  await readMrt(openMrt(join(directory, 'rib.mrt')), { record: record => void walker.walk(record), gap() {} });

  return {
    staleness({ kind, prefix: text, origin, ended }) {
      const prefix = parsePrefix(text)!;
      if (origin === null) return null;
      const stood = held.get(text)?.has(origin) === true;
      if (!stood && (ended !== null || !held.has(text))) return null;
      if (kind === 'rpki-invalid') return 'its ROA does not allow what is in the table';
      if (kind === 'super-prefix') return 'the table of a peer has it, and lacks what it covers and others have';
      for (let length = prefix.length; length >= 0; length--) {
        const origins = registered.get(formatPrefix(prefixOf(prefix, length)));
        if (origins === undefined) continue;
        if (origins.has(origin)) return null;
        const where = length === prefix.length ? 'registered' : 'inside a prefix registered';
        return `${where} to another origin${stood ? '' : ', the second of two that take turns'}`;
      }
      return null;
    },
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
  return `rpki aspas { file "${file}"; } watch lans { segment ${lans.data.map(({ prefix }) => prefix).join(', ')}; }`;
}
