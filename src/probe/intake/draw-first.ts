/** Has all threads that take packets in look for a canary, and takes the first that one of them draws. */
import type { Canary } from '../canary.ts';
import type { IntakeThread } from './intake-thread.ts';

/** How long they look, ms: at a quiet tap nothing may come. */
const PATIENCE = 3_000;

/** Resolves with null when none was drawn in time. Never rejects: a thread that has died draws nothing. */
export async function drawFirst(
  intakes: readonly Pick<IntakeThread, 'draw'>[],
  neighbors: readonly number[],
  patience = PATIENCE,
): Promise<Canary | null> {
  const { promise: first, resolve } = Promise.withResolvers<Canary | null>();
  const timer = setTimeout(resolve, patience, null);
  const looking = intakes.map(async intake => {
    const canary = await intake.draw(neighbors).catch(() => null);
    if (canary !== null) resolve(canary);
  });
  void Promise.all(looking).then(() => resolve(null));
  const canary = await first;
  clearTimeout(timer);
  // The others need not look any more; they answer with nothing.
  for (const intake of intakes) intake.draw([]).catch(() => null);
  return canary;
}
