/** What watches demand of the AS path of their prefixes, numbered so that a snapshot can name it in an entry. */
import type { WatchConfig } from '../config/tree.ts';

/** The demands on a path: of all watches that guard one object together. */
export interface PathRules {
  /** Names of the watches that demand something. */
  readonly watches: readonly string[];
  /** ASes that may stand next to the origin; empty: any. */
  readonly upstreams: readonly number[];
  /** AS-path expressions of which one must match (net/path-pattern.ts); empty: none must. */
  readonly patterns: readonly string[];
  /** Most ASes, prepending included. */
  readonly longest: number | null;
}

/** Rules that a snapshot can number: combinations of watches. Of the objects of further ones nothing is demanded. */
export const MAX_RULES = 0xffff;

/** Numbers from 1 on; 0 stands for no demand at all. */
export interface PathRuleBook {
  /** Number of what these watches demand together. */
  numberOf(watches: readonly WatchConfig[]): number;
  /** Rule N stands at N - 1. Grows. */
  readonly rules: readonly PathRules[];
  /** True when some watch demands something. */
  readonly demands: boolean;
}

const isDemanding = ({ upstreams, paths, longestPath }: WatchConfig): boolean =>
  upstreams.length > 0 || paths.length > 0 || longestPath !== null;

/** The rule book of a configuration. What two watches allow for one object is allowed: neither is to cry wolf for the other. */
export function pathRuleBook(watches: readonly WatchConfig[]): PathRuleBook {
  const rules: PathRules[] = [];
  const numbers = new Map<string, number>();
  return {
    rules,
    demands: watches.some(isDemanding),
    numberOf(guarding) {
      const demanding = guarding.filter(isDemanding);
      if (demanding.length === 0) return 0;
      const names = demanding.map(({ name }) => name);
      const known = numbers.get(names.join(' '));
      if (known !== undefined) return known;
      if (rules.length === MAX_RULES) return 0;
      const longest = demanding.map(({ longestPath }) => longestPath ?? Number.POSITIVE_INFINITY);
      const most = Math.max(...longest.filter(Number.isFinite));
      rules.push({
        watches: names,
        upstreams: [...new Set(demanding.flatMap(({ upstreams }) => upstreams))],
        patterns: [...new Set(demanding.flatMap(({ paths }) => paths))],
        longest: Number.isFinite(most) ? most : null,
      });
      numbers.set(names.join(' '), rules.length);
      return rules.length;
    },
  };
}
