/**
 * What the ITM of an AS and its sites say to each other (intertrack-protocol(7), INSIDE ONE AS): frames of CBOR, each a map
 * of exactly these keys. Sites say more than may leave the AS: names of probes and domains, and where at them.
 */
import { encodeFrame } from '../net/frames.ts';
import { MOST_DRAWN_OF } from '../probe/canary.ts';
import { LONGEST_PATH, LONGEST_ROWS, MOST_TABLES } from '../probe/proof/sight-proof.ts';
import type { ProbeAnswer } from '../probe/question.ts';
import {
  flag,
  integer,
  list,
  map,
  nullable,
  octets,
  opaque,
  optional,
  share,
  text,
  type ValueOf,
  type Wrong,
  word,
} from './fields.ts';
import { roles } from './participation.ts';
import { CLASSES, MAX_QUESTIONS, PURPOSES } from './request.ts';
import { MAX_TRACE_TEXT } from './trace-text.ts';

/** ALPN protocol name (RFC 7301). */
export const SITE_PROTOCOL = 'intertrack-site/1';
/** 2 has windows that are committed to, proofs of sight, canaries, and traces that begin at a site. */
export const SITE_VERSION = 2;
/** Octets of a frame's data item. */
export const SITE_FRAME = 4 << 20;
/** Probes of one site. */
export const MOST_PROBES = 256;
const MOST_LISTED = 4096;
/** Windows of one message. */
export const MOST_SEALED = 4096;
/** Proofs of one question, by as many probes. */
export const MOST_PROOFS = 4;

const name = text(64);
const time = integer(0, Number.MAX_SAFE_INTEGER);
const count = time;
const span = map({ from: time, to: time });
const vantage = map({
  direction: word('in', 'out', 'inside', 'unknown'),
  neighbor: nullable(integer(0, 0xffffffff)),
});
const probeAnswer = map({
  probe: name,
  sightings: list(
    map({
      vantage,
      from: time,
      to: time,
      question: integer(0, MAX_QUESTIONS - 1),
      provisional: flag,
      recent: optional(map({ mac: nullable(text(17)), vlan: nullable(integer(0, 4095)), ttl: integer(0, 255) })),
    }),
    0,
    MOST_LISTED,
  ),
  vantages: list(vantage, 0, MOST_LISTED),
  retained: nullable(span),
  covered: flag,
  sealed: flag,
  falsePositive: share,
  windowsAsked: count,
  packets: count,
  lost: count,
  sampling: share,
  samples: optional(word('yes')),
  unsaid: optional(count),
  holes: optional(list(span, 0, MOST_LISTED)),
});

const number = integer(0, 0xffffffff);
const within = integer(1, 60_000);
const questions = list(map({ epoch: number, digest: octets(8), from: time, to: time }), 1, MAX_QUESTIONS);
/** Of a window that was sealed (probe/proof/sight-proof.ts). */
const sightProof = map({
  ...{ number, part: number, key: opaque(16, 16), filters: number, kind: word('each', 'one') },
  ...{ tables: integer(0, MOST_TABLES), table: number, values: number, shardBits: number, width: number, wide: number },
  ...{ blocks: number, seed: number, rows: opaque(0, LONGEST_ROWS), path: opaque(0, LONGEST_PATH) },
});
const canary = map({
  ...{ neighbor: integer(1, 0xffffffff), direction: word('in', 'out'), epoch: number, digest: octets(8), time },
  entropy: word('fair', 'high'),
});

