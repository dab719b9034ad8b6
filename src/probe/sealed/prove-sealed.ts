/** The sealer's part of a trace of one's own: proofs that sealed windows hold what is asked about. */
import { intervalOf, overlaps } from '../asked-interval.ts';
import type { WindowKeeper } from '../disk/window-keeper.ts';
import { windowKey } from '../filters/mixed-digest.ts';
import { proveSight, type SightProof } from '../proof/sight-proof.ts';
import type { Question } from '../question.ts';
import { inSample } from '../sampling.ts';
import { windowOf } from '../window-messages.ts';
import type { WindowIndex } from './window-index.ts';

/** A window that was sealed, and what commits to it. */
export interface CommittedWindow {
  readonly number: number;
  readonly part: number;
  /** 64 hex digits. */
  readonly root: string;
}

export interface ProvenQuestion {
  /** Position in the list of questions. */
  readonly question: number;
  readonly proof: SightProof;
}

/** For each question the proof of the first window that holds its digest; none where no window does. */
export function proveSealed(
  index: Pick<WindowIndex, 'between' | 'open'>,
  keeper: Pick<WindowKeeper, 'knownKey'>,
  questions: readonly Question[],
): ProvenQuestion[] {
  return questions.flatMap((asked, question) => {
    const proof = proveOne(index, keeper, asked);
    return proof === null ? [] : [{ question, proof }];
  });
}

function proveOne(
  index: Pick<WindowIndex, 'between' | 'open'>,
  keeper: Pick<WindowKeeper, 'knownKey'>,
  question: Question,
): SightProof | null {
  const interval = intervalOf(question);
  const stored = keeper.knownKey(question.epoch);
  if (stored === null || interval.to < interval.from) return null;
  const digest = Buffer.from(question.digest, 'hex');
  for (const entry of index.between(windowOf(interval.from / 1000), windowOf(interval.to / 1000))) {
    if (entry.epoch !== question.epoch || !inSample(digest, entry.sampling)) continue;
    if (!entry.vantages.some(({ first, last }) => overlaps(interval, first, last))) continue;
    const window = index.open(entry);
    if (window === null) continue;
    entry.key ??= windowKey(stored.key, entry.number, entry.part);
    const proof = proveSight(window, entry.key, question.digest);
    if (proof !== null) return proof;
  }
  return null;
}
