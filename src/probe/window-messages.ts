/**
 * What crosses between those who take packets in (live/live-windows.ts), the one who seals (sealed/sealed-windows.ts) and
 * the one who asks both (process/merge-answers.ts). All of it is plain data, so that they may be threads or functions of
 * one thread.
 *
 * A window's digests go one way only: an intake hands over its part of a window, then tells how far it is; from then on
 * the sealer answers for them. Whoever asks must ask every intake first and the sealer afterwards, with the counts of
 * parts that the intakes answered with: what is on its way between the two is then missed by neither.
 */
import { EPOCH_MILLISECONDS } from '../packet/itk1.ts';
import type { Span } from './covered-time.ts';
import type { KeyCheck, Question, RecentPacket, Vantage } from './question.ts';

/** Seconds of a window. It divides an epoch, so that one window knows one key. */
export const WINDOW_SECONDS = 10;
/** Sightings in one answer: one more makes the answer say that it is not complete. */
export const MOST_SIGHTINGS = 2048;

/** Number of the window of a second. */
export function windowOf(second: number): number {
  return Math.floor(second / WINDOW_SECONDS);
}

/** Hour of a window, since 1970. */
export function epochOfWindow(number: number): number {
  return Math.floor((number * WINDOW_SECONDS * 1000) / EPOCH_MILLISECONDS);
}

/** What one vantage saw of a window at one intake. */
export interface VantagePart {
  /** Number of the vantage. */
  readonly vantage: number;
  /** First and last second in which something was seen, both included. */
  readonly first: number;
  readonly last: number;
  readonly packets: number;
  readonly lost: number;
  /** How many of the part's digests are its own. */
  readonly digests: number;
}

/** What one intake has of one window, all vantages. There may be several of one window: packets come late. */
export interface WindowPart {
  /** Number of the intake, from 0. */
  readonly intake: number;
  /** Number of the window. */
  readonly number: number;
  readonly vantages: readonly VantagePart[];
  /** Digests of vantage after vantage as they are listed, each in any order and with repetitions. */
  readonly digests: BigUint64Array<ArrayBuffer>;
  /** Least share of the digests kept, by their value (sampling.ts): a power of two; 1 without sampling. */
  readonly sampling: number;
  /** Names the key that the digests were made with (packet/itk1.ts, keyCheck), or MIXED_KEYS; null: not known. */
  readonly digestKey: string | null;
}

/** Stands for the name of a key where more than one was used: nobody can ask there. */
export const MIXED_KEYS = 'mixed';

/** How far an intake is. Seconds since the epoch. */
export interface IntakeProgress {
  readonly intake: number;
  /** Everything from here was taken in, as far as the intake can see. */
  readonly from: number;
  /** First second of which nothing has come yet. */
  readonly to: number;
  /** Windows below this number were handed over; what still comes of them is late. */
  readonly through: number;
  /** Octets that its live slices take. */
  readonly octets: number;
}

/** Where parts and progress go: one message each. The buffer of the digests may be transferred. */
export interface WindowSink {
  part(part: WindowPart): void;
  progress(progress: IntakeProgress): void;
  /** Seconds in which packets may have gone by that the intake has not seen; told before its progress goes beyond. */
  hole(hole: Span): void;
  /** Says that nothing more will come. */
  end?(): void;
  /** Octets of digests that were handed over and wait to be sealed. */
  readonly waiting?: number;
}

/** How long and in how much memory windows are kept. */
export interface WindowLimits {
  /** Milliseconds of packet time that are kept at least, before the newest packet. */
  readonly retention: number;
  /** Octets of memory; at least 16 MiB are taken. */
  readonly memory: number;
  /** Octets of window files; as many as there are when it is absent. */
  readonly disk?: number;
  /** Bits of certainty of the windows that are sealed from now on, where it is not what the sealer was opened with. */
  readonly precision?: 8 | 16;
}

/** Below this there is no room for the live slices of a busy second. */
export const LEAST_MEMORY = 16 * 1024 * 1024;

/** A sighting. Seconds since the epoch, both included. */
export interface NumberedSighting {
  /** Its number, or what it is where that is known. */
  readonly vantage: number | Vantage;
  readonly first: number;
  readonly last: number;
  /** Position in the list of questions. */
  readonly question: number;
  readonly provisional: boolean;
  readonly recent?: RecentPacket;
}

/** What an intake or the sealer answers for what it holds itself. */
export interface PartialAnswer {
  /** MOST_SIGHTINGS + 1 at most: then there are more. */
  readonly sightings: readonly NumberedSighting[];
  /** Pairs of a question and a window that was looked into. */
  readonly windowsAsked: number;
  /** False when something was asked that is not sealed yet. */
  readonly sealed: boolean;
  /** Logarithm of the chance that none of the windows asked says yes falsely: 0, or below. */
  readonly honest: number;
  /** Packets and losses of the windows asked, each counted once. */
  readonly packets: number;
  readonly lost: number;
  /** Least share of packets kept in a window asked; 1 when none was sampled. */
  readonly sampling: number;
  /** Pairs of a question and a window that cannot say: what has such a digest was not kept. */
  readonly unsaid: number;
}

/** An intake's answer. */
export interface LiveAnswer extends PartialAnswer {
  /** What the intake has taken in so far, seconds, the end not included; null before its first packet. */
  readonly span: { readonly from: number; readonly to: number } | null;
  /** Windows below this number were handed over. */
  readonly through: number;
  /** Epochs asked whose packets were digested under another key than that of the questions. */
  readonly strange: readonly number[];
  /** Parts that it has handed over so far. */
  readonly parts: number;
}

/** An intake, in this thread or in another one. */
export interface AskedIntake {
  /** `keys` are those that the questions' digests were made with. */
  ask(questions: readonly Question[], keys: readonly KeyCheck[]): Promise<LiveAnswer>;
}

/** The sealer's answer. */
export interface SealedAnswer extends PartialAnswer {
  /** Seconds that the sealer can speak for, as far as the intakes had told it. */
  readonly covered: readonly Span[];
  /** First second that no intake has told of; null before all have. */
  readonly reached: number | null;
  /** Epochs asked whose windows were digested under another key than that of the questions. */
  readonly strange: readonly number[];
}
