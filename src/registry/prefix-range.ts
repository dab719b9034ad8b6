/** Address prefix ranges and their operators (RFC 2622 section 2). */
import type { Prefix } from '../net/prefix.ts';
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
 * The range that an operator makes of a range: RFC 2622 section 2 for an operator on a set of ranges, of which that on a
 * plain prefix is one case. Null when nothing is left: the prefix is deleted from the set.
 */
export function applyOperator(range: PrefixRange, operator: RangeOperator | null): PrefixRange | null {
  if (operator === null) return range;
  const { prefix } = range;
  const bits = prefix.afi === 1 ? 32 : 128;
  const from = operator === '+' ? range.low : operator === '-' ? range.low + 1 : Math.max(operator.from, range.low);
  const to = typeof operator === 'string' ? bits : Math.min(operator.to, bits);
  return from <= to ? { prefix, low: from, high: to } : null;
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
  const range = applyOperator({ prefix, low: prefix.length, high: prefix.length }, split.operator);
  return range ?? `${quote(text)} holds no prefix`;
}
