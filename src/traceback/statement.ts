/**
 * What an AS says in a trace, signed by it and bound to the request (intertrack-protocol(7), STATEMENTS): of itself, or of
 * an AS that it could not ask.
 */
import type { KeyObject } from 'node:crypto';
import { encodeItem } from '../net/frames.ts';
import {
  duration,
  flag,
  integer,
  list,
  map,
  nullable,
  number,
  opaque,
  optional,
  share,
  text,
  type ValueOf,
  word,
} from './fields.ts';
import { MOST_LIKELIHOOD } from './likelihood.ts';
import { isSigned, readItem, signItem } from './signed.ts';
import type { TraceVerdict } from './trace.ts';

export const MAX_REASON = 200;
export const MAX_INGRESS = 64;
/** Octets of a statement with its signature and the record of who signed it. */
export const MAX_STATEMENT = 8192;

/** Words an AS says of itself or of another; typed so that a word missing from TraceVerdict does not compile. */
export const VERDICTS = [
  'saw',
  'saw-weak',
  'clear',
  'clear-partial',
  'not-yet',
  'expired',
  'cannot-know',
  'translated',
  'refused',
  'pending',
  'busy',
  'silent',
  'unreachable',
  'absent',
  'conflict',
] as const satisfies readonly TraceVerdict[];

const asNumber = integer(1, 0xffffffff);
const time = integer(0, Number.MAX_SAFE_INTEGER);

const statement = map({
  /** Whom it is about, and who says so. */
  as: asNumber,
  by: asNumber,
  /** SHA-256 of the request's octets. */
  request: opaque(32, 32),
  time,
  verdict: word(...VERDICTS),
  reason: text(MAX_REASON),
  ingress: list(asNumber, 0, MAX_INGRESS),
  /** Not in statements of before 2026-11-29, which are kept as evidence. */
  egress: optional(list(asNumber, 0, MAX_INGRESS)),
  source: flag,
  /** Packets seen, at most, at one vantage; and vantages and windows asked. */
  packets: integer(0, 64),
  windows: integer(0, Number.MAX_SAFE_INTEGER),
  false_positive: nullable(share),
  coverage: nullable(share),
  loss: nullable(share),
  sampling: nullable(share),
  retained_from: nullable(time),
  retained_to: nullable(time),
  provisional: flag,
  /** How many times likelier it is so when the packets passed than when they did not. Statements of old have none. */
  likelihood: optional(nullable(number(0, MOST_LIKELIHOOD))),
  /** ms from when the AS got the QUERY. */
  after: duration(integer, 0xffffffff),
});

export type Statement = ValueOf<typeof statement>;

const envelope = map({ signature: opaque(64, 64), statement: opaque(1, 4096), record: opaque(0, 4096) });

/** A statement as it is kept for evidence. */
export interface SignedStatement {
  readonly statement: Statement;
  readonly octets: Uint8Array;
  readonly signature: Uint8Array;
  /** The participation record of who says it. */
  readonly record: Uint8Array;
}

/** Signs a statement with the key of the AS that says it. */
export function signStatement(value: Statement, key: KeyObject, record: Uint8Array): SignedStatement {
  return { statement: value, record, ...signItem('intertrack statement', statement, value, key) };
}

/** Reads a statement's octets; a text says what is wrong. Nothing is said about its signature. */
export function readStatement(from: Omit<SignedStatement, 'statement'>): SignedStatement | string {
  const got = readItem(statement, from.octets);
  return 'wrong' in got ? `${got.at}: ${got.wrong}` : { ...from, statement: got.value };
}

/** What is sealed: the statement, its signature and the record, in one item. */
export function encodeStatement({ octets, signature, record }: SignedStatement): Uint8Array {
  return encodeItem(envelope.write({ signature, statement: octets, record }));
}

export function decodeStatement(octets: Uint8Array): SignedStatement | string {
  const got = readItem(envelope, octets);
  if ('wrong' in got) return `${got.at}: ${got.wrong}`;
  const { signature, statement: item, record } = got.value;
  return readStatement({ octets: item, signature, record });
}

/** True when the holder of the key, an Ed25519 public key, signed the statement. */
export function isStatementOf({ octets, signature }: SignedStatement, key: KeyObject): boolean {
  return isSigned('intertrack statement', octets, signature, key);
}