const messages = {
  /** Of a site, first: what it is called, and what it has. */
  hello: map({
    type: word('hello'),
    version: integer(0, 0xffff),
    as: integer(1, 0xffffffff),
    site: name,
    roles,
    /** Seconds for which its windows are kept, and share of its border behind taps; null when not stated. */
    retention: nullable(integer(0, 0xffffffff)),
    coverage: nullable(share),
    /** Its probes, and the domain of each; empty: none. */
    probes: list(map({ probe: name, domain: text(64) }), 0, MOST_PROBES),
  }),
  welcome: map({ type: word('welcome'), version: integer(0, 0xffff) }),
  /** The last word of either. */
  refused: map({ type: word('refused'), reason: text(200) }),
  /** Nothing to say: an end that is silent for long is gone. */
  alive: map({ type: word('alive') }),
  /** Of the ITM: which of these digests were seen; there are so many milliseconds. */
  question: map({
    type: word('question'),
    ...{ id: number, within, questions },
    /** Which key each epoch was asked with (packet/itk1.ts, keyCheck). */
    keys: list(map({ epoch: integer(0, 0xffffffff), check: text(64) }), 0, MAX_QUESTIONS),
  }),
  answer: map({
    type: word('answer'),
    id: integer(0, 0xffffffff),
    answers: list(probeAnswer, 0, MOST_PROBES),
    /** Probes that did not answer the site in time. */
    silent: list(name, 0, MOST_PROBES),
  }),
  /** Of a site: windows that its probes have sealed, for the ITM to commit to. */
  sealed: map({
    type: word('sealed'),
    windows: list(map({ number, part: integer(0, 0xffff), root: octets(32) }), 1, MOST_SEALED),
  }),
  /** Of the ITM: proofs that sealed windows hold these digests. */
  prove: map({ type: word('prove'), id: number, within, questions }),
  proofs: map({
    ...{ type: word('proofs'), id: number },
    proofs: list(map({ question: integer(0, MAX_QUESTIONS - 1), proof: sightProof }), 0, MAX_QUESTIONS * MOST_PROOFS),
  }),
  /** Of the ITM: a packet of any of these neighbours (probe/intake/draw-canary.ts). */
  draw: map({ type: word('draw'), id: number, within, neighbors: list(integer(1, 0xffffffff), 1, MOST_DRAWN_OF) }),
  /** Of a site: a trace that begins there, of packets whose digests it has made; null where a time follows from another. */
  trace: map({
    ...{ type: word('trace'), id: number },
    questions: list(
      map({ packet: integer(0, MAX_QUESTIONS - 1), epoch: number, digest: octets(8), time: nullable(time) }),
      1,
      MAX_QUESTIONS,
    ),
    ...{ need: integer(1, MAX_QUESTIONS), fragment: flag, time, from: nullable(time), to: nullable(time) },
    ...{ purpose: word(...PURPOSES), entropy: word(...CLASSES), approved: flag },
    /** Who asks, in words; the reference; and the trace whose questions these were: empty for none. */
    ...{ by: text(200), case: text(200), repeats: text(32) },
  }),
  /** Of a site: a trace of its own is to end. */
  cancel: map({ type: word('cancel'), id: number, reason: text(200) }),
  /** Of the ITM: what is known of it (trace-text.ts), and, last, what came of it or why there is none. */
  traced: map({ type: word('traced'), id: number, over: flag, trace: opaque(2, MAX_TRACE_TEXT) }),
  untraced: map({ type: word('untraced'), id: number, reason: text(400) }),
  canaries: map({ type: word('canaries'), id: number, canaries: list(canary, 0, MOST_PROBES) }),
};

export type SiteMessage = { [K in keyof typeof messages]: ValueOf<(typeof messages)[K]> }[keyof typeof messages];
export type SiteHello = Extract<SiteMessage, { type: 'hello' }>;
export type SiteQuestion = Extract<SiteMessage, { type: 'question' }>;
export type SiteAnswer = Extract<SiteMessage, { type: 'answer' }>;
export type SiteTrace = Extract<SiteMessage, { type: 'trace' }>;
/** What a site is asked, and what answers it. */
export type SiteAsk = Extract<SiteMessage, { type: 'question' | 'prove' | 'draw' }>;
export type SiteReplies = Extract<SiteMessage, { type: 'answer' | 'proofs' | 'canaries' }>;

/** One message as a frame. The message must keep its bounds: it was made by this program. */
export function encodeSiteMessage(message: SiteMessage): Uint8Array {
  return encodeFrame((messages[message.type] as { write(value: SiteMessage): unknown }).write(message));
}

/** A message from a decoded data item, or what is wrong with it and where. */
export function readSiteMessage(item: unknown): { readonly message: SiteMessage } | Wrong {
  const type = typeof item === 'object' && item !== null && 'type' in item ? item.type : null;
  if (typeof type !== 'string' || !Object.hasOwn(messages, type)) return { wrong: 'no such message', at: 'type' };
  const got = messages[type as keyof typeof messages].read(item, '');
  return 'wrong' in got ? got : { message: got.value };
}

/** What a probe answered, as it goes on the wire. */
export function toWire({ samples, ...answer }: ProbeAnswer): WireAnswer {
  const { sightings, vantages, holes } = answer;
  return {
    ...answer,
    // Beyond that a probe says no more than it has said.
    ...{ sightings: sightings.slice(0, MOST_LISTED), vantages: vantages.slice(0, MOST_LISTED) },
    ...(holes !== undefined && { holes: holes.slice(0, MOST_LISTED) }),
    ...(samples === true && { samples: 'yes' as const }),
  };
}

/** And back. */
export function fromWire({ samples, ...answer }: WireAnswer): ProbeAnswer {
  return { ...answer, ...(samples !== undefined && { samples: true as const }) };
}

type WireAnswer = SiteAnswer['answers'][number];
