/**
 * The messages of the trace peering protocol, version 2: intertrack-protocol(7), MESSAGES. Each is a table of fields that
 * both reads and writes it. Octet strings are lower-case hex here; times are milliseconds since the epoch.
 */
import { encodeFrame } from '../net/frames.ts';
import {
  flag,
  integer,
  list,
  map,
  nullable,
  octets,
  opaque,
  share,
  text,
  tuple,
  type ValueOf,
  type Wrong,
  word,
} from './fields.ts';
import { MAX_RECORD, methods, roles } from './participation.ts';
import { MAX_QUESTIONS, MAX_REQUEST } from './request.ts';
import { SEAL_OVERHEAD } from './seal.ts';
import { SIGNATURE } from './signed.ts';
import { MAX_REASON, MAX_STATEMENT } from './statement.ts';

/** The version spoken here, and the lowest that is understood. */
export const VERSION = 2;
export const LEAST_VERSION = 2;
/** Octets of a frame's data item. */
export const MAX_FRAME = 1 << 20;
export const MAX_TTL = 16;
export const MAX_NODES = 256;
/** ANSWERs to one QUERY. */
export const MAX_ANSWERS = 64;
/** How far ahead a QUERY's `expires` may lie. */
export const MAX_EXPIRY = 10_000;
/** Records in one ANNOUNCE, and neighbours in one ADJACENCY. */
export const MAX_ANNOUNCED = 64;
export const MAX_THROUGH = 4096;

/** NOTIFICATION codes by name. */
export const CODES = {
  malformed: 1,
  unsupported: 2,
  'not-authorised': 3,
  'bad-open': 4,
  'hold-expired': 5,
  collision: 6,
  unexpected: 7,
  limit: 8,
  shutdown: 9,
  configuration: 10,
  reset: 11,
} as const;
export type Code = keyof typeof CODES;

const asNumber = integer(1, 0xffffffff);
const count = integer(0, 0xffff);
const time = integer(0, Number.MAX_SAFE_INTEGER);

const open = {
  /** The kind of the message. */
  type: word('open'),
  /** The highest version that it speaks. */
  version: integer(0, 0xffff),
  /** The lowest version that it speaks. */
  least: integer(0, 0xffff),
  as: asNumber,
  /** Hold time that it offers, seconds. */
  hold: integer(3, 600),
  /** Seconds for which what is in work is kept when the connection is lost. */
  restart: integer(0, 600),
  /** Which managers stand behind it: `itm`, `btm`, `dtm`, `dpoint`. */
  roles,
  /** How it comes by sightings: `digest`, `flow`, `sflow`, `translate`, `exec`. */
  methods,
  /** The epochs of its keys. */
  epochs: map({
    /** Length of an epoch, seconds. */
    length: integer(1, 86400),
    /** How near the turn of an epoch the neighbouring key is asked with as well, seconds. */
    overlap: integer(0, 86400),
  }),
  retention: nullable(integer(0, 0xffffffff)),
  coverage: nullable(share),
  /** What it takes at most. */
  limits: map({
    /** Digests in one QUERY. */
    questions: integer(1, MAX_QUESTIONS),
    /** QUERYs at once. */
    flight: count,
    rate: count,
  }),
};
const keepalive = { type: word('keepalive') };
const query = {
  type: word('query'),
  id: integer(0, 0xffffffff),
  hops: list(asNumber, 1, MAX_TTL),
  ttl: integer(0, MAX_TTL),
  deadline: time,
  budget: count,
  nonce: octets(16),
  expires: time,
  /** The sender holds what the origin has committed to and found its proofs good, or somebody before it said so. */
  proved: flag,
  /** What the origin asks, its signature, and the record that its key is known from. */
  request: opaque(1, MAX_REQUEST),
  signature: opaque(SIGNATURE, SIGNATURE),
  record: opaque(1, MAX_RECORD),
};
const node = {
  as: asNumber,
  parent: nullable(integer(0, MAX_NODES - 1)),
  /** That the AS saw the packet is all that those on the way are told. */
  seen: flag,
  sealed: opaque(SEAL_OVERHEAD + 1, MAX_STATEMENT + SEAL_OVERHEAD),
};
const answer = {
  type: word('answer'),
  id: integer(0, 0xffffffff),
  final: flag,
  queries: integer(0, 0xffffffff),
  nodes: list(map(node), 1, MAX_NODES),
};
const cancel = { type: word('cancel'), id: integer(0, 0xffffffff) };
const announce = { type: word('announce'), records: list(opaque(1, MAX_RECORD), 1, MAX_ANNOUNCED) };
const adjacency = { type: word('adjacency'), through: list(asNumber, 0, MAX_THROUGH) };
/** Roots of sealed windows, each with the number of ten seconds since 1970 that it is of. */
const commit = {
  type: word('commit'),
  roots: list(tuple({ window: integer(0, 0xffffffff), root: octets(32) }), 1, 360),
};
const notification = { type: word('notification'), code: integer(1, 255), text: text(MAX_REASON) };

