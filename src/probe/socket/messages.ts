/**
 * What crosses the probe socket: frames of CBOR (net/frames.ts), each a map with the text `type`. Whoever is at the other
 * end, every field is looked at before it is believed; the size of a frame is bounded below.
 *
 *     probe                              daemon
 *     hello version name          ──▶
 *                                 ◀──    welcome probe | refused reason
 *     key epoch                   ──▶
 *                                 ◀──    key epoch key (16 octets, or null: there is none)
 *     status packets windows …    ──▶
 *                                 ◀──    noted (an end that hears nothing for long is gone)
 *                                 ◀──    question id questions keys (which key each epoch was asked with)
 *     answer id answer            ──▶
 *                                 ◀──    flow-question id questions (to probes with exporters only)
 *     flow-answer id answer       ──▶
 *                                 ◀──    neighbors owners members (what is known of the tap's neighbours; at change)
 *                                 ◀──    vantages id
 *     vantages id report          ──▶
 *                                 ◀──    epochs id
 *     epochs id report            ──▶    (what was committed to, hour by hour)
 *                                 ◀──    forms id packet (its other form, of a probe at a translator)
 *     forms id forms              ──▶
 *     committed windows           ──▶    (roots of windows that were sealed, as they are)
 *                                 ◀──    prove id questions
 *     proofs id proofs            ──▶    (of those whose digests sealed windows hold)
 *                                 ◀──    draw id neighbors
 *     canary id canary            ──▶    (a packet that came from one of them, or went to one; null: none)
 */
import type { ProbeConfig } from '../../config/tree.ts';
import { type Canary, readCanary, readNeighborsToDraw } from '../canary.ts';
import { flowAnswer, flowQuestion, flowStatus, MOST_FLOW_QUESTIONS } from '../flows/flow-messages.ts';
import type { FlowAnswer, FlowQuestion, FlowStatus } from '../flows/flow-question.ts';
import {
  type Fields,
  type Finding,
  fail,
  fields,
  flag,
  integer,
  interval,
  list,
  share,
  text,
  vantage,
} from '../message-fields.ts';
import type { KnownNeighbors } from '../neighbors/vantage.ts';
import type { VantageReport } from '../neighbors/vantage-rows.ts';
import type { KeyCheck, ProbeAnswer, Question, RecentPacket, Sighting } from '../question.ts';
import { type KeptStatus, keptStatus, type ProbeEpochs, probeEpochs } from '../sealed/kept-messages.ts';
import { committedWindows, provenQuestions } from '../sealed/proof-messages.ts';
import type { CommittedWindow, ProvenQuestion } from '../sealed/prove-sealed.ts';
import { type FormAnswer, type FormQuestion, formAnswers, formQuestion } from '../translators/translator-messages.ts';
import { knownNeighbors, probeConfig, vantageReport } from './neighbor-messages.ts';

export const PROBE_VERSION = 4;
/** Longest frame either way. */
export const PROBE_FRAME = 1024 * 1024;
/** Octets that may wait for an end that does not read; then it is cut off. */
export const PROBE_BACKLOG = 4 * PROBE_FRAME;
/** Milliseconds after which an end in another machine is gone that says nothing: a status is told and noted every five seconds. */
export const PROBE_SILENCE = 30_000;
/** Questions in one message. */
export const MOST_QUESTIONS = 256;
const MOST_LISTED = 4096;

export interface ProbeStatus {
  readonly packets: number;
  readonly windows: number;
  readonly retained: ProbeAnswer['retained'];
  readonly lost: number;
  /** Packets a second since the report before, and packets for which a ring had no room; left out by who captures nothing. */
  readonly rate?: number;
  readonly dropped?: number;
  /** How windows are kept; left out by who keeps none. */
  readonly kept?: KeptStatus;
  /** Left out by a probe that takes no flows. */
  readonly flows?: FlowStatus | null;
}

export type ToDaemon =
  | { readonly type: 'hello'; readonly version: number; readonly name: string }
  | { readonly type: 'key'; readonly epoch: number }
  | { readonly type: 'status'; readonly status: ProbeStatus }
  | { readonly type: 'answer'; readonly id: number; readonly answer: ProbeAnswer }
  | { readonly type: 'flow-answer'; readonly id: number; readonly answer: FlowAnswer }
  | { readonly type: 'vantages'; readonly id: number; readonly report: VantageReport }
  | { readonly type: 'epochs'; readonly id: number; readonly report: ProbeEpochs }
  | { readonly type: 'forms'; readonly id: number; readonly forms: readonly FormAnswer[] }
  | { readonly type: 'committed'; readonly windows: readonly CommittedWindow[] }
  | { readonly type: 'proofs'; readonly id: number; readonly proofs: readonly ProvenQuestion[] }
  | { readonly type: 'canary'; readonly id: number; readonly canary: Canary | null };

