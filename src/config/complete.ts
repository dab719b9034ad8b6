import { type Entry, headOf } from './entry.ts';
import type { Report } from './report.ts';
import { BLOCKS } from './schema.ts';
import { type Place, visible, where } from './source.ts';
import type { BlockName } from './statement-spec.ts';

/** Reports the statements that a block has twice, and those that it must have and has not. */
export function complete(entries: readonly Entry[], name: BlockName, owner: Place, report: Report): void {
  const seen = new Map<string, Place>();
  for (const one of entries) {
    const key = identity(one);
    if (key === null || one.place === null || !one.whole) continue;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, one.place);
    else report.error(one.place, twice(one, one.place, before));
  }
  // What was not read, an included file say, may have what seems to be missing.
  if (report.damaged || report.full) return;
  const scope = name === 'global' ? '' : ` in this \`${BLOCKS[name].title}\``;
  for (const { head, required, usage } of BLOCKS[name].statements)
    if (required && !entries.some(one => headOf(one) === head.join(' ')))
      report.error(owner, `missing \`${head.join(' ')}\`${scope}, expected \`${usage};\``);
}

function twice({ spec, values }: Entry, { source, start, end }: Place, before: Place): string {
  const same = spec.unique?.filter(field => values[field] !== undefined || spec.defaults?.[field] !== undefined) ?? [];
  if (same.length === 0) return `\`${spec.head.join(' ')}\` is stated twice, first at ${where(before)}`;
  const stated = source.text.slice(start, end).replace(/\s+/g, ' ');
  return `\`${visible(stated)}\` has the same ${same.join(' and ')} as the statement at ${where(before)}`;
}

/**
 * What tells an entry from the others of its block: its head, and the fields that must differ where it may stand several
 * times. Null when it may stand any number of times.
 */
export function identity({ spec, values }: Entry): string | null {
  if (spec.unique === undefined) return spec.head.join(' ');
  if (spec.unique.length === 0) return null;
  const named = spec.unique.map(field => values[field] ?? spec.defaults?.[field]);
  return [...spec.head, ...named.filter(value => value !== undefined)].join(' ');
}
