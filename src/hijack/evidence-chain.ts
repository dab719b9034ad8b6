/**
 * The evidence of a case: what was known as it opened and at each change, as records that are chained. Each has the hash of
 * the one before, so that nothing in them can be changed, left out or put in between without all later hashes being others;
 * who has seen the last hash of a case can tell.
 *
 * The hash is SHA-256 over the hash before, as 64 hexadecimal digits, and the record's canonical JSON, in UTF-8.
 */
import { createHash } from 'node:crypto';
import type { Case, WhyRecord } from './case.ts';

/** The hash before the first record. */
export const NO_HASH = '0'.repeat(64);
/** Records of a case; beyond, only those that change its state or severity are kept, and the rest is counted. */
export const MOST_RECORDS = 500;
/** Whatever a route does, the chain of its case ends somewhere. */
const MOST_OF_ALL = 2000;

/** Where the archive has what peers sent then. */
export interface MrtPointer {
  /** Path below the archive's directory. */
  readonly file: string;
  /** The time of the record's event, ms: of the MRT records to look at. */
  readonly time: number;
}

/** What is frozen. A part that is not there is as in the record before. */
export interface EvidenceParts {
  /** State of the case then. */
  readonly state: Case['state'];
  readonly witnesses?: Case['witnesses'];
  /** In place of all witnesses: those that are others than in the record before, or new. */
  readonly witnessed?: Case['witnesses'];
  /** The registered objects that it contradicts. */
  readonly objects?: Case['objects'];
  readonly severity?: Case['severity'] | null;
  /** What may make it harmless. */
  readonly hints?: Case['hints'];
  /** How it came to its severity; null: it is not known. */
  readonly why?: Case['why'] | null;
  /** In place of the whole: it was judged by another path, and came to the same. */
  readonly rejudged?: Pick<WhyRecord, 'time' | 'path'>;
  /** The AS one up the path from the offender; null: no path has one. */
  readonly upstream?: Case['upstream'];
  /** Who has acknowledged it; null: nobody. */
  readonly acknowledged?: Case['acknowledged'] | null;
  /** Who has set it aside, and why; null: nobody. */
  readonly dismissed?: Case['dismissed'] | null;
}

export interface Evidence extends EvidenceParts {
  readonly case: string;
  /** From 1 on. */
  readonly number: number;
  readonly time: number;
  /** The hash of the record before. */
  readonly previous: string;
  /** Why there is a record: the line of the timeline. */
  readonly event: string;
  readonly kind: Case['kind'];
  readonly prefix: string;
  readonly origin: number | null;
  readonly offender: number | null;
  /** What the path is blamed for; '' for what the registry says. */
  readonly ground: string;
  /** Null without an archive. */
  readonly mrt: MrtPointer | null;
  /** Changes since the record before that were too many to be kept. */
  readonly leftOut?: number;
}

/** A record as it is kept: what was hashed, and the hash. */
export interface SealedEvidence {
  readonly number: number;
  readonly time: number;
  readonly hash: string;
  /** Canonical JSON of an Evidence. */
  readonly body: string;
}

/** What the next record of a case goes on from. */
export interface ChainEnd {
  readonly number: number;
  readonly hash: string;
  /** The parts of the record before, each by its hash; empty after a restart, when all are frozen anew. */
  readonly parts: Readonly<Record<string, string>>;
  /** The hash of the why-record before but for its path and time; null: it is frozen anew. */
  readonly judgement: string | null;
  /** The witnesses of the record before; null: they are frozen anew. */
  readonly witnesses: Case['witnesses'] | null;
  readonly leftOut: number;
}

/** The end of a chain that has no record yet. */
export const BEGIN: ChainEnd = {
  number: 0,
  hash: NO_HASH,
  parts: {},
  judgement: null,
  witnesses: null,
  leftOut: 0,
};

/** JSON with the members of every object sorted by their names and no blanks (as RFC 8785 for what we have in it). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

/** The hash of a record whose canonical JSON is `body`. */
export const hashOf = (previous: string, body: string): string =>
  createHash('sha256').update(previous).update(body).digest('hex');

const NONE: readonly never[] = [];
/** Nothing, the states and the AS numbers that are met again: each seal has half a dozen of them. */
const words = new Map<string, string>();
const MOST_WORDS = 1_000;
function hashOfWord(json: string): string {
  const known = words.get(json) ?? hashOf('', json);
  if (words.size < MOST_WORDS) words.set(json, known);
  return known;
}

/** The hash of a part: what is in it, a case and the next snapshot of it have in common as long as it is not another. */
function hashOfPart(part: unknown): string {
  if (typeof part !== 'object' || part === null) return hashOfWord(canonicalJson(part));
  const known = hashed.get(part) ?? hashOf('', canonicalJson(part));
  hashed.set(part, known);
  return known;
}
const hashed = new WeakMap<object, string>();

