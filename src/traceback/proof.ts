/**
 * Proofs of sight as they travel in a request (intertrack-protocol(7), PROOF OF SIGHT): that a window, to which the origin
 * has committed before, says yes to a digest it asks about. Pure, and costs some dozen hashes a proof.
 */
import { encodeItem } from '../net/frames.ts';
import { checkSight, LONGEST_PATH, LONGEST_ROWS, MOST_TABLES, type SightProof } from '../probe/proof/sight-proof.ts';
import { WINDOW_SECONDS } from '../probe/window-messages.ts';
import { commitmentOf, MOST_WINDOWS } from './commitment.ts';
import { integer, opaque, tuple, type ValueOf, type Wrong, word } from './fields.ts';
import { MAX_PROOF, MAX_QUESTIONS, type Request } from './request.ts';
import { readItem } from './signed.ts';

const word32 = integer(0, 0xffffffff);

/** An array of these, in this order. */
const proof = tuple({
  /** Place of the question in the request. */
  question: integer(0, MAX_QUESTIONS - 1),
  /** Windows under the commitment, the place of this one, and what leads from it up to there. */
  windows: integer(1, MOST_WINDOWS),
  place: integer(0, MOST_WINDOWS - 1),
  above: opaque(0, 32 * 12),
  /** The rest is as in probe/proof/sight-proof.ts. */
  number: word32,
  part: integer(0, 0xffff),
  key: opaque(16, 16),
  filters: word32,
  kind: word('each', 'one'),
  tables: integer(1, MOST_TABLES),
  table: word32,
  values: word32,
  shardBits: word32,
  width: word32,
  wide: word32,
  blocks: word32,
  seed: word32,
  rows: opaque(4, LONGEST_ROWS),
  path: opaque(0, LONGEST_PATH),
});

export type Proof = ValueOf<typeof proof>;

/** One item of a request's `proof`; null when it is longer than one may be. */
export function encodeProof(value: Proof): Uint8Array | null {
  const octets = encodeItem(proof.write(value));
  return octets.length > MAX_PROOF ? null : octets;
}

export function decodeProof(octets: Uint8Array): Proof | Wrong {
  const got = readItem(proof, octets);
  return 'wrong' in got ? got : got.value;
}

/** The proof of a question from what a probe tells, the window being one of those under a commitment. */
export function proofOf(
  question: number,
  sight: SightProof,
  under: { readonly windows: number; readonly place: number; readonly above: Uint8Array },
): Proof {
  return { question, ...under, ...sight };
}

/** What a proof shows, if the origin has committed to `commitment`. */
export interface Shown {
  readonly question: number;
  /** Tens of seconds since 1970. */
  readonly window: number;
  /** 64 hex digits. */
  readonly commitment: string;
  /**
   * The chance that a digest which was made up passes with one of the windows under this commitment, by which the question
   * may be proved: at most.
   */
  readonly chance: number;
}

/** ms of a window's begin and end. */
const WINDOW = WINDOW_SECONDS * 1000;
const EPOCH_WINDOWS = 360;

/** Checks an item of a request's `proof`; a text says what is wrong. Never throws. */
export function checkProof(octets: Uint8Array, { questions }: Pick<Request, 'questions'>): Shown | string {
  const value = decodeProof(octets);
  if ('wrong' in value) return `${value.at}: ${value.wrong}`;
  const asked = questions[value.question];
  if (asked === undefined) return 'it is of a question that is not asked';
  const { number } = value;
  if (Math.floor(number / EPOCH_WINDOWS) !== asked.epoch) return 'its window is of another hour than the digest';
  if ((number + 1) * WINDOW <= asked.from || number * WINDOW > asked.to)
    return 'its window is beyond the interval asked';
  const checked = checkSight(value, asked.digest);
  if (typeof checked === 'string') return checked;
  const commitment = commitmentOf(number, checked.root, value.windows, value.place, value.above);
  if (commitment === null) return 'the path to the commitment has another length';
  // Each window under the commitment has its even part, so that all of them together give no more.
  const windows = Math.floor(asked.to / WINDOW) - Math.floor(asked.from / WINDOW) + 1;
  return {
    question: value.question,
    ...{ window: number, commitment },
    chance: Math.min(1, checked.chance * value.windows * windows),
  };
}
