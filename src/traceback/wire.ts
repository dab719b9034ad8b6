/**
 * The messages of the trace peering protocol, version 1: intertrack-protocol(7), MESSAGES. Each is a table of fields that
 * both reads and writes it. Octet strings are lower-case hex here; times are milliseconds since the epoch.
 */
import { encodeFrame } from '../net/frames.ts';
import type { Question } from '../probe/question.ts';
import {
  flag,
  integer,
  list,
  map,
  nullable,
  octets,
  share,
  text,
  tuple,
  type ValueOf,
  type Wrong,
  word,
} from './fields.ts';
import type { TraceVerdict } from './trace.ts';

export const VERSION = 1;
/** Octets of a frame's data item; an ANSWER of 256 nodes, each as long as it may be, fits. */
export const MAX_FRAME = 262144;
export const MAX_TTL = 16;
export const MAX_QUESTIONS = 64;
export const MAX_NODES = 256;
export const MAX_REASON = 200;
export const MAX_INGRESS = 64;
/** ANSWERs to one QUERY. */
export const MAX_ANSWERS = 64;
/** How far ahead a QUERY's `expires` may lie. */
export const MAX_EXPIRY = 10_000;
/** Widest interval a question may ask for. */
export const MAX_INTERVAL = 3_600_000;

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
} as const;
export type Code = keyof typeof CODES;

/** Words an AS says of itself or of another; typed so that a word missing from TraceVerdict does not compile. */
const VERDICTS = [
  'saw',
  'clear',
  'clear-partial',
  'not-yet',
  'expired',
  'cannot-know',
  'refused',
  'busy',
  'silent',
  'unreachable',
  'absent',
] as const satisfies readonly TraceVerdict[];

export const PURPOSES = ['attack', 'misuse', 'fault', 'test'] as const;
export type Purpose = (typeof PURPOSES)[number];

const asNumber = integer(1, 0xffffffff);
const count = integer(0, 0xffff);
const time = integer(0, Number.MAX_SAFE_INTEGER);

const open = {
  type: word('open'),
  version: integer(0, 0xffff),
  as: asNumber,
  hold: integer(3, 600),
  roles: list(word('itm', 'btm', 'dtm', 'dpoint'), 0, 8),
  methods: list(word('digest', 'flow', 'sflow', 'translate', 'exec'), 0, 8),
  epochs: map({ length: integer(1, 86400), overlap: integer(0, 86400) }),
  retention: nullable(integer(0, 0xffffffff)),
  coverage: nullable(share),
  limits: map({ questions: integer(1, MAX_QUESTIONS), flight: count, rate: count }),
};
const keepalive = { type: word('keepalive') };
const question = tuple({ epoch: integer(0, 0xffffffff), digest: octets(8), from: time, to: time });
const query = {
  type: word('query'),
  id: integer(0, 0xffffffff),
  trace: octets(8),
  origin: asNumber,
  hops: list(asNumber, 1, MAX_TTL),
  ttl: integer(0, MAX_TTL),
  deadline: time,
  budget: count,
  purpose: word(...PURPOSES),
  nonce: octets(16),
  expires: time,
  questions: list(question, 1, MAX_QUESTIONS),
};
const node = {
  as: asNumber,
  parent: nullable(integer(0, MAX_NODES - 1)),
  verdict: word(...VERDICTS),
  reason: text(MAX_REASON),
  ingress: list(asNumber, 0, MAX_INGRESS),
  source: flag,
  false_positive: nullable(share),
  coverage: nullable(share),
  retained_from: nullable(time),
  provisional: flag,
  after: integer(0, 0xffffffff),
};
const answer = {
  type: word('answer'),
  id: integer(0, 0xffffffff),
  final: flag,
  queries: integer(0, 0xffffffff),
  nodes: list(map(node), 1, MAX_NODES),
};
const cancel = { type: word('cancel'), id: integer(0, 0xffffffff) };
const notification = { type: word('notification'), code: integer(1, 255), text: text(MAX_REASON) };

const messages = {
  open: map(open),
  keepalive: map(keepalive),
  query: map(query),
  answer: map(answer),
  cancel: map(cancel),
  notification: map(notification),
};

export type Open = ValueOf<typeof open>;
export type Query = ValueOf<typeof query>;
export type Answer = ValueOf<typeof answer>;
export type WireNode = ValueOf<typeof node>;
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
  if (type === 'open' && typeof version === 'number' && version !== VERSION)
    return { wrong: `${version} is not spoken here, ${VERSION} is`, at: 'version', code: 'bad-open' };
  const got = messages[type as keyof typeof messages].read(item, '');
  if ('wrong' in got) return { ...got, code: 'malformed' };
  const wrong =
    got.value.type === 'query'
      ? checkIntervals(got.value.questions)
      : got.value.type === 'answer'
        ? checkParents(got.value.nodes)
        : null;
  return wrong === null ? { message: got.value } : { ...wrong, code: 'malformed' };
}

function checkIntervals(questions: readonly Question[]): Wrong | null {
  for (const [i, { from, to }] of questions.entries()) {
    if (to < from) return { wrong: `ends ${from - to} ms before it begins`, at: `questions[${i}]` };
    if (to - from > MAX_INTERVAL) return { wrong: `is wider than ${MAX_INTERVAL} ms`, at: `questions[${i}]` };
  }
  return null;
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