/** The hash of a why-record but for its path and time. */
function hashOfJudgement(why: WhyRecord): string {
  const known = judged.get(why) ?? hashOf('', canonicalJson({ ...why, time: 0, path: [] }));
  judged.set(why, known);
  return known;
}
const judged = new WeakMap<WhyRecord, string>();

/** Freezes a case as it is after a change; null when nothing of what is frozen is another, or there are too many. */
export function seal(
  end: ChainEnd,
  of: Case,
  event: string,
  time: number,
  mrt: MrtPointer | null,
): { readonly end: ChainEnd; readonly record: SealedEvidence | null } {
  const all: Required<{ [K in keyof Omit<EvidenceParts, 'witnesses' | 'witnessed' | 'rejudged'>]: unknown }> = {
    state: of.state,
    objects: of.objects,
    severity: of.severity ?? null,
    hints: of.hints ?? NONE,
    why: of.why ?? null,
    upstream: of.upstream,
    acknowledged: of.acknowledged ?? null,
    dismissed: of.dismissed ?? null,
  };
  const hashes = Object.fromEntries(Object.entries(all).map(([name, part]) => [name, hashOfPart(part)]));
  const changed = Object.keys(hashes).filter(name => hashes[name] !== end.parts[name]);
  const others = end.witnesses === null ? of.witnesses : othersThan(end.witnesses, of.witnesses);
  if (changed.length === 0 && others.length === 0) return { end, record: null };
  const grave = changed.includes('state') || changed.includes('severity');
  if (end.number >= MOST_OF_ALL || (end.number >= MOST_RECORDS && !grave))
    return { end: { ...end, leftOut: end.leftOut + 1 }, record: null };
  const judgement = of.why === undefined ? null : hashOfJudgement(of.why);
  const same = changed.includes('why') && judgement !== null && judgement === end.judgement;
  const parts = {
    ...Object.fromEntries(Object.entries(all).filter(([name]) => changed.includes(name) && !(same && name === 'why'))),
    ...(same && { rejudged: { time: of.why!.time, path: of.why!.path } }),
    ...(others.length > 0 && (end.witnesses === null ? { witnesses: of.witnesses } : { witnessed: others })),
  };
  const body = canonicalJson({
    ...parts,
    state: of.state,
    case: of.id,
    number: end.number + 1,
    time,
    previous: end.hash,
    event,
    kind: of.kind,
    prefix: of.prefix,
    origin: of.origin,
    offender: of.offender,
    ground: of.ground,
    mrt,
    ...(end.leftOut > 0 && { leftOut: end.leftOut }),
  } satisfies Omit<Evidence, 'state'> & { state: unknown });
  const record = { number: end.number + 1, time, hash: hashOf(end.hash, body), body };
  return {
    end: { number: record.number, hash: record.hash, parts: hashes, judgement, witnesses: of.witnesses, leftOut: 0 },
    record,
  };
}

/** The witnesses that are others than before; each keeps its place, and new ones come behind. */
function othersThan(before: Case['witnesses'], now: Case['witnesses']): Case['witnesses'] {
  return now.filter((one, i) => one !== before[i] && JSON.stringify(one) !== JSON.stringify(before[i]));
}

/** What became of looking at a chain. */
export interface ChainCheck {
  readonly records: number;
  /** The hash of the last record, to be compared with one that was noted before. */
  readonly hash: string;
  /** What is wrong, and in which record first; null when nothing is. */
  readonly fault: { readonly number: number; readonly why: string } | null;
}

/** Verifies the chain of the case: numbers, hashes, and that each record is what it says. */
export function checkChain(id: string, records: readonly SealedEvidence[]): ChainCheck {
  let hash = NO_HASH;
  let number = 0;
  const broken = (why: string): ChainCheck => ({ records: records.length, hash, fault: { number, why } });
  for (const record of records) {
    number++;
    if (record.number !== number) return broken(`record ${number} is missing`);
    if (hashOf(hash, record.body) !== record.hash) return broken('its hash is not that of its content');
    const evidence = readEvidence(record.body);
    if (evidence === null) return broken('it is no evidence');
    if (evidence.previous !== hash) return broken('it does not follow the record before');
    if (evidence.case !== id) return broken(`it is of case ${evidence.case}`);
    if (evidence.number !== number || evidence.time !== record.time) return broken('number or time is not its own');
    hash = record.hash;
  }
  return { records: records.length, hash, fault: null };
}

/** A record as it was frozen; null when the text is none. */
export function readEvidence(body: string): Evidence | null {
  try {
    const read: unknown = JSON.parse(body);
    if (typeof read !== 'object' || read === null) return null;
    const { case: id, number, time, previous, state } = read as Record<string, unknown>;
    const texts = [id, previous, state].every(value => typeof value === 'string');
    return texts && typeof number === 'number' && typeof time === 'number' ? (read as Evidence) : null;
  } catch {
    return null;
  }
}
