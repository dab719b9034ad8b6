/**
 * What the AS where a trace begins asks, signed by it: the part of a QUERY that nobody on the way can change
 * (intertrack-protocol(7), REQUESTS).
 */
import { createHash, type KeyObject } from 'node:crypto';
import {
  integer,
  list,
  map,
  octets,
  opaque,
  optional,
  reference,
  text,
  tuple,
  type ValueOf,
  type Wrong,
  word,
} from './fields.ts';
import { isSigned, readItem, signItem } from './signed.ts';

export const MAX_QUESTIONS = 64;
/** Widest interval a question may ask for, ms. */
export const MAX_INTERVAL = 3_600_000;
/** How long a request may be shown, ms: no AS works on it for longer. */
export const LIFE = 10_000;
/** Octets of a request, and of one of its proofs. */
export const MAX_REQUEST = 32_768;
export const MAX_PROOF = 4096;
export const MAX_PROOFS = 16;

export const PURPOSES = ['attack', 'misuse', 'fault', 'test'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Classes of packet/entropy.ts, and that nothing is known. */
export const CLASSES = ['guessable', 'fair', 'high', 'unknown'] as const;
export type Class = (typeof CLASSES)[number];

const time = integer(0, Number.MAX_SAFE_INTEGER);

const request = map({
  trace: octets(8),
  origin: integer(1, 0xffffffff),
  issued: time,
  expires: time,
  purpose: word(...PURPOSES),
  /** The origin's own name for why it asks, such as a ticket's: to be told on the telephone. */
  reference: reference(32),
  federation: text(64),
  /**
   * How hard its packets are to guess, by the origin's own estimate (packet/entropy.ts): the easiest of them. Not in
   * requests of before 2026-11-29, which are kept as evidence.
   */
  entropy: optional(word(...CLASSES)),
  /** How many of the packets have to be seen at one vantage. */
  need: integer(1, MAX_QUESTIONS),
  questions: list(
    tuple({
      /** Which packet it is: several digests may be of one, under two keys or of two layers. */
      packet: integer(0, MAX_QUESTIONS - 1),
      epoch: integer(0, 0xffffffff),
      digest: octets(8),
      from: time,
      to: time,
    }),
    1,
    MAX_QUESTIONS,
  ),
  /** X25519 public key that answers are sealed to. */
  seal: opaque(32, 32),
  /** That the asker's own windows hold the digests: see PROOF OF SIGHT. Empty without. */
  proof: list(opaque(1, MAX_PROOF), 0, MAX_PROOFS),
});

export type Request = ValueOf<typeof request>;

/** A request as it travels, and what it says. */
export interface SignedRequest {
  readonly request: Request;
  readonly octets: Uint8Array;
  readonly signature: Uint8Array;
  /** The origin's participation record, from which its key is known. */
  readonly record: Uint8Array;
  /** SHA-256 of `octets`: what statements are bound to. */
  readonly hash: Uint8Array;
}

/** Number of different packets asked for. */
export function packetsOf({ questions }: { readonly questions: readonly { readonly packet: number }[] }): number {
  return new Set(questions.map(({ packet }) => packet)).size;
}

/** From the first to the last instant that questions ask for; ms. */
export function spanOf(questions: readonly { readonly from: number; readonly to: number }[]): {
  readonly from: number;
  readonly to: number;
} {
  return {
    from: Math.min(...questions.map(({ from }) => from)),
    to: Math.max(...questions.map(({ to }) => to)),
  };
}

/**
 * A reference as it may travel: itself where it is one, else the first 12 hex digits of its SHA-256, which the origin's
 * audit log has beside it. Nothing that could be an address fits into one.
 */
export function referenceOf(text: string): string {
  if (/^[A-Za-z0-9_-]{0,32}$/.test(text)) return text;
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Signs a request of this AS. */
export function signRequest(value: Request, key: KeyObject, record: Uint8Array): SignedRequest {
  return { request: value, record, ...hashed(signItem('intertrack request', request, value, key)) };
}

/** Reads a request's octets; nothing is said about its signature. */
export function readRequest(from: Pick<SignedRequest, 'octets' | 'signature' | 'record'>): SignedRequest | Wrong {
  const got = readItem(request, from.octets);
  if ('wrong' in got) return got;
  const { questions, need } = got.value;
  for (const [i, { from: begin, to }] of questions.entries()) {
    if (to < begin) return { wrong: `ends ${begin - to} ms before it begins`, at: `questions[${i}]` };
    if (to - begin > MAX_INTERVAL) return { wrong: `is wider than ${MAX_INTERVAL} ms`, at: `questions[${i}]` };
  }
  if (need > packetsOf(got.value)) return { wrong: `${need} of ${packetsOf(got.value)} packets`, at: 'need' };
  return { request: got.value, record: from.record, ...hashed(from) };
}

/** True when the holder of the key, an Ed25519 public key, signed the request. */
export function isRequestOf(signed: SignedRequest, key: KeyObject): boolean {
  return isSigned('intertrack request', signed.octets, signed.signature, key);
}

function hashed({ octets: item, signature }: { readonly octets: Uint8Array; readonly signature: Uint8Array }) {
  return { octets: item, signature, hash: new Uint8Array(createHash('sha256').update(item).digest()) };
}