export type ToProbe =
  | { readonly type: 'welcome'; readonly version: number; readonly probe: ProbeConfig }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'noted' }
  | { readonly type: 'key'; readonly epoch: number; readonly key: Uint8Array | null }
  | {
      readonly type: 'question';
      readonly id: number;
      readonly questions: readonly Question[];
      readonly keys: readonly KeyCheck[];
    }
  | { readonly type: 'flow-question'; readonly id: number; readonly questions: readonly FlowQuestion[] }
  | { readonly type: 'neighbors'; readonly neighbors: KnownNeighbors }
  | { readonly type: 'vantages'; readonly id: number }
  | { readonly type: 'epochs'; readonly id: number }
  | { readonly type: 'forms'; readonly id: number; readonly packet: FormQuestion }
  | { readonly type: 'prove'; readonly id: number; readonly questions: readonly Question[] }
  | { readonly type: 'draw'; readonly id: number; readonly neighbors: readonly number[] };

/** Reads what a probe sent; a text says what is wrong with it. */
export function readToDaemon(value: unknown): ToDaemon | string {
  const f: Finding = { wrong: null };
  const message = toDaemon(f, fields(f, value, 'message'));
  return (
    f.wrong ??
    message ??
    'type is none of hello, key, status, answer, flow-answer, vantages, epochs, forms, committed, proofs, canary'
  );
}

function toDaemon(f: Finding, from: Fields): ToDaemon | null {
  switch (from.type) {
    case 'hello':
      return { type: 'hello', version: integer(f, from, 'version'), name: text(f, from, 'name', 64) };
    case 'key':
      return { type: 'key', epoch: integer(f, from, 'epoch', 0xffffffff) };
    case 'status':
      return { type: 'status', status: status(f, fields(f, from.status, 'status')) };
    case 'answer':
      return { type: 'answer', id: integer(f, from, 'id'), answer: answer(f, fields(f, from.answer, 'answer')) };
    case 'flow-answer':
      return {
        type: 'flow-answer',
        id: integer(f, from, 'id'),
        answer: flowAnswer(f, fields(f, from.answer, 'answer')),
      };
    case 'vantages':
      return { type: 'vantages', id: integer(f, from, 'id'), report: vantageReport(f, from.report) };
    case 'epochs':
      return { type: 'epochs', id: integer(f, from, 'id'), report: probeEpochs(f, from.report) };
    case 'forms':
      return { type: 'forms', id: integer(f, from, 'id'), forms: formAnswers(f, from) };
    case 'committed':
      return { type: 'committed', windows: committedWindows(f, from) };
    case 'proofs':
      return { type: 'proofs', id: integer(f, from, 'id'), proofs: provenQuestions(f, from, MOST_QUESTIONS) };
    case 'canary':
      return { type: 'canary', id: integer(f, from, 'id'), canary: readCanary(f, from.canary) };
    default:
      return null;
  }
}

/** Reads what a daemon sent; a text says what is wrong with it. */
export function readToProbe(value: unknown): ToProbe | string {
  const f: Finding = { wrong: null };
  const message = toProbe(f, fields(f, value, 'message'));
  return (
    f.wrong ??
    message ??
    'type is none of welcome, refused, noted, key, question, flow-question, neighbors, vantages, epochs, forms, prove, draw'
  );
}

