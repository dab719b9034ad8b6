/** What collectors tell the case engines, as it travels: JSON, a version, and nothing that an engine trusts unread. */
import { formatPrefix, parsePrefix } from '../net/prefix.ts';
import type { FoundKind, JudgedChange } from '../registry/judged-change.ts';
import { isCount, isTime } from './json-values.ts';
import { sayOnce, whole } from './repeated-fields.ts';

export type CaseEvent =
  /** A collector has begun a new life: of what it held before nothing is known now. */
  | { readonly what: 'hello' }
  | { readonly what: 'judged'; readonly changes: readonly JudgedChange<FoundKind>[] }
  /** A peer's session was established or lost. */
  | { readonly what: 'session'; readonly peer: string }
  | { readonly what: 'end-of-rib'; readonly peer: string; readonly time: number }
  | { readonly what: 'forgotten'; readonly peer: string }
  /** The peers that are configured, and no other. */
  | { readonly what: 'peers'; readonly names: readonly string[] }
  /** All that it holds is judged by a new registry. */
  | { readonly what: 'registry' }
  /** All that it holds follows; and that was all. `up`: peers whose session is up, `whole`: whose table is whole too. */
  | { readonly what: 'resync' }
  | { readonly what: 'resynced'; readonly up: readonly string[]; readonly whole: readonly string[] };

/** One message of the stream. */
export interface CaseMessage {
  /** When the collector's life began, ms since the epoch: grows from life to life. */
  readonly life: number;
  /** Of this collector, life and partition: from 1 on, without a gap. */
  readonly sequence: number;
  readonly events: readonly CaseEvent[];
}

/**
 * A message of a version that this program does not know: nothing is wrong with it, a newer one can read it (intertrack-machines.7,
 * Upgrades).
 */
export interface UnknownVersion {
  readonly version: number;
}

/** Events and changes of one message at most. */
const MOST_EVENTS = 1_000;
const MOST_CHANGES = 1_000;
/** Changes of all events of a message: one of version 2 may be a few octets. */
const MOST_OF_MESSAGE = 4_000;
/** Peers in a list, characters of a name. */
const MOST_PEERS = 20_000;
const MOST_NAME = 256;
const MOST_TEXT = 4_096;
const MOST_PATH = 4_096;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** How the events of a version stand in a message. Of each version that is read: byte vectors in test/bus/case-event.test.ts. */
interface Form {
  readonly write: (event: CaseEvent) => unknown;
  /** A text says what is wrong. */
  readonly read: (event: Fields) => CaseEvent | string;
}

const SAID_ONCE: Form = {
  write: event => (event.what === 'judged' ? { what: 'judged', ...sayOnce(event.changes) } : event),
  read: event => (event.what === 'judged' ? readJudgedOnce(event) : readEvent(event)),
};
const FORMS: ReadonlyMap<number, Form> = new Map([
  [1, { write: event => event, read: readEvent }],
  // What the changes of an event have in common is said once.
  [2, SAID_ONCE],
  // Changes may be of a ROA, which readers of the forms before refuse.
  [3, SAID_ONCE],
]);

/** Versions that are read here, in rising order. Fields of them that are not known are passed over. */
export const VERSIONS: readonly number[] = [...FORMS.keys()];
/** What a reader knows that does not say what it knows. */
export const OLDEST = 1;
/** What a reader knows at least that takes changes of ROAs. */
export const WITH_ROAS = 3;

/** `version`: one of VERSIONS. */
export function encodeCaseMessage({ life, sequence, events }: CaseMessage, version = OLDEST): Uint8Array {
  const { write } = FORMS.get(version)!;
  return encoder.encode(JSON.stringify({ v: version, life, sequence, events: events.map(write) }));
}

/** Reads a message of any version of VERSIONS; a text says what is wrong with it, and where. */
export function decodeCaseMessage(octets: Uint8Array): CaseMessage | UnknownVersion | string {
  let read: unknown;
  try {
    read = JSON.parse(decoder.decode(octets));
  } catch {
    return 'it is no JSON in UTF-8';
  }
  if (!isObject(read)) return 'it is no object';
  const { v, life, sequence } = read;
  if (!isCount(v) || v < OLDEST || v > NEWEST_EVER) return `v: ${shown(v)} is no version`;
  const form = FORMS.get(v);
  if (form === undefined) return { version: v };
  if (!isTime(life)) return 'life: no time';
  if (!isCount(sequence) || sequence === 0) return 'sequence: no number from 1 on';
  if (!Array.isArray(read.events) || read.events.length > MOST_EVENTS)
    return `events: no list of ${MOST_EVENTS} at most`;
  const events: CaseEvent[] = [];
  let changes = 0;
  for (const [i, one] of read.events.entries()) {
    if (isObject(one) && Array.isArray(one.changes)) changes += one.changes.length;
    if (changes > MOST_OF_MESSAGE) return `events: more than ${MOST_OF_MESSAGE} changes`;
    const event = isObject(one) ? form.read(one) : 'no object';
    if (typeof event === 'string') return `events[${i}]: ${event}`;
    events.push(event);
  }
  return { life, sequence, events };
}

