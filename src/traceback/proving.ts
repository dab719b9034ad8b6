/** Proves to others that this AS has seen what it asks about: gathers proofs of its probes for a request. */

import { checkSight } from '../probe/proof/sight-proof.ts';
import type { Question } from '../probe/question.ts';
import type { Probes } from './btm.ts';
import type { Committing } from './committing.ts';
import { MAX_PROOFS, MAX_REQUEST } from './request.ts';

/** How long the probes have, ms: a trace does not wait for proofs that do not come. */
const PATIENCE = 100;
/** Octets of proofs in a request: the rest of it stays for the questions. */
const ROOM = MAX_REQUEST - 8192;

/** What is asked, and of which packet. */
export type AskedQuestion = Question & { readonly packet: number };

/**
 * Items of a request's `proof` for its questions, one a question at most, and those of different packets first. None of a
 * window that is not sealed, or that this AS has not committed to. Never rejects.
 */
export async function proveQuestions(
  probes: Pick<Probes, 'prove'>,
  committing: Pick<Committing, 'itemOf'>,
  questions: readonly AskedQuestion[],
  now: number,
): Promise<Uint8Array[]> {
  const found = (await probes.prove?.(questions, now + PATIENCE).catch(() => [])) ?? [];
  const items = new Map<number, Uint8Array>();
  for (const { question, proof } of found) {
    const asked = questions[question];
    if (asked === undefined || items.has(question)) continue;
    const checked = checkSight(proof, asked.digest);
    if (typeof checked === 'string') continue;
    const item = await committing.itemOf(question, proof, checked.root);
    if (item !== null) items.set(question, item);
  }
  const turns = new Map<number, number>();
  const ordered = [...items]
    .map(([question, item]) => {
      const { packet } = questions[question]!;
      const turn = turns.get(packet) ?? 0;
      turns.set(packet, turn + 1);
      return { turn, item };
    })
    .sort((a, b) => a.turn - b.turn);
  const chosen: Uint8Array[] = [];
  let octets = 0;
  for (const { item } of ordered) {
    if (chosen.length === MAX_PROOFS || octets + item.length > ROOM) break;
    octets += item.length;
    chosen.push(item);
  }
  return chosen;
}
