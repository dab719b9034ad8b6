/**
 * Whether an AS has seen what it asks about: its proofs against what it committed to, and what policy makes of them
 * (intertrack-protocol(7), PROOF OF SIGHT).
 */
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { COMMIT_SLACK, lateness } from './committing.ts';
import type { HeldCommitment } from './kept-commitments.ts';
import { checkProof } from './proof.ts';
import { packetsOf, type Request } from './request.ts';

/** A proof by which a digest that was made up would pass with a greater chance is none. */
const MOST_CHANCE = 1 / 32;
/** How long before now a packet has to have passed so that its window is sealed and committed to everywhere; ms. */
const LIVE = 30_000;

export interface Sight {
  /** Places of the questions that are proved. */
  readonly proved: ReadonlySet<number>;
  /** Whose word that is: commitments held here, or the peer that asks and says that it holds them. Null: nothing is proved. */
  readonly by: 'held' | 'vouched' | null;
  /** What is wrong with a proof, in words; null when nothing is. */
  readonly fault: string | null;
  /** Why good proofs count for nothing here; null when they do. */
  readonly lack: string | null;
}

/**
 * Checks the proofs of a request. `held`: what the origin has committed to for a window, as it was told here. `vouches`: the
 * peer that asks is another AS than the origin, and says that it has checked them.
 */
export async function checkSightOf(
  request: Pick<Request, 'origin' | 'questions' | 'proof'>,
  held: (window: number) => Promise<readonly HeldCommitment[]>,
  vouches: boolean,
): Promise<Sight> {
  const proved = new Set<number>();
  let by: Sight['by'] = null;
  let lack: string | null = null;
  for (const [i, octets] of request.proof.entries()) {
    const no = (fault: string): Sight => ({ proved, by: null, fault: `proof ${i + 1}: ${fault}`, lack });
    const shown = checkProof(octets, request);
    if (typeof shown === 'string') return no(shown);
    const known = await held(shown.window);
    const chance = shown.chance * Math.max(1, known.length);
    if (chance > MOST_CHANCE) return no(`a guess would pass with a chance of ${(chance * 100).toFixed(1)} %`);
    const found = known.find(({ commitment }) => commitment === shown.commitment);
    if (found === undefined && known.length > 0)
      return no(`it leads to no root that AS ${request.origin} has committed to`);
    if (found !== undefined) {
      const late = lateness(shown.window, found.received);
      if (late > COMMIT_SLACK) return no(`its root came ${Math.round(late / 1000)} s after the window had ended`);
      by ??= 'held';
    } else if (vouches) by = 'vouched';
    else {
      lack = `no root of AS ${request.origin} is held for that window`;
      continue;
    }
    proved.add(shown.question);
  }
  return { proved, by, fault: null, lack };
}

/** What the probes are asked: of the request's questions those that may be, and how many packets are needed. */
export type MayAsk = Pick<Request, 'questions' | 'need'>;

export type SightDecision =
  | { readonly ask: MayAsk; readonly unproved: number }
  | { readonly verdict: 'refused' | 'busy'; readonly reason: string };

/**
 * What may be asked of the probes at `now`. `token` takes one of what is left for unproved questions, and says whether there
 * was one; it is called once at most.
 */
export function decideSight(
  request: Pick<Request, 'questions' | 'need'>,
  sight: Sight,
  policy: Pick<TracebackConfig['answer'], 'proof' | 'unproved'>,
  now: number,
  token: () => boolean,
): SightDecision {
  const { questions, need } = request;
  if (policy.proof === 'none') return { ask: request, unproved: 0 };
  if (sight.fault !== null) return { verdict: 'refused', reason: `no proof of sight: ${sight.fault}` };
  const proved = questions.filter((_, i) => sight.proved.has(i));
  const open = questions.filter(({ to }, i) => !sight.proved.has(i) && (policy.proof === 'prefer' || to > now - LIVE));
  const spent = open.length > 0 && !token();
  const allowed =
    open.length === 0 || spent ? proved : questions.filter(one => proved.includes(one) || open.includes(one));
  if (allowed.length > 0 && packetsOf({ questions: allowed }) >= need)
    return { ask: { questions: allowed, need }, unproved: allowed.length - proved.length };
  const why = sight.lack === null ? '' : `: ${sight.lack}`;
  const of = `${packetsOf({ questions: proved })} of ${packetsOf(request)} packets`;
  return spent
    ? { verdict: 'busy', reason: `proof of sight of ${of}${why}; the rate of unproved questions is used up` }
    : { verdict: 'refused', reason: `proof of sight of ${of}${why}; ${need} are needed` };
}