const messages = {
  open: map(open),
  keepalive: map(keepalive),
  query: map(query),
  answer: map(answer),
  cancel: map(cancel),
  announce: map(announce),
  adjacency: map(adjacency),
  commit: map(commit),
  notification: map(notification),
};

export type Open = ValueOf<typeof open>;
export type Query = ValueOf<typeof query>;
export type Answer = ValueOf<typeof answer>;
export type WireNode = ValueOf<typeof node>;
/** What one AS tells another without being asked. */
export type Told = ValueOf<typeof announce> | ValueOf<typeof adjacency> | ValueOf<typeof commit>;
export type Notification = ValueOf<typeof notification>;
export type Message = { [K in keyof typeof messages]: ValueOf<(typeof messages)[K]> }[keyof typeof messages];

/** One message as a frame. The message must keep its bounds: it was made by this program. */
export function encodeMessage(message: Message): Uint8Array {
  return encodeFrame((messages[message.type] as { write(value: Message): unknown }).write(message));
}

/**
 * A message from a decoded data item. What is wrong comes back with the path of the field and the code of the
 * NOTIFICATION that says so: `unsupported` for an unknown type, `bad-open` for an OPEN of another version, whose other
 * fields nobody here can judge, `malformed` for all else.
 */
export function readMessage(item: unknown): { readonly message: Message } | (Wrong & { readonly code: Code }) {
  const type =
    typeof item === 'object' && item !== null && Object.hasOwn(item, 'type') ? (item as { type: unknown }).type : null;
  if (typeof type !== 'string') return { wrong: 'expected a map with a type', at: 'type', code: 'malformed' };
  if (!Object.hasOwn(messages, type))
    return { wrong: `no such message: ${JSON.stringify(type.slice(0, 40))}`, at: 'type', code: 'unsupported' };
  const version = (item as { version?: unknown }).version;
  // A later version has fields that nobody here can judge, unless it can still speak this one.
  if (type === 'open' && typeof version === 'number' && version < LEAST_VERSION)
    return { wrong: `${version} is not spoken here, ${VERSION} is`, at: 'version', code: 'bad-open' };
  const got = messages[type as keyof typeof messages].read(item, '');
  if ('wrong' in got) return { ...got, code: 'malformed' };
  if (got.value.type === 'open' && got.value.least > VERSION)
    return { wrong: `${got.value.least} is not spoken here, ${VERSION} is`, at: 'least', code: 'bad-open' };
  const wrong = got.value.type === 'answer' ? checkParents(got.value.nodes) : null;
  return wrong === null ? { message: got.value } : { ...wrong, code: 'malformed' };
}

/** The nodes are a tree because each parent stands before its child and only the first has none. */
function checkParents(nodes: readonly WireNode[]): Wrong | null {
  for (const [i, { parent }] of nodes.entries()) {
    if ((parent === null) !== (i === 0))
      return { wrong: 'only the first node has no parent', at: `nodes[${i}].parent` };
    if (parent !== null && parent >= i) return { wrong: 'does not stand before its child', at: `nodes[${i}].parent` };
  }
  return null;
}
