/** Address prefix ranges and their operators (RFC 2622 section 2). */
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import { parseRpslPrefix } from './route-object.ts';
import { quote } from './rpsl.ts';

/** `^-`, `^+`, `^n-m` (`^n` is `^n-n`). */
export type RangeOperator = '-' | '+' | { readonly from: number; readonly to: number };

/** Prefixes inside of `prefix` whose lengths are `low` to `high`, both included. */
export interface PrefixRange {
  readonly prefix: Prefix;
  readonly low: number;
  readonly high: number;
}

/** Splits `192.0.2.0/24^+` or `RS-X^24-32` at its operator, or says in words that what follows `^` is none. */
export function splitOperator(
  text: string,
): { readonly head: string; readonly operator: RangeOperator | null } | string {
  const at = text.indexOf('^');
  if (at < 0) return { head: text, operator: null };
  const head = text.slice(0, at);
  const tail = text.slice(at + 1);
  if (tail === '-' || tail === '+') return { head, operator: tail };
  const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(tail);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (from <= to && to <= 128) return { head, operator: { from, to } };
  return `${quote(text)} has no range operator (^-, ^+, ^n, ^n-m) behind its ^`;
}

/** The text of an operator with its `^`; '' for none. */
export function formatOperator(operator: RangeOperator | null): string {
  if (operator === null) return '';
  if (typeof operator === 'string') return `^${operator}`;
  const { from, to } = operator;
  return from === to ? `^${from}` : `^${from}-${to}`;
}

/**
 * What operators one upon the other do to a range, as one function of its lowest length `low`: RFC 2622 section 2 for
 * operators on sets of ranges, of which that on a plain prefix is one case. Above `most` the prefix is deleted from the
 * set; else its lengths begin at the greater of `low + more` and `least`, and end at `high` (null: where they did).
 */
export interface RangeChange {
  readonly more: number;
  readonly least: number;
  readonly high: number | null;
  readonly most: number;
}

const LONGEST = 128;

/** What one operator does; null for none. */
export function changeOf(operator: RangeOperator | null): RangeChange {
  if (operator === null) return { more: 0, least: 0, high: null, most: LONGEST };
  if (typeof operator === 'object') return { more: 0, least: operator.from, high: operator.to, most: operator.to };
  return { more: operator === '-' ? 1 : 0, least: 0, high: LONGEST, most: LONGEST };
}

/** What `inner` does and then `outer`; null when nothing can be left of any range. */
export function chain(inner: RangeChange, outer: RangeChange): RangeChange | null {
  const more = inner.more + outer.more;
  const least = Math.max(inner.least + outer.more, outer.least);
  const most = Math.min(inner.most, outer.most - inner.more);
  if (inner.least > outer.most || most < 0 || more > LONGEST || least > LONGEST) return null;
  return { more, least, high: outer.high ?? inner.high, most };
}

/** The range that is left of a range; null when the prefix is deleted from the set. */
export function applyChange({ prefix, low, high }: PrefixRange, change: RangeChange): PrefixRange | null {
  const from = Math.max(low + change.more, change.least);
  const to = Math.min(change.high ?? high, prefix.afi === 1 ? 32 : LONGEST);
  return low <= change.most && from <= to ? { prefix, low: from, high: to } : null;
}

/** A prefix as a range of itself alone. */
export const rangeOf = (prefix: Prefix): PrefixRange => ({ prefix, low: prefix.length, high: prefix.length });

/** A range as it is written in a route-set: with the shortest operator that says it. */
export function formatRange({ prefix, low, high }: PrefixRange): string {
  const bits = prefix.afi === 1 ? 32 : LONGEST;
  const text = formatPrefix(prefix);
  if (low === prefix.length && high === prefix.length) return text;
  if (high === bits && low <= prefix.length + 1) return `${text}^${low === prefix.length ? '+' : '-'}`;
  return `${text}${formatOperator({ from: low, to: high })}`;
}

/** Reads a prefix with or without an operator, or says in words what is wrong. */
export function parsePrefixRange(text: string): PrefixRange | string {
  const split = splitOperator(text);
  if (typeof split === 'string') return split;
  const prefix = parseRpslPrefix(split.head, split.head.includes(':') ? 2 : 1);
  if (typeof prefix === 'string') return prefix;
  const bits = prefix.afi === 1 ? 32 : 128;
  if (typeof split.operator === 'object' && split.operator !== null && split.operator.to > bits)
    return `${quote(text)} has a length over ${bits}`;
  const range = applyChange(rangeOf(prefix), changeOf(split.operator));
  return range ?? `${quote(text)} holds no prefix`;
}
