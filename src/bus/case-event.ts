/** What collectors tell the case engines, as it travels: JSON, a version, and nothing that an engine trusts unread. */
import { formatPrefix, parsePrefix } from '../net/prefix.ts';
import type { JudgedChange } from '../registry/judged-change.ts';

export type CaseEvent =
  /** A collector has begun a new life: of what it held before nothing is known now. */
  | { readonly what: 'hello' }
  | { readonly what: 'judged'; readonly changes: readonly JudgedChange[] }
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

/** Version of the messages. A reader takes those of its own version and the one before; fields it does not know it passes over. */
const VERSION = 1;
/** Events and changes of one message at most. */
const MOST_EVENTS = 1_000;
const MOST_CHANGES = 1_000;
/** Peers in a list, characters of a name. */
const MOST_PEERS = 20_000;
const MOST_NAME = 256;
const MOST_TEXT = 4_096;
const MOST_PATH = 4_096;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeCaseMessage(message: CaseMessage): Uint8Array {
  return encoder.encode(JSON.stringify({ v: VERSION, ...message }));
}

/** Reads a message; a text says what is wrong with it, and where. */
export function decodeCaseMessage(octets: Uint8Array): CaseMessage | string {
  let read: unknown;
  try {
    read = JSON.parse(decoder.decode(octets));
  } catch {
    return 'it is no JSON in UTF-8';
  }
  if (!isObject(read)) return 'it is no object';
  const { v, life, sequence, events } = read;
  if (v !== VERSION) return `v: ${shown(v)} is a version that is not known here`;
  if (!isTime(life)) return 'life: no time';
  if (!isCount(sequence) || sequence === 0) return 'sequence: no number from 1 on';
  if (!Array.isArray(events) || events.length > MOST_EVENTS) return `events: no list of ${MOST_EVENTS} at most`;
  for (const [i, event] of events.entries()) {
    const wrong = wrongWith(event);
    if (wrong !== null) return `events[${i}]: ${wrong}`;
  }
  return { life, sequence, events: events as CaseEvent[] };
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown, most = MOST_TEXT): value is string => typeof value === 'string' && value.length <= most;
/** Names stand in logs, mails and on terminals: what steers one is in none. */
const isName = (value: unknown): value is string => isText(value, MOST_NAME) && /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(value);
/** Milliseconds since the epoch, before the year 10000: what can be written as a date. */
const LAST_TIME = 253_402_300_799_999;
const isTime = (value: unknown): value is number => isCount(value) && value <= LAST_TIME;
/** A value that is wrong, in words; of one that has others inside, which may be nested beyond measure, only what it is. */
const shown = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'an object' : `${JSON.stringify(value)}`.slice(0, 40);
const isAs = (value: unknown): boolean => isCount(value) && value <= 0xffff_ffff;
const isNames = (value: unknown): boolean => Array.isArray(value) && value.length <= MOST_PEERS && value.every(isName);

function wrongWith(event: unknown): string | null {
  if (!isObject(event)) return 'no object';
  const { what, peer, time, names, up, whole, changes } = event;
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
    case 'judged': {
      if (!Array.isArray(changes) || changes.length > MOST_CHANGES)
        return `changes: no list of ${MOST_CHANGES} at most`;
      for (const [i, change] of changes.entries()) {
        const wrong = isObject(change) ? FIELDS.find(([name, is]) => !is(change[name]))?.[0] : 'no object';
        if (wrong !== undefined) return `changes[${i}]: ${wrong}`;
      }
      return null;
    }
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
