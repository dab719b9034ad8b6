/**
 * The search past ASes that take no part, as a model: everybody answers truly, and of the ASes that may stand behind a
 * neighbour those are asked that a budget allows, in the waves of the daemon.
 */
import { SKIP_BUDGET } from '../../../src/traceback/placement-model.ts';
import { type Candidate, wavesOf } from '../../../src/traceback/waves.ts';

/** Asks the candidates wave by wave until the one that saw the packet, 0 for none, is among those asked. */
export function askInWaves(
  candidates: readonly Candidate[],
  wanted: number,
  budget: number = SKIP_BUDGET,
): { readonly queries: number; readonly found: boolean } {
  let queries = 0;
  for (const wave of wavesOf(candidates, budget)) {
    queries += wave.length;
    if (wave.some(({ as }) => as === wanted)) return { queries, found: true };
  }
  return { queries, found: false };
}
