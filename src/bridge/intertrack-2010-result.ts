/** A trace in the words of InterTrack of 2010: its tree as a list of ASes with their depth. */
import type { Trace, TraceNode, TraceVerdict } from '../traceback/trace.ts';
import type { AsResult, AsStatus, TraceError } from './intertrack-2010.ts';

/** That program has no word for `cannot know`: it is Unknown and an error there, never NotFound. */
const SAID: Readonly<Record<TraceVerdict, readonly [AsStatus, AsResult['state'], TraceError | null]>> = {
  saw: ['Transit', 'found', null],
  'saw-weak': ['Unknown', 'error', 'TB_UNKNOWN_ERROR'],
  translated: ['Translator', 'found', null],
  clear: ['NotFound', 'notfound', null],
  'clear-partial': ['Unknown', 'error', 'TB_UNKNOWN_ERROR'],
  'not-yet': ['Wait', 'error', 'TB_WAIT_ITM_REPLY'],
  expired: ['Unknown', 'error', 'TB_UNKNOWN_ERROR'],
  'cannot-know': ['Unknown', 'error', 'TB_UNKNOWN_ERROR'],
  refused: ['Refused', 'error', 'TB_REFUSED_AUTH'],
  pending: ['Wait', 'error', 'TB_WAIT_ITM_REPLY'],
  busy: ['Busy', 'error', 'TB_BUSY_ITM'],
  silent: ['Unknown', 'error', 'TB_UNKNOWN_ERROR'],
  unreachable: ['Unknown', 'error', 'TB_UNKNOWN_ERROR'],
  absent: ['Unknown', 'error', 'TB_UNKNOWN_ERROR'],
  conflict: ['Unknown', 'error', 'TB_UNKNOWN_ERROR'],
};

const DEEPEST = 64;
const MOST_ASES = 1024;

/** One for each AS of the tree, nearest first. */
export function resultsOf({ tree, entry }: Trace): AsResult[] {
  const results: AsResult[] = [];
  const queue: { readonly node: TraceNode; readonly depth: number }[] = [{ node: tree, depth: 0 }];
  for (let i = 0; i < queue.length && i < MOST_ASES; i++) {
    const { node, depth } = queue[i]!;
    const [status, state, error] = SAID[node.verdict];
    const seen = state === 'found';
    const isSource = seen && node.source;
    results.push({
      as: node.as,
      status: isSource ? 'Source' : seen && depth === 0 ? 'Destination' : status,
      depth: Math.min(depth, DEEPEST),
      degree: degreeOf(node),
      state: isSource || (seen && entry?.as === node.as) ? 'reached' : state,
      incomings: seen ? node.ingress : [],
      error,
    });
    for (const child of node.children) queue.push({ node: child, depth: depth + 1 });
  }
  return results;
}

/** How sure what an AS says is, 0 to 100; rounded down. 0 of what is neither yes nor no. */
function degreeOf({ verdict, falsePositive, coverage }: TraceNode): number {
  if (verdict === 'saw' || verdict === 'translated') return Math.floor(100 * (1 - (falsePositive ?? 1)));
  return verdict === 'clear' ? Math.floor(100 * (coverage ?? 0)) : 0;
}

/** How sure the whole is. */
export const degreeOfAll = ({ certainty }: Pick<Trace, 'certainty'>): number => Math.floor(100 * (certainty ?? 0));