function toProbe(f: Finding, from: Fields): ToProbe | null {
  switch (from.type) {
    case 'welcome':
      return { type: 'welcome', version: integer(f, from, 'version'), probe: probeConfig(f, from.probe) };
    case 'noted':
      return { type: 'noted' };
    case 'refused':
      return { type: 'refused', reason: text(f, from, 'reason', 1024) };
    case 'key':
      return { type: 'key', epoch: integer(f, from, 'epoch', 0xffffffff), key: key(f, from.key) };
    case 'question': {
      const questions = list(f, from, 'questions', MOST_QUESTIONS).map(value => question(f, value));
      const keys = list(f, from, 'keys', MOST_QUESTIONS).map(value => keyCheckOf(f, value));
      return { type: 'question', id: integer(f, from, 'id'), questions, keys };
    }
    case 'flow-question': {
      const questions = list(f, from, 'questions', MOST_FLOW_QUESTIONS).map(value => flowQuestion(f, value));
      return { type: 'flow-question', id: integer(f, from, 'id'), questions };
    }
    case 'neighbors':
      return { type: 'neighbors', neighbors: knownNeighbors(f, from.neighbors) };
    case 'vantages':
    case 'epochs':
      return { type: from.type, id: integer(f, from, 'id') };
    case 'forms':
      return { type: 'forms', id: integer(f, from, 'id'), packet: formQuestion(f, from.packet) };
    case 'prove': {
      const questions = list(f, from, 'questions', MOST_QUESTIONS).map(value => question(f, value));
      return { type: 'prove', id: integer(f, from, 'id'), questions };
    }
    case 'draw':
      return { type: 'draw', id: integer(f, from, 'id'), neighbors: readNeighborsToDraw(f, from) };
    default:
      return null;
  }
}

function key(f: Finding, value: unknown): Uint8Array | null {
  if (value === null || (value instanceof Uint8Array && value.length === 16)) return value;
  return fail(f, 'key is neither 16 octets nor null', null);
}

function question(f: Finding, value: unknown): Question {
  const from = fields(f, value, 'question');
  const digest = text(f, from, 'digest', 16);
  if (!/^[0-9a-f]{16}$/.test(digest)) fail(f, 'digest is not 16 lower-case hex digits', null);
  return { epoch: integer(f, from, 'epoch', 0xffffffff), digest, ...interval(f, from) };
}

function keyCheckOf(f: Finding, value: unknown): KeyCheck {
  const from = fields(f, value, 'key check');
  const check = text(f, from, 'check', 16);
  if (!/^[0-9a-f]{16}$/.test(check)) fail(f, 'check is not 16 lower-case hex digits', null);
  return { epoch: integer(f, from, 'epoch', 0xffffffff), check };
}

function sighting(f: Finding, value: unknown): Sighting {
  const from = fields(f, value, 'sighting');
  return {
    vantage: vantage(f, from.vantage),
    ...interval(f, from),
    question: integer(f, from, 'question', MOST_QUESTIONS - 1),
    provisional: flag(f, from, 'provisional'),
    ...(from.recent === undefined ? {} : { recent: recentPacket(f, fields(f, from.recent, 'recent')) }),
  };
}

function recentPacket(f: Finding, from: Fields): RecentPacket {
  return {
    mac: from.mac === null ? null : text(f, from, 'mac', 17),
    vlan: from.vlan === null ? null : integer(f, from, 'vlan', 4095),
    ttl: integer(f, from, 'ttl', 255),
  };
}

function retained(f: Finding, value: unknown): ProbeAnswer['retained'] {
  return value === null ? null : interval(f, fields(f, value, 'retained'));
}

function holes(f: Finding, from: Fields): { from: number; to: number }[] {
  return list(f, from, 'holes', MOST_LISTED).map(value => interval(f, fields(f, value, 'hole')));
}

function answer(f: Finding, from: Fields): ProbeAnswer {
  return {
    probe: text(f, from, 'probe', 64),
    sightings: list(f, from, 'sightings', MOST_LISTED).map(value => sighting(f, value)),
    vantages: list(f, from, 'vantages', MOST_LISTED).map(value => vantage(f, value)),
    retained: retained(f, from.retained),
    covered: flag(f, from, 'covered'),
    sealed: flag(f, from, 'sealed'),
    falsePositive: share(f, from, 'falsePositive'),
    windowsAsked: integer(f, from, 'windowsAsked'),
    packets: integer(f, from, 'packets'),
    lost: integer(f, from, 'lost'),
    sampling: share(f, from, 'sampling'),
    ...(from.samples === true ? { samples: true as const } : {}),
    ...(from.unsaid === undefined ? {} : { unsaid: integer(f, from, 'unsaid') }),
    ...(from.holes === undefined ? {} : { holes: holes(f, from) }),
  };
}

function status(f: Finding, from: Fields): ProbeStatus {
  return {
    packets: integer(f, from, 'packets'),
    windows: integer(f, from, 'windows'),
    retained: retained(f, from.retained),
    lost: integer(f, from, 'lost'),
    ...(from.rate === undefined ? {} : { rate: integer(f, from, 'rate') }),
    ...(from.dropped === undefined ? {} : { dropped: integer(f, from, 'dropped') }),
    ...(from.kept === undefined ? {} : { kept: keptStatus(f, from.kept) }),
    flows: flowStatus(f, from.flows),
  };
}