/** Beyond, a number is no version of anything. */
const NEWEST_EVER = 255;

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown, most = MOST_TEXT): value is string => typeof value === 'string' && value.length <= most;
/** Names stand in logs, mails and on terminals: what steers one is in none. */
const isName = (value: unknown): value is string => isText(value, MOST_NAME) && /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(value);
/** A value that is wrong, in words; of one that has others inside, which may be nested beyond measure, only what it is. */
const shown = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'an object' : `${JSON.stringify(value)}`.slice(0, 40);
const isAs = (value: unknown): boolean => isCount(value) && value <= 0xffff_ffff;
const isNames = (value: unknown): boolean => Array.isArray(value) && value.length <= MOST_PEERS && value.every(isName);

function readEvent(event: Fields): CaseEvent | string {
  const wrong = event.what === 'judged' ? wrongWithChanges(event.changes, FIELDS) : wrongWith(event);
  return wrong ?? (event as unknown as CaseEvent);
}

/** A `judged` event of version 2. */
function readJudgedOnce({ same, changes }: Fields): CaseEvent | string {
  if (!isObject(same)) return 'same: no object';
  const wrong = FIELDS.find(([name, is]) => Object.hasOwn(same, name) && !is(same[name]))?.[0];
  if (wrong !== undefined) return `same: ${wrong}`;
  if (!Array.isArray(changes)) return wrongWithChanges(changes, FIELDS)!;
  const all = changes.map((change: unknown) => (isObject(change) ? whole(same, change) : change));
  // What was looked at once is the same value in each, but for what a change says itself.
  const said = new Set(changes.flatMap((change: unknown) => (isObject(change) ? Object.keys(change) : [])));
  const fields = FIELDS.filter(([name]) => !Object.hasOwn(same, name) || said.has(name));
  return wrongWithChanges(all, fields) ?? { what: 'judged', changes: all as JudgedChange<FoundKind>[] };
}

function wrongWithChanges(changes: unknown, fields: typeof FIELDS): string | null {
  if (!Array.isArray(changes) || changes.length > MOST_CHANGES) return `changes: no list of ${MOST_CHANGES} at most`;
  for (const [i, change] of changes.entries()) {
    if (!isObject(change)) return `changes[${i}]: no object`;
    for (const [name, is] of fields) if (!is(change[name])) return `changes[${i}]: ${name}`;
  }
  return null;
}

/** Of all events but `judged`. */
function wrongWith({ what, peer, time, names, up, whole }: Fields): string | null {
  switch (what) {
    case 'hello':
    case 'registry':
    case 'resync':
      return null;
    case 'session':
    case 'forgotten':
      return isName(peer) ? null : 'peer: no name';
    case 'end-of-rib':
      return !isName(peer) ? 'peer: no name' : isTime(time) ? null : 'time: no time';
    case 'peers':
      return isNames(names) ? null : 'names: no list of names';
    case 'resynced':
      return !isNames(up) ? 'up: no list of names' : isNames(whole) ? null : 'whole: no list of names';
    default:
      return `what: ${shown(what)} is not known here`;
  }
}

const oneOf =
  (...words: string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && words.includes(value);
const optional = (is: (value: unknown) => boolean) => (value: unknown) => value === undefined || is(value);
const orNull = (is: (value: unknown) => boolean) => (value: unknown) => value === null || is(value);
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
/** As this program writes it: two spellings of one prefix would have two partitions, and a case in each. */
function isPrefix(value: unknown): boolean {
  const prefix = isText(value, 64) ? parsePrefix(value) : null;
  return prefix !== null && formatPrefix(prefix) === value;
}
const isPath = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= MOST_PATH &&
  value.every(one => isAs(one) || (Array.isArray(one) && one.length <= MOST_PATH && one.every(isAs)));

/** The fields of a judged change. */
const FIELDS: readonly (readonly [keyof JudgedChange, (value: unknown) => boolean])[] = [
  ['peer', isName],
  ['peerAs', isAs],
  ['peerAddress', value => value === '' || isName(value)],
  ['prefix', isPrefix],
  ['origin', orNull(isAs)],
  [
    'kind',
    oneOf(
      'origin',
      'more-specific',
      'rpki-invalid',
      'super-prefix',
      'new-prefix',
      'upstream',
      'leak',
      'path',
      'visibility',
      'roa-vanished',
      'roa-expiring',
      'trust-anchor',
    ),
  ],
  ['offender', orNull(isAs)],
  ['ground', value => isText(value)],
  ['drawing', optional(isBoolean)],
  ['rightly', optional(isCount)],
  ['blackhole', optional(isBoolean)],
  ['hadBy', optional(isCount)],
  ['what', oneOf('held', 'gone', 'unseen')],
  ['why', oneOf('update', 'withdraw', 'replaced', 'registry', 'session')],
  ['time', isTime],
  ['path', isPath],
  ['state', value => isText(value, 64)],
  ['decidedBy', isPrefix],
  ['beside', optional(isBoolean)],
];
