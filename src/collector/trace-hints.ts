/** Hints at traceback managers that stand on routes held now: which AS, where, and on which prefix. */
import { formatPrefix } from '../net/prefix.ts';
import { readTraceHint, type TraceHint } from '../net/trace-hint.ts';
import { type Rib, walkRoutes } from '../rib/adj-rib-in.ts';
import { prefixById } from '../rib/query.ts';
import { hintsIn, walkTraceHints } from '../rib/trace-hints.ts';
import type { VerdictMemo } from './verdict-memo.ts';

/** Hints that are told, and of one AS: anybody can put as many on the Internet as there are prefixes. */
export const MAX_HINTS = 1024;
const MAX_HINTS_OF_AS = 2;
/** Prefix ids of one table that are passed before others are served. */
const SLICE = 4096;

/** Row of `trace-hints`. */
export interface HintRow extends TraceHint {
  readonly prefix: string;
}

/**
 * Looks for them; yields between slices. The routes are gone through only when some set has such a community. A route that the RPKI
 * says is invalid hints at nothing.
 */
export function* traceHints(
  rib: Rib,
  memo: Pick<VerdictMemo, 'rovOf'>,
  marker: number,
): Generator<undefined, HintRow[]> {
  const walk = walkTraceHints(rib.attributes, marker);
  while (!walk.step()) yield undefined;
  const sets = walk.finish();
  const found = new Map<string, HintRow>();
  const of = new Map<number, number>();
  if (sets.size === 0) return [];
  for (const table of rib.tables) {
    if (!table) continue;
    for (const afi of [1, 2] as const)
      for (let from = 0; from < (afi === 1 ? rib.ids4 : rib.ids6).size; from += SLICE) {
        if (found.size >= MAX_HINTS) return [...found.values()];
        walkRoutes(table, afi, from, from + SLICE, (id, _, attribute) => {
          if (!sets.has(attribute)) return;
          // An id may stand for another set by now.
          const origin = rib.attributes.originOf(attribute);
          const prefix = prefixById(rib, afi, id);
          for (const community of hintsIn(rib.attributes.read(attribute).attributes, origin, marker)) {
            const hint = readTraceHint(community, origin, prefix, marker);
            const name = hint === null ? '' : `${hint.as} ${hint.address} ${hint.port}`;
            if (hint === null || found.has(name) || (of.get(hint.as) ?? 0) >= MAX_HINTS_OF_AS) continue;
            if (found.size >= MAX_HINTS || memo.rovOf(afi, id, origin) === 'invalid') continue;
            found.set(name, { ...hint, prefix: formatPrefix(prefix) });
            of.set(hint.as, (of.get(hint.as) ?? 0) + 1);
          }
        });
        yield undefined;
      }
  }
  return [...found.values()];
}
